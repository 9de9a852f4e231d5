"""What ingest met, counted by kind and receiver until somebody writes it down."""

from collections import Counter
from enum import StrEnum

NOBODY = ""  # counted under no receiver: not one of ours, or not about one


class Met(StrEnum):
    """Everything that is not a faultless new sighting; `edge_agent.wire.Fault` names the malformed ones."""

    ACCEPTED = "accepted"  # messages used
    INBOX_FULL = "inbox_full"  # messages dropped unread, oldest first
    EMPTY = "empty"  # no payload: how a retained message is cleared
    RETAINED = "retained"  # a sighting that somebody had the broker keep
    UNKNOWN_AGENT = "unknown_agent"
    DUPLICATE = "duplicate"  # the same agent, boot and number again: sent twice, or replayed
    OUT_OF_ORDER = "out_of_order"  # a later one was here first
    SEQ_JUMP = "seq_jump"  # a number that no receiver reaches in that time
    FUTURE = "future"  # the sender's clock is two minutes ahead or more
    CLOCK_BEHIND = "clock_behind"  # two minutes behind or more
    OLD = "old"  # heard more than ten minutes ago
    LATE = "late"  # heard too long ago to move anybody
    OUTSIDE_HOURS = "outside_hours"  # messages dropped unread while the building is closed (P7)
    UNKNOWN_TAG = "unknown_tag"  # rows of badges nobody carries (SR-39)
    WITHHELD = "withheld"  # rows of people of whom nothing may be kept now, for whatever reason (P2, P5, P7)
    EXCLUDED = "excluded"  # estimates at places that refuse presence (P8)


class Tally:
    """Counts waiting to be written; bounded, because kinds are fixed and receivers are ours."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, kind: str, agent: str = NOBODY, n: int = 1) -> None:
        """Count `n` more."""
        if n:
            self._counts[kind, agent] += n

    def take(self) -> dict[tuple[str, str], int]:
        """Everything counted so far by (kind, agent), starting anew."""
        taken, self._counts = dict(self._counts), Counter()
        return taken

    def give_back(self, taken: dict[tuple[str, str], int]) -> None:
        """What could not be written counts again."""
        self._counts.update(taken)
