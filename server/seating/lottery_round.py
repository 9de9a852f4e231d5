"""What goes into a lottery: which seats of a zone are free, who takes part, and what they may wish for."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from server.bookings import absence, floor_days, rules
from server.bookings import queries as bookings
from server.bookings.floor_days import FloorDay
from server.bookings.rules import PRIORITY_UNTIL, HouseRules, How, Repeat, Wish
from server.errors import Refused
from server.people import queries as people
from server.people.queries import PersonCard
from server.places.queries import BuildingView, FloorView, SeatView, ZoneView
from server.places.rules import Opening, SeatKind
from server.seating import lottery_queries as queries
from server.seating.lottery import MOST_PEOPLE, Facts, Pair, Seat, Ticket
from server.seating.lottery_queries import Part

DRAWN = frozenset({SeatKind.GROUP, SeatKind.COUNTER})  # of a section, for one person
NO_FREE_SEAT = "No seat of zone %(zone)s is free then."
NEAR_M = 12.0  # the zone next to a seat
COUNTER = "counter"
DAY_STARTS, DAY_ENDS = time(8, 30), time(17, 15)
SEARCHED_DAYS = 15  # for the next day on which the building works
COUNTER_WORDS = ("窓口", "カウンター", "counter")  # in what the section says of somebody's duties


@dataclass(frozen=True, slots=True)
class Term:
    """A zone from an instant until just before another, on one day."""

    zone: ZoneView
    on: FloorDay
    starts_at: datetime
    ends_at: datetime

    @property
    def house_rules(self) -> HouseRules:
        """What holds for most of its seats."""
        kinds = [SeatKind(seat.kind) for seat in self.on.seats.values() if seat.zone_id == self.zone.id]
        kind = SeatKind.GROUP if SeatKind.GROUP in kinds else next((k for k in kinds if k in DRAWN), SeatKind.GROUP)
        return self.on.rules.of(self.zone, kind)


@dataclass(frozen=True, slots=True)
class Round:
    """A lottery before it is drawn.

    person_ids   whose each ticket is
    replaced     what somebody has booked, and gives up for the lottery: booking ids by person
    n_away       members who are away by their own word, n_seated who have a seat, n_out who take no part
    """

    facts: Facts
    person_ids: tuple[int, ...]
    replaced: Mapping[int, frozenset[int]] = field(default_factory=dict)
    n_away: int = 0
    n_seated: int = 0
    n_out: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A `floor_days.Known` that was read once for everybody who takes part."""

    on: FloorDay
    units: Mapping[int, frozenset[int]]
    wants: Mapping[int, frozenset[str]]

    def floor_day(self, seat_id: int, _at: datetime) -> FloorDay | None:
        """The day of the lottery."""
        return self.on if seat_id in self.on.seats else None

    def unit_ids(self, person_id: int, _day: date) -> frozenset[int]:
        """The units somebody has a post in."""
        return self.units.get(person_id, frozenset())

    def needs(self, person_id: int) -> frozenset[str]:
        """What somebody's seat must have."""
        return self.wants.get(person_id, frozenset())


def term(zone: ZoneView, floor: FloorView, building: BuildingView, starts_at: datetime, ends_at: datetime) -> Term:
    """A zone on the day of that time."""
    on = floor_days.read(floor, building, starts_at.astimezone(building.zone).date())
    return Term(on.zones[zone.id], on, starts_at, ends_at)


def next_day(opening: Opening, today: date) -> date:
    """The next day on which the building works."""
    later = (today + timedelta(days=n) for n in range(1, SEARCHED_DAYS))
    return next((day for day in later if opening.is_open_on(day)), today + timedelta(days=1))


def for_day(of: Term, now: datetime) -> Round:
    """Everybody of the zone's sections who is there and takes part; Refused when nothing can be drawn for that time."""
    rules.check_term(of.starts_at, of.ends_at, now, of.on.opening)
    seats = free_seats(of)
    if not seats:
        raise Refused("no_free_seat", NO_FREE_SEAT, zone=of.zone.code)
    day = of.on.day
    cards = people.cards(day, people.members_of(of.zone.unit_ids, day))
    members = sorted(cards)
    _check_booking_allowed(of, seats[0], members, now)
    chosen = queries.parts(members)
    away = {i for i in members if absence.is_away(absence.absences(i, now), of.starts_at, of.ends_at)}
    out = {i for i in members if chosen.get(i) is Part.NEVER} - away
    there = [i for i in members if i not in away | out]
    replaced, staying = _booked(of, there, chosen)
    kept_out = {i for i in there if i not in staying and _is_over_quota(of, i)}
    taking_part = [i for i in there if i not in staying | kept_out]
    if not taking_part:
        raise Refused(
            "nobody_to_draw_for", "There is nobody to draw a seat for: all have one, are away or take no part."
        )
    if len(taking_part) > MOST_PEOPLE:
        raise Refused("too_many_to_draw_for", "A lottery is for %(n)s people at most.", n=MOST_PEOPLE)
    facts = facts_of(of, seats, taking_part, [cards[i] for i in taking_part], now)
    if not facts.may.any():
        raise Refused("no_free_seat", NO_FREE_SEAT, zone=of.zone.code)
    kept = {i: ids for i, ids in replaced.items() if i in taking_part}
    return Round(facts, tuple(taking_part), kept, len(away), len(staying), len(out | kept_out))


