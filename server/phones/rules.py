"""Which number comes next, who answers, and what is wrong with the numbers. Pure."""

import re
import unicodedata
from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain

from server import telephone
from server.presence.fusion import Found, Source
from server.presence.rules import Shown, StatusKind


class Kind(StrEnum):
    """What rings."""

    SMARTPHONE = "smartphone"
    SECTION = "section"
    DESK = "desk"
    FAX = "fax"
    PHS = "phs"


class Use(StrEnum):
    """What a range of the numbering plan is for."""

    ASSIGNABLE = "assignable"
    RESERVED = "reserved"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose number it is: exactly one of a person, a unit, a zone or a device."""

    person_id: int | None = None
    unit_id: int | None = None
    zone_id: int | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.person_id, self.unit_id, self.zone_id, self.device)) != 1:
            raise ValueError("a number is held by one person, unit, zone or device")


def is_dialled(digits: str, number: str, outside: str) -> bool:
    """Whether digits are the beginning of an extension or any part of its outside number."""
    return number.startswith(digits) or (bool(outside) and digits in telephone.digits_of(outside))


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of the numbering plan, both ends included; `unit_id` None: any bureau's."""

    id: int
    first: str
    last: str
    unit_id: int | None
    use: Use
    note: str = ""

    def __contains__(self, number: str) -> bool:
        return len(number) == len(self.first) and self.first <= number <= self.last

    def meets(self, other: "Range") -> bool:
        """Whether a number lies in both."""
        return len(self.first) == len(other.first) and self.first <= other.last and other.first <= self.last


def clashing(new: Range, others: Iterable[Range]) -> Range | None:
    """The first other range that may not share a number with the new one.

    A reserved or retired stretch may lie in a bureau's range, and then decides; two of the same sort may not meet.
    """
    is_given_out = new.use is Use.ASSIGNABLE
    return next(
        (one for one in others if one.id != new.id and one.meets(new) and (one.use is Use.ASSIGNABLE) == is_given_out),
        None,
    )


def range_of(number: str, ranges: Iterable[Range]) -> Range | None:
    """The range that decides about a number: a reserved or retired one before the bureau's around it."""
    found = [one for one in ranges if number in one]
    return min(found, key=lambda one: one.use is Use.ASSIGNABLE, default=None)


def free_numbers(
    ranges: Collection[Range], taken: Container[str], bureau_id: int | None, start: str = ""
) -> Iterator[str]:
    """The numbers this bureau may give out: its own range first, then anybody's, from `start` on and round again."""
    kept_back = [one for one in ranges if one.use is not Use.ASSIGNABLE]
    given_out = [one for one in ranges if one.use is Use.ASSIGNABLE and one.unit_id in (bureau_id, None)]
    for one in sorted(given_out, key=lambda one: (one.unit_id is None, start not in one, len(one.first), one.first)):
        first, last = int(one.first), int(one.last)
        begin = int(start) if start in one else first
        for number in chain(range(begin, last + 1), range(first, begin)):
            text = f"{number:0{len(one.first)}}"
            if text not in taken and not any(text in other for other in kept_back):
                yield text


class Wrong(StrEnum):
    """What may be wrong with a number."""

    TWO_OF_A_KIND = "two_of_a_kind"
    SAME_OUTSIDE = "same_outside"
    PERSON_LEFT = "person_left"
    UNIT_CLOSED = "unit_closed"
    NOBODYS = "nobodys"
    NO_RANGE = "no_range"
    OTHER_BUREAU = "other_bureau"
    RESERVED = "reserved"
    RETIRED = "retired"
    MOVED_NOWHERE = "moved_nowhere"


