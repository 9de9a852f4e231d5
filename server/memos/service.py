"""Writes of memos; the caller commits."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import delete, or_, select

from server import changes, db, retention_terms
from server.changes import Thing
from server.errors import Refused
from server.memos import queries, rules
from server.memos.models import Memo
from server.memos.rules import Draft, Reader
from server.people import queries as people
from server.people.rules import Level, Viewer, visible_level
from server.presence import queries as presence
from server.presence.rules import StatusKind
from server.retention_terms import Term


def take(draft: Draft, taken_by_id: int | None, taken_by_name: str, now: datetime, day: date) -> int:
    """Keep a memo; returns its id. Refused (404) when there is no such recipient.

    taken_by_id   the taker's account; None: somebody who has none and will not ask what became of it
    day           the building's day
    """
    if queries.recipient(draft.to, day) is None:
        raise Refused("no_recipient", "There is no such person or section.", 404)
    row = Memo(
        person_id=draft.to.person_id,
        unit_id=draft.to.unit_id,
        caller=draft.caller,
        number=draft.number,
        matter=draft.matter,
        wish=draft.wish.value,
        urgency=draft.urgency.value,
        taken_by_id=taken_by_id,
        taken_by_name=taken_by_name,
        taken_at=now,
    )
    db.session.add(row)
    db.session.flush()  # gives the id
    changes.record(Thing.MEMO, row.id, now)
    return row.id


def correct(memo_id: int, reader: Reader, draft: Draft, now: datetime) -> None:
    """The memo says this instead, for whom it was; only until it is handled, and only by who took it down."""
    row = _taken(memo_id, reader)
    row.caller, row.number, row.matter = draft.caller, draft.number, draft.matter
    row.wish, row.urgency = draft.wish.value, draft.urgency.value
    changes.record(Thing.MEMO, row.id, now)


def withdraw(memo_id: int, reader: Reader, now: datetime) -> None:
    """Nobody needs the memo any more; only until it is handled, and only by who took it down."""
    row = _taken(memo_id, reader)
    db.session.delete(row)
    changes.record(Thing.MEMO, row.id, now)


def handle(memo_id: int, reader: Reader, name: str, now: datetime) -> None:
    """The memo is done by whoever of its readers takes it; a second one to say so changes nothing."""
    row = _mine(memo_id, reader)
    if row.handled_at is None:
        row.handled_at, row.handled_by_name = now, name
        changes.record(Thing.MEMO, row.id, now)


def reopen(memo_id: int, reader: Reader, now: datetime) -> None:
    """The memo waits again."""
    row = _mine(memo_id, reader)
    if row.handled_at is not None:
        row.handled_at, row.handled_by_name = None, ""
        changes.record(Thing.MEMO, row.id, now)


def expire(now: datetime) -> int:
    """Delete what was handled long ago, and what nobody has handled in long (P10); returns how many."""
    done, waiting = retention_terms.keep(Term.MEMOS_DONE), retention_terms.keep(Term.MEMOS_OPEN)
    over = or_(Memo.handled_at <= now - done, Memo.handled_at.is_(None) & (Memo.taken_at <= now - waiting))
    return len(list(db.session.scalars(delete(Memo).where(over).returning(Memo.id))))


def forget_people(person_ids: Collection[int], now: datetime) -> int:
    """Delete the memos for these people; what they took down for others is the others'. Returns how many."""
    ids = list(db.session.scalars(delete(Memo).where(Memo.person_id.in_(person_ids)).returning(Memo.id)))
    changes.record(Thing.MEMO, ids, now)
    return len(ids)


def is_on_leave(viewer: Viewer, person_id: int, now: datetime, day: date) -> bool:
    """Whether the person has said that they are on leave now, as far as this viewer may know (P4, P5)."""
    status = presence.statuses_at(now, [person_id]).get(person_id)
    if status is None or status.kind is not StatusKind.LEAVE:
        return False
    choices = people.choices_of([person_id])[person_id]
    units = people.units_of_people(day, [person_id]).get(person_id, frozenset())
    return visible_level(viewer, choices, units, now) is not Level.HIDDEN


def _mine(memo_id: int, reader: Reader) -> Memo:
    """The row when the memo is for this reader; the same refusal for a stranger as for nothing."""
    row = _locked(memo_id)
    if row is None or not rules.is_recipient(reader, rules.Recipient(row.person_id, row.unit_id)):
        raise Refused("no_memo", "There is no such memo.", 404)
    return row


def _taken(memo_id: int, reader: Reader) -> Memo:
    """The row when this reader took it down and it still waits."""
    row = _locked(memo_id)
    if row is None or not rules.may_read(reader, rules.Recipient(row.person_id, row.unit_id), row.taken_by_id):
        raise Refused("no_memo", "There is no such memo.", 404)
    if row.taken_by_id != reader.account_id:
        raise Refused("memo_not_taken", "Only who took the call down may correct or withdraw the memo.", 403)
    if row.handled_at is not None:
        raise Refused("memo_handled", "The memo has been handled already; it stays as it is.")
    return row


def _locked(memo_id: int) -> Memo | None:
    return db.session.scalar(select(Memo).where(Memo.id == memo_id).with_for_update())
