"""Says, changes and forgets what people say of their own day; the caller commits."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.people.models import Person
from server.people.queries import CHUNK
from server.presence import queries
from server.presence.models import Status
from server.presence.queries import StatusView
from server.presence.rules import StatusKind

LONGEST_NOTE = 60
LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=366)  # ahead
MOST = 100  # of one person, those ahead included


Told = tuple[str, Mapping[str, object]]  # a sentence that the person should read, with its values
Listener = Callable[[int, datetime], Sequence[Told]]
_listeners: list[Listener] = []


def when_said(listener: Listener) -> Listener:
    """Call this in the same transaction whenever a person has said or taken back something: person, now.

    It answers what the person should know of what came of it. For rooms above, which presence knows nothing of.
    """
    _listeners.append(listener)
    return listener


class Saying(NamedTuple):
    """What one person says of a period."""

    person_id: int
    kind: StatusKind
    starts_at: datetime
    ends_at: datetime


def set_status(
    person_id: int, kind: StatusKind, starts_at: datetime, ends_at: datetime, note: str, now: datetime
) -> list[Told]:
    """The person is this from then until just before then; whatever they said of that time before gives way.

    Returns what came of it elsewhere, for the person to read.
    """
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE or any(unicodedata.category(c) in ("Cc", "Cs") for c in note):
        raise Refused("bad_note", "A note has %(n)s characters at most, in one line.", 422, n=LONGEST_NOTE)
    if note and kind is StatusKind.LEAVE:
        raise Refused("leave_has_no_note", "Leave is shown without a note, so that nobody reads which kind it is.", 422)
    if ends_at <= max(starts_at, now):
        raise Refused("bad_term", "A status ends after it begins, and not in the past.", 422)
    if ends_at - starts_at > LONGEST or starts_at - now > FURTHEST:
        raise Refused("bad_term", "A status is for a year at most, and begins within a year.", 422)
    _hold(person_id)
    new = StatusView(kind, max(starts_at, now), ends_at, note, now)
    kept = [piece for old in queries.statuses_of(person_id, now) for piece in _outside(old, new, now)]
    if len(kept) >= MOST:
        raise Refused("too_many_statuses", "You have said enough of the days ahead. Remove some of it first.", 409)
    _write(person_id, [*kept, new], now)
    return _tell(person_id, now)


def say_many(said: Sequence[Saying], now: datetime) -> None:
    """Many people say at once what their day is like; all that they said before is forgotten.

    said   of one person without overlaps; what is over is left out
    """
    told = sorted({one.person_id for one in said})
    for start in range(0, len(told), CHUNK):
        db.session.execute(delete(Status).where(Status.person_id.in_(told[start : start + CHUNK])))
    rows = [
        {**one._asdict(), "kind": one.kind.value, "starts_at": max(one.starts_at, now), "note": "", "set_at": now}
        for one in said
        if one.ends_at > now
    ]
    if rows:
        db.session.execute(insert(Status), rows)
    changes.record(Thing.STATUS, told, now)


def end_status(person_id: int, now: datetime, starts_at: datetime | None = None) -> list[Told]:
    """End what holds now, or take back what begins then; what it had interrupted goes on.

    Refused when there is nothing of the kind.
    """
    _hold(person_id)
    every = queries.statuses_of(person_id, now)
    ended = [one for one in every if (one.starts_at <= now if starts_at is None else one.starts_at == starts_at)]
    if not ended:
        raise Refused("no_status", "There is no such status any more.", 404)
    over = ended[0]
    rest = [one for one in every if one not in ended]
    again = max(over.starts_at, now)
    rest = [replace(one, starts_at=again) if _was_interrupted(one, over) else one for one in rest]
    _write(person_id, rest, now)
    return _tell(person_id, now)


def forget_ended(now: datetime) -> int:
    """Delete what is over, so that nothing can be read from it later (P3); returns how many."""
    return len(list(db.session.scalars(delete(Status).where(Status.ends_at <= now).returning(Status.person_id))))


def _hold(person_id: int) -> None:
    # Of two that say something at once the second starts from what the first left. SQLite has one writer.
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def _tell(person_id: int, now: datetime) -> list[Told]:
    return [told for listener in _listeners for told in listener(person_id, now)]


def _outside(old: StatusView, new: StatusView, now: datetime) -> list[StatusView]:
    """What is left of the old one before and after the new one."""
    pieces = [
        replace(old, ends_at=min(old.ends_at, new.starts_at)),
        replace(old, starts_at=max(old.starts_at, new.ends_at)),
    ]
    return [piece for piece in pieces if piece.starts_at < piece.ends_at and piece.ends_at > now]


def _was_interrupted(one: StatusView, over: StatusView) -> bool:
    return one.starts_at == over.ends_at and one.set_at < over.set_at


def _write(person_id: int, every: list[StatusView], now: datetime) -> None:
    """Replace all that the person has said by this."""
    db.session.execute(delete(Status).where(Status.person_id == person_id))
    if every:
        db.session.execute(insert(Status), [{"person_id": person_id, **asdict(one)} for one in every])
    changes.record(Thing.STATUS, person_id, now)
