"""Bookings and the slots that keep them apart; house rules; series; waits; answers kept for retries."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.bookings.rules import How, State, WaitState
from server.db import BIG, Base
from server.places.rules import Equipment


def _one_of(column: str, choices: Any) -> str:
    return f"{column} IN ({', '.join(repr(c.value) for c in choices)})"


class HouseRule(Base):
    """What holds in a building, on a floor or in a zone, for one kind of place or ("") for all, from a day on.

    It holds until the day of the next row of the same scope and kind. `settings` has only what differs from the wider
    rule, by the names of `rules.HouseRules`; an empty one ends what differed before.
    """

    __tablename__ = "house_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(24))  # building:1, floor:18 or zone:7, the row id behind the colon
    kind: Mapped[str] = mapped_column(String(16), default="")
    valid_from: Mapped[date]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    set_by: Mapped[str] = mapped_column(String(130), default="")  # who answers for the rule, as people read it

    __table_args__ = (UniqueConstraint("scope", "kind", "valid_from"),)


class Series(Base):
    """The same place every week: which days, from when to when on the building's clock."""

    __tablename__ = "booking_series"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    booked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"), index=True)
    weekdays: Mapped[str] = mapped_column(String(7))  # Monday is 0
    starts: Mapped[str] = mapped_column(String(5))  # "08:30"
    ends: Mapped[str] = mapped_column(String(5))
    first_day: Mapped[date]
    last_day: Mapped[date]
    made_until: Mapped[date]  # every day up to here has its booking, or had no place
    answered_on: Mapped[date]  # when its person last said that it is needed
    asked_at: Mapped[datetime | None]  # "still needed?" was asked; None: not asked since it was last answered
    is_over: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str] = mapped_column(String(100), default="")  # as of a booking

    __table_args__ = (CheckConstraint("last_day >= first_day", name="term"),)


class Booking(Base):
    """Somebody has a place from one instant until just before another.

    When somebody came or left is not written down (P3): `is_confirmed` only says that they did come.
    """

    __tablename__ = "booking"

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))  # None: forgotten (P10)
    booked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    # None: the person, or the house
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default=State.BOOKED.value)
    how: Mapped[str] = mapped_column(String(16), default=How.MAP.value)
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    is_warned: Mapped[bool] = mapped_column(default=False)  # told that the place will be free again soon
    is_for_absence: Mapped[bool] = mapped_column(default=False)  # given back because its person is away that day
    offered_until: Mapped[datetime | None]  # of an offer: when it goes to the next one
    series_id: Mapped[int | None] = mapped_column(ForeignKey("booking_series.id", ondelete="SET NULL"), index=True)
    party_id: Mapped[int | None] = mapped_column(BIG, index=True)  # of several side by side: the first one's id
    subject: Mapped[str] = mapped_column(String(100), default="")  # of a room, a booth or a group desk: what for
    sequence: Mapped[int] = mapped_column(default=0)  # how often it has been changed (RFC 5545, 3.8.7.4)
    changed_at: Mapped[datetime]  # by whoever booked, never by coming or leaving

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="term"),
        CheckConstraint(_one_of("state", State), name="state"),
        CheckConstraint(_one_of("how", How), name="how"),
        Index("ix_booking_seat_id_starts_at", "seat_id", "starts_at"),
        Index("ix_booking_person_id_starts_at", "person_id", "starts_at"),
        Index(
            "ix_booking_open",
            "starts_at",
            sqlite_where=text("state IN ('booked', 'offered')"),
            postgresql_where=text("state IN ('booked', 'offered')"),
        ),
        {"sqlite_autoincrement": True},
    )


class Slot(Base):
    """A quarter of an hour of a place. The primary key is the lock: nobody else can have it (RP-02).

    quarter     quarter hours since 1970-01-01T00:00Z
    person_id   with `exclusive`, what keeps one person out of two places at once; NULL in further rows of a table
    """

    __tablename__ = "booking_slot"

    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    quarter: Mapped[int]
    booking_id: Mapped[int] = mapped_column(BIG)
    person_id: Mapped[int | None]
    exclusive: Mapped[str | None] = mapped_column(String(8))

    __table_args__ = (
        PrimaryKeyConstraint("seat_id", "quarter"),
        UniqueConstraint("person_id", "quarter", "exclusive"),
    )


class Wait(Base):
    """Somebody waits for a place; when one is free it is offered for a while."""

    __tablename__ = "seat_wait"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"), index=True)
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16), default="")
    equipment: Mapped[str] = mapped_column(String(100), default="")  # wished for, separated by spaces
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default=WaitState.WAITING.value)
    booking_id: Mapped[int | None] = mapped_column(BIG)  # what is offered now
    asked_at: Mapped[datetime]  # first come, first served

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="term"),
        CheckConstraint(_one_of("state", WaitState), name="state"),
    )


class SeatNeed(Base):
    """What a person's seat must have, by their own word; read by rules and the lottery, without a reason."""

    __tablename__ = "seat_need"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    equipment: Mapped[str] = mapped_column(String(16), primary_key=True)

    __table_args__ = (
        CheckConstraint(f"equipment IN ({', '.join(repr(e.value) for e in Equipment)})", name="equipment"),
    )


class SeatChoice(Base):
    """What a person has chosen about their seats; nobody's row means the defaults."""

    __tablename__ = "seat_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    leaves_by_itself: Mapped[bool] = mapped_column(default=False)  # their seat is given back when they have gone early
    is_asked: Mapped[bool] = mapped_column(default=True)  # "sitting at …?" is asked when their badge sits in a zone
    may_kiosk: Mapped[bool] = mapped_column(default=True)  # a shared screen gives them a seat for their staff number
    is_nudged: Mapped[bool] = mapped_column(default=True)  # told that it is the seat of last time, and how they choose


class KeptAnswer(Base):
    """What a request with an Idempotency-Key was answered, so that its retry books nothing (RP-03)."""

    __tablename__ = "kept_answer"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    asked: Mapped[bytes] = mapped_column(LargeBinary(32))  # digest of what was asked: another request is refused
    status: Mapped[int]
    answer: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (PrimaryKeyConstraint("account_id", "key"),)
