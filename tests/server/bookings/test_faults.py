"""Bookings while processes die or hang: nothing answered is lost, nothing is written twice.

Real web workers and databases of their own, as in `benchmarks/races.py`, which does the full figures; here as often as
a test run can wait for.
"""

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import make
import postgres
import pytest
from gunicorns import Site
from itsdangerous import URLSafeTimedSerializer
from make import Signed
from sqlalchemy import select
from watching import TOKYO

from migrations.upgrade import upgrade
from server import clock, db
from server.bookings.models import Booking, HouseRule, Slot
from server.bookings.rules import HOLDING, How, quarters

CLIENTS, PEOPLE_A_CLIENT, SEATS, DAYS = 4, 6, 8, 20
WORKER_KILLS, DATABASE_KILLS, HANGS, HANG_S = 10, 3, 2, 3.0
GIVES_UP_S = (2.0, 4.0, 9.0)  # a client, at its first tries and from then on; RP-12 allows ten seconds
PATIENCE_S = 150.0  # of the test, on a machine that is busy with others; nothing is asserted about how long it took
BETWEEN = 6  # writes answered between two faults
TRIES = 60
TOO_MANY = 429
SECRET = "a secret of this test, and of nothing else"

pytestmark = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@dataclass
class Hall:
    """A zone of seats open to everybody, and its people signed in; fewer seats than people."""

    url: str
    seats: list[int] = field(default_factory=list)
    signed: list[tuple[int, Signed]] = field(default_factory=list)

    def build(self) -> None:
        with db.transaction() as session:
            notice, building = make.notice(), make.building(**make.ALWAYS)
            zone = make.zone(make.floor(building))
            self.seats = [make.seat(zone, f"18A-{n:03}", x_m=1.0 + n) for n in range(SEATS)]
            people = [make.person(has_read=notice) for _ in range(CLIENTS * PEOPLE_A_CLIENT)]
            rule = {"who": "everyone", "repeat": "off", "ahead_days": 60}
            session.add(HouseRule(scope=f"building:{building}", kind="", valid_from=make.DAY, settings=rule, set_by=""))
        self.signed = [(person, make.session(person_id=person)) for person in people]


@dataclass
class Fault:
    """What can be broken."""

    hall: Hall
    site: Site
    server: postgres.Server | None  # None: SQLite, or one that is not ours to kill


@pytest.fixture
def fault(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fault]:
    """The hall on a database of its own, so that its server may die, and two web workers."""
    monkeypatch.setenv("IRUKA_SECRET_KEY", SECRET)
    with _database(kind, request) as (url, server):
        db.connect(url)
        hall = Hall(url)
        hall.build()
        site = Site(url, tmp_path)
        yield Fault(hall, site, server)
        db.disconnect()
        site.stop()


@contextmanager
def _database(kind: str, request: pytest.FixtureRequest) -> Iterator[tuple[str, postgres.Server | None]]:
    if kind == "sqlite":
        yield request.getfixturevalue("sqlite_url"), None
        return
    if postgres.missing():
        request.getfixturevalue("postgres_url")  # which skips, or fails where it is asked for
    with postgres.server(durable=True) as server:
        url = server.create("faults")
        db.connect(url)
        upgrade()
        yield url, None if server.process is None else server


@dataclass
class Wanted:
    """What a client was told last of one booking."""

    person_id: int
    seat_id: int
    starts_at: datetime
    is_held: bool = True


