"""My seats: today's, the coming ones, free seats to choose from; every button a plain form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from server import clock, db
from server.access import local_path
from server.bookings import answers, choice, given, lines, parties, queries, service, trouble
from server.bookings.answers import Explained
from server.bookings.choice import Option
from server.bookings.lines import Line
from server.bookings.parties import Colleague
from server.bookings.queries import BookingView
from server.bookings.rules import FURTHEST, How, State, Wish, begun_quarter
from server.bookings.trouble import Trouble
from server.errors import Refused
from server.people import login
from server.people import queries as people
from server.people.login import current_account, current_person_id
from server.people.rules import Role
from server.places import queries as places
from server.places import reports
from server.places.queries import BuildingView, FloorView
from server.places.reports import ReportView
from server.places.rules import Equipment, Opening, SeatKind
from server.places.words import EQUIPMENT, KINDS, WRONG

DAY_STARTS, DAY_ENDS = given.WORK_STARTS, time(17, 15)  # a working day; what a form begins with
REPORTS_SHOWN = timedelta(days=14)

pages = Blueprint("bookings", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list of free seats was asked for; `starts` may be "now"."""

    floor: FloorView
    day: date
    starts: str
    ends: str
    kind: str
    has: frozenset[str]


@dataclass(frozen=True, slots=True)
class Error:
    """A refusal as the page shows it."""

    sentence: str
    explained: Explained = field(default_factory=Explained)


@pages.app_context_processor
def _for_every_page() -> dict[str, Callable[..., object]]:
    return {
        "my_seats_today": _my_seats_today,
        "my_troubles": _my_troubles,
        "my_reports": _my_reports,
        "day_words": lines.day_words,
        "when_words": lines.when_words,
        "wrong_with_seats": lambda what: _(WRONG[what]),
        "seat_equipment": lambda: [(one.value, _(words)) for one, words in EQUIPMENT.items()],
        "seat_kinds": lambda: [(one.value, _(words)) for one, words in KINDS.items()],
    }


def _my_troubles() -> list[Trouble]:
    """My bookings whose seats cannot be used."""
    me = current_account().person_id
    return [] if me is None else trouble.of_person(me, clock.now())


def _my_reports() -> list[ReportView]:
    """What I said is not as described, and the answers, of the last weeks."""
    me = current_account().person_id
    return [] if me is None else reports.by_person(me, clock.now() - REPORTS_SHOWN)


@pages.get("/seats")
def mine() -> ResponseReturnValue:
    """What I have booked, today first."""
    return _mine()


@pages.get("/seats/card")
def card() -> ResponseReturnValue:
    """My seat today as the start page shows it, to be put there when it is otherwise than before."""
    if db.is_silent():
        return "", 503  # the page keeps what it shows
    answer = make_response(render_template("bookings/card.html"))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/seats/free")
def free() -> ResponseReturnValue:
    """The seats of a floor that I could have at a time, as a list with a button each."""
    return _free()


@pages.post("/seats/bookings")
def book() -> ResponseReturnValue:
    """Take a seat, for oneself or for a colleague."""
    now, building = clock.now(), _building()
    seat_id, for_id = given.number(request.form.get("seat")), given.number(request.form.get("for"))
    if seat_id is None:
        raise Refused("no_seat", "There is no such seat.", 404)
    person_id, by = _for_whom(for_id, now, building)
    wish = Wish(seat_id, now, now)
    try:
        term = given.term(request.form, now, building.zone)
        how = How.BEHALF if by is not None else How.WALK_UP if term.is_now else How.MAP
        subject = given.subject(request.form.get("subject", ""))
        wish = Wish(seat_id, term.starts_at, term.ends_at, how, subject)
        with db.transaction():
            if term.is_now and by is None:
                done = service.sit_down(person_id, seat_id, term.ends_at, How.WALK_UP, now, subject=subject)
            else:
                with parties.naming(current_account(), person_id):
                    done = service.book(person_id, wish, now, booked_by_id=by)
            parties.write_down(current_account(), parties.BOOKED, person_id, done.id, now)
            booked = service.view(done.id)
    except Refused as refused:
        return _free(_error(person_id, wish, refused, now)), refused.status
    for sentence, values in done.verdict.hints:
        flash(_(sentence, **values))
    return _done(_("Booked.") if booked.state is State.BOOKED else _("The seat is yours now."))


