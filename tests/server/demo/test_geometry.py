"""Where things stand on a floor: inside it, not on each other, as many as the table says."""

from itertools import combinations

import pytest

from server.demo.city import STOREYS
from server.demo.geometry import CORE, HEIGHT_M, LIFTS, PORTALS, WIDTH_M, Box, layout
from server.places.rules import check_polygon

ON_EVERY_FLOOR = pytest.mark.parametrize("storey", STOREYS, ids=lambda storey: storey.code)


def overlap_m2(one: Box, other: Box) -> float:
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return max(0.0, width) * max(0.0, height)


def inside(box: Box, x_m: float, y_m: float) -> bool:
    return box.x <= x_m <= box.x + box.w and box.y <= y_m <= box.y + box.h


@ON_EVERY_FLOOR
def test_zones_are_inside_the_floor_and_accepted_as_outlines(storey):
    for area in layout(storey).areas:
        check_polygon(area.box.corners, WIDTH_M, HEIGHT_M)


@ON_EVERY_FLOOR
def test_zones_do_not_overlap(storey):
    pairs = combinations(layout(storey).areas, 2)

    assert [(one.code, other.code) for one, other in pairs if overlap_m2(one.box, other.box) > 1e-6] == []


@ON_EVERY_FLOOR
def test_there_are_as_many_desks_and_receivers_as_the_table_says(storey):
    built = layout(storey)
    with_desks = {f"{storey.code}{section.zone}" for section in storey.sections}

    areas = [area for area in built.areas if area.code in with_desks]

    assert sum(len(area.spots) for area in areas) == sum(area.capacity for area in areas) == storey.desks
    assert len(built.receivers) == storey.receivers


@ON_EVERY_FLOOR
def test_everybody_sits_inside_their_zone_and_nobody_in_the_core(storey):
    for area in layout(storey).areas:
        assert all(inside(area.box, spot.x, spot.y) for spot in area.spots), area.code
        assert not any(inside(CORE, spot.x, spot.y) for spot in area.spots), area.code


@ON_EVERY_FLOOR
def test_furniture_and_receivers_stand_inside_the_floor(storey):
    built = layout(storey)
    floor = Box(0, 0, WIDTH_M, HEIGHT_M)
    boxes = (*built.islands, *built.tables, *built.rooms, *built.booths, *built.lockers)

    assert [box for box in boxes if overlap_m2(box, floor) < box.w * box.h - 1e-6] == []
    assert all(inside(floor, x, y) for _agent, x, y in built.receivers)


@ON_EVERY_FLOOR
def test_no_receiver_hangs_in_a_place_that_refuses_presence_p8(storey):
    built = layout(storey)
    closed = [area for area in built.areas if area.excluded]

    assert not [agent for agent, x, y in built.receivers for area in closed if inside(area.box, x, y)]


@ON_EVERY_FLOOR
def test_toilets_are_excluded_wherever_somebody_works_p8(storey):
    toilets = [area for area in layout(storey).areas if area.name == "化粧室"]

    assert bool(toilets) == bool(storey.receivers)
    assert all(area.excluded and not area.spots for area in toilets)


def test_receivers_of_the_hall_have_118_names():
    agents = [agent for storey in STOREYS for agent, _x, _y in layout(storey).receivers]

    assert len(agents) == len(set(agents)) == 118
    assert "RX-18-03" in agents


def test_lifts_and_stairs_are_in_the_core():
    assert all(inside(CORE, x, y) for x, y in (*LIFTS, *PORTALS))


def test_zones_a_to_d_lie_south_west_south_east_north_east_north_west():
    (eighteenth,) = (storey for storey in STOREYS if storey.code == "18")
    built = layout(eighteenth)
    side = {letter: built.area(letter).box.centre for letter in "ABCD"}

    middle = WIDTH_M / 2, HEIGHT_M / 2
    assert {letter: (x > middle[0], y > middle[1]) for letter, (x, y) in side.items()} == {
        "A": (False, True), "B": (True, True), "C": (True, False), "D": (False, False),
    }  # fmt: skip
