"""The hall's table: who works where, and that its sums are those of the building."""

from collections import Counter

import pytest

from server.demo.city import PEOPLE, STOREYS
from server.places.rules import FloorKind


def test_the_hall_has_25_floors_2132_people_1918_desks_and_118_receivers():
    assert [storey.level for storey in STOREYS] == list(range(25, 0, -1))
    assert PEOPLE == sum(storey.staff for storey in STOREYS) == 2132
    assert sum(storey.desks for storey in STOREYS) == 1918
    assert sum(storey.receivers for storey in STOREYS) == 118


def test_every_kind_of_floor_is_one_that_a_building_has():
    assert {storey.kind for storey in STOREYS} <= {kind.value for kind in FloorKind}


def test_the_council_and_the_lobby_have_no_receivers_p8():
    closed = [storey for storey in STOREYS if storey.kind == "excluded"]

    assert len(closed) == 2
    assert [(storey.staff, storey.receivers) for storey in closed] == [(0, 0), (0, 0)]


@pytest.mark.parametrize("storey", STOREYS, ids=lambda storey: storey.code)
def test_whoever_works_on_a_floor_belongs_to_a_section_with_a_zone_there(storey):
    assert bool(storey.sections) == bool(storey.staff)
    assert all(section.zone in "ABCD" and section.share > 0 for section in storey.sections)
    assert all(section.name and section.name_en for section in storey.sections)
    assert not storey.sections or (storey.bureau and storey.bureau_en)


def test_no_two_sections_share_a_name():
    names = Counter(section.name for storey in STOREYS for section in storey.sections)

    assert [name for name, count in names.items() if count > 1] == []
