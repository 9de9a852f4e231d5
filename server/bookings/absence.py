"""Being away: what somebody says of days or hours elsewhere frees what they have booked then, in one transaction.

An absence is a status of the room `presence`: leave, a trip or telework, with a period. Nothing else is stored.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from server import db
from server.bookings import queries, service
from server.bookings.models import Booking
from server.bookings.queries import BookingView
from server.bookings.rules import FURTHEST, QUARTER, How, State, Wish, begun_quarter
from server.errors import Refused
from server.presence import queries as presence
from server.presence import statuses
from server.presence.queries import StatusView
from server.presence.statuses import Told

FREED = "Given back because you are away: %(seats)s. You can take them back under “My seats” while they are free."
SHORTENED = "Shortened because you are away for some of it: %(seats)s."
CAN_TAKE_BACK = "You can take back what was given back: see “My seats”."


def absences(person_id: int, now: datetime) -> list[StatusView]:
    """When somebody is away by their own word, from now on."""
    return [one for one in presence.statuses_of(person_id, now) if one.said.is_elsewhere]


def is_away(away: Sequence[StatusView], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether one of these absences leaves nothing of the time."""
    return any(what_is_left((starts_at, ends_at), (one.starts_at, one.ends_at)) is None for one in away)


def what_is_left(
    booked: tuple[datetime, datetime], away: tuple[datetime, datetime]
) -> tuple[datetime, datetime] | None:
    """What remains of a booking when its person is away for some of it: the longer part, in full quarters, or None."""
    starts_at, ends_at = booked
    until = begun_quarter(away[0])
    again = begun_quarter(away[1] + QUARTER - timedelta(seconds=1))
    if away[0] >= ends_at or away[1] <= starts_at:
        return booked
    parts = [part for part in ((starts_at, min(ends_at, until)), (max(starts_at, again), ends_at)) if part[0] < part[1]]
    return max(parts, key=lambda part: part[1] - part[0], default=None)


@statuses.when_said
def free(person_id: int, now: datetime) -> list[Told]:
    """Give back what somebody has booked for the time they are away; returns what they should read."""
    away = absences(person_id, now)
    freed, shortened = [], []
    for one in queries.of_person(person_id, now, now + FURTHEST):
        left = _left(one, away)
        if left == (one.starts_at, one.ends_at):
            continue
        if not service.is_held(one.id):
            continue  # released or cancelled a moment ago
        if one.state is State.OFFERED or (one.starts_at <= now and any(status.starts_at <= now for status in away)):
            service.cancel(one.id, now)  # they have gone: when is written nowhere (P3)
            freed.append(one)
        elif left is None or not _shorten(one, left, now):
            service.give_back(one.id, now)
            freed.append(one)
        else:
            shortened.append(one)
    told: list[Told] = []
    if freed:
        told.append((FREED, {"seats": _named(freed)}))
    if shortened:
        told.append((SHORTENED, {"seats": _named(shortened)}))
    if not told and not away and given_back(person_id, now):
        told.append((CAN_TAKE_BACK, {}))
    return told


def given_back(person_id: int, now: datetime) -> list[BookingView]:
    """What was given back for an absence and is still free for its person, the earliest first."""
    wanted = select(Booking.id).where(
        Booking.person_id == person_id,
        Booking.ends_at > now,
        Booking.starts_at > now - timedelta(days=1),
        Booking.is_for_absence,
        Booking.state == State.CANCELLED.value,
    )
    found = [one for i in db.session.scalars(wanted.order_by(Booking.starts_at)) if (one := queries.booking(i))]
    return [one for one in found if _is_free(one)]


def _is_free(one: BookingView) -> bool:
    own = queries.of_person(one.person_id, one.starts_at, one.ends_at) if one.person_id is not None else []
    return not own and not queries.of_seats([one.seat_id], one.starts_at, one.ends_at)


def _left(one: BookingView, away: Sequence[StatusView]) -> tuple[datetime, datetime] | None:
    left: tuple[datetime, datetime] | None = (one.starts_at, one.ends_at)
    for status in away:
        if left is not None:
            left = what_is_left(left, (status.starts_at, status.ends_at))
    return left


def _shorten(one: BookingView, left: tuple[datetime, datetime], now: datetime) -> bool:
    try:
        service.move(one.id, Wish(one.seat_id, *left, How(one.how), has_begun=left[0] <= now), now)
    except Refused:
        return False
    return True


def _named(found: Sequence[BookingView]) -> str:
    return ", ".join(dict.fromkeys(one.seat_code for one in found))
