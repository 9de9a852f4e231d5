"""Starts the demo's processes, watches them, and stops them in the opposite order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.errors import Misconfigured

STOP_WITHIN_S = 8.0
PR_SET_PDEATHSIG = 1  # linux/prctl.h
LINES_SHOWN = 8


@dataclass(slots=True)
class Child:
    """A running process and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Processes:
    """The children of one demo; they end with us, also when we are killed.

    others   what else must live: name → whether it does
    """

    def __init__(
        self, logs: Path, environment: Mapping[str, str], others: Mapping[str, Callable[[], bool]] | None = None
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._environment = {**os.environ, **environment}
        self._children: list[Child] = []
        self._others = others or {}

    def start(self, name: str, arguments: Sequence[str]) -> Child:
        """Start `python -m …`; what it prints goes to its log."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603  our own modules
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is ours; children are stopped one after another
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def check(self) -> None:
        """Misconfigured with its last words when a child has ended."""
        for name, is_running in self._others.items():
            if not is_running():
                raise Misconfigured(f"The {name} process has ended.")
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise Misconfigured(
                    f"The {child.name} process ended with {code}. Its log, {child.log}, says:\n{_tail(child.log)}"
                )

    def has_ended(self, child: Child) -> bool:
        """Whether a child that is meant to end has done so well; it is watched no longer then."""
        if child.process.poll() != 0:
            return False
        self._children.remove(child)
        return True

    def stop(self) -> None:
        """End every child, the last one started first."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
                try:
                    child.process.wait(STOP_WITHIN_S)
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
        self._children.clear()


def wait_until(ready: Callable[[], bool], processes: Processes, within_s: float, what: str) -> None:
    """Poll until `ready` holds, or Misconfigured when it takes too long or a child dies meanwhile."""
    deadline_s = time.monotonic() + within_s
    while not ready():
        processes.check()
        if time.monotonic() > deadline_s:
            raise Misconfigured(f"{what} did not become ready within {within_s:.0f} s.")
        time.sleep(0.1)


def _die_with_parent() -> None:
    """In the child, before it starts: the kernel ends it when its parent dies, however that happens (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    return "\n".join(lines[-LINES_SHOWN:])
