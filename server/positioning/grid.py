"""The grid of a floor: cells, how belief spreads over them, and which share of a cell lies in which zone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.positioning.types import Bools, Floats, Floor, Zone

LARGE_M2 = 800.0  # above, cells of 1.5 m cost half and lose nothing where receivers are 6 m apart and more
SUBSAMPLES = 6  # a cell's share of a zone is counted on 6 × 6 points


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells in rows: cell index = row · columns + column, y downwards."""

    columns: int
    rows: int
    cell_m: float
    x_m: Floats  # (C,) centres
    y_m: Floats

    @property
    def cells(self) -> int:
        """How many there are."""
        return self.columns * self.rows


def grid_of(floor: Floor, cell_m: float | None) -> Grid:
    """The grid that covers a floor."""
    size = cell_m or (1.5 if floor.width_m * floor.height_m > LARGE_M2 else 1.0)
    columns = max(1, int(np.ceil(floor.width_m / size - 1e-6)))
    rows = max(1, int(np.ceil(floor.height_m / size - 1e-6)))
    xs = ((np.arange(columns) + 0.5) * size).astype(np.float32)
    ys = ((np.arange(rows) + 0.5) * size).astype(np.float32)
    return Grid(columns, rows, size, np.tile(xs, rows), np.repeat(ys, columns))


NEGLIGIBLE = 1e-8
# A Gaussian's far tail falls into float32's denormal numbers, with which a matrix product takes thirty times as long.


def spread(cells: int, cell_m: float, sd_m: float) -> Floats:
    """Gaussian step along one axis, (to, from), every column a distribution: what would leave stays at the wall."""
    distance = (np.arange(cells)[:, None] - np.arange(cells)[None, :]) * cell_m
    kernel = np.exp(-0.5 * (distance / max(sd_m, 1e-6)) ** 2)
    kernel[kernel < NEGLIGIBLE] = 0.0
    step: Floats = (kernel / kernel.sum(axis=0, keepdims=True)).astype(np.float32)
    return step


def shares(grid: Grid, zones: Sequence[Zone]) -> Floats:
    """(C, Z) share of each cell that lies in each zone."""
    offsets = (np.arange(SUBSAMPLES) + 0.5) / SUBSAMPLES - 0.5
    dx, dy = np.meshgrid(offsets * grid.cell_m, offsets * grid.cell_m)
    xs = grid.x_m[:, None] + dx.ravel()[None, :]
    ys = grid.y_m[:, None] + dy.ravel()[None, :]
    result = np.zeros((grid.cells, len(zones)), np.float32)
    for index, zone in enumerate(zones):
        result[:, index] = inside(zone.polygon, xs, ys).mean(axis=1)
    return result


def inside(polygon: Sequence[Sequence[float]], xs: NDArray[np.floating], ys: NDArray[np.floating]) -> Bools:
    """Which points lie in the polygon (even–odd rule)."""
    found = np.zeros(np.shape(xs), bool)
    for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if ay == by:
            continue
        crosses = (ay > ys) != (by > ys)
        found ^= crosses & (xs < (bx - ax) * (ys - ay) / (by - ay) + ax)
    return found


def near(grid: Grid, points: Sequence[Sequence[float]], radius_m: float) -> Bools:
    """(C,) cells whose centre lies within the radius of a point; at least the nearest cell of each point."""
    found = np.zeros(grid.cells, bool)
    for x, y in points:
        distance = np.hypot(grid.x_m - x, grid.y_m - y)
        found |= distance <= radius_m
        found[int(distance.argmin())] = True
    return found
