"""Spreadsheets open our CSV as it is meant, and calculate nothing in it."""

import csv
import io

import books
import pytest
from books import HEADING
from hypothesis import given
from hypothesis import strategies as st

from server.cells import FORMULA, guarded
from server.directory.formats import csv_file


def rows(data: bytes, encoding: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))


def test_utf8_begins_with_its_mark_ends_lines_with_crlf_and_keeps_leading_zeros():
    data = csv_file.utf8(books.usual(), HEADING)

    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == 5
    heading, section, takanami, irie, hayashi = rows(data, "utf-8-sig")
    assert tuple(heading) == HEADING
    assert section == ["財務局", "財政課", "", "", "ざいせいか", "24101", "044-000-2410", "044-000-2499"]
    assert takanami == ["財務局", "財政課", "課長", "髙波 真琴", "たかなみ まこと", "24117", "070-0000-1234", ""]
    assert irie[5] == "01234"
    assert hayashi[5] == ""


def test_cp932_holds_the_old_kanji_that_shift_jis_does_not():
    data = csv_file.cp932(books.book(books.group(books.entry("髙﨑", "德"))), HEADING)

    assert csv_file.unwritable(books.book(books.group(books.entry("髙﨑", "德")))) == []
    assert rows(data, "cp932")[1][3] == "髙﨑 德"


def test_what_cp932_cannot_hold_is_named_with_its_person_and_becomes_a_geta_when_wanted():
    book = books.book(books.group(books.entry("𠮷留", "光太郎"), books.entry("入江", "岳"), books.entry("¥田", "㋿𠮷")))

    missing = csv_file.unwritable(book, HEADING)

    assert [(one.cell, one.characters) for one in missing] == [
        ("𠮷留 光太郎", ("𠮷",)),
        ("¥田 ㋿𠮷", ("¥", "㋿", "𠮷")),
    ]
    assert [row[3] for row in rows(csv_file.cp932(book, HEADING), "cp932")[1:]] == [
        "〓留 光太郎",
        "入江 岳",
        "〓田 〓〓",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_no_cell_is_calculated_sr_24(start, encoding):
    """SR-24: also not behind a space, and not in full width."""
    write = csv_file.cp932 if encoding == "cp932" else csv_file.utf8
    for cell in (f"{start}1+1", f" {start}1+1", f"　{start}1+1"):
        data = write(books.book(books.group(books.entry(cell, "", title=cell))), HEADING)

        row = rows(data, encoding)[1]
        assert row[2].startswith("'")
        assert not FORMULA.match(row[3])


@given(st.text(max_size=60))
def test_any_text_comes_back_and_begins_no_formula_sr_24(text):
    """SR-24: but for characters that no file of text may hold, and the apostrophe before a formula."""
    data = csv_file.utf8(books.book(books.group(books.entry("林", "一", title=text))), HEADING)

    read = rows(data, "utf-8-sig")[1][2]

    assert not FORMULA.match(read)
    assert read.removeprefix("'") in (csv_file.printable(text), csv_file.printable(text).removeprefix("'"))


def test_an_ordinary_cell_stays_as_it_is():
    assert guarded("課長 = 髙波") == "課長 = 髙波"
    assert guarded("") == ""
