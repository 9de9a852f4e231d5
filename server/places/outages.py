"""Seats that cannot be used for a while, and why; the caller commits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, or_, select

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.places import rules
from server.places.models import Seat, SeatOutage, Zone
from server.places.seats import NO_SEAT, with_places

LONGEST_REASON = 100


@dataclass(frozen=True, slots=True)
class OutageView:
    """A seat out of service; `ends_at` None: until somebody ends it."""

    id: int
    seat_id: int
    seat_code: str
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    set_by: str


def take_out(
    seat_ids: Collection[int], starts_at: datetime, ends_at: datetime | None, reason: str, set_by: str, now: datetime
) -> list[int]:
    """These seats, and the places of tables among them, cannot be used then; returns all of their ids."""
    text = rules.one_line(reason, LONGEST_REASON)
    if not text:
        raise Refused("no_reason", "Say why: people read it when they look for a seat.", 422)
    if ends_at is not None and ends_at <= starts_at:
        raise Refused("bad_term", "The end must come after the beginning.", 422)
    if ends_at is not None and ends_at <= now:
        raise Refused("past", "This time is over.", 422)
    found = with_places(seat_ids)
    if not found:
        raise Refused("no_seat", NO_SEAT, 404)
    db.session.execute(
        insert(SeatOutage),
        [{"seat_id": i, "starts_at": starts_at, "ends_at": ends_at, "reason": text, "set_by": set_by} for i in found],
    )
    _tell(found, now)
    return found


def end(outage_id: int, now: datetime) -> None:
    """The seat can be used again, from now on; one that has not begun never was."""
    row = db.session.get(SeatOutage, outage_id)
    if row is None or (row.ends_at is not None and row.ends_at <= now):
        raise Refused("no_outage", "This has been changed by somebody else meanwhile. Look again.")
    seat_id = row.seat_id
    if row.starts_at >= now:
        db.session.delete(row)
    else:
        row.ends_at = now
    db.session.flush()
    _tell([seat_id], now)


def outage(outage_id: int) -> OutageView | None:
    """One of them."""
    return next(iter(_views(SeatOutage.id == outage_id)), None)


def of_seats(seat_ids: Collection[int], after: datetime) -> list[OutageView]:
    """What is not over by then, the earliest first."""
    if not seat_ids:
        return []
    return _views(SeatOutage.seat_id.in_(seat_ids), or_(SeatOutage.ends_at.is_(None), SeatOutage.ends_at > after))


def _views(*conditions: ColumnElement[bool]) -> list[OutageView]:
    wanted = (
        select(
            SeatOutage.id,
            SeatOutage.seat_id,
            Seat.code,
            SeatOutage.starts_at,
            SeatOutage.ends_at,
            SeatOutage.reason,
            SeatOutage.set_by,
        )
        .join(Seat, Seat.id == SeatOutage.seat_id)
        .where(*conditions)
        .order_by(SeatOutage.starts_at, Seat.code)
    )
    return [OutageView(*row) for row in db.session.execute(wanted)]


def _tell(seat_ids: Collection[int], now: datetime) -> None:
    floors = db.session.scalars(select(Zone.floor_id).join(Seat).where(Seat.id.in_(seat_ids)).distinct())
    changes.record(Thing.SEATS, sorted(floors), now)
