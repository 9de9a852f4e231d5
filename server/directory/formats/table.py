"""Cells that a spreadsheet takes for text, whatever they begin with (SR-24)."""

import re

FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫−]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def guarded(cell: str) -> str:
    """The cell; behind an apostrophe when a spreadsheet would calculate it."""
    return f"'{cell}" if FORMULA.match(cell.lstrip(" \u3000")) or FORMULA.match(cell) else cell


def printable(cell: str) -> str:
    """The cell without characters that files of text may not hold."""
    return CONTROL.sub("", cell)
