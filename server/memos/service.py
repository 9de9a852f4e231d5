"""Writes of memos; the caller commits."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import delete, or_, select, update

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.memos import queries, rules
from server.memos.models import Memo
from server.memos.rules import Draft, Reader
from server.people import queries as people
from server.people.rules import Level, Viewer, visible_level
from server.presence import queries as presence
from server.presence.rules import StatusKind


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


def see(memo_ids: Collection[int], now: datetime) -> None:
    """Whom these memos are for has read them; their takers see that, but never when (P3)."""
    ids = list(db.session.scalars(
        update(Memo).where(Memo.id.in_(memo_ids), Memo.is_seen.is_(False)).values(is_seen=True).returning(Memo.id)
    ))  # fmt: skip
    changes.record(Thing.MEMO, ids, now)


def handle(memo_id: int, reader: Reader, name: str, now: datetime) -> None:
    """The memo is done by whoever of its readers takes it; a second one to say so changes nothing."""
    row = _mine(memo_id, reader)
    if row.handled_at is None:
        row.handled_at, row.handled_by_name, row.is_seen = now, name, True
        changes.record(Thing.MEMO, row.id, now)


def reopen(memo_id: int, reader: Reader, now: datetime) -> None:
    """The memo waits again."""
    row = _mine(memo_id, reader)
    if row.handled_at is not None:
        row.handled_at, row.handled_by_name = None, ""
        changes.record(Thing.MEMO, row.id, now)


def expire(now: datetime) -> int:
    """Delete what was handled 30 days ago, and what nobody handled in 90 (P10); returns how many."""
    over = or_(
        Memo.handled_at <= now - rules.KEEP_HANDLED,
        Memo.handled_at.is_(None) & (Memo.taken_at <= now - rules.KEEP_OPEN),
    )
    return len(list(db.session.scalars(delete(Memo).where(over).returning(Memo.id))))


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
    row = db.session.scalar(select(Memo).where(Memo.id == memo_id).with_for_update())
    if row is None or not rules.is_recipient(reader, rules.Recipient(row.person_id, row.unit_id)):
        raise Refused("no_memo", "There is no such memo.", 404)
    return row