class Client(threading.Thread):
    """Books, moves and cancels for its people; asks again, in the same words, until it is answered."""

    def __init__(self, of: Fault, number: int, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._of, self._number, self._over = of, number, over
        self.told: dict[int, Wanted] = {}
        self.n_written = 0
        self.n_unanswered = 0
        self.odd: list[object] = []  # answers that should never be given

    def run(self) -> None:
        rng, n = random.Random(self._number), 0
        mine = self._of.hall.signed[self._number :: CLIENTS]
        tomorrow = clock.now().astimezone(TOKYO).date() + timedelta(days=1)
        while not self._over.is_set():
            person, signed = rng.choice(mine)
            day, n = tomorrow + timedelta(days=rng.randrange(DAYS)), n + 1
            wish = {
                "seat_id": rng.choice(self._of.hall.seats),
                "starts_at": datetime.combine(day, time(8, 30), TOKYO).isoformat(),
                "ends_at": datetime.combine(day, time(17, 15), TOKYO).isoformat(),
            }
            made = self._book(signed, wish, f"{self._number}-{n}")
            if made is None:
                continue
            wanted = self.told[made] = Wanted(person, wish["seat_id"], datetime.fromisoformat(wish["starts_at"]))
            verb = rng.choice(("keep", "cancel", "cancel", "move"))
            if verb == "cancel":
                self._cancel(signed, made, wanted)
            elif verb == "move":
                self._move(signed, made, wanted, rng.choice(self._of.hall.seats))

    def _book(self, signed: Signed, wish: dict[str, Any], key: str) -> int | None:
        """The booking's id; None when the seat or the person has one already."""
        status, answer = self._until_answered(signed, "POST", "/api/v1/bookings", wish, key)
        if status == 409:
            return None
        again = self._until_answered(signed, "POST", "/api/v1/bookings", wish, key)
        if status != 201 or again != (status, answer):
            self.odd.append((wish, key, status, answer, again))
            return None
        return int(answer["id"])

    def _cancel(self, signed: Signed, booking: int, wanted: Wanted) -> None:
        n_unanswered = self.n_unanswered
        status, answer = self._until_answered(signed, "DELETE", f"/api/v1/bookings/{booking}")
        wanted.is_held = False
        if status != 204 and (status != 404 or self.n_unanswered == n_unanswered):
            self.odd.append((booking, status, answer))

    def _move(self, signed: Signed, booking: int, wanted: Wanted, seat: int) -> None:
        status, answer = self._until_answered(signed, "PATCH", f"/api/v1/bookings/{booking}", {"seat_id": seat})
        if status == 200:
            wanted.seat_id = seat
        elif status != 409:
            self.odd.append((booking, seat, status, answer))

    def _until_answered(
        self, signed: Signed, verb: str, path: str, body: object = None, key: str | None = None
    ) -> tuple[int, Any]:
        for turn in range(TRIES):
            gives_up_s = GIVES_UP_S[min(turn, len(GIVES_UP_S) - 1)]
            answered = self._ask(signed, verb, path, body, key, gives_up_s)
            while answered is not None and answered[0] == TOO_MANY:  # nothing was done, and nothing is wrong
                sleep(1)
                answered = self._ask(signed, verb, path, body, key, gives_up_s)
            if answered is not None and answered[0] < 500:
                self.n_written += answered[0] < 300
                return answered
            if answered is not None and answered[0] != 503:
                self.odd.append((verb, path, *answered))
            self.n_unanswered += 1
            self._over.wait(0.1)
        raise AssertionError(f"{verb} {path} was never answered")

    def _ask(
        self, signed: Signed, verb: str, path: str, body: object, key: str | None, gives_up_s: float
    ) -> tuple[int, Any] | None:
        headers = {
            "Cookie": f"iruka={signed.key}",
            "Origin": self._of.site.url,
            "X-CSRFToken": URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(signed.csrf),
            "Content-Type": "application/json",
        } | ({} if key is None else {"Idempotency-Key": key})
        connection = http.client.HTTPConnection("127.0.0.1", self._of.site.port, timeout=gives_up_s)
        try:
            connection.request(verb, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, json.loads(text) if text and is_json else text.decode()


def under_load(of: Fault, faults: list[Callable[[], None]]) -> list[Client]:
    """Let everything go wrong, one after the other, while clients write; what they were told."""
    over = threading.Event()
    clients = [Client(of, number, over) for number in range(CLIENTS)]
    for client in clients:
        client.start()

    def answered_again(fewest: int) -> None:
        enough, deadline = sum(client.n_written for client in clients) + fewest, monotonic() + PATIENCE_S
        while sum(client.n_written for client in clients) < enough and not any(client.odd for client in clients):
            assert monotonic() < deadline, "waited in vain"
            over.wait(0.02)

    try:
        answered_again(BETWEEN)
        for strike in faults:
            strike()
            answered_again(BETWEEN)
    finally:
        over.set()
        for client in clients:
            client.join(PATIENCE_S)
    assert not any(client.is_alive() for client in clients)
    assert [client.odd for client in clients] == [[]] * CLIENTS
    return clients


def check(of: Fault, clients: list[Client]) -> None:
    """What was answered is there, nothing else, once, and no two have one seat or one person two seats."""
    told = {booking: wanted for client in clients for booking, wanted in client.told.items()}
    db.connect(of.hall.url)
    with db.reading() as session:
        rows = {row.id: row for row in session.scalars(select(Booking))}
        slots = [tuple(row) for row in session.execute(select(Slot.seat_id, Slot.quarter, Slot.booking_id))]
    assert sum(len(client.told) for client in clients) == len(told) > 0
    assert {i: (row.person_id, row.starts_at) for i, row in rows.items()} == {
        i: (wanted.person_id, wanted.starts_at) for i, wanted in told.items()
    }
    held = {i: row for i, row in rows.items() if row.state in HOLDING}
    assert {i: row.seat_id for i, row in held.items()} == {i: one.seat_id for i, one in told.items() if one.is_held}
    for whose in ("seat_id", "person_id"):
        taken = Counter((getattr(row, whose), row.starts_at.date()) for row in held.values())
        assert max(taken.values()) == 1
    assert {row.how for row in rows.values()} == {How.MAP}
    assert sorted(slots) == sorted(
        (row.seat_id, quarter, i) for i, row in held.items() for quarter in quarters(row.starts_at, row.ends_at)
    )


def test_what_was_answered_survives_kill_9_of_workers_and_database_and_a_retry_gets_the_first_answer_rp_01(fault):
    """RP-01: nothing acknowledged is lost by `kill -9` of any process under load; nothing is there twice (RP-03)."""

    def kill_worker() -> None:
        fault.site.kill_worker(random.choice(fault.site.worker_ids()))

    def kill_database() -> None:
        fault.server.kill()
        fault.server.start()

    faults = [kill_worker] * WORKER_KILLS
    if fault.server is not None:
        faults += [kill_database] * DATABASE_KILLS
    random.Random(1).shuffle(faults)

    clients = under_load(fault, faults)

    assert sum(client.n_unanswered for client in clients) > 0, "nobody noticed anything"
    check(fault, clients)


def test_hanging_workers_and_databases_lose_and_double_nothing_and_clients_give_up_in_time_rp_12(fault):
    """RP-12: who gives up within ten seconds and asks again is answered by another worker, and written once."""
    pause = threading.Event()

    def hang_worker() -> None:
        worker = random.choice(fault.site.worker_ids())
        fault.site.hang_worker(worker)
        pause.wait(HANG_S)
        fault.site.let_go_on(worker)

    def hang_database() -> None:
        fault.server.hang()
        pause.wait(HANG_S)
        fault.server.go_on()

    clients = under_load(fault, [hang_worker, *([hang_database] if fault.server else [])] * HANGS)

    check(fault, clients)
