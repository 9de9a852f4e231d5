"""The outbox: "this thing changed", one row, written in the transaction that changed it.

A row names the thing, never its state, and is deleted after an hour, so it cannot become a trail.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import String, delete, func, insert, select, text
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
    SEATS = "seats"  # which seats of a floor are free, or what holds of them: floor_id, 0 = of all floors
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


def record(thing: Thing, thing_ids: int | Iterable[int], at: datetime) -> None:
    """Say that things changed; takes effect with the caller's commit and wakes listeners on PostgreSQL."""
    ids = [thing_ids] if isinstance(thing_ids, int) else list(thing_ids)
    if not ids:
        return
    db.session.execute(insert(Change), [{"thing": thing.value, "thing_id": i, "at": at} for i in ids])
    if db.engine().dialect.name == "postgresql":
        db.session.execute(text(f"NOTIFY {CHANNEL}"))


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
