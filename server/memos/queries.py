"""Reads of memos; small frozen views, and only for whom they are for or who took them down."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from server import db
from server.memos.models import Memo
from server.memos.rules import Reader, Recipient, Urgency, Wish, is_recipient
from server.people import queries as people
from server.people.models import Person, Unit

PAGE = 50  # memos of one list


@dataclass(frozen=True, slots=True)
class MemoView:
    """A memo as its reader or its taker sees it."""

    id: int
    to: Recipient
    to_name: str  # of the person or the section
    to_name_en: str
    caller: str
    number: str
    matter: str
    wish: Wish
    urgency: Urgency
    taken_by_id: int | None
    taken_by_name: str
    taken_at: datetime
    is_handled: bool
    handled_by_name: str  # "" for who only took it down: who was there to handle it is not theirs to know (P3)
    is_mine: bool  # for the reader or a section of theirs, so that they may handle it


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many memos wait for a reader, how many of them are urgent, and the newest one (0: none)."""

    n: int
    urgent: int
    newest_id: int


@dataclass(frozen=True, slots=True)
class RecipientView:
    """Somebody or some section a memo can be for."""

    to: Recipient
    name: str
    name_en: str
    unit_name: str  # the person's unit, so that two of one name can be told apart; "" for a section
    unit_name_en: str
    title: str


def reader_of(account_id: int, person_id: int | None, day: date) -> Reader:
    """Who this account, of this person, is when it reads memos."""
    units = {} if person_id is None else people.units_of_people(day, [person_id])
    return Reader(account_id, person_id, frozenset() if person_id is None else units.get(person_id, frozenset()))


def memo(memo_id: int, reader: Reader) -> MemoView | None:
    """This memo, None when there is none or it is none of the reader's business."""
    found = _views(and_(Memo.id == memo_id, or_(_for(reader), _taken_by(reader))), reader, 1)
    return found[0] if found else None


def open_for(reader: Reader, limit: int = PAGE) -> list[MemoView]:
    """What waits for this reader: the most urgent first, and of those the oldest."""
    return _views(and_(_for(reader), Memo.handled_at.is_(None)), reader, limit, is_by_urgency=True)


def handled_for(reader: Reader, limit: int = PAGE) -> list[MemoView]:
    """What was for this reader and is done, the last one first."""
    return _views(and_(_for(reader), Memo.handled_at.is_not(None)), reader, limit)


def taken_by(reader: Reader, limit: int = PAGE) -> list[MemoView]:
    """What this reader has written down for others, newest first."""
    return _views(_taken_by(reader), reader, limit)


def waiting(reader: Reader) -> Waiting:
    """How many memos wait for this reader."""
    urgent = func.sum(case((Memo.urgency == Urgency.URGENT.value, 1), else_=0))
    wanted = select(func.count(), urgent, func.max(Memo.id)).where(_for(reader), Memo.handled_at.is_(None))
    n, n_urgent, newest_id = db.session.execute(wanted).one()
    return Waiting(n, int(n_urgent or 0), newest_id or 0)


def recipient(to: Recipient, day: date) -> RecipientView | None:
    """Somebody who works here that day, or a unit of that day; None for nobody and for a protected person (P13)."""
    found = _people(day, [to.person_id]) if to.person_id is not None else _units(day, [to.unit_id or 0])
    return found[0] if found else None


def colleagues(reader: Reader, day: date) -> list[RecipientView]:
    """The reader's sections and all who work there, for whom memos are mostly taken."""
    members = [
        person_id
        for person_id, unit_ids in people.units_of_people(day).items()
        if unit_ids & reader.unit_ids and person_id != reader.person_id
    ]
    return _units(day, reader.unit_ids) + (_people(day, members) if members else [])


def _people(day: date, person_ids: Collection[int]) -> list[RecipientView]:
    choices = people.choices_of(person_ids)
    cards = [card for i, card in people.cards(day, person_ids).items() if not choices[i].protected]
    return [
        RecipientView(Recipient(person_id=card.id), card.name, card.name, card.unit_name, card.unit_name_en, card.title)
        for card in sorted(cards, key=lambda card: (card.kana_key, card.id))
    ]


def _units(day: date, unit_ids: Collection[int]) -> list[RecipientView]:
    units = people.units_on(day)
    return [
        RecipientView(Recipient(unit_id=i), units[i].name, units[i].name_en, "", "", "") for i in units if i in unit_ids
    ]


def _for(reader: Reader) -> ColumnElement[bool]:
    # The SQL narrows as rules.is_recipient decides; a test runs both over the same cases.
    mine = Memo.person_id == reader.person_id if reader.person_id is not None else None
    ours = Memo.unit_id.in_(reader.unit_ids)
    return ours if mine is None else or_(mine, ours)


def _taken_by(reader: Reader) -> ColumnElement[bool]:
    return Memo.taken_by_id == reader.account_id


def _views(wanted: ColumnElement[bool], reader: Reader, limit: int, *, is_by_urgency: bool = False) -> list[MemoView]:
    person, unit = aliased(Person), aliased(Unit)
    rank = case({urgency.value: urgency.rank for urgency in Urgency}, value=Memo.urgency)
    order = (rank.desc(), Memo.taken_at, Memo.id) if is_by_urgency else (Memo.taken_at.desc(), Memo.id.desc())
    rows = db.session.execute(
        select(Memo, person.family_name, person.given_name, unit.name, unit.name_en)
        .outerjoin(person, person.id == Memo.person_id)
        .outerjoin(unit, unit.id == Memo.unit_id)
        .where(wanted)
        .order_by(*order)
        .limit(limit)
    )
    return [
        _view(row, f"{family or ''} {given or ''}".strip(), name, en, reader) for row, family, given, name, en in rows
    ]


def _view(row: Memo, person_name: str, unit_name: str | None, unit_name_en: str | None, reader: Reader) -> MemoView:
    to = Recipient(row.person_id, row.unit_id)
    is_mine = is_recipient(reader, to)
    return MemoView(
        id=row.id,
        to=to,
        to_name=unit_name or person_name,
        to_name_en=unit_name_en or unit_name or person_name,
        caller=row.caller,
        number=row.number,
        matter=row.matter,
        wish=Wish(row.wish),
        urgency=Urgency(row.urgency),
        taken_by_id=row.taken_by_id,
        taken_by_name=row.taken_by_name,
        taken_at=row.taken_at,
        is_handled=row.handled_at is not None,
        handled_by_name=row.handled_by_name if is_mine else "",
        is_mine=is_mine,
    )
