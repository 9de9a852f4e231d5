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
from server.bookings.floor_days import FRESH, FloorDay
from server.changes import Line, Thing
from server.people import queries as people
from server.people.rules import Viewer
from server.places import queries as places
from server.places.queries import BuildingView, FloorView

EVERYTHING_EVERY_S = 60.0  # read again, should an import or a command have changed something without a line
KEPT = 500  # floors on days; a year of one floor, or ten days of a large building twice over


class Memory:
    """One building's; a `floor_days.Known`."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._engine: Engine | None = None
        self._tail = changes.Tail()
        self._read_s = 0.0
        self._turn = 0  # rises when anything is forgotten: what was read before then is not remembered after
        self._buildings: OrderedDict[Hashable, Any] = OrderedDict()
        self._floors: OrderedDict[Hashable, Any] = OrderedDict()  # by building and code; of seats, by seat
        self._floor_days: OrderedDict[Hashable, Any] = OrderedDict()
        self._day_maps: OrderedDict[Hashable, Any] = OrderedDict()
        self._people: OrderedDict[Hashable, Any] = OrderedDict()

    def catch_up(self) -> None:
        """Forget what has changed since; before the transaction that relies on it, never in the middle."""
        now_s = time.monotonic()
        if self._engine is not db.engine() or now_s - self._read_s > EVERYTHING_EVERY_S:
            self._engine, self._read_s, self._tail = db.engine(), now_s, changes.Tail()
        lines = self._tail.news()
        if lines is None:
            self._turn += 1
            for kept in (self._buildings, self._floors, self._floor_days, self._day_maps, self._people):
                kept.clear()
        elif lines:
            self._turn += 1
            self._forget(lines)

    def building(self) -> BuildingView | None:
        """The building of this site."""
        found: BuildingView | None = self._known(self._buildings, None, lambda: places.building(self._site))
        return found

    def floor(self, code: str) -> FloorView | None:
        """One of its floors by what it is called."""
        building = self.building()
        if building is None or not code.isprintable():
            return None
        of = building.id
        found: FloorView | None = self._known(self._floors, code, lambda: places.floor_by_code(of, code))
        return found

    def floor_day(self, seat_id: int, at: datetime) -> FloorDay | None:
        """The seat's floor on the day of that instant; None when there is no such seat."""
        found: tuple[FloorView, BuildingView] | None = self._known(self._floors, seat_id, lambda: _floor_of(seat_id))
        if found is None:
            return None
        on = self.on(*found, at.astimezone(found[1].zone).date())
        return on if seat_id in on.seats else None

    def on(self, floor: FloorView, building: BuildingView, day: date) -> FloorDay:
        """A floor on a day."""
        found: FloorDay = self._known(self._floor_days, (floor.id, day), lambda: floor_days.read(floor, building, day))
        return found

    def day_map(self, floor: FloorView, building: BuildingView, day: date, now: datetime) -> DayMap:
        """The same with its bookings."""
        key = (floor.id, day)
        kept = self._day_maps.get(key)
        if kept is not None and now >= kept.valid_until:
            self._day_maps.pop(key, None)
        found: DayMap = self._known(self._day_maps, key, lambda: DayMap.read(self.on(floor, building, day), now))
        return found

    def unit_ids(self, person_id: int, day: date) -> frozenset[int]:
        """The units somebody has a post in."""
        found: frozenset[int] = self._known(
            self._people, ("units", person_id, day), lambda: FRESH.unit_ids(person_id, day)
        )
        return found

    def needs(self, person_id: int) -> frozenset[str]:
        """What somebody's seat must have: asked each time, for it is asked of few seats."""
        return FRESH.needs(person_id)

    def viewer(self, account_id: int, day: date) -> Viewer:
        """Who an account is when it looks at others."""
        found: Viewer = self._known(
            self._people, ("viewer", account_id, day), lambda: people.viewer_of(account_id, day)
        )
        return found

    def _known(self, kept: OrderedDict[Hashable, Any], key: Hashable, read: Callable[[], Any]) -> Any:
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
        turn = self._turn
        found = read()
        if found is not None and turn == self._turn:  # else something changed meanwhile, here or there
            kept[key] = found
            if len(kept) > (KEPT if kept is self._day_maps or kept is self._floor_days else 20 * KEPT):
                kept.popitem(last=False)
        return found

    def _forget(self, lines: Iterable[Line]) -> None:
        for thing, thing_id in {(line.thing, line.thing_id) for line in lines}:
            if thing in (Thing.SEATS, Thing.FLOOR):
                self._floors.clear()
                self._buildings.clear()
                _drop(self._floor_days, thing_id)
                _drop(self._day_maps, thing_id)
            elif thing is Thing.SLOTS:
                _drop(self._day_maps, thing_id)
            elif thing is Thing.CHOICES:
                self._people.clear()
                for key, day_map in list(self._day_maps.items()):
                    if thing_id == 0 or thing_id in day_map.people:
                        del self._day_maps[key]
            elif thing is Thing.SESSION:
                for key in [key for key in self._people if key[:2] == ("viewer", thing_id)]:  # type: ignore[index]
                    del self._people[key]


def _drop(kept: OrderedDict[Hashable, Any], floor_id: int) -> None:
    for key in [key for key in kept if floor_id in (0, key[0])]:  # type: ignore[index]  # a floor and a day
        del kept[key]


def _floor_of(seat_id: int) -> tuple[FloorView, BuildingView] | None:
    seat = places.seats_by_id([seat_id]).get(seat_id)
    floor = None if seat is None else places.floor_of_zone(seat.zone_id)
    building = None if floor is None else places.building_of(floor.id)
    return None if floor is None or building is None else (floor, building)
