"""Reads of bookings and house rules; small frozen views."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, func, or_, select

from server import db
from server.bookings.models import Booking, HouseRule, SeatChoice, SeatNeed
from server.bookings.rules import HOLDING, HouseRules, Place, State, house_rules, parsed
from server.people import queries as people
from server.people.queries import UnitView
from server.places.models import Seat, SeatOutage, Zone
from server.places.queries import SeatView, ZoneView
from server.places.rules import SeatKind

BUREAU, SECTION = "bureau", "section"
LOOKBACK_DAYS = 90  # no booking knows its person for longer (P10)
DESKS_A_DAY = 12  # nobody changes desks more often, day after day

Desk = tuple[int, datetime, datetime]  # seat id, from, until


@dataclass(frozen=True, slots=True)
class BookingView:
    """One booking with its place."""

    id: int
    seat_id: int
    seat_code: str
    kind: str
    zone_id: int
    floor_id: int
    person_id: int | None
    booked_by_id: int | None
    starts_at: datetime
    ends_at: datetime
    state: State
    how: str
    is_confirmed: bool
    series_id: int | None
    party_id: int | None
    subject: str
    sequence: int

    @property
    def holds(self) -> bool:
        """Whether it keeps its place for somebody."""
        return self.state in HOLDING


def booking(booking_id: int) -> BookingView | None:
    """One booking."""
    found = _views(_wanted().where(Booking.id == booking_id))
    return found[0] if found else None


def of_person(person_id: int, starts_at: datetime, ends_at: datetime, *, holding: bool = True) -> list[BookingView]:
    """Somebody's bookings that share some time with the interval, the earliest first."""
    wanted = _wanted().where(Booking.person_id == person_id, *_during(starts_at, ends_at))
    return _views(wanted.where(Booking.state.in_(HOLDING)) if holding else wanted)


def booked_by(person_id: int, starts_at: datetime, ends_at: datetime) -> list[BookingView]:
    """What somebody has booked for others, the earliest first."""
    wanted = _wanted().where(Booking.booked_by_id == person_id, Booking.person_id != person_id)
    return _views(wanted.where(Booking.state.in_(HOLDING), *_during(starts_at, ends_at)))


def of_seats(seat_ids: Collection[int], starts_at: datetime, ends_at: datetime) -> list[BookingView]:
    """The bookings that keep these seats for somebody during some of the interval, the earliest first."""
    if not seat_ids:
        return []
    wanted = _wanted().where(Booking.seat_id.in_(seat_ids), *_during(starts_at, ends_at), Booking.state.in_(HOLDING))
    return _views(wanted)


def of_floor(floor_id: int, starts_at: datetime, ends_at: datetime) -> list[BookingView]:
    """The bookings that keep a seat of the floor for somebody during some of the interval, the earliest first."""
    seat_ids = list(db.session.scalars(select(Seat.id).join(Zone).where(Zone.floor_id == floor_id)))
    return of_seats(seat_ids, starts_at, ends_at)


def n_in_week(person_id: int, zone_id: int, week_starts_at: datetime, but: int | None = None) -> int:
    """How many bookings of a zone somebody holds or used in the seven days from then on.

    but   a booking that does not count: it is being moved
    """
    counted = (
        select(func.count())
        .select_from(Booking)
        .join(Seat, Seat.id == Booking.seat_id)
        .where(
            Booking.person_id == person_id,
            Seat.zone_id == zone_id,
            Booking.starts_at >= week_starts_at,
            Booking.starts_at < week_starts_at + timedelta(days=7),
            Booking.state.not_in([State.CANCELLED.value, State.RELEASED.value]),
            Booking.id != (but or 0),
        )
    )
    return db.session.scalar(counted) or 0


def n_warned(person_id: int, now: datetime) -> int:
    """How many of somebody's places will be free again soon, for they have not come."""
    warned = (
        select(func.count())
        .select_from(Booking)
        .where(
            Booking.person_id == person_id,
            Booking.state == State.BOOKED.value,
            Booking.is_warned,
            Booking.starts_at > now - timedelta(days=1),
            Booking.starts_at <= now,
            Booking.ends_at > now,
        )
    )
    return db.session.scalar(warned) or 0