@pages.post("/seats/together")
def together() -> ResponseReturnValue:
    """Book seats side by side for me and colleagues, all or none."""
    now, building = clock.now(), _building()
    me, day = current_person_id(), now.astimezone(building.zone).date()
    try:
        asked = [given.number(value) for value in request.form.getlist("with")]
        known = {one.id: one for one in parties.colleagues(current_account(), day, now)}
        if not asked or any(one not in known for one in asked):
            raise Refused("nobody_chosen", "Choose at least one colleague.", 422)
        term, floor = given.term(request.form, now, building.zone), _floor_asked(building)
        everybody = [me, *dict.fromkeys(one for one in asked if one is not None)]
        with db.transaction():
            taken = parties.book_beside(everybody, current_account(), floor, term.starts_at, term.ends_at, now)
    except Refused as refused:
        return _mine(Error(_(refused.sentence, **refused.values))), refused.status
    return _done(_("Booked side by side: %(seats)s.", seats=", ".join(taken)))


@pages.post("/seats/bookings/<int(max=999999999):booking_id>/check-in")
def check_in(booking_id: int) -> ResponseReturnValue:
    """I have come."""
    with db.transaction():
        if _own(booking_id).person_id != current_person_id():
            raise Refused("no_booking", service.GONE, 404)
        service.confirm(booking_id, clock.now())
    return _done(_("The seat is yours now."))


@pages.post("/seats/bookings/<int(max=999999999):booking_id>/extend")
def extend(booking_id: int) -> ResponseReturnValue:
    """Keep the seat longer, as nobody follows."""

    def longer(one: BookingView, now: datetime) -> None:
        until = lines.longer_until(one, _opening())
        if until is None:
            raise Refused("someone_follows", "Somebody else has this seat after you.")
        service.move(
            one.id, Wish(one.seat_id, one.starts_at, until, has_begun=one.starts_at <= now), now,
            by_id=current_person_id(),
        )  # fmt: skip

    _act(booking_id, longer, parties.MOVED)
    return _done(_("Extended."))


@pages.post("/seats/bookings/<int(max=999999999):booking_id>/cancel")
def cancel(booking_id: int) -> ResponseReturnValue:
    """Give a booking back; a seat that somebody sits on is left."""
    me = current_person_id()
    was = _act(booking_id, lambda _one, now: service.cancel(booking_id, now, by_id=me), parties.CANCELLED)
    sat_there = was.is_confirmed and was.person_id == current_person_id()  # whether somebody else came is theirs (P3)
    return _done(_("The seat is free again.") if sat_there else _("Booking cancelled."))


@pages.post("/seats/bookings/<int(max=999999999):booking_id>/change")
def change(booking_id: int) -> ResponseReturnValue:
    """Another time, or the seat that was offered instead, at once or not at all."""
    now, building = clock.now(), _building()
    one = _own(booking_id)
    wish = Wish(one.seat_id, one.starts_at, one.ends_at)
    try:
        has_begun = one.starts_at <= now
        starts = one.starts_at.astimezone(building.zone)
        fixed = {"day": starts.date().isoformat(), "from": starts.strftime("%H:%M")} if has_begun else {}
        term = given.term(request.form.to_dict() | fixed, now, building.zone)
        seat_id = given.number(request.form.get("seat")) or one.seat_id
        wish = Wish(seat_id, term.starts_at, term.ends_at, has_begun=has_begun)
        me = current_person_id()
        subject = given.subject(request.form["subject"]) if "subject" in request.form else None
        _act(booking_id, lambda _one, at: service.move(booking_id, wish, at, by_id=me, subject=subject), parties.MOVED)
    except Refused as refused:
        if one.person_id is None:
            raise
        return _mine(_error(one.person_id, wish, refused, now, moved_id=booking_id), booking_id), refused.status
    return _done(_("Changed."))


