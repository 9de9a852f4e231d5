"""Which free seat suits somebody best, and why: the order of what counts. Pure.

What stands first decides; what follows decides among equals only (docs/seats.md tells the same to people):

 1. a priority seat that one does not need comes after every other seat
 2. as many as possible of the things wished for: monitor, standing desk, dock, quiet
 3. on the floor wished for
 4. near the colleague wished for
 5. not one of the last seats, when that is wished
 6. near one's team, when that is wished
 7. a plain seat before one that others may need: solo work spaces, counters, seats of one's own
 8. the zone of one's own section, then the zones of its overflow order, then zones for everybody, then others' zones
 9. fewer floors away from there
10. used less often by this person in the last 90 days: the seat used most comes last, never first
11. what the seat has besides, and was not wished for, is left to others
12. chance, another one for every person and day, so that not everybody is sent to the same seat
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple
from zlib import crc32

from server.places.rules import Equipment, SeatKind

LAST_SEATS = 3  # how many of one's last seats are avoided on wish
BESIDE_M, NEAR_M = 3.0, 8.0
DIFFERENT_M = 10.0  # so far apart two seats of a zone are two choices
SUGGESTIONS = 3
BY_WISHES = 3  # what of the order says how well a seat suits: priority, things, floor
FOR_WORK = frozenset({SeatKind.GROUP, SeatKind.GROUP_DESK, SeatKind.SOLO, SeatKind.COUNTER, SeatKind.FIXED})
# booths and rooms are for several people: nobody is sent there to work alone
PLAIN = frozenset({SeatKind.GROUP, SeatKind.GROUP_DESK})
WISHABLE = frozenset({Equipment.MONITOR, Equipment.STANDING, Equipment.DOCK, Equipment.WHEELCHAIR, Equipment.QUIET})
MUSTS = frozenset({Equipment.WHEELCHAIR})  # a seat without it would be none


class Near(IntEnum):
    """How near a seat is to somebody; further floors are further numbers."""

    BESIDE = 0
    CLOSE = 1
    SAME_ZONE = 2
    SAME_FLOOR = 3
    ELSEWHERE = 4


class Whose(IntEnum):
    """Whose zone a seat lies in, for the person who asks; overflow zones lie between OWN and EVERYBODYS."""

    OWN = 0
    EVERYBODYS = 50
    OTHERS = 60  # who will want it back


class Spot(NamedTuple):
    """Where somebody sits, or that they sit somewhere in a zone."""

    level: int
    zone_id: int
    at: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody would like; `floor_id` None: on any floor."""

    equipment: frozenset[str] = frozenset()
    floor_id: int | None = None
    near_team: bool = False
    not_last: bool = False


class Candidate(NamedTuple):
    """A seat that can be had all the time asked for.

    free_until   a quarter hour: when somebody else, or the end of the day, comes
    whose        a `Whose`, or a number after OWN: its place in the overflow order
    """

    seat_id: int
    code: str
    kind: SeatKind
    equipment: frozenset[str]
    floor_id: int
    level: int
    zone_id: int
    x_m: float
    y_m: float
    is_priority: bool
    free_until: int
    whose: int


@dataclass(frozen=True, slots=True)
class Person:
    """What of the person who asks decides.

    n_used      days on each seat in the last 90 days
    last_seats  their last seats, the newest first
    team        where their section sits, as far as it shows them that; their own zones otherwise
    colleague   where the colleague wished for sits; empty: nobody was wished for
    home_level  the floor that "floors away" counts from
    """

    salt: str
    n_used: Mapping[int, int]
    last_seats: Sequence[int]
    team: Sequence[Spot] = ()
    colleague: Sequence[Spot] = ()
    home_level: int = 0


class Found(NamedTuple):
    """A candidate with what made its place in the order."""

    seat: Candidate
    has: frozenset[str]  # of what was wished for
    lacks: frozenset[str]
    near_colleague: int
    near_team: int
    is_last: bool
    order: tuple[int, ...]