def recent_seats(
    person_id: int, before: datetime, n: int, zone: tzinfo, *, but: int | None = None, to_nudge: bool = False
) -> list[int]:
    """The desks of somebody's last `n` days with one before an instant, the newest first.

    One a day, the one they had longest: where they sat, and for days still to come what they have booked.

    but        a booking that is moved, and does not count
    to_nudge   they are only to be told: none, when they do not want to be
    """
    rows = (
        _desks(Booking.person_id == person_id, Booking.id != (but or 0), Booking.starts_at < before)
        .where(Booking.starts_at >= before - timedelta(days=LOOKBACK_DAYS))
        .order_by(Booking.starts_at.desc())
        .limit(DESKS_A_DAY * n)
    )
    if to_nudge:
        silenced = select(SeatChoice.person_id).where(SeatChoice.person_id == person_id, ~SeatChoice.is_nudged)
        rows = rows.where(~silenced.exists())
    return _one_a_day(db.session.execute(rows), n, zone)


def next_seats(person_id: int, after: datetime, n: int, zone: tzinfo, *, but: int | None = None) -> list[int]:
    """The same of the days from an instant on: what somebody has booked, the nearest first."""
    rows = _desks(Booking.person_id == person_id, Booking.id != (but or 0), Booking.starts_at >= after)
    return _one_a_day(db.session.execute(rows.order_by(Booking.starts_at).limit(DESKS_A_DAY * n)), n, zone)


def recent_seats_of(person_ids: Collection[int], before: datetime, n: int, zone: tzinfo) -> dict[int, tuple[int, ...]]:
    """As `recent_seats` of many people; who had no desk is missing."""
    rows: defaultdict[int, list[Desk]] = defaultdict(list)
    unique = sorted(set(person_ids)) if n else []
    for start in range(0, len(unique), people.CHUNK):
        wanted = (
            _desks(Booking.person_id.in_(unique[start : start + people.CHUNK]), Booking.starts_at < before)
            .where(Booking.starts_at >= before - timedelta(days=LOOKBACK_DAYS))
            .add_columns(Booking.person_id)
            .order_by(Booking.starts_at.desc())
        )
        for seat_id, starts_at, ends_at, person_id in db.session.execute(wanted):
            rows[person_id].append((seat_id, starts_at, ends_at))
    return {person_id: tuple(_one_a_day(desks, n, zone)) for person_id, desks in rows.items()}


def _desks(*where: ColumnElement[bool]) -> "Select[int, datetime, datetime]":
    had = or_(Booking.is_confirmed, Booking.state == State.BOOKED.value)
    wanted = select(Booking.seat_id, Booking.starts_at, Booking.ends_at)
    return wanted.join(Seat, Seat.id == Booking.seat_id).where(*where, had, Seat.kind != SeatKind.ROOM.value)


def _one_a_day(desks: Iterable[Any], n: int, zone: tzinfo) -> list[int]:
    longest: dict[date, tuple[timedelta, int]] = {}
    for seat_id, starts_at, ends_at in desks:
        day, lasts = starts_at.astimezone(zone).date(), ends_at - starts_at
        if day not in longest and len(longest) == n:
            break
        if day not in longest or lasts > longest[day][0]:
            longest[day] = (lasts, seat_id)
    return [seat_id for _lasts, seat_id in longest.values()]


def outages(
    seat_ids: Collection[int], starts_at: datetime, ends_at: datetime
) -> list[tuple[int, datetime, datetime | None, str]]:
    """When these seats cannot be used in that time, and why: seat id, from, until, reason; the earliest first."""
    if not seat_ids:
        return []
    wanted = (
        select(SeatOutage.seat_id, SeatOutage.starts_at, SeatOutage.ends_at, SeatOutage.reason)
        .where(
            SeatOutage.seat_id.in_(seat_ids),
            SeatOutage.starts_at < ends_at,
            or_(SeatOutage.ends_at.is_(None), SeatOutage.ends_at > starts_at),
        )
        .order_by(SeatOutage.starts_at)
    )
    return [(seat_id, begins, ends, reason) for seat_id, begins, ends, reason in db.session.execute(wanted)]


