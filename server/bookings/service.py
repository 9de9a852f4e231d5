"""Writes of bookings; flushes, never commits. The slots decide who has a place, whatever anybody looked up before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from server import changes, db
from server.bookings import facts, queries, rules
from server.bookings.models import Booking, Slot
from server.bookings.queries import BookingView
from server.bookings.rules import How, State, Verdict, Wish
from server.changes import Thing
from server.errors import Refused
from server.places.models import Seat, Zone
from server.places.rules import SeatKind

TAKEN = "Someone else booked this seat first. Choose another seat."
OVERLAP = "You already have a seat at that time. Cancel it first."
GONE = "There is no such booking."


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking that was made, and what its person may want to know of it."""

    id: int
    verdict: Verdict


def book(person_id: int, wish: Wish, now: datetime, *, booked_by_id: int | None = None, **more: object) -> Booked:
    """Somebody has a place from then until just before then; Refused with a sentence when they cannot.

    booked_by_id   the person who does it for them; None: they themselves, or the house
    more           further columns: `state`, `series_id`, `party_id`, `offered_until`, `is_confirmed`
    """
    known = facts.gather(person_id, wish, now)
    verdict = rules.judge(wish, known, now)
    row = Booking(
        seat_id=wish.seat_id,
        person_id=person_id,
        booked_by_id=booked_by_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        how=wish.how.value,
        subject=wish.subject,
        changed_at=now,
        **more,
    )
    db.session.add(row)
    db.session.flush()  # gives the id
    _hold(row, now)
    return Booked(row.id, verdict)


def sit_down(person_id: int, seat_id: int, ends_at: datetime, how: How, now: datetime) -> Booked:
    """Somebody sits on a free seat, from the quarter hour that has begun."""
    wish = Wish(seat_id, rules.begun_quarter(now), ends_at, how)
    return book(person_id, wish, now, state=State.IN_USE.value, is_confirmed=True)


def move(booking_id: int, wish: Wish, now: datetime) -> Verdict:
    """Change a booking's place or time, or both, at once or not at all; also longer or shorter."""
    row = held(booking_id)
    if row.person_id is None:
        raise Refused("no_booking", GONE, 404)
    known = facts.gather(row.person_id, wish, now, moved_id=row.id)
    verdict = rules.judge(wish, known, now)
    _let_go(row, now)
    is_elsewhere = wish.seat_id != row.seat_id
    row.seat_id, row.starts_at, row.ends_at = wish.seat_id, wish.starts_at, wish.ends_at
    row.subject = wish.subject or row.subject
    row.sequence, row.changed_at, row.is_warned = row.sequence + 1, now, False
    if is_elsewhere or wish.starts_at > now:
        row.state, row.is_confirmed = State.BOOKED.value, False
    db.session.flush()  # the row before its slots
    _hold(row, now)
    return verdict


def cancel(booking_id: int, now: datetime) -> None:
    """Give a booking back; one that somebody sits on has been left."""
    row = held(booking_id)
    _end(row, State.LEFT if row.is_confirmed else State.CANCELLED, now)
    row.sequence, row.changed_at = row.sequence + 1, now


def confirm(booking_id: int, now: datetime) -> None:
    """Whoever has it has come; a second time changes nothing."""
    row = held(booking_id)
    if not row.starts_at - timedelta(minutes=30) <= now < row.ends_at:
        raise Refused("not_now", "You can sit down half an hour before your booking begins.")
    if not row.is_confirmed:
        row.state, row.is_confirmed = State.IN_USE.value, True
        _tell(row, now)


def release(booking_id: int, now: datetime) -> None:
    """Nobody came: the place is free again, and the booking is kept as released."""
    _end(held(booking_id), State.RELEASED, now)


def held(booking_id: int) -> Booking:
    """The row of a booking that keeps a place, locked until the transaction ends; Refused (404) when there is none."""
    row = db.session.scalars(select(Booking).where(Booking.id == booking_id).with_for_update()).first()
    if row is None or State(row.state) not in rules.HOLDING:
        raise Refused("no_booking", GONE, 404)
    return row


def forget_slots(before: datetime) -> int:
    """Delete the slots of past days, which nobody can take any more; returns how many."""
    gone = delete(Slot).where(Slot.quarter < rules.quarter_of(before)).returning(Slot.seat_id)
    return len(list(db.session.scalars(gone)))


def view(booking_id: int) -> BookingView:
    """A booking as it is now, in this transaction."""
    db.session.flush()
    found = queries.booking(booking_id)
    if found is None:
        raise Refused("no_booking", GONE, 404)
    return found


def _hold(row: Booking, now: datetime) -> None:
    """Take the slots, in one statement and in order, so that two who want the same never wait for each other."""
    kind = SeatKind(db.session.scalars(select(Seat.kind).where(Seat.id == row.seat_id)).one())
    group = rules.exclusive_group(kind)
    slots = [
        {
            "seat_id": seat_id,
            "quarter": quarter,
            "booking_id": row.id,
            "person_id": row.person_id if seat_id == row.seat_id else None,
            "exclusive": group if seat_id == row.seat_id else None,
        }
        for seat_id in _with_places(row.seat_id)
        for quarter in rules.quarters(row.starts_at, row.ends_at)
    ]
    try:
        db.session.execute(insert(Slot), slots)
    except IntegrityError as error:
        if "person_id" in str(error.orig):
            raise Refused("overlap", OVERLAP) from None
        raise Refused("seat_taken", TAKEN) from None
    _tell(row, now)


def _let_go(row: Booking, now: datetime) -> None:
    quarters = rules.quarters(row.starts_at, row.ends_at)
    db.session.execute(
        delete(Slot).where(
            Slot.seat_id.in_(_with_places(row.seat_id)),
            Slot.quarter >= quarters.start,
            Slot.quarter < quarters.stop,
            Slot.booking_id == row.id,
        )
    )
    _tell(row, now)


def _end(row: Booking, state: State, now: datetime) -> None:
    _let_go(row, now)
    row.state = state.value
    row.offered_until = None


def _with_places(seat_id: int) -> Sequence[int]:
    """The seat, and when it is a table every place of it: they exclude each other."""
    return sorted([seat_id, *db.session.scalars(select(Seat.id).where(Seat.table_id == seat_id))])


def _tell(row: Booking, now: datetime) -> None:
    floor_id = db.session.scalars(select(Zone.floor_id).join(Seat).where(Seat.id == row.seat_id)).one()
    changes.record(Thing.SLOTS, floor_id, now)
    if row.person_id is not None:
        changes.record(Thing.BOOKING, row.person_id, now)
