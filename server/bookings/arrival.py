"""Where a sign leads: a seat or the entrance of a zone; and a seat from a shared screen, without anybody's login."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import clock, db
from server.access import KIOSK_TOO, only
from server.bookings import choice, lines, own_choices, queries, service, walk_up
from server.bookings.choice import Option
from server.bookings.queries import BookingView
from server.bookings.rules import QUARTER, How, State, begun_quarter
from server.errors import Refused
from server.people import failures, login
from server.people import queries as people
from server.people.login import current_account, current_person_id
from server.people.rules import Level, Role, Signal, visible_level
from server.places import queries as places
from server.places.queries import BuildingView, FloorView, SeatView, ZoneView
from server.places.rules import SeatKind

TO_CHOOSE = frozenset({SeatKind.GROUP, SeatKind.SOLO, SeatKind.GROUP_DESK})  # nobody's own
NO_SIGN = "There is no seat or zone with this code."
OLD_SIGN = (
    "No seat or zone has the code of this sign: it is unknown, or the sign has been replaced by a new one."
    " Type the code that stands on the place today under “My seats”, or choose a seat there."
)
NOT_KNOWN = "No seat can be given for this number here."
SCREEN_FLOOR = "kiosk_floor"  # in the session of a shared screen: where it stands
MOST_GIVEN = 60  # seats in ten minutes on one shared screen: as fast as people can step up to it

pages = Blueprint("arrival", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Sign:
    """What a code stands for: a seat, or a zone's entrance."""

    floor: FloorView
    zone: ZoneView
    seat: SeatView | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Who has the seat now: by name only as far as they show it (P4), and not whether they have come (P3)."""

    name: str
    until: datetime
    has_begun: bool


@pages.post("/s")
def typed() -> ResponseReturnValue:
    """A sign's code, typed on a PC."""
    code = request.form.get("code", "")[:40]
    sign = _sign(code)
    if sign is None:
        flash(_(NO_SIGN))
        return redirect(url_for("bookings.mine"))
    return redirect(url_for("arrival.sign", code=(sign.seat or sign.zone).short_code))


@pages.get("/s/<code>")
@only(KIOSK_TOO)
def sign(code: str) -> ResponseReturnValue:
    """A seat: mine, free or taken. An entrance: give me a seat here. On a shared screen: the free seats around it."""
    of = _known(code)
    if current_account().role is Role.KIOSK:
        return redirect(url_for("arrival.kiosk", floor=of.floor.code, _anchor=f"zone-{of.zone.code}"))
    return _page(of)


@pages.post("/s/<code>/sit")
def sit(code: str) -> ResponseReturnValue:
    """I sit here: by my booking, or because it is free."""
    of, person_id, now = _known(code), current_person_id(), clock.now()
    try:
        with db.transaction():
            if of.seat is None:
                given, until = walk_up.give_a_seat(person_id, of.floor, How.CODE, now, of.zone.id)
                seat_code, ends_at = given.seat.code, until
            else:
                seat_code, ends_at = of.seat.code, _sit_on(of.seat, of.floor, person_id, now)
    except Refused as refused:
        return _page(of, _(refused.sentence, **refused.values)), refused.status
    until_words = lines.clock_words(ends_at.astimezone(_building().zone))
    flash(_("%(seat)s is yours until %(time)s.", seat=seat_code, time=until_words))
    return redirect(url_for("arrival.sign", code=code))


@pages.post("/s/<code>/leave")
def leave(code: str) -> ResponseReturnValue:
    """I leave this seat."""
    of, person_id, now = _known(code), current_person_id(), clock.now()
    with db.transaction():
        mine = None if of.seat is None else _mine(of.seat, person_id, now)
        if mine is None:
            raise Refused("no_booking", service.GONE, 404)
        service.cancel(mine.id, now)
    flash(_("The seat is free again."))
    return redirect(url_for("arrival.sign", code=code))


