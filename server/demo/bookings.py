"""Bookings of the demo: two months that were, with people who always take the same seat and people who move; the days
ahead; and today, so that it fits the simulated one.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from server import db
from server.bookings import bulk, queries
from server.bookings.bulk import NewBooking
from server.bookings.rules import QUARTER, How, State, begun_quarter
from server.demo.build import SEED, SITE, Resident
from server.fleet import queries as fleet
from server.places import queries as places
from server.places.queries import SeatView
from server.places.rules import SeatKind

DAYS_BACK, DAYS_AHEAD = 60, 10
WORKDAY = (time(8, 30), time(17, 15))
MORNING, AFTERNOON = (time(8, 30), time(12, 0)), (time(13, 0), time(17, 15))
LENGTHS = ((WORKDAY, 0.7), (MORNING, 0.15), (AFTERNOON, 0.15))
BOOKED_PAST, BOOKED_TOMORROW, FEWER_EACH_DAY = 0.55, 0.5, 0.82
LOYAL, SWITCHING = 0.35, 0.35  # always the same seat; one of three; the rest sit anywhere
KEEPS_TO_IT = 0.88
NO_SHOW, CANCELLED, LEFT = 0.05, 0.04, 0.1
WALK_UP_FLOORS, SEVEN_DAYS_FLOORS = frozenset({"11"}), frozenset({"19"})  # as their house rules say
TALKS = ("打合せ", "予算ヒアリング", "係内ミーティング", "業者説明", "局議準備")  # what rooms are booked for
GUIDES = 2  # the first residents: who signs in as a guide, and the section's administrator


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody who chooses a seat of a group address each day, and those they like best."""

    person_id: int
    floor: str
    zone: str
    liked: tuple[int, ...]


def book_the_city(building_id: int, residents: Sequence[Resident], now: datetime) -> int:
    """The past and the days ahead; returns how many bookings."""
    clock = next(one for one in places.buildings() if one.id == building_id).zone
    of_zone = _desks(building_id)
    sitters = list(_sitters(residents, of_zone, random.Random(SEED)))
    today = now.astimezone(clock).date()
    past = _past(sitters, of_zone, today, clock, random.Random(SEED + 1))
    ahead = _ahead(sitters, of_zone, today, clock, random.Random(SEED + 2))
    rooms = _rooms(building_id, residents, today, clock, random.Random(SEED + 3))
    return bulk.lay_out([*past, *ahead, *rooms], now)


def book_today(scenario: Mapping[str, Any], at: str, residents_first: Sequence[int], now: datetime) -> int:
    """Half of those who come in today have booked the desk where the simulation puts them; returns how many.

    scenario          the simulated day
    at                the simulated clock now, "08:20"
    residents_first   people who have a booking whatever happens
    """
    hour, minute = (int(part) for part in at.split(":")[:2])
    start = now - timedelta(hours=hour, minutes=minute)  # midnight of the simulated day
    with db.transaction():
        building = places.building(SITE)
        if building is None:
            return 0
        carriers = fleet.carriers(now)
        come = {carriers[one["tag"]]: one["stops"] for one in scenario["people"] if one["tag"] in carriers}
        midnight = datetime.combine(now.astimezone(building.zone).date() + timedelta(days=1), time(), building.zone)
        made = list(_today(building.id, come, frozenset(residents_first), start, now, midnight))
        return bulk.lay_out(made, now) if made else 0


def _today(
    building_id: int, come: Mapping[int, Sequence[Any]], surely: frozenset[int], start: datetime, now: datetime,
    midnight: datetime,
) -> Iterator[NewBooking]:  # fmt: skip
    floors = {floor.id: floor.code for floor in places.floors(building_id)}
    zones = {zone.id: zone for zone in places.zones_of_building(building_id)}
    desks = {
        (floors[zones[seat.zone_id].floor_id], round(seat.x_m, 2), round(seat.y_m, 2)): seat.id
        for seat in places.seats(building_id)
        if seat.kind == SeatKind.GROUP and not seat.is_priority
    }
    held = queries.of_seats(sorted(desks.values()), now, midnight)
    taken = {one.seat_id for one in held}
    seated = {one.person_id for one in held}
    out = places.outages(sorted(desks.values()), now, midnight)
    rng = random.Random(SEED)
    for person_id, stops in sorted(come.items(), key=lambda one: (one[0] not in surely, one[0])):
        wants = rng.random() < BOOKED_TOMORROW or person_id in surely
        arrives_s, floor, x_m, y_m = next((stop[:4] for stop in stops if stop[4] == "desk"), (0, "", 0.0, 0.0))
        seat_id = desks.get((floor, round(x_m, 2), round(y_m, 2)))
        if not wants or seat_id is None or seat_id in taken | out.keys() or person_id in seated:
            continue
        arrives_at = start + timedelta(seconds=arrives_s)
        has_come = arrives_at <= now
        starts_at = begun_quarter(now) if has_come else begun_quarter(arrives_at) + QUARTER
        ends_at = min(begun_quarter(start + timedelta(seconds=stops[-1][0])), midnight)
        if ends_at <= starts_at or starts_at >= midnight:
            continue
        taken.add(seat_id)
        yield NewBooking(
            seat_id, person_id, starts_at, ends_at, State.IN_USE if has_come else State.BOOKED, has_come, How.FIND
        )


