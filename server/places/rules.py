"""When a building is open, and what a zone's outline must be. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

import jpholiday

from server.errors import Refused

Polygon = Sequence[Sequence[float]]


class FloorKind(StrEnum):
    """What a floor is for."""

    GROUP = "group"
    FIXED = "fixed"
    COUNTER = "counter"
    SHARED = "shared"
    PUBLIC = "public"
    EXCLUDED = "excluded"


class SeatKind(StrEnum):
    """What a seat, or another place that can be booked, is."""

    GROUP = "group"  # a seat of a group address
    SOLO = "solo"
    GROUP_DESK = "group_desk"  # a big table, or one of its places
    BOOTH = "booth"
    ROOM = "room"
    FIXED = "fixed"
    COUNTER = "counter"


class Equipment(StrEnum):
    """What a seat has, or what kind of place it is: what people may wish for."""

    MONITOR = "monitor"
    STANDING = "standing"
    DOCK = "dock"
    WHEELCHAIR = "wheelchair"
    QUIET = "quiet"
    NO_CONFIDENTIAL = "no_confidential"  # no confidential material here: people walk by


SHORT_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else when typed by hand
SHORT_CODE_LENGTH = 6
LARGEST_CAPACITY = 500
SEAT_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,31}")


@dataclass(frozen=True, slots=True)
class Opening:
    """When presence may be recorded (P7): `opens` ≤ local time < `closes` on open days; `closes` 00:00 is midnight."""

    zone: tzinfo
    opens: time
    closes: time
    weekdays: frozenset[int]  # Monday is 0
    exceptions: Mapping[date, bool] = field(default_factory=dict)  # day → open after all, or closed
    keeps_holidays: bool = False  # closed on public holidays and over the turn of the year

    def is_open_on(self, day: date) -> bool:
        """Whether the building works on this day."""
        exception = self.exceptions.get(day)
        if exception is not None:
            return exception
        return day.weekday() in self.weekdays and not (self.keeps_holidays and is_holiday(day))

    def is_open(self, at: datetime) -> bool:
        """Whether presence may be recorded at this instant."""
        local = at.astimezone(self.zone)
        until = self.closes if self.closes != time(0) else time.max
        return self.is_open_on(local.date()) and self.opens <= local.time() and local.time() < until


@cache
def is_holiday(day: date) -> bool:
    """Whether a city hall is closed by law: on public holidays, and from 29 December to 3 January."""
    is_year_end = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return is_year_end or bool(jpholiday.is_holiday(day))


def opening(
    timezone: str,
    opens_at: str,
    closes_at: str,
    open_weekdays: str,
    exceptions: Mapping[date, bool],
    *,
    keeps_holidays: bool = False,
) -> Opening:
    """The opening hours from their stored texts."""
    return Opening(
        ZoneInfo(timezone),
        time.fromisoformat(opens_at),
        time(0) if closes_at == "24:00" else time.fromisoformat(closes_at),
        frozenset(int(digit) for digit in open_weekdays),
        exceptions,
        keeps_holidays,
    )


def check_polygon(polygon: Polygon, width_m: float, height_m: float) -> None:
    """Refused unless the outline has three corners or more, lies on the floor and encloses something."""
    if len(polygon) < 3:
        raise Refused("bad_zone", "A zone needs at least three corners.", 422)
    for corner in polygon:
        x_m, y_m = corner
        if not (-0.5 <= x_m <= width_m + 0.5 and -0.5 <= y_m <= height_m + 0.5):
            raise Refused(
                "bad_zone",
                "A corner of the zone at %(x).2f, %(y).2f m lies outside the floor of %(w).2f × %(h).2f m.",
                422,
                x=x_m,
                y=y_m,
                w=width_m,
                h=height_m,
            )
    if area_m2(polygon) < 0.5:
        raise Refused("bad_zone", "The zone encloses less than half a square metre.", 422)


def check_seat(code: str, kind: str, x_m: float, y_m: float, width_m: float, height_m: float) -> None:
    """Refused unless the seat has a code and a kind that we know, and stands on the floor."""
    if not SEAT_CODE.fullmatch(code):
        raise Refused("bad_seat", "A seat’s code has 1 to 32 letters, digits and hyphens, such as 18A-012.", 422)
    check_kind(kind)
    if not (0 <= x_m <= width_m and 0 <= y_m <= height_m):
        raise Refused(
            "bad_seat",
            "Seat %(seat)s at %(x).2f, %(y).2f m lies outside the floor of %(w).2f × %(h).2f m.",
            422,
            seat=code,
            x=x_m,
            y=y_m,
            w=width_m,
            h=height_m,
        )


def check_kind(kind: str) -> None:
    """Refused when this is no kind of seat that we know."""
    if kind not in set(SeatKind):
        raise Refused("bad_seat", "There is no such kind of seat.", 422)


def check_capacity(capacity: int) -> None:
    """Refused unless so many people could sit there."""
    if not 1 <= capacity <= LARGEST_CAPACITY:
        raise Refused("bad_capacity", "A place is for 1 to %(most)s people.", 422, most=LARGEST_CAPACITY)


def check_equipment(equipment: Iterable[str]) -> None:
    """Refused when one of these is no equipment that we know."""
    unknown = next((one for one in equipment if one not in set(Equipment)), None)
    if unknown is not None:
        raise Refused("bad_equipment", "There is no equipment “%(what)s”.", 422, what=unknown)


def one_line(text: str, most: int) -> str:
    """The text without line breaks and what cannot be printed, no longer than `most`."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())[:most]


def typed_short_code(text: str) -> str:
    """The code of a sign as somebody typed it: any width and case, spaces and hyphens; "" when it can be none."""
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(letter for letter in plain if letter not in " -")
    return plain if len(plain) == SHORT_CODE_LENGTH and all(one in SHORT_CODE_LETTERS for one in plain) else ""


def area_m2(polygon: Polygon) -> float:
    """The enclosed area (shoelace formula)."""
    pairs = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2