def free_seats(of: Term) -> list[SeatView]:
    """The single seats of the zone that nobody has then, by code."""
    taken = {one.seat_id for one in bookings.of_seats(list(_of_zone(of)), of.starts_at, of.ends_at)}
    return [
        seat
        for seat in _of_zone(of).values()
        if seat.id not in taken
        and seat.id not in of.on.holders
        and of.on.out_of_service(seat.id, of.starts_at, of.ends_at) is None
    ]


def facts_of(
    of: Term,
    seats: Sequence[SeatView],
    person_ids: Sequence[int],
    cards: Iterable[PersonCard],
    now: datetime,
    least_lookback: int = 0,
) -> Facts:
    """Everything that decides, without a name.

    least_lookback   how many of the last seats are avoided whatever the zone's rules say
    """
    held = of.house_rules
    lookback = max(least_lookback, 0 if held.repeat is Repeat.OFF else held.lookback_days)
    needs = bookings.needs(person_ids)
    recent = bookings.recent_seats_of(person_ids, of.on.midnight, lookback, of.on.opening.zone)
    without = queries.without(of.zone.id, person_ids)
    staff = {card.id for card in cards if _is_counter_staff(card, of.zone.unit_ids)}
    tickets = tuple(
        Ticket(
            tuple(seat.id for seat in seats if rules.is_met(needs[i], seat.equipment)) if i in needs else None,
            recent.get(i, ()),
            i in staff,
            without.get(i, 0),
        )
        for i in person_ids
    )
    near_counter = _near_counter(of, seats, len(staff))
    pairs, taken = _pairs(of, person_ids)
    above = _above(of)
    drawn = tuple(
        Seat(seat.id, seat.x_m, seat.y_m, seat.is_priority, seat.id in near_counter, _next_to(of, seat, above),
             seat.equipment)
        for seat in seats
    )  # fmt: skip
    return Facts(drawn, tickets, pairs, lookback, is_late(of, now), taken)


def is_late(of: Term, now: datetime) -> bool:
    """Whether priority seats are open to everybody by now."""
    local = now.astimezone(of.on.opening.zone)
    return local.date() == of.on.day and local.time() >= (of.house_rules.open_to_all_from or PRIORITY_UNTIL)


def known(of: Term, person_ids: Collection[int]) -> Known:
    """What bookings of the lottery's seats ask for, read once."""
    return Known(of.on, people.units_of_people(of.on.day, person_ids), bookings.needs(person_ids))


def _of_zone(of: Term) -> dict[int, SeatView]:
    return {
        seat.id: seat
        for seat in of.on.seats.values()
        if seat.zone_id == of.zone.id
        and SeatKind(seat.kind) in DRAWN
        and seat.table_id is None
        and (seat.retired_on is None or of.on.day < seat.retired_on)
    }


def _check_booking_allowed(of: Term, seat: SeatView, members: Sequence[int], now: datetime) -> None:
    """Refused when the zone's rules keep even its own people from booking that time."""
    if not of.zone.unit_ids or not members:
        raise Refused(
            "no_members", "Zone %(zone)s belongs to no section, so there is nobody to draw for.", zone=of.zone.code
        )
    place = of.on.place(seat)._replace(is_priority=False)
    wish = Wish(seat.id, of.starts_at, of.ends_at, How.LOTTERY)
    held = of.on.house_rules(seat)
    rules.judge(wish, rules.Facts(place, members[0], frozenset(of.zone.unit_ids), of.on.opening, held), now)


