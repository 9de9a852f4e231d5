"""Gathers what decides about a wish: the seat, its zone and owners, the person's posts, bookings and days away."""

from datetime import datetime, time, timedelta

from server.bookings import queries
from server.bookings.queries import RulesOfDay
from server.bookings.rules import Facts, Wish
from server.errors import Refused
from server.people import queries as people
from server.places import queries as places
from server.places.rules import SeatKind

NO_SEAT = "There is no such seat."


def gather(person_id: int, wish: Wish, now: datetime, *, moved_id: int | None = None) -> Facts:
    """The facts of one wish; Refused (404) when there is no such seat.

    moved_id   the booking that would become this one
    """
    seat = places.seats_by_id([wish.seat_id]).get(wish.seat_id)
    floor = None if seat is None else places.floor_of_zone(seat.zone_id)
    building = None if floor is None else places.building_of(floor.id)
    if seat is None or floor is None or building is None:
        raise Refused("no_seat", NO_SEAT, 404)
    opening = places.opening(building)
    day = wish.starts_at.astimezone(opening.zone).date()
    zone = next(one for one in places.zones(floor.id, day) if one.id == seat.zone_id)
    units = people.units_on(day)
    of_day = RulesOfDay(building.id, day)
    rules = of_day.of(zone, SeatKind(seat.kind))
    midnight = datetime.combine(day, time(), opening.zone)
    n_in_week = 0
    if rules.quota_per_week:
        n_in_week = queries.n_in_week(person_id, zone.id, midnight - timedelta(days=day.weekday()), moved_id)
    return Facts(
        place=queries.place(seat, zone, floor.excluded, units),
        person_id=person_id,
        unit_ids=people.units_of_people(day, [person_id]).get(person_id, frozenset()),
        opening=opening,
        rules=rules,
        holder_id=places.holders([seat.id], day).get(seat.id),
        out_of_service=places.outages([seat.id], wish.starts_at, wish.ends_at).get(seat.id),
        n_in_week=n_in_week,
        recent_seats=queries.recent_seats(person_id, midnight, rules.lookback_days),
        responsible=of_day.responsible(zone, SeatKind(seat.kind)),
    )
