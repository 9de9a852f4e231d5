"""How fast "find me a seat" answers over the building of `bookings` with three wishes: 2,500 seats, 292,500 bookings.

Two gevent workers, two clients, PostgreSQL with its own settings. Every request is another person's, for one of ten
days: near my team, with a monitor, none of my last three seats, for three hours; half of the seats are free. First
searches alone, then while every tenth search books what it found and gives it back, so that the workers' memory has to
be brought up to date all the time.
"""

import http.client
import json
import os
import random
import tempfile
import time
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks._hall import Site
from benchmarks._seats import SECRET, STARTS, TOKYO, Building, ask, building
from benchmarks.bookings import CLIENTS, SECONDS, WARM_UP_S, WORKERS, measure

LONG = timedelta(hours=3)
WISHES = {"near_team": True, "equipment": ["monitor"], "not_last": True}
TAKES_EVERY = 10


def find(port: int, of: Building, client: int, pipe: Connection) -> None:
    """A search after the other."""
    _find(port, of, client, pipe, takes=False)


def find_and_take(port: int, of: Building, client: int, pipe: Connection) -> None:
    """The same; every tenth takes its seat, and gives it back. Only the searches are timed."""
    _find(port, of, client, pipe, takes=True)


def _find(port: int, of: Building, client: int, pipe: Connection, *, takes: bool) -> None:
    rng, connection = random.Random(client), http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    free = [n for n in range(len(of.people)) if n % 2 == 1 and n // 2 % CLIENTS == client]
    for day in of.days:  # the worker of this connection reads each day once
        _search(connection, of, free[0], day, is_taking=False)
    spent_s, n, began_s = [], 0, time.perf_counter()
    while time.perf_counter() - began_s < WARM_UP_S + SECONDS:
        n += 1
        is_taking = takes and n % TAKES_EVERY == 0
        who, day = rng.choice(free), rng.choice(of.days)
        started_s = time.perf_counter()
        answer = _search(connection, of, who, day, is_taking=is_taking)
        if started_s - began_s >= WARM_UP_S and not is_taking:
            spent_s.append(time.perf_counter() - started_s)
        if is_taking:
            path = f"/api/v1/bookings/{answer['booking']['id']}"
            status, body = ask(connection, "DELETE", path, of.headers(of.people[who]))
            assert status == 204, (status, body)
    pipe.send((spent_s, 0))


def _search(connection: http.client.HTTPConnection, of: Building, who: int, day: date, *, is_taking: bool) -> Any:
    starts_at = datetime.combine(day, STARTS, TOKYO)
    term = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + LONG).isoformat(), "take": is_taking}
    body = json.dumps(WISHES | term).encode()
    status, body = ask(connection, "POST", "/api/v1/seats/find", of.headers(of.people[who]), body)
    assert status == 200, (status, body)
    answer = json.loads(body)
    assert len(answer["suggestions"]) == 3, body
    return answer


def main() -> None:
    os.environ["IRUKA_SECRET_KEY"] = SECRET
    with building() as of, tempfile.TemporaryDirectory() as state_dir:
        site = Site(of.url, Path(state_dir), WORKERS)
        try:
            measure("find a seat", find, site, of)
            measure("find, some take", find_and_take, site, of)
        finally:
            site.stop()


if __name__ == "__main__":
    main()
