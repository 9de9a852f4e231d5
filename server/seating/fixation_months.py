"""Works out and keeps the fixation of zones by month; running it again replaces what it said before."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import select

from server import db, retention_terms
from server.bookings.models import Booking, HouseRule
from server.bookings.queries import LOOKBACK_DAYS
from server.places import queries as places
from server.places.models import Floor, Seat, Zone
from server.places.queries import BuildingView
from server.places.rules import SeatKind
from server.retention_terms import Term
from server.seating import fixation
from server.seating.fixation import Fixation
from server.seating.models import FixationMonth

CHOSEN = (SeatKind.GROUP, SeatKind.SOLO)  # kinds of which somebody chooses one anew each day
PERIOD = timedelta(days=LOOKBACK_DAYS)


@dataclass(frozen=True, slots=True)
class Month:
    """A zone in a month; `of_all` is None where fewer than five people count."""

    zone_id: int
    first: date
    n_people: int
    of_all: Fixation | None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A day on which a house rule of a zone, its floor or its building began to hold."""

    day: date
    scope: str
    kind: str


def compute(building: BuildingView, now: datetime) -> int:
    """Every whole month whose bookings still know all their people; returns how many zones and months were written.

    The month that runs is not worked out: what changes from day to day tells who came that day.
    """
    today = now.astimezone(building.zone).date()
    written = 0
    for first in whole_months(today, min(PERIOD, retention_terms.keep(Term.BOOKINGS))):
        written += _compute(building, first)
    return written


def whole_months(today: date, kept: timedelta = PERIOD) -> list[date]:
    """The months that are over, all of whose bookings still know their people; the earliest first.

    kept   how long bookings do; under 33 days there may be no such month
    """
    found = []
    first = _before(today.replace(day=1))
    while today - first < kept - timedelta(days=1):  # a day less: a booking of midnight may know nobody any more
        found.append(first)
        first = _before(first)
    return found[::-1]


def of_zones(zone_ids: Collection[int], since: date) -> list[Month]:
    """What is kept of these zones from a month on, the earliest first."""
    wanted = (
        select(FixationMonth)
        .where(FixationMonth.zone_id.in_(zone_ids), FixationMonth.month >= since)
        .order_by(FixationMonth.zone_id, FixationMonth.month)
    )
    return [_month(row) for row in db.session.scalars(wanted)]


def rule_changes(
    building_id: int, floor_of: Mapping[int, int], since: date, until: date
) -> dict[int, list[RuleChange]]:
    """When house rules of zones changed on the days [since, until]: by zone, the earliest first.

    Rules of a kind of place that a zone does not have change nothing there.

    floor_of   floor ids by zone id
    """
    wanted = select(HouseRule.scope, HouseRule.kind, HouseRule.valid_from).where(
        HouseRule.valid_from >= since, HouseRule.valid_from <= until, HouseRule.kind.in_(("", *CHOSEN))
    )
    rows = list(db.session.execute(wanted.order_by(HouseRule.valid_from, HouseRule.id)))
    has = {(zone_id, kind) for zone_id, kind in db.session.execute(select(Seat.zone_id, Seat.kind).distinct())}
    found: dict[int, list[RuleChange]] = {}
    for zone_id, floor_id in floor_of.items():
        scopes = {f"building:{building_id}", f"floor:{floor_id}", f"zone:{zone_id}"}
        days = {
            day: RuleChange(day, scope, kind)
            for scope, kind, day in rows
            if scope in scopes and (not kind or (zone_id, kind) in has)
        }
        found[zone_id] = list(days.values())
    return found


def days_on_seats(person_id: int, now: datetime, zone: tzinfo) -> dict[int, Counter[int]]:
    """Of the last 90 days, the days one person really had each seat, by zone; nobody else asks for this (P3)."""
    wanted = (
        select(Seat.zone_id, Booking.seat_id, Booking.starts_at)
        .join(Seat, Seat.id == Booking.seat_id)
        .where(
            Booking.person_id == person_id,
            Booking.starts_at >= now - PERIOD,
            Booking.starts_at < now,
            Booking.is_confirmed,
            Seat.kind.in_(CHOSEN),
        )
    )
    days = {(zone_id, seat_id, at.astimezone(zone).date()) for zone_id, seat_id, at in db.session.execute(wanted)}
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for zone_id, seat_id, _day in days:
        found[zone_id][seat_id] += 1
    return dict(found)


def n_seats_of(zone_ids: Collection[int], day: date) -> dict[int, int]:
    """How many seats of each zone could be chosen on a day: neither gone nor somebody's own."""
    wanted = select(Seat.id, Seat.zone_id, Seat.retired_on).where(Seat.zone_id.in_(zone_ids), Seat.kind.in_(CHOSEN))
    seats = {i: zone_id for i, zone_id, gone in db.session.execute(wanted) if gone is None or day < gone}
    ids, held = list(seats), set[int]()
    for start in range(0, len(ids), 900):
        held |= places.holders(ids[start : start + 900], day).keys()
    return dict(Counter(zone_id for i, zone_id in seats.items() if i not in held))


def _compute(building: BuildingView, first: date) -> int:
    stop = _after(first)
    starts_at, ends_at = (datetime.combine(day, time(), building.zone) for day in (first, stop))
    wanted = (
        select(Seat.zone_id, Booking.person_id, Booking.seat_id, Booking.starts_at)
        .join(Seat, Seat.id == Booking.seat_id)
        .join(Zone, Zone.id == Seat.zone_id)
        .join(Floor, Floor.id == Zone.floor_id)
        .where(
            Floor.building_id == building.id,
            Booking.starts_at >= starts_at,
            Booking.starts_at < ends_at,
            Booking.is_confirmed,
            Booking.person_id.is_not(None),
            Seat.kind.in_(CHOSEN),
        )
    )
    days = {
        (zone_id, person_id, seat_id, at.astimezone(building.zone).date())
        for zone_id, person_id, seat_id, at in db.session.execute(wanted)
        if person_id is not None
    }
    people: defaultdict[int, defaultdict[int, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for zone_id, person_id, seat_id, _day in days:
        people[zone_id][person_id][seat_id] += 1
    n_seats = n_seats_of(people.keys(), stop - timedelta(days=1))
    written = 0
    for zone_id, of_zone in people.items():
        found = fixation.of_zone([list(of.values()) for of in of_zone.values()], n_seats.get(zone_id, 0))
        if not found.n_people:
            continue
        told = found.of_all
        row = {
            "n_people": found.n_people,
            "n_days": found.n_days,
            "used": None if told is None else told.used,
            "expected": None if told is None else told.expected,
            "index": None if told is None else told.index,
        }
        kept = db.upsert(FixationMonth).values(zone_id=zone_id, month=first, **row)
        db.session.execute(kept.on_conflict_do_update(index_elements=["zone_id", "month"], set_=row))
        written += 1
    return written


def _month(row: FixationMonth) -> Month:
    if row.used is None or row.expected is None or row.index is None or row.n_people < fixation.LEAST_PEOPLE:
        return Month(row.zone_id, row.month, row.n_people, None)
    return Month(row.zone_id, row.month, row.n_people, Fixation(row.used, row.expected, row.index))


def _before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
