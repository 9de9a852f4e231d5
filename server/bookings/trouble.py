"""Seats out of service and whoever has booked them: listed before, told on their pages, offered the nearest seat."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from server import changes
from server.bookings import choice, queries
from server.bookings.choice import Option
from server.bookings.queries import BookingView
from server.bookings.rules import FURTHEST
from server.changes import Thing
from server.errors import Refused
from server.places import outages
from server.places import queries as places


@dataclass(frozen=True, slots=True)
class Trouble:
    """A booking whose seat cannot be used for some of its time, why, and the nearest seat that can be had instead."""

    booking: BookingView
    reason: str
    instead: Option | None


def in_the_way(
    seat_ids: Collection[int], starts_at: datetime, ends_at: datetime | None, now: datetime
) -> list[BookingView]:
    """The bookings that an outage would meet, the earliest first; they stay."""
    begins = max(starts_at, now)
    return queries.of_seats(seat_ids, begins, ends_at or now + FURTHEST)


def take_out_of_service(
    seat_ids: Collection[int], starts_at: datetime, ends_at: datetime | None, reason: str, set_by: str, now: datetime
) -> list[BookingView]:
    """The seats cannot be used then; whoever has booked one sees it at once on their page. Returns those bookings."""
    found = outages.take_out(seat_ids, starts_at, ends_at, reason, set_by, now)
    met = in_the_way(found, starts_at, ends_at, now)
    changes.record(Thing.BOOKING, sorted({one.person_id for one in met if one.person_id is not None}), now)
    return met


def put_back(outage_id: int, now: datetime) -> None:
    """The seat can be used again; whoever had booked it is told as well."""
    of = outages.outage(outage_id)
    outages.end(outage_id, now)
    if of is not None:
        met = in_the_way([of.seat_id], of.starts_at, of.ends_at, now)
        changes.record(Thing.BOOKING, sorted({one.person_id for one in met if one.person_id is not None}), now)


def of_person(person_id: int, now: datetime) -> list[Trouble]:
    """Somebody's bookings from now on whose seats cannot be used, with what they can have instead."""
    mine = queries.of_person(person_id, now, now + FURTHEST)
    troubles = []
    for one in mine:
        reason = places.outages([one.seat_id], max(one.starts_at, now), one.ends_at).get(one.seat_id)
        if reason is not None:
            troubles.append(Trouble(one, reason, _instead(person_id, one, now)))
    return troubles


def _instead(person_id: int, of: BookingView, now: datetime) -> Option | None:
    """The nearest seat of the floor that the rules allow; one of the same kind and zone comes first."""
    floor = places.floor(of.floor_id)
    seat = places.seats_by_id([of.seat_id]).get(of.seat_id)
    if floor is None or seat is None:
        return None
    begun = of.starts_at <= now
    try:
        found = choice.options(person_id, floor, of.starts_at, of.ends_at, now, but=of.id, may_begin_before_now=begun)
    except Refused:
        return None
    return choice.nearest(seat, found)
