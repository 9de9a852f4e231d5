"""The bounded queue between the broker's thread and the pipeline: full means the oldest goes, counted."""

import threading
import time
from collections import deque
from typing import NamedTuple

MAX_MESSAGES = 20_000
MAX_BYTES = 64 * 1024 * 1024
# Three minutes of 118 receivers, or what fits a small machine's memory. More would only keep
# sightings that are too old to move anybody.
LARGEST_PAYLOAD = 64 * 1024  # the wire's limit; of anything longer only the proof is kept


KEEP_S = 15 * 60.0  # no sighting waits for longer, however long nobody takes it (P10)


class Delivery(NamedTuple):
    """One message as it arrived."""

    topic: str
    payload: bytes
    retained: bool
    at_s: float  # monotonic


class Inbox:
    """Many writers, one reader."""

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: deque[Delivery] = deque()
        self._bytes = 0
        self._dropped = 0
        self._keep_s = KEEP_S
        self._arrived = threading.Condition()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, topic: str, payload: bytes, *, retained: bool = False, at_s: float | None = None) -> None:
        """Take one message in, dropping the oldest ones where there is no room."""
        kept = payload[: LARGEST_PAYLOAD + 1]
        delivery = Delivery(topic, kept, retained, time.monotonic() if at_s is None else at_s)
        with self._arrived:
            self._waiting.append(delivery)
            self._bytes += len(kept)
            while len(self._waiting) > self._max_messages or self._bytes > self._max_bytes:
                self._drop_oldest()
            self._drop_old(delivery.at_s)
            self._arrived.notify()

    def keep_for(self, keep_s: float) -> None:
        """Let nothing wait for longer than so many seconds; never longer than fifteen minutes."""
        with self._arrived:
            self._keep_s = min(keep_s, KEEP_S)

    def take(self, at_most: int = MAX_MESSAGES, now_s: float | None = None) -> list[Delivery]:
        """The oldest messages, out of the queue; those that have waited for too long are dropped."""
        with self._arrived:
            self._drop_old(time.monotonic() if now_s is None else now_s)
            taken = [self._waiting.popleft() for _ in range(min(at_most, len(self._waiting)))]
            self._bytes -= sum(len(delivery.payload) for delivery in taken)
            return taken

    def wait(self, timeout_s: float) -> bool:
        """Sleep until something is there or the time is over; says whether something is there."""
        with self._arrived:
            return self._arrived.wait_for(lambda: bool(self._waiting), timeout_s)

    def dropped(self) -> int:
        """How many were dropped since this was last asked."""
        with self._arrived:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def _drop_old(self, now_s: float) -> None:
        while self._waiting and now_s - self._waiting[0].at_s > self._keep_s:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._bytes -= len(self._waiting.popleft().payload)
        self._dropped += 1
