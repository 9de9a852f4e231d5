"""Setting house rules: what would be on the wall, what differs from the wider rule, which bookings it would meet."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from server import audit, clock, db
from server.bookings import admin, house, rules, rules_page, sentences
from server.bookings.desk import Desk, desk
from server.bookings.house import Clash, RuleView, Scope
from server.bookings.rules import HouseRules, Repeat, Who
from server.bookings.sentences import Here, Paragraph
from server.errors import Refused
from server.people import queries as people
from server.places import queries as places
from server.places.queries import ZoneView
from server.places.rules import SeatKind, one_line

CLASHES_SHOWN = 30
LONGEST_NAME = 130
NUMBERS = tuple(rules.LIMITS)

pages = Blueprint("rules_admin", __name__, template_folder="templates")


def N_(message: str) -> str:  # noqa: N802  the name by which the catalogue finds it
    """Mark a message for translation where it is used."""
    return message


LABELS = {
    "who": N_("Who may sit here"),
    "open_to_all_from": N_("Other sections on the day itself, from"),
    "is_soft": N_("Other sections may always sit here, and are asked to make room"),
    "ahead_days": N_("How many days ahead may be booked"),
    "longest_min": N_("Longest stay in minutes"),
    "quota_per_week": N_("Bookings of one person a week"),
    "grace_min": N_("Minutes until a booking is released when nobody comes"),
    "repeat": N_("Sitting on the same seat again"),
    "lookback_days": N_("How many working days back that looks"),
    "draws_at": N_("The lottery gives out the next working day’s seats at"),
    "overflow": N_("When it is full: zones to look in, in this order"),
    "seat_ratio_pct": N_("Seats for every 100 people"),
    "clear_desk_at": N_("Desks are cleared by"),
    "away_release_min": N_("Minutes away until an early leaver’s seat is free"),
    "checklist": N_("End-of-day checklist, one line each"),
}
HINTS = {
    "open_to_all_from": N_("Leave it empty: never."),
    "ahead_days": N_("0: only by walking up on the day."),
    "longest_min": N_("0: all day."),
    "quota_per_week": N_("0: any number."),
    "grace_min": N_("0: never released."),
    "draws_at": N_("Leave it empty: whoever looks after the zone draws."),
    "overflow": N_("Codes of zones with commas between them, such as 18B, 18G."),
    "away_release_min": N_("Only for people who chose that."),
}
WHO = {
    Who.MEMBERS: N_("The zone’s own sections"),
    Who.BUREAU: N_("The whole bureau"),
    Who.EVERYONE: N_("Everyone"),
}
REPEAT = {
    Repeat.OFF: N_("is nobody’s business"),
    Repeat.HINT: N_("gives a friendly hint"),
    Repeat.LOTTERY_ONLY: N_("is avoided by the lottery only"),
    Repeat.BLOCK: N_("cannot be booked"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What saving would bring: the sentences on the wall, which of them are new, and which bookings they meet."""

    paragraphs: Sequence[Paragraph]
    old: frozenset[str]
    names: frozenset[str]  # settings that differ from the wider rule
    clashes: Sequence[Clash]
    n_clashes: int


@dataclass(frozen=True, slots=True)
class Given:
    """The form as it was sent, with what is wrong with it.

    seen   which rule the preview shows
    """

    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    field: str = ""
    preview: Preview | None = None
    seen: str = ""


@pages.get("/admin/seats/rules")
def edit() -> ResponseReturnValue:
    """The form, as the rules stand."""
    at = desk()
    if not at.zones:
        return render_template("bookings/admin/seats.html", **admin.frame(at, None), zones=[])
    scope, kind = _asked(at)
    return _page(at, scope, kind, Given())


@pages.post("/admin/seats/rules")
def change() -> ResponseReturnValue:
    """Preview or save."""
    at, now = desk(), clock.now()
    scope, kind = _asked(at)
    try:
        day, settings = _day(), rules.parsed(_settings())
        differ = house.differing(settings, house.wider(scope, kind, day))
        house.check(scope, day, differ, at.today)
        seen = _digest(day, differ)
        if request.form.get("step") != "save" or request.form.get("seen", seen) != seen:
            preview = _preview(at, scope, kind, day, differ)
            return _page(at, scope, kind, Given(request.form.to_dict(), preview=preview, seen=seen))
        by = one_line(request.form.get("set_by", ""), LONGEST_NAME)
        if not by:
            raise Refused("no_name", "Say who answers for the rule.", 422, name="set_by")
        with db.transaction():
            house.set_rule(scope, kind, day, differ, by, at.today, now)
            audit.record(
                at.actor,
                "house_rule_set",
                scope.key,
                {"kind": "" if kind is None else kind.value, "from": day.isoformat(), **rules.stored(differ)},
                now,
            )
    except Refused as refused:
        return _page(at, scope, kind, _wrong(refused)), refused.status
    flash(_("The rules hold from %(day)s on.", day=format_date(day, "long")))
    return redirect(_address(scope, kind))


