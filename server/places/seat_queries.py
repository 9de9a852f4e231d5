"""Reads of seats: what they are and have, whose they are, which cannot be used, where their signs lead."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select

from server import db
from server.people.queries import CHUNK
from server.places import rules
from server.places.models import Floor, Seat, SeatEquipment, SeatHolder, SeatOutage, Zone


@dataclass(frozen=True, slots=True)
class SeatView:
    """A place to work at, or something else that can be booked.

    table_id   the table this is a place of; None for anything else
    capacity   people
    """

    id: int
    zone_id: int
    code: str
    kind: str
    x_m: float
    y_m: float
    table_id: int | None = None
    capacity: int = 1
    is_priority: bool = False
    short_code: str | None = None
    retired_on: date | None = None
    equipment: tuple[str, ...] = ()


def seats(building_id: int) -> list[SeatView]:
    """Every seat of the building, by its code."""
    return _seats(_seats_wanted().join(Floor, Floor.id == Zone.floor_id).where(Floor.building_id == building_id))


def seats_on_floor(floor_id: int) -> list[SeatView]:
    """Every seat of a floor, by its code."""
    return _seats(_seats_wanted().where(Zone.floor_id == floor_id))


def seats_by_id(seat_ids: Collection[int]) -> dict[int, SeatView]:
    """These seats; those that are not there are missing."""
    return {seat.id: seat for seat in _seats(_seats_wanted().where(Seat.id.in_(seat_ids)))} if seat_ids else {}


def seat_by_short_code(code: str) -> SeatView | None:
    """The seat with this code on its sign, however it was typed."""
    typed = rules.typed_short_code(code)
    found = _seats(_seats_wanted().where(Seat.short_code == typed)) if typed else []
    return found[0] if found else None


def seat_on_floor(floor_id: int, code: str) -> SeatView | None:
    """One seat by what it is called; codes with characters no database holds name none."""
    if not code.isprintable():
        return None
    found = _seats(_seats_wanted().where(Zone.floor_id == floor_id, Seat.code == code))
    return found[0] if found else None


def holders(seat_ids: Collection[int], day: date) -> dict[int, int]:
    """Whose own these seats are on a day: person ids by seat; others are missing."""
    if not seat_ids:
        return {}
    rows = db.session.execute(
        select(SeatHolder.seat_id, SeatHolder.person_id).where(
            SeatHolder.seat_id.in_(seat_ids),
            SeatHolder.valid_from <= day,
            or_(SeatHolder.valid_to.is_(None), SeatHolder.valid_to > day),
        )
    )
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class HolderTerm:
    """Somebody whose own a seat is, from a day until just before another."""

    id: int
    person_id: int
    valid_from: date
    valid_to: date | None


def terms_of(seat_id: int, day: date) -> list[HolderTerm]:
    """Whose own a seat is that day or later, the earliest first."""
    wanted = select(SeatHolder.id, SeatHolder.person_id, SeatHolder.valid_from, SeatHolder.valid_to).where(
        SeatHolder.seat_id == seat_id, or_(SeatHolder.valid_to.is_(None), SeatHolder.valid_to > day)
    )
    return [HolderTerm(*row) for row in db.session.execute(wanted.order_by(SeatHolder.valid_from))]


def outages(seat_ids: Collection[int], starts_at: datetime, ends_at: datetime) -> dict[int, str]:
    """Which of these seats cannot be used for some of that time, and why."""
    if not seat_ids:
        return {}
    rows = db.session.execute(
        select(SeatOutage.seat_id, SeatOutage.reason).where(
            SeatOutage.seat_id.in_(seat_ids),
            SeatOutage.starts_at < ends_at,
            or_(SeatOutage.ends_at.is_(None), SeatOutage.ends_at > starts_at),
        )
    )
    return dict(rows.all())


def _seats_wanted() -> Select[Any]:
    return select(Seat).join(Zone, Zone.id == Seat.zone_id).order_by(Seat.code)


def _seats(wanted: Select[Any]) -> list[SeatView]:
    rows = list(db.session.scalars(wanted))
    has: defaultdict[int, list[str]] = defaultdict(list)
    for start in range(0, len(rows), CHUNK):
        ids = [row.id for row in rows[start : start + CHUNK]]
        found = select(SeatEquipment.seat_id, SeatEquipment.equipment).where(SeatEquipment.seat_id.in_(ids))
        for seat_id, equipment in db.session.execute(found):
            has[seat_id].append(equipment)
    return [_seat(row, tuple(sorted(has[row.id]))) for row in rows]


def _seat(row: Seat, equipment: tuple[str, ...]) -> SeatView:
    return SeatView(
        row.id,
        row.zone_id,
        row.code,
        row.kind,
        row.x_m,
        row.y_m,
        row.table_id,
        row.capacity,
        row.is_priority,
        row.short_code,
        row.retired_on,
        equipment,
    )
