"""Adds buildings, floors, plans and zones; the caller commits."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.places import rules
from server.places.models import Building, ClosedDay, Floor, FloorPlan, Seat, SeatEquipment, TruePath, Zone, ZoneOwner

MEDIA = ("image/svg+xml", "image/png")


class NewSeat(NamedTuple):
    """A seat that is to be: its code such as 18A-012, what it is, and where it stands on the floor.

    table   code of the table in the same zone that this is a place of; the table comes before it
    """

    code: str
    kind: str
    x_m: float
    y_m: float
    capacity: int = 1
    is_priority: bool = False
    equipment: tuple[str, ...] = ()
    table: str | None = None


def add_building(code: str, name: str, **fields: Any) -> int:
    """A new building; `fields` are further columns. Returns its id."""
    row = Building(code=code, name=name, **fields)
    db.session.add(row)
    db.session.flush()  # the caller needs the key
    return row.id


def set_exceptions(building_id: int, days: Mapping[date, tuple[str, bool]]) -> None:
    """Replace the days that differ from the week's rule: day → (name, open after all)."""
    db.session.execute(delete(ClosedDay).where(ClosedDay.building_id == building_id))
    if days:
        rows = [
            {"building_id": building_id, "day": day, "name": name, "is_open": is_open}
            for day, (name, is_open) in days.items()
        ]
        db.session.execute(insert(ClosedDay), rows)


def set_hours(building_id: int, opens_at: str, closes_at: str, open_weekdays: str = "01234") -> None:
    """When presence may be recorded (P7)."""
    db.session.execute(
        update(Building)
        .where(Building.id == building_id)
        .values(opens_at=opens_at, closes_at=closes_at, open_weekdays=open_weekdays)
    )


def add_floor(building_id: int, code: str, level: int, name: str, **fields: Any) -> int:
    """A new floor; `fields` are further columns (width_m and height_m are needed). Returns its id."""
    row = Floor(building_id=building_id, code=code, level=level, name=name, **fields)
    db.session.add(row)
    db.session.flush()  # the caller needs the key
    return row.id


def set_plan(
    floor_id: int,
    picture: bytes,
    media: str,
    now: datetime,
    *,
    x_m: float = 0.0,
    y_m: float = 0.0,
    width_m: float,
    height_m: float,
) -> None:
    """The floor's picture and where it lies on the floor; open maps are told."""
    if media not in MEDIA:
        raise Refused("bad_plan", "A floor plan must be an SVG or a PNG picture.", 422)
    db.session.execute(delete(FloorPlan).where(FloorPlan.floor_id == floor_id))
    db.session.execute(insert(FloorPlan).values(floor_id=floor_id, picture=picture))
    db.session.execute(
        update(Floor)
        .where(Floor.id == floor_id)
        .values(
            plan_media=media,
            plan_etag=hashlib.sha256(picture).hexdigest()[:32],
            plan_x_m=x_m,
            plan_y_m=y_m,
            plan_width_m=width_m,
            plan_height_m=height_m,
        )
    )
    changes.record(Thing.FLOOR, floor_id, now)


def add_zone(floor_id: int, code: str, name: str, polygon: Sequence[Sequence[float]], **fields: Any) -> int:
    """A new zone, or Refused when its outline will not do. Returns its id."""
    floor = db.session.get_one(Floor, floor_id)
    rules.check_polygon(polygon, floor.width_m, floor.height_m)
    corners = [[float(x), float(y)] for x, y in polygon]
    row = Zone(floor_id=floor_id, code=code, name=name, polygon=corners, **fields)
    db.session.add(row)
    db.session.flush()  # the caller needs the key
    return row.id


def add_seat(zone_id: int, code: str, kind: str, x_m: float, y_m: float, now: datetime) -> int:
    """One more seat in a zone, or Refused; open maps are told. Returns its id."""
    add_seats(zone_id, [NewSeat(code, kind, x_m, y_m)], now)
    return db.session.scalars(select(Seat.id).where(Seat.zone_id == zone_id, Seat.code == code)).one()


def add_seats(zone_id: int, seats: Iterable[NewSeat], now: datetime) -> None:
    """More seats in a zone; Refused when a code will not do, is there already, or the seat lies outside the floor."""
    floor = db.session.get_one(Floor, db.session.get_one(Zone, zone_id).floor_id)
    seats = list(seats)
    for one in seats:
        rules.check_seat(one.code, one.kind, one.x_m, one.y_m, floor.width_m, floor.height_m)
        rules.check_equipment(one.equipment)
    if not seats:
        return
    try:
        _insert_seats(zone_id, [one for one in seats if one.table is None])
        _insert_seats(zone_id, [one for one in seats if one.table is not None])
    except IntegrityError:
        raise Refused("seat_exists", "This zone has a seat with this code already.") from None
    changes.record(Thing.FLOOR, floor.id, now)
    changes.record(Thing.SEATS, floor.id, now)


def _insert_seats(zone_id: int, seats: Sequence[NewSeat]) -> None:
    if not seats:
        return
    tables = dict(db.session.execute(select(Seat.code, Seat.id).where(Seat.zone_id == zone_id)).all())
    missing = next((one.table for one in seats if one.table is not None and one.table not in tables), None)
    if missing is not None:
        raise Refused("bad_seat", "There is no table %(table)s in this zone.", 422, table=missing)
    rows = [
        {
            "zone_id": zone_id,
            "code": one.code,
            "kind": one.kind,
            "x_m": one.x_m,
            "y_m": one.y_m,
            "capacity": one.capacity,
            "is_priority": one.is_priority,
            "table_id": None if one.table is None else tables[one.table],
            "short_code": new_short_code(),
        }
        for one in seats
    ]
    db.session.execute(insert(Seat), rows)
    ids = dict(db.session.execute(select(Seat.code, Seat.id).where(Seat.zone_id == zone_id)).all())
    has = [{"seat_id": ids[one.code], "equipment": what} for one in seats for what in sorted(set(one.equipment))]
    if has:
        db.session.execute(insert(SeatEquipment), has)


def new_short_code() -> str:
    """A code for a sign; one in 700 million is drawn twice, and then the database says no."""
    return "".join(secrets.choice(rules.SHORT_CODE_LETTERS) for _ in range(rules.SHORT_CODE_LENGTH))


def own_zone(zone_id: int, unit_id: int, valid_from: date, valid_to: date | None = None) -> None:
    """A unit's group address from a day on."""
    db.session.execute(
        insert(ZoneOwner).values(zone_id=zone_id, unit_id=unit_id, valid_from=valid_from, valid_to=valid_to)
    )


def set_true_path(
    floor_id: int, track: str, points: Sequence[Sequence[float]], estimate: Sequence[Sequence[float]] = ()
) -> None:
    """A recording that will be replayed on this floor: the annotated walk and the estimate, as (t_s, x_m, y_m)."""
    db.session.execute(delete(TruePath).where(TruePath.floor_id == floor_id))
    db.session.execute(
        insert(TruePath).values(floor_id=floor_id, track=track, points=_points(points), estimate=_points(estimate))
    )


def start_true_path(floor_id: int, started_at: datetime | None, now: datetime) -> None:
    """The replay has begun, or ended (None); open maps are told."""
    db.session.execute(update(TruePath).where(TruePath.floor_id == floor_id).values(started_at=started_at))
    changes.record(Thing.FLOOR, floor_id, now)


def _points(points: Sequence[Sequence[float]]) -> str:
    return json.dumps([[round(v, 3) for v in point] for point in points], separators=(",", ":"))
