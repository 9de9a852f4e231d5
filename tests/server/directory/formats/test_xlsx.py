"""Excel opens our workbook, and every cell in it is text."""

import io
import zipfile

import books
import pytest
from books import HEADING
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from server.cells import printable
from server.directory.formats import xlsx


def opened(book):
    data = xlsx.xlsx(book, HEADING, "内線番号表", "2026年4月1日(水) 8:30現在")
    return load_workbook(io.BytesIO(data)).active


def test_numbers_are_text_with_their_zeros_under_a_frozen_heading():
    sheet = opened(books.usual())

    assert sheet.title == "内線番号表"
    assert sheet["A1"].value == "潮川市　2026年4月1日(水) 8:30現在"
    assert tuple(cell.value for cell in sheet[2]) == HEADING
    assert (sheet["F5"].value, sheet["F5"].data_type, sheet["F5"].number_format) == ("01234", "s", "@")
    assert (sheet["D4"].value, sheet["E4"].value) == ("髙波 真琴", "たかなみ まこと")
    assert sheet.freeze_panes == "A3"
    assert sheet.column_dimensions["D"].width >= 20


@pytest.mark.parametrize("text", ["=1+1", "+81-44", "-1", "@SUM(A1)", "＝1", "\t=1", "=cmd|' /C calc'!A0"])
def test_what_looks_like_a_formula_is_kept_as_text_sr_24(text):
    """SR-24: and stays text when somebody edits the cell."""
    cell = opened(books.book(books.group(books.entry("林", "一", title=text))))["C3"]

    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_no_file_in_the_workbook_holds_a_formula_sr_24():
    """SR-24: whatever a reader makes of it."""
    data = xlsx.xlsx(books.book(books.group(books.entry("=1", "+1", title="@x"))), HEADING, "[a]/b", "=1")

    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")

    assert b"<f>" not in sheet


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40))
def test_any_text_comes_back(text):
    cell = opened(books.book(books.group(books.entry("林", "一", title=text))))["C3"]

    assert (cell.value or "").replace("\r\n", "\n").replace("\r", "\n") == printable(text).replace(
        "\r\n", "\n"
    ).replace("\r", "\n")
