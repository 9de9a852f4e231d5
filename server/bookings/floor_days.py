"""What holds of one floor's seats on one day: read together, asked for every wish."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, Protocol

from server.bookings import queries
from server.bookings.queries import RulesOfDay
from server.bookings.rules import HouseRules, Place
from server.people import queries as people
from server.people.queries import UnitView
from server.places import queries as places
from server.places import reports
from server.places.queries import BuildingView, FloorView, SeatView, ZoneView
from server.places.reports import Problem
from server.places.rules import Opening, SeatKind


class Outage(NamedTuple):
    """A time in which a seat cannot be used, and why."""

    starts_at: datetime
    ends_at: datetime | None
    reason: str

    def touches(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether the two have any time in common."""
        return self.starts_at < ends_at and (self.ends_at is None or self.ends_at > starts_at)


@dataclass(frozen=True, slots=True)
class FloorDay:
    """A floor on a day; `zones`, `seats`, `holders`, `outages` and `problems` are by id.

    problems   what is said to be not as described, for whoever looks after the seat
    """

    day: date
    building: BuildingView
    floor: FloorView
    opening: Opening
    zones: Mapping[int, ZoneView]
    seats: Mapping[int, SeatView]
    rules: RulesOfDay
    units: Mapping[int, UnitView]
    holders: Mapping[int, int]
    outages: Mapping[int, tuple[Outage, ...]]
    problems: Mapping[int, tuple[Problem, ...]] = field(default_factory=dict)
    _places: dict[int, Place] = field(default_factory=dict)
    _bureaus: dict[int, frozenset[int]] = field(default_factory=dict)
    _house_rules: dict[tuple[int, str], HouseRules] = field(default_factory=dict)

    @property
    def midnight(self) -> datetime:
        """When the day begins."""
        return datetime.combine(self.day, time(), self.opening.zone)

    @property
    def ends_at(self) -> datetime:
        """When the next day begins."""
        return datetime.combine(self.day + timedelta(days=1), time(), self.opening.zone)

    def place(self, seat: SeatView) -> Place:
        """What the rules have to know of a seat."""
        if seat.id not in self._places:
            zone = self.zones[seat.zone_id]
            if zone.id not in self._bureaus:
                self._bureaus[zone.id] = queries.bureau_units(zone.unit_ids, self.units)
            bureau = self._bureaus[zone.id]
            self._places[seat.id] = queries.place(seat, zone, self.floor.excluded, self.units, bureau)
        return self._places[seat.id]

    def house_rules(self, seat: SeatView) -> HouseRules:
        """What holds of a seat."""
        key = (seat.zone_id, seat.kind)
        if key not in self._house_rules:
            self._house_rules[key] = self.rules.of(self.zones[seat.zone_id], SeatKind(seat.kind))
        return self._house_rules[key]

    def out_of_service(self, seat_id: int, starts_at: datetime, ends_at: datetime) -> str | None:
        """Why a seat cannot be used in some of that time; None: it can."""
        return next((one.reason for one in self.outages.get(seat_id, ()) if one.touches(starts_at, ends_at)), None)


class Common(NamedTuple):
    """What all floors of a building share on a day."""

    opening: Opening
    rules: RulesOfDay
    units: Mapping[int, UnitView]

    @classmethod
    def read(cls, building: BuildingView, day: date) -> "Common":
        """Ask the database."""
        return cls(places.opening(building), RulesOfDay(building.id, day), people.units_on(day))


class Known(Protocol):
    """Who tells what holds: the database each time, or a memory of it."""

    def floor_day(self, seat_id: int, at: datetime) -> FloorDay | None:
        """The seat's floor on the day of that instant; None when there is no such seat."""

    def unit_ids(self, person_id: int, day: date) -> frozenset[int]:
        """The units somebody has a post in."""

    def needs(self, person_id: int) -> frozenset[str]:
        """What somebody's seat must have, by their own word."""


class Fresh:
    """Asks the database each time, for one seat at a time."""

    def floor_day(self, seat_id: int, at: datetime) -> FloorDay | None:
        """The seat's floor on that day, with this seat alone."""
        seat = places.seats_by_id([seat_id]).get(seat_id)
        floor = None if seat is None else places.floor_of_zone(seat.zone_id)
        building = None if floor is None else places.building_of(floor.id)
        if seat is None or floor is None or building is None:
            return None
        return read(floor, building, at.astimezone(building.zone).date(), {seat.id: seat})

    def unit_ids(self, person_id: int, day: date) -> frozenset[int]:
        """The units somebody has a post in."""
        return people.units_of_people(day, [person_id]).get(person_id, frozenset())

    def needs(self, person_id: int) -> frozenset[str]:
        """What somebody's seat must have."""
        return queries.needs([person_id]).get(person_id, frozenset())


FRESH = Fresh()


def read(
    floor: FloorView,
    building: BuildingView,
    day: date,
    seats: Mapping[int, SeatView] | None = None,
    common: Common | None = None,
) -> FloorDay:
    """What holds on a floor on a day.

    seats    those that matter; None: all of the floor
    common   what is known already of the building on that day
    """
    found = {seat.id: seat for seat in places.seats_on_floor(floor.id)} if seats is None else seats
    common = common or Common.read(building, day)
    midnight = datetime.combine(day, time(), common.opening.zone).astimezone(UTC)
    return FloorDay(
        day=day,
        building=building,
        floor=floor,
        opening=common.opening,
        zones={zone.id: zone for zone in places.zones(floor.id, day)},
        seats=found,
        rules=common.rules,
        units=common.units,
        holders=places.holders(found.keys(), day),
        outages=_outages(found.keys(), midnight, midnight + timedelta(days=2)),
        problems=reports.problems(found.keys()),
    )


def _outages(seat_ids: Collection[int], starts_at: datetime, ends_at: datetime) -> dict[int, tuple[Outage, ...]]:
    found: defaultdict[int, list[Outage]] = defaultdict(list)
    for seat_id, begins, ends, reason in queries.outages(seat_ids, starts_at, ends_at):
        found[seat_id].append(Outage(begins, ends, reason))
    return {seat_id: tuple(outages) for seat_id, outages in found.items()}