def _booked(
    of: Term, person_ids: Sequence[int], chosen: Mapping[int, Part]
) -> tuple[Mapping[int, frozenset[int]], frozenset[int]]:
    """What those give up who always take part; and who keeps the seat that they have."""
    has = queries.seated(person_ids, of.starts_at, of.ends_at)
    where = queries.where_seated({one for ids in has.values() for one in ids})
    replaced = {
        i: ids
        for i, ids in has.items()
        if chosen.get(i) is Part.ALWAYS and not any(where[one][1] for one in ids if one in where)
    }
    return replaced, frozenset(has.keys() - replaced.keys())


def _is_over_quota(of: Term, person_id: int) -> bool:
    quota = of.house_rules.quota_per_week
    return bool(quota) and bookings.n_in_week(person_id, of.zone.id, _monday(of)) >= quota


def _monday(of: Term) -> datetime:
    return of.on.midnight - timedelta(days=of.on.day.weekday())


def _is_counter_staff(card: PersonCard, unit_ids: Collection[int]) -> bool:
    """Whether the section says so of one of their posts in it."""
    return any(
        word in f"{post.duties} {post.title} {post.unit_path[-1] if post.unit_path else ''}".lower()
        for post in card.posts
        if post.unit_id in unit_ids
        for word in COUNTER_WORDS
    )


def _near_counter(of: Term, seats: Sequence[SeatView], n_staff: int) -> frozenset[int]:
    """The seats nearest to a counter of the floor, twice as many as there are staff, so that the lot still decides."""
    counters = [zone for zone in of.on.zones.values() if zone.kind == COUNTER and zone.id != of.zone.id]
    if not counters or not n_staff:
        return frozenset()
    by_way = sorted(seats, key=lambda seat: min(_apart_m(seat, zone.polygon) for zone in counters))
    return frozenset(seat.id for seat in by_way[: 2 * n_staff])


def _above(of: Term) -> frozenset[int]:
    """The zone's units and all that they belong to: to be near one's own bureau tells nothing on its floor."""
    units = people.units_on(of.on.day)
    return frozenset(unit.id for own in of.zone.unit_ids for unit in people.unit_path(own, units))


def _next_to(of: Term, seat: SeatView, above: Collection[int]) -> int:
    """The unit whose zone is nearest, besides those of this zone and above them; 0: none is near."""
    found = [
        (zone, next(unit_id for unit_id in zone.unit_ids if unit_id not in above))
        for zone in of.on.zones.values()
        if set(zone.unit_ids).isdisjoint(of.zone.unit_ids) and not set(zone.unit_ids) <= set(above)
    ]
    nearest = min(found, key=lambda one: _apart_m(seat, one[0].polygon), default=None)
    return nearest[1] if nearest is not None and _apart_m(seat, nearest[0].polygon) <= NEAR_M else 0


def _apart_m(seat: SeatView, polygon: Sequence[tuple[float, float]]) -> float:
    """From a seat to the outline of a zone."""
    return min(
        _to_line_m((seat.x_m, seat.y_m), one, other)
        for one, other in zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    )


def _to_line_m(at: tuple[float, float], one: tuple[float, float], other: tuple[float, float]) -> float:
    dx, dy = other[0] - one[0], other[1] - one[1]
    length = dx * dx + dy * dy
    share = 0.0 if length == 0 else ((at[0] - one[0]) * dx + (at[1] - one[1]) * dy) / length
    share = min(1.0, max(0.0, share))
    return math.dist(at, (one[0] + share * dx, one[1] + share * dy))


def _pairs(of: Term, person_ids: Sequence[int]) -> tuple[tuple[Pair, ...], Mapping[int, tuple[float, float]]]:
    """Who is to sit beside whom; of some the other one has a seat of the zone already."""
    number = {person_id: i for i, person_id in enumerate(person_ids)}
    agreed = queries.agreed_pairings(person_ids, of.on.day)
    absent = {i for one in agreed for i in (one.person_id, one.other_id)} - number.keys()
    has = queries.seated(absent, of.starts_at, of.ends_at)
    where = queries.where_seated({one for ids in has.values() for one in ids})
    seat_of = {i: where[one][0] for i, ids in has.items() for one in ids if one in where}
    found: list[Pair] = []
    taken: dict[int, tuple[float, float]] = {}
    for one in agreed:
        asked, other = number.get(one.person_id), number.get(one.other_id)
        if asked is not None and other is not None:
            found.append(Pair(one.kind, asked, other))
            continue
        here, there = (asked, one.other_id) if asked is not None else (other, one.person_id)
        seat = of.on.seats.get(seat_of.get(there, 0))
        if here is not None and seat is not None and seat.zone_id == of.zone.id:
            taken[seat.id] = (seat.x_m, seat.y_m)
            found.append(Pair(one.kind, here, at=seat.id, is_newcomers=asked is not None))
    return tuple(found), taken
