"""A simulated building and a day in it: the scenario file, and where everybody is at each second. Needs NumPy.

A scenario is a JSON file:

    {"site", "tz", "seed", "silent": [receiver ids],
     "floors":    [{"id", "level", "width_m", "height_m", "slab_db", "lifts": [[x_m, y_m], …]}],
     "receivers": [{"id", "floor", "x_m", "y_m", "z_m"}],
     "tags":      [{"id", "level_db", "interval_s"}],
     "people":    [{"tag", "stops": [[second of the day, floor, x_m, y_m, kind], …]}],
     "radio":     {"power_at_1m_dbm", "exponent", "shadow_sd_db", "shadow_scale_m", "fast_sd_db", "body_sd_db", "loss"}}

Before the first stop a person is not in the building and then appears at it. A person sets out for every further stop
at its second, at walking pace, by the nearest lift where the floor differs. A stop of kind "away" is the door through
which somebody leaves and later comes back; its floor may be null, then they vanish where they are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, isfinite
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from edge_agent.config import Misconfigured
from edge_agent.wire import NAME, TAG

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

WALK_M_PER_S = 1.2
LIFT_WAIT_S = 15.0
LIFT_S_PER_FLOOR = 2.5
DAY_S = 86_400.0
NOWHERE = -1


class Radio(NamedTuple):
    """How the building's radio behaves; losses are positive."""

    power_at_1m_dbm: float
    exponent: float
    shadow_sd_db: float
    shadow_scale_m: float
    fast_sd_db: float
    body_sd_db: float
    loss: float  # share of the packets that nobody hears although they are strong enough


class Spot(NamedTuple):
    """A point on a floor, which is given by its index."""

    floor: int
    x_m: float
    y_m: float


class Stop(NamedTuple):
    """Where a person goes next; without a spot they vanish."""

    at_s: float  # of the day
    spot: Spot | None
    is_away: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    """F floors, R receivers, P people with one tag each."""

    site: str
    zone: ZoneInfo
    seed: int
    silent: frozenset[str]
    radio: Radio
    floor_ids: tuple[str, ...]
    levels: Ints  # (F,)
    slab_db: Floats  # (F,) of the slab below the floor
    lifts_m: tuple[Sequence[tuple[float, float]], ...]  # F
    receivers: tuple[str, ...]
    receiver_floor: Ints  # (R,)
    receiver_xyz_m: Floats  # (R, 3)
    tags: tuple[str, ...]  # P
    tag_level_db: Floats  # (P,)
    interval_s: Floats  # (P,)
    stops: tuple[tuple[Stop, ...], ...]  # P, each ordered by time


class Positions(NamedTuple):
    """Where everybody is: arrays (P,)."""

    floor: Ints  # index; NOWHERE: not in the building
    x_m: Floats
    y_m: Floats
    heading_rad: Floats  # NaN for those who stand


class _Leg(NamedTuple):
    """A walk at even speed on one floor, or, where both ends are one, a stay."""

    from_s: float
    to_s: float
    floor: int
    x0_m: float
    y0_m: float
    x1_m: float
    y1_m: float


class Walks:
    """Where everybody is; without memory, so any second of the day may be asked."""

    def __init__(self, scenario: Scenario) -> None:
        days = [_legs(stops, scenario) for stops in scenario.stops]
        counts = [len(legs) for legs in days]
        self._legs = np.array([leg for legs in days for leg in legs], np.float64).reshape(-1, 7)
        self._person_s = np.arange(len(days)) * 2 * DAY_S  # apart, so that one search serves all
        self._begins_s = np.repeat(self._person_s, counts) + self._legs[:, 0]

    def at(self, day_s: float) -> Positions:
        """Where everybody is at a second of the day."""
        leg = self._legs[np.searchsorted(self._begins_s, self._person_s + day_s, side="right") - 1]
        from_s, to_s, floor, x0_m, y0_m, x1_m, y1_m = leg.T
        share = np.clip((day_s - from_s) / np.maximum(to_s - from_s, 1e-9), 0.0, 1.0)
        walks = (day_s < to_s) & ((x0_m != x1_m) | (y0_m != y1_m))
        heading = np.where(walks, np.arctan2(y1_m - y0_m, x1_m - x0_m), np.nan)
        return Positions(floor.astype(np.intp), x0_m + share * (x1_m - x0_m), y0_m + share * (y1_m - y0_m), heading)


def _legs(stops: Sequence[Stop], scenario: Scenario) -> list[_Leg]:
    """A person's day, one leg after the other from second 0; a leg ends where the next begins."""
    legs = [_stay(0.0, None)]
    door: Spot | None = None
    for stop in stops:
        start = _spot_at(legs, stop.at_s) or door
        while legs and legs[-1].from_s >= stop.at_s:
            legs.pop()
        way = _way(start, stop.spot, stop.at_s, scenario) if start and stop.spot else []
        legs += way
        legs.append(_stay(way[-1].to_s if way else stop.at_s, None if stop.is_away else stop.spot))
        door = stop.spot if stop.is_away else None
    return legs


def _stay(from_s: float, spot: Spot | None) -> _Leg:
    floor, x_m, y_m = spot or Spot(NOWHERE, 0.0, 0.0)
    return _Leg(from_s, from_s, floor, x_m, y_m, x_m, y_m)


