"""The level each receiver hears at each cell: a path-loss line, and a Gaussian process over what the survey adds.

The line is y = A − 10·n·log10(d); its residual has a Matérn-3/2 covariance (Rasmussen and Williams, Gaussian
Processes for Machine Learning, 2006, eq. 4.17), whose three numbers are chosen by pooled marginal likelihood.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.positioning.grid import Grid
from server.positioning.types import Floats, Floor, Options, Receiver, Survey

Doubles = NDArray[np.float64]

DEFAULT_AT_1M_DBM = -62.0
DEFAULT_EXPONENT = 2.1  # offices measured between 1.5 and 2.7
A_SD_DB, EXPONENT_SD = 4.0, 0.35  # how far one receiver's line may differ from the floor's common one
UNHEARD_BELOW_DB, UNHEARD_SD_DB = (
    2.0,
    5.0,
)  # a receiver that did not hear the survey's tag heard "a little less than the weakest"
UNSURVEYED_SD_DB = 6.0
SLAB_SD_DB = 6.0
FEWEST_POINTS = 4  # with fewer, a receiver keeps its prior line
LENGTHS_M = (4.0, 6.0)
SIGNAL_SDS_DB = (3.0, 4.5)
NOISE_SD_DB = 3.0
# Few and coarse on purpose. Left free, the likelihood of one survey prefers lengths of 2 m and noise of 2 dB, which
# describe that day: nine months later seated people were found in the right zone 83 % of the time, with these 87 %.


@dataclass(frozen=True, slots=True)
class RadioMap:
    """What receivers hear on one floor; arrays (R, C) in the order of `receivers`.

    left_out (P, R, C) is how much the map would move had survey point p been missing: mean − left_out[p] is the
    map without it, which is what leave-one-out needs. Empty without a survey.
    """

    receivers: tuple[int, ...]  # indices into the model's receivers
    mean_dbm: Floats
    sd_db: Floats
    points: tuple[str, ...]
    points_xy: Doubles  # (P, 2)
    heard_dbm: Doubles  # (P, R), NaN where not heard
    left_out_db: Floats


@dataclass(frozen=True, slots=True)
class Line:
    """A path-loss line: dBm at one metre and exponent."""

    at_1m_dbm: float
    exponent: float

    def at(self, distance_m: Doubles) -> Doubles:
        """The level at a distance."""
        return self.at_1m_dbm - 10 * self.exponent * np.log10(np.maximum(distance_m, 0.3))


def map_of(
    floor: Floor,
    floors: Mapping[str, Floor],
    grid: Grid,
    receivers: Sequence[tuple[int, Receiver]],
    survey: Survey,
    options: Options,
) -> RadioMap:
    """The radio map of a floor for the receivers given as (index in the model, receiver)."""
    points, points_xy, heard = _table(survey, [receiver.id for _index, receiver in receivers])
    losses = np.array([_slabs_db(floor, floors[receiver.floor]) for _index, receiver in receivers])
    at_points = np.array([_distances(floor, floors, r, points_xy, options) for _i, r in receivers]).reshape(
        len(receivers), len(points)
    )
    at_cells = np.array(
        [_distances(floor, floors, r, np.stack([grid.x_m, grid.y_m], 1), options) for _i, r in receivers]
    ).reshape(len(receivers), grid.cells)  # also for a floor that no receiver hears
    lines = _lines(at_points, heard.T + losses[:, None])
    along_lines = [line.at(distance) for line, distance in zip(lines, at_cells, strict=True)]
    mean = np.array(along_lines).reshape(at_cells.shape) - losses[:, None]
    prior_sd = np.hypot(UNSURVEYED_SD_DB, np.where(losses > 0, SLAB_SD_DB, 0.0))
    sd = np.repeat(prior_sd[:, None], grid.cells, axis=1)
    left_out = np.zeros((len(points), len(receivers), grid.cells), np.float32)
    if len(points) >= FEWEST_POINTS:
        _add_residuals(grid, points_xy, heard, at_points, losses, lines, mean, sd, left_out)
    return RadioMap(
        tuple(index for index, _receiver in receivers),
        mean.astype(np.float32),
        sd.astype(np.float32),
        points,
        points_xy,
        heard,
        left_out,
    )


def _table(survey: Survey, names: Sequence[str]) -> tuple[tuple[str, ...], Doubles, Doubles]:
    """Points, their places (P, 2), and the level of each receiver at each (P, R), NaN where not heard."""
    column = {name: index for index, name in enumerate(names)}
    places: dict[str, tuple[float, float]] = {}
    sums: defaultdict[tuple[str, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for sample in survey:
        places.setdefault(sample.point, (sample.x_m, sample.y_m))
        if sample.receiver in column:
            entry = sums[sample.point, column[sample.receiver]]
            entry[0] += sample.mean_dbm * sample.n
            entry[1] += sample.n
    points = tuple(places)
    row = {point: index for index, point in enumerate(points)}
    heard = np.full((len(points), len(names)), np.nan)
    for (point, receiver), (total, n) in sums.items():
        heard[row[point], receiver] = total / n
    return points, np.array([places[point] for point in points], float).reshape(-1, 2), heard


def _slabs_db(floor: Floor, other: Floor) -> float:
    return abs(other.level - floor.level) * max(floor.slab_db, other.slab_db)


def _distances(
    floor: Floor, floors: Mapping[str, Floor], receiver: Receiver, places: NDArray[np.floating], options: Options
) -> Doubles:
    up_m = (floors[receiver.floor].level - floor.level) * floor.storey_m + receiver.z_m - options.tag_height_m
    flat = np.hypot(places[:, 0] - receiver.x_m, places[:, 1] - receiver.y_m)
    distance_m: Doubles = np.hypot(flat, up_m).astype(np.float64)
    return distance_m


def _lines(distance_m: Doubles, level_dbm: Doubles) -> list[Line]:
    """One line per receiver (R, P arrays, NaN where not heard), each drawn towards the floor's common line."""
    known = np.isfinite(level_dbm)
    common = Line(DEFAULT_AT_1M_DBM, DEFAULT_EXPONENT)
    if known.sum() >= 2 * FEWEST_POINTS:
        common = _ridge(distance_m[known], level_dbm[known], common, 20.0, 0.6)
    return [
        _ridge(distance_m[r][known[r]], level_dbm[r][known[r]], common, A_SD_DB, EXPONENT_SD)
        if known[r].sum() >= FEWEST_POINTS
        else common
        for r in range(len(level_dbm))
    ]


