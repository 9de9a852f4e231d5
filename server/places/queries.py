"""Reads of buildings, floors and zones; small frozen views."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select

from server import db
from server.people.models import Unit
from server.places import rules
from server.places.models import Building, ClosedDay, Floor, FloorPlan, TruePath, Zone, ZoneOwner
from server.places.seat_queries import SeatView as SeatView  # rooms above take it from here, and the reads of seats
from server.places.seat_queries import holders as holders
from server.places.seat_queries import outages as outages
from server.places.seat_queries import seat_by_short_code as seat_by_short_code
from server.places.seat_queries import seat_on_floor as seat_on_floor
from server.places.seat_queries import seats as seats
from server.places.seat_queries import seats_by_id as seats_by_id
from server.places.seat_queries import seats_on_floor as seats_on_floor


@dataclass(frozen=True, slots=True)
class BuildingView:
    """A building with its clock and hours."""

    id: int
    code: str
    name: str
    name_en: str
    timezone: str
    opens_at: str
    closes_at: str
    open_weekdays: str
    keeps_holidays: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class PlanView:
    """Where a floor's picture lies, in metres, and which version it is."""

    media: str
    etag: str
    x_m: float
    y_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class FloorView:
    """One storey without its picture."""

    id: int
    building_id: int
    code: str
    level: int
    name: str
    name_en: str
    width_m: float
    height_m: float
    kind: str
    excluded: bool
    portals: tuple[tuple[float, float], ...]
    slab_db: float
    plan: PlanView | None


@dataclass(frozen=True, slots=True)
class ZoneView:
    """A part of a floor with the units that own it on the day asked for."""

    id: int
    floor_id: int
    code: str
    name: str
    name_en: str
    kind: str
    polygon: tuple[tuple[float, float], ...]
    capacity: int
    excluded: bool
    counts_only: bool
    units: tuple[str, ...] = ()
    units_en: tuple[str, ...] = ()
    unit_ids: tuple[int, ...] = ()
    short_code: str | None = None


@dataclass(frozen=True, slots=True)
class TruePathView:
    """A recording that is replayed: where it really went and the estimate, as points (t_s, x_m, y_m)."""

    track: str
    points: tuple[tuple[float, float, float], ...]
    estimate: tuple[tuple[float, float, float], ...] = ()
    started_at: datetime | None = None  # of t_s = 0; None while nothing is replayed


def building(code: str) -> BuildingView | None:
    """The building with this code."""
    return _building(db.session.scalar(select(Building).where(Building.code == code)))


def buildings() -> list[BuildingView]:
    """Every building."""
    found = (_building(row) for row in db.session.scalars(select(Building).order_by(Building.id)))
    return [building for building in found if building is not None]


def building_of(floor_id: int) -> BuildingView | None:
    """The building with this floor."""
    return _building(db.session.scalar(select(Building).join(Floor).where(Floor.id == floor_id)))


def _building(row: Building | None) -> BuildingView | None:
    if row is None:
        return None
    return BuildingView(
        row.id,
        row.code,
        row.name,
        row.name_en,
        row.timezone,
        row.opens_at,
        row.closes_at,
        row.open_weekdays,
        row.keeps_holidays,
    )


def closed_days(building_id: int) -> dict[date, bool]:
    """Days that differ from the week's rule: True open after all, False closed."""
    rows = db.session.execute(select(ClosedDay.day, ClosedDay.is_open).where(ClosedDay.building_id == building_id))
    return dict(rows.all())


def opening(of: BuildingView) -> rules.Opening:
    """When the building's presence may be recorded (P7)."""
    return rules.opening(
        of.timezone, of.opens_at, of.closes_at, of.open_weekdays, closed_days(of.id), keeps_holidays=of.keeps_holidays
    )


def floors(building_id: int) -> list[FloorView]:
    """Every floor, top first."""
    found = select(Floor).where(Floor.building_id == building_id).order_by(Floor.level.desc(), Floor.code)
    return [_floor(row) for row in db.session.scalars(found)]


def floor(floor_id: int) -> FloorView | None:
    """One floor by its key."""
    row = db.session.get(Floor, floor_id)
    return None if row is None else _floor(row)


def floor_by_code(building_id: int, code: str) -> FloorView | None:
    """One floor by what it is called; codes with characters no database holds name none."""
    if not code.isprintable():
        return None
    row = db.session.scalar(select(Floor).where(Floor.building_id == building_id, Floor.code == code))
    return None if row is None else _floor(row)


def floor_of_zone(zone_id: int) -> FloorView | None:
    """The floor that a zone is part of."""
    row = db.session.scalar(select(Floor).join(Zone).where(Zone.id == zone_id))
    return None if row is None else _floor(row)


