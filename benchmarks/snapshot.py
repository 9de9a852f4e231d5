"""How fast a floor's snapshot is: 110 people who move, two gevent workers, four browsers that keep their connections.

Prints requests per second, p99, the size on the wire and how often 304 was enough: for browsers that have nothing, and
for browsers that revalidate.
"""

import gzip
import json
import multiprocessing
import re
import socket
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks._hall import PEOPLE, Hall, Life, Site, hall, percentile

WORKERS, CLIENTS, SECONDS, WARM_UP_S = 2, 4, 10.0, 1.5
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
ETAG = re.compile(rb'\r\netag: ("[^"]+")', re.IGNORECASE)


class Browser:
    """One connection that is kept; http.client would spend as much time on the headers as the server on the answer."""

    def __init__(self, port: int, key: str, path: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: iruka={key}\r\nAccept-Encoding: gzip\r\n"

    def get(self, etag: str | None) -> tuple[int, str, bytes]:
        """Status, ETag and body."""
        condition = f"If-None-Match: {etag}\r\n" if etag else ""
        self._socket.sendall(f"{self._request}{condition}\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        while len(body) < (int(length[1]) if length else 0):
            body += self._more()
        found = ETAG.search(head)
        return int(head[9:12]), found[1].decode() if found else "", body

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        assert piece, "the server closed the connection"
        return piece


def browse(port: int, key: str, code: str, revalidates: bool, pipe: Connection) -> None:
    """Read the same floor again and again on one connection."""
    browser = Browser(port, key, f"/api/v1/floors/{code}")
    spent_s, sizes, n_unchanged, last, etag = [], [], 0, b"", None
    began_s = time.perf_counter()
    while (started_s := time.perf_counter()) - began_s < WARM_UP_S + SECONDS:
        status, given, body = browser.get(etag if revalidates else None)
        ended_s = time.perf_counter()
        assert status in (200, 304), status
        last, etag = body or last, given
        if started_s - began_s >= WARM_UP_S:
            spent_s.append(ended_s - started_s)
            n_unchanged += status == 304
            sizes.append(len(body))
    pipe.send((spent_s, sizes, n_unchanged, len(json.loads(gzip.decompress(last))["people"])))


def measure(site: Site, of: Hall, *, revalidates: bool) -> None:
    """All clients for a while; prints one line."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    code = str(len(of.floors))  # the top floor, where the clients work: each gets an answer of their own
    for key in list(of.keys.values())[:CLIENTS]:
        mine, theirs = multiprocessing.Pipe()
        process = spawn.Process(target=browse, args=(site.port, key, code, revalidates, theirs))
        process.start()
        pipes.append(mine)
        processes.append(process)
    results = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    spent_s = [s for result in results for s in result[0]]
    sizes = [size for result in results for size in result[1]]
    what = "revalidating" if revalidates else "full answers"
    print(
        f"{what:>13}: {len(spent_s) / SECONDS:6.0f} requests/s   p50 {percentile(spent_s, 0.5) * 1000:5.1f} ms   "
        f"p99 {percentile(spent_s, 0.99) * 1000:5.1f} ms   {max(sizes, default=0):,} bytes gzipped   "
        f"304: {sum(result[2] for result in results) / len(spent_s):.0%}   people: {results[0][3]}"
    )


def main() -> None:
    with hall(CLIENTS) as of, tempfile.TemporaryDirectory() as state_dir:
        life = Life(of)
        site = Site(of.url, Path(state_dir), WORKERS)
        try:
            print(f"one floor of {PEOPLE}, {WORKERS} gevent workers, {CLIENTS} clients, PostgreSQL")
            measure(site, of, revalidates=False)
            measure(site, of, revalidates=True)
        finally:
            site.stop()
            life.stop()


if __name__ == "__main__":
    main()
