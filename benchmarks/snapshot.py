"""How fast a floor's snapshot is: 110 people who move, two gevent workers, four browsers that keep their connections.

Prints requests per second, p99, the size on the wire and how often 304 was enough: for browsers that have nothing, and
for browsers that revalidate.
"""

import gzip
import http.client
import json
import multiprocessing
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks._hall import PEOPLE, Hall, Life, Site, hall, percentile

WORKERS, CLIENTS, SECONDS, WARM_UP_S = 2, 4, 10.0, 1.5


def browse(port: int, key: str, code: str, revalidates: bool, pipe: Connection) -> None:
    """Read the same floor again and again on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    base = {"Cookie": f"iruka={key}", "Accept-Encoding": "gzip"}
    headers, spent_s, sizes, n_unchanged = dict(base), [], [], 0
    began_s = time.perf_counter()
    while (started_s := time.perf_counter()) - began_s < WARM_UP_S + SECONDS:
        connection.request("GET", f"/api/v1/floors/{code}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        ended_s = time.perf_counter()
        assert answer.status in (200, 304), answer.status
        if revalidates:
            headers = base | {"If-None-Match": answer.headers["ETag"]}
        if started_s - began_s < WARM_UP_S:
            continue
        spent_s.append(ended_s - started_s)
        n_unchanged += answer.status == 304
        if body:
            sizes.append(len(body))
            last = body
    pipe.send((spent_s, sizes, n_unchanged, len(json.loads(gzip.decompress(last))["people"]) if sizes else 0))


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
