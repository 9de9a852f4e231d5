"""The rows of one step: who was heard by whom, as arrays; the order of arrival leaves no trace (RP-04)."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge_agent.wire import Sighting

UNKNOWN = -1


class Rows(NamedTuple):
    """Parallel arrays (K,), at most one entry for a tag and a receiver."""

    tag: NDArray[np.int32]  # index in the register
    receiver: NDArray[np.int32]
    n: NDArray[np.int32]
    mean_dbm: NDArray[np.float32]
    heard_s: NDArray[np.float64]  # monotonic


class _Part(NamedTuple):
    seq: int
    rows: Rows


EMPTY = Rows(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0))


class Batch:
    """Collects messages between two steps."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._reported: set[int] = set()

    def add(
        self,
        receiver: int,
        seq: int,
        rows: tuple[Sighting, ...],
        sent_s: float,
        live_s: float,
        index: Mapping[str, int],
    ) -> int:
        """Take in one message; returns how many of its rows are of badges nobody carries.

        sent_s  monotonic time to which the rows' ages refer
        live_s  nothing heard before this moves anybody
        index   tag id → place in the register
        """
        self._reported.add(receiver)
        if not rows:
            return 0
        tags, n, mean_dbm, _var, _max, age_ms = zip(*rows, strict=True)
        tag = np.array([index.get(name, UNKNOWN) for name in tags], np.int32)
        heard_s = sent_s - np.array(age_ms, np.float64) / 1000
        ours = (tag != UNKNOWN) & (heard_s >= live_s)
        part = Rows(
            tag[ours],
            np.full(int(ours.sum()), receiver, np.int32),
            np.array(n, np.int32)[ours],
            np.array(mean_dbm, np.float32)[ours],
            heard_s[ours],
        )
        self._parts.append(_Part(seq, part))
        return int((tag == UNKNOWN).sum())

    @property
    def receivers(self) -> int:
        """How many receivers sent a message."""
        return len(self._reported)

    def reported(self, receivers: int) -> NDArray[np.bool_]:
        """Which of so many receivers sent a message at all: silence and absence are different things."""
        flags = np.zeros(receivers, np.bool_)
        flags[list(self._reported)] = True
        return flags

    def rows(self) -> Rows:
        """Everything collected; where a receiver spoke twice of a tag, the newer sighting stays."""
        if not self._parts:
            return EMPTY
        if len(self._parts) == len({part.rows.receiver[0] for part in self._parts if len(part.rows.receiver)}):
            return _joined([part.rows for part in self._parts])
        parts = sorted(self._parts, key=lambda part: part.seq)
        together = _joined([part.rows for part in parts])
        return _newest(together)


def _joined(parts: list[Rows]) -> Rows:
    return Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _newest(rows: Rows) -> Rows:
    pair = rows.tag.astype(np.int64) * (int(rows.receiver.max(initial=0)) + 1) + rows.receiver
    order = np.lexsort((rows.heard_s, pair))
    is_last = np.append(np.diff(pair[order]) != 0, True)[: len(order)]
    return Rows(*(column[order][is_last] for column in rows))
