"""How fast and how well the search finds people: 3,080 of them who move, two gevent workers, four browsers.

Each browser types names letter by letter, as one account after the other, and asks for places with every letter. Prints
requests per second, p99, how many answers carried a place, the time for the directory page of a bureau of 250, and, for
the demo city's names, how often the right person was among the first three.
"""

import json
import multiprocessing
import random
import re
import socket
import tempfile
import time
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import update

from benchmarks._hall import Hall, Life, Site, hall, make, percentile, postgres
from migrations.upgrade import upgrade
from server import clock, db
from server.demo.build import SITE, build_city
from server.demo.names import names
from server.directory import queries
from server.directory.book import Book, Listed
from server.live_map.queries import read_places
from server.people import queries as people
from server.people.models import Unit
from server.phones.models import Extension, ExtensionTerm
from server.places import service as places
from server.places.service import NewSeat

import asking  # isort: skip  on the path since benchmarks._hall

WORKERS, CLIENTS, ACCOUNTS, SECONDS, WARM_UP_S = 2, 4, 600, 15.0, 2.0
READY_AFTER = 20  # quick answers on new connections, which the two workers share
SEATS_A_ZONE = 22
BUREAU, PAGES = 9, 200  # sections of 27 or 28; pages read one after the other
QUESTIONS = 300
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
SPELLINGS = ("kana", "katakana", "half-width", "Hepburn, short", "Kunrei", "as written", "common kanji")


class Browser:
    """One connection that is kept, whoever sits before it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)

    def get(self, path: str, key: str) -> bytes:
        """The body of an answer."""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: iruka={key}\r\n\r\n"
        self._socket.sendall(head.encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        status, _, body = data.partition(b"\r\n\r\n")
        assert status[9:12] == b"200", (status, body)
        length = LENGTH.search(status)
        while len(body) < (int(length[1]) if length else 0):
            body += self._more()
        return body

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        assert piece, "the server closed the connection"
        return piece


def type_names(port: int, keys: list[str], seed: int, pipe: Connection) -> None:
    """Look for one person after the other, each time as another account, until three at most are left."""
    rng, browser = random.Random(seed), Browser(port)
    called = list(islice(names(20261123), 2000))
    spent_s: list[float] = []
    n_places = 0
    began_s = time.perf_counter()
    while time.perf_counter() - began_s < WARM_UP_S + SECONDS:
        name, spell, key = rng.choice(called), asking.MANNERS[rng.choice(SPELLINGS)], rng.choice(keys)
        family, given = spell(name.family, name.family_kana)[0], spell(name.given, name.given_kana)[0]
        text = f"{family} {given}".strip()
        for end in range(1, len(text) + 1):
            started_s = time.perf_counter()
            body = browser.get(f"/api/v1/search?place=1&q={quote(text[:end])}", key)
            if started_s - began_s >= WARM_UP_S:
                spent_s.append(time.perf_counter() - started_s)
                n_places += b'"place":{' in body or b'"place": {' in body
            found = json.loads(body)
            if len(found["results"]) <= 1:
                break
    pipe.send((spent_s, n_places))


def wait_until_ready(site: Site, of: Hall) -> None:
    """Until both workers have loaded the application, read the map and made their books."""
    key, quick = next(iter(of.keys.values())), 0
    while quick < READY_AFTER:
        started_s = time.perf_counter()
        Browser(site.port).get("/api/v1/search?q=a", key)
        quick = quick + 1 if time.perf_counter() - started_s < 0.5 else 0


def measure(site: Site, of: Hall) -> None:
    """All clients for a while; prints one line."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    keys = list(of.keys.values())
    for client in range(CLIENTS):
        mine, theirs = multiprocessing.Pipe()
        given = (site.port, keys[client::CLIENTS], client, theirs)
        process = spawn.Process(target=type_names, args=given)
        process.start()
        pipes.append(mine)
        processes.append(process)
    results = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    spent_s = [s for result in results for s in result[0]]
    n_places = sum(result[1] for result in results)
    print(
        f"   search: {len(spent_s) / SECONDS:6.0f} requests/s   p50 {percentile(spent_s, 0.5) * 1000:5.1f} ms   "
        f"p99 {percentile(spent_s, 0.99) * 1000:5.1f} ms   with a place: {n_places / len(spent_s):.0%}"
    )


