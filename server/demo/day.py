"""An ordinary day of everybody in the hall, as the radio simulator's scenario: who is where from when on.

Arrival in a wave (four in ten between 8:15 and 8:30), desk, meetings with colleagues, lunch, an errand, telework and
trips, leaving. Times are seconds of the day on the building's clock.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from server.demo.build import SEED, SITE, Resident
from server.demo.city import STOREYS
from server.demo.geometry import ENTRANCE, HEIGHT_M, LIFTS, SLAB_DB, TOILETS, WIDTH_M, Area, Layout, Spot, layout

H, MIN = 3600, 60
TO_THE_DESK = 10 * MIN
ABSENT = 0.15  # telework 9 %, leave 6 %
SIGN_IN = 2  # the first residents, whom somebody signs in as: they are there
ON_A_TRIP = 0.11
MEETINGS_AN_HOUR = 2.2  # of each floor
CANTEEN_FLOOR = "3"
SILENT = ("RX-12-02",)  # a receiver that has failed, so that its floor shows what the map says then

Stop = tuple[int, str, float, float, str]
RADIO = {
    "power_at_1m_dbm": -62.0,
    "exponent": 2.1,
    "shadow_sd_db": 3.5,
    "shadow_scale_m": 3.0,
    "fast_sd_db": 4.0,
    "body_sd_db": 3.0,
    "loss": 0.15,
}


@dataclass(slots=True)
class Person:
    """One carrier's day while it is being planned: blocks (start, end, floor, x_m, y_m, kind) besides the desk."""

    resident: Resident
    desk: Spot
    starts: int
    ends: int
    blocks: list[tuple[int, int, str, float, float, str]] = field(default_factory=list)

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing else is planned from `start` to `end`, once they have come to their desk."""
        is_there = self.starts + TO_THE_DESK <= start and end <= self.ends
        return is_there and all(end <= b[0] or b[1] <= start for b in self.blocks)


def scenario(residents: Sequence[Resident], timezone: str) -> dict[str, object]:
    """What `iruka-agent simulate` reads; the same residents give the same day."""
    rng = random.Random(SEED)
    layouts = {storey.code: layout(storey) for storey in STOREYS}
    people = _present(residents, layouts, rng)
    _lunch(people, layouts, rng)
    _meetings(people, layouts, rng)
    _errands(people, layouts, rng)
    receivers = [
        {"id": agent, "floor": code, "x_m": x, "y_m": y, "z_m": 2.6}
        for code, one in layouts.items()
        for agent, x, y in one.receivers
    ]
    return {
        "site": SITE,
        "tz": timezone,
        "floors": [
            {
                "id": code,
                "level": one.storey.level,
                "width_m": WIDTH_M,
                "height_m": HEIGHT_M,
                "slab_db": SLAB_DB,
                "lifts": [list(lift) for lift in LIFTS],
            }
            for code, one in layouts.items()
        ],
        "receivers": receivers,
        "tags": [
            {"id": p.resident.tag, "level_db": round(rng.gauss(0.0, 3.0), 1), "interval_s": rng.choice((1.0, 1.0, 2.0))}
            for p in people
        ],
        "people": [{"tag": p.resident.tag, "stops": _stops(p)} for p in people],
        "radio": RADIO,
        "silent": list(SILENT),
        "seed": SEED,
    }


def _present(residents: Sequence[Resident], layouts: dict[str, Layout], rng: random.Random) -> list[Person]:
    """Who comes today and sits where; group address: any free desk of the section's zone."""
    free: dict[str, list[Spot]] = {}
    people = []
    for number, resident in enumerate(residents):
        is_guide = number == 0
        draw = rng.random()
        if resident.tag is None or (draw < ABSENT and number >= SIGN_IN):
            continue
        zone = _desk_zone(resident, layouts[resident.storey.code])
        spots = free.setdefault(zone.code, rng.sample(zone.spots, len(zone.spots)))
        desk = spots.pop() if spots else rng.choice(zone.spots)
        starts = rng.randint(8 * H + 15 * MIN, 8 * H + 30 * MIN) if rng.random() < 0.38 else _around_eight(rng)
        ends = int(rng.triangular(17 * H + 15 * MIN, 20 * H, 17 * H + 25 * MIN))
        if is_guide:
            starts = 8 * H
        person = Person(resident, desk, starts, ends)
        if draw > 1.0 - ON_A_TRIP and number >= SIGN_IN:
            leaves = max(rng.randint(9 * H, 13 * H), starts + TO_THE_DESK)
            person.blocks.append((leaves, min(ends, leaves + rng.randint(2 * H, 5 * H)), "", 0.0, 0.0, "away"))
        people.append(person)
    return people


def _around_eight(rng: random.Random) -> int:
    return int(min(max(rng.gauss(8 * H + 15 * MIN, 25 * MIN), 7 * H + 5 * MIN), 9 * H + 30 * MIN))


def _desk_zone(resident: Resident, here: Layout) -> Area:
    if resident.section is not None:
        return here.area(resident.section.zone)
    with_desks = [here.area(section.zone) for section in resident.storey.sections]
    return max(with_desks, key=lambda area: area.capacity)