def ranked(candidates: Collection[Candidate], wishes: Wishes, person: Person) -> list[Found]:
    """The best first."""
    last = frozenset(person.last_seats[:LAST_SEATS])
    salt = person.salt.encode()
    team = _by_level(person.team if wishes.near_team else ())
    colleagues = _by_level(person.colleague)
    found = []
    for seat in candidates:
        has = wishes.equipment & _has(seat)
        colleague = _near(seat, colleagues) if colleagues else 0
        team_near = _near(seat, team) if team else 0
        n_used, is_last = person.n_used.get(seat.seat_id, 0), seat.seat_id in last
        order = (
            seat.is_priority,
            len(wishes.equipment) - len(has),
            wishes.floor_id is not None and seat.floor_id != wishes.floor_id,
            colleague,
            wishes.not_last and is_last,
            team_near,
            seat.kind not in PLAIN and not (seat.kind is SeatKind.SOLO and Equipment.QUIET in wishes.equipment),
            seat.whose,
            abs(seat.level - person.home_level),
            n_used,
            len(seat.equipment) - len(has),
            crc32(b"%s:%d" % (salt, seat.seat_id)),
        )
        found.append(Found(seat, has, wishes.equipment - has, colleague, team_near, is_last, order))
    found.sort(key=_order)
    return found


def suggestions(found: Sequence[Found], *, floor_id: int | None = None) -> list[Found]:
    """The best, and two that are other choices: of another zone or with other equipment, else far from it.

    floor_id   a floor that was wished for: what suits as well as the best comes before other floors and equipment
    """
    if not found:
        return []
    chosen = [found[0]]
    if floor_id is not None:
        as_good = [one for one in found if one.order[:BY_WISHES] == found[0].order[:BY_WISHES]]
        if len(as_good) >= SUGGESTIONS:
            found = as_good
        else:
            chosen = as_good
    for differs in (_differs_in_zone, _differs, _is_another):
        for one in found:
            if len(chosen) == SUGGESTIONS:
                return chosen
            if all(differs(one, other) for other in chosen):
                chosen.append(one)
                if differs is _differs_in_zone:
                    break  # one of another zone is enough
    return chosen


def near(seat: Candidate, spots: Sequence[Spot]) -> int:
    """How near a seat is to the nearest of them: a `Near`, plus how many floors away it is."""
    best = 1000
    for spot in spots:
        if spot.level != seat.level:
            found = Near.ELSEWHERE + abs(spot.level - seat.level)
        elif spot.at is None:
            found = Near.SAME_ZONE if spot.zone_id == seat.zone_id else Near.SAME_FLOOR
        else:
            far_m = math.hypot(seat.x_m - spot.at[0], seat.y_m - spot.at[1])
            if far_m <= BESIDE_M:
                return Near.BESIDE
            if far_m <= NEAR_M:
                found = Near.CLOSE
            else:
                found = Near.SAME_ZONE if spot.zone_id == seat.zone_id else Near.SAME_FLOOR
        best = min(best, found)
    return best


def _by_level(spots: Sequence[Spot]) -> dict[int, list[Spot]]:
    """The spots of each floor: most seats lie on a floor without any, and need not be compared with each."""
    found: dict[int, list[Spot]] = {}
    for spot in spots:
        found.setdefault(spot.level, []).append(spot)
    return found


def _near(seat: Candidate, spots: Mapping[int, Sequence[Spot]]) -> int:
    """As `near`, of spots by floor."""
    if seat.level in spots:
        return near(seat, spots[seat.level])
    return Near.ELSEWHERE + min(abs(level - seat.level) for level in spots)


def is_near(nearness: int) -> bool:
    """Whether people would call it near."""
    return nearness <= Near.SAME_ZONE


def has_musts(equipment: Collection[str], wished: Collection[str], needed: Collection[str]) -> bool:
    """Whether a seat has what cannot be done without: wished-for wheelchair access, and the person's own needs."""
    return all(one in equipment for one in needed) and all(one in equipment for one in MUSTS if one in wished)


def _has(seat: Candidate) -> frozenset[str]:
    return seat.equipment | {Equipment.QUIET} if seat.kind is SeatKind.SOLO else seat.equipment


def _order(one: Found) -> tuple[int, ...]:
    return one.order


def _differs_in_zone(one: Found, other: Found) -> bool:
    return one.seat.zone_id != other.seat.zone_id


def _differs(one: Found, other: Found) -> bool:
    a, b = one.seat, other.seat
    return (
        a.zone_id != b.zone_id or a.equipment != b.equipment or math.hypot(a.x_m - b.x_m, a.y_m - b.y_m) >= DIFFERENT_M
    )


def _is_another(one: Found, other: Found) -> bool:
    return one.seat.seat_id != other.seat.seat_id
