"""Whether two people ever get one seat, and whether an answered booking is ever lost, on SQLite and PostgreSQL.

First, for 2, 4, 8 and 64 contenders, 300 rounds each: all ask for one seat at the same moment; one may win (RP-02).
Then 50 rounds of SIGKILL under load: four clients book, move and cancel while a web worker or the whole database is
killed; afterwards everything that was answered must be there (RP-01). `--hang` lets the database hang for 15 s instead,
20 times (RP-12).
"""

import argparse
import http.client
import json
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, text

from benchmarks._hall import Site, make, percentile, postgres
from benchmarks._seats import ENDS, SECRET, STARTS, TOKYO, Building, ask, build
from server import db
from server.bookings.models import Booking, HouseRule, Slot
from server.bookings.rules import HOLDING

CONTENDERS, ROUNDS, KILLS, CLIENTS, HANGS, HANG_S = (2, 4, 8, 64), 300, 50, 4, 20, 15.0
Body = dict[str, object]


@contextmanager
def site_on(kind: str) -> Iterator[tuple[Building, Site, postgres.Server | None]]:
    """The empty building on one database, open to everybody, and its web."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            of, server = build(f"sqlite:///{folder}/seats.db"), None
            yield of, *_served(of, folder, server)
            return
        with postgres.server(durable=True) as running:
            of = build(running.create("seats"))
            yield of, *_served(of, folder, running)


def _served(of: Building, folder: str, server: postgres.Server | None) -> tuple[Site, postgres.Server | None]:
    db.connect(of.url)
    with db.transaction() as session:
        building = session.execute(text("SELECT id FROM building")).scalar_one()
        rule = {"who": "everyone", "repeat": "off", "ahead_days": 60}
        session.add(HouseRule(scope=f"building:{building}", kind="", valid_from=make.DAY, settings=rule, set_by=""))
    db.disconnect()
    return Site(of.url, Path(folder), 2), server


def wish(of: Building, seat: int, day: int) -> Body:
    """A working day on a seat."""
    at, until = (datetime.combine(of.days[day], one, TOKYO).isoformat() for one in (STARTS, ENDS))
    return {"seat_id": of.seat_ids[seat], "starts_at": at, "ends_at": until}


def race(
    of: Building, site: Site, n_contenders: int, n_rounds: int, first: int
) -> tuple[Counter[int], list[float], int]:
    """The rounds of one number of contenders: how many of each answer, how long each took, rounds not won by one."""
    answers: Counter[int] = Counter()
    spent_s: list[float] = []
    winners = [0] * n_rounds
    start, lock = threading.Barrier(n_contenders), threading.Lock()

    def contend(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        for turn in range(n_rounds):
            who = of.people[((first + turn) * n_contenders + number) % len(of.people)]
            body = json.dumps(wish(of, (first + turn) % len(of.seat_ids), (first + turn) // len(of.seat_ids))).encode()
            start.wait()
            started_s = time.perf_counter()
            status, _answer = ask(connection, "POST", "/api/v1/bookings", of.headers(who), body)
            with lock:
                spent_s.append(time.perf_counter() - started_s)
                answers[status] += 1
                winners[turn] += status == 201

    threads = [threading.Thread(target=contend, args=(number,)) for number in range(n_contenders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers, spent_s, sum(won != 1 for won in winners)


class Client(threading.Thread):
    """Books, moves and cancels its own people's seats, and remembers what it was answered."""

    def __init__(self, of: Building, site: Site, number: int) -> None:
        super().__init__(daemon=True)
        self._of, self._site, self._number = of, site, number
        self._stop_it = threading.Event()
        self.acknowledged: dict[
            int, tuple[str, int]
        ] = {}  # booking → state and seat; a request without answer removes it
        self.n_answered = 0
        self.longest_s = 0.0
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        rng, mine = random.Random(self._number), range(self._number, len(self._of.people), CLIENTS)
        while not self._stop_it.is_set():
            who = rng.choice(mine)
            day = rng.randrange(len(self._of.days))
            made = self._ask(who, "POST", "/api/v1/bookings", wish(self._of, who, day))
            if made is None or "seat_id" not in made:
                continue
            booking = int(str(made["id"]))
            self.acknowledged[booking] = ("booked", self._of.seat_ids[who])
            verb = rng.choice(("keep", "cancel", "move"))
            if verb == "keep":
                continue
            was = self.acknowledged.pop(booking)  # until it is answered it may be either
            if verb == "cancel" and self._ask(who, "DELETE", f"/api/v1/bookings/{booking}") is not None:
                self.acknowledged[booking] = ("cancelled", was[1])
            if verb == "move":
                seat = rng.choice(mine)
                moved = self._ask(who, "PATCH", f"/api/v1/bookings/{booking}", {"seat_id": self._of.seat_ids[seat]})
                if moved is not None:
                    self.acknowledged[booking] = ("booked", self._of.seat_ids[seat] if "seat_id" in moved else was[1])

    def _ask(self, who: int, verb: str, path: str, body: Body | None = None) -> Body | None:
        """The answer; None when there was none, or the server could not."""
        connection = http.client.HTTPConnection("127.0.0.1", self._site.port, timeout=40)
        started_s = time.perf_counter()
        try:
            headers = self._of.headers(self._of.people[who])
            status, text_of = ask(connection, verb, path, headers, json.dumps(body).encode() if body else None)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
            self.longest_s = max(self.longest_s, time.perf_counter() - started_s)
        self.statuses[status] += 1
        if status >= 500:
            return None
        self.n_answered += 1
        return json.loads(text_of) if text_of else {}

    def stop(self) -> None:
        """Finish the request under way, and end."""
        self._stop_it.set()
        self.join()


