"""Buildings, floors, zones and who owns a zone."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, forbid_overlap
from server.places.rules import Equipment


class Building(Base):
    """A building with its own clock and opening days."""

    __tablename__ = "building"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)  # the site in MQTT topics
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    timezone: Mapped[str] = mapped_column(String(40), default="Asia/Tokyo")
    opens_at: Mapped[str] = mapped_column(String(5), default="07:00")  # P7: nothing is recorded outside
    closes_at: Mapped[str] = mapped_column(String(5), default="20:00")
    open_weekdays: Mapped[str] = mapped_column(String(7), default="01234")  # Monday is 0
    keeps_holidays: Mapped[bool] = mapped_column(default=True, server_default=true())  # and year ends


class ClosedDay(Base):
    """A holiday or closing day of the building (`is_open` reverses it: an extra open day)."""

    __tablename__ = "closed_day"

    building_id: Mapped[int] = mapped_column(ForeignKey("building.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), default="")
    is_open: Mapped[bool] = mapped_column(default=False)


class Floor(Base):
    """One storey with its plan; lengths in metres, y downwards as in SVG."""

    __tablename__ = "floor"

    id: Mapped[int] = mapped_column(primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(16))
    level: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    width_m: Mapped[float]
    height_m: Mapped[float]
    kind: Mapped[str] = mapped_column(String(16), default="group")  # group, fixed, counter, shared, public, excluded
    excluded: Mapped[bool] = mapped_column(default=False)  # P8: the whole floor refuses presence
    portals: Mapped[list[list[float]]] = mapped_column(JSON, default=list)  # lift and stair points [[x_m, y_m], …]
    slab_db: Mapped[float] = mapped_column(default=18.0)
    plan_media: Mapped[str] = mapped_column(String(40), default="")  # image/svg+xml, image/png; empty: no plan yet
    plan_etag: Mapped[str] = mapped_column(String(64), default="")
    # where the picture lies: metres of its left upper corner and its size
    plan_x_m: Mapped[float] = mapped_column(default=0.0)
    plan_y_m: Mapped[float] = mapped_column(default=0.0)
    plan_width_m: Mapped[float] = mapped_column(default=0.0)
    plan_height_m: Mapped[float] = mapped_column(default=0.0)

    __table_args__ = (
        UniqueConstraint("building_id", "code"),
        CheckConstraint("width_m > 0 AND height_m > 0", name="size"),
    )


class FloorPlan(Base):
    """The picture of a floor; apart from Floor, so that lists do not load it."""

    __tablename__ = "floor_plan"

    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"), primary_key=True)
    picture: Mapped[bytes] = mapped_column(LargeBinary)


class Zone(Base):
    """A part of a floor with a name: a group-address zone, a counter, a room, or an excluded area."""

    __tablename__ = "zone"

    id: Mapped[int] = mapped_column(primary_key=True)
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    kind: Mapped[str] = mapped_column(String(16), default="group")  # group, fixed, counter, room, shared, refresh
    polygon: Mapped[list[list[float]]] = mapped_column(JSON)  # [[x_m, y_m], …], at least three points
    capacity: Mapped[int] = mapped_column(default=0)
    excluded: Mapped[bool] = mapped_column(default=False)  # P8: toilets, health room, union office …
    counts_only: Mapped[bool] = mapped_column(default=False)  # refresh areas: never a name
    sort: Mapped[int] = mapped_column(default=0)
    short_code: Mapped[str | None] = mapped_column(String(8), unique=True)  # on the sign at its entrance

    __table_args__ = (
        UniqueConstraint("floor_id", "code"),
        CheckConstraint("capacity >= 0", name="capacity"),
    )


class Seat(Base):
    """A place to work at, where its number says; what may be booked is built upon it."""

    __tablename__ = "seat"

    id: Mapped[int] = mapped_column(primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(32))  # 18A-012
    kind: Mapped[str] = mapped_column(String(16), default="group")  # group, solo, group_desk, booth, fixed, counter
    x_m: Mapped[float]
    y_m: Mapped[float]
    table_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), index=True)
    # the table this is a place of: a table and its places exclude each other
    capacity: Mapped[int] = mapped_column(default=1, server_default="1")  # people: of a table, a booth or a room
    is_priority: Mapped[bool] = mapped_column(
        default=False
    )  # 配慮席: kept for those who need it; why is nobody's business
    short_code: Mapped[str | None] = mapped_column(String(8), unique=True)  # on the seat's sign, to be typed on a PC
    retired_on: Mapped[date | None]  # from that day on it is no seat any more; its bookings keep their place

    __table_args__ = (
        UniqueConstraint("zone_id", "code"),
        CheckConstraint("capacity >= 1", name="capacity"),
        CheckConstraint("table_id IS NULL OR table_id <> id", name="table"),
    )


class SeatEquipment(Base):
    """Something that a seat has."""

    __tablename__ = "seat_equipment"

    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), primary_key=True)
    equipment: Mapped[str] = mapped_column(String(16), primary_key=True)

    __table_args__ = (
        CheckConstraint(f"equipment IN ({', '.join(repr(e.value) for e in Equipment)})", name="equipment"),
    )


class SeatHolder(Base):
    """Whose fixed or priority seat this is, dated; the reason is written nowhere."""

    __tablename__ = "seat_holder"

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="term"),)


forbid_overlap(SeatHolder, "seat_id")


class SeatOutage(Base):
    """A seat that cannot be used for a while, and why."""

    __tablename__ = "seat_outage"

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]  # None: until somebody ends it
    reason: Mapped[str] = mapped_column(String(100))
    set_by: Mapped[str] = mapped_column(String(130))  # who to ask

    __table_args__ = (CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="term"),)


class SeatReport(Base):
    """Somebody says that a seat is not as it is described; somebody who looks after the zone answers."""

    __tablename__ = "seat_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(16))  # an Equipment that is missing or broken, or "other"
    note: Mapped[str] = mapped_column(String(200), default="")
    reported_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    reported_at: Mapped[datetime]
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )  # who sees to it
    done_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (Index("ix_seat_report_done_at", "done_at"),)


class ZoneOwner(Base):
    """A unit whose group address this zone is, dated."""

    __tablename__ = "zone_owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("zone_id", "unit_id", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="term"),
    )


class TruePath(Base):
    """A recording that is replayed: the annotated walk and what positioning makes of its radio; nobody's place."""

    __tablename__ = "true_path"

    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id", ondelete="CASCADE"), primary_key=True)
    track: Mapped[str] = mapped_column(String(60))
    points: Mapped[str] = mapped_column(Text)  # JSON [[t_s, x_m, y_m], …]
    estimate: Mapped[str] = mapped_column(Text, default="[]")  # the same
    started_at: Mapped[datetime | None]  # when the replay of t_s = 0 began; None while it does not run
