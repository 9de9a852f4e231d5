"""Whereabouts now, and who looked. Nobody but this room touches these tables."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Whereabouts(Base):
    """Where a person's badge was last heard: overwritten, never appended; no coordinates, no since (P9, P10)."""

    __tablename__ = "whereabouts"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))  # rules.State
    floor_id: Mapped[int | None] = mapped_column(ForeignKey("floor.id", ondelete="SET NULL"), index=True)
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id", ondelete="SET NULL"), index=True)
    confidence: Mapped[float] = mapped_column(default=0.0)  # calibrated probability of the zone (floor when no zone)
    source: Mapped[str] = mapped_column(String(16), default="beacon")
    heard_at: Mapped[datetime | None]  # None once away: no table tells when somebody left (P3)

    __table_args__ = (
        CheckConstraint("state IN ('present', 'floor', 'passing', 'silent', 'away')", name="state"),
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence"),
    )


class Status(Base):
    """What a person says of their own day, for a period; gone the night after it ends, so it is no attendance (P3)."""

    __tablename__ = "status"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(60), default="")
    set_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="term"),
        CheckConstraint(
            "kind IN ('at_work', 'telework', 'trip', 'leave', 'meeting', 'focus', 'counter', 'away')", name="kind"
        ),
    )


class Dispute(Base):
    """The person said "I am not there": that place is not said of them until it would be another one, or then (P19)."""

    __tablename__ = "dispute"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"))
    until: Mapped[datetime]


class LookUpAlert(Base):
    """Somebody looked more often than is usual; the privacy officer reads this (P12)."""

    __tablename__ = "look_up_alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # one: one person again and again; many: many people in a short time
    viewer_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    viewer_name: Mapped[str] = mapped_column(String(130))
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    look_ups: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    handled_at: Mapped[datetime | None]
    handled_by_name: Mapped[str] = mapped_column(String(130), default="")

    __table_args__ = (CheckConstraint("kind IN ('one', 'many')", name="kind"),)


class LookUp(Base):
    """Somebody looked a person up by name (P11); the person reads this."""

    __tablename__ = "look_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    viewer_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    viewer_name: Mapped[str] = mapped_column(String(130))
    screen: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]

    __table_args__ = (
        Index("ix_look_up_subject_at", "subject_id", "at"),
        Index("ix_look_up_viewer_at", "viewer_account_id", "at"),
        Index("ix_look_up_at", "at"),
    )


class MapView(Base):
    """How often a floor's map was opened on a day: counted, not listed (P11)."""

    __tablename__ = "map_view"

    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
