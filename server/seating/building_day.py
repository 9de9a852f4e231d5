"""Every seat of the building on one day with the quarters in which it is not free, in the memory of a web worker.

Kept current from the outbox: a floor whose bookings changed is read again, in one statement for all such floors.
"""

import time as clock_s
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock

from sqlalchemy import Engine, select

from server import changes, db
from server.bookings import queries as bookings
from server.bookings.floor_days import FloorDay, Outage
from server.bookings.models import Booking
from server.bookings.queries import RulesOfDay
from server.bookings.rules import HOLDING, QUARTER_S, quarter_of, quarters
from server.changes import Thing
from server.people import queries as people
from server.places import queries as places
from server.places.models import Seat, Zone
from server.places.queries import BuildingView, SeatView
from server.places.rules import Opening

EVERYTHING_EVERY_S = 60.0  # as in bookings.memory
KEPT_DAYS = 10
CHUNK = 900


@dataclass(slots=True)
class BuildingDay:
    """A building on a day. Quarters are bits, counted from midnight: a set bit is not free.

    busy      by seat; what a table and its places keep from each other is in it
    sitting   who has a booking where, by floor: person, seat, quarters
    """

    day: date
    building: BuildingView
    opening: Opening
    floors: Mapping[int, FloorDay]  # without excluded ones
    midnight_quarter: int
    n_quarters: int
    closed: int = 0  # of every seat: quarters in which the building is not open
    _out: dict[int, int] = field(default_factory=dict)  # outages
    _tables: dict[int, list[int]] = field(default_factory=dict)  # whom else a booking of a seat takes
    _busy_of: dict[int, dict[int, int]] = field(default_factory=dict)  # by floor
    sitting: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    dirty: set[int] = field(default_factory=set)

    def mask(self, starts_at: datetime, ends_at: datetime) -> int:
        """The bits of an interval of this day."""
        of = quarters(starts_at, ends_at)
        return _bits(of.start - self.midnight_quarter, of.stop - self.midnight_quarter)

    def busy(self, floor_id: int) -> Mapping[int, int]:
        """By seat of a floor, when it is not free."""
        return self._busy_of.get(floor_id, {})

    def seats(self, floor_id: int) -> Iterable[SeatView]:
        """The seats of a floor."""
        return self.floors[floor_id].seats.values()

    def free_until(self, busy: int, mask: int) -> int:
        """The quarter (since 1970) in which a time that is free at the end of `mask` ends."""
        after = mask.bit_length()
        later = busy >> after
        ends = after + ((later & -later).bit_length() - 1 if later else self.n_quarters - after)
        return self.midnight_quarter + ends

    def without(self, seat_id: int, mask: int, floor_id: int) -> dict[int, int]:
        """By seat of a floor, when it is not free, if a booking of `seat_id` in these quarters were not there."""
        freed = dict(self.busy(floor_id))
        for one in (seat_id, *self._tables.get(seat_id, ())):
            freed[one] = freed.get(one, 0) & ~mask | self._out.get(one, 0) | self.closed
        return freed

    def refresh(self) -> None:
        """Read the bookings of the floors that have changed."""
        changed, self.dirty = self.dirty & self.floors.keys(), set()
        if not changed:
            return
        try:
            rows = self._bookings(changed)
        except BaseException:
            self.dirty |= changed
            raise
        busy = {
            floor_id: {seat.id: self.closed | self._out.get(seat.id, 0) for seat in self.seats(floor_id)}
            for floor_id in changed
        }
        sitting: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for floor_id, seat_id, person_id, starts_at, ends_at in rows:
            bits = self.mask(starts_at, ends_at)
            of_floor = busy[floor_id]
            for one in (seat_id, *self._tables.get(seat_id, ())):
                of_floor[one] = of_floor.get(one, 0) | bits
            if person_id is not None:
                sitting[floor_id].append((person_id, seat_id, bits))
        for floor_id in changed:
            self._busy_of[floor_id] = busy[floor_id]
            self.sitting[floor_id] = sitting[floor_id]

    def _bookings(self, floor_ids: Collection[int]) -> list[tuple[int, int, int | None, datetime, datetime]]:
        midnight = datetime.fromtimestamp(self.midnight_quarter * QUARTER_S, UTC)
        wanted = (
            select(Zone.floor_id, Booking.seat_id, Booking.person_id, Booking.starts_at, Booking.ends_at)
            .join(Seat, Seat.id == Booking.seat_id)
            .join(Zone, Zone.id == Seat.zone_id)
            .where(
                Zone.floor_id.in_(floor_ids),
                Booking.starts_at >= midnight,
                Booking.starts_at < midnight + timedelta(seconds=self.n_quarters * QUARTER_S),
                Booking.state.in_(HOLDING),
            )
        )
        # On a connection of its own: what a transaction that is open here has not seen yet counts too.
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return [tuple(row) for row in connection.execute(wanted)]  # type: ignore[misc]


