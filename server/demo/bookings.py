"""Bookings of the demo: four months that were, with people who always take the same seat and people who move; the days
ahead; and today, so that it fits the simulated one. Nothing lies on a day on which the hall is closed.
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
from server.demo.days import month_before, next_days
from server.demo.house import HINTED_SINCE
from server.fleet import queries as fleet
from server.people import queries as people
from server.places import queries as places
from server.places.queries import BuildingView, SeatView
from server.places.rules import Opening, SeatKind
from server.presence import queries as presence

MONTHS_BACK, DAYS_AHEAD = 4, 8  # whole months, and working days
WORKDAY = (time(8, 30), time(17, 15))
MORNING, AFTERNOON = (time(8, 30), time(12, 0)), (time(13, 0), time(17, 15))
LENGTHS = ((WORKDAY, 0.7), (MORNING, 0.15), (AFTERNOON, 0.15))
BOOKED_PAST, BOOKED_TOMORROW, FEWER_EACH_DAY = 0.55, 0.5, 0.82
LOYAL, SWITCHING = 0.35, 0.35  # always the same seat; one of three; the rest sit anywhere
KEEPS_TO_IT = 0.88
KEEPS_WHEN_HINTED = 0.5  # where the house rules have begun to say that it is the seat of last time
NO_SHOW, CANCELLED, LEFT = 0.05, 0.04, 0.1
WALK_UP_FLOORS, SEVEN_DAYS_FLOORS = frozenset({"11"}), frozenset({"19"})  # as their house rules say
TALKS = ("打合せ", "予算ヒアリング", "係内ミーティング", "業者説明", "局議準備")  # what rooms are booked for
GUIDES = 2  # the first residents: who signs in as a guide, and the section's administrator
HINTED_ZONE = DRAWN_ZONE = "18A"  # the guide's: its rule has changed, and tomorrow's seats are drawn by lot
GUIDE_BOOKS = frozenset({1, 3})  # of the working days ahead; the others are for the lottery, a series and what they try
MEETING_FLOOR, MEETING_AHEAD, MEETING = "18", 1, (time(14, 0), time(15, 0))  # all its rooms are taken then
LATE_ZONES = ("18A", "18B", "18C", "17A", "20A")  # in each of them somebody without a badge has not come to their seat
LATE_MIN = 60  # the grace of a group address
ROOM_NOT_COME_TO = "18M"  # the guide has one of these from now on, and sits elsewhere


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody who chooses a seat of a group address each day, and those they like best."""

    person_id: int
    floor: str
    zone: str
    liked: tuple[int, ...]


def book_the_city(building_id: int, residents: Sequence[Resident], now: datetime) -> int:
    """The past and the days ahead; returns how many bookings."""
    building = next(one for one in places.buildings() if one.id == building_id)
    opening, of_zone = places.opening(building), _desks(building_id)
    sitters = list(_sitters(residents, of_zone, random.Random(SEED)))
    today = now.astimezone(building.zone).date()
    past = _past(sitters, of_zone, today, opening, random.Random(SEED + 1))
    ahead = _ahead(sitters, of_zone, today, opening, residents[0].person_id, random.Random(SEED + 2))
    rooms = _rooms(building_id, residents, today, opening, random.Random(SEED + 3))
    return bulk.lay_out([*past, *ahead, *rooms], now)


def book_today(scenario: Mapping[str, Any], at: str, guides: Sequence[int], now: datetime) -> int:
    """Half of those who come in today have booked the desk where the simulation puts them; returns how many.

    Some who have no badge have not come to theirs, and the first guide not to a meeting: they are warned and released
    within minutes.

    scenario   the simulated day
    at         the simulated clock now, "08:20"
    guides     people who have a booking whatever happens
    """
    hour, minute = (int(part) for part in at.split(":")[:2])
    start = now - timedelta(hours=hour, minutes=minute)  # midnight of the simulated day
    with db.transaction():
        building = places.building(SITE)
        if building is None:
            return 0
        carriers = fleet.carriers(now)
        come = {carriers[one["tag"]]: one["stops"] for one in scenario["people"] if one["tag"] in carriers}
        day = _Day.of(building, now)
        made = list(_today(day, building.id, come, guides, start))
        made += _late(day, building.id, frozenset(carriers.values()))
        if guides:
            made += _missed_meeting(day, building.id, guides[0])
        return bulk.lay_out(made, now) if made else 0


