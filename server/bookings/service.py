"""Writes of bookings; flushes, never commits. The slots decide who has a place, whatever anybody looked up before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import psycopg
from sqlalchemy import Table, TextClause, delete, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from server import changes, db
from server.bookings import facts, news, queries, rules
from server.bookings.floor_days import FRESH, Known
from server.bookings.models import Booking, Slot
from server.bookings.news import What
from server.bookings.queries import BookingView
from server.bookings.rules import How, State, Verdict, Wish
from server.changes import Thing
from server.errors import Refused
from server.places.models import Seat, Zone
from server.places.rules import SeatKind

TAKEN = "Someone else booked this seat first. Choose another seat."
OVERLAP = "You already have a seat at that time. Cancel it first."
GONE = "There is no such booking."
ONLY_OFFERED = "This seat is only kept for you. Take the offer first, under My seats."

SLOTS = cast(Table, Slot.__table__)
_BOOK = insert(cast(Table, Booking.__table__)).returning(Booking.id)
Check = Callable[[int | None, int | None], None]
Freed = Callable[[int, datetime, datetime, datetime], None]
_when_free: list[Freed] = []


def when_free(listener: Freed) -> Freed:
    """Call this in the same transaction whenever a place is given back: floor, from, until, now."""
    _when_free.append(listener)
    return listener


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking that was made, and what its person may want to know of it."""

    id: int
    verdict: Verdict


def book(
    person_id: int,
    wish: Wish,
    now: datetime,
    *,
    booked_by_id: int | None = None,
    known: Known = FRESH,
    **more: object,
) -> Booked:
    """Somebody has a place from then until just before then; Refused with a sentence when they cannot.

    booked_by_id   the person who does it for them; None: they themselves, or the house
    known          who tells what holds of the seat
    more           further columns: `state`, `series_id`, `party_id`, `offered_until`, `is_confirmed`
    """
    found = facts.gather(person_id, wish, now, known=known, is_for_keeps=True)
    verdict = rules.judge(wish, found, now)
    row = {
        "seat_id": wish.seat_id,
        "person_id": person_id,
        "booked_by_id": booked_by_id,
        "starts_at": wish.starts_at,
        "ends_at": wish.ends_at,
        "state": State.BOOKED.value,
        "how": wish.how.value,
        "is_confirmed": False,
        "is_warned": False,
        "subject": wish.subject,
        "sequence": 0,
        "changed_at": now,
    }
    booking_id = db.session.execute(_BOOK, row | more).scalar_one()
    _hold(booking_id, person_id, wish, found.place.kind)
    _tell(found.floor_id, person_id, now)
    what = What.OFFERED if more.get("state") == State.OFFERED.value else What.MADE
    news.tell(what, booking_id, person_id, now, booked_by_id)
    return Booked(booking_id, verdict)


def join_party(booking_id: int, party_id: int) -> None:
    """One of several side by side."""
    db.session.execute(update(Booking).where(Booking.id == booking_id).values(party_id=party_id))


def sit_down(
    person_id: int, seat_id: int, ends_at: datetime, how: How, now: datetime, *, known: Known = FRESH, subject: str = ""
) -> Booked:
    """Somebody sits on a free seat, from the quarter hour that has begun."""
    wish = Wish(seat_id, rules.begun_quarter(now), ends_at, how, subject)
    return book(person_id, wish, now, known=known, state=State.IN_USE.value, is_confirmed=True)


def move(
    booking_id: int,
    wish: Wish,
    now: datetime,
    *,
    known: Known = FRESH,
    by_id: int | None = None,
    subject: str | None = None,
) -> Verdict:
    """Change a booking's place or time, or both, at once or not at all; also longer or shorter.

    by_id     who does it, when it is not its person
    subject   what it is for from now on; None: what it was for
    """
    row = _taken(booking_id)
    if row.person_id is None:
        raise Refused("no_booking", GONE, 404)
    is_renamed = subject not in (None, row.subject)
    if (wish.seat_id, wish.starts_at, wish.ends_at) == (row.seat_id, row.starts_at, row.ends_at):
        if is_renamed:
            row.subject, row.sequence, row.changed_at = subject or "", row.sequence + 1, now
            _tell(_floor_of(row.seat_id), row.person_id, now)
            news.tell(What.CHANGED, row.id, row.person_id, now, by_id)
        return Verdict()
    found = facts.gather(row.person_id, wish, now, moved_id=row.id, known=known, is_for_keeps=True)
    verdict = rules.judge(wish, found, now)
    _let_go(row)
    was = (_floor_of(row.seat_id), row.starts_at, row.ends_at)
    _tell(was[0], None, now)
    row.seat_id, row.starts_at, row.ends_at = wish.seat_id, wish.starts_at, wish.ends_at
    if is_renamed:
        row.subject = subject or ""
    row.sequence, row.changed_at, row.is_warned = row.sequence + 1, now, False
    if wish.starts_at > now:  # whoever has come and changes the seat meanwhile is still there
        row.state, row.is_confirmed = State.BOOKED.value, False
    db.session.flush()  # the row before its slots
    _hold(row.id, row.person_id, wish, found.place.kind)
    _tell(found.floor_id, row.person_id, now)
    news.tell(What.CHANGED, row.id, row.person_id, now, by_id)
    _free(*was, now)
    return verdict


