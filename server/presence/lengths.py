"""Until when a status is, said in one click. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from server.presence.rules import StatusKind


class Length(StrEnum):
    """How long, from now."""

    USUAL = "usual"
    QUARTER = "15min"
    HALF_HOUR = "30min"
    HOUR = "1h"
    NOON = "noon"
    DAY = "day"


MINUTES: Mapping[Length, timedelta] = {
    Length.QUARTER: timedelta(minutes=15),
    Length.HALF_HOUR: timedelta(minutes=30),
    Length.HOUR: timedelta(hours=1),
}
USUAL: Mapping[StatusKind, Length] = {
    StatusKind.MEETING: Length.HOUR,
    StatusKind.FOCUS: Length.HOUR,
    StatusKind.COUNTER: Length.HALF_HOUR,
    StatusKind.AWAY: Length.QUARTER,
}


def ends_at(length: Length, kind: StatusKind, now: datetime, zone: tzinfo, closes_at: str) -> datetime | None:
    """When a status of this length ends; None for noon when it is over.

    closes_at   when the person's working day ends on the building's clock ("17:15"); later the day ends at midnight
    """
    if length is Length.USUAL:
        length = USUAL.get(kind, Length.DAY)
    if length in MINUTES:
        return now + MINUTES[length]
    today = now.astimezone(zone).date()
    if length is Length.NOON:
        noon = _at(today, time(12), zone)
        return noon if noon > now else None
    hour, minute = (int(part) for part in closes_at.split(":"))
    close = _at(today, time(hour, minute), zone) if hour < 24 else _midnight_after(today, zone)
    return close if close > now else _midnight_after(today, zone)


def days(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last."""
    return _at(first, time(), zone), _midnight_after(last, zone)


def _midnight_after(day: date, zone: tzinfo) -> datetime:
    return _at(day + timedelta(days=1), time(), zone)


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
