"""A city hall for benchmarks: 28 floors of 110 people in PostgreSQL, who move about, and browsers signed in as them."""

import hashlib
import multiprocessing
import random
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # its builders and servers are ours, too

import make
import mosquitto as mosquitto
import postgres
from gunicorns import Page as Page
from gunicorns import Site as Site
from mornings import Browser as Browser

from migrations.upgrade import upgrade
from server import changes, clock, db
from server.demo.names import names
from server.fleet import service as fleet
from server.people import passwords, sessions
from server.people.models import Account
from server.people.rules import Role
from server.places import service as places
from server.presence import queries as presence_queries
from server.presence import service as presence
from server.presence.rules import State, Whereabouts
from server.presence.service import Observation

FLOORS, ZONES, PEOPLE = 28, 4, 110
CHANGES_PER_S = 30  # of a place or state, in the whole building: everybody once in 100 s
TURN_S = 1 / 3
HEARD_EVERY_S = 10.0  # the times heard of each floor


@dataclass
class Hall:
    """Who is where, and the session keys of as many of them as were asked for."""

    url: str
    floors: list[int]
    zones: dict[int, list[int]]  # by floor
    home: dict[int, int]  # person → floor
    keys: dict[int, str]  # person → session key


@contextmanager
def hall(n_signed_in: int) -> Iterator[Hall]:
    """The hall on a PostgreSQL server of its own, with PostgreSQL's own settings; people sign in from the top floor."""
    with postgres.server(durable=True) as server:
        url = server.create("hall")
        db.connect(url)
        upgrade()
        built = _build(url, n_signed_in)
        db.disconnect()
        yield built


def _build(url: str, n_signed_in: int) -> Hall:
    floors: list[int] = []
    zones: dict[int, list[int]] = {}
    home: dict[int, int] = {}
    called = names(20261123)
    with db.transaction():
        notice, building = make.notice(), make.building(**make.ALWAYS)
        for level in range(FLOORS, 0, -1):
            floor = make.floor(building, str(level), portals=[[24.0, 16.0]])
            floors.append(floor)
            zones[floor] = [make.zone(floor, f"{level}{'ABCD'[i]}", x_m=12.0 * i, capacity=28) for i in range(ZONES)]
            sections = [make.unit(f"第{level}{'ABCD'[i]}課") for i in range(ZONES)]
            for zone, section in zip(zones[floor], sections, strict=True):
                places.own_zone(zone, section, make.DAY)
            for number, name in enumerate(islice(called, PEOPLE)):
                person = make.person(
                    name.family, name.given, family_kana=name.family_kana, given_kana=name.given_kana,
                    unit_id=sections[number % ZONES], is_head=number < ZONES, has_read=notice,
                )  # fmt: skip
                home[person] = floor
    now = clock.now()
    everyone = [(person, _here(random.choice(zones[floor]), floor)) for person, floor in home.items()]
    with db.transaction():
        presence.observe([Observation(*one) for one in everyone], now)
        beat()
    return Hall(url, floors, zones, home, _sign_in(sorted(home)[:n_signed_in]))


def _sign_in(people: list[int]) -> dict[int, str]:
    keys = {person: secrets.token_urlsafe(32) for person in people}
    now, password = clock.now(), passwords.hashed(make.PASSWORD)
    with db.transaction():
        for person, key in keys.items():
            account = insert(Account).values(
                login=f"p{person}", password_hash=password, role=Role.STAFF.value, person_id=person, created_at=now
            )
            account_id = db.session.execute(account.returning(Account.id)).scalar_one()
            sessions.start(hashlib.sha256(key.encode()).digest(), account_id, {}, now)
    return keys


def _here(zone: int, floor: int, state: State = State.PRESENT) -> Whereabouts:
    return Whereabouts(state, floor, zone, 0.9, clock.now())


def beat() -> None:
    """The background process's sign of life."""
    fleet.record_beat("background", clock.now(), broker_connected=True, broker_since=None, inbox=0, tags=0, step_ms=1.0)


class Life:
    """A process that lets people move and be heard, and remembers when each change was committed."""

    def __init__(self, of: Hall) -> None:
        self._end, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=_live, args=(of, theirs), daemon=True)
        self._process.start()

    def stop(self) -> dict[int, float]:
        """End it; returns when each line of the outbox was committed, on the monotonic clock."""
        self._end.send("stop")
        committed: dict[int, float] = self._end.recv()
        self._process.join()
        return committed


def _live(of: Hall, pipe: Connection) -> None:
    db.connect(of.url)
    people = sorted(of.home)
    with db.reading():
        at, last_id = dict(presence_queries.whereabouts()), changes.latest_id()
    committed: dict[int, float] = {}
    turn, next_s, floors_due = 0, time.monotonic(), 0.0
    while not pipe.poll():
        now = clock.now()
        seen = {person: _elsewhere(of, person) for person in random.sample(people, round(CHANGES_PER_S * TURN_S))}
        floors_due += len(of.floors) * TURN_S / HEARD_EVERY_S
        heard, of.floors = of.floors[: int(floors_due)], of.floors[int(floors_due) :] + of.floors[: int(floors_due)]
        floors_due %= 1
        again = {
            i: replace(where, heard_at=now) for i, where in at.items() if where.floor_id in heard and i not in seen
        }
        with db.transaction():
            presence.observe([Observation(person, where) for person, where in (seen | again).items()], now)
            if turn % 6 == 0:
                beat()
            newest = changes.latest_id()
        committed_s = time.monotonic()
        committed.update(dict.fromkeys(range(last_id + 1, newest + 1), committed_s))
        at.update(seen | again)
        last_id, turn, next_s = newest, turn + 1, next_s + TURN_S
        time.sleep(max(0.0, next_s - time.monotonic()))
    pipe.send(committed)


def _elsewhere(of: Hall, person: int) -> Whereabouts:
    """Mostly another zone at home, sometimes another floor."""
    floor = of.home[person] if random.random() < 0.9 else random.choice(of.floors)
    return _here(random.choice(of.zones[floor]), floor, random.choice((State.PRESENT, State.PASSING)))


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")