def _spot_at(legs: Sequence[_Leg], at_s: float) -> Spot | None:
    leg = next((leg for leg in reversed(legs) if leg.from_s <= at_s), legs[0])
    if leg.floor == NOWHERE:
        return None
    share = min(1.0, (at_s - leg.from_s) / (leg.to_s - leg.from_s)) if leg.to_s > leg.from_s else 1.0
    return Spot(leg.floor, leg.x0_m + share * (leg.x1_m - leg.x0_m), leg.y0_m + share * (leg.y1_m - leg.y0_m))


def _way(start: Spot, goal: Spot, at_s: float, scenario: Scenario) -> list[_Leg]:
    """Straight on, or to the nearest lift, up or down, and on."""
    if start.floor == goal.floor:
        return _walk(start, goal, at_s)
    below = _nearest_lift(start, scenario.lifts_m[start.floor])
    above = _nearest_lift(Spot(goal.floor, below.x_m, below.y_m), scenario.lifts_m[goal.floor])
    legs = _walk(start, below, at_s)
    arrived_s = legs[-1].to_s if legs else at_s
    floors = abs(int(scenario.levels[goal.floor] - scenario.levels[start.floor]))
    half_s = (LIFT_WAIT_S + LIFT_S_PER_FLOOR * floors) / 2
    legs.append(_stay(arrived_s, below)._replace(to_s=arrived_s + half_s))
    legs.append(_stay(arrived_s + half_s, above)._replace(to_s=arrived_s + 2 * half_s))
    return legs + _walk(above, goal, legs[-1].to_s)


def _walk(start: Spot, goal: Spot, at_s: float) -> list[_Leg]:
    distance_m = hypot(goal.x_m - start.x_m, goal.y_m - start.y_m)
    if not distance_m:
        return []
    return [_Leg(at_s, at_s + distance_m / WALK_M_PER_S, start.floor, start.x_m, start.y_m, goal.x_m, goal.y_m)]


def _nearest_lift(spot: Spot, lifts_m: Sequence[tuple[float, float]]) -> Spot:
    """The lift nearest to a spot on its floor; the spot itself where there is none."""
    x_m, y_m = min(lifts_m, key=lambda lift: hypot(lift[0] - spot.x_m, lift[1] - spot.y_m), default=spot[1:])
    return Spot(spot.floor, x_m, y_m)


# The file


def load(file: Path) -> Scenario:
    """The scenario in a file, or Misconfigured with a sentence."""
    try:
        fields = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise Misconfigured(f"{file} is not a JSON file: {error}.") from None
    try:
        return scenario(fields)
    except KeyError as missing:
        raise Misconfigured(f"{file} lacks {missing} in one of its parts.") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise Misconfigured(f"{file} is not a scenario: {error}.") from None


def scenario(fields: Mapping[str, Any]) -> Scenario:
    """A scenario from its parsed JSON; KeyError, TypeError or ValueError where it is none."""
    floors, receivers, people = fields["floors"], fields["receivers"], fields["people"]
    index = _unique({floor["id"]: i for i, floor in enumerate(floors)}, floors, "floor")
    tags = _unique({tag["id"]: tag for tag in fields["tags"]}, fields["tags"], "tag")
    names = tuple(receiver["id"] for receiver in receivers)
    _unique(dict.fromkeys(names), receivers, "receiver")
    carried = tuple(person["tag"] for person in people)
    _unique(dict.fromkeys(carried), people, "carried tag")
    for name, pattern in [(fields["site"], NAME), *((one, NAME) for one in names), *((one, TAG) for one in carried)]:
        if not pattern.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a site, receiver or tag")
    return Scenario(
        site=fields["site"],
        zone=ZoneInfo(fields["tz"]),
        seed=int(fields["seed"]),
        silent=frozenset(fields.get("silent", ())),
        radio=Radio(**{name: _number(fields["radio"][name]) for name in Radio._fields}),
        floor_ids=tuple(index),
        levels=np.array([floor["level"] for floor in floors], np.intp),
        slab_db=np.array([_number(floor["slab_db"]) for floor in floors]),
        lifts_m=tuple([(_number(x), _number(y)) for x, y in floor["lifts"]] for floor in floors),
        receivers=names,
        receiver_floor=np.array([_floor(receiver["floor"], index) for receiver in receivers], np.intp),
        receiver_xyz_m=np.array([[_number(one[key]) for key in ("x_m", "y_m", "z_m")] for one in receivers]).reshape(
            -1, 3
        ),
        tags=carried,
        tag_level_db=np.array([_number(tags[tag]["level_db"]) for tag in carried]),
        interval_s=np.maximum(0.1, [_number(tags[tag]["interval_s"]) for tag in carried]),
        stops=tuple(_stops(person["stops"], index) for person in people),
    )


def _unique(found: dict[str, Any], listed: Sequence[object], what: str) -> dict[str, Any]:
    if len(found) != len(listed):
        raise ValueError(f"it names a {what} twice")
    return found


def _floor(name: str, index: Mapping[str, int]) -> int:
    if name not in index:
        raise ValueError(f"there is no floor {name!r}")
    return index[name]


def _stops(listed: Sequence[Sequence[Any]], index: Mapping[str, int]) -> tuple[Stop, ...]:
    stops = [
        Stop(
            _number(at_s), None if floor is None else Spot(_floor(floor, index), _number(x), _number(y)), kind == "away"
        )
        for at_s, floor, x, y, kind in listed
    ]
    if any(not 0 <= stop.at_s < DAY_S for stop in stops) or stops != sorted(stops, key=lambda stop: stop.at_s):
        raise ValueError("stops are not in the order of a day's seconds")
    if any(stop.spot is None and not stop.is_away for stop in stops):
        raise ValueError('only a stop of kind "away" may be without a floor')
    return tuple(stops)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)
