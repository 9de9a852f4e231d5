"""Runs recordings through the code that serves live traffic, causally, and says how right it was."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from server.positioning.belief import Belief
from server.positioning.filter import step
from server.positioning.grid import inside
from server.positioning.model import Model
from server.positioning.recordings import Heard, Stay, TruePoint
from server.positioning.types import NOWHERE, Windows

BINS = 10
DELAY_LIMIT_S = 15


@dataclass(frozen=True, slots=True)
class Estimate:
    """One second of one tag."""

    t_s: int
    x_m: float
    y_m: float
    zone: str  # "" outside every zone
    zone_p: float
    settled_zone: str


@dataclass(frozen=True, slots=True)
class Run:
    """What came out for every tag, and what it cost."""

    estimates: dict[str, list[Estimate]]
    tag_updates: int
    seconds: float  # spent in positioning
    unknown_receivers: int  # packets of receivers that receivers.csv does not name


def run(model: Model, heard_by_tag: Mapping[str, Sequence[Heard]], last_s: dict[str, int] | None = None) -> Run:
    """Step every tag through whole seconds t = 1, 2, …, each using the packets of (t − 1, t] only.

    All tags start at second 0 together, as if they were in the building at once. `last_s` says up to which second
    a tag is followed; without it, to the second of its last packet.
    """
    receiver_of = {receiver.id: index for index, receiver in enumerate(model.receivers)}
    ends = last_s or {tag: _second(heard[-1].t_s) for tag, heard in heard_by_tag.items() if heard}
    seconds, unknown = _by_second(heard_by_tag, receiver_of)
    estimates: dict[str, list[Estimate]] = {tag: [] for tag in heard_by_tag}
    belief, updates, spent = Belief.empty(model), 0, 0.0
    online = np.ones(len(model.receivers), bool)
    for t in range(1, max(ends.values(), default=0) + 1):
        windows = _windows(seconds.get(t, {}), online)
        started = time.perf_counter()
        belief, fixes = step(model, belief, windows, 1.0)
        spent += time.perf_counter() - started
        updates += len(windows.tag_ids)
        for row, tag in enumerate(fixes.tag_ids):
            if t <= ends.get(tag, 0):
                estimates[tag].append(
                    Estimate(
                        t,
                        float(fixes.x_m[row]),
                        float(fixes.y_m[row]),
                        _name(model, int(fixes.zone[row])),
                        float(fixes.zone_p[row]),
                        _name(model, int(fixes.settled_zone[row])),
                    )
                )
        gone = [tag for tag in fixes.tag_ids if ends.get(tag, 0) <= t]
        if gone:
            belief = belief.forget(gone, keep_levels=False)
    return Run(estimates, updates, spent, unknown)


def _second(t_s: float) -> int:
    return max(1, int(np.ceil(t_s)))


def _by_second(
    heard_by_tag: Mapping[str, Sequence[Heard]], receiver_of: dict[str, int]
) -> tuple[dict[int, dict[tuple[str, int], list[float]]], int]:
    seconds: dict[int, dict[tuple[str, int], list[float]]] = {}
    unknown: Counter[str] = Counter()
    for tag, heard in heard_by_tag.items():
        for one in heard:
            receiver = receiver_of.get(one.receiver)
            if receiver is None:
                unknown[one.receiver] += 1
            else:
                seconds.setdefault(_second(one.t_s), {}).setdefault((tag, receiver), []).append(one.rssi_dbm)
    return seconds, unknown.total()


def _windows(second: dict[tuple[str, int], list[float]], online: NDArray[np.bool_]) -> Windows:
    tags = sorted({tag for tag, _receiver in second})
    place = {tag: index for index, tag in enumerate(tags)}
    return Windows(
        tags,
        np.array([place[tag] for tag, _receiver in second], np.int32),
        np.array([receiver for _tag, receiver in second], np.int32),
        np.array([len(levels) for levels in second.values()], np.int32),
        np.array([sum(levels) / len(levels) for levels in second.values()], np.float32),
        online,
    )


def _name(model: Model, zone: int) -> str:
    return "" if zone == NOWHERE else model.zones[zone].id


@dataclass(frozen=True, slots=True)
class Summary:
    """How right a run was; None where there is nothing to compare with."""

    seconds: int
    zone_accuracy: float | None
    settled_accuracy: float | None
    median_m: float | None
    mean_m: float | None
    p95_m: float | None
    switches_per_min: float
    settled_switches_per_hour: float
    true_switches_per_min: float | None
    delay_s: float | None
    calibration_error: float | None


@dataclass(frozen=True, slots=True)
class Track:
    """One tag's estimates with where it really was at each of those seconds (NaN where that is not known)."""

    estimates: Sequence[Estimate]
    true_xy: NDArray[np.float64]  # (T, 2)


