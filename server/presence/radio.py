"""How the sensors are, as the rule of "where now" takes it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from server.fleet import queries as fleet
from server.places import queries as places
from server.presence.fusion import Radio

DOWN = frozenset({"database", "background", "broker"})
RECEIVERS = "receivers:"


def radio_of(reasons: Collection[str], floor_ids: Mapping[str, int]) -> Radio:
    """The sensors of a building from why its places may be old.

    floor_ids   of its floors, by what they are called
    """
    codes = {reason.removeprefix(RECEIVERS) for reason in reasons if reason.startswith(RECEIVERS)}
    return Radio(not DOWN.isdisjoint(reasons), frozenset(floor_ids[code] for code in codes if code in floor_ids))


def radio_at(now: datetime) -> Radio:
    """The sensors of every building; all of them hang on one background process."""
    found = [
        radio_of(fleet.stale_reasons(now, one.id), {floor.code: floor.id for floor in places.floors(one.id)})
        for one in places.buildings()
    ]
    silent = frozenset().union(*(one.silent_floor_ids for one in found))
    return Radio(any(one.is_down for one in found), silent)
