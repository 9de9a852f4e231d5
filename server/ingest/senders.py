"""What ingest remembers of each receiver: which messages it has seen, and how its clock differs."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from server.ingest.counts import Met

QUARANTINE_MS = 120_000
# A receiver whose clock is this wrong is not used until it is right again (RP-13). Ages are
# monotonic, so its sightings would still be in the right second; but a machine that wrong has just
# started without network time, or is not the machine we think.
SKEWS = 61
# Messages whose median tells the clock's error from the network's delay. Half of it is more than a
# client resends after a broken connection (20), so those cannot pass for the usual delay; longer,
# and a clock that was set back a little makes its receiver look late for minutes.
EXPECTED = 11
# As many messages as a clock error from before a restart counts for: more than a handful that waited, few enough
# that a clock that was set right meanwhile is believed within twelve seconds.
BOOTS = 4  # starts remembered per receiver, so that a replay from before the last restart is known
SEEN_BITS = 512  # how far back a repeated number is told from one that came late
BURST = 20
NUMBERS_PER_S = 10
# A window lasts at least 0.1 s, so no honest receiver leaves out more numbers than this. Without the
# bound one forged number would make all later true ones look old.


@dataclass(slots=True)
class _Boot:
    newest: int
    at_s: float
    seen: int = 1  # bit d: the number `newest - d` was here

    def judge(self, seq: int, at_s: float) -> Met | None:
        ahead = seq - self.newest
        if ahead <= 0:
            is_known = -ahead < SEEN_BITS and self.seen >> -ahead & 1
            if not is_known and -ahead < SEEN_BITS:
                self.seen |= 1 << -ahead
            return Met.DUPLICATE if is_known else Met.OUT_OF_ORDER
        if ahead > BURST + NUMBERS_PER_S * max(0.0, at_s - self.at_s):
            return Met.SEQ_JUMP
        self.seen = (self.seen << ahead | 1) & ((1 << SEEN_BITS) - 1) if ahead < SEEN_BITS else 1
        self.newest, self.at_s = seq, at_s
        return None


@dataclass(slots=True)
class Sender:
    """One receiver as ingest has met it since the process started."""

    _boots: OrderedDict[str, _Boot] = field(default_factory=OrderedDict)
    _skews_ms: deque[int] = field(default_factory=lambda: deque(maxlen=SKEWS))
    _wrong_ms: int | None = None  # the skew of the last message, when its clock ruled it out

    @property
    def clock_error_ms(self) -> int | None:
        """How far its clock is ahead of ours (behind: negative), network delay included; None before any message."""
        if self._wrong_ms is not None:
            return -self._wrong_ms
        return -self._usual_ms() if self._skews_ms else None

    def expect(self, error_ms: int) -> None:
        """Begin with a clock error known from before; a few messages of another mind do not change it."""
        if abs(error_ms) < QUARANTINE_MS and not self._skews_ms:
            self._skews_ms.extend([-error_ms] * EXPECTED)

    def refusal(self, boot: str, seq: int, at_s: float) -> Met | None:
        """Why this message must not be used, or None for the newest of its receiver; remembers it."""
        known = self._boots.get(boot)
        if known is None:
            self._boots[boot] = _Boot(seq, at_s)
            while len(self._boots) > BOOTS:
                self._boots.popitem(last=False)
            return None
        verdict = known.judge(seq, at_s)
        if verdict is None and next(reversed(self._boots)) != boot:
            return Met.OUT_OF_ORDER  # from before its last restart
        return verdict

    def delay_ms(self, sent_ms: int, arrived_ms: int) -> int | Met:
        """How much longer than usual this message took, or why the sender's clock rules it out.

        A message that waited in a broken connection is sent again as it was, its ages with it; the
        difference to the usual delay is what they lack.
        """
        skew_ms = arrived_ms - sent_ms
        if abs(skew_ms) >= QUARANTINE_MS:
            self._wrong_ms = skew_ms
            return Met.FUTURE if skew_ms < 0 else Met.CLOCK_BEHIND
        self._wrong_ms = None
        self._skews_ms.append(skew_ms)
        return max(0, skew_ms - self._usual_ms())

    def _usual_ms(self) -> int:
        return sorted(self._skews_ms)[len(self._skews_ms) // 2]