@pages.get("/kiosk/seats")
@only(KIOSK_TOO)
def kiosk() -> ResponseReturnValue:
    """Free seats of a floor on a shared screen, and one for whoever types their staff number; no names.

    A screen shows the floor it showed last; one that has shown none yet asks for it.
    """
    floor, is_screen = _floor_asked(), current_account().role is Role.KIOSK
    if floor is None and is_screen and "floor" not in request.args and SCREEN_FLOOR in session:
        return redirect(url_for("arrival.kiosk", floor=session[SCREEN_FLOOR]))
    if floor is None:
        return render_template("bookings/kiosk_floors.html", floors=_floors_with_seats())
    if is_screen and session.get(SCREEN_FLOOR) != floor.code:
        session[SCREEN_FLOOR] = floor.code
    return _kiosk(clock.now(), floor)


@pages.post("/kiosk/seats")
@only(KIOSK_TOO)
def kiosk_seat() -> ResponseReturnValue:
    """Give a seat to the person with this staff number, from now on; it says which, never whose it is."""
    if current_account().role is not Role.KIOSK:  # colleagues are not seated from one's own desk
        abort(403)
    now, floor = clock.now(), _floor_asked() or abort(404)
    try:
        given, until = _give(request.form.get("staff_no", "").strip()[:20], floor, now)
    except Refused as refused:
        return _kiosk(now, floor, error=_(refused.sentence, **refused.values)), refused.status
    return _kiosk(now, floor, given=given, until=until)


def _give(staff_no: str, floor: FloorView, now: datetime) -> tuple[Option, datetime]:
    screen = current_account().account_id
    wrong = [f"kiosk:{screen}"]
    with db.transaction():  # what is refused here counts as no try
        wait_s = failures.reserve([f"kiosk-any:{screen}"], now, MOST_GIVEN) or failures.reserve(wrong, now)
        if wait_s is not None:
            raise Refused("too_many_requests", "Too many requests. Please wait a moment.", 429, retry_after_s=wait_s)
    with db.transaction():
        person_id = people.person_of_staff_no(staff_no, now.astimezone(_building().zone).date()) if staff_no else None
        if person_id is None or not own_choices.of(person_id).may_kiosk:
            raise Refused("no_seat_for_number", NOT_KNOWN, 404)
        try:
            found = walk_up.give_a_seat(person_id, floor, How.KIOSK, now)
        except Refused:  # why not would tell whose numbers there are, and who has a seat already
            raise Refused("no_seat_for_number", NOT_KNOWN, 404) from None
        failures.take_back(wrong, now)
    return found


def _kiosk(
    now: datetime, floor: FloorView, *, error: str = "", given: Option | None = None, until: datetime | None = None
) -> str:
    building = _building()
    day = now.astimezone(building.zone).date()
    begun = begun_quarter(now)
    seats = [seat for seat in places.seats_on_floor(floor.id) if seat.capacity == 1]
    taken = {one.seat_id for one in queries.of_floor(floor.id, begun, begun + QUARTER)}
    taken |= places.outages([seat.id for seat in seats], begun, begun + QUARTER).keys()
    taken |= places.holders([seat.id for seat in seats], day).keys()
    zones = [
        (zone, sorted(seat.code for seat in seats if seat.zone_id == zone.id and seat.id not in taken))
        for zone in places.zones(floor.id, day)
        if not zone.excluded
    ]
    return render_template(
        "bookings/kiosk.html",
        floor=floor,
        floors=_floors_with_seats(),
        zones=[(zone.code, lines.zone_name(zone), codes) for zone, codes in zones if codes],
        n_free=sum(len(codes) for _zone, codes in zones),
        error=error,
        given=given,
        given_zone="" if given is None else lines.zone_name(given.zone),
        until="" if until is None else lines.clock_words(until.astimezone(building.zone)),
    )


def _page(of: Sign, error: str = "") -> str:
    now, account = clock.now(), current_account()
    person_id = account.person_id
    mine = free_until = taken = nearest = None
    elsewhere = None if person_id is None else walk_up.current(person_id, now)
    if of.seat is not None:
        mine = None if person_id is None else _mine(of.seat, person_id, now)
        taken = None if mine is not None else _taken(of.seat, of.zone, now)
        if mine is None and taken is None and person_id is not None:
            free_until = walk_up.free_until(person_id, of.seat.id, of.floor, now)
    if person_id is not None and mine is None and free_until is None:
        free = walk_up.free_now(person_id, of.floor, now, None if of.seat is not None else of.zone.id)
        nearest = choice.nearest(of.seat, free.seats) if of.seat is not None else None
        if of.seat is None and free.seats:
            free_until = free.until
    return render_template(
        "bookings/sign.html",
        of=of,
        code=(of.seat or of.zone).short_code,
        mine=mine,
        taken=taken,
        free_until=free_until,
        nearest=nearest,
        elsewhere=elsewhere if mine is None else None,
        can_sit=mine is not None and mine.state is State.BOOKED,
        has_person=person_id is not None,
        zone_name=lines.zone_name(of.zone),
        has=() if of.seat is None else lines.equipment_words(of.seat.equipment),
        kind="" if of.seat is None else lines.kind_words(of.seat.kind),
        error=error,
    )


