"""An Excel workbook: every cell is text, so that 01234 stays 01234 and =1+1 stays what it is (SR-24)."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from server.cells import printable
from server.directory.formats.book import Book, lines

WIDTHS = (20, 24, 14, 20, 24, 14, 18, 18)  # characters
MADE_ON = datetime(2000, 1, 1)  # noqa: DTZ001  openpyxl wants it naive; the day is in the sheet, no clock in the file


def xlsx(book: Book, heading: Sequence[str], sheet: str, stand: str) -> bytes:
    """The workbook; `stand` says of which day it is, under the table's name."""
    workbook = Workbook()
    page: Worksheet = workbook.active
    page.title = "".join("・" if c in "[]:*?/\\" else c for c in printable(sheet))[:31] or "Sheet"
    _row(page, 1, [f"{book.whom}　{stand}"])
    _row(page, 2, heading)
    for number, line in enumerate(lines(book), 3):
        _row(page, number, line.cells)
    for number, width in enumerate(WIDTHS, 1):
        page.column_dimensions[get_column_letter(number)].width = width
        head = page.cell(2, number)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="E8EBFF")
    page.freeze_panes = "A3"
    page.auto_filter.ref = f"A2:{get_column_letter(len(heading))}{max(2, page.max_row)}"
    page.print_title_rows = "1:2"
    page.page_setup.paperSize, page.page_setup.orientation = page.PAPERSIZE_A4, page.ORIENTATION_PORTRAIT
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    workbook.properties.creator, workbook.properties.created = book.city, MADE_ON
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _row(page: Worksheet, number: int, cells: Iterable[str]) -> None:
    for column, text in enumerate(cells, 1):
        cell: Cell = page.cell(number, column)
        cell.value = printable(text)
        cell.data_type = "s"  # openpyxl takes a leading = for a formula
        cell.number_format = "@"
        cell.quotePrefix = True  # and so does Excel when somebody edits the cell