def needs(person_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """What the seats of these people must have, by their own word; who needs nothing is missing."""
    if not person_ids:
        return {}
    found: dict[int, frozenset[str]] = {}
    rows = db.session.execute(select(SeatNeed.person_id, SeatNeed.equipment).where(SeatNeed.person_id.in_(person_ids)))
    for person_id, equipment in rows:
        found[person_id] = found.get(person_id, frozenset()) | {equipment}
    return found


def place(
    seat: SeatView,
    zone: ZoneView,
    floor_excluded: bool,
    units: Mapping[int, UnitView],
    bureau: frozenset[int] | None = None,
) -> Place:
    """What the rules have to know of a seat.

    bureau   all units of the bureaus that own the zone, where they are known already
    """
    whole = bureau_units(zone.unit_ids, units) if bureau is None else bureau
    return Place(
        seat.id,
        seat.code,
        SeatKind(seat.kind),
        zone.id,
        zone.code,
        zone.excluded or floor_excluded,
        seat.is_priority,
        seat.retired_on,
        _members(zone, units, whole),
        whole,
    )


def _members(zone: ZoneView, units: Mapping[int, UnitView], bureau: frozenset[int]) -> frozenset[int]:
    """The units whose own a zone is: those that own it and all below; walking down costs only where it must be."""
    kinds = {units[unit_id].kind for unit_id in zone.unit_ids if unit_id in units}
    if kinds == {BUREAU}:
        return bureau
    return frozenset(zone.unit_ids) if kinds <= {SECTION} else people.units_below(zone.unit_ids, units)


def bureau_units(unit_ids: Iterable[int], units: Mapping[int, UnitView]) -> frozenset[int]:
    """Every unit of the bureaus that these units belong to."""
    tops = {
        next((one.id for one in people.unit_path(unit_id, units) if one.kind == BUREAU), unit_id)
        for unit_id in unit_ids
    }
    return people.units_below(tops, units)


class RulesOfDay:
    """The house rules of a building on one day: read once, asked for any zone and kind."""

    def __init__(self, building_id: int, day: date) -> None:
        self._building = f"building:{building_id}"
        self._rows: dict[tuple[str, str], tuple[date, Mapping[str, Any], str]] = {}
        found = select(HouseRule).where(HouseRule.valid_from <= day).order_by(HouseRule.valid_from)
        for row in db.session.scalars(found):  # a later day's row takes the place of an earlier one's
            self._rows[row.scope, row.kind] = (row.valid_from, parsed(row.settings), row.set_by)

    def of(self, zone: ZoneView, kind: SeatKind) -> HouseRules:
        """What holds for a kind of place in a zone."""
        return house_rules(kind, [settings for _from, settings, _by in self._for(zone, kind)])

    def responsible(self, zone: ZoneView, kind: SeatKind) -> str:
        """Who answers for the narrowest rule that was set; "" when only the defaults hold."""
        return next((by for _from, _settings, by in reversed(self._for(zone, kind)) if by), "")

    def _for(self, zone: ZoneView, kind: SeatKind) -> list[tuple[date, Mapping[str, Any], str]]:
        scopes = (self._building, f"floor:{zone.floor_id}", f"zone:{zone.id}")
        keys = [(scope, one) for scope in scopes for one in ("", kind.value)]
        return [self._rows[key] for key in keys if key in self._rows]


def _wanted() -> Select[Any]:
    wanted = (
        select(
            Booking.id,
            Booking.seat_id,
            Seat.code,
            Seat.kind,
            Seat.zone_id,
            Zone.floor_id,
            Booking.person_id,
            Booking.booked_by_id,
            Booking.starts_at,
            Booking.ends_at,
            Booking.state,
            Booking.how,
            Booking.is_confirmed,
            Booking.series_id,
            Booking.party_id,
            Booking.subject,
            Booking.sequence,
        )
        .join(Seat, Seat.id == Booking.seat_id)
        .join(Zone, Zone.id == Seat.zone_id)
        .order_by(Booking.starts_at, Booking.id)
    )
    return cast(Select[Any], wanted)


def _during(starts_at: datetime, ends_at: datetime) -> Sequence[Any]:
    # No booking is longer than a day: the lower bound lets the index skip all that came before.
    return (Booking.starts_at > starts_at - timedelta(days=1), Booking.starts_at < ends_at, Booking.ends_at > starts_at)


def _views(wanted: Select[Any]) -> list[BookingView]:
    return [BookingView(*_with_state(row)) for row in db.session.execute(wanted)]


def _with_state(row: Sequence[Any]) -> list[Any]:
    return [*row[:10], State(row[10]), *row[11:]]
