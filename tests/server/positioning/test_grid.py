"""Cells, how belief spreads over them, and which share of a cell lies in which zone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_office import box, floor

from server.positioning import Floor, Zone
from server.positioning.grid import NEGLIGIBLE, grid_of, inside, near, shares, spread


@pytest.mark.parametrize(
    ("width_m", "height_m", "cell_m", "expected"),
    [
        (20.0, 16.0, None, (20, 16, 1.0)),
        (20.66, 17.64, None, (21, 18, 1.0)),
        (40.0, 20.0, None, (40, 20, 1.0)),
        (48.0, 32.0, None, (32, 22, 1.5)),
        (20.0, 16.0, 0.5, (40, 32, 0.5)),
        (0.4, 0.4, None, (1, 1, 1.0)),
    ],
    ids=["whole metres", "a rest at the wall", "800 m²", "above 800 m²", "a size of one's own", "smaller than a cell"],
)
def test_cells_cover_the_floor_and_are_larger_on_a_large_one(width_m, height_m, cell_m, expected):
    grid = grid_of(Floor("1", 1, width_m, height_m), cell_m)

    assert (grid.columns, grid.rows, grid.cell_m) == expected
    assert grid.cells == len(grid.x_m) == len(grid.y_m)


def test_cells_are_counted_in_rows_from_the_corner_where_x_and_y_are_small():
    grid = grid_of(Floor("1", 1, 3.0, 2.0), 1.0)

    assert list(zip(grid.x_m.tolist(), grid.y_m.tolist(), strict=True)) == [
        (0.5, 0.5), (1.5, 0.5), (2.5, 0.5),
        (0.5, 1.5), (1.5, 1.5), (2.5, 1.5),
    ]  # fmt: skip


@settings(deadline=None)
@given(x=st.floats(0.1, 19.9), y=st.floats(0.1, 15.9), cell_m=st.sampled_from([0.5, 1.0, 1.5]))
def test_zones_that_share_their_borders_leave_no_gap_and_count_nothing_twice(x, y, cell_m):
    zones = [
        Zone("nw", box(0, 0, x, y)),
        Zone("ne", box(x, 0, 30 - x, y)),
        Zone("s", box(0, y, 30, 30 - y)),
    ]

    of_cells = shares(grid_of(floor(), cell_m), zones)

    assert of_cells.sum(axis=1) == pytest.approx(1.0, abs=1e-6)


def test_a_cell_on_a_border_belongs_to_both_zones_in_part():
    grid = grid_of(Floor("1", 1, 3.0, 1.0), 1.0)

    of_cells = shares(grid, [Zone("left", box(0, 0, 1.5, 1)), Zone("right", box(1.5, 0, 0.5, 1))])

    assert of_cells == pytest.approx(np.array([[1, 0], [0.5, 0.5], [0, 0]]))


def test_the_shares_of_a_zone_add_up_to_its_area():
    slanted = Zone("hall", ((2.0, 1.0), (15.0, 3.0), (11.0, 14.0)))

    area_m2 = shares(grid_of(floor(), 1.0), [slanted]).sum()

    assert area_m2 == pytest.approx(75.5, rel=0.01)


def test_a_zone_may_have_a_corner_that_points_inwards():
    corner_office = [(0, 0), (10, 0), (10, 10), (5, 10), (5, 5), (0, 5)]

    found = inside(corner_office, np.array([2.0, 7.0, 2.0, 11.0]), np.array([2.0, 8.0, 8.0, 2.0]))

    assert found.tolist() == [True, True, False, False]


@settings(deadline=None)
@given(cells=st.integers(1, 60), cell_m=st.sampled_from([0.5, 1.0, 1.5]), sd_m=st.floats(0.0, 4.0))
def test_walking_loses_nobody(cells, cell_m, sd_m):
    step = spread(cells, cell_m, sd_m)

    assert (step >= 0).all()
    assert step.sum(axis=0) == pytest.approx(1.0, abs=1e-5)


def test_walking_has_no_far_tail_of_denormal_numbers():
    step = spread(60, 1.0, 0.9)

    positive = step[step > 0]
    assert positive.min() >= NEGLIGIBLE / 10
    assert (step[0, 10:] == 0).all()


def test_who_walks_gets_as_far_as_a_second_allows():
    step = spread(41, 0.5, 0.9)

    from_the_middle = step[:, 20]
    metres = (np.arange(41) - 20) * 0.5
    assert np.sqrt((from_the_middle * metres**2).sum()) == pytest.approx(0.9, rel=0.02)


def test_cells_near_a_lift_are_those_within_the_radius():
    grid = grid_of(floor(), 1.0)

    found = near(grid, [(10.0, 8.0)], 2.5)

    assert sorted(set(grid.x_m[found].tolist())) == [8.5, 9.5, 10.5, 11.5]
    assert sorted(set(grid.y_m[found].tolist())) == [6.5, 7.5, 8.5, 9.5]


def test_a_lift_smaller_than_a_cell_still_has_a_cell():
    assert near(grid_of(floor(), 1.5), [(3.1, 3.1)], 0.01).sum() == 1
