"""Many bookings at once, for a building that is moved into: written as they are, kept apart by their slots."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from server import changes, db
from server.bookings import rules
from server.bookings.models import Booking, Slot
from server.bookings.rules import HOLDING, How, State
from server.changes import Thing
from server.errors import Refused
from server.places.models import Seat
from server.places.rules import SeatKind

AT_ONCE = 5000


class NewBooking(NamedTuple):
    """A booking that is to be, or that was."""

    seat_id: int
    person_id: int
    starts_at: datetime
    ends_at: datetime
    state: State = State.BOOKED
    is_confirmed: bool = False
    how: How = How.MAP
    subject: str = ""


def lay_out(bookings: Iterable[NewBooking], now: datetime) -> int:
    """Write them all, without asking the house rules; Refused when two want the same. Returns how many."""
    every = list(bookings)
    coming = [one for one in every if one.ends_at > now and one.state in HOLDING]
    over = [_row(one, now) for one in every if one.ends_at <= now or one.state not in HOLDING]
    for start in range(0, len(over), AT_ONCE):
        db.session.execute(insert(Booking), over[start : start + AT_ONCE])
    if coming:
        made = insert(Booking).returning(Booking.id, sort_by_parameter_order=True)
        ids = list(db.session.scalars(made, [_row(one, now) for one in coming]))
        _hold(list(zip(ids, coming, strict=True)))
    changes.record(Thing.SEATS, 0, now)
    changes.record(Thing.BOOKING, sorted({one.person_id for one in coming}), now)
    return len(every)


def _hold(kept: Sequence[tuple[int, NewBooking]]) -> None:
    wanted = {one.seat_id for _id, one in kept}
    kinds = {i: kind for i, kind in db.session.execute(select(Seat.id, Seat.kind)) if i in wanted}
    places: dict[int, list[int]] = {}
    for seat_id, table_id in db.session.execute(select(Seat.id, Seat.table_id)):
        if table_id is not None:
            places.setdefault(table_id, []).append(seat_id)
    slots = [
        {
            "seat_id": seat_id,
            "quarter": quarter,
            "booking_id": booking_id,
            "person_id": one.person_id if seat_id == one.seat_id else None,
            "exclusive": rules.exclusive_group(SeatKind(kinds[one.seat_id])) if seat_id == one.seat_id else None,
        }
        for booking_id, one in kept
        for seat_id in (one.seat_id, *places.get(one.seat_id, ()))
        for quarter in rules.quarters(one.starts_at, one.ends_at)
    ]
    try:
        for start in range(0, len(slots), AT_ONCE):
            db.session.execute(insert(Slot), slots[start : start + AT_ONCE])
    except IntegrityError:
        raise Refused("seat_taken", "Two of these bookings want the same seat, or one person two.") from None


def _row(one: NewBooking, now: datetime) -> dict[str, object]:
    return {
        "seat_id": one.seat_id,
        "person_id": one.person_id,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "state": one.state.value,
        "is_confirmed": one.is_confirmed,
        "how": one.how.value,
        "subject": one.subject,
        "changed_at": min(now, one.starts_at),
    }
