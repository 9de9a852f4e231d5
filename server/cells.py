"""Files of text that a spreadsheet opens: UTF-8 with its mark, CRLF, and no cell that it would calculate (SR-24)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫−]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def guarded(cell: str) -> str:
    """The cell; behind an apostrophe when a spreadsheet would calculate it."""
    return f"'{cell}" if FORMULA.match(cell.lstrip(" \u3000")) or FORMULA.match(cell) else cell


def printable(cell: str) -> str:
    """The cell without characters that files of text may not hold."""
    return CONTROL.sub("", cell)


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """The rows as comma-separated values; whoever starts a file puts the mark U+FEFF before them."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([guarded(printable(cell)) for cell in row] for row in rows)
    return out.getvalue()