@dataclass(frozen=True, slots=True)
class _Day:
    """Today, from its midnight to the next, and who and what has a booking by now."""

    now: datetime
    began: datetime
    ends: datetime
    taken: set[int]
    seated: set[int]

    @classmethod
    def of(cls, building: BuildingView, now: datetime) -> "_Day":
        """As it is."""
        today = now.astimezone(building.zone).date()
        began, ends = (_at(day, time(), building.zone) for day in (today, today + timedelta(days=1)))
        bookable = [seat.id for seat in places.seats(building.id) if seat.kind in (SeatKind.GROUP, SeatKind.ROOM)]
        held = queries.of_seats(bookable, now, ends)
        taken = {one.seat_id for one in held} | places.outages(bookable, now, ends).keys()
        return cls(now, began, ends, taken, {one.person_id for one in held if one.person_id is not None})

    def take(self, one: NewBooking) -> bool:
        """Whether there is time, seat and person for it; then nobody else has them."""
        if one.ends_at <= one.starts_at or one.seat_id in self.taken or one.person_id in self.seated:
            return False
        self.taken.add(one.seat_id)
        self.seated.add(one.person_id)
        return True


def _today(
    day: _Day, building_id: int, come: Mapping[int, Sequence[Any]], guides: Sequence[int], start: datetime
) -> Iterator[NewBooking]:
    floors = {floor.id: floor.code for floor in places.floors(building_id)}
    zones = {zone.id: zone for zone in places.zones_of_building(building_id)}
    desks = {
        (floors[zones[seat.zone_id].floor_id], round(seat.x_m, 2), round(seat.y_m, 2)): seat.id
        for seat in places.seats(building_id)
        if seat.kind == SeatKind.GROUP and not seat.is_priority
    }
    now, rng = day.now, random.Random(SEED)
    for person_id, stops in sorted(come.items(), key=lambda one: (one[0] not in guides, one[0])):
        wants = rng.random() < BOOKED_TOMORROW or person_id in guides
        arrives_s, floor, x_m, y_m = next((stop[:4] for stop in stops if stop[4] == "desk"), (0, "", 0.0, 0.0))
        seat_id = desks.get((floor, round(x_m, 2), round(y_m, 2)))
        if not wants or seat_id is None:
            continue
        arrives_at = start + timedelta(seconds=arrives_s)
        has_come = arrives_at <= now
        starts_at = begun_quarter(now) if has_come else begun_quarter(arrives_at) + QUARTER
        ends_at = min(begun_quarter(start + timedelta(seconds=stops[-1][0])), day.ends)
        is_known = has_come and person_id not in guides  # one sees a guide's own be confirmed by the badge
        state = State.IN_USE if is_known else State.BOOKED
        one = NewBooking(seat_id, person_id, starts_at, ends_at, state, is_known, How.FIND)
        if day.take(one):
            yield one


def _late(day: _Day, building_id: int, carriers: frozenset[int]) -> Iterator[NewBooking]:
    """Bookings whose grace is over within a quarter of an hour."""
    zones = {zone.code: zone for zone in places.zones_of_building(building_id, day.began.date())}
    of_zone, away = _desks(building_id), presence.statuses_at(day.now)
    starts_at = max(day.began, begun_quarter(day.now) + QUARTER - timedelta(minutes=LATE_MIN))
    for code in LATE_ZONES:
        members = people.members_of(zones[code].unit_ids, day.began.date()) - carriers - away.keys() - day.seated
        free = [seat.id for seat in of_zone[code] if seat.id not in day.taken]
        if members and free:
            one = NewBooking(free[0], min(members), starts_at, min(starts_at + timedelta(hours=4), day.ends))
            if day.take(one):
                yield one


def _missed_meeting(day: _Day, building_id: int, guide: int) -> Iterator[NewBooking]:
    """A room that its person does not come to; besides a desk one may have a room."""
    rooms = [seat.id for seat in places.seats(building_id) if seat.code.startswith(ROOM_NOT_COME_TO)]
    has = {one.kind for one in queries.of_person(guide, day.now, day.ends)}
    free = [seat_id for seat_id in rooms if seat_id not in day.taken]
    starts_at = begun_quarter(day.now)
    if free and SeatKind.ROOM not in has:
        ends_at = min(starts_at + timedelta(hours=1), day.ends)
        yield NewBooking(free[0], guide, starts_at, ends_at, subject=TALKS[0])


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
    sitters: Sequence[Sitter], of_zone: Mapping[str, Sequence[SeatView]], today: date, opening: Opening,
    rng: random.Random,
) -> Iterator[NewBooking]:  # fmt: skip
    first, hinted_since = month_before(today, MONTHS_BACK), month_before(today, HINTED_SINCE)
    for day in (first + timedelta(days=n) for n in range((today - first).days)):
        if not opening.is_open_on(day):
            continue
        hinted = HINTED_ZONE if day >= hinted_since else ""
        for sitter, seat_id, (starts, ends) in _seated(sitters, of_zone, BOOKED_PAST, rng, hinted=hinted):
            state, is_confirmed = _ended(rng.random())
            how = rng.choice((How.MAP, How.FIND, How.WALK_UP, How.CODE))
            yield NewBooking(seat_id, sitter.person_id, _at(day, starts, opening.zone), _at(day, ends, opening.zone),
                             state, is_confirmed, how)  # fmt: skip


