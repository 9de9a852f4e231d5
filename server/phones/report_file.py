"""The report as a file that spreadsheets open: UTF-8 with its mark, CRLF, and no cell that is a formula."""

import csv as files
import io
from collections.abc import Iterable, Sequence

BEGIN_OF_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv(lines: Iterable[Sequence[str]]) -> bytes:
    """The lines as such a file."""
    text = io.StringIO()
    files.writer(text, lineterminator="\r\n").writerows([_plain(cell) for cell in line] for line in lines)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(BEGIN_OF_FORMULA) else cell
