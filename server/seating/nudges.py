"""The seat of last time: told once, with another seat close by; nothing is refused because of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.bookings import choice, facts, queries, rules
from server.bookings.queries import BookingView
from server.bookings.rules import SAME_SEAT, State, Wish
from server.errors import Refused
from server.places import queries as places
from server.places.queries import SeatView

AHEAD = timedelta(days=2)  # the next booking, also over the evening
LOOKBACK = 60  # the longest a zone looks back


@dataclass(frozen=True, slots=True)
class Nudge:
    """A coming booking of the seat of last time; `other` is one close by, None when none is free."""

    booking: BookingView
    other: SeatView | None


def nudge(person_id: int, now: datetime) -> Nudge | None:
    """Of the next booking of somebody who has not sat down yet; None: nothing to say."""
    coming = [one for one in queries.of_person(person_id, now, now + AHEAD) if one.state is State.BOOKED]
    if not coming:
        return None
    one = coming[0]
    building = places.building_of(one.floor_id)
    if building is None:
        return None
    recent = queries.recent_seats(person_id, now, LOOKBACK, building.zone, but=one.id, to_nudge=True)
    if one.seat_id not in recent:
        return None
    wish = Wish(one.seat_id, one.starts_at, one.ends_at, has_begun=one.starts_at <= now)
    try:
        verdict = rules.judge(wish, facts.gather(person_id, wish, now, moved_id=one.id), now)
    except Refused:
        return None
    if not any(sentence == SAME_SEAT for sentence, _values in verdict.hints):
        return None
    return Nudge(one, _other(person_id, one, frozenset(recent[:3]), now))


def _other(person_id: int, one: BookingView, recent: frozenset[int], now: datetime) -> SeatView | None:
    seat, floor = places.seats_by_id([one.seat_id]).get(one.seat_id), places.floor(one.floor_id)
    if seat is None or floor is None:
        return None
    free = choice.options(
        person_id, floor, one.starts_at, one.ends_at, now, but=one.id, may_begin_before_now=one.starts_at <= now
    )
    found = choice.nearest(seat, [o for o in free if o.seat.id not in recent and not o.is_of_others])
    return None if found is None else found.seat
