"""Seats as those who look after them see them: what they have, whose they are, what is broken; zones and owners."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import audit, clock, db
from server.bookings import queries, trouble
from server.bookings.desk import LARGEST_ID, Desk, desk, english, owners, zone_name
from server.bookings.queries import BookingView
from server.bookings.rules import FURTHEST
from server.errors import Refused
from server.people import queries as people
from server.places import outages, reports, seat_queries, seats, words
from server.places import queries as places
from server.places import service as places_service
from server.places.queries import SeatView, ZoneView

SHOWN_SETTLED = timedelta(days=30)
HAPPENINGS_SHOWN = 50

pages = Blueprint("seats_admin", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Given:
    """A form as it was sent, with what is wrong with it; nothing typed is lost."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    met: tuple[BookingView, ...] | None = None  # bookings that it would meet, when that was asked


@pages.get("/admin/seats")
def overview() -> ResponseReturnValue:
    """The seats of one zone, and how much waits."""
    at, now = desk(), clock.now()
    code = request.args.get("zone", "")
    zone = at.zone_by_code(code) if code else next(iter(_with_seats(at)), None)
    here = [] if zone is None else _seats_of(zone)
    ids = [seat.id for seat in here]
    return render_template(
        "bookings/admin/seats.html",
        **frame(at, zone),
        zones=_with_seats(at),
        seats=here,
        holders=_names(places.holders(ids, at.today), at.today),
        out=places.outages(ids, now, now + timedelta(minutes=1)),
        wrong=reports.open_of_seats(ids),
    )


@pages.get("/admin/seats/<int:seat_id>")
def seat(seat_id: int) -> ResponseReturnValue:
    """Everything that can be done with one seat."""
    at = desk()
    return _seat_page(at, at.seat(seat_id), Given())


@pages.post("/admin/seats/<int:seat_id>/describe")
def describe(seat_id: int) -> ResponseReturnValue:
    """What it is and has."""

    def change(at: Desk, of: SeatView) -> None:
        seats.describe(
            of.id,
            kind=request.form.get("kind", ""),
            equipment=request.form.getlist("equipment"),
            is_priority="is_priority" in request.form,
            capacity=_number("capacity"),
            now=clock.now(),
        )
        audit.record(at.actor, "seat_described", of.code, {"has": request.form.getlist("equipment")}, clock.now())

    return _do("describe", seat_id, change)


@pages.post("/admin/seats/<int:seat_id>/holder")
def give(seat_id: int) -> ResponseReturnValue:
    """It is somebody's own from a day on."""

    def change(at: Desk, of: SeatView) -> None:
        person_id = _member(at, at.zone(of.zone_id))
        until = _day("until") if request.form.get("until") else None
        seats.give(of.id, person_id, _day("day"), until, clock.now())
        audit.record(at.actor, "seat_given", audit.person(person_id), {"seat": of.code}, clock.now())

    return _do("holder", seat_id, change)


@pages.post("/admin/seats/<int:seat_id>/holder/end")
def end_holding(seat_id: int) -> ResponseReturnValue:
    """From a day it is not theirs any more."""

    def change(at: Desk, of: SeatView) -> None:
        seats.end_holding(_number("holder"), of.id, _day("day"), clock.now())
        audit.record(at.actor, "seat_taken_back", of.code, {}, clock.now())

    return _do("holder-end", seat_id, change)


@pages.post("/admin/seats/<int:seat_id>/outage")
def outage(seat_id: int) -> ResponseReturnValue:
    """Out of service for a while: first which bookings that meets, then it is done and their people are told."""
    at, now = desk(), clock.now()
    of = at.seat(seat_id)
    try:
        starts_at, ends_at = _instant(at, "from", now), _instant(at, "to", None)
        if starts_at is None:
            raise Refused("bad_day", "Enter a date such as 2026-04-01.", 422)
        ids = seats.with_places([of.id])
        if request.form.get("step") != "do":
            if ends_at is not None and ends_at <= starts_at:
                raise Refused("bad_term", "The day it ends must come after the day it begins.", 422)
            met = tuple(trouble.in_the_way(ids, starts_at, ends_at, now)[:HAPPENINGS_SHOWN])
            return _seat_page(at, of, Given("outage", request.form.to_dict(), met=met))
        with db.transaction():
            trouble.take_out_of_service([of.id], starts_at, ends_at, request.form.get("reason", ""), _asked(at), now)
            audit.record(at.actor, "seat_out_of_service", of.code, {}, now)
    except Refused as refused:
        return _refused(at, of, "outage", refused)
    flash(_("Saved. Whoever had booked it is told on their page."))
    return redirect(url_for("seats_admin.seat", seat_id=of.id))


@pages.post("/admin/seats/<int:seat_id>/outage/end")
def end_outage(seat_id: int) -> ResponseReturnValue:
    """It can be used again."""

    def change(at: Desk, of: SeatView) -> None:
        found = outages.outage(_number("outage"))
        if found is None or found.seat_id != of.id:
            raise Refused("no_outage", "This has been changed by somebody else meanwhile. Look again.")
        trouble.put_back(found.id, clock.now())
        audit.record(at.actor, "seat_in_service_again", of.code, {}, clock.now())

    return _do("outage-end", seat_id, change)


