"""What a named look-up answers: one person's card, with as much of the place as they show."""

from collections.abc import Mapping, Sequence
from math import dist

from server.live_map.known import person
from server.live_map.queries import Places
from server.live_map.rules import Entry, Subject
from server.people.queries import PersonCard
from server.people.rules import Viewer
from server.places.queries import ZoneView
from server.presence.rules import Seen, Shown

SCREENS = frozenset({"map", "list", "home", "search"})


def card(of: PersonCard, subject: Subject, seen: Seen, viewer: Viewer, places: Places) -> Mapping[str, object]:
    """The answer.

    seen   what `presence` lets this viewer see; nothing else of the place gets in here
    """
    own = not subject.unit_ids.isdisjoint(viewer.unit_ids)
    entry = Entry(seen.state, seen.floor_id, seen.zone_id, seen.sure, seen.source, None, None, own)
    floor = None if seen.floor_id is None else places.floor_by_id.get(seen.floor_id)
    zone = None if seen.zone_id is None else places.zone_by_id.get(seen.zone_id)
    return {
        "person": person(of, entry, seen.heard_at, places, me=viewer.person_id == of.id),
        "unit_path": of.unit_path,
        "unit_path_en": of.unit_path_en,
        "title": of.title,
        "kana": of.kana,
        "floor": None if floor is None else {"code": floor.code, "name": floor.name, "name_en": floor.name_en},
        "zone": None if zone is None else _zone(zone),
        "portal": None if floor is None or zone is None else _nearest(floor.portals, zone),
        "hidden": seen.state is Shown.HIDDEN,
    }


def _zone(zone: ZoneView) -> Mapping[str, object]:
    return {"code": zone.code, "name": zone.name, "name_en": zone.name_en, "centre": _middle(zone)}


def _middle(zone: ZoneView) -> tuple[float, float]:
    """The mean of the zone's corners, x_m and y_m."""
    n = len(zone.polygon)
    return sum(x for x, _y in zone.polygon) / n, sum(y for _x, y in zone.polygon) / n


def _nearest(portals: Sequence[tuple[float, float]], zone: ZoneView) -> tuple[float, float] | None:
    """The lift or stairs (x_m, y_m) nearest to the middle of the zone's corners."""
    middle = _middle(zone)
    return min(portals, key=lambda portal: dist(portal, middle), default=None)
