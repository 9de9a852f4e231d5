"""The events of the protocol, encoded."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from server.live_map.known import Known
from server.live_map.model import Changed
from server.live_map.queries import Places
from server.live_map.rules import Entry, Status
from server.live_map.stream import Stream, event
from server.live_map.views import Mine, View
from server.places.queries import FloorView

RELOAD = event("reload", {})


def person_event(known: Known, entry: Entry, places: Places, line_id: int, *, me: bool) -> bytes:
    """A person as `entry` shows them."""
    return event("person", known.json(entry, places, me=me), line_id)


def gone_event(person_id: int, line_id: int) -> bytes:
    """A person is no longer on the floor, or no longer shown there: nothing tells which."""
    return event("person", {"id": person_id, "gone": True}, line_id)


def counts_event(view: View, places: Places, floor_id: int | None, mine: Mine | None) -> bytes:
    """The numbers of a floor (None: none) and of the building."""
    floor = None if floor_id is None else places.floor_by_id.get(floor_id)
    zones = () if floor is None else places.zones.get(floor.id, ())
    return event(
        "counts",
        {
            "floor": None if floor is None else floor.code,
            "zones": {zone.code: view.n_in_zone(zone.id, mine) for zone in zones},
            "count": view.n_in_building(mine) if floor is None else view.n_on_floor(floor.id, mine),
            "floors": {each.code: view.n_on_floor(each.id, mine) for each in places.floors},
            "building": view.n_in_building(mine),
        },
    )


def heard_event(heard_s: Mapping[int, int], now: datetime) -> bytes:
    """When badges were last heard, by person id."""
    return event("heard", {"at": int(now.timestamp()), "heard": {str(i): s for i, s in heard_s.items()}})


def status_event(status: Status) -> bytes:
    """How current the map is."""
    return event(
        "status",
        {"as_of": int(status.as_of.timestamp()), "stale": status.stale, "reasons": status.reasons},
    )


def seats_event(floor: FloorView) -> bytes:
    """Seats of a floor are free, taken or described otherwise than before: its page reads them again."""
    return event("seats", {"floor": floor.code})


MY_SEATS = event("seats", {"floor": None})  # what somebody has booked is otherwise: their start page reads it again


class Told:
    """What is told of one change; encoded once for everyone to whom the person looks the same."""

    def __init__(self, one: Changed, places: Places) -> None:
        self.one = one
        self.reads_differently = one.before is None or one.after is None or one.before.card != one.after.card
        self._places = places
        self._encoded: dict[Entry, bytes] = {}

    def person(self, entry: Entry, *, me: bool = False) -> bytes:
        """The person as `entry` shows them now."""
        known = self.one.after
        if known is None:
            return self.gone
        if me:
            return person_event(known, entry, self._places, self.one.line_id, me=True)
        if entry not in self._encoded:
            self._encoded[entry] = person_event(known, entry, self._places, self.one.line_id, me=False)
        return self._encoded[entry]

    @property
    def gone(self) -> bytes:
        """The person is not there any more."""
        return gone_event(self.one.person_id, self.one.line_id)

    def send(self, streams: Iterable[Stream], data: bytes) -> None:
        """To everyone but the person, who is told apart."""
        for stream in streams:
            if stream.viewer.person_id != self.one.person_id:
                stream.put(data)
