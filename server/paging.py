"""A long list in pages: which one an address asks for, and which entries it holds. Pure."""

from dataclasses import dataclass

MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Page:
    """Where we are in a list that is shown in pieces; templates/paging.html leads to the others.

    number   from 1
    total    entries on all pages
    """

    number: int
    last: int
    total: int
    size: int

    @property
    def slice(self) -> slice:
        """The entries of this page."""
        return slice((self.number - 1) * self.size, self.number * self.size)


def page(number: int, total: int, size: int) -> Page:
    """The page with this number, or the nearest there is; nothing at all is one empty page."""
    last = max(1, -(-total // size))
    return Page(min(max(1, number), last), last, total, size)


def asked(text: str) -> int:
    """The number in an address; the first page for whatever is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 1
