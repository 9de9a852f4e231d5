"""Adds buildings, floors, plans and zones; the caller commits."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.places import rules
from server.places.models import Building, ClosedDay, Floor, FloorPlan, TruePath, Zone, ZoneOwner
from server.places.seats import NewSeat as NewSeat  # rooms above take it from here
from server.places.seats import add_seat as add_seat
from server.places.seats import add_seats as add_seats
from server.places.seats import new_short_code

MEDIA = ("image/svg+xml", "image/png")


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


def set_exception(building_id: int, day: date, name: str, *, is_open: bool) -> None:
    """One day differs from the week's rule; the others stay as they are."""
    told = {"name": name, "is_open": is_open}
    row = db.upsert(ClosedDay).values(building_id=building_id, day=day, **told)
    db.session.execute(row.on_conflict_do_update(index_elements=["building_id", "day"], set_=told))


def set_hours(
    building_id: int, opens_at: str, closes_at: str, open_weekdays: str = "01234", *, keeps_holidays: bool | None = None
) -> None:
    """When presence may be recorded (P7) and seats be booked; None leaves holidays as they are."""
    if keeps_holidays is not None:
        db.session.execute(update(Building).where(Building.id == building_id).values(keeps_holidays=keeps_holidays))
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
    row = Zone(floor_id=floor_id, code=code, name=name, polygon=corners, **({"short_code": new_short_code()} | fields))
    db.session.add(row)
    db.session.flush()  # the caller needs the key
    return row.id


def own_zone(zone_id: int, unit_id: int, valid_from: date, valid_to: date | None = None) -> None:
    """A unit's group address from a day on; Refused when it is theirs then already."""
    then = db.session.scalars(
        select(ZoneOwner.id).where(
            ZoneOwner.zone_id == zone_id,
            ZoneOwner.unit_id == unit_id,
            ZoneOwner.valid_from < (valid_to or date.max),
            or_(ZoneOwner.valid_to.is_(None), ZoneOwner.valid_to > valid_from),
        )
    ).first()
    if then is not None:
        raise Refused("owned_already", "This zone is theirs at that time already.")
    db.session.execute(
        insert(ZoneOwner).values(zone_id=zone_id, unit_id=unit_id, valid_from=valid_from, valid_to=valid_to)
    )


def end_ownership(zone_id: int, unit_id: int, day: date) -> None:
    """From that day the zone is not this unit's any more."""
    rows = db.session.scalars(
        select(ZoneOwner).where(
            ZoneOwner.zone_id == zone_id,
            ZoneOwner.unit_id == unit_id,
            or_(ZoneOwner.valid_to.is_(None), ZoneOwner.valid_to > day),
        )
    ).all()
    if not rows:
        raise Refused("no_owner", "This has been changed by somebody else meanwhile. Look again.")
    for row in rows:
        if row.valid_from >= day:
            db.session.delete(row)
        else:
            row.valid_to = day
    db.session.flush()


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
