"""What people may do and show: roles, visibility levels, pauses, dated posts. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What an account may do; a system administrator sees no more of people's places than staff do."""

    STAFF = "staff"
    SECTION_ADMIN = "section_admin"
    FACILITIES = "facilities"
    SYSTEM_ADMIN = "system_admin"


class Level(StrEnum):
    """How much of a place may be seen, least first (P4)."""

    HIDDEN = "hidden"
    BUILDING = "building"
    FLOOR = "floor"
    ZONE = "zone"
    SEAT = "seat"

    @property
    def rank(self) -> int:
        """0 for hidden up to 4 for seat."""
        return LEVELS.index(self)


LEVELS = tuple(Level)


class Audience(StrEnum):
    """Who is looking."""

    OWN_SECTION = "own_section"
    MANAGERS = "managers"
    EVERYONE = "everyone"
    KIOSK = "kiosk"


DEFAULT_LEVELS: Mapping[Audience, Level] = {
    Audience.OWN_SECTION: Level.SEAT,
    Audience.MANAGERS: Level.ZONE,
    Audience.EVERYONE: Level.ZONE,
    Audience.KIOSK: Level.HIDDEN,
}


class PauseLength(StrEnum):
    """For how long a place is hidden (P5)."""

    QUARTER = "15min"
    HOUR = "1h"
    TODAY = "today"
    UNTIL_ENDED = "until_ended"


class Reach(IntEnum):
    """How near a viewer is to the person looked at; the nearest one that applies counts."""

    SELF = 0
    OWN_SECTION = 1
    MANAGERS = 2
    EVERYONE = 3


@dataclass(frozen=True, slots=True)
class Choices:
    """What one person has chosen; levels holds only what differs from the defaults."""

    person_id: int
    levels: Mapping[Audience, Level] = field(default_factory=dict)
    paused: bool = False
    paused_until: datetime | None = None  # None while paused means until they end it
    protected: bool = False
    notice_read: bool = False

    def is_paused(self, now: datetime) -> bool:
        """Whether the place is hidden from everyone at `now`."""
        return self.paused and (self.paused_until is None or now < self.paused_until)

    def level_for(self, audience: Audience) -> Level:
        """The level this person grants an audience."""
        return self.levels.get(audience, DEFAULT_LEVELS[audience])


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking: their own person (None for an operator), their units, and the units they head with all below."""

    person_id: int | None
    unit_ids: frozenset[int] = frozenset()
    heads_unit_ids: frozenset[int] = frozenset()
    kiosk: bool = False


def visible_level(viewer: Viewer, subject: Choices, subject_units: Iterable[int], now: datetime) -> Level:
    """How much of the subject's place the viewer may see now.

    The person sees themselves in full; a pause or a protection hides from everyone else, managers
    included (P5, P13). A member of the same unit gets the own-section level, a head of the
    subject's line the better of the managers' and everyone's, all others everyone's (P4).
    """
    if viewer.person_id is not None and viewer.person_id == subject.person_id:
        return Level.SEAT
    if subject.protected or subject.is_paused(now):
        return Level.HIDDEN
    if viewer.kiosk:
        return subject.level_for(Audience.KIOSK)
    units = frozenset(subject_units)
    granted = [subject.level_for(Audience.EVERYONE)]
    if units & viewer.heads_unit_ids:
        granted.append(subject.level_for(Audience.MANAGERS))
    if units & viewer.unit_ids:
        granted.append(subject.level_for(Audience.OWN_SECTION))
    return max(granted, key=lambda level: level.rank)


@dataclass(frozen=True, slots=True)
class Term:
    """Days from `start` up to but not including `end`; None never ends."""

    start: date
    end: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the day lies inside."""
        return self.start <= day and (self.end is None or day < self.end)