def cancel(
    booking_id: int, now: datetime, *, by_id: int | None = None, check: Check | None = None, is_offered: bool = True
) -> None:
    """Give a booking back, its person or another (`by_id`); one that somebody sits on has been left.

    is_offered   to those who wait, at once; else when the timetable comes by
    check        told whose it is and who made it; refuses when they may not
    """
    row, floor_id = _held(booking_id)
    if check is not None:
        check(row.person_id, row.booked_by_id)
    if row.is_confirmed:
        _end(row, floor_id, State.LEFT, now, is_offered=is_offered, sequence=row.sequence + 1)
        return
    was_theirs = row.state != State.OFFERED.value
    _end(row, floor_id, State.CANCELLED, now, is_offered=is_offered, sequence=row.sequence + 1, changed_at=now)
    if was_theirs:
        news.tell(What.CANCELLED, row.id, row.person_id, now, by_id)


def leave(booking_id: int, now: datetime) -> None:
    """Whoever sits there goes before the end; when is written nowhere (P3)."""
    row, floor_id = _held(booking_id)
    _end(row, floor_id, State.LEFT, now, sequence=row.sequence + 1)


def give_back(booking_id: int, now: datetime) -> None:
    """The person is away that day: the place is free, and theirs again if they take it back in time."""
    row = held(booking_id)
    cancel(booking_id, now)
    row.is_for_absence = row.state == State.CANCELLED.value


def take_back(booking_id: int, now: datetime) -> Verdict:
    """What was given back for an absence is theirs again; Refused when it is not free any more."""
    row = db.session.scalars(select(Booking).where(Booking.id == booking_id).with_for_update()).first()
    if row is None or row.person_id is None or not row.is_for_absence or row.state != State.CANCELLED.value:
        raise Refused("no_booking", GONE, 404)
    wish = Wish(row.seat_id, max(row.starts_at, rules.begun_quarter(now)), row.ends_at)  # its grace begins anew
    found = facts.gather(row.person_id, wish, now, moved_id=row.id, is_for_keeps=True)
    verdict = rules.judge(wish, found, now)
    row.starts_at = wish.starts_at
    row.state, row.is_for_absence, row.is_warned = State.BOOKED.value, False, False
    row.sequence, row.changed_at = row.sequence + 1, now
    db.session.flush()
    _hold(row.id, row.person_id, wish, found.place.kind)
    _tell(found.floor_id, row.person_id, now)
    news.tell(What.MADE, row.id, row.person_id, now)
    return verdict


def confirm(booking_id: int, now: datetime) -> None:
    """Whoever has it has come; a second time changes nothing."""
    row = _taken(booking_id)
    if not row.starts_at - timedelta(minutes=30) <= now < row.ends_at:
        raise Refused("not_now", "You can sit down half an hour before your booking begins.")
    if not row.is_confirmed:
        row.state, row.is_confirmed = State.IN_USE.value, True
        _tell(_floor_of(row.seat_id), row.person_id, now)


def release(booking_id: int, now: datetime) -> None:
    """Nobody came: the place is free again, and the booking is kept as released."""
    row, floor_id = _held(booking_id)
    _end(row, floor_id, State.RELEASED, now)
    news.tell(What.RELEASED, row.id, row.person_id, now)


def held(booking_id: int) -> Booking:
    """The row of a booking that keeps a place, locked until the transaction ends; Refused (404) when there is none."""
    return _held(booking_id)[0]


def _taken(booking_id: int) -> Booking:
    """The same of what is somebody's by now: an offer that ends is taken by `waits.accept` alone, while it lasts."""
    row = held(booking_id)
    if row.state == State.OFFERED.value:
        raise Refused("only_offered", ONLY_OFFERED)
    return row


def is_held(booking_id: int) -> bool:
    """Whether a booking keeps a place, and does so until the transaction ends unless this one changes it."""
    wanted = select(Booking.id).where(Booking.id == booking_id, Booking.state.in_(rules.HOLDING)).with_for_update()
    return db.session.scalar(wanted) is not None


