"""Windows on their way: numbered once, aged at the moment of sending, kept a few minutes while the broker is away."""

import threading
from collections import OrderedDict, deque
from typing import NamedTuple

from edge_agent import wire

KEEP_S = 300.0
# Old windows move nobody; they only tell the server that the agent lived. Longer would be more to resend than
# it is worth, shorter would lose what a broker's restart takes.
MOST_WINDOWS = 300
MOST_ROWS = 100_000  # about 20 MB
PACE_PER_S = 20.0
# After an outage: five minutes of windows leave in a quarter of a minute, and 150 agents that come back
# together stay below what a small broker carries (3,000 a second).
BURST = 2.0  # windows that may leave at once, so that the pace delays nobody who is up to date
IN_FLIGHT = 20


class Waiting(NamedTuple):
    """A closed window with its number."""

    seq: int
    closed_s: float  # monotonic; the rows' ages are as of then
    dt_ms: int
    rows: tuple[wire.Sighting, ...]


class Outbox:
    """The windows of one agent and start; safe between the thread that fills it and the one that empties it.

    dropped     windows that were too old or too many
    cut         rows that did not fit into a message
    """

    def __init__(self, agent: str, boot: str, keep_s: float = KEEP_S, pace_per_s: float = PACE_PER_S) -> None:
        self.dropped = 0
        self.cut = 0
        self._agent = agent
        self._boot = boot
        self._keep_s = keep_s
        self._pace_per_s = pace_per_s
        self._lock = threading.Lock()
        self._waiting: deque[Waiting] = deque()
        self._in_flight: OrderedDict[int, Waiting] = OrderedDict()
        self._rows = 0  # of all windows here
        self._seq = 0
        self._credit = BURST
        self._credit_at_s = float("-inf")

    def __len__(self) -> int:
        """Windows that no broker has confirmed."""
        return len(self._waiting) + len(self._in_flight)

    def put(self, rows: tuple[wire.Sighting, ...], dt_ms: int, closed_s: float) -> None:
        """Number a window and let it wait; the oldest make room."""
        with self._lock:
            self._seq += 1
            self._waiting.append(Waiting(self._seq, closed_s, dt_ms, rows))
            self._rows += len(rows)
            self._make_room(closed_s)

    def take(self, now_s: float, now_ms: int) -> tuple[int, bytes] | None:
        """The next window's number and message, with its ages as of now; None while there is none, or for the pace.

        It stays here until `done`.

        now_s   monotonic
        now_ms  the wall clock
        """
        with self._lock:
            self._make_room(now_s)
            self._credit = min(BURST, self._credit + (now_s - self._credit_at_s) * self._pace_per_s)
            self._credit_at_s = now_s
            if not self._waiting or len(self._in_flight) >= IN_FLIGHT or self._credit < 1:
                return None
            self._credit -= 1
            window = self._waiting.popleft()
            self._in_flight[window.seq] = window
        payload, sent_rows = self._message(window, now_s, now_ms)
        self.cut += len(window.rows) - sent_rows
        return window.seq, payload

    def done(self, seq: int) -> None:
        """The broker has it."""
        with self._lock:
            window = self._in_flight.pop(seq, None)
            if window is not None:
                self._rows -= len(window.rows)

    def take_back(self) -> None:
        """The connection broke: what was not confirmed goes again, under its old number and with its new age."""
        with self._lock:
            self._waiting.extendleft(reversed(self._in_flight.values()))
            self._in_flight.clear()

    def _make_room(self, now_s: float) -> None:
        while self._waiting and (
            now_s - self._waiting[0].closed_s > self._keep_s
            or len(self._waiting) + len(self._in_flight) > MOST_WINDOWS
            or self._rows > MOST_ROWS
        ):
            self._rows -= len(self._waiting.popleft().rows)
            self.dropped += 1

    def _message(self, window: Waiting, now_s: float, now_ms: int) -> tuple[bytes, int]:
        """The encoded window and how many of its rows it holds; the weakest stay behind when it is too long."""
        waited_ms = max(0, round((now_s - window.closed_s) * 1000))
        rows = [
            wire.Sighting(tag, n, mean, var, top, min(wire.MAX_AGE_MS, age_ms + waited_ms))
            for tag, n, mean, var, top, age_ms in window.rows
        ]
        payload = self._encoded(window, rows, now_ms)
        if len(payload) > wire.MAX_BYTES:
            rows.sort(key=lambda row: -row.mean_dbm)
            while len(payload) > wire.MAX_BYTES:
                del rows[len(rows) * wire.MAX_BYTES // len(payload) - 1 :]
                payload = self._encoded(window, rows, now_ms)
        return payload, len(rows)

    def _encoded(self, window: Waiting, rows: list[wire.Sighting], now_ms: int) -> bytes:
        return wire.encode(wire.Sightings(self._agent, self._boot, window.seq, now_ms, window.dt_ms, tuple(rows)))