def _sit_on(seat: SeatView, floor: FloorView, person_id: int, now: datetime) -> datetime:
    mine = _mine(seat, person_id, now)
    if mine is not None:
        service.confirm(mine.id, now)
        return mine.ends_at
    until = walk_up.free_until(person_id, seat.id, floor, now)
    building = places.building_of(floor.id)
    if until is None and building is not None:
        until = walk_up.until(places.opening(building), now)  # the refusal says why not
    service.sit_down(person_id, seat.id, until or now, How.CODE, now)
    return until or now


def _mine(seat: SeatView, person_id: int, now: datetime) -> BookingView | None:
    """My booking of this seat: now, or soon enough to sit down."""
    own = queries.of_person(person_id, now, now + lines.EARLY)
    return next((one for one in own if one.seat_id == seat.id and one.state is not State.OFFERED), None)


def _taken(seat: SeatView, zone: ZoneView, now: datetime) -> Taken | None:
    table = [seat.id] if seat.table_id is None else [seat.id, seat.table_id]
    one = next(iter(queries.of_seats(table, now, now + QUARTER)), None)
    if one is None:
        return None
    return Taken("" if zone.counts_only else _shown_name(one, now), one.ends_at, one.starts_at <= now)


def _shown_name(one: BookingView, now: datetime) -> str:
    day = now.astimezone(_building().zone).date()
    if one.person_id is None or current_account().role is Role.KIOSK:
        return ""
    viewer, choices = people.viewer_of(current_account().account_id, day), people.choices_of([one.person_id])
    units = people.units_of_people(day, [one.person_id]).get(one.person_id, frozenset())
    subject = choices.get(one.person_id)
    if subject is None or visible_level(viewer, subject, units, now, Signal.BOOKING) is not Level.SEAT:
        return ""
    return _name(one.person_id, day)


def _name(person_id: int, day: date) -> str:
    card = people.cards(day, [person_id]).get(person_id)
    return "" if card is None else card.name


def _known(code: str) -> Sign:
    found = _sign(code)
    if found is None:
        raise Refused("no_sign", OLD_SIGN, 404)
    return found


def _sign(code: str) -> Sign | None:
    seat = places.seat_by_short_code(code)
    zone_id = seat.zone_id if seat is not None else None
    if zone_id is None:
        zone = places.zone_by_short_code(code)
        zone_id = None if zone is None else zone.id
    floor = None if zone_id is None else places.floor_of_zone(zone_id)
    if floor is None or floor.excluded or floor.building_id != _building().id:
        return None
    day = clock.today(_building().zone)
    zone = next(one for one in places.zones(floor.id, day) if one.id == zone_id)
    is_gone = seat is not None and seat.retired_on is not None and seat.retired_on <= day
    return None if zone.excluded or is_gone else Sign(floor, zone, seat)


def _floor_asked() -> FloorView | None:
    found = places.floor_by_code(_building().id, request.values.get("floor", "")[:16])
    return None if found is None or found.excluded else found


def _floors_with_seats() -> list[FloorView]:
    """Where somebody can be given a seat: not the lobby, nor a floor on which every seat is somebody's own."""
    building = _building()
    day = clock.today(building.zone)
    seats = [seat for seat in places.seats(building.id) if seat.kind in TO_CHOOSE and seat.capacity == 1]
    floor_of = {zone.id: zone.floor_id for zone in places.zones_of_building(building.id, day) if not zone.excluded}
    ids = {floor_of.get(seat.zone_id) for seat in seats if seat.retired_on is None or day < seat.retired_on}
    return [one for one in places.floors(building.id) if not one.excluded and one.id in ids]


def _building() -> BuildingView:
    return places.building(login.settings_in_use().site) or abort(404)