def measure_page(site: Site, of: Hall, bureau_id: int) -> None:
    """The directory page of a bureau, read by one browser; prints one line."""
    browser, key, spent_s, size = Browser(site.port), next(iter(of.keys.values())), [], 0
    for number in range(PAGES + 20):
        started_s = time.perf_counter()
        size = len(browser.get(f"/directory/units/{bureau_id}", key))
        if number >= 20:
            spent_s.append(time.perf_counter() - started_s)
    print(
        f"     page: of a bureau of 250   p50 {percentile(spent_s, 0.5) * 1000:5.1f} ms   "
        f"p99 {percentile(spent_s, 0.99) * 1000:5.1f} ms   {size:,} bytes"
    )


def furnish(of: Hall) -> int:
    """Give everybody a number, the zones seats, and some sections a bureau; returns its id."""
    now = clock.now()
    db.connect(of.url)
    with db.transaction() as session:
        for number, person in enumerate(of.home):
            row = Extension(number=f"{20_000 + number}")
            session.add(row)
            session.flush()
            session.add(ExtensionTerm(extension_id=row.id, person_id=person, valid_from=make.DAY))
        for zones in of.zones.values():
            for zone in zones:
                seats = [NewSeat(f"{zone}Z-{i:03}", "group", 1.0, 1.0) for i in range(SEATS_A_ZONE)]
                places.add_seats(zone, seats, now)
        bureau = make.unit("財務局", kind="bureau")
        sections = sorted(unit.id for unit in people.units_on(make.DAY).values() if unit.kind == "section")
        session.execute(update(Unit).where(Unit.id.in_(sections[:BUREAU])).values(parent_id=bureau))
    db.disconnect()
    return bureau


def measure_quality() -> None:
    """Ask for the demo city's people in every manner; prints one line."""
    with postgres.server() as server:
        db.connect(server.create("city"))
        upgrade()
        build_city(clock.now(), lambda *_progress: None)
        day = clock.now().date()
        with db.reading():
            built = read_places(SITE, day)
            assert built is not None
            units, cards = people.units_of_people(day), people.cards(day)
            kana = {unit.id: unit.kana for unit in people.units_on(day).values()}
            book = Book(
                day, {i: Listed(card, units[i], False) for i, card in cards.items()},
                queries.read(built.building.id, day), built,
            )  # fmt: skip
        db.disconnect()
    wanted = [
        asking.Wanted(
            card.id, card.family_name, card.given_name, card.family_kana, card.given_kana, card.unit_name,
            kana.get(card.unit_id or 0, ""),
        )
        for card in cards.values()
    ]  # fmt: skip
    right, spent_s = 0, []
    for question in asking.questions(wanted, QUESTIONS, seed=3):
        started_s = time.perf_counter()
        found = book.index.find(question.text, frozenset(), limit=3)
        spent_s.append(time.perf_counter() - started_s)
        right += question.meant <= {item.id for item in found.items if item.kind == "person"}
    print(
        f"  quality: {right / QUESTIONS:.1%} of {QUESTIONS} questions have the right person among the first three   "
        f"index alone p99 {percentile(spent_s, 0.99) * 1000:.2f} ms"
    )


def main() -> None:
    with hall(ACCOUNTS) as of, tempfile.TemporaryDirectory() as state_dir:
        bureau_id = furnish(of)
        life = Life(of)
        site = Site(of.url, Path(state_dir), WORKERS)
        try:
            print(f"{len(of.home):,} people, {WORKERS} gevent workers, {CLIENTS} clients, PostgreSQL")
            wait_until_ready(site, of)
            measure(site, of)
            measure_page(site, of, bureau_id)
        finally:
            site.stop()
            life.stop()
    measure_quality()


if __name__ == "__main__":
    main()
