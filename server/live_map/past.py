"""The last minutes of changes, so that a stream that was cut off can be told what it missed."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from server.live_map.known import Known
from server.live_map.model import Changed

KEPT = 20_000
# Changes: some five minutes of a full building, and of memory some ten megabytes. Whoever was away for longer reads
# the snapshot again, which costs as much as these events would.
OVERLAP = 500
# Another worker may have read the outbox's lines in another order (see `model.WIDEST_GAP`); going back this far
# repeats a few events, which does no harm, and misses none.


class _Noted(NamedTuple):
    read_to: int  # the newest line of its turn: never falls, unlike `line_id`, which may have been late
    line_id: int
    person_id: int
    before: Known | None  # None: was not there


class Past:
    """Who changed, and how they were before; in memory only, and no longer than minutes."""

    def __init__(self) -> None:
        self._noted: deque[_Noted] = deque()
        self._known_from = 0  # nothing up to here is remembered

    def add(self, changed: Iterable[Changed], read_to: int) -> None:
        """Remember what one turn changed.

        read_to   the newest line of the outbox that the turn has read
        """
        for one in changed:
            if not one.heard_only:
                self._noted.append(_Noted(read_to, one.line_id, one.person_id, one.before))
        while len(self._noted) > KEPT:
            self._known_from = max(self._known_from, self._noted.popleft().read_to)

    def forget(self, last_id: int) -> None:
        """Nothing before this id can be told any more, as when the plan itself changed."""
        self._noted.clear()
        self._known_from = last_id

    def since(self, last_id: int) -> dict[int, tuple[int, list[Known | None]]] | None:
        """Who changed after `last_id`: person id → (newest line, how they were before each change).

        None when that is too long ago to tell.
        """
        if last_id < self._known_from:
            return None
        found: dict[int, tuple[int, list[Known | None]]] = {}
        for noted in reversed(self._noted):
            if noted.read_to <= last_id - OVERLAP:
                break
            _newest, befores = found.setdefault(noted.person_id, (noted.line_id, []))
            befores.append(noted.before)
        return found