@pages.post("/admin/seats/rules/<int:rule_id>/take-back")
def take_back(rule_id: int) -> ResponseReturnValue:
    """A rule that has not begun yet will not."""
    at, now = desk(), clock.now()
    scope, kind = _asked(at)
    with db.transaction():
        house.take_back(scope, rule_id, at.today, now)
        audit.record(at.actor, "house_rule_taken_back", scope.key, {"rule": rule_id}, now)
    flash(_("Saved."))
    return redirect(_address(scope, kind))


def _asked(at: Desk) -> tuple[Scope, SeatKind | None]:
    """Which rule is meant: of a zone looked after here; of a floor or the building, for facilities."""
    zone_code, floor_code, kind = (request.values.get(name, "") for name in ("zone", "floor", "kind"))
    if kind and kind not in set(SeatKind):
        abort(404)
    if floor_code or request.values.get("building"):
        if not at.keeper.is_everybodys:
            abort(403)
        floor = next((one for one in at.floors if one.code == floor_code), None)
        if floor_code and floor is None:
            abort(404)
        return Scope(at.building.id, floor), SeatKind(kind) if kind else None
    zone = at.zone_by_code(zone_code) if zone_code else _first(at)
    kinds = _kinds(zone)
    if not kind and "kind" not in request.values and len(kinds) == 1:
        kind = kinds[0].value
    return Scope(at.building.id, at.floor(zone.floor_id), zone), SeatKind(kind) if kind else None


def _first(at: Desk) -> ZoneView:
    have = {seat.zone_id for seat in places.seats(at.building.id)}
    return next((zone for zone in at.zones if zone.id in have), at.zones[0])


def _page(at: Desk, scope: Scope, kind: SeatKind | None, given: Given) -> str:
    day = at.today
    wider = house.wider(scope, kind, day)
    now_holds = _holding(scope, kind, day)
    have = {seat.zone_id for seat in places.seats(at.building.id)}
    later = [one for one in house.rows(scope) if one.valid_from > day and one.kind == ("" if kind is None else kind)]
    return render_template(
        "bookings/admin/rules.html",
        **(admin.frame(at, scope.zone) | {"floor": scope.floor}),
        scope=scope,
        kind=kind,
        kinds=_kinds(scope.zone) if scope.zone is not None else list(SeatKind),
        zones=[zone for zone in at.zones if zone.id in have],
        values=_values(now_holds) | ({"is_soft": ""} if given.values else {}) | dict(given.values),
        wider=_shown(wider),
        plain_wider=_values(wider),
        own=house.own(scope, kind, day),
        later=[(one, _told(scope, kind, one, day)) for one in later],
        given=given,
        labels={name: _(label) for name, label in LABELS.items()},
        hints={name: _(hint) for name, hint in HINTS.items()},
        who={one.value: _(name) for one, name in WHO.items()},
        repeat={one.value: _(name) for one, name in REPEAT.items()},
        set_by=given.values.get("set_by") or _keeper_name(at),
        address=_address,
    )


def _preview(at: Desk, scope: Scope, kind: SeatKind | None, day: date, differ: Mapping[str, Any]) -> Preview:
    of = kind or (_kinds(scope.zone)[0] if scope.zone is not None and _kinds(scope.zone) else SeatKind.GROUP)
    like = _here(scope, of, day)
    after = sentences.paragraphs(house.with_settings(scope, kind, day, differ), of, like)
    before = sentences.paragraphs(_holding(scope, kind, day), of, like)
    old = frozenset(one.text for part in before for one in part.sentences)
    old |= frozenset(point for part in before for point in part.points)
    met = house.clashes(scope, kind, day, differ, at.opening, clock.now())
    return Preview(after, old, frozenset(differ), met[:CLASHES_SHOWN], len(met))


