"""The seats of a floor that somebody can have at a time: each judged as a booking of it would be, in a few reads."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache

from server.bookings import queries, rules
from server.bookings.queries import RulesOfDay
from server.bookings.rules import NOT_YOURS, Facts, How, Verdict, Wish
from server.errors import Refused
from server.people import queries as people
from server.places import queries as places
from server.places.queries import FloorView, SeatView, ZoneView
from server.places.rules import SeatKind

ELSEWHERE_M = 1000.0  # a seat of another kind or zone comes after every one of the same


@dataclass(frozen=True, slots=True)
class Option:
    """A free seat that somebody may have, and what they may want to know of it."""

    seat: SeatView
    zone: ZoneView
    verdict: Verdict

    @property
    def is_of_others(self) -> bool:
        """Whether it belongs to another section, who will want it back."""
        return any(sentence == NOT_YOURS for sentence, _values in self.verdict.hints)


def options(
    person_id: int,
    floor: FloorView,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    *,
    but: int | None = None,
    may_begin_before_now: bool = False,
) -> list[Option]:
    """What somebody could book on a floor, by code; Refused when nobody could book anything then.

    but                    a booking that is moved: its place counts as free
    may_begin_before_now   it has begun already and stays
    """
    building = places.building_of(floor.id)
    if building is None or floor.excluded:
        return []
    opening = places.opening(building)
    rules.check_term(starts_at, ends_at, now, opening, has_begun=may_begin_before_now)
    day = starts_at.astimezone(opening.zone).date()
    midnight = datetime.combine(day, time(), opening.zone)
    seats, zones = places.seats_on_floor(floor.id), {zone.id: zone for zone in places.zones(floor.id, day)}
    ids = [seat.id for seat in seats]
    taken = _taken(seats, {one.seat_id for one in queries.of_seats(ids, starts_at, ends_at) if one.id != but})
    holders, outages = places.holders(ids, day), places.outages(ids, starts_at, ends_at)
    units, mine = people.units_on(day), people.units_of_people(day, [person_id]).get(person_id, frozenset())
    of_day = RulesOfDay(building.id, day)
    week_starts_at = midnight - timedelta(days=day.weekday())
    n_in_week = cache(lambda zone_id: queries.n_in_week(person_id, zone_id, week_starts_at, but))
    recent = cache(lambda n: tuple(queries.recent_seats(person_id, midnight, n)))
    found = []
    for seat in seats:
        if seat.id in taken:
            continue
        zone = zones[seat.zone_id]
        held = of_day.of(zone, SeatKind(seat.kind))
        facts = Facts(
            place=queries.place(seat, zone, floor.excluded, units),
            person_id=person_id,
            unit_ids=mine,
            opening=opening,
            rules=held,
            holder_id=holders.get(seat.id),
            out_of_service=outages.get(seat.id),
            n_in_week=n_in_week(zone.id) if held.quota_per_week else 0,
            recent_seats=recent(held.lookback_days),
        )
        wish = Wish(seat.id, starts_at, ends_at, How.MAP, has_begun=may_begin_before_now)
        try:
            found.append(Option(seat, zone, rules.judge(wish, facts, now)))
        except Refused:
            continue
    return found


def nearest(to: SeatView, among: Iterable[Option]) -> Option | None:
    """The option most like a seat: of its kind, in its zone, with what it has, close by."""

    def unlike(one: Option) -> float:
        far = math.dist((to.x_m, to.y_m), (one.seat.x_m, one.seat.y_m))
        missing = len(set(to.equipment) - set(one.seat.equipment))
        others = (one.seat.kind != to.kind) * 3 + (one.zone.id != to.zone_id) * 2 + missing
        return far + ELSEWHERE_M * others

    return min((one for one in among if one.seat.id != to.id), key=unlike, default=None)


def beside(n: int, among: Sequence[Option]) -> list[Option]:
    """So many seats of one zone that lie closest together, [] when no zone has as many; single seats only.

    A zone of one's own comes before the others.
    """
    of_zone: defaultdict[int, list[Option]] = defaultdict(list)
    for one in among:
        if one.seat.capacity == 1:
            of_zone[one.zone.id].append(one)
    best: tuple[tuple[bool, float], list[Option]] = ((True, math.inf), [])
    for here in of_zone.values():
        if len(here) < n:
            continue
        for middle in here:
            near = sorted(here, key=lambda one: (_apart_m(middle, one), one.seat.code))[:n]
            cost = (middle.is_of_others, sum(_apart_m(middle, one) for one in near))
            if cost < best[0]:
                best = (cost, near)
    return sorted(best[1], key=lambda one: one.seat.code)


def _apart_m(one: Option, other: Option) -> float:
    return math.dist((one.seat.x_m, one.seat.y_m), (other.seat.x_m, other.seat.y_m))


def _taken(seats: Iterable[SeatView], booked: Collection[int]) -> set[int]:
    """A booked table takes its places, and a booked place its table."""
    taken = set(booked)
    for seat in seats:
        if seat.table_id is not None:
            if seat.table_id in booked:
                taken.add(seat.id)
            elif seat.id in booked:
                taken.add(seat.table_id)
    return taken
