"""The seats of a floor that somebody can have at a time: each judged as a booking of it would be, in a few reads."""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from server.bookings import barred, floor_days, queries, rules
from server.bookings.floor_days import FRESH
from server.bookings.rules import NOT_YOURS, Facts, How, Repeat, Verdict, Wish
from server.errors import Refused
from server.places import queries as places
from server.places.queries import FloorView, SeatView, ZoneView

ELSEWHERE_M = 1000.0  # a seat of another kind or zone comes after every one of the same


@dataclass(frozen=True, slots=True)
class Option:
    """A free seat that somebody may have, and what they may want to know of it."""

    seat: SeatView
    zone: ZoneView
    verdict: Verdict

    @property
    def may_say_what_for(self) -> bool:
        """Whether whoever books it is asked what for."""
        return self.seat.kind in rules.WITH_SUBJECT

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
    looked_at = _looked_at(person_id, floor, starts_at, ends_at, now, but, may_begin_before_now=may_begin_before_now)
    return [
        Option(one.seat, one.zone, one.answer)
        for one in looked_at
        if not one.is_taken and isinstance(one.answer, Verdict)
    ]


def why_none(
    person_id: int,
    floor: FloorView,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    suits: Callable[[SeatView], bool],
) -> tuple[Refused, ...]:
    """The house rules that keep somebody from every free place; none when one can be had, now or once given back.

    suits   whether they would take it
    """
    refusals = []
    for one in _looked_at(person_id, floor, starts_at, ends_at, now, also_taken=True):
        if not suits(one.seat):
            continue
        if isinstance(one.answer, Verdict):
            return ()
        if not one.is_taken:
            refusals.append(one.answer)
    building = places.building_of(floor.id)
    return () if building is None else barred.reasons(refusals, starts_at.astimezone(building.zone).date())


@dataclass(frozen=True, slots=True)
class _LookedAt:
    seat: SeatView
    zone: ZoneView
    is_taken: bool
    answer: Verdict | Refused


def _looked_at(
    person_id: int,
    floor: FloorView,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    but: int | None = None,
    *,
    may_begin_before_now: bool = False,
    also_taken: bool = False,
) -> Iterator[_LookedAt]:
    building = places.building_of(floor.id)
    if building is None or floor.excluded:
        return
    rules.check_term(starts_at, ends_at, now, places.opening(building), has_begun=may_begin_before_now)
    on = floor_days.read(floor, building, starts_at.astimezone(building.zone).date())
    taken = _taken(
        on.seats.values(), {one.seat_id for one in queries.of_seats(on.seats, starts_at, ends_at) if one.id != but}
    )
    mine, needs = FRESH.unit_ids(person_id, on.day), FRESH.needs(person_id)
    monday = on.midnight - timedelta(days=on.day.weekday())
    n_in_week = cache(lambda zone_id: queries.n_in_week(person_id, zone_id, monday, but))
    recent = cache(lambda n: queries.recent_seats(person_id, on.midnight, n, on.opening.zone, but=but))
    ahead = cache(lambda n: queries.next_seats(person_id, on.ends_at, n, on.opening.zone, but=but))
    for seat in on.seats.values():
        if seat.id in taken and not also_taken:
            continue
        held = on.house_rules(seat)
        facts = Facts(
            place=on.place(seat),
            person_id=person_id,
            unit_ids=mine,
            opening=on.opening,
            rules=held,
            holder_id=on.holders.get(seat.id),
            out_of_service=on.out_of_service(seat.id, starts_at, ends_at),
            n_in_week=n_in_week(seat.zone_id) if held.quota_per_week else 0,
            recent_seats=recent(held.lookback_days),
            next_seats=ahead(held.lookback_days) if held.repeat is Repeat.BLOCK else (),
            may_priority=seat.is_priority and rules.is_met(needs, seat.equipment),
        )
        wish = Wish(seat.id, starts_at, ends_at, How.MAP, has_begun=may_begin_before_now)
        try:
            answer: Verdict | Refused = rules.judge(wish, facts, now)
        except Refused as refused:
            answer = refused
        yield _LookedAt(seat, on.zones[seat.zone_id], seat.id in taken, answer)


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