def _ahead(
    sitters: Sequence[Sitter], of_zone: Mapping[str, Sequence[SeatView]], today: date, opening: Opening,
    guide: int, rng: random.Random,
) -> Iterator[NewBooking]:  # fmt: skip
    share = BOOKED_TOMORROW
    for n, day in enumerate(next_days(opening, today)[:DAYS_AHEAD]):
        ahead = (day - today).days
        allowed = [
            one for one in sitters
            if one.floor not in WALK_UP_FLOORS
            and (ahead <= 7 or one.floor not in SEVEN_DAYS_FLOORS)
            and (n > 0 or one.zone != DRAWN_ZONE)
            and (n in GUIDE_BOOKS or one.person_id != guide)
        ]  # fmt: skip
        surely = frozenset(one.person_id for one in sitters[:GUIDES]) if n < 4 else frozenset()
        for sitter, seat_id, (starts, ends) in _seated(allowed, of_zone, share, rng, surely):
            if sitter.person_id == guide:
                starts, ends = WORKDAY
            yield NewBooking(seat_id, sitter.person_id, _at(day, starts, opening.zone), _at(day, ends, opening.zone))
        share *= FEWER_EACH_DAY


def _seated(
    sitters: Sequence[Sitter], of_zone: Mapping[str, Sequence[SeatView]], share: float, rng: random.Random,
    surely: frozenset[int] = frozenset(), hinted: str = "",
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
        keeps = liked and rng.random() < (KEEPS_WHEN_HINTED if sitter.zone == hinted else KEEPS_TO_IT)
        seat_id = rng.choice(liked) if keeps else rng.choice(sorted(here))
        here.remove(seat_id)
        yield sitter, seat_id, rng.choices([one for one, _w in LENGTHS], [weight for _one, weight in LENGTHS])[0]


def _rooms(
    building_id: int, residents: Sequence[Resident], today: date, opening: Opening, rng: random.Random
) -> Iterator[NewBooking]:
    """A meeting in every second room on each of the next days; on one floor and day none is left for an hour.

    One of these is the section administrator's, who can cancel it.
    """
    rooms = [seat for seat in places.seats(building_id) if seat.kind == SeatKind.ROOM]
    out = places.outages([room.id for room in rooms], _at(today, time(), opening.zone), _at(today, time(), opening.zone)
                         + timedelta(days=DAYS_AHEAD))  # fmt: skip
    heads = [one.person_id for one in residents[GUIDES:] if one.title in ("課長", "課長補佐", "係長")]
    for n, day in enumerate(next_days(opening, today)[:4]):
        who = iter(rng.sample(heads, len(heads)))
        keeper = [residents[1].person_id]
        for room in rooms:
            is_full = n == MEETING_AHEAD and room.code.startswith(f"{MEETING_FLOOR}M-")
            if room.id in out or (rng.random() >= 0.5 and not is_full):
                continue
            begins = time(rng.choice((9, 10, 13, 14, 15)), rng.choice((0, 30)))
            length = timedelta(minutes=rng.choice((60, 90)))
            starts_at = _at(day, MEETING[0] if is_full else begins, opening.zone)
            ends_at = _at(day, MEETING[1], opening.zone) if is_full else starts_at + length
            person_id = keeper.pop() if is_full and keeper else next(who)
            yield NewBooking(room.id, person_id, starts_at, ends_at, subject=rng.choice(TALKS))


def _ended(draw: float) -> tuple[State, bool]:
    """What became of a booking of the past, and whether its person came."""
    if draw < NO_SHOW:
        return State.RELEASED, False
    if draw < NO_SHOW + CANCELLED:
        return State.CANCELLED, False
    return (State.LEFT, True) if draw < NO_SHOW + CANCELLED + LEFT else (State.IN_USE, True)


def _at(day: date, at: time, clock: tzinfo) -> datetime:
    return datetime.combine(day, at, clock)
