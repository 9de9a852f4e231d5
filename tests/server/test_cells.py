"""Files that a spreadsheet opens: nothing is calculated, nothing gets lost (SR-24)."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import cells

STARTERS = "=+-@\t\r\n＝＋－＠﹦﹢﹣﹫−"
CELLS = st.text()
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=5)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("starter", STARTERS)
@pytest.mark.parametrize("before", ["", " ", "\u3000", " \u3000 "])
def test_what_a_spreadsheet_would_calculate_stands_behind_an_apostrophe_sr_24(starter, before):
    cell = f"{before}{starter}HYPERLINK(A1)"

    assert cells.guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "髙波 真琴", "044-000-2111", "a=b", "1+1", "'=1", "内線24117", "(株)=商事", " "])
def test_other_cells_stay_as_they_are(cell):
    assert cells.guarded(cell) == cell


@given(CELLS)
def test_no_guarded_cell_begins_a_formula_sr_24(cell):
    """SR-24: also behind spaces, which spreadsheets skip."""
    shown = cells.guarded(cell)

    assert not shown.lstrip(" \u3000").startswith(tuple(STARTERS))
    assert shown in (cell, f"'{cell}")


@given(CELLS)
def test_guarding_twice_changes_nothing_more(cell):
    assert cells.guarded(cells.guarded(cell)) == cells.guarded(cell)


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_what_is_printable_can_be_written_in_utf_8_and_holds_no_control_characters(cell):
    shown = cells.printable(cell)

    shown.encode()
    assert not any(ord(c) < 0x20 and c not in "\t\n\r" for c in shown)
    assert not any(0x7F <= ord(c) <= 0x9F for c in shown)
    assert cells.printable(shown) == shown


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs"))))
def test_what_can_be_read_is_never_taken_away(cell):
    assert cells.printable(cell) == cell


@pytest.mark.parametrize("cell", ["a\0b", "a\x1bb", "a\x85b", "a\ud83db", "a\ufffeb", "a\uffffb"])
def test_what_no_file_of_text_may_hold_is_left_out(cell):
    assert cells.printable(cell) == "ab"


@given(ROWS)
def test_a_table_is_read_back_cell_by_cell_as_it_was_guarded(rows):
    text = cells.csv_text(rows)

    assert read(text) == [[cells.guarded(cells.printable(cell)) for cell in row] for row in rows]


@given(ROWS)
def test_no_cell_of_a_file_begins_a_formula_sr_24(rows):
    """SR-24: whatever stands in names, notes and log lines."""
    for row in read(cells.csv_text(rows)):
        for cell in row:
            assert not cell.lstrip(" \u3000").startswith(tuple(STARTERS))


def test_a_control_character_does_not_hide_a_formula_sr_24():
    """SR-24: what is left out is left out first."""
    assert read(cells.csv_text([["\0=1+1", "\x1b＝1"]])) == [["'=1+1", "'＝1"]]


def test_lines_end_as_spreadsheets_expect_and_cells_with_commas_and_quotes_are_quoted():
    assert cells.csv_text([["名前", "番号"], ['A "B", C', "24117"]]) == '名前,番号\r\n"A ""B"", C",24117\r\n'


def test_no_rows_make_an_empty_file():
    assert cells.csv_text([]) == ""