def _mine(error: Error | None = None, changed_id: int | None = None) -> str:
    now, opening, building = clock.now(), _opening(), _building()
    me, today = current_account().person_id, now.astimezone(opening.zone).date()
    own, booked_for = [], []
    if me is not None:
        ahead = now + FURTHEST + timedelta(days=1)
        found = [one for one in queries.of_person(me, now, ahead) if one.state is not State.OFFERED]  # among the waits
        others = queries.booked_by(me, now, ahead)
        names = _names({one.booked_by_id for one in found} | {one.person_id for one in others}, today)
        own = lines.lines(found, names, now, building, me)
        booked_for = lines.lines(others, names, now, building, me)
    return render_template(
        "bookings/mine.html",
        today=[one for one in own if one.is_today],
        ahead=_by_day([one for one in own if not one.is_today]),
        booked_for=_by_day(booked_for),
        colleagues=[] if me is None else parties.colleagues(current_account(), today, now),
        has_person=me is not None,
        error=error,
        changed_id=changed_id,
        own_floor=_own_floor(building, today),
        **_form_facts(building, today, now),
    )


def _free(error: Error | None = None) -> str:
    now, building = clock.now(), _building()
    today = now.astimezone(building.zone).date()
    asked = _asked(building, today, now)
    colleagues = _booked_for(today, now)
    person_id, for_id = current_account().person_id, given.number(request.values.get("for"))
    if for_id is not None and any(one.id == for_id for one in colleagues):
        person_id = for_id
    found: list[Option] = []
    if person_id is not None:
        try:
            term = given.term(
                {"day": asked.day.isoformat(), "from": asked.starts, "to": asked.ends}, now, building.zone
            )
            every = choice.options(person_id, asked.floor, term.starts_at, term.ends_at, now)
            found = [one for one in every if _suits(one, asked)]
        except Refused as refused:
            error = error or Error(_(refused.sentence, **refused.values))
    return render_template(
        "bookings/free.html",
        asked=asked,
        zones=_by_zone(found),
        n_free=len(found),
        with_subject=[one for one in found if one.may_say_what_for],
        error=error,
        for_id=for_id,
        colleagues=colleagues,
        has_person=person_id is not None,
        **_form_facts(building, today, now),
    )


def _form_facts(building: BuildingView, today: date, now: datetime) -> dict[str, Any]:
    begun = begun_quarter(now).astimezone(building.zone)
    return {
        "floors": [floor for floor in places.floors(building.id) if not floor.excluded],
        "today_is": today,
        "first": given.NOW if DAY_STARTS < begun.time() < DAY_ENDS else DAY_STARTS.strftime("%H:%M"),
        "day_quarters": lambda value: lines.day_quarters(places.opening(building), value),
        "equipment_words": lines.equipment_words,
        "kind_words": lines.kind_words,
        "zone_name": lines.zone_name,
        "clock_words": lines.clock_words,
        "english": str(get_locale()) == "en",
    }


def _asked(building: BuildingView, today: date, now: datetime) -> Asked:
    values = request.values
    try:
        day = given.day(values.get("day", ""), today)
    except Refused:
        day = today
    starts = values.get("from") or given.NOW
    return Asked(
        floor=_floor_asked(building),
        day=day,
        starts=DAY_STARTS.strftime("%H:%M") if starts == given.NOW and day != today else starts,
        ends=values.get("to") or _day_end(building, day, now),
        kind=values.get("kind", "") if values.get("kind", "") in {kind.value for kind in SeatKind} else "",
        has=frozenset(values.getlist("has")) & {one.value for one in Equipment},
    )


def _day_end(building: BuildingView, day: date, now: datetime) -> str:
    """The end of the working day, or of the building's when that has passed."""
    local = now.astimezone(building.zone)
    if day != local.date() or local.time() < DAY_ENDS:
        return DAY_ENDS.strftime("%H:%M")
    later = local.replace(second=0, microsecond=0) + timedelta(hours=1)
    return later.replace(minute=0).strftime("%H:%M") if later.date() == day else "23:45"