@pages.post("/admin/seats/<int:seat_id>/retire")
def retire(seat_id: int) -> ResponseReturnValue:
    """From a day it is no seat any more, or it is one again."""

    def change(at: Desk, of: SeatView) -> None:
        day = None if "restore" in request.form else _day("day")
        seats.retire(of.id, day, clock.now())
        audit.record(at.actor, "seat_retired" if day else "seat_restored", of.code, {}, clock.now())

    return _do("retire", seat_id, change)


@pages.post("/admin/seats/<int:seat_id>/code")
def renew_code(seat_id: int) -> ResponseReturnValue:
    """A new short code: the old sign leads nowhere."""

    def change(at: Desk, of: SeatView) -> None:
        seats.renew_code(of.id, clock.now())
        audit.record(at.actor, "seat_code_renewed", of.code, {}, clock.now())

    return _do("code", seat_id, change)


@pages.get("/admin/seats/reports")
def open_reports() -> ResponseReturnValue:
    """What people say is not as described, and what has been seen to lately."""
    at, now = desk(), clock.now()
    ids = [zone.id for zone in at.zones]
    return render_template(
        "bookings/admin/reports.html",
        **frame(at, None),
        waiting=reports.open_in(ids),
        settled=reports.settled_in(ids, now - SHOWN_SETTLED),
        names=_names_of({one.owner_id for one in reports.open_in(ids)} - {None}, at.today),
        what={what: _(name) for what, name in words.WRONG.items()},
        longest=reports.LONGEST_ANSWER,
    )


@pages.post("/admin/seats/reports/<int:report_id>/done")
def settle(report_id: int) -> ResponseReturnValue:
    """It has been seen to."""
    at = desk()
    found = reports.one(report_id) if report_id <= LARGEST_ID else None
    if found is None:
        abort(404)
    at.zone(found.zone_id)
    with db.transaction():
        reports.settle(found.id, request.form.get("answer", ""), clock.now())
    flash(_("Saved. Whoever said it reads the answer on their page."))
    return redirect(url_for("seats_admin.open_reports"))


@pages.get("/admin/seats/zones/<code>")
def zone_page(code: str) -> ResponseReturnValue:
    """Whose a zone is, and which zone its seats could move to."""
    at = desk()
    return _zone_page(at, at.zone_by_code(code), Given())


@pages.post("/admin/seats/zones/<code>/owners")
def change_owner(code: str) -> ResponseReturnValue:
    """One more unit owns the zone from a day on, or one does not any more; facilities decide that."""

    def change(at: Desk, zone: ZoneView) -> None:
        unit_id, day = _number("unit"), _day("day")
        if unit_id not in people.units_on(day):
            raise Refused("no_unit", "There is no such unit on that day.", 422)
        if "end" in request.form:
            places_service.end_ownership(zone.id, unit_id, day)
        else:
            places_service.own_zone(zone.id, unit_id, day)
        action = "zone_owner_ended" if "end" in request.form else "zone_owner_added"
        audit.record(at.actor, action, zone.code, {"unit": unit_id, "day": day.isoformat()}, clock.now())

    return _do_zone("owner", code, change)


@pages.post("/admin/seats/zones/<code>/merge")
def merge(code: str) -> ResponseReturnValue:
    """All seats of a zone become part of another one of the floor; bookings stay as they are."""

    at = desk()
    zone = at.zone_by_code(code)
    if at.keeper.is_everybodys and "sure" not in request.form:
        now = clock.now()
        met = queries.of_seats([seat.id for seat in _seats_of(zone)], now, now + FURTHEST)
        return _zone_page(at, zone, Given("merge", request.form.to_dict(), met=tuple(met)))

    def change(at: Desk, zone: ZoneView) -> None:
        to = at.zone(_number("to"))
        moved = seats.move_to_zone([seat.id for seat in _seats_of(zone)], to.id, clock.now())
        audit.record(at.actor, "zones_merged", zone.code, {"to": to.code, "seats": moved}, clock.now())

    return _do_zone("merge", code, change)


@pages.post("/admin/seats/zones/<code>/code")
def renew_zone_code(code: str) -> ResponseReturnValue:
    """A new short code for the sign at the entrance."""

    def change(at: Desk, zone: ZoneView) -> None:
        seats.renew_zone_code(zone.id)
        audit.record(at.actor, "zone_code_renewed", zone.code, {}, clock.now())

    return _do_zone("code", code, change)


def _do(form: str, seat_id: int, change: Callable[[Desk, SeatView], None]) -> ResponseReturnValue:
    at = desk()
    of = at.seat(seat_id)
    try:
        with db.transaction():
            change(at, of)
    except Refused as refused:
        return _refused(at, of, form, refused)
    flash(_("Saved."))
    return redirect(url_for("seats_admin.seat", seat_id=of.id))


def _refused(at: Desk, of: SeatView, form: str, refused: Refused) -> ResponseReturnValue:
    page = _seat_page(at, of, Given(form, request.form.to_dict(), _(refused.sentence, **refused.values)))
    return page, refused.status


