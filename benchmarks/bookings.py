"""How fast a floor's day is read and seats are booked and cancelled: 2,500 seats, 2,500 people, 292,500 bookings.

Two gevent workers with a client each, PostgreSQL with its own settings. Every request is a signed-in person's, another
one each time. Reads are full answers (no ETag) of one of 25 floors on one of ten days; writes book a free seat of a
working day (35 quarter hours) and cancel it again. `--growth` does the same with ten times as many bookings on record.
"""

import argparse
import json
import multiprocessing
import os
import random
import tempfile
import time
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks._hall import Site, percentile
from benchmarks._seats import ENDS, PAST_DAYS, SECRET, STARTS, TOKYO, Building, ask, building, connection_to

CLIENTS, WORKERS, SECONDS, WARM_UP_S = 2, 2, 15.0, 3.0


def read_floors(port: int, worker_id: int, of: Building, client: int, pipe: Connection) -> None:
    """A floor's day after the other."""
    rng, connection = random.Random(client), connection_to(port, worker_id)
    spent_s, size, began_s = [], 0, time.perf_counter()
    while (started_s := time.perf_counter()) - began_s < WARM_UP_S + SECONDS:
        path = f"/api/v1/floors/{rng.choice(of.floor_codes)}/seats?day={rng.choice(of.days)}"
        status, body = ask(connection, "GET", path, of.headers(rng.choice(of.people)))
        assert status == 200, (status, body)
        if started_s - began_s >= WARM_UP_S:
            spent_s.append(time.perf_counter() - started_s)
            size = max(size, len(body))
    pipe.send((spent_s, size))


def book_and_cancel(port: int, worker_id: int, of: Building, client: int, pipe: Connection) -> None:
    """Book somebody's own free seat, and give it back."""
    rng, connection = random.Random(client), connection_to(port, worker_id)
    free = [n for n in range(len(of.people)) if n % 2 == 1 and n // 2 % CLIENTS == client]
    rng.shuffle(free)
    spent_s, n, began_s = [], 0, time.perf_counter()
    while time.perf_counter() - began_s < WARM_UP_S + SECONDS:
        who, day = free[n % len(free)], of.days[n // len(free) % len(of.days)]
        n += 1
        headers = of.headers(of.people[who])
        wish = {
            "seat_id": of.seat_ids[who],
            "starts_at": datetime.combine(day, STARTS, TOKYO).isoformat(),
            "ends_at": datetime.combine(day, ENDS, TOKYO).isoformat(),
        }
        for verb in ("book", "cancel"):
            started_s = time.perf_counter()
            if verb == "book":
                status, body = ask(connection, "POST", "/api/v1/bookings", headers, json.dumps(wish).encode())
                assert status == 201, (status, body)
                booking_id = json.loads(body)["id"]
            else:
                status, body = ask(connection, "DELETE", f"/api/v1/bookings/{booking_id}", headers)
                assert status == 204, (status, body)
            if started_s - began_s >= WARM_UP_S:
                spent_s.append(time.perf_counter() - started_s)
    pipe.send((spent_s, 0))


def measure(what: str, work: object, site: Site, of: Building) -> float:
    """All clients for a while; prints one line and returns how many a second."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes, worker_ids = [], [], site.worker_ids()
    for client in range(CLIENTS):
        mine, theirs = multiprocessing.Pipe()
        process = spawn.Process(target=work, args=(site.port, worker_ids[client], of, client, theirs))
        process.start()
        pipes.append(mine)
        processes.append(process)
    results = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    spent_s = [s for result in results for s in result[0]]
    size = max(result[1] for result in results)
    print(
        f"{what:>16}: {len(spent_s) / SECONDS:6.0f} a second   p50 {percentile(spent_s, 0.5) * 1000:5.1f} ms   "
        f"p99 {percentile(spent_s, 0.99) * 1000:5.1f} ms" + (f"   {size:,} bytes at most" if size else ""),
        flush=True,
    )
    return len(spent_s) / SECONDS


def run(past_days: int) -> tuple[float, float]:
    """Both, on a building of its own."""
    with building(past_days) as of, tempfile.TemporaryDirectory() as state_dir:
        print(f"{len(of.people) * past_days + len(of.people) // 2 * len(of.days):,} bookings on record", flush=True)
        site = Site(of.url, Path(state_dir), WORKERS)
        try:
            reads = measure("a floor's day", read_floors, site, of)
            writes = measure("book and cancel", book_and_cancel, site, of)
        finally:
            site.stop()
    return reads, writes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bookings", description=__doc__)
    parser.add_argument("--growth", action="store_true", help="also with ten times as many bookings on record")
    asked = parser.parse_args()
    os.environ["IRUKA_SECRET_KEY"] = SECRET
    reads, writes = run(PAST_DAYS)
    if asked.growth:
        more_reads, more_writes = run(PAST_DAYS * 10 + 48)
        print(f"          growth: reading × {reads / more_reads:.2f}, booking × {writes / more_writes:.2f}")


if __name__ == "__main__":
    main()
