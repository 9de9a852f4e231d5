"""A list in pages: nothing is left out, nothing is on two pages, and every number leads somewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.paging import asked, page


@given(st.integers(0, 500), st.integers(1, 60))
def test_the_pages_hold_every_entry_once_and_in_order(total, size):
    entries = list(range(total))
    pages = [page(number, total, size) for number in range(1, page(1, total, size).last + 1)]

    assert [one for here in pages for one in entries[here.slice]] == entries
    assert all(entries[here.slice] for here in pages) or total == 0
    assert {here.total for here in pages} == {total}


@pytest.mark.parametrize(("number", "shown"), [(-3, 1), (0, 1), (1, 1), (3, 3), (4, 3), (10**9, 3)])
def test_a_page_that_is_not_there_is_the_nearest_one(number, shown):
    assert page(number, total=21, size=10).number == shown


def test_an_empty_list_is_one_empty_page():
    assert (page(7, 0, 10).number, page(7, 0, 10).last) == (1, 1)


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", 2), ("007", 7), ("0", 0), ("", 1), ("x", 1), ("-1", 1), ("²", 1), ("２", 1), ("1.5", 1), ("9" * 5000, 1)],
)
def test_whatever_stands_in_an_address_is_a_number(text, number):
    assert asked(text) == number
