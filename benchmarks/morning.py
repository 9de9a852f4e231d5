"""The morning peak (RP-16): 3,000 sign-ins and 1,500 bookings in a quarter of an hour, four times as fast.

Two gevent workers, PostgreSQL with its own settings, 25 floors of 100 seats, 2,500 people, 292,500 bookings on record.
Everybody opens the sign-in page, signs in with their password and gets the first page; half of them then book a seat of
the next working days, and 500 people sign in on a second PC. Every PC has an address of its own, as behind a reverse
proxy. They come at random over 225 s and wait for nobody: when the server is slow, the next ones come all the same.
"""

import argparse
import os
import platform
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from benchmarks._hall import Browser, Site, make, percentile
from benchmarks._seats import ENDS, PAST_DAYS, SECRET, STARTS, TOKYO, Building, building

SIGN_INS, BOOKINGS, MORNING_S, FASTER = 3000, 1500, 900.0, 4
BROWSERS = 200  # at work at once; more than ever wait for an answer
WORKERS = 2
WANTED_P95_S = 0.5
WARM_UP = 20  # people who come before the others: a worker's first answers read what it will remember


class Morning:
    """Who comes when, and what they were answered how soon."""

    def __init__(self, of: Building, port: int) -> None:
        self._of, self._port = of, port
        self._lock = threading.Lock()
        self.spent_s: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.latest_s = 0.0  # how late somebody came because all our browsers were at work

    def run(self, n_sign_ins: int, n_bookings: int, during_s: float) -> float:
        """Let everybody come; returns how long it took until the last had their answer."""
        free = list(range(1, len(self._of.people), 2))  # every second of them has nothing ahead
        random.Random(1).shuffle(free)
        others = range(0, len(self._of.people), 2)
        coming = [*free, *others, *free][:n_sign_ins]  # some a second time
        books: dict[int, list[int]] = defaultdict(list)  # who comes as the nth → the days they book
        for number in range(n_bookings):
            books[number % len(free)].append(number // len(free))
        order = list(range(n_sign_ins))
        random.Random(2).shuffle(order)
        came_s = sorted(random.Random(3).uniform(0, during_s) for _ in order)
        began_s = time.perf_counter()
        with ThreadPoolExecutor(BROWSERS) as pool:
            for number, at_s in zip(order, came_s, strict=True):
                time.sleep(max(0.0, began_s + at_s - time.perf_counter()))
                pool.submit(self._come, number, coming[number], books[number], began_s + at_s)
        return time.perf_counter() - began_s

    def _come(self, number: int, who: int, days: list[int], due_s: float) -> None:
        late_s = time.perf_counter() - due_s
        browser = Browser(self._port, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", self._took)
        try:
            browser.sign_in(f"p{self._of.people[who]}", make.PASSWORD)
            for day in days:
                at, until = (datetime.combine(self._of.days[day], one, TOKYO).isoformat() for one in (STARTS, ENDS))
                browser.book({"seat_id": self._of.seat_ids[who], "starts_at": at, "ends_at": until})
        except Exception as error:  # whatever it is, somebody could not work
            with self._lock:
                self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            browser.close()
            with self._lock:
                self.latest_s = max(self.latest_s, late_s)

    def _took(self, what: str, spent_s: float) -> None:
        with self._lock:
            self.spent_s[what].append(spent_s)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.morning", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the people, the time and the past, such as 0.1")
    share = parser.parse_args().share
    os.environ["IRUKA_SECRET_KEY"] = SECRET
    os.environ["IRUKA_TRUSTED_PROXIES"] = "1"
    n_sign_ins, n_bookings, during_s = (round(n * share) for n in (SIGN_INS, BOOKINGS, MORNING_S / FASTER))
    with building(round(PAST_DAYS * share)) as of, tempfile.TemporaryDirectory() as state_dir:
        site = Site(of.url, Path(state_dir), WORKERS)
        try:
            Morning(of, site.port).run(WARM_UP, 0, 1.0)
            morning = Morning(of, site.port)
            took_s = morning.run(n_sign_ins, n_bookings, during_s)
        finally:
            site.stop()
    cpu = next((line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")), "")
    print(f"python {' '.join(sys.orig_argv[1:])} on {os.cpu_count()} cores of {cpu}, {platform.platform()}")
    print(
        f"{n_sign_ins:,} sign-ins and {n_bookings:,} bookings came in {during_s} s, and all were answered after "
        f"{took_s:.0f} s; our own browsers came {morning.latest_s * 1000:.0f} ms late at most; "
        f"{len(morning.errors)} errors",
        flush=True,
    )
    for what, spent_s in morning.spent_s.items():
        p50, p95, p99 = (percentile(spent_s, of) * 1000 for of in (0.5, 0.95, 0.99))
        print(f"{what:>14}: {len(spent_s):5,}   p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   p99 {p99:6.1f} ms")
    for error in morning.errors[:10]:
        print(error.splitlines()[0], file=sys.stderr)
    slowest_s = max(percentile(spent_s, 0.95) for spent_s in morning.spent_s.values())
    return 1 if morning.errors or slowest_s >= WANTED_P95_S else 0


def _cpu_lines() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.exists() else []


if __name__ == "__main__":
    sys.exit(main())
