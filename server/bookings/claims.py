"""What bookings say of where people are now, for the rule of "where now": nothing but the current one."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from server import db
from server.bookings.models import Booking
from server.bookings.rules import LONGEST, State
from server.people.queries import CHUNK
from server.places.models import Floor, Seat, Zone
from server.presence.fusion import Claim, Source

Claims = dict[int, tuple[Claim, ...]]


def claims_at(now: datetime, person_ids: Collection[int]) -> Claims:
    """What these people have booked or checked in to for now; who has nothing is missing.

    Excluded places and zones that only count are nobody's place (P8).
    """
    found: defaultdict[int, list[Claim]] = defaultdict(list)
    ids = sorted(person_ids)
    for start in range(0, len(ids), CHUNK):
        rows = db.session.execute(
            select(
                Booking.person_id,
                Booking.is_confirmed,
                Zone.floor_id,
                Seat.zone_id,
                Booking.starts_at,
                Booking.ends_at,
                Seat.code,
            )
            .join(Seat, Seat.id == Booking.seat_id)
            .join(Zone, Zone.id == Seat.zone_id)
            .join(Floor, Floor.id == Zone.floor_id)
            .where(
                Booking.person_id.in_(ids[start : start + CHUNK]),
                Booking.starts_at <= now,
                Booking.starts_at > now - LONGEST,
                Booking.ends_at > now,
                Booking.state.in_([State.BOOKED.value, State.IN_USE.value]),
                ~Zone.excluded,
                ~Zone.counts_only,
                ~Floor.excluded,
            )
            .order_by(Booking.starts_at, Booking.id)
        )
        for person_id, has_come, floor_id, zone_id, starts_at, ends_at, code in rows:
            if person_id is not None:
                source = Source.CHECK_IN if has_come else Source.BOOKING
                found[person_id].append(Claim(source, floor_id, zone_id, starts_at, ends_at, code))
    return {person_id: tuple(claims) for person_id, claims in found.items()}