def _do_zone(form: str, code: str, change: Callable[[Desk, ZoneView], None]) -> ResponseReturnValue:
    at = desk()
    zone = at.zone_by_code(code)
    if not at.keeper.is_everybodys:
        abort(403)
    try:
        with db.transaction():
            change(at, zone)
    except Refused as refused:
        given = Given(form, request.form.to_dict(), _(refused.sentence, **refused.values))
        return _zone_page(at, zone, given), refused.status
    flash(_("Saved."))
    return redirect(url_for("seats_admin.zone_page", code=zone.code))


def _seat_page(at: Desk, of: SeatView, given: Given) -> str:
    zone, now = at.zone(of.zone_id), clock.now()
    terms = seat_queries.terms_of(of.id, at.today)
    return render_template(
        "bookings/admin/seat.html",
        **frame(at, zone),
        seat=of,
        terms=terms,
        names=_names_of({term.person_id for term in terms}, at.today),
        members=_members(at, zone),
        outages=outages.of_seats([of.id], now),
        wrong=[one for one in reports.open_in([zone.id]) if one.seat_id == of.id],
        what={what: _(name) for what, name in words.WRONG.items()},
        given=given,
        local_now=now.astimezone(at.building.zone).strftime("%Y-%m-%dT%H:%M"),
    )


def _zone_page(at: Desk, zone: ZoneView, given: Given) -> str:
    units = people.units_on(at.today)
    is_english = english()
    return render_template(
        "bookings/admin/zone.html",
        **frame(at, zone),
        terms=places.owner_terms(zone.id, at.today),
        units={i: (is_english and unit.name_en) or unit.name for i, unit in units.items() if unit.kind != "city"},
        others=[one for one in at.zones if one.floor_id == zone.floor_id and one.id != zone.id],
        n_seats=len(_seats_of(zone)),
        given=given,
    )


def frame(at: Desk, zone: ZoneView | None) -> dict[str, object]:
    """What all of these pages need."""
    return {
        "desk": at,
        "zone": zone,
        "floor": None if zone is None else at.floor(zone.floor_id),
        "owners": owners,
        "zone_name": zone_name,
        "n_open": len(reports.open_in([one.id for one in at.zones])),
        "kind_names": {kind.value: _(name) for kind, name in words.KINDS.items()},
        "equipment_names": {what.value: _(name) for what, name in words.EQUIPMENT.items()},
    }


def _with_seats(at: Desk) -> list[ZoneView]:
    have = {seat.zone_id for seat in places.seats(at.building.id)}
    return [zone for zone in at.zones if zone.id in have]


def _seats_of(zone: ZoneView) -> list[SeatView]:
    return [seat for seat in places.seats_on_floor(zone.floor_id) if seat.zone_id == zone.id]


def _members(at: Desk, zone: ZoneView) -> list[tuple[int, str]]:
    """Who may get a seat of the zone as their own: people of its units, by reading."""
    below = people.units_below(zone.unit_ids, people.units_on(at.today))
    ids = people.members_of(below, at.today) if below else frozenset()
    cards = sorted(people.cards(at.today, ids).values(), key=lambda card: (card.kana_key, card.id))
    return [(card.id, f"{card.name}　{card.unit_name} {card.title}") for card in cards]


def _member(at: Desk, zone: ZoneView) -> int:
    """The person chosen in the form, who belongs to the zone."""
    person_id = _number("person")
    if person_id not in {i for i, _name in _members(at, zone)}:
        raise Refused("no_member", "Choose somebody of the section.", 422)
    return person_id


def _names(holders: Mapping[int, int], day: date) -> dict[int, str]:
    names = _names_of(set(holders.values()), day)
    return {seat_id: names.get(person_id, "") for seat_id, person_id in holders.items()}


def _names_of(person_ids: set[int] | set[int | None], day: date) -> dict[int, str]:
    ids = {i for i in person_ids if i is not None}
    return {i: card.name for i, card in people.cards(day, ids).items()} if ids else {}


def _asked(at: Desk) -> str:
    """Who to ask about an outage, as people read it."""
    card = None if at.person_id is None else people.cards(at.today, [at.person_id]).get(at.person_id)
    return _("Facilities") if card is None else f"{card.unit_name} {card.name}"


def _number(name: str) -> int:
    text = request.form.get(name, "")
    if not text.isascii() or not text.isdigit() or int(text[:11]) > LARGEST_ID:
        raise Refused("bad_number", "Enter a whole number.", 422)
    return int(text)


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused("bad_day", "Enter a date such as 2026-04-01.", 422) from None


def _instant(at: Desk, name: str, otherwise: datetime | None) -> datetime | None:
    """A moment on the building's clock, "2026-11-24T09:00" or a day."""
    text = request.form.get(name, "").strip()
    if not text:
        return otherwise
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad_day", "Enter a date such as 2026-04-01.", 422) from None
    if found.tzinfo is not None or not 2000 <= found.year <= 9000:
        raise Refused("bad_day", "Enter a date such as 2026-04-01.", 422)
    return datetime.combine(found.date(), time(found.hour, found.minute), at.building.zone)