class BuildingDays:
    """One worker's memory of a building's days."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._engine: Engine | None = None
        self._tail = changes.Tail()
        self._read_s = 0.0
        self._turn = 0
        self._days: OrderedDict[date, BuildingDay] = OrderedDict()
        self._reading = Lock()  # whoever comes while another reads waits for what that one reads

    def catch_up(self) -> None:
        """Take in what has changed; before a transaction that relies on it, never in one."""
        now_s = clock_s.monotonic()
        if self._engine is not db.engine() or now_s - self._read_s > EVERYTHING_EVERY_S:
            self._engine, self._read_s, self._tail = db.engine(), now_s, changes.Tail()
        db.session.remove()  # what this request has read so far may be older than the lines of the outbox
        lines = self._tail.news()
        if lines is None or any(line.thing in (Thing.SEATS, Thing.FLOOR) for line in lines):
            self._turn += 1
            self._days.clear()
            return
        floors = {line.thing_id for line in lines if line.thing is Thing.SLOTS}
        if floors:
            self._turn += 1
            for day in list(self._days.values()):
                day.dirty |= floors

    def day(self, on: date) -> BuildingDay | None:
        """The building on a day; None before there is one."""
        with self._reading:
            found = self._days.get(on)
            if found is None:
                turn = self._turn
                found = read(self._site, on)
                if found is None:
                    return None
                if turn == self._turn:  # else something changed meanwhile: what was read is not kept
                    self._days[on] = found
                    if len(self._days) > KEPT_DAYS:
                        self._days.popitem(last=False)
            found.refresh()
            return found


def read(site: str, on: date) -> BuildingDay | None:
    """All but the bookings, in a handful of statements for the whole building."""
    building = places.building(site)
    if building is None:
        return None
    opening = places.opening(building)
    starts_at = datetime.combine(on, time(), opening.zone)
    ends_at = datetime.combine(on + timedelta(days=1), time(), opening.zone)
    first, stop = quarter_of(starts_at), quarter_of(ends_at)
    rules, units = RulesOfDay(building.id, on), people.units_on(on)
    zones = {zone.id: zone for zone in places.zones_of_building(building.id, on)}
    seats = [seat for seat in places.seats(building.id) if seat.retired_on is None or on < seat.retired_on]
    ids = [seat.id for seat in seats]
    holders: dict[int, int] = {}
    outages: defaultdict[int, list[Outage]] = defaultdict(list)
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        holders |= places.holders(some, on)
        for seat_id, begins, ends, reason in bookings.outages(some, starts_at, ends_at):
            outages[seat_id].append(Outage(begins, ends, reason))
    of_floor: defaultdict[int, dict[int, SeatView]] = defaultdict(dict)
    for seat in seats:
        of_floor[zones[seat.zone_id].floor_id][seat.id] = seat
    floors = {
        floor.id: FloorDay(
            day=on,
            building=building,
            floor=floor,
            opening=opening,
            zones={zone.id: zone for zone in zones.values() if zone.floor_id == floor.id},
            seats=of_floor[floor.id],
            rules=rules,
            units=units,
            holders=holders,
            outages={seat_id: tuple(found) for seat_id, found in outages.items() if seat_id in of_floor[floor.id]},
        )
        for floor in places.floors(building.id)
        if not floor.excluded
    }
    found = BuildingDay(on, building, opening, floors, first, stop - first)
    found.closed = _closed(opening, on, starts_at, stop - first)
    found._out = _out(outages, first, stop - first)
    found._tables = _tables(seats)
    found.dirty = set(floors)
    return found


def _closed(opening: Opening, on: date, midnight: datetime, n_quarters: int) -> int:
    everything = (1 << n_quarters) - 1
    if not opening.is_open_on(on):
        return everything
    opens = datetime.combine(on, opening.opens, opening.zone)
    first = quarter_of(opens) - quarter_of(midnight)
    stop = n_quarters
    if opening.closes != time(0):
        stop = quarter_of(datetime.combine(on, opening.closes, opening.zone)) - quarter_of(midnight)
    return everything & ~_bits(first, stop)


def _out(outages: Mapping[int, Iterable[Outage]], midnight: int, n_quarters: int) -> dict[int, int]:
    found: defaultdict[int, int] = defaultdict(int)
    for seat_id, of_seat in outages.items():
        for one in of_seat:
            first = max(0, quarter_of(one.starts_at) - midnight)
            ends = n_quarters if one.ends_at is None else -(-int(one.ends_at.timestamp()) // QUARTER_S) - midnight
            found[seat_id] |= _bits(first, min(n_quarters, ends))
    return dict(found)


def _tables(seats: Iterable[SeatView]) -> dict[int, list[int]]:
    """A table takes its places, and a place its table."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for seat in seats:
        if seat.table_id is not None:
            found[seat.table_id].append(seat.id)
            found[seat.id].append(seat.table_id)
    return dict(found)


def _bits(first: int, stop: int) -> int:
    return ((1 << stop) - 1) & ~((1 << first) - 1) if stop > first else 0
