"""Reads for lists of people: who may stand in one, and the posts they hold; whole pages in a few selects."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select

from server import db
from server.people.models import Membership, Person, Unit
from server.people.queries import CHUNK, person_of_staff_no
from server.people.rules import kana_key


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody is in a unit."""

    unit_id: int
    unit: str
    unit_en: str
    title: str
    duties: str
    is_primary: bool
    is_head: bool


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody's name, its reading, and their mail address."""

    person_id: int
    family_name: str
    given_name: str
    family_kana: str
    given_kana: str
    mail: str

    @property
    def name(self) -> str:
        """Family and given name, as the person writes them."""
        return f"{self.family_name} {self.given_name}".strip()

    @property
    def kana(self) -> str:
        """The reading of the whole name."""
        return f"{self.family_kana} {self.given_kana}".strip()


POST = (
    Membership.unit_id,
    Unit.name,
    Unit.name_en,
    Membership.title,
    Membership.duties,
    Membership.is_primary,
    Membership.is_head,
)


def listed(me: int | None, day: date) -> list[tuple[str, str, str, int]]:
    """Everybody whom `me` may find in a list, as (key of the reading, family name, given name, id)."""
    columns = (Person.kana_key, Person.family_name, Person.given_name, Person.id)
    return [
        (key, family, given, i)
        for key, family, given, i in db.session.execute(select(*columns).where(_is_listed(me, day)))
    ]


def called(text: str, me: int | None, day: date) -> list[int]:
    """Whom `me` may find in a list and who is called just so, by writing or reading, or has this staff number."""
    wanted, key = _squeezed(text), kana_key("".join(text.split()))
    if not wanted:
        return []
    by_number = person_of_staff_no(unicodedata.normalize("NFKC", text).strip(), day)
    found = {i for reading, family, given, i in listed(me, day)
             if wanted == _squeezed(family + given) or key == reading.replace(" ", "")}  # fmt: skip
    return sorted(found if by_number is None else found | {by_number})


def _squeezed(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def listed_in(unit_ids: Collection[int], me: int | None, day: date) -> list[tuple[int, str, Post]]:
    """The same of those with a post in these units: id, key of the reading, post; one line a post."""
    wanted = (
        _with_unit(select(Person.id, Person.kana_key, *POST))
        .join(Person, Person.id == Membership.person_id)
        .where(_holds(day), _is_listed(me, day))
    )
    return [(i, key, Post(*post)) for i, key, *post in _rows(wanted, Membership.unit_id, unit_ids)]


def posts_of(person_ids: Collection[int], day: date) -> list[tuple[int, Post]]:
    """The posts these people hold that day."""
    wanted = _with_unit(select(Membership.person_id, *POST)).where(_holds(day))
    return [(i, Post(*post)) for i, *post in _rows(wanted, Membership.person_id, person_ids)]


def names_of(person_ids: Collection[int]) -> dict[int, Named]:
    """The names of these people."""
    columns = (
        Person.id,
        Person.family_name,
        Person.given_name,
        Person.family_kana,
        Person.given_kana,
        Person.mail,
    )
    return {row[0]: Named(*row) for row in _rows(select(*columns), Person.id, person_ids)}


def _with_unit(wanted: Any) -> Any:
    return wanted.select_from(Membership).join(Unit, Unit.id == Membership.unit_id)


def _holds(day: date) -> ColumnElement[bool]:
    return (Membership.valid_from <= day) & or_(Membership.valid_to.is_(None), Membership.valid_to > day)


def _is_listed(me: int | None, day: date) -> ColumnElement[bool]:
    """Works here that day and is not protected (P13); everybody finds themselves."""
    works_here = (Person.active_from <= day) & or_(Person.active_to.is_(None), Person.active_to > day)
    return works_here & or_(Person.protected.is_(False), Person.id == me if me is not None else false())


def _rows(wanted: Any, column: Any, ids: Collection[int]) -> list[Any]:
    unique = sorted(set(ids))
    return [
        row
        for start in range(0, len(unique), CHUNK)
        for row in db.session.execute(wanted.where(column.in_(unique[start : start + CHUNK])))
    ]
