"""What a named look-up answers: one person's card, with as much of the place as they show."""

from collections.abc import Mapping, Sequence
from math import dist

from server.live_map.drawing import plan
from server.live_map.known import person
from server.live_map.look_up import LookedUp
from server.live_map.rules import Entry
from server.people.queries import PostView
from server.places.queries import FloorView, ZoneView
from server.presence.fusion import Found, Source
from server.presence.rules import Shown

SCREENS = frozenset({"map", "list", "home", "search", "person"})


def card(of: LookedUp) -> Mapping[str, object]:
    """The answer."""
    found, places = of.found, of.places
    floor = None if found.floor_id is None else places.floor_by_id.get(found.floor_id)
    zone = None if found.zone_id is None else places.zone_by_id.get(found.zone_id)
    is_claim = found.source in (Source.CHECK_IN, Source.BOOKING)
    return {
        "person": person(of.card, _entry(of, found), found.heard_at, places, me=of.is_me),
        "unit_path": of.card.unit_path,
        "unit_path_en": of.card.unit_path_en,
        "title": of.card.title,
        "kana": of.card.kana,
        "posts": [_post(post) for post in of.card.posts],
        "mail": of.card.mail,
        "numbers": [number.as_json() for number in of.numbers],
        "floor": None if floor is None else _floor(floor),
        "zone": None if zone is None else _zone(zone),
        "portal": None if floor is None or zone is None else nearest(floor.portals, zone),
        "seat": found.place,
        "until": int(found.until.timestamp()) if is_claim and found.until is not None else None,
        "hidden": found.state is Shown.HIDDEN,
        "sensors_down": found.is_deaf,
    }


def middle(zone: ZoneView) -> tuple[float, float]:
    """The mean of the zone's corners, x_m and y_m."""
    n = len(zone.polygon)
    return sum(x for x, _y in zone.polygon) / n, sum(y for _x, y in zone.polygon) / n


def nearest(portals: Sequence[tuple[float, float]], zone: ZoneView) -> tuple[float, float] | None:
    """The lift or stairs (x_m, y_m) nearest to the middle of the zone's corners."""
    centre = middle(zone)
    return min(portals, key=lambda portal: dist(portal, centre), default=None)


def _entry(of: LookedUp, found: Found) -> Entry:
    own = not of.subject.unit_ids.isdisjoint(of.viewer.unit_ids)
    source = (found.source or Source.BEACON).value
    return Entry(found.state, found.floor_id, found.zone_id, found.sure, source, None, None, own, found.status)


def _floor(floor: FloorView) -> Mapping[str, object]:
    return {
        "code": floor.code,
        "name": floor.name,
        "name_en": floor.name_en,
        "width_m": floor.width_m,
        "height_m": floor.height_m,
        "plan": plan(floor),
    }


def _zone(zone: ZoneView) -> Mapping[str, object]:
    return {
        "code": zone.code,
        "name": zone.name,
        "name_en": zone.name_en,
        "centre": middle(zone),
        "polygon": zone.polygon,
    }


def _post(post: PostView) -> Mapping[str, object]:
    return {
        "unit_path": post.unit_path,
        "unit_path_en": post.unit_path_en,
        "title": post.title,
        "duties": post.duties,
        "primary": post.is_primary,
    }
