"""What is done to seats: put up, described, given to somebody, moved to another zone, retired; the caller commits."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.places import rules
from server.places.models import Floor, Seat, SeatEquipment, SeatHolder, Zone

NO_SEAT = "There is no such seat."


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


def describe(
    seat_id: int, *, kind: str, equipment: Iterable[str], is_priority: bool, capacity: int, now: datetime
) -> None:
    """What a seat is and has; Refused when there is no such kind or equipment."""
    row, has = _row(seat_id), sorted(set(equipment))
    rules.check_kind(kind)
    rules.check_equipment(has)
    rules.check_capacity(capacity)
    row.kind, row.is_priority, row.capacity = kind, is_priority, capacity
    db.session.execute(delete(SeatEquipment).where(SeatEquipment.seat_id == seat_id))
    if has:
        db.session.execute(insert(SeatEquipment), [{"seat_id": seat_id, "equipment": what} for what in has])
    _tell([seat_id], now)


def place_at(seat_id: int, x_m: float, y_m: float, now: datetime) -> None:
    """Where it stands on its floor."""
    row = _row(seat_id)
    floor = db.session.scalars(select(Floor).join(Zone).where(Zone.id == row.zone_id)).one()
    rules.check_seat(row.code, row.kind, x_m, y_m, floor.width_m, floor.height_m)
    row.x_m, row.y_m = x_m, y_m
    _tell([seat_id], now)


def renew_code(seat_id: int, now: datetime) -> str:
    """A new short code for its sign: the old sign leads nowhere from now on."""
    row = _row(seat_id)
    row.short_code = new_short_code()
    _tell([seat_id], now)
    return row.short_code


def renew_zone_code(zone_id: int) -> str:
    """The same for the sign at a zone's entrance."""
    row = db.session.get(Zone, zone_id)
    if row is None:
        raise Refused("no_zone", "There is no such zone.", 404)
    row.short_code = new_short_code()
    db.session.flush()
    return row.short_code


def retire(seat_id: int, day: date | None, now: datetime) -> None:
    """From that day on it is no seat any more, with the places of a table; None: it is one after all."""
    _row(seat_id)
    seat_ids = with_places([seat_id])
    db.session.execute(update(Seat).where(Seat.id.in_(seat_ids)).values(retired_on=day))
    _tell(seat_ids, now)


def move_to_zone(seat_ids: Collection[int], zone_id: int, now: datetime) -> int:
    """Seats become part of another zone of their floor, and their bookings stay; returns how many moved.

    The places of a table go with it; merging two zones is moving all the seats of one.
    """
    zone = db.session.get(Zone, zone_id)
    if zone is None:
        raise Refused("no_zone", "There is no such zone.", 404)
    moved = with_places(seat_ids)
    rows = list(db.session.scalars(select(Seat).where(Seat.id.in_(moved))))
    if any(row.table_id is not None and row.table_id not in moved for row in rows):
        raise Refused("part_of_table", "A place of a table moves with its table only.", 422)
    floors = set(db.session.scalars(select(Zone.floor_id).where(Zone.id.in_({row.zone_id for row in rows}))))
    if floors - {zone.floor_id}:
        raise Refused("other_floor", "Seats can be moved to a zone of the same floor only.", 422)
    try:
        db.session.execute(update(Seat).where(Seat.id.in_(moved)).values(zone_id=zone_id))
    except IntegrityError:
        raise Refused("seat_exists", "The other zone has a seat with the same code.") from None
    _tell(moved, now)
    return len(moved)


def give(seat_id: int, person_id: int, valid_from: date, valid_to: date | None, now: datetime) -> int:
    """A fixed or priority seat is somebody's own from that day until just before the other; nobody asks why."""
    _row(seat_id)
    if valid_to is not None and valid_to <= valid_from:
        raise Refused("bad_term", "The day it ends must come after the day it begins.", 422)
    row = SeatHolder(seat_id=seat_id, person_id=person_id, valid_from=valid_from, valid_to=valid_to)
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:
        raise Refused("held_then", "Somebody else has this seat at that time. End that first.") from None
    _tell([seat_id], now)
    return row.id


def give_many(rows: Iterable[tuple[int, int, date]], now: datetime) -> None:
    """Many seats at once, as (seat, person, from which day): a building is moved into."""
    made = [{"seat_id": s, "person_id": p, "valid_from": day, "valid_to": None} for s, p, day in rows]
    if made:
        db.session.execute(insert(SeatHolder), made)
        changes.record(Thing.SEATS, 0, now)


def end_holding(holder_id: int, seat_id: int, day: date, now: datetime) -> None:
    """From that day the seat is not theirs any more."""
    row = db.session.get(SeatHolder, holder_id)
    if row is None or row.seat_id != seat_id:
        raise Refused("no_holder", "This has been changed by somebody else meanwhile. Look again.")
    if day <= row.valid_from:
        db.session.delete(row)
    else:
        row.valid_to = day
    db.session.flush()
    _tell([seat_id], now)


def forget_holders(before: date) -> int:
    """Delete whose seats these were, of terms that ended before a day; returns how many."""
    over = delete(SeatHolder).where(SeatHolder.valid_to < before).returning(SeatHolder.id)
    return len(list(db.session.scalars(over)))


def with_places(seat_ids: Collection[int]) -> list[int]:
    """These seats, and every place of those that are tables."""
    wanted = select(Seat.id).where(or_(Seat.id.in_(seat_ids), Seat.table_id.in_(seat_ids)))
    return sorted(db.session.scalars(wanted))


def _row(seat_id: int) -> Seat:
    row = db.session.get(Seat, seat_id)
    if row is None:
        raise Refused("no_seat", NO_SEAT, 404)
    return row


def _tell(seat_ids: Collection[int], now: datetime) -> None:
    db.session.flush()
    floors = set(db.session.scalars(select(Zone.floor_id).join(Seat).where(Seat.id.in_(seat_ids))))
    changes.record(Thing.FLOOR, sorted(floors), now)
    changes.record(Thing.SEATS, sorted(floors), now)
