"""Lotteries and what they explain; who takes part and likes to sit with whom; fixation by zone and month."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.bookings.models import SeatNeed as SeatNeed  # bookings keep priority seats for it
from server.db import BIG, Base


class Draw(Base):
    """One lottery of a zone for a day; the same seed and the same facts give the same result."""

    __tablename__ = "seat_draw"

    id: Mapped[int] = mapped_column(primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), index=True)
    day: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seed: Mapped[int] = mapped_column(BIG)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)  # what went in, without names: to draw it again
    drawn_at: Mapped[datetime]  # of somebody's on arrival: from when they have the seat, as in the booking (P3)
    drawn_by: Mapped[str] = mapped_column(String(130), default="")  # as people read it; "": the zone's rule
    is_arrival: Mapped[bool] = mapped_column(default=False)  # one person drew on arriving


class DrawResult(Base):
    """Who got which seat in a draw, and why."""

    __tablename__ = "seat_draw_result"

    draw_id: Mapped[int] = mapped_column(ForeignKey("seat_draw.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id"))  # None: there were too few
    ticket: Mapped[int]  # which of the draw's facts are theirs
    reasons: Mapped[list[Any]] = mapped_column(JSON)  # codes with their values; sentences are made from them

    __table_args__ = (UniqueConstraint("draw_id", "seat_id"),)


class LotteryChoice(Base):
    """Whether somebody takes part in lotteries; nobody's row means when they have no seat yet."""

    __tablename__ = "lottery_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(16))  # without_seat, always, never

    __table_args__ = (CheckConstraint("part IN ('without_seat', 'always', 'never')", name="part"),)


class Pairing(Base):
    """Two people who are to sit beside each other: they asked for it (both), or one is the other's mentor."""

    __tablename__ = "seat_pairing"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)  # asked; newcomer
    other_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)  # was asked; mentor
    kind: Mapped[str] = mapped_column(String(16))  # together, mentor
    is_agreed: Mapped[bool] = mapped_column(default=False)  # by the other one
    first_day: Mapped[date]
    last_day: Mapped[date]

    __table_args__ = (
        UniqueConstraint("person_id", "other_id", "kind"),
        CheckConstraint("person_id <> other_id", name="two"),
        CheckConstraint("kind IN ('together', 'mentor')", name="kind"),
        CheckConstraint("last_day >= first_day", name="term"),
    )


class FixationMonth(Base):
    """How fixed the seats of a zone were in a month, over all its people; never of one of them.

    The figures are missing where fewer than five people count: what is not kept cannot be read.
    """

    __tablename__ = "fixation_month"

    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    n_people: Mapped[int]
    n_days: Mapped[int]
    used: Mapped[float | None]  # mean effective number of seats
    expected: Mapped[float | None]  # what chance would give with the zone's seats
    index: Mapped[float | None]  # docs/fixation-index.md


class UnmetSearch(Base):
    """How often "find me a seat" found none, by the zone of whoever asked and the day; never who."""

    __tablename__ = "unmet_search"

    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)  # that a seat was looked for
    n: Mapped[int]

    __table_args__ = (CheckConstraint("n > 0", name="n"),)
