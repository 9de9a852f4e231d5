"""What anybody may read of a number: whose it is, or where it moved to."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from server import telephone
from server.people.rules import Viewer
from server.phones import queries, rules
from server.phones.holders import HolderView, holders
from server.phones.queries import HeldNumber
from server.phones.rules import Kind


@dataclass(frozen=True, slots=True)
class Listed:
    """A number with the holder as this viewer may know them; None: nobody's."""

    number: HeldNumber
    holder: HolderView | None

    @property
    def unit_id(self) -> int | None:
        """The section whose people answer this number; nobody answers a fax."""
        if self.holder is None or self.number.kind == Kind.FAX:
            return None
        return self.holder.holder.unit_id


def one(digits: str, viewer: Viewer, day: date) -> Listed | None:
    """One number; None when there is none, or when whoever holds it is found by nobody else (P13)."""
    found = queries.number(digits, day)
    return None if found is None else next(iter(_listed([found], viewer, day)), None)


def search(text: str, viewer: Viewer, day: date) -> list[Listed]:
    """The numbers in use, or lately moved, that begin with these digits or whose holder's name has this text.

    An outside number is found by any of its digits.
    """
    wanted = _folded(text)
    digits = telephone.digits_of(wanted)
    every = queries.all_numbers(day)
    if digits:
        every = [one for one in every if rules.is_dialled(digits, one.number, one.outside_number)]
    found = [one for one in _listed(every, viewer, day) if one.holder or one.number.moved_to]
    if digits or not wanted:
        return found
    return [
        one for one in found if one.holder is not None and wanted in _folded(f"{one.holder.name}\n{one.holder.name_en}")
    ]


def _listed(numbers: Iterable[HeldNumber], viewer: Viewer, day: date) -> list[Listed]:
    every = list(numbers)
    known = holders([one.holder for one in every if one.holder is not None], day)
    found = []
    for one in every:
        holder = None if one.holder is None else known.get(one.holder)
        if holder is not None and not holder.is_here:
            holder = None  # whoever left is nobody's business
        if holder is not None and holder.protected and holder.holder.person_id != viewer.person_id:
            continue
        found.append(Listed(one if holder is not None else replace(one, is_main=False), holder))
    return found


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
