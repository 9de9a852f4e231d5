"""What people of the demo say of their day; it fits the simulated one: who works at home does not come in."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from server import db
from server.demo.build import SEED
from server.fleet import queries as fleet
from server.people import queries as people
from server.presence import statuses
from server.presence.rules import StatusKind
from server.presence.statuses import Saying

TELEWORK, LEAVE, TRIP = 0.09, 0.06, 0.11  # of everybody
LONGEST_ERRAND_S = 100 * 60  # away for longer is a trip; shorter is lunch
SAID = {"room": (StatusKind.MEETING, 0.5), "solo": (StatusKind.FOCUS, 0.7)}  # how many say what they do
AWAY = frozenset({StatusKind.TELEWORK, StatusKind.LEAVE, StatusKind.TRIP})
UNTIL_TONIGHT = timedelta(hours=10)


def say_today(scenario: Mapping[str, Any], at: str, guides: Collection[int], now: datetime) -> int:
    """Say it for everybody; returns how many sayings.

    scenario   the simulated day
    at         the simulated clock now, "08:20"
    guides     people who are not away, whatever the lot says: somebody signs in as them
    """
    hour, minute = (int(part) for part in at.split(":")[:2])
    start = now - timedelta(hours=hour, minutes=minute)  # midnight of the simulated day
    with db.transaction():
        carriers, everybody = fleet.carriers(now), sorted(people.active_ids(now.date()))
        come = {carriers[one["tag"]]: one["stops"] for one in scenario["people"] if one["tag"] in carriers}
        carrying, rng = frozenset(carriers.values()), random.Random(SEED)
        said = [
            one
            for i in everybody
            for one in _sayings(i, come.get(i), i in carrying, start, now, rng)
            if i not in guides or one.kind not in AWAY
        ]
        statuses.say_many(said, now)
    return len(said)


def _sayings(
    person_id: int, stops: Sequence[Any] | None, carries: bool, start: datetime, now: datetime, rng: random.Random
) -> Iterator[Saying]:
    draw = rng.random()
    tonight = now + UNTIL_TONIGHT
    if stops is not None:
        yield from _of_the_day(person_id, stops, start, rng)
    elif carries or draw < TELEWORK + LEAVE:
        share = TELEWORK / (TELEWORK + LEAVE)
        kind = StatusKind.TELEWORK if rng.random() < share else StatusKind.LEAVE
        yield Saying(person_id, kind, now, tonight)
    elif draw < TELEWORK + LEAVE + TRIP:
        yield Saying(person_id, StatusKind.TRIP, now, now + timedelta(hours=rng.randint(2, 6)))


def _of_the_day(person_id: int, stops: Sequence[Any], start: datetime, rng: random.Random) -> Iterator[Saying]:
    for (begins_s, _floor, _x, _y, kind), following in pairwise(stops):
        begins, ends = start + timedelta(seconds=begins_s), start + timedelta(seconds=following[0])
        if kind == "away" and following[0] - begins_s > LONGEST_ERRAND_S:
            yield Saying(person_id, StatusKind.TRIP, begins, ends)
        elif kind in SAID and rng.random() < SAID[kind][1]:
            yield Saying(person_id, SAID[kind][0], begins, ends)