def under_load(of: Building, site: Site, n_rounds: int, strike: Callable[[int], None]) -> None:
    """Strike again and again while the clients work; prints what was lost."""
    clients = [Client(of, site, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for number in range(n_rounds):
        time.sleep(random.uniform(0.5, 1.5))
        strike(number)
    time.sleep(2)
    for client in clients:
        client.stop()
    db.connect(of.url)
    with db.reading() as session:
        rows = {row.id: row for row in session.execute(select(Booking.id, Booking.state, Booking.seat_id))}
        lost = [
            (booking, state, rows.get(booking))
            for client in clients
            for booking, (state, seat) in client.acknowledged.items()
            if booking not in rows
            or rows[booking].state != state
            or (state == "booked" and rows[booking].seat_id != seat)
        ]
        held = select(Booking.id).where(Booking.state.in_(HOLDING))
        n_orphans = session.scalar(select(func.count()).select_from(Slot).where(Slot.booking_id.not_in(held)))
        with_slots = session.scalar(select(func.count(Slot.booking_id.distinct())))
        n_held = session.scalar(select(func.count()).select_from(held.subquery()))
    db.disconnect()
    statuses: Counter[int] = sum((client.statuses for client in clients), Counter())
    print(
        f"   {n_rounds} rounds, {sum(client.n_answered for client in clients):,} answered: {len(lost)} lost, "
        f"{n_orphans} slots of nobody, {abs((with_slots or 0) - (n_held or 0))} bookings without slots; "
        f"longest answer {max(client.longest_s for client in clients):.1f} s; {dict(sorted(statuses.items()))}",
        flush=True,
    )


def _strike(site: Site, server: postgres.Server | None) -> Callable[[int], None]:
    def strike(number: int) -> None:
        if server is not None and number % 2:
            server.kill()
            time.sleep(0.2)
            server.start()
        else:
            site.kill_workers()

    return strike


def _hang(server: postgres.Server) -> Callable[[int], None]:
    def strike(_number: int) -> None:
        server.hang()
        time.sleep(HANG_S)
        server.go_on()

    return strike


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.races", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each number of contenders")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--hangs", type=int, default=0, nargs="?", const=HANGS)
    asked = parser.parse_args()
    os.environ["IRUKA_SECRET_KEY"] = SECRET
    for kind in ("sqlite", "postgresql"):
        print(kind, flush=True)
        with site_on(kind) as (of, site, server):
            try:
                first = 0
                for n_contenders in CONTENDERS:
                    answers, spent_s, wrong = race(of, site, n_contenders, asked.rounds, first)
                    first += asked.rounds
                    print(
                        f"   {n_contenders:2} contenders, {asked.rounds} rounds: {wrong} without exactly one winner; "
                        f"p95 {percentile(spent_s, 0.95) * 1000:.0f} ms; {dict(sorted(answers.items()))}",
                        flush=True,
                    )
                if asked.kills:
                    under_load(of, site, asked.kills, _strike(site, server))
                if asked.hangs and server is not None:
                    under_load(of, site, asked.hangs, _hang(server))
            finally:
                site.stop()


if __name__ == "__main__":
    main()