def _held(booking_id: int) -> tuple[Booking, int]:
    """The same with its floor, of the place that it is on once nobody else is changing it.

    Not joined: after waiting for a move to another place PostgreSQL would still look for the place of before, and find
    no booking at all.
    """
    floor_id = select(Zone.floor_id).join(Seat, Seat.zone_id == Zone.id).where(Seat.id == Booking.seat_id)
    wanted = select(Booking, floor_id.scalar_subquery()).where(Booking.id == booking_id)
    found = db.session.execute(wanted.with_for_update(of=Booking)).first()
    if found is None or State(found[0].state) not in rules.HOLDING:
        raise Refused("no_booking", GONE, 404)
    return found[0], found[1]


def forget_names(before: datetime) -> int:
    """Take the names off bookings that ended before then (P10); returns how many."""
    named = or_(Booking.person_id.is_not(None), Booking.booked_by_id.is_not(None))
    bookings = update(Booking).where(Booking.ends_at < before, named)
    nobody = {"person_id": None, "booked_by_id": None}
    return len(list(db.session.scalars(bookings.values(nobody | {"subject": ""}).returning(Booking.id))))


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


_SEATS = "FROM seat s CROSS JOIN quarters q WHERE s.id = :seat_id OR s.table_id = :seat_id ORDER BY s.id, q.quarter"
_SLOTS = (
    "INSERT INTO booking_slot (seat_id, quarter, booking_id, person_id, exclusive)"
    " SELECT s.id, q.quarter, :booking_id, CASE WHEN s.id = :seat_id THEN CAST(:person_id AS INTEGER) END,"
    f" CASE WHEN s.id = :seat_id THEN CAST(:exclusive AS VARCHAR) END {_SEATS}"
)
_TAKE: Mapping[str, TextClause] = {
    "postgresql": text(
        "WITH quarters AS (SELECT generate_series(CAST(:first AS INTEGER), CAST(:last AS INTEGER)) AS quarter)"
        f" {_SLOTS}"
    ),
    "sqlite": text(
        "WITH RECURSIVE quarters(quarter) AS (SELECT :first UNION ALL SELECT quarter + 1 FROM quarters"  # noqa: S608
        f" WHERE quarter < :last) {_SLOTS}"
    ),
}
# A table takes the slots of all its places as well: they exclude each other. In one order, so that two who want the
# same wait for each other in turn.


def _hold(booking_id: int, person_id: int | None, wish: Wish, kind: SeatKind) -> None:
    """Take the slots, in one statement."""
    quarters = rules.quarters(wish.starts_at, wish.ends_at)
    given = {
        "booking_id": booking_id,
        "seat_id": wish.seat_id,
        "person_id": person_id,
        "exclusive": rules.exclusive_group(kind),
        "first": quarters.start,
        "last": quarters.stop - 1,
    }
    try:
        db.session.execute(_TAKE[db.engine().dialect.name], given)
    except IntegrityError as error:
        if "person_id" in str(error.orig):
            raise Refused("overlap", OVERLAP) from None
        raise Refused("seat_taken", TAKEN) from None
    except OperationalError as error:
        if isinstance(error.orig, psycopg.errors.DeadlockDetected):  # two who swap seats: one of them was first
            raise Refused("seat_taken", TAKEN) from None
        raise


def _let_go(row: Booking) -> None:
    quarters = rules.quarters(row.starts_at, row.ends_at)
    places = select(Seat.id).where(or_(Seat.id == row.seat_id, Seat.table_id == row.seat_id))
    db.session.execute(
        delete(SLOTS).where(
            SLOTS.c.seat_id.in_(places),
            SLOTS.c.quarter >= quarters.start,
            SLOTS.c.quarter < quarters.stop,
            SLOTS.c.booking_id == row.id,
        )
    )


def _end(
    row: Booking, floor_id: int, state: State, now: datetime, *, is_offered: bool = True, **changed: object
) -> None:
    _let_go(row)
    _tell(floor_id, row.person_id, now)
    row.state, row.offered_until = state.value, None
    for name, value in changed.items():
        setattr(row, name, value)
    db.session.flush()  # before anybody else takes the place
    if is_offered:
        _free(floor_id, row.starts_at, row.ends_at, now)


def _free(floor_id: int, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    for listener in _when_free:
        listener(floor_id, starts_at, ends_at, now)


def _floor_of(seat_id: int) -> int:
    return db.session.scalars(select(Zone.floor_id).join(Seat).where(Seat.id == seat_id)).one()


def _tell(floor_id: int, person_id: int | None, now: datetime) -> None:
    things = [(Thing.SLOTS, floor_id)]
    if person_id is not None:
        things.append((Thing.BOOKING, person_id))
    changes.record_all(things, now)
