"""Positioning's arrays → one fix for each person who was heard, without the places that refuse presence."""

from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.ingest.building import Register, Site
from server.positioning import Fixes, Motion
from server.presence.rules import Fix

EXIT_M = 4.0  # from a lift, stair or entrance: whoever is last heard there and then not at all has left
SMOOTH_S = 5.0
# Time constant of the confidence that is shown. A single window's value jumps by a tenth or two;
# unsmoothed, whoever sits near sixty per cent would change between "zone" and "floor" all day.


class Estimates(NamedTuple):
    """The fixes of one step, and how many were at places that refuse presence (P8)."""

    fixes: list[tuple[int, Fix]]
    excluded: int


class Smoother:
    """The smoothed zone probability of every badge in the register."""

    def __init__(self, badges: int) -> None:
        self._zone = np.full(badges, -2, np.int64)  # no zone has this index: the first value stands as it is
        self._p = np.zeros(badges)

    def step(
        self, badge: NDArray[np.int64], zone: NDArray[np.int64], p: NDArray[np.float64], dt_s: float
    ) -> NDArray[np.float64]:
        """The probabilities after one step; a new zone starts with its own."""
        share = 1.0 - np.exp(-dt_s / SMOOTH_S)
        smoothed = np.where(self._zone[badge] == zone, self._p[badge] + share * (p - self._p[badge]), p)
        self._zone[badge], self._p[badge] = zone, smoothed
        return smoothed


def estimates(
    found: Fixes,
    site: Site,
    register: Register,
    heard_s: NDArray[np.float64],
    smoother: Smoother,
    dt_s: float,
    now: datetime,
    now_s: float,
) -> Estimates:
    """The fixes of the people heard in this step.

    heard_s  (badges,)  monotonic time each badge of the register was heard in this step, nan when it was not
    """
    badge = np.array([register.index.get(tag, -1) for tag in found.tag_ids], np.int64)
    here = (badge >= 0) & (found.floor >= 0)
    here[here] &= ~np.isnan(heard_s[badge[here]])
    badge = badge[here]
    moving = found.motion[here] == Motion.MOVING
    zone, p = _zone(found, here, moving)
    p = smoother.step(badge, zone, p, dt_s)
    top_floor, settled_floor = found.floor[here].astype(np.int64), found.settled_floor[here].astype(np.int64)
    floor = np.where(settled_floor >= 0, settled_floor, top_floor)
    floor[zone >= 0] = site.zone_floor[zone[zone >= 0]]
    confidence = np.clip(np.nan_to_num(np.where(zone >= 0, p, found.floor_p[here])), 0.0, 1.0)
    refused = site.floor_excluded[floor] | site.floor_excluded[top_floor]
    for candidate in (zone, found.zone[here].astype(np.int64), found.live_zone[here].astype(np.int64)):
        refused[candidate >= 0] |= site.zone_excluded[candidate[candidate >= 0]]
    at_exit = _is_at_exit(site, top_floor, found.x_m[here], found.y_m[here])
    fixes = [
        (
            person_id,
            Fix(
                floor_id,
                zone_id if zone_index >= 0 else None,
                p_one,
                is_moving,
                is_at_exit,
                _instant(one_s, now, now_s),
            ),
        )
        for person_id, floor_id, zone_index, zone_id, p_one, is_moving, is_at_exit, one_s, is_refused in zip(
            register.person_ids[badge].tolist(),
            site.floor_ids[floor].tolist(),
            zone.tolist(),
            (site.zone_ids[zone] if len(site.zone_ids) else zone).tolist(),
            confidence.tolist(),
            moving.tolist(),
            at_exit.tolist(),
            heard_s[badge].tolist(),
            refused.tolist(),
            strict=True,
        )
        if not is_refused
    ]
    return Estimates(fixes, int(refused.sum()))


def _zone(
    found: Fixes, here: NDArray[np.bool_], moving: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The zone to show and its probability: settled for who sits, live for who walks, the likeliest before either."""
    zone, p = found.settled_zone[here].astype(np.int64), found.settled_p[here].astype(np.float64)
    for choose, other, other_p in (
        (moving | (zone < 0), found.live_zone, found.live_p),
        (zone < 0, found.zone, found.zone_p),
    ):
        choose = choose & (other[here] >= 0)
        zone = np.where(choose, other[here], zone)
        p = np.where(choose, other_p[here], p)
    return zone, p


def _is_at_exit(
    site: Site, floor: NDArray[np.int64], x_m: NDArray[np.float32], y_m: NDArray[np.float32]
) -> NDArray[np.bool_]:
    portals = site.portals_m[floor]
    near = (portals[:, :, 0] - x_m[:, None]) ** 2 + (portals[:, :, 1] - y_m[:, None]) ** 2 < EXIT_M**2
    return np.asarray(near.any(axis=1))


def _instant(one_s: float, now: datetime, now_s: float) -> datetime:
    return now - timedelta(seconds=now_s - one_s)
