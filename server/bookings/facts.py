"""Gathers what decides about a wish: the seat, its zone and owners, the person's posts, bookings and needs."""

from datetime import datetime, timedelta

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from server import db
from server.bookings import queries, rules
from server.bookings.floor_days import FRESH, FloorDay, Known
from server.bookings.rules import Facts, How, Repeat, Wish
from server.errors import Refused
from server.people.models import Person
from server.places.rules import SeatKind

NO_SEAT = "There is no such seat."
MEANWHILE = "Somebody else changed this at the same moment. Please try again."


def gather(
    person_id: int,
    wish: Wish,
    now: datetime,
    *,
    moved_id: int | None = None,
    known: Known = FRESH,
    is_for_keeps: bool = False,
) -> Facts:
    """The facts of one wish; Refused (404) when there is no such seat.

    moved_id       the booking that would become this one
    known          who tells what holds of the seat
    is_for_keeps   what is counted of the person stays so until the transaction ends
    """
    on = floor_day(wish, known)
    seat = on.seats[wish.seat_id]
    held = on.house_rules(seat)
    n_in_week = 0
    if held.quota_per_week:
        if is_for_keeps:
            one_at_a_time(person_id)
        monday = on.midnight - timedelta(days=on.day.weekday())
        n_in_week = queries.n_in_week(person_id, seat.zone_id, monday, moved_id)
    recent: list[int] = []
    ahead: list[int] = []
    if held.repeat in (Repeat.HINT, Repeat.BLOCK) and wish.how is not How.LOTTERY:
        is_hint = held.repeat is Repeat.HINT
        n, zone = held.lookback_days, on.opening.zone
        recent = queries.recent_seats(person_id, on.midnight, n, zone, but=moved_id, to_nudge=is_hint)
        if held.repeat is Repeat.BLOCK:
            ahead = queries.next_seats(person_id, on.ends_at, n, zone, but=moved_id)
    return Facts(
        place=on.place(seat),
        person_id=person_id,
        unit_ids=known.unit_ids(person_id, on.day),
        opening=on.opening,
        rules=held,
        holder_id=on.holders.get(seat.id),
        out_of_service=on.out_of_service(seat.id, wish.starts_at, wish.ends_at),
        n_in_week=n_in_week,
        recent_seats=recent,
        next_seats=ahead,
        may_priority=seat.is_priority and rules.is_met(known.needs(person_id), seat.equipment),
        responsible=on.rules.responsible(on.zones[seat.zone_id], SeatKind(seat.kind)),
        floor_id=on.floor.id,
    )


def one_at_a_time(person_id: int) -> None:
    """Whoever counts what somebody has before adding to it does so alone; SQLite has one writer.

    It does not hold up whoever merely refers to the person.
    """
    try:
        db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    except OperationalError as error:
        if isinstance(error.orig, psycopg.errors.DeadlockDetected):  # two parties of the same people
            raise Refused("changed_meanwhile", MEANWHILE) from None
        raise


def floor_day(wish: Wish, known: Known) -> FloorDay:
    """The floor and day of a wish; Refused (404) when there is no such seat."""
    on = known.floor_day(wish.seat_id, wish.starts_at)
    if on is None:
        raise Refused("no_seat", NO_SEAT, 404)
    return on
