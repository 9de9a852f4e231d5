"""Receivers (edge agents), tags and who carries them, surveys, and what ingest counted."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import BIG, Base


class Receiver(Base):
    """An edge agent at its place, and what it last said of itself."""

    __tablename__ = "receiver"

    id: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(String(32), unique=True)  # its name on the wire, such as RX-18-03
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"), index=True)
    x_m: Mapped[float]
    y_m: Mapped[float]
    z_m: Mapped[float] = mapped_column(default=2.4)
    active: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(16), default="unknown")  # online, offline, unknown
    adapter: Mapped[str] = mapped_column(String(16), default="")
    boot: Mapped[str] = mapped_column(String(16), default="")
    software: Mapped[str] = mapped_column(String(32), default="")
    pps: Mapped[float | None]
    ref_pps: Mapped[float | None]
    queue: Mapped[int] = mapped_column(BIG, default=0)
    dropped: Mapped[int] = mapped_column(BIG, default=0)
    strangers: Mapped[int] = mapped_column(BIG, default=0)
    clock_error_ms: Mapped[int | None] = mapped_column(BIG)
    status_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]  # last sightings message, written every few seconds


class SensorTicket(Base):
    """Somebody was shown where they were not; whoever looks after the receivers reads where, not who (P19)."""

    __tablename__ = "sensor_ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"), index=True)
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id", ondelete="SET NULL"))
    day: Mapped[date]
    count: Mapped[int] = mapped_column(default=1)
    closed_on: Mapped[date | None]
    closed_by_name: Mapped[str] = mapped_column(String(130), default="")


class Tag(Base):
    """A badge; its id on the wire, and the level we learned (dB against the survey's tag)."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    wire_id: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16), default="badge")
    active: Mapped[bool] = mapped_column(default=True)
    level_db: Mapped[float] = mapped_column(default=0.0)
    level_sd_db: Mapped[float] = mapped_column(default=8.0)
    level_n: Mapped[int] = mapped_column(default=0)
    level_at: Mapped[datetime | None]


class TagCarrier(Base):
    """Who carries a tag, dated; a tag has one carrier and a person one tag at a time."""

    __tablename__ = "tag_carrier"

    id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="term"),
        Index(
            "uq_tag_carrier_tag_open",
            "tag_id",
            unique=True,
            sqlite_where=text("valid_to IS NULL"),
            postgresql_where=text("valid_to IS NULL"),
        ),
        Index(
            "uq_tag_carrier_person_open",
            "person_id",
            unique=True,
            sqlite_where=text("valid_to IS NULL"),
            postgresql_where=text("valid_to IS NULL"),
        ),
    )


class SurveySample(Base):
    """What a receiver heard on average of the survey's tag at a known point of a floor."""

    __tablename__ = "survey_sample"

    id: Mapped[int] = mapped_column(primary_key=True)
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"), index=True)
    point: Mapped[str] = mapped_column(String(32))
    x_m: Mapped[float]
    y_m: Mapped[float]
    receiver_id: Mapped[int] = mapped_column(ForeignKey("receiver.id", ondelete="CASCADE"))
    mean_dbm: Mapped[float]
    var_db2: Mapped[float] = mapped_column(default=0.0)
    n: Mapped[int]

    __table_args__ = (UniqueConstraint("floor_id", "point", "receiver_id"),)


class IngestCount(Base):
    """How often ingest met something, by kind; shown on the fleet page and by `iruka status`."""

    __tablename__ = "ingest_count"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    agent: Mapped[str] = mapped_column(String(32), primary_key=True, default="")  # "" when not one receiver's
    count: Mapped[int] = mapped_column(BIG, default=0)
    day: Mapped[date]  # of the building, when it was met last
    today: Mapped[int] = mapped_column(BIG, default=0)  # how often on that day
    last_at: Mapped[datetime]


class Heartbeat(Base):
    """The background process is alive: one row, overwritten every few seconds."""

    __tablename__ = "heartbeat"

    process: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]
    broker_connected: Mapped[bool] = mapped_column(default=False)
    broker_since: Mapped[datetime | None]
    inbox: Mapped[int] = mapped_column(default=0)
    tags: Mapped[int] = mapped_column(default=0)
    step_ms: Mapped[float] = mapped_column(default=0.0)
