"""A phone list as every format gets it: units with their numbers and people; no place, no status (P3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Number:
    """An extension and the outside line to it, "" where there is none."""

    number: str
    kind: str  # phones.models.Extension.kind
    outside: str = ""
    is_main: bool = False  # under which a section is called

    @property
    def is_fax(self) -> bool:
        """Whether a machine answers."""
        return self.kind == "fax"


@dataclass(frozen=True, slots=True)
class Entry:
    """A person in a unit."""

    person_id: int
    family: str
    given: str
    family_kana: str
    given_kana: str
    title: str
    numbers: tuple[Number, ...] = ()

    @property
    def name(self) -> str:
        """Family and given name."""
        return f"{self.family} {self.given}".strip()

    @property
    def kana(self) -> str:
        """The reading of the whole name."""
        return f"{self.family_kana} {self.given_kana}".strip()


@dataclass(frozen=True, slots=True)
class Group:
    """A unit, the numbers that ring there, and its people."""

    unit_id: int | None  # None: people without a unit
    path: tuple[str, ...]  # from the bureau down to the unit
    path_kana: tuple[str, ...] = ()  # their readings, "" where one is not known
    numbers: tuple[Number, ...] = ()
    entries: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        """The unit's own name."""
        return self.path[-1] if self.path else ""

    @property
    def kana(self) -> str:
        """The reading of the unit's own name."""
        return self.path_kana[-1] if self.path_kana else ""


@dataclass(frozen=True, slots=True)
class Book:
    """A phone list of everybody or of one unit and those below it."""

    city: str
    whom: str  # what it is a list of: the unit's name, or the city's
    day: date
    as_of: datetime  # on the building's clock
    groups: tuple[Group, ...]
    city_kana: str = ""

    @property
    def people(self) -> int:
        """How many people are in it."""
        return sum(len(group.entries) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: a person, or a unit when `name` is empty."""

    bureau: str
    unit: str
    title: str
    name: str
    kana: str
    extension: str
    outside: str
    fax: str

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of the heading."""
        return (
            self.bureau, self.unit, self.title, self.name, self.kana, self.extension, self.outside, self.fax,
        )  # fmt: skip


def lines(book: Book) -> Iterator[Line]:
    """Units that have numbers of their own, each before its people."""
    for group in book.groups:
        bureau = group.path[0] if group.path else ""
        if group.numbers:
            yield Line(bureau, group.name, "", "", group.kana, *_numbers(group.numbers))
        for one in group.entries:
            yield Line(bureau, group.name, one.title, one.name, one.kana, *_numbers(one.numbers))


def _numbers(numbers: tuple[Number, ...]) -> tuple[str, str, str]:
    voice = [one for one in numbers if not one.is_fax]
    fax = [one.outside or one.number for one in numbers if one.is_fax]
    outside = [one.outside for one in voice if one.outside]
    return " / ".join(one.number for one in voice), " / ".join(outside), " / ".join(fax)