def picture(floor_id: int) -> bytes | None:
    """The floor's plan as stored."""
    return db.session.scalar(select(FloorPlan.picture).where(FloorPlan.floor_id == floor_id))


def zones(floor_id: int, day: date | None = None) -> list[ZoneView]:
    """The zones of a floor in their order; with a day, with the units that own them then."""
    return _zones(select(Zone).where(Zone.floor_id == floor_id).order_by(Zone.sort, Zone.code), day)


def zones_of_building(building_id: int, day: date | None = None) -> list[ZoneView]:
    """The zones of every floor, floor by floor."""
    found = select(Zone).join(Floor, Floor.id == Zone.floor_id).where(Floor.building_id == building_id)
    return _zones(found.order_by(Floor.level.desc(), Zone.sort, Zone.code), day)


def zone_by_short_code(code: str) -> ZoneView | None:
    """The zone with this code on the sign at its entrance, however it was typed."""
    typed = rules.typed_short_code(code)
    found = _zones(select(Zone).where(Zone.short_code == typed), None) if typed else []
    return found[0] if found else None


def zone_ids_of(unit_id: int, day: date) -> frozenset[int]:
    """The zones that this unit owns on that day."""
    owned = select(ZoneOwner.zone_id).where(
        ZoneOwner.unit_id == unit_id,
        ZoneOwner.valid_from <= day,
        or_(ZoneOwner.valid_to.is_(None), ZoneOwner.valid_to > day),
    )
    return frozenset(db.session.scalars(owned))


@dataclass(frozen=True, slots=True)
class OwnerTerm:
    """A unit that owns a zone, from a day until just before another."""

    unit_id: int
    valid_from: date
    valid_to: date | None


def owner_terms(zone_id: int, day: date) -> list[OwnerTerm]:
    """Who owns a zone that day or later, the earliest first."""
    wanted = select(ZoneOwner.unit_id, ZoneOwner.valid_from, ZoneOwner.valid_to).where(
        ZoneOwner.zone_id == zone_id, or_(ZoneOwner.valid_to.is_(None), ZoneOwner.valid_to > day)
    )
    return [OwnerTerm(*row) for row in db.session.execute(wanted.order_by(ZoneOwner.valid_from, ZoneOwner.unit_id))]


def true_path(floor_id: int) -> TruePathView | None:
    """The walk that is being replayed on this floor, if one is."""
    row = db.session.scalar(select(TruePath).where(TruePath.floor_id == floor_id))
    if row is None:
        return None
    return TruePathView(row.track, _points(row.points), _points(row.estimate), row.started_at)


def _points(text: str) -> tuple[tuple[float, float, float], ...]:
    return tuple((t_s, x_m, y_m) for t_s, x_m, y_m in json.loads(text))


def _zones(found: Select[Any], day: date | None) -> list[ZoneView]:
    rows = list(db.session.scalars(found))
    owners: defaultdict[int, list[tuple[int, str, str]]] = defaultdict(list)
    if day is not None and rows:
        owned = (
            select(ZoneOwner.zone_id, Unit.id, Unit.name, Unit.name_en)
            .join(Unit, Unit.id == ZoneOwner.unit_id)
            .where(
                ZoneOwner.zone_id.in_([row.id for row in rows]),
                ZoneOwner.valid_from <= day,
                or_(ZoneOwner.valid_to.is_(None), ZoneOwner.valid_to > day),
            )
            .order_by(Unit.sort, Unit.id)
        )
        for zone_id, unit_id, name, name_en in db.session.execute(owned):
            owners[zone_id].append((unit_id, name, name_en))
    return [_zone(row, owners[row.id]) for row in rows]


def _zone(row: Zone, owners: list[tuple[int, str, str]]) -> ZoneView:
    return ZoneView(
        row.id,
        row.floor_id,
        row.code,
        row.name,
        row.name_en,
        row.kind,
        tuple((x, y) for x, y in row.polygon),
        row.capacity,
        row.excluded,
        row.counts_only,
        tuple(name for _id, name, _en in owners),
        tuple(name_en for _id, _name, name_en in owners),
        tuple(unit_id for unit_id, _name, _en in owners),
        row.short_code,
    )


def _floor(row: Floor) -> FloorView:
    plan = None
    if row.plan_media:
        plan = PlanView(row.plan_media, row.plan_etag, row.plan_x_m, row.plan_y_m, row.plan_width_m, row.plan_height_m)
    return FloorView(
        row.id,
        row.building_id,
        row.code,
        row.level,
        row.name,
        row.name_en,
        row.width_m,
        row.height_m,
        row.kind,
        row.excluded,
        tuple((x, y) for x, y in row.portals),
        row.slab_db,
        plan,
    )