def _suits(one: Option, asked: Asked) -> bool:
    return (not asked.kind or one.seat.kind == asked.kind) and asked.has <= set(one.seat.equipment)


def _by_zone(found: list[Option]) -> list[tuple[str, list[Option]]]:
    made: dict[str, list[Option]] = {}
    for one in found:
        made.setdefault(lines.zone_name(one.zone), []).append(one)
    return list(made.items())


def _by_day(found: list[Line]) -> list[tuple[date, list[Line]]]:
    made: dict[date, list[Line]] = {}
    for one in found:
        made.setdefault(one.day, []).append(one)
    return list(made.items())


def _floor_asked(building: BuildingView) -> FloorView:
    found = (
        places.floor_by_code(building.id, request.values.get("floor", "")[:16]) if "floor" in request.values else None
    )
    return found or _own_floor(building, clock.now().astimezone(building.zone).date())


def _own_floor(building: BuildingView, today: date) -> FloorView:
    """Where my section has its zone, else the highest floor with seats for people."""
    every = [floor for floor in places.floors(building.id) if not floor.excluded]
    units = people.viewer_of(current_account().account_id, today).unit_ids
    owned = {zone.floor_id for zone in places.zones_of_building(building.id, today) if units & set(zone.unit_ids)}
    if not every:
        raise Refused("no_floor", "There is no floor with seats yet.", 404)
    return next((floor for floor in every if floor.id in owned), every[0])


def _for_whom(for_id: int | None, now: datetime, building: BuildingView) -> tuple[int, int | None]:
    """Whose booking it will be, and who books for them (None: they themselves)."""
    me = current_account().person_id
    if for_id is None or for_id == me:
        return current_person_id(), None
    today = now.astimezone(building.zone).date()
    parties.check_may_book_for(current_account(), [for_id], today, now, is_beside=False)
    return for_id, current_person_id()


def _booked_for(today: date, now: datetime) -> list[Colleague]:
    account = current_account()
    return parties.colleagues(account, today, now) if account.role is Role.SECTION_ADMIN else []


def _own(booking_id: int) -> BookingView:
    """A booking that I may change; 404 for anybody else's, as for none."""
    account, now = current_account(), clock.now()
    one = parties.booking(account, booking_id, clock.today(_building().zone), now)
    if not one.holds:
        raise Refused("no_booking", service.GONE, 404)
    return one


def _act(booking_id: int, act: Callable[[BookingView, datetime], object], action: str) -> BookingView:
    """Carry it out.

    action   for the audit log, when the booking is somebody else's
    """
    now = clock.now()
    with db.transaction():
        one = _own(booking_id)
        with parties.naming(current_account(), one.person_id):
            act(one, now)
        parties.write_down(current_account(), action, one.person_id, booking_id, now)
    return one


def _error(person_id: int, wish: Wish, refused: Refused, now: datetime, *, moved_id: int | None = None) -> Error:
    sentence = _(refused.sentence, **refused.values)
    if wish.ends_at <= wish.starts_at:
        return Error(sentence)
    return Error(sentence, answers.explained(person_id, wish, refused, now, moved_id=moved_id))


def _done(sentence: str) -> ResponseReturnValue:
    flash(sentence)
    return redirect(local_path(request.form.get("next"), url_for("bookings.mine")))


def _names(person_ids: set[int | None], today: date) -> dict[int, str]:
    wanted = [one for one in person_ids if one is not None]
    return {i: card.name for i, card in people.cards(today, wanted).items()} if wanted else {}


def _my_seats_today() -> list[Line]:
    """For the start page's card."""
    account = login.signed_in()
    if account is None or account.person_id is None or db.is_silent():
        return []
    now, opening = clock.now(), _opening()
    local = now.astimezone(opening.zone)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), opening.zone)
    found = queries.of_person(account.person_id, now, midnight)
    return lines.lines(found, {}, now, _building(), account.person_id)


def _building() -> BuildingView:
    found = places.building(login.settings_in_use().site)
    if found is None:
        raise Refused("no_building", "There is no building yet.", 404)
    return found


def _opening() -> Opening:
    return places.opening(_building())