def _digest(day: date, differ: Mapping[str, Any]) -> str:
    """Two of the same rule are the same: what is saved is what the preview showed."""
    return hashlib.sha256(repr((day, sorted(rules.stored(differ).items()))).encode()).hexdigest()[:16]


def _told(scope: Scope, kind: SeatKind | None, rule: RuleView, today: date) -> list[str]:
    """The sentences that a rule to come will change."""
    of = kind or SeatKind.GROUP
    like = _here(scope, of, today)
    now_said = sentences.paragraphs(_holding(scope, kind, today), of, like)
    before = {one.text for part in now_said for one in part.sentences}
    after = sentences.paragraphs(house.with_settings(scope, kind, rule.valid_from, rule.settings), of, like)
    return [one.text for part in after for one in part.sentences if one.text not in before]


def _holding(scope: Scope, kind: SeatKind | None, day: date) -> HouseRules:
    own = house.own(scope, kind, day)
    return house.with_settings(scope, kind, day, {} if own is None else own.settings)


def _here(scope: Scope, kind: SeatKind, day: date) -> Here:
    return Here() if scope.zone is None else rules_page.here(scope.zone, kind, day)


def _kinds(zone: ZoneView | None) -> list[SeatKind]:
    if zone is None:
        return []
    have = {seat.kind for seat in places.seats_on_floor(zone.floor_id) if seat.zone_id == zone.id}
    return [kind for kind in SeatKind if kind in have]


def _values(of: HouseRules) -> dict[str, str]:
    """The rules as the form holds them."""
    found = {}
    for name in house.NAMES:
        value = rules.stored({name: getattr(of, name)})[name]
        if name == "overflow":
            value = ", ".join(value)
        elif name == "checklist":
            value = "\n".join(value)
        elif isinstance(value, bool):
            value = "1" if value else ""
        found[name] = "" if value is None else str(value)
    return found


def _shown(of: HouseRules) -> dict[str, str]:
    """The wider rule in words, beside each field."""
    found = _values(of)
    found["who"], found["repeat"] = _(WHO[of.who]), _(REPEAT[of.repeat])
    found["is_soft"] = _("Yes") if of.is_soft else _("No")
    return {name: value.replace("\n", " / ") or "―" for name, value in found.items()}


def _settings() -> dict[str, Any]:
    """The form as settings; whatever a number cannot be read from is left for the rules to refuse."""
    form = request.form
    found: dict[str, Any] = {
        "who": form.get("who", ""),
        "repeat": form.get("repeat", ""),
        "is_soft": "is_soft" in form,
        "open_to_all_from": form.get("open_to_all_from", "").strip() or None,
        "draws_at": form.get("draws_at", "").strip() or None,
        "clear_desk_at": form.get("clear_desk_at", "").strip(),
        "overflow": [code for code in form.get("overflow", "").replace("、", ",").replace(",", " ").split() if code],
        "checklist": [line for line in form.get("checklist", "").splitlines() if line.strip()],
    }
    for name in NUMBERS:
        text = form.get(name, "").strip()
        found[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text
    return found


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("valid_from", ""))
    except ValueError:
        raise Refused("bad_day", "Enter a date such as 2026-04-01.", 422, name="valid_from") from None


def _wrong(refused: Refused) -> Given:
    name = str(refused.values.get("name", "overflow" if refused.code == "bad_overflow" else ""))
    values = {**refused.values, "name": _(LABELS[name]) if name in LABELS else name}
    return Given(request.form.to_dict(), _(refused.sentence, **values), name)


def _keeper_name(at: Desk) -> str:
    """Whom people ask: the administrators of the section, not one person's name on the wall."""
    if at.person_id is None:
        return str(_("Facilities"))
    card = people.cards(at.today, [at.person_id]).get(at.person_id)
    return "" if card is None else str(_("administrator of %(unit)s", unit=card.unit_name))


def _address(scope: Scope, kind: SeatKind | None) -> str:
    """Where the editor of a rule is."""
    asked: dict[str, Any] = {"kind": "" if kind is None else kind.value}
    if scope.zone is not None:
        asked["zone"] = scope.zone.code
    elif scope.floor is not None:
        asked["floor"] = scope.floor.code
    else:
        asked["building"] = "1"
    return url_for("rules_admin.edit", **asked)
