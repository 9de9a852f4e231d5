"""How often an account may ask, counted together by all web workers of a machine (SR-18)."""

import fcntl
import logging
import math
import os
import struct
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from threading import Lock

log = logging.getLogger(__name__)

WITHIN_S = 60
STEP_S = 5
# How finely the last minute is cut. What was asked up to one step more than a minute ago still counts: coarser, and
# people wait longer than they must; finer, and every count has more to add up.
KEPT = WITHIN_S // STEP_S + 1  # steps: those of the last minute and the one that runs
MOST = 60_000  # a step's count has sixteen bits
RECORD = struct.Struct(f"<I{KEPT}H2x")  # the newest step, and how many were asked in each, oldest first


class Lane(IntEnum):
    """What is counted apart: browsers and programs of one account, reading and writing."""

    BROWSER_READS = 0
    BROWSER_WRITES = 1
    TOKEN_READS = 2
    TOKEN_WRITES = 3


class Counters:
    """The last minute of every account, in a file that all workers of this machine share.

    Workers share nothing but the database, and a count must not cost a query. The kernel frees the lock on a record
    when its process dies.
    """

    def __init__(self, directory: Path, name: str = "requests.counts") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        # Opened once: closing any descriptor of the file would drop every lock of the process.
        self._file = os.open(directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.close = weakref.finalize(self, os.close, self._file)  # by itself at the latest with the application
        self._lock = Lock()  # file locks are between processes only

    def wait_s(self, account_id: int, lane: Lane, limit: int, at_s: float) -> int | None:
        """Count one more request and return None, or how many seconds to wait when the minute is full."""
        offset = (account_id * len(Lane) + lane) * RECORD.size
        try:
            with self._lock, self._alone(offset):
                return self._count(offset, limit, at_s)
        except OSError as error:  # a full disk must not close every page
            log.warning("requests cannot be counted: %s", error.strerror)
            return None

    @contextmanager
    def _alone(self, offset: int) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX, RECORD.size, offset)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, RECORD.size, offset)

    def _count(self, offset: int, limit: int, at_s: float) -> int | None:
        kept = os.pread(self._file, RECORD.size, offset)
        newest, *counts = RECORD.unpack(kept.ljust(RECORD.size, b"\0"))
        step = int(at_s // STEP_S)
        counts = moved_on(counts, step - newest)
        wait = wait_s(counts, limit, at_s)
        if wait is None:
            counts[-1] += 1
            os.pwrite(self._file, RECORD.pack(step, *counts), offset)
        return wait


def moved_on(counts: Sequence[int], steps: int) -> list[int]:
    """The counts so many steps later; all forgotten after a minute, and when the clock was set back."""
    if not 0 <= steps < len(counts):
        return [0] * len(counts)
    return [*counts[steps:], *([0] * steps)]


def wait_s(counts: Sequence[int], limit: int, at_s: float) -> int | None:
    """How many seconds until one more keeps within the limit; None when it does now.

    counts   of the steps up to the one that runs at `at_s`
    """
    total, step = sum(counts), int(at_s // STEP_S)
    for gone, count in enumerate((0, *counts)):  # the steps that must first have left the minute
        total -= count
        if total < limit:
            return None if gone == 0 else max(1, math.ceil((step + gone) * STEP_S - at_s))
    return WITHIN_S