def _ridge(distance_m: Doubles, level_dbm: Doubles, towards: Line, at_1m_sd: float, exponent_sd: float) -> Line:
    """Least squares with a Gaussian prior around a line; residuals of 5 dB, of which one in four is independent."""
    slope = -10 * np.log10(np.maximum(distance_m, 0.3))
    design = np.stack([np.ones_like(slope), slope], 1)
    prior = np.diag([1 / at_1m_sd**2, 1 / exponent_sd**2])
    start = np.array([towards.at_1m_dbm, towards.exponent])
    weight = 0.25 / 5.0**2
    normal = weight * design.T @ design + prior
    shift = np.linalg.solve(normal, weight * design.T @ (level_dbm - design @ start))
    at_1m, exponent = start + shift
    return Line(float(at_1m), float(np.clip(exponent, 1.0, 4.5)))


def _add_residuals(
    grid: Grid,
    points_xy: Doubles,
    heard: Doubles,
    at_points: Doubles,
    losses: Doubles,
    lines: Sequence[Line],
    mean: Doubles,
    sd: Doubles,
    left_out: Floats,
) -> None:
    """Bend mean and sd (R, C) towards the survey, in place."""
    known = np.isfinite(heard)
    if not known.any():
        return
    weakest = np.nanpercentile(heard, 2) - UNHEARD_BELOW_DB
    between = _between(points_xy, points_xy)
    to_cells = _between(np.stack([grid.x_m, grid.y_m], 1).astype(float), points_xy)
    problems = []
    for r, line in enumerate(lines):
        if known[:, r].sum() < FEWEST_POINTS:
            continue
        expected = line.at(at_points[r]) - losses[r]
        residual = np.where(known[:, r], np.nan_to_num(heard[:, r]) - expected, np.minimum(weakest - expected, 0.0))
        problems.append((r, residual, np.where(known[:, r], 0.0, UNHEARD_SD_DB**2)))
    if not problems:
        return
    length_m, signal_db = _best_numbers(between, problems)
    covariance = signal_db**2 * _matern(between, length_m)
    cross = signal_db**2 * _matern(to_cells, length_m)
    for r, residual, extra in problems:
        inverse = np.linalg.inv(covariance + np.diag(NOISE_SD_DB**2 + extra))
        weights = inverse @ residual
        mean[r] += cross @ weights
        explained = np.einsum("cp,pq,cq->c", cross, inverse, cross, optimize=True)
        sd[r] = np.sqrt(np.maximum(signal_db**2 - explained, 0.0) + NOISE_SD_DB**2)
        left_out[:, r, :] = ((cross @ inverse) * (weights / np.diag(inverse))[None, :]).T


def _best_numbers(between: Doubles, problems: Sequence[tuple[int, Doubles, Doubles]]) -> tuple[float, float]:
    """Length and signal sd with the greatest marginal likelihood over all receivers together."""
    best, chosen = -np.inf, (4.0, 3.0)
    for length_m in LENGTHS_M:
        shape = _matern(between, length_m)
        for signal_db in SIGNAL_SDS_DB:
            total = 0.0
            for _r, residual, extra in problems:
                lower = np.linalg.cholesky(signal_db**2 * shape + np.diag(NOISE_SD_DB**2 + extra))
                half = np.linalg.solve(lower, residual)
                total -= 0.5 * half @ half + np.log(np.diag(lower)).sum()
            if total > best:
                best, chosen = total, (length_m, signal_db)
    return chosen


def _between(a: Doubles, b: Doubles) -> Doubles:
    return np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])


def _matern(distance_m: Doubles, length_m: float) -> Doubles:
    scaled = np.sqrt(3.0) * distance_m / length_m
    covariance: Doubles = (1.0 + scaled) * np.exp(-scaled)
    return covariance
