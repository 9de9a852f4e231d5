"""Follows the outbox: which parts of what ingest knows have to be read again."""

from dataclasses import dataclass

from server import changes
from server.changes import Thing

OVERLAP = 300
# Ids are drawn before commits are ordered, so a line may appear behind newer ones; this many are read
# again. Two transactions would have to be this many lines apart for one to be missed, and everything
# is read again once a minute anyway.


@dataclass(frozen=True, slots=True)
class News:
    """What changed since the last look."""

    building: bool = False
    everybody: bool = False
    people: frozenset[int] = frozenset()


class Watch:
    """Remembers how far the outbox has been read."""

    def __init__(self, newest_id: int) -> None:
        self._first_id = newest_id  # everything up to here was known when we began
        self._newest_id = newest_id
        self._seen: frozenset[int] = frozenset()

    def news(self) -> News:
        """Read on, in the open session."""
        lines = changes.since(max(0, self._newest_id - OVERLAP))
        new = [line for line in lines if line.id not in self._seen and line.id > self._first_id]
        self._newest_id = max([self._newest_id, *(line.id for line in lines)])
        self._seen = frozenset(line.id for line in lines if line.id > self._newest_id - OVERLAP)
        people = frozenset(line.thing_id for line in new if line.thing == Thing.CHOICES)
        return News(
            building=any(line.thing == Thing.FLOOR for line in new),
            everybody=0 in people,
            people=people - {0},
        )
