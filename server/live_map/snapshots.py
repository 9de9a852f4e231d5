"""The snapshots of the protocol: built from memory, gzipped, kept for as long as nothing in them changes."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import NamedTuple

import orjson

from server.live_map import rules
from server.live_map.drawing import plan
from server.live_map.model import Model
from server.live_map.queries import Places
from server.live_map.rules import Status
from server.live_map.views import Mine, View
from server.people.rules import Viewer
from server.places.queries import FloorView, TruePathView, ZoneView

KEPT = 2000  # answers of some 6 KB: whoever is on the floor they look at has one of their own
LEVEL = 5  # gzip: a floor of 110 people takes 0.5 ms; 9 takes twice that and saves one byte in a hundred
FRESH_S = 15
# A whole answer says `as_of`; it is made anew for whoever lacks it when it would say less than the last seconds.


class Answer(NamedTuple):
    """One answer, as kept."""

    etag: str
    gzipped: bytes
    as_of_s: int
    version: Hashable  # while it is the same the content need not be looked at
    digest: bytes  # of the content without the time it was made

    def plain(self) -> bytes:
        """The JSON, for the rare client that does not take gzip."""
        return gzip.decompress(self.gzipped)


class Snapshots:
    """Answers from the map's memory; asks nobody. Call it while holding the map."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()

    def floors(self, viewer: Viewer, status: Status, holds: Callable[[str], bool], now: datetime) -> Answer:
        """`/api/v1/floors`.

        holds   whether the caller has the answer with this ETag
        """
        view, mine, places = self._seen(viewer, now)
        key = ("floors", view.serial, viewer.person_id)

        def render() -> bytes:
            floors = [_floor_line(floor, view, mine, places) for floor in places.floors]
            return orjson.dumps({"count": view.n_in_building(mine), "floors": floors})

        return self._answer(key, None, status, holds, render)

    def floor(
        self, viewer: Viewer, floor: FloorView, status: Status, holds: Callable[[str], bool], now: datetime
    ) -> Answer:
        """`/api/v1/floors/<code>`."""
        view, mine, places = self._seen(viewer, now)
        if mine is not None and floor.id not in (
            mine.as_me.counted_floor_id,
            mine.as_others and mine.as_others.counted_floor_id,
        ):
            mine = None  # like everyone of this kind
        key = ("floor", floor.id, view.serial, mine and mine.person_id)
        versions = (view.versions[floor.id], self._model.heard_versions[floor.id], mine, status.reasons)

        def render() -> bytes:
            return self._floor(floor, view, mine, places, now)

        return self._answer(key, versions, status, holds, render)

    def team(self, viewer: Viewer, status: Status, holds: Callable[[str], bool], now: datetime) -> Answer:
        """`/api/v1/team`."""
        view, mine, places = self._seen(viewer, now)
        key = ("team", view.serial, viewer.person_id)
        people = self._model.people

        def render() -> bytes:
            me = b"null" if mine is None else people[mine.person_id].json(mine.as_me, places, me=True)
            team = view.own - {viewer.person_id}
            seen = [(people[i], view.entry(i, now)) for i in self._by_reading(team)]
            colleagues = [known.json(entry, places, me=False) for known, entry in seen if entry is not None]
            return b'{"me":%s,"people":[%s]}' % (me, b",".join(colleagues))

        return self._answer(key, None, status, holds, render)

    def _seen(self, viewer: Viewer, now: datetime) -> tuple[View, Mine | None, Places]:
        view = self._model.view(viewer, now)
        as_me = self._model.own_entry(viewer, now)
        mine = None
        if viewer.person_id is not None and as_me is not None:
            mine = Mine(viewer.person_id, view.entry(viewer.person_id, now), as_me)
        return view, mine, self._model.built()

    def _answer(
        self,
        key: Hashable,
        version: Hashable,
        status: Status,
        holds: Callable[[str], bool],
        render: Callable[[], bytes],
    ) -> Answer:
        """The kept answer when it still holds, else a new one.

        version   None: nothing cheaper than the content tells
        """
        as_of_s = int(status.as_of.timestamp())
        kept = self._kept.get(key)
        if kept is not None and version is not None and kept.version == version and _serves(kept, as_of_s, holds):
            return kept
        content = render()
        state = orjson.dumps({"stale": status.stale, "reasons": status.reasons})
        digest = hashlib.blake2b(state + content, digest_size=16).digest()
        if kept is not None and kept.digest == digest and _serves(kept, as_of_s, holds):
            # Somebody who is hidden moved, perhaps: the answer must not tell even that (P4).
            kept = kept._replace(version=version)
        else:
            head = b'{"as_of":%d,"last_id":%d,' % (as_of_s, self._model.last_id)
            body = head + state[1:-1] + b"," + content[1:]
            etag = hashlib.blake2b(body, digest_size=16).hexdigest()
            kept = Answer(etag, gzip.compress(body, LEVEL, mtime=0), as_of_s, version, digest)
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept

    def _floor(self, floor: FloorView, view: View, mine: Mine | None, places: Places, now: datetime) -> bytes:
        people = self._model.people
        zones = [_zone(zone, view, mine) for zone in places.zones.get(floor.id, ())]
        listed, without_zone = [], 0
        for person_id in self._by_reading(self._model.on_floor.get(floor.id, set())):
            is_me = mine is not None and person_id == mine.person_id
            entry = mine.as_me if mine is not None and is_me else view.entry(person_id, now)
            if entry is not None and entry.floor_id == floor.id:
                listed.append(people[person_id].json(entry, places, me=is_me))
                without_zone += entry.zone_id is None
        rest = orjson.dumps(
            {
                "floor": _floor_head(floor),
                "zones": zones,
                "count": view.n_on_floor(floor.id, mine),
                "others": without_zone,
                "path": _path(places.paths.get(floor.id)),
            }
        )
        return b'{"people":[%s],%s' % (b",".join(listed), rest[1:])

    def _by_reading(self, person_ids: set[int]) -> list[int]:
        people = self._model.people
        return rules.sorted_by_reading((people[i].card.kana_key, i) for i in person_ids)


