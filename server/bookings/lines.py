"""How a booking reads on its person's page, and what they can do with it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from flask_babel import format_date, get_locale, get_timezone, gettext
from flask_babel import lazy_gettext as _l

from server.bookings import queries
from server.bookings.queries import BookingView, RulesOfDay
from server.bookings.rules import QUARTER, WITH_SUBJECT, State
from server.places import queries as places
from server.places.queries import BuildingView, FloorView, ZoneView
from server.places.rules import Opening, SeatKind
from server.places.words import EQUIPMENT, KINDS

EARLY = timedelta(minutes=30)  # before its beginning somebody may sit down
WORK_ENDS = time(17, 15)

STATES = {State.OFFERED: _l("Kept for you"), State.BOOKED: _l("Booked"), State.IN_USE: _l("You sit here")}


@dataclass(frozen=True, slots=True)
class Line:
    """One booking in words.

    until        to when it could be made longer with one click; None: somebody follows, or it is long enough
    by           who booked it for its person; "" when they did
    for_person   whose it is, on the page of whoever booked it; "" for one's own
    """

    id: int
    seat: str
    floor: FloorView
    zone: ZoneView
    kind: str
    has: tuple[str, ...]
    day: date
    starts_at: datetime
    ends_at: datetime
    state: State
    is_today: bool
    has_begun: bool
    can_sit_down: bool
    until: datetime | None
    by: str
    for_person: str
    subject: str
    is_of_series: bool
    next_step: str
    seat_kind: str  # its code

    @property
    def may_say_what_for(self) -> bool:
        """Whether whoever booked it is asked what for."""
        return self.seat_kind in WITH_SUBJECT

    @property
    def starts(self) -> str:
        """8:30"""
        return clock_words(self.starts_at)

    @property
    def ends(self) -> str:
        """17:15"""
        return clock_words(self.ends_at)

    @property
    def where(self) -> str:
        """18F, Zone A"""
        floor = gettext("%(floor)sF", floor=self.floor.code)
        return str(gettext("%(floor)s, %(zone)s", floor=floor, zone=zone_name(self.zone)))


def lines(
    found: Sequence[BookingView], names: Mapping[int, str], now: datetime, building: BuildingView, viewer_id: int
) -> list[Line]:
    """These bookings as their person, or whoever booked them, reads them."""
    if not found:
        return []
    opening = places.opening(building)
    seats = places.seats_by_id([one.seat_id for one in found])
    floors = {one.floor_id: places.floor(one.floor_id) for one in found}
    zones = {zone.id: zone for floor_id in floors for zone in places.zones(floor_id)}
    made = []
    for one in found:
        floor, seat = floors[one.floor_id], seats[one.seat_id]
        if floor is None:
            continue
        starts_at, ends_at = one.starts_at.astimezone(opening.zone), one.ends_at.astimezone(opening.zone)
        is_today = starts_at.date() == now.astimezone(opening.zone).date()
        booked_for = one.person_id if one.person_id != viewer_id else None
        by = one.booked_by_id if one.booked_by_id not in (None, one.person_id, viewer_id) else None
        made.append(
            Line(
                one.id, one.seat_code, floor, zones[one.zone_id], kind_words(one.kind),
                equipment_words(seat.equipment), starts_at.date(), starts_at, ends_at, one.state, is_today,
                starts_at <= now, one.state is State.BOOKED and starts_at - EARLY <= now < ends_at,
                longer_until(one, opening) if is_today and booked_for is None else None,
                names.get(by, "") if by is not None else "",
                names.get(booked_for, "") if booked_for is not None else "", one.subject, one.series_id is not None,
                next_step(one, zones[one.zone_id], building) if is_today else "", one.kind,
            )
        )  # fmt: skip
    return made


def longer_until(one: BookingView, opening: Opening) -> datetime | None:
    """To when a booking could last: an hour more, until somebody follows or the work day or the building ends."""
    end = one.ends_at.astimezone(opening.zone)
    work_ends = datetime.combine(end.date(), WORK_ENDS, opening.zone)
    wanted = min(end + timedelta(hours=1), work_ends) if end < work_ends else end + timedelta(hours=1)
    if wanted.date() != end.date() or not opening.is_open(wanted - QUARTER):
        return None
    following = queries.of_seats([one.seat_id], one.ends_at, wanted)
    latest = min((follower.starts_at for follower in following), default=wanted)
    return latest.astimezone(opening.zone) if latest > one.ends_at else None


def confirmed_when(starts_at: datetime, grace_min: int, zone: ZoneView) -> str:
    """What confirms a booking, for a page that says what happens next."""
    if not grace_min:
        return str(gettext("The seat is kept for you all that time."))
    by = clock_words(starts_at + timedelta(minutes=grace_min))
    return str(gettext("Come to %(zone)s by %(time)s, and the booking is confirmed.", zone=zone_name(zone), time=by))


def next_step(one: BookingView, zone: ZoneView, building: BuildingView) -> str:
    """What confirms a booking; "" when nothing has to be done."""
    if one.state is not State.BOOKED:
        return ""
    starts_at = one.starts_at.astimezone(building.zone)
    held = RulesOfDay(building.id, starts_at.date()).of(zone, SeatKind(one.kind))
    return confirmed_when(starts_at, held.grace_min, zone)


def kind_words(kind: str) -> str:
    """What a kind of place is called."""
    return str(gettext(KINDS[SeatKind(kind)]))


def equipment_words(codes: Sequence[str]) -> tuple[str, ...]:
    """What a seat has, in the reader's language and the order of the list."""
    return tuple(str(gettext(words)) for one, words in EQUIPMENT.items() if one.value in codes)


def zone_name(zone: ZoneView) -> str:
    """What people call a zone."""
    return (str(get_locale()) == "en" and zone.name_en) or zone.name


def clock_words(at: datetime) -> str:
    """8:30, without a leading zero."""
    return f"{at.hour}:{at.minute:02}"


def weekday_words(n: int) -> str:
    """月, Mon; Monday is 0."""
    return str(format_date(date(2026, 11, 23) + timedelta(days=n), "EEE"))


def day_words(on: date) -> str:
    """11月24日(火), Tue 24 Nov."""
    return str(format_date(on, "EEE d MMM" if str(get_locale()) == "en" else "M月d日(EEE)"))


def when_words(starts_at: datetime, ends_at: datetime, zone: tzinfo | None = None) -> str:
    """The day and the time of a booking in one line, on the building's clock."""
    starts, ends = (at.astimezone(zone or get_timezone()) for at in (starts_at, ends_at))
    return f"{day_words(starts.date())} {clock_words(starts)}–{clock_words(ends)}"


def day_quarters(opening: Opening, value: str) -> list[str]:
    """Every quarter hour to choose from while the building is open, and what is chosen already."""
    closes = opening.closes if opening.closes != time(0) else time.max
    every = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(0, 60, 15)]
    return [one for one in every if opening.opens <= time.fromisoformat(one) <= closes or one == value]
