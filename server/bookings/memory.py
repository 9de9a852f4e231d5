"""What one web worker remembers of floors, people and days, so that a booking asks for little and a map for nothing.

Kept current from the outbox: whoever asks catches up first, so that nothing that was committed before is missed.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine

from server import changes, db
from server.bookings import floor_days
from server.bookings.day_map import DayMap
from server.bookings.day_map import Known as Person
from server.bookings.floor_days import FRESH, Common, FloorDay
from server.changes import Line, Thing
from server.people import posts
from server.people import queries as people
from server.people.rules import Choices, Role, Viewer
from server.people.sessions import SignedIn
from server.places import keepers
from server.places import queries as places
from server.places.queries import BuildingView, FloorView, SeatView

Kept = OrderedDict[Hashable, Any]

EVERYTHING_EVERY_S = 300.0  # read again, should an import or a command have changed something without a line
KEPT = 1000  # floors on days: twenty days of a large building twice over


class Memory:
    """One building's; a `floor_days.Known`."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._engine: Engine | None = None
        self._tail = changes.Tail()
        self._read_s = 0.0
        self._turn = 0  # rises when anything is forgotten: what was read before then is not remembered after
        self._places: Kept = OrderedDict()  # the building, floors by code, the floor of a seat, seats of a floor
        self._common: Kept = OrderedDict()  # by day
        self._floor_days: Kept = OrderedDict()  # by floor and day
        self._day_maps: Kept = OrderedDict()
        self._heads: Kept = OrderedDict()  # by day; and what somebody looks after
        self._posts: dict[date, dict[int, frozenset[int]]] = {}
        self._people: dict[int, tuple[str, Choices]] = {}

    def catch_up(self, newest_id: int | None = None) -> None:
        """Forget what has changed since; before the transaction that relies on it, never in the middle.

        newest_id   the newest line of the outbox, when it was read since the request came
        """
        now_s = time.monotonic()
        if self._engine is not db.engine() or now_s - self._read_s > EVERYTHING_EVERY_S:
            self._engine, self._read_s, self._tail = db.engine(), now_s, changes.Tail()
        lines = self._tail.news(newest_id)
        if lines is None:
            self._turn += 1
            for kept in (self._places, self._common, self._floor_days, self._day_maps, self._heads):
                kept.clear()
            self._posts.clear()
            self._people.clear()
        elif lines:
            self._turn += 1
            self._forget(lines)

    def building(self) -> BuildingView | None:
        """The building of this site."""
        found: BuildingView | None = self._known(self._places, "building", lambda: places.building(self._site))
        return found

    def floor(self, code: str) -> FloorView | None:
        """One of its floors by what it is called."""
        building = self.building()
        if building is None or not code.isprintable():
            return None
        of = building.id
        found: FloorView | None = self._known(self._places, ("floor", code), lambda: places.floor_by_code(of, code))
        return found

    def floor_day(self, seat_id: int, at: datetime) -> FloorDay | None:
        """The seat's floor on the day of that instant; None when there is no such seat."""
        found: tuple[FloorView, BuildingView] | None = self._known(
            self._places, ("of seat", seat_id), lambda: _floor_of(seat_id)
        )
        if found is None:
            return None
        on = self.on(*found, at.astimezone(found[1].zone).date())
        return on if seat_id in on.seats else None

    def on(self, floor: FloorView, building: BuildingView, day: date) -> FloorDay:
        """A floor on a day."""

        def read() -> FloorDay:
            common: Common = self._known(self._common, (building.id, day), lambda: Common.read(building, day))
            seats: dict[int, SeatView] = self._known(
                self._places,
                ("seats on", floor.id),
                lambda: {seat.id: seat for seat in places.seats_on_floor(floor.id)},
            )
            return floor_days.read(floor, building, day, seats, common)

        found: FloorDay = self._known(self._floor_days, (floor.id, day), read)
        return found

    def day_map(self, floor: FloorView, building: BuildingView, day: date, now: datetime) -> DayMap:
        """The same with its bookings."""
        key = (floor.id, day)
        kept = self._day_maps.get(key)
        if kept is not None and now >= kept.valid_until:
            self._day_maps.pop(key, None)
        found: DayMap = self._known(
            self._day_maps, key, lambda: DayMap.read(self.on(floor, building, day), self.people, now)
        )
        return found

    def people(self, person_ids: set[int], day: date) -> dict[int, Person]:
        """What decides who may read these names; whoever is gone is missing."""
        missing, found = person_ids - self._people.keys(), {}
        if missing:
            turn = self._turn
            names, choices = posts.names_of(missing), people.choices_of(missing)
            found = {i: (names[i].name, choices[i]) for i in names if i in choices}
            if turn == self._turn:
                self._people |= found
        found |= {i: self._people[i] for i in person_ids if i in self._people}
        return {i: Person(name, chosen, self.unit_ids(i, day)) for i, (name, chosen) in found.items()}

    def unit_ids(self, person_id: int, day: date) -> frozenset[int]:
        """The units somebody has a post in."""
        turn = self._turn
        every = self._posts.get(day)
        if every is None:
            every = people.units_of_people(day)
            if turn == self._turn:
                self._posts[day] = every
        if person_id not in every:
            found = FRESH.unit_ids(person_id, day)
            if turn != self._turn:
                return found
            every[person_id] = found
        return every[person_id]

    def needs(self, person_id: int) -> frozenset[str]:
        """What somebody's seat must have: asked each time, for it is asked of few seats."""
        return FRESH.needs(person_id)

    def viewer(self, account: SignedIn, day: date) -> Viewer:
        """Who an account is when it looks at others."""
        if account.role is Role.KIOSK:
            return Viewer(None, kiosk=True)  # whoever it belongs to, anybody may stand before it
        if account.person_id is None:
            return Viewer(None)
        heads: dict[int, frozenset[int]] = self._known(self._heads, day, lambda: people.heads_on(day))
        me = account.person_id
        return Viewer(me, self.unit_ids(me, day), heads.get(me, frozenset()))

    def minded(self, account: SignedIn, on: FloorDay, today: date) -> frozenset[int]:
        """The zones of a floor with seats that are not as described, as far as the account looks after them."""
        zones = [on.zones[zone_id] for zone_id in {on.seats[seat_id].zone_id for seat_id in on.problems}]
        if not zones or account.role not in (Role.FACILITIES, Role.SECTION_ADMIN):
            return frozenset()
        key = ("keeper", account.role, account.person_id, today)
        keeper = self._known(self._heads, key, lambda: keepers.keeper(account.role, account.person_id, today))
        return frozenset(zone.id for zone in zones if keeper.minds(zone))

    def _known(self, kept: Kept, key: Hashable, read: Callable[[], Any]) -> Any:
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
        turn = self._turn
        found = read()
        if found is not None and turn == self._turn:  # else something changed meanwhile, here or there
            kept[key] = found
            if len(kept) > (20 * KEPT if kept is self._places else KEPT):
                kept.popitem(last=False)
        return found

    def _forget(self, lines: Iterable[Line]) -> None:
        for thing, thing_id in {(line.thing, line.thing_id) for line in lines}:
            if thing in (Thing.SEATS, Thing.FLOOR):
                self._places.clear()
                self._common.clear()
                _drop(self._floor_days, thing_id)
                _drop(self._day_maps, thing_id)
            elif thing is Thing.SLOTS:
                _drop(self._day_maps, thing_id)
            elif thing is Thing.CHOICES:
                self._forget_person(thing_id)

    def _forget_person(self, person_id: int) -> None:
        """0 is everybody."""
        self._heads.clear()
        if person_id == 0:
            self._posts.clear()
            self._people.clear()
        self._people.pop(person_id, None)
        for every in self._posts.values():
            every.pop(person_id, None)
        for key, day_map in list(self._day_maps.items()):
            if person_id == 0 or person_id in day_map.people:
                del self._day_maps[key]


def _drop(kept: Kept, floor_id: int) -> None:
    for key in [key for key in kept if floor_id in (0, key[0])]:  # type: ignore[index]  # a floor and a day
        del kept[key]


def _floor_of(seat_id: int) -> tuple[FloorView, BuildingView] | None:
    seat = places.seats_by_id([seat_id]).get(seat_id)
    floor = None if seat is None else places.floor_of_zone(seat.zone_id)
    building = None if floor is None else places.building_of(floor.id)
    return None if floor is None or building is None else (floor, building)
