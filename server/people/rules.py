"""What people may do and show: roles, visibility levels, pauses, dated posts. Pure."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

DUTIES_LENGTH = 200  # characters of what somebody does in a post
NOTICE_LENGTHS = {"text_ja": 20_000, "text_en": 40_000, "officer": 200, "rules_document": 200}  # characters


class Role(StrEnum):
    """What an account may do; a system administrator sees no more of people's places than staff do."""

    STAFF = "staff"
    SECTION_ADMIN = "section_admin"
    FACILITIES = "facilities"
    SYSTEM_ADMIN = "system_admin"
    PRIVACY_OFFICER = (
        "privacy_officer"  # alerts, protected people, the audit log; given on the command line only (SR-19)
    )
    KIOSK = "kiosk"  # a shared screen: finds people and numbers, nothing else


class Scope(StrEnum):
    """What an API token may do, within what its account may (SR-16)."""

    READ_DIRECTORY = "directory:read"
    READ_PRESENCE = "presence:read"
    READ_PHONES = "phones:read"
    WRITE_STATUS = "status:write"
    READ_MEMOS = "memos:read"
    WRITE_MEMOS = "memos:write"
    READ_BOOKINGS = "bookings:read"
    WRITE_BOOKINGS = "bookings:write"


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


class Signal(StrEnum):
    """From what a place is known; each may be shown to each audience as far as the person likes (P4)."""

    BEACON = "beacon"
    BOOKING = "booking"


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


@dataclass(frozen=True, slots=True)
class Choices:
    """What one person has chosen; `levels` (of the beacon) and `booking_levels` hold only what is not the default."""

    person_id: int
    levels: Mapping[Audience, Level] = field(default_factory=dict)
    paused: bool = False
    paused_until: datetime | None = None  # None while paused means until they end it
    protected: bool = False
    notice_read: bool = False
    booking_levels: Mapping[Audience, Level] = field(default_factory=dict)

    def is_paused(self, now: datetime) -> bool:
        """Whether the place is hidden from everyone at `now`."""
        return self.paused and (self.paused_until is None or now < self.paused_until)

    def level_for(self, audience: Audience, signal: Signal = Signal.BEACON) -> Level:
        """How much of a place that this signal tells the person grants an audience."""
        chosen = self.levels if signal is Signal.BEACON else self.booking_levels
        return chosen.get(audience, DEFAULT_LEVELS[audience])


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking: their own person (None for an operator), their units, and the units they head with all below."""

    person_id: int | None
    unit_ids: frozenset[int] = frozenset()
    heads_unit_ids: frozenset[int] = frozenset()
    kiosk: bool = False


def visible_level(
    viewer: Viewer,
    subject: Choices,
    subject_units: Iterable[int],
    now: datetime,
    signal: Signal = Signal.BEACON,
) -> Level:
    """How much of the subject's place the viewer may see now, as far as this signal tells it.

    The person sees themselves in full; a pause or a protection hides from everyone else, managers
    included (P5, P13). A member of the same unit gets the own-section level, a head of the
    subject's line the better of the managers' and everyone's, all others everyone's (P4).
    """
    if viewer.person_id is not None and viewer.person_id == subject.person_id:
        return Level.SEAT
    if subject.protected or subject.is_paused(now):
        return Level.HIDDEN
    if viewer.kiosk:
        return subject.level_for(Audience.KIOSK, signal)
    units = frozenset(subject_units)
    granted = [subject.level_for(Audience.EVERYONE, signal)]
    if units & viewer.heads_unit_ids:
        granted.append(subject.level_for(Audience.MANAGERS, signal))
    if units & viewer.unit_ids:
        granted.append(subject.level_for(Audience.OWN_SECTION, signal))
    return max(granted, key=lambda level: level.rank)


PAUSE_LENGTHS: Mapping[PauseLength, timedelta] = {
    PauseLength.QUARTER: timedelta(minutes=15),
    PauseLength.HOUR: timedelta(hours=1),
}


def pause_until(length: PauseLength, now: datetime, zone: tzinfo) -> datetime | None:
    """When a pause of this length ends: None for "until I end it", midnight of the building for today."""
    if length is PauseLength.UNTIL_ENDED:
        return None
    if length is PauseLength.TODAY:
        midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
        return midnight.astimezone(UTC)
    return now + PAUSE_LENGTHS[length]


def needs_factor(role: Role) -> bool:
    """Whether an account with this role opens nothing without a second factor."""
    return role is Role.SYSTEM_ADMIN


BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """What somebody recognises their browser by, such as "Firefox, Windows"; "" when it does not say."""
    browser = next((name for word, name in BROWSERS if f"{word}/" in user_agent), "")
    system = next((name for word, name in SYSTEMS if word in user_agent), "")
    return ", ".join(filter(None, (browser, system)))


def works_here(first: date, last: date | None, now: datetime, zone: Callable[[], tzinfo | None]) -> bool:
    """Whether somebody who works here on the days [first, last) does so now, by the building's clock.

    The clock is asked only near the first and the last day: elsewhere no zone on earth makes a difference.
    """
    today = now.astimezone(UTC).date()
    near = timedelta(days=1)
    if first <= today - near and (last is None or last > today + near):
        return True
    if first > today + near or (last is not None and last <= today - near):
        return False
    today = now.astimezone(zone() or UTC).date()
    return first <= today and (last is None or last > today)


LARGE_KANA = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
VOWEL_ROWS = {
    "あ": "あかさたなはまやらわ",
    "い": "いきしちにひみり",
    "う": "うくすつぬふむゆる",
    "え": "えけせてねへめれ",
    "お": "おこそとのほもよろを",
}
VOWEL_OF = {kana: vowel for vowel, row in VOWEL_ROWS.items() for kana in row}


def kana_key(kana: str) -> str:
    """The key that sorts readings as a Japanese index does, tie-broken by the reading itself.

    NFKC, hiragana, marks ゛゜ taken off, small kana made large, ー to the vowel before it.
    """
    plain = unicodedata.normalize("NFKC", kana)
    hiragana = "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in plain)
    bare = "".join(c for c in unicodedata.normalize("NFD", hiragana) if c not in "\u3099\u309a")
    large = bare.translate(LARGE_KANA)
    key = ""
    for c in large:
        key += VOWEL_OF.get(key[-1:], "") if c == "ー" else c
    return f"{key}\u0001{hiragana}"
