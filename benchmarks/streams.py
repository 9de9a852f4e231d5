"""How fast a change reaches 3,000 open pages on one gevent worker: from the commit to the bytes at the reader.

Seven in ten pages show the floor of their reader, the others the start page. Prints how many events came, their delay
(p50, p99), and what a plain request took meanwhile.
"""

import re
import selectors
import socket
import tempfile
import time
from pathlib import Path

from benchmarks._hall import Hall, Life, Site, hall, percentile
from server.live_map import workers

STREAMS, SECONDS, OPENING_S = 3000, 30.0, 120.0
CHANGED = re.compile(rb"id: (\d+)\nevent: person\n")
COUNTS, OVER = b"event: counts\n", b"event: bye\n"
LONGEST = 40  # bytes of a head that a piece may have been cut in
PROBE_EVERY_S = 0.25


class Pages:
    """Open pages, read by one thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._rest: dict[socket.socket, bytes] = {}
        self.came: list[tuple[int, float]] = []  # line, when it was read on the monotonic clock
        self.n_counts = self.n_ended = 0

    def open(self, key: str, query: str) -> None:
        """One more."""
        page = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        request = f"GET /api/v1/stream{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: iruka={key}\r\n\r\n"
        page.sendall(request.encode())
        assert page.recv(4096).startswith(b"HTTP/1.1 200"), "a stream was refused"
        page.setblocking(False)
        self._selector.register(page, selectors.EVENT_READ)
        self._rest[page] = b""

    def read(self, until_s: float) -> None:
        """Take what comes until then."""
        while (left_s := until_s - time.monotonic()) > 0:
            for key, _events in self._selector.select(left_s):
                self._take(key.fileobj)  # type: ignore[arg-type]

    def _take(self, page: socket.socket) -> None:
        data = page.recv(65536)
        read_s = time.monotonic()
        if not data or OVER in data:
            self.n_ended += 1
            self._selector.unregister(page)
            return
        text = self._rest[page] + data
        ends = 0
        for found in CHANGED.finditer(text):
            self.came.append((int(found[1]), read_s))
            ends = found.end()
        self.n_counts += data.count(COUNTS)
        self._rest[page] = text[max(ends, len(text) - LONGEST) :]

    def close(self) -> None:
        """Leave them all."""
        for page in self._rest:
            page.close()


def probe(site: Site, of: Hall, pages: Pages, until_s: float) -> list[float]:
    """Read pages, and ask for a picture's headers now and then; returns how long the plain requests took."""
    spent_s = []
    while time.monotonic() < until_s:
        pages.read(time.monotonic() + PROBE_EVERY_S)
        spent_s.append(_ask(site))
    return spent_s


def _ask(site: Site) -> float:
    began_s = time.perf_counter()
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as plain:
        plain.sendall(b"GET /static/none HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        plain.recv(1024)
    return time.perf_counter() - began_s


def main() -> None:
    limit = workers.allow_open_files()
    with hall(STREAMS) as of, tempfile.TemporaryDirectory() as state_dir:
        site = Site(of.url, Path(state_dir), 1)
        pages = Pages(site.port)
        try:
            began_s = time.monotonic()
            codes = {floor: str(len(of.floors) - number) for number, floor in enumerate(of.floors)}
            for number, (person, key) in enumerate(of.keys.items()):
                pages.open(key, f"?floor={codes[of.home[person]]}" if number % 10 < 7 else "")
            opened_s = time.monotonic() - began_s
            life = Life(of)
            pages.read(time.monotonic() + 3)
            pages.came.clear()
            pages.n_counts = 0
            spent_s = probe(site, of, pages, time.monotonic() + SECONDS)
            committed = life.stop()
        finally:
            pages.close()
            site.stop()
    delays_s = [read_s - committed[line] for line, read_s in pages.came if line in committed]
    print(
        f"{STREAMS} streams on one worker (open files: {limit:,}), opened in {opened_s:.0f} s, {pages.n_ended} lost\n"
        f"changes: {len(delays_s) / SECONDS:,.0f} a second delivered, p50 {percentile(delays_s, 0.5) * 1000:.0f} ms, "
        f"p99 {percentile(delays_s, 0.99) * 1000:.0f} ms; numbers: {pages.n_counts / SECONDS:,.0f} a second\n"
        f"plain requests meanwhile: p95 {percentile(spent_s, 0.95) * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