def _desks(building_id: int) -> dict[str, list[SeatView]]:
    """The seats of each group address, by the code of its zone; priority seats stay free for those who need them."""
    zones = {zone.id: zone.code for zone in places.zones_of_building(building_id)}
    found: defaultdict[str, list[SeatView]] = defaultdict(list)
    for seat in places.seats(building_id):
        if seat.kind == SeatKind.GROUP and not seat.is_priority:
            found[zones[seat.zone_id]].append(seat)
    return dict(found)


def _sitters(
    residents: Iterable[Resident], of_zone: Mapping[str, Sequence[SeatView]], rng: random.Random
) -> Iterator[Sitter]:
    unclaimed = {zone: rng.sample(seats, len(seats)) for zone, seats in of_zone.items()}
    for one in residents:
        zone = "" if one.section is None else f"{one.storey.code}{one.section.zone}"
        if zone not in of_zone:
            continue
        draw = rng.random()
        liked: list[SeatView] = []
        if draw < LOYAL and unclaimed[zone]:
            liked = [unclaimed[zone].pop()]
        elif draw < LOYAL + SWITCHING:
            liked = rng.sample(of_zone[zone], min(3, len(of_zone[zone])))
        yield Sitter(one.person_id, one.storey.code, zone, tuple(seat.id for seat in liked))


def _past(
    sitters: Sequence[Sitter], of_zone: Mapping[str, Sequence[SeatView]], today: date, clock: tzinfo, rng: random.Random
) -> Iterator[NewBooking]:
    for day in (today - timedelta(days=back) for back in range(DAYS_BACK, 0, -1)):
        if day.weekday() < 5:
            for sitter, seat_id, (starts, ends) in _seated(sitters, of_zone, BOOKED_PAST, rng):
                state, is_confirmed = _ended(rng.random())
                how = rng.choice((How.MAP, How.FIND, How.WALK_UP, How.CODE))
                yield NewBooking(seat_id, sitter.person_id, _at(day, starts, clock), _at(day, ends, clock), state,
                                 is_confirmed, how)  # fmt: skip


def _ahead(
    sitters: Sequence[Sitter], of_zone: Mapping[str, Sequence[SeatView]], today: date, clock: tzinfo, rng: random.Random
) -> Iterator[NewBooking]:
    share = BOOKED_TOMORROW
    for ahead in range(1, DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        if day.weekday() >= 5:
            continue
        allowed = [
            one for one in sitters
            if one.floor not in WALK_UP_FLOORS and (ahead <= 7 or one.floor not in SEVEN_DAYS_FLOORS)
        ]  # fmt: skip
        surely = frozenset(one.person_id for one in sitters[:GUIDES]) if ahead <= 4 else frozenset()
        for sitter, seat_id, (starts, ends) in _seated(allowed, of_zone, share, rng, surely):
            yield NewBooking(seat_id, sitter.person_id, _at(day, starts, clock), _at(day, ends, clock))
        share *= FEWER_EACH_DAY


def _seated(
    sitters: Sequence[Sitter], of_zone: Mapping[str, Sequence[SeatView]], share: float, rng: random.Random,
    surely: frozenset[int] = frozenset(),
) -> Iterator[tuple[Sitter, int, tuple[time, time]]]:  # fmt: skip
    """Who books which seat for a day, in the order in which they think of it."""
    free = {zone: {seat.id for seat in seats} for zone, seats in of_zone.items()}
    shuffled = rng.sample(sitters, len(sitters))
    for sitter in sorted(shuffled, key=lambda one: len(one.liked) != 1):  # who is set on one seat comes early
        if rng.random() >= share and sitter.person_id not in surely:
            continue
        here = free[sitter.zone]
        if not here:
            continue
        liked = [seat_id for seat_id in sitter.liked if seat_id in here]
        keeps = liked and rng.random() < KEEPS_TO_IT
        seat_id = rng.choice(liked) if keeps else rng.choice(sorted(here))
        here.remove(seat_id)
        yield sitter, seat_id, rng.choices([one for one, _w in LENGTHS], [weight for _one, weight in LENGTHS])[0]


def _rooms(
    building_id: int, residents: Sequence[Resident], today: date, clock: tzinfo, rng: random.Random
) -> Iterator[NewBooking]:
    """A meeting in every second room on each of the next days."""
    rooms = [seat for seat in places.seats(building_id) if seat.kind == SeatKind.ROOM]
    midnight = _at(today, time(), clock)
    out = places.outages([room.id for room in rooms], midnight, midnight + timedelta(days=DAYS_AHEAD))
    heads = [one.person_id for one in residents if one.title in ("課長", "課長補佐", "係長")]
    for ahead in range(1, 6):
        day = today + timedelta(days=ahead)
        if day.weekday() >= 5:
            continue
        who = iter(rng.sample(heads, len(heads)))
        for room in rooms:
            if rng.random() < 0.5 and room.id not in out:
                begins = time(rng.choice((9, 10, 13, 14, 15)), rng.choice((0, 30)))
                starts_at = _at(day, begins, clock)
                ends_at = starts_at + timedelta(minutes=rng.choice((60, 90)))
                yield NewBooking(room.id, next(who), starts_at, ends_at, subject=rng.choice(TALKS))


def _ended(draw: float) -> tuple[State, bool]:
    """What became of a booking of the past, and whether its person came."""
    if draw < NO_SHOW:
        return State.RELEASED, False
    if draw < NO_SHOW + CANCELLED:
        return State.CANCELLED, False
    return (State.LEFT, True) if draw < NO_SHOW + CANCELLED + LEFT else (State.IN_USE, True)


def _at(day: date, at: time, clock: tzinfo) -> datetime:
    return datetime.combine(day, at, clock)
