"""The web application as it is served: gunicorn's own processes, and browsers that keep streams open."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from make import Signed

from server.live_map import workers

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 30.0  # how long a test waits before it gives up; nothing is asserted about how long it took


def until(condition: Callable[[], Any]) -> Any:
    """Wait until something holds; returns what it was."""
    deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.05)
    return found


class Answer(NamedTuple):
    """What a request got."""

    status: int
    headers: Any
    json: Any


class Site:
    """Gunicorn with its workers on a free port of this machine."""

    def __init__(self, database_url: str, state_dir: Path, n_workers: int = 2) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log_file = state_dir / "gunicorn.log"
        self._environment = {
            **os.environ,
            "IRUKA_DATABASE_URL": database_url,
            "IRUKA_STATE_DIR": str(state_dir),
            "IRUKA_BASE_URL": self.url,
        }
        self.n_workers = n_workers
        self.start()

    def start(self) -> None:
        """Start it, or start it again at the same address, and wait until it answers."""
        command = workers.command(f"127.0.0.1:{self.port}", self.n_workers)
        with self._log_file.open("ab") as log:
            self._running = subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=log)
        until(lambda: len(self.worker_ids()) == self.n_workers and self._answers())

    @property
    def is_running(self) -> bool:
        """Whether there is a master process."""
        return self._running.poll() is None

    def worker_ids(self) -> list[int]:
        """The workers' process ids."""
        master = self._running.pid
        return [int(i) for i in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

    def kill_workers(self) -> None:
        """As the kernel does when memory is short; gunicorn starts new ones."""
        old = self.worker_ids()
        for process_id in old:
            os.kill(process_id, signal.SIGKILL)
        until(lambda: len(set(self.worker_ids()) - set(old)) == self.n_workers)

    def kill_worker(self, worker_id: int) -> None:
        """The same of one of them, while the others go on."""
        os.kill(worker_id, signal.SIGKILL)
        until(lambda: worker_id not in (now := self.worker_ids()) and len(now) == self.n_workers)

    def hang_worker(self, worker_id: int) -> None:
        """Let one neither answer nor refuse anything, as on a machine whose disk hangs."""
        os.kill(worker_id, signal.SIGSTOP)

    def let_go_on(self, worker_id: int) -> None:
        """End `hang_worker`."""
        os.kill(worker_id, signal.SIGCONT)

    def kill(self) -> None:
        """Pull the plug: master and workers at once."""
        for process_id in (self._running.pid, *self.worker_ids()):
            os.kill(process_id, signal.SIGKILL)
        self._running.wait(20)

    def get(self, signed: Signed, path: str, **headers: str) -> Answer:
        """One request on a connection of its own, so on any worker."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path, headers={"Cookie": f"iruka={signed.key}", **headers})
            answer = connection.getresponse()
            body = answer.read()
            return Answer(answer.status, answer.headers, json.loads(body) if body[:1] in (b"{", b"[") else None)
        finally:
            connection.close()

    def stop(self) -> None:
        """Stop it as an operator does."""
        if self.is_running:
            self._running.terminate()
            self._running.wait(20)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


class Page:
    """A page with an open stream, which a thread reads to its end."""

    def __init__(self, site: Site, signed: Signed, path: str = "/api/v1/stream?floor=18", last_id: int | None = None):
        self._connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S)
        headers = {"Cookie": f"iruka={signed.key}"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        self._connection.connect()
        self._socket = self._connection.sock  # http.client lets go of it when the answer is the last one
        self._connection.request("GET", path, headers=headers)
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.events: list[tuple[str, Any, int | None]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether the stream has ended, however it did."""
        return not self._thread.is_alive()

    @property
    def last_id(self) -> int | None:
        """What EventSource would send as Last-Event-ID."""
        return next((number for _kind, _data, number in reversed(self.events) if number is not None), None)

    def told(self, kind: str) -> list[Any]:
        """The data of all events of a kind so far."""
        return [data for found, data, _number in self.events if found == kind]

    def close(self) -> None:
        """Leave the page."""
        with contextlib.suppress(OSError):  # it may have ended by itself
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_S)
        self._answer.close()
        self._connection.close()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for line in self._answer:
                text = line.decode().rstrip("\n")
                if text:
                    name, _, value = text.partition(": ")
                    fields[name] = value
                    continue
                if "event" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    self.events.append((fields["event"], json.loads(fields["data"]), number))
                fields = {}
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            return  # the worker died, or the page was left
