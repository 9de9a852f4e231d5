"""The outbox: "this thing changed", one row, written in the transaction that changed it.

A row names the thing, never its state, and is deleted after an hour, so it cannot become a trail.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, cast

from sqlalchemy import String, Table, bindparam, delete, func, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from server import db

KEEP = timedelta(hours=1)
CHANNEL = "iruka_changes"


class Thing(StrEnum):
    """What may change; `thing_id` is the row id in the room that owns it."""

    PRESENCE = "presence"  # a person's whereabouts: person_id
    HEARD = "heard"  # the last-heard times of a floor's people: floor_id
    CHOICES = "choices"  # a person's visibility, pause, name or memberships: person_id
    FLOOR = "floor"  # a plan or its zones: floor_id
    STATUS = "status"  # what a person says of their day: person_id
    PHONES = "phones"  # extensions or who holds them: extension id, 0 = many
    BOOKING = "booking"  # what a person has booked or where they sit: person_id
    SEATS = "seats"  # what holds of a floor's seats, such as equipment and house rules: floor_id, 0 = of all floors
    SLOTS = "slots"  # which seats of a floor are free: floor_id
    MEMO = "memo"  # a call-back memo: memo id
    SESSION = "session"  # sessions of an account ended or changed role: account_id


class Change(db.Base):
    """One line of the outbox."""

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(db.BIG, primary_key=True)
    thing: Mapped[str] = mapped_column(String(16))
    thing_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = ({"sqlite_autoincrement": True},)


class Line(NamedTuple):
    """A change as its readers see it."""

    id: int
    thing: Thing
    thing_id: int


_RECORD = text(
    "WITH told AS (INSERT INTO change (thing, thing_id, at)"
    " SELECT one.thing, one.thing_id, :at FROM unnest(CAST(:things AS VARCHAR[]), CAST(:ids AS INTEGER[]))"
    " AS one (thing, thing_id)) SELECT pg_notify(:channel, '')"
).bindparams(bindparam("at", type_=db.UtcDateTime()))  # and wakes whoever listens, with the commit
NEWEST = select(func.max(Change.id)).scalar_subquery()  # a column for selects that every request makes anyway

WIDEST_GAP = 5000
# PostgreSQL draws ids before commits are ordered, so a missing id may still arrive. A wider gap is a
# sequence that jumped, not transactions under way.
MISSING_FOR_S = 10.0  # how long a missing id is asked for again; our transactions last milliseconds
LINES = 5000  # read at once
_SINCE = (
    select(Change.id, Change.thing, Change.thing_id)
    .where(Change.id > bindparam("after"))
    .order_by(Change.id)
    .limit(LINES)
)


class Tail:
    """Reads the outbox from where it read before, on a connection of its own: only what has been committed counts."""

    def __init__(self) -> None:
        self._last_id: int | None = None
        self._missing: dict[int, float] = {}  # id → monotonic, when it was first missed

    def news(self, newest_id: int | None = None) -> Sequence[Line] | None:
        """The lines since the last call; None when anything may have changed: the first time, or too long ago.

        newest_id   the newest line (`NEWEST`), when whoever calls has just read it: no second question then, as long
                    as it is known and none is missing
        """
        now_s = time.monotonic()
        self._missing = {one: since for one, since in self._missing.items() if now_s - since <= MISSING_FOR_S}
        last_id = self._last_id
        if newest_id is not None and last_id is not None and newest_id <= last_id and not self._missing:
            return []
        after = None if last_id is None else min(self._missing, default=last_id + 1) - 1
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if after is None:
                self._last_id = connection.scalar(select(NEWEST)) or 0
                return None
            rows = connection.execute(_SINCE, {"after": after}).all()
        lines = [Line(i, Thing(thing), thing_id) for i, thing, thing_id in rows]
        lines = [line for line in lines if line.id > self._newest() or line.id in self._missing]
        if len(rows) == LINES:
            self._last_id, self._missing = None, {}
            return None
        for line in lines:
            self._missing.pop(line.id, None)
            if line.id > self._newest():
                gap = range(self._newest() + 1, line.id)
                if len(gap) <= WIDEST_GAP:
                    self._missing.update(dict.fromkeys(gap, now_s))
                self._last_id = line.id
        return lines

    def _newest(self) -> int:
        return self._last_id or 0


def record(thing: Thing, thing_ids: int | Iterable[int], at: datetime) -> None:
    """Say that things changed; takes effect with the caller's commit and wakes listeners on PostgreSQL."""
    record_all([(thing, i) for i in ([thing_ids] if isinstance(thing_ids, int) else thing_ids)], at)


def record_all(things: Sequence[tuple[Thing, int]], at: datetime) -> None:
    """The same of different things, in one statement."""
    if not things:
        return
    names, ids = [thing.value for thing, _id in things], [thing_id for _thing, thing_id in things]
    if db.engine().dialect.name == "postgresql":
        db.session.execute(_RECORD, {"things": names, "ids": ids, "at": at, "channel": CHANNEL})
        return
    rows = [{"thing": thing, "thing_id": thing_id, "at": at} for thing, thing_id in zip(names, ids, strict=True)]
    db.session.execute(insert(cast(Table, Change.__table__)), rows)


def latest_id() -> int:
    """The newest line's id, 0 when there is none."""
    return db.session.scalar(select(func.max(Change.id))) or 0


def since(after_id: int, limit: int = 5000) -> Sequence[Line]:
    """Lines with an id above `after_id`, oldest first.

    On PostgreSQL ids are drawn before commits are ordered, so a reader that must miss nothing asks
    again from a little before its newest id and skips what it has seen.
    """
    rows = db.session.execute(
        select(Change.id, Change.thing, Change.thing_id).where(Change.id > after_id).order_by(Change.id).limit(limit)
    )
    return [Line(i, Thing(thing), thing_id) for i, thing, thing_id in rows]


def expire(now: datetime) -> int:
    """Delete lines older than an hour; returns how many."""
    over = delete(Change).where(Change.at < now - KEEP).returning(Change.id)
    return len(list(db.session.scalars(over)))
