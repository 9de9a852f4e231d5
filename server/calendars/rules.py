"""What of a booking belongs into a calendar; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.bookings.rules import How, State
from server.places.rules import SeatKind

KEEP = timedelta(days=30)  # a calendar holds this much of what is over
ON_THE_SPOT = frozenset({How.WALK_UP, How.CODE, How.KIOSK})
GONE = frozenset({State.CANCELLED, State.RELEASED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking with its place, as calendars need it."""

    booking_id: int
    person_id: int
    seat: str
    kind: SeatKind
    floor: str
    floor_name: str
    floor_name_en: str
    building: str
    building_en: str
    timezone: str
    starts_at: datetime
    ends_at: datetime
    state: State
    how: How
    subject: str
    series_id: int | None
    sequence: int
    changed_at: datetime

    @property
    def is_gone(self) -> bool:
        """Whether a calendar strikes it out."""
        return self.state in GONE


def is_ahead(entry: Entry) -> bool:
    """Whether it was booked ahead.

    A seat taken on the spot begins when its person came, which is written into no calendar that others may see (P3).
    """
    return entry.how not in ON_THE_SPOT and (entry.sequence > 0 or entry.starts_at > entry.changed_at)


def is_in_calendar(entry: Entry) -> bool:
    """Whether a calendar that is read again and again shows it; an offer is not theirs yet, and may never have been."""
    return is_ahead(entry) and entry.state is not State.OFFERED and not (entry.how is How.OFFER and entry.is_gone)


def revision(entry: Entry) -> int:
    """SEQUENCE (RFC 5545, 3.8.7.4): rises with every change and when it is struck out, never by leaving early (P3)."""
    if entry.state is State.LEFT:
        return max(0, entry.sequence - 1)
    return entry.sequence + 1 if entry.state is State.RELEASED else entry.sequence


def takes_time(entry: Entry) -> bool:
    """Whether its person is busy meanwhile: in a meeting, but not because they have a seat."""
    return entry.kind is SeatKind.ROOM and not entry.is_gone