@dataclass(frozen=True, slots=True)
class Fact:
    """A number as the report looks at it.

    is_here    its holder works here, exists; True without a holder
    bureau_id  the holder's bureau; None when it has none, as a device has
    """

    number: str
    kind: str
    outside_number: str = ""
    holder: Holder | None = None
    is_here: bool = True
    bureau_id: int | None = None
    retired: bool = False
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right, and the numbers it is about."""

    wrong: Wrong
    numbers: tuple[str, ...]


def findings(facts: Collection[Fact], ranges: Collection[Range]) -> list[Finding]:
    """Everything wrong with the numbers, sort by sort."""
    found = [*_duplicates(facts)]
    answering = {fact.number for fact in facts if fact.holder is not None and fact.is_here}
    for fact in facts:
        wrong = _orphaned(fact, ranges) or _out_of_plan(fact, ranges)
        if wrong is None and fact.moved_to is not None and fact.moved_to not in answering:
            wrong = Wrong.MOVED_NOWHERE
        if wrong is not None:
            found.append(Finding(wrong, (fact.number,)))
    order = list(Wrong)
    return sorted(found, key=lambda one: (order.index(one.wrong), one.numbers))


def _duplicates(facts: Collection[Fact]) -> Iterator[Finding]:
    of_person: defaultdict[tuple[Holder, str], list[str]] = defaultdict(list)
    of_outside: defaultdict[str, list[str]] = defaultdict(list)
    for fact in facts:
        if fact.holder is not None and fact.holder.person_id is not None:
            of_person[fact.holder, fact.kind].append(fact.number)
        if fact.outside_number and not fact.retired:
            of_outside[telephone.digits_of(fact.outside_number)].append(fact.number)
    for wrong, groups in ((Wrong.TWO_OF_A_KIND, of_person.values()), (Wrong.SAME_OUTSIDE, of_outside.values())):
        yield from (Finding(wrong, tuple(sorted(numbers))) for numbers in groups if len(numbers) > 1)


def _orphaned(fact: Fact, ranges: Collection[Range]) -> Wrong | None:
    if fact.holder is None:
        return Wrong.NOBODYS if not fact.retired and range_of(fact.number, ranges) is None else None
    if fact.is_here:
        return None
    return Wrong.PERSON_LEFT if fact.holder.person_id is not None else Wrong.UNIT_CLOSED


def _out_of_plan(fact: Fact, ranges: Collection[Range]) -> Wrong | None:
    if fact.holder is None:
        return None
    one = range_of(fact.number, ranges)
    if one is None:
        return Wrong.NO_RANGE
    if one.use is not Use.ASSIGNABLE:
        return Wrong.RESERVED if one.use is Use.RESERVED else Wrong.RETIRED
    is_other = one.unit_id is not None and fact.bureau_id is not None and one.unit_id != fact.bureau_id
    return Wrong.OTHER_BUREAU if is_other else None


class Reach(StrEnum):
    """How near somebody is to the phone, nearest first."""

    AT_SEAT = "at_seat"
    IN_BUILDING = "in_building"
    ELSEWHERE = "elsewhere"


NOT_RUNG = frozenset({StatusKind.LEAVE, StatusKind.FOCUS, StatusKind.COUNTER})
NEAR = frozenset({Shown.PRESENT, Shown.PASSING, Shown.SILENT, Shown.FLOOR, Shown.BUILDING})


def is_old(found: Found) -> bool:
    """Whether a place is only what a badge last said before the sensors fell silent."""
    return found.is_deaf and found.source is Source.BEACON


def reach(found: Found, own_zone_ids: Container[int]) -> Reach | None:
    """In which group somebody answers a section's number, None when it does not ring for them.

    found   what the asking person may know: of whoever hides there is no place and no status in it, so they stand with
            those elsewhere, in or out, on leave or not. Nobody is at their seat by an old signal.
    """
    if found.status is not None and found.status.kind in NOT_RUNG:
        return None
    is_in_zone = found.state in (Shown.PRESENT, Shown.PASSING) and found.zone_id is not None
    if is_in_zone and found.zone_id in own_zone_ids and not is_old(found):
        return Reach.AT_SEAT
    return Reach.IN_BUILDING if found.state in NEAR else Reach.ELSEWHERE


NEAREST = 5  # of another section: as many as somebody rings one after the other


def told(ring: Sequence[tuple[int, Reach | None]]) -> frozenset[int]:
    """Of whom a ring group tells somebody of another section anything; everybody else is "elsewhere or not known".

    Those who are named as near, the nearest few only, and those it does not ring: whoever knows the section sees who is
    missing. The last group tells of nobody: whoever hides, is not heard, or is near but further down stands there, too.

    ring   person and group, nearest first
    """
    near = [i for i, group in ring if group in (Reach.AT_SEAT, Reach.IN_BUILDING)]
    return frozenset(near[:NEAREST]) | {i for i, group in ring if group is None}


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


DAY_LONGEST = 60  # characters; nobody types a day this long
ERA_BEGAN = {"R": 2018, "令和": 2018, "H": 1988, "平成": 1988}  # the year before the first
DAY = re.compile(r"(R|H|令和|平成)?(元|[0-9]{1,4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", re.IGNORECASE)


def day_of(text: str) -> date | None:
    """A day as people write it: 2026-04-01, 2026/4/1, 2026年4月1日, R8.4.1; None when it is none."""
    found = DAY.fullmatch(unicodedata.normalize("NFKC", text).strip()) if len(text) <= DAY_LONGEST else None
    if found is None:
        return None
    era, year, month, day = found.groups()
    number = 1 if year == "元" else int(year)
    try:
        return date(number + (ERA_BEGAN[era.upper()] if era else 0), int(month), int(day))
    except ValueError:
        return None
