"""Reads of numbers and who holds them; small frozen views."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from server import db
from server.people.queries import CHUNK
from server.phones.models import Extension, ExtensionTerm, NumberRange
from server.phones.rules import Holder, Range, Use


@dataclass(frozen=True, slots=True)
class NumberView:
    """A number that a person or a unit holds."""

    extension_id: int
    number: str
    kind: str
    outside_number: str
    is_main: bool  # the number under which the section is called

    def as_json(self) -> dict[str, object]:
        """The number as every answer of the API tells it."""
        return {
            "number": self.number,
            "kind": self.kind,
            "outside_number": self.outside_number,
            "main": self.is_main,
        }


@dataclass(frozen=True, slots=True)
class HeldNumber:
    """Any number of the house on a day: held by one of four, or by nobody; retired, and where it moved to."""

    extension_id: int
    number: str
    kind: str
    outside_number: str
    note: str
    term_id: int | None
    person_id: int | None
    unit_id: int | None
    zone_id: int | None
    device: str | None
    is_main: bool
    valid_from: date | None
    valid_to: date | None
    retired: bool
    moved_to: str | None  # the number that answers instead, while the notice is up
    moved_until: date | None

    @property
    def holder(self) -> Holder | None:
        """Whose it is that day."""
        if self.term_id is None:
            return None
        return Holder(self.person_id, self.unit_id, self.zone_id, self.device)


@dataclass(frozen=True, slots=True)
class TermView:
    """That somebody holds a number from a day, to the day before `valid_to`."""

    id: int
    extension_id: int
    holder: Holder
    is_main: bool
    valid_from: date
    valid_to: date | None


def numbers_of_people(day: date, person_ids: Collection[int] | None = None) -> dict[int, tuple[NumberView, ...]]:
    """The numbers these people (None: all) hold that day, in their order; those without one are missing."""
    return _numbers_of(ExtensionTerm.person_id, day, person_ids)


def numbers_of_units(day: date, unit_ids: Collection[int] | None = None) -> dict[int, tuple[NumberView, ...]]:
    """The numbers these units (None: all) hold that day, the main one first; those without one are missing."""
    return _numbers_of(ExtensionTerm.unit_id, day, unit_ids)


def all_numbers(day: date) -> list[HeldNumber]:
    """Every number, as it is that day, in their order."""
    return _held(_every_number(day), day)


def number(digits: str, day: date) -> HeldNumber | None:
    """One number as it is that day."""
    return next(iter(_held(_every_number(day).where(Extension.number == digits), day)), None)


def terms_of(extension_id: int, since: date) -> list[TermView]:
    """Who holds a number on `since` or later, in their order."""
    lasting = or_(ExtensionTerm.valid_to.is_(None), ExtensionTerm.valid_to > since)
    return _terms(select(ExtensionTerm).where(ExtensionTerm.extension_id == extension_id, lasting))


def term(term_id: int) -> TermView | None:
    """One term."""
    return next(iter(_terms(select(ExtensionTerm).where(ExtensionTerm.id == term_id))), None)


def term_within(extension_id: int, first: date, end: date | None) -> TermView | None:
    """The first term of a number that has a day in common with [first, end)."""
    meeting = or_(ExtensionTerm.valid_to.is_(None), ExtensionTerm.valid_to > first)
    wanted = select(ExtensionTerm).where(ExtensionTerm.extension_id == extension_id, meeting)
    if end is not None:
        wanted = wanted.where(ExtensionTerm.valid_from < end)
    return next(iter(_terms(wanted)), None)


def taken(day: date) -> frozenset[str]:
    """The numbers that cannot be given out: held that day or later, or retired."""
    held = (
        select(Extension.number)
        .join(ExtensionTerm, ExtensionTerm.extension_id == Extension.id)
        .where(or_(ExtensionTerm.valid_to.is_(None), ExtensionTerm.valid_to > day))
    )
    retired = select(Extension.number).where(Extension.retired_on.is_not(None))
    return frozenset(db.session.scalars(held)) | frozenset(db.session.scalars(retired))


def ranges() -> list[Range]:
    """The numbering plan, in the order of its numbers."""
    rows = db.session.scalars(select(NumberRange).order_by(NumberRange.first, NumberRange.last, NumberRange.id))
    return [Range(row.id, row.first, row.last, row.unit_id, Use(row.use), row.note) for row in rows]


def _terms(wanted: Any) -> list[TermView]:
    rows = db.session.scalars(wanted.order_by(ExtensionTerm.valid_from))
    return [
        TermView(
            row.id,
            row.extension_id,
            Holder(row.person_id, row.unit_id, row.zone_id, row.device),
            row.is_main,
            row.valid_from,
            row.valid_to,
        )
        for row in rows
    ]


def _numbers_of(
    column: InstrumentedAttribute[int | None], day: date, ids: Collection[int] | None
) -> dict[int, tuple[NumberView, ...]]:
    wanted = (
        select(column, Extension.id, Extension.number, Extension.kind, Extension.outside_number, ExtensionTerm.is_main)
        .join(Extension, Extension.id == ExtensionTerm.extension_id)
        .where(column.is_not(None), _holds(day), or_(Extension.retired_on.is_(None), Extension.retired_on > day))
        .order_by(ExtensionTerm.is_main.desc(), Extension.number)
    )
    found: defaultdict[int, list[NumberView]] = defaultdict(list)
    for holder_id, *values in _rows_for(wanted, column, ids):
        found[holder_id].append(NumberView(*values))
    return {holder_id: tuple(views) for holder_id, views in found.items()}


_moved_to = aliased(Extension)


def _every_number(day: date) -> Any:
    return (
        select(
            Extension.id,
            Extension.number,
            Extension.kind,
            Extension.outside_number,
            Extension.note,
            Extension.retired_on,
            Extension.moved_until,
            _moved_to.number.label("moved_to"),
            ExtensionTerm.id.label("term_id"),
            ExtensionTerm.person_id,
            ExtensionTerm.unit_id,
            ExtensionTerm.zone_id,
            ExtensionTerm.device,
            ExtensionTerm.is_main,
            ExtensionTerm.valid_from,
            ExtensionTerm.valid_to,
        )
        .join(ExtensionTerm, (ExtensionTerm.extension_id == Extension.id) & _holds(day), isouter=True)
        .join(_moved_to, _moved_to.id == Extension.moved_to_id, isouter=True)
        .order_by(Extension.number)
    )


def _held(wanted: Any, day: date) -> list[HeldNumber]:
    return [_view(row, day) for row in db.session.execute(wanted)]


def _view(row: Any, day: date) -> HeldNumber:
    retired = row.retired_on is not None and row.retired_on <= day
    is_told = retired and row.moved_to is not None and (row.moved_until is None or day < row.moved_until)
    return HeldNumber(
        extension_id=row.id,
        number=row.number,
        kind=row.kind,
        outside_number=row.outside_number,
        note=row.note,
        term_id=row.term_id,
        person_id=row.person_id,
        unit_id=row.unit_id,
        zone_id=row.zone_id,
        device=row.device,
        is_main=bool(row.is_main),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        retired=retired,
        moved_to=row.moved_to if is_told else None,
        moved_until=row.moved_until if is_told else None,
    )


def _holds(day: date) -> ColumnElement[bool]:
    return (ExtensionTerm.valid_from <= day) & or_(ExtensionTerm.valid_to.is_(None), ExtensionTerm.valid_to > day)


def _rows_for(wanted: Any, column: Any, ids: Collection[int] | None) -> Iterable[Any]:
    if ids is None:
        return db.session.execute(wanted).all()
    unique = sorted(set(ids))
    return [
        row
        for start in range(0, len(unique), CHUNK)
        for row in db.session.execute(wanted.where(column.in_(unique[start : start + CHUNK])))
    ]
