"""A throw-away PostgreSQL server: unix socket only, no fsync, one initdb a session; works as root and as anybody."""

import contextlib
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg


def _binary(name: str) -> str | None:
    return shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)


def missing() -> bool:
    """Whether this machine cannot run a server, and no other is named by IRUKA_TEST_PG_DSN."""
    return "IRUKA_TEST_PG_DSN" not in os.environ and not (_binary("initdb") and _binary("postgres"))


@dataclass
class Server:
    """A running server; `dsn` reaches it as its superuser."""

    dsn: str
    directory: str | None
    process: subprocess.Popen[bytes] | None

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of one of its databases."""
        parts = psycopg.conninfo.conninfo_to_dict(self.dsn)
        host, port = parts.get("host", ""), parts.get("port", "")
        return f"postgresql+psycopg://{parts.get('user', 'test')}@/{name}?host={host}" + (
            f"&port={port}" if port else ""
        )

    def create(self, name: str) -> str:
        """A new empty database; returns its URL."""
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._run(f"CREATE DATABASE {name}")
        return self.url(name)

    def copy(self, template: str) -> tuple[str, str]:
        """A copy of a database: its name and URL."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name, self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server as an administrator would in a hurry."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)

    def start(self) -> None:
        """Start it (again) on the same data."""
        assert self.directory is not None
        self.process = _start(self.directory)
        _wait(self.dsn)

    def kill(self) -> None:
        """Pull the plug: the server and its processes for every client at once."""
        assert self.process is not None
        self._signal(signal.SIGKILL)
        self.process.wait(20)

    def hang(self) -> None:
        """Let it neither answer nor refuse anything, as on a machine whose disk hangs."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End `hang`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        master = self.process.pid
        with open(f"/proc/{master}/task/{master}/children") as file:
            children = [int(i) for i in file.read().split()]
        for process_id in (master, *children):
            with contextlib.suppress(ProcessLookupError):  # a client left, and its process with it
                os.kill(process_id, number)

    def _run(self, statement: str) -> None:
        with psycopg.connect(f"{self.dsn} dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A server for the time of the block; `durable` keeps PostgreSQL's own defaults (for benchmarks)."""
    if dsn := os.environ.get("IRUKA_TEST_PG_DSN"):
        yield Server(dsn, None, None)
        return
    base = "/dev/shm" if os.path.isdir("/dev/shm") and not durable else None
    directory = tempfile.mkdtemp(prefix="pg.", dir=base)
    who = _unprivileged()
    if who:
        os.chown(directory, who["user"], who["group"])
    subprocess.run(
        [
            _binary("initdb"),
            "-D",
            f"{directory}/data",
            "-U",
            "test",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": directory},
        cwd="/",
        **who,
    )
    if not durable:
        with open(f"{directory}/data/postgresql.conf", "a") as settings:
            settings.write("fsync=off\nsynchronous_commit=off\nfull_page_writes=off\nautovacuum=off\n")
    running = Server(f"host={directory} user=test", directory, _start(directory))
    _wait(running.dsn)
    try:
        yield running
    finally:
        if running.process is not None and running.process.poll() is None:
            running.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _start(directory: str) -> subprocess.Popen[bytes]:
    options = ["-k", directory, "-c", "listen_addresses=", "-c", "max_connections=100"]
    return subprocess.Popen(
        [_binary("postgres") or "postgres", "-D", f"{directory}/data", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": directory},
        cwd="/",
        **_unprivileged(),
    )


def _wait(dsn: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(f"{dsn} dbname=postgres").close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: another user for the child then."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("there is no unprivileged user to run PostgreSQL as")