def walked(estimates: Sequence[Estimate], truth: Sequence[TruePoint]) -> Track:
    """A walk with its truth interpolated to the whole seconds; seconds outside the annotation are not known."""
    t = np.array([one.t_s for one in estimates], float)
    if not truth:
        return Track(estimates, np.full((len(t), 2), np.nan))
    at = np.array([point.t_s for point in truth])
    x = np.interp(t, at, [point.x_m for point in truth], left=np.nan, right=np.nan)
    y = np.interp(t, at, [point.y_m for point in truth], left=np.nan, right=np.nan)
    return Track(estimates, np.stack([x, y], axis=1))


def stayed(estimates: Sequence[Estimate], stay: Stay) -> Track:
    """A stationary piece with its place."""
    return Track(estimates, np.tile(np.array([stay.x_m, stay.y_m]), (len(estimates), 1)))


def summarise(model: Model, tracks: Sequence[Track], *, last_only: bool = False) -> Summary:
    """The figures over all tracks; `last_only` takes one verdict a track, its last, for accuracy and error."""
    names = [zone.id for zone in model.zones]
    rows = []
    switches = settled_switches = true_switches = 0
    delays: list[float] = []
    total_s = sum(len(track.estimates) for track in tracks)
    for track in tracks:
        true_zone = _true_zones(model, track.true_xy)
        guessed = [names.index(one.zone) if one.zone else NOWHERE for one in track.estimates]
        settled = [names.index(one.settled_zone) if one.settled_zone else NOWHERE for one in track.estimates]
        switches += _switches(guessed)
        settled_switches += _switches(settled)
        true_switches += _switches(true_zone)
        delays += _delays(true_zone, guessed)
        chosen = slice(-1, None) if last_only else slice(None)
        for one, xy, true, guess, calm in list(
            zip(track.estimates, track.true_xy, true_zone, guessed, settled, strict=True)
        )[chosen]:
            if true != NOWHERE:
                rows.append((np.hypot(one.x_m - xy[0], one.y_m - xy[1]), guess == true, one.zone_p, calm == true))
    if not rows:
        per_min, per_hour = _per(switches, total_s, 60), _per(settled_switches, total_s, 3600)
        return Summary(total_s, None, None, None, None, None, per_min, per_hour, None, None, None)
    error, right, p, calm_right = (np.array(column, float) for column in zip(*rows, strict=True))
    return Summary(
        total_s,
        float(right.mean()),
        float(calm_right.mean()),
        float(np.median(error)),
        float(error.mean()),
        float(np.percentile(error, 95)),
        _per(switches, total_s, 60),
        _per(settled_switches, total_s, 3600),
        _per(true_switches, total_s, 60),
        float(np.median(delays)) if delays else None,
        calibration_error(p, right),
    )


def calibration_error(p: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Expected calibration error in ten equal bins (Naeini, Cooper and Hauskrecht, AAAI 2015)."""
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = [
        abs(p[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in range(BINS)
        if (bins == b).any()
    ]
    return float(sum(gaps))


def _true_zones(model: Model, xy: NDArray[np.float64]) -> list[int]:
    found = np.full(len(xy), NOWHERE)
    known = np.isfinite(xy).all(axis=1)
    for index, zone in enumerate(model.zones):
        here = inside(zone.polygon, xy[:, 0], xy[:, 1]) & known
        found[here & (found == NOWHERE)] = index
    return [int(zone) for zone in found]


def _switches(zones: Sequence[int]) -> int:
    known = [zone for zone in zones if zone != NOWHERE]
    return sum(a != b for a, b in pairwise(known))


def _delays(true: Sequence[int], guessed: Sequence[int]) -> list[float]:
    """Seconds from each true change of zone until the estimate follows, where it does before the next change."""
    found = []
    for t in range(1, len(true)):
        if NOWHERE in (true[t], true[t - 1]) or true[t] == true[t - 1]:
            continue
        for later in range(t, min(t + DELAY_LIMIT_S, len(true))):
            if true[later] != true[t]:
                break
            if guessed[later] == true[t]:
                found.append(float(later - t))
                break
    return found


def _per(count: int, seconds: int, unit_s: int) -> float:
    return count * unit_s / seconds if seconds else 0.0
