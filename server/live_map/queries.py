"""Reads what the live map keeps in memory; small frozen values."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from server.bookings import claims as bookings
from server.bookings.claims import Claims
from server.fleet import queries as fleet
from server.live_map.rules import Closed, Subject
from server.people import queries as people
from server.people.queries import PersonCard
from server.places import queries as places
from server.places.queries import BuildingView, FloorView, TruePathView, ZoneView
from server.places.rules import Opening
from server.presence import queries as presence
from server.presence.rules import Whereabouts


@dataclass(frozen=True, slots=True)
class Places:
    """A building's floors and zones on a day."""

    building: BuildingView
    floors: tuple[FloorView, ...]  # top first
    zones: Mapping[int, tuple[ZoneView, ...]]  # by floor id, in their order
    floor_by_id: Mapping[int, FloorView]
    floor_by_code: Mapping[str, FloorView]
    zone_by_id: Mapping[int, ZoneView]
    paths: Mapping[int, TruePathView]  # by floor id; only where a recording is replayed
    closed: Closed
    opening: Opening

    def capacity(self, floor_id: int) -> int:
        """How many a floor is meant for."""
        return sum(zone.capacity for zone in self.zones.get(floor_id, ()) if not zone.excluded)

    def is_own(self, floor_id: int, unit_ids: frozenset[int]) -> bool:
        """Whether one of these units has a zone there."""
        return any(not unit_ids.isdisjoint(zone.unit_ids) for zone in self.zones.get(floor_id, ()))


@dataclass(frozen=True, slots=True)
class Sensors:
    """What the fleet says of itself."""

    reasons: tuple[str, ...]
    beat_at: datetime | None


def read_places(site: str, today: date) -> Places | None:
    """The building with this code and all in it; None before it is built."""
    building = places.building(site)
    if building is None:
        return None
    floors = tuple(places.floors(building.id))
    zones: defaultdict[int, list[ZoneView]] = defaultdict(list)
    for zone in places.zones_of_building(building.id, today):
        zones[zone.floor_id].append(zone)
    every = [zone for of_floor in zones.values() for zone in of_floor]
    paths = {floor.id: path for floor in floors if (path := places.true_path(floor.id)) is not None}
    return Places(
        building=building,
        floors=floors,
        zones={floor_id: tuple(found) for floor_id, found in zones.items()},
        floor_by_id={floor.id: floor for floor in floors},
        floor_by_code={floor.code: floor for floor in floors},
        zone_by_id={zone.id: zone for zone in every},
        paths=paths,
        opening=places.opening(building),
        closed=Closed(
            excluded_floor_ids=frozenset(floor.id for floor in floors if floor.excluded),
            excluded_zone_ids=frozenset(zone.id for zone in every if zone.excluded),
            counts_only_zone_ids=frozenset(zone.id for zone in every if zone.counts_only),
        ),
    )


def read_people(
    today: date, person_ids: Collection[int] | None = None, *, now: datetime, is_open: bool
) -> dict[int, tuple[PersonCard, Subject]]:
    """These people (None: everyone who works here today) with all that decides what others see of them.

    is_open   whether the building is; while it is closed nobody is anywhere (P7), whatever has not been forgotten yet
    """
    if person_ids is not None and not person_ids:
        return {}
    cards = people.cards(today, person_ids)
    choices = people.choices_of(person_ids)
    units = people.units_of_people(today, person_ids)
    where = presence.whereabouts(person_ids) if is_open else {}
    said = {i: status.said for i, status in presence.statuses_at(now, person_ids).items()}
    claims = read_claims(cards.keys(), now) if is_open else {}
    return {
        i: (card, Subject(choices[i], units.get(i, frozenset()), where.get(i), said.get(i), claims.get(i, ())))
        for i, card in cards.items()
        if i in choices
    }


def read_claims(person_ids: Collection[int], now: datetime) -> Claims:
    """What these people have booked or checked in to for now; who has nothing is missing."""
    return bookings.claims_at(now, person_ids)


def read_whereabouts(person_ids: Collection[int]) -> dict[int, Whereabouts]:
    """Where these people are; who is not known is missing."""
    return presence.whereabouts(person_ids)


def read_status_turns(after: datetime, until: datetime) -> frozenset[int]:
    """Whose status has begun or ended in between."""
    return presence.status_turns(after, until)


def read_floor(floor_id: int) -> dict[int, Whereabouts]:
    """Where the people of a floor are."""
    return presence.on_floor(floor_id)


def read_sensors(building_id: int, now: datetime) -> Sensors:
    """Whether the sensors are well."""
    beat = fleet.beat()
    return Sensors(fleet.stale_reasons(now, building_id), None if beat is None else beat.at)
