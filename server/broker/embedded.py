"""Starts and stops the embedded broker: a child process on loopback with an account for everybody who needs one."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from server.broker.access_list import RADIO, RESERVED, SERVER
from server.errors import Misconfigured
from server.settings import Broker

HOST = "127.0.0.1"
STOP_WITHIN_S = 5.0
ROOT = Path(__file__).resolve().parents[2]


class Embedded:
    """A running broker.

    passwords   account → password, new at every start
    """

    def __init__(self, process: subprocess.Popen[str], port: int, passwords: Mapping[str, str]) -> None:
        self.host = HOST
        self.port = port
        self.passwords = passwords
        self._process = process

    @property
    def is_running(self) -> bool:
        """Whether the child process lives."""
        return self._process.poll() is None

    def settings(self, user: str = SERVER) -> Broker:
        """How this account connects."""
        return Broker(self.host, self.port, tls=False, username=user, password=self.passwords[user], ca_file=None)

    def url(self, user: str = SERVER) -> str:
        """The same as the value of IRUKA_MQTT_URL; the passwords need no escaping."""
        return f"mqtt://{user}:{self.passwords[user]}@{self.host}:{self.port}"

    def stop(self) -> None:
        """End it; stopping twice does nothing."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def start(
    site: str, agents: Iterable[str] = (), *, radio: bool = False, port: int = 0, log: IO[bytes] | None = None
) -> Embedded:
    """Start a broker and wait until it answers, or Misconfigured.

    agents   receivers with an account of their own
    radio    whether `iruka-radio` may speak for every receiver, as a simulation does over one connection
    port     0 takes a free one
    log      where its complaints go; None: to our stderr
    """
    if find_spec("amqtt") is None:
        raise Misconfigured('The embedded broker needs amqtt: pip install "iruka[demo]", or set IRUKA_MQTT_URL.')
    users = [SERVER, *([RADIO] if radio else []), *_agents(agents)]
    passwords = {user: secrets.token_urlsafe(24) for user in users}
    process = subprocess.Popen(
        [sys.executable, "-m", "server.broker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        cwd=ROOT,
        text=True,
    )
    try:
        found = _ready(process, {"site": site, "host": HOST, "port": port, "passwords": passwords})
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return Embedded(process, found, passwords)


@contextmanager
def embedded(
    site: str, agents: Iterable[str] = (), *, radio: bool = False, port: int = 0, log: IO[bytes] | None = None
) -> Iterator[Embedded]:
    """A broker for the time of the block; see `start`."""
    running = start(site, agents, radio=radio, port=port, log=log)
    try:
        yield running
    finally:
        running.stop()


def _agents(agents: Iterable[str]) -> list[str]:
    names = sorted(set(agents))
    if taken := RESERVED.intersection(names):
        raise Misconfigured(f"No receiver may be called {min(taken)}.")
    return names


def _ready(process: subprocess.Popen[str], plan: dict[str, object]) -> int:
    """The port the child says it listens on."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the broker was started without pipes")
    try:
        process.stdin.write(json.dumps(plan) + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it is gone already; the missing answer below says so
    answer = process.stdout.readline().strip()
    if not answer.isdigit():
        port = plan["port"]
        where = f"on port {port}" if port else "on this machine"
        raise Misconfigured(f"The embedded broker could not start {where}; is the port taken?")
    return int(answer)
