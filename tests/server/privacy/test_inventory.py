"""What people are told is held about them is all that is held about them."""

import pytest
from every_route import about_people

import server.app
import server.background  # noqa: F401  with the web application, every table there is
from server.changes import Change
from server.db import Base
from server.privacy.inventory import INVENTORY

BY_CONTENT = {"sign_in_failure", Change.__tablename__}  # they refer to people without a foreign key
UNWANTED_COLUMNS = {"x_m", "y_m", "z_m", "dwell", "duration", "arrived_at", "left_at", "entered_at", "trail"}


def test_every_table_that_refers_to_a_person_is_in_the_inventory_p10():
    listed = {table for held in INVENTORY for table in held.tables}

    assert sorted((about_people() | BY_CONTENT) - listed) == []


def test_the_inventory_lists_no_table_twice_and_none_that_does_not_exist():
    listed = [table for held in INVENTORY for table in held.tables]

    assert len(listed) == len(set(listed))
    assert set(listed) <= set(Base.metadata.tables)


def test_every_kind_says_what_it_is_and_how_long_it_is_kept_p10():
    assert [held.tables for held in INVENTORY if not str(held.what) or not str(held.kept)] == []


@pytest.mark.parametrize("table", sorted(about_people() | BY_CONTENT))
def test_no_table_about_people_holds_a_coordinate_or_a_length_of_stay_p9(table):
    assert {column.name for column in Base.metadata.tables[table].columns} & UNWANTED_COLUMNS == set()
