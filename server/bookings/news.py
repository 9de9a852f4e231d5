"""What has become of a booking, told in the same transaction to the rooms above that asked to hear of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """What there is to tell."""

    MADE = "made"
    CHANGED = "changed"  # another place or another time
    CANCELLED = "cancelled"
    RELEASED = "released"  # nobody came
    WARNED = "warned"  # nobody has come yet
    OFFERED = "offered"  # to somebody who waits
    ASKED = "asked"  # whether a weekly series is still needed


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news.

    thing_id    the booking's id; of ASKED the series'
    by_id       the other person who did it; None: its person, or the house
    """

    what: What
    thing_id: int
    person_id: int
    by_id: int | None
    now: datetime


_listeners: list[Callable[[News], None]] = []


def when_told(listener: Callable[[News], None]) -> Callable[[News], None]:
    """Call this with every piece of news, in the transaction that made it."""
    _listeners.append(listener)
    return listener


def tell(what: What, thing_id: int, person_id: int | None, now: datetime, by_id: int | None = None) -> None:
    """Tell whoever listens; nothing when there is nobody left to tell it about."""
    if person_id is None:
        return
    for listener in _listeners:
        listener(News(what, thing_id, person_id, by_id if by_id != person_id else None, now))