def _serves(kept: Answer, as_of_s: int, holds: Callable[[str], bool]) -> bool:
    return abs(as_of_s - kept.as_of_s) < FRESH_S or holds(kept.etag)


def _floor_line(floor: FloorView, view: View, mine: Mine | None, places: Places) -> dict[str, object]:
    return {
        "code": floor.code,
        "level": floor.level,
        "name": floor.name,
        "name_en": floor.name_en,
        "kind": floor.kind,
        "excluded": floor.excluded,
        "count": view.n_on_floor(floor.id, mine),
        "capacity": 0 if floor.excluded else places.capacity(floor.id),
        "own": places.is_own(floor.id, view.kind.unit_ids),
    }


def _floor_head(floor: FloorView) -> dict[str, object]:
    return {
        "code": floor.code,
        "level": floor.level,
        "name": floor.name,
        "name_en": floor.name_en,
        "kind": floor.kind,
        "width_m": floor.width_m,
        "height_m": floor.height_m,
        "excluded": floor.excluded,
        "portals": floor.portals,
        "plan": plan(floor),
    }


def _zone(zone: ZoneView, view: View, mine: Mine | None) -> dict[str, object]:
    return {
        "code": zone.code,
        "name": zone.name,
        "name_en": zone.name_en,
        "kind": zone.kind,
        "polygon": zone.polygon,
        "count": view.n_in_zone(zone.id, mine),
        "capacity": zone.capacity,
        "units": zone.units,
        "units_en": zone.units_en,
        "own": not view.kind.unit_ids.isdisjoint(zone.unit_ids),
        "counts_only": zone.counts_only,
        "excluded": zone.excluded,
    }


def _path(path: TruePathView | None) -> dict[str, object] | None:
    """The recorded walk and what positioning made of it; of nobody who works here."""
    if path is None:
        return None
    started_at = None if path.started_at is None else path.started_at.timestamp()
    return {"track": path.track, "started_at": started_at, "points": path.points, "estimate": path.estimate}
