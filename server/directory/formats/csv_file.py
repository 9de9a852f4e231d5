"""Comma-separated values as Excel opens them: UTF-8 with its mark or CP932, CRLF, no formulas."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.cells import csv_text, printable
from server.directory.formats.book import Book, lines

GETA = "〓"  # what printers put where they had no type


@dataclass(frozen=True, slots=True)
class Unwritable:
    """A cell with characters that CP932 does not have."""

    cell: str
    characters: tuple[str, ...]


def utf8(book: Book, heading: Sequence[str]) -> bytes:
    """With the mark without which Excel reads it as Shift_JIS."""
    return _text(book, heading).encode("utf-8-sig")


def cp932(book: Book, heading: Sequence[str]) -> bytes:
    """In Windows' Japanese code page, with 〓 for characters that it does not have."""
    return "".join(c if _is_cp932(c) else GETA for c in _text(book, heading)).encode("cp932")


def unwritable(book: Book, heading: Sequence[str] = ()) -> list[Unwritable]:
    """The cells that CP932 cannot hold, each once, in their order."""
    found: dict[str, Unwritable] = {}
    for row in (heading, *(line.cells for line in lines(book))):
        for cell in row:
            missing = tuple(dict.fromkeys(c for c in printable(cell) if not _is_cp932(c)))
            if missing and cell not in found:
                found[cell] = Unwritable(cell, missing)
    return list(found.values())


def _text(book: Book, heading: Sequence[str]) -> str:
    return csv_text([heading, *(line.cells for line in lines(book))])


def _is_cp932(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