def _lunch(people: Sequence[Person], layouts: dict[str, Layout], rng: random.Random) -> None:
    canteen, rest = layouts[CANTEEN_FLOOR].area("K").spots, layouts[CANTEEN_FLOOR].area("R").spots
    for person in people:
        draw, start = rng.random(), 12 * H + rng.randint(-10, 25) * MIN
        end = start + rng.randint(25, 50) * MIN
        if not person.is_free(start, end):
            continue
        if draw < 0.28:
            spot = rng.choice(canteen)
            person.blocks.append((start, end, CANTEEN_FLOOR, spot.x, spot.y, "canteen"))
        elif draw < 0.36:
            spot = rng.choice(rest)
            person.blocks.append((start, end, CANTEEN_FLOOR, spot.x, spot.y, "refresh"))
        elif draw < 0.58:
            person.blocks.append((start, end, "", 0.0, 0.0, "away"))


def _meetings(people: Sequence[Person], layouts: dict[str, Layout], rng: random.Random) -> None:
    """Three to six of a floor meet in a room, at a group desk or in a booth; some go to another floor's."""
    by_floor: defaultdict[str, list[Person]] = defaultdict(list)
    for person in people:
        by_floor[person.resident.storey.code].append(person)
    for code, candidates in by_floor.items():
        for hour in (8.75, 9.5, 10.25, 11.0, 13.25, 14.0, 14.75, 15.5, 16.25):
            for _ in range(round(MEETINGS_AN_HOUR * 0.75 * rng.uniform(0.6, 1.4))):
                start = int(hour * H) + rng.randint(-5, 5) * MIN
                end = start + rng.choice((30, 45, 60)) * MIN
                where = code if rng.random() < 0.8 else rng.choice([*by_floor, CANTEEN_FLOOR])
                room = _meeting_spots(layouts[where], rng)
                free = [person for person in candidates if person.is_free(start, end)]
                chosen = rng.sample(free, min(len(free), len(room), rng.randint(3, 6)))
                for person, spot in zip(chosen, room, strict=False):
                    person.blocks.append((start, end, where, spot.x, spot.y, "room"))


def _meeting_spots(here: Layout, rng: random.Random) -> Sequence[Spot]:
    areas = [area for area in here.areas if area.kind == "room" and area.spots]
    areas += [area for area in here.areas if area.code.endswith("G")]
    spots = rng.choice(areas).spots
    groups = [spots[i : i + 6] for i in range(0, len(spots), 6)]
    return rng.choice(groups)


def _errands(people: Sequence[Person], layouts: dict[str, Layout], rng: random.Random) -> None:
    """Focus work at a solo place, and a few minutes in the toilets, where nothing is recorded (P8)."""
    for person in people:
        code = person.resident.storey.code
        solo = [area for area in layouts[code].areas if area.code.endswith("S")]
        if solo and rng.random() < 0.12:
            start = rng.randint(9 * H, 16 * H)
            spot = rng.choice(solo[0].spots)
            _add_if_free(person, start, start + rng.randint(40, 100) * MIN, code, spot.x, spot.y, "solo")
        for _ in range(3):
            start = rng.randint(8 * H + 40 * MIN, 17 * H)
            x, y = TOILETS.x + rng.uniform(0.5, 3.0), TOILETS.y + rng.uniform(0.5, 3.0)
            _add_if_free(person, start, start + rng.randint(3, 5) * MIN, code, x, y, "toilet")


def _add_if_free(person: Person, start: int, end: int, floor: str, x: float, y: float, kind: str) -> None:
    if person.is_free(start, end):
        person.blocks.append((start, end, floor, x, y, kind))


def _stops(person: Person) -> list[Stop]:
    """In through the entrance, to the desk, to every block and back unless the next one begins at once, and out."""
    desk = (person.resident.storey.code, round(person.desk.x, 2), round(person.desk.y, 2), "desk")
    entrance = ("1", *ENTRANCE, "entrance")
    stops: list[Stop] = [(person.starts, *entrance), (person.starts + 5, *desk)]
    blocks = sorted(person.blocks)
    for i, (start, end, floor, x, y, kind) in enumerate(blocks):
        if kind == "away":
            stops += [(start - 2 * MIN, *entrance), (start, "1", *ENTRANCE, "away"), (end, *entrance)]
        else:
            stops.append((start, floor, round(x, 2), round(y, 2), kind))
        following = blocks[i + 1][0] if i + 1 < len(blocks) else person.ends
        if following - end > 3 * MIN:
            stops.append((end + (5 if kind == "away" else 0), *desk))
    stops += [(person.ends, *entrance), (person.ends + 4 * MIN, "1", *ENTRANCE, "away")]
    return _ascending(stops)


def _ascending(stops: list[Stop]) -> list[Stop]:
    """A walk out may begin before the stop that precedes it in the list; the later plan wins."""
    kept: list[Stop] = []
    for stop in stops:
        while kept and kept[-1][0] >= stop[0]:
            kept.pop()
        kept.append(stop)
    return kept
