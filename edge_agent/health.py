"""How the agent is: packet rates, queue, clock, adapter → one status message."""

import ctypes
import sys
from dataclasses import dataclass, field

from edge_agent import wire

VERSION = "iruka-agent 0.1.0"
INTERVAL_S = 15.0  # between two statuses when nothing changes
RATE_OVER_S = 10.0  # a rate over less is chance; until then the last one stands

ADJTIMEX_BYTES = 512  # more than struct timex takes anywhere
STA_UNSYNC = 0x0040
STA_NANO = 0x2000


@dataclass(slots=True)
class Health:
    """What one agent counts of itself since it started.

    reference   a tag that sends once a second, whose packets prove how much the radio hears
    started_s   monotonic
    """

    agent: str
    boot: str
    started_s: float
    reference: str | None = None
    strangers: int = 0
    _packets: int = 0
    _reference_packets: int = 0
    _since_s: float = field(default=float("nan"))
    _pps: float = 0.0
    _ref_pps: float | None = None

    def __post_init__(self) -> None:
        self._since_s = self.started_s

    def packet(self, tag: str | None = None) -> None:
        """One packet was received; None: nobody looked whose it is."""
        self._packets += 1
        if tag is not None and tag == self.reference:
            self._reference_packets += 1

    def status(
        self, now_s: float, now_ms: int, *, is_online: bool, adapter: str, queue: int, dropped: int
    ) -> wire.Status:
        """The message of this moment.

        now_s   monotonic
        now_ms  the wall clock
        """
        self._measure(now_s)
        return wire.Status(
            agent=self.agent,
            boot=self.boot,
            state="online" if is_online else "offline",
            adapter=adapter,
            sent_ms=max(0, now_ms),
            pps=round(self._pps, 1),
            ref_pps=None if self._ref_pps is None else round(self._ref_pps, 2),
            queue=queue,
            dropped=dropped,
            strangers=self.strangers,
            clock_error_ms=clock_error_ms(),
            uptime_s=max(0, int(now_s - self.started_s)),
            software=VERSION,
        )

    def _measure(self, now_s: float) -> None:
        elapsed_s = now_s - self._since_s
        if elapsed_s < RATE_OVER_S:
            return
        self._pps = self._packets / elapsed_s
        self._ref_pps = self._reference_packets / elapsed_s if self._reference_packets else None
        self._packets = self._reference_packets = 0
        self._since_s = now_s


def clock_error_ms() -> int | None:
    """How far the kernel thinks its clock is off; None where nobody keeps the clock, or nobody can tell."""
    return offset_ms(timex()) if sys.platform == "linux" else None


def timex() -> bytes | None:
    """The kernel's `struct timex` (adjtimex(2)), read only; None where the call is not allowed."""
    buffer = ctypes.create_string_buffer(ADJTIMEX_BYTES)
    try:
        answer = ctypes.CDLL(None).adjtimex(buffer)
    except (OSError, AttributeError):
        return None
    return buffer.raw if answer >= 0 else None


def offset_ms(raw: bytes | None) -> int | None:
    """The phase offset in `struct timex`: modes, offset, freq, maxerror, esterror, status, each a long or padded."""
    if raw is None:
        return None
    step = ctypes.sizeof(ctypes.c_long)
    offset = int.from_bytes(raw[step : 2 * step], sys.byteorder, signed=True)
    status = int.from_bytes(raw[5 * step : 5 * step + 4], sys.byteorder)
    if status & STA_UNSYNC:
        return None
    return round(offset / (1_000_000 if status & STA_NANO else 1_000))
