"""What one kind of viewer sees of one person on the map, and how old it all is. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from server.people.rules import Choices, Level, Signal, Viewer, visible_level
from server.presence.fusion import Claim, Found, Granted, Said, Source, StatusSeen, fuse
from server.presence.rules import Shown, Sure, Whereabouts

CLAIMS = frozenset({Source.CHECK_IN, Source.BOOKING})


@dataclass(frozen=True, slots=True)
class Subject:
    """All that decides what others see of a person."""

    choices: Choices
    unit_ids: frozenset[int]
    where: Whereabouts | None  # None: nothing is known
    said: Said | None = None  # what the person says of the day, now
    claims: tuple[Claim, ...] = ()  # what the person has booked or checked in to for now

    def floor_ids(self) -> frozenset[int]:
        """On which floors somebody may see the person."""
        heard = None if self.where is None else self.where.floor_id
        return frozenset(one.floor_id for one in self.claims) | (frozenset() if heard is None else {heard})

    def is_told_by_age(self, was: datetime | None, heard_at: datetime | None) -> bool:
        """Whether hearing the badge later, at the same place, may change what others see."""
        if self.said is not None and self.said.is_elsewhere:
            return True
        return heard_at is not None and any((was is None or was < one.since) and one.since <= heard_at
                                            for one in self.claims)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Closed:
    """Places that show less than others do."""

    excluded_floor_ids: frozenset[int] = frozenset()  # P8
    excluded_zone_ids: frozenset[int] = frozenset()
    counts_only_zone_ids: frozenset[int] = frozenset()

    def lets(self, claim: Claim) -> bool:
        """Whether a check-in or booking there may say where somebody is."""
        return (
            claim.floor_id not in self.excluded_floor_ids
            and claim.zone_id not in self.excluded_zone_ids
            and claim.zone_id not in self.counts_only_zone_ids
        )


class Entry(NamedTuple):
    """A person as one kind of viewer sees them; two entries that differ in their numbers only look the same.

    floor_id           None unless the floor may be shown
    counted_floor_id   the floor whose number includes the person
    counted_zone_id    the zone whose number does; a zone that shows no names still counts
    source             who says where: the beacon, a check-in, a booking, or a status that says elsewhere
    own                has a post in one of the viewer's units
    status             what the person says of the day
    """

    state: Shown
    floor_id: int | None
    zone_id: int | None
    sure: Sure | None
    source: str
    counted_floor_id: int | None
    counted_zone_id: int | None
    own: bool
    status: StatusSeen | None = None

    @property
    def is_in(self) -> bool:
        """Whether the viewer may know that the person is in the building, and they are."""
        return self.state not in (Shown.AWAY, Shown.HIDDEN)

    def looks_like(self, other: "Entry | None") -> bool:
        """Whether no screen tells the two apart, whatever number each is part of."""
        return (
            other is not None
            and self._replace(counted_floor_id=other.counted_floor_id, counted_zone_id=other.counted_zone_id) == other
        )


def kind_of(viewer: Viewer) -> Viewer:
    """The viewer without the person: everyone alike sees the same of others, and is served from one cache."""
    return replace(viewer, person_id=None)


def granted(viewer: Viewer, subject: Subject, now: datetime) -> Granted:
    """How much of the subject's place the viewer may see now (P4, P5, P13)."""
    beacon, booking = (visible_level(viewer, subject.choices, subject.unit_ids, now, signal) for signal in Signal)
    return Granted(
        beacon, booking, is_self=viewer.person_id is not None and viewer.person_id == subject.choices.person_id
    )


def entry(viewer: Viewer, subject: Subject, closed: Closed, now: datetime) -> Entry:
    """The subject as the viewer sees them."""
    is_self = viewer.person_id is not None and viewer.person_id == subject.choices.person_id
    # A protected person is on nobody's list but their own (P13).
    own = not subject.unit_ids.isdisjoint(viewer.unit_ids) and (is_self or not subject.choices.protected)
    return entry_at(granted(viewer, subject, now), subject, closed, now, own=own, is_self=is_self)


def entry_at(
    granted: Granted, subject: Subject, closed: Closed, now: datetime, *, own: bool, is_self: bool = False
) -> Entry:
    """The subject for whoever is granted this much; an excluded place is no place (P8).

    Whoever is not named because the zone only counts is in its number and in the floor's all the same.
    """
    where = subject.where
    if where is not None and (where.floor_id in closed.excluded_floor_ids or where.zone_id in closed.excluded_zone_ids):
        where = None
    counts_only = where is not None and where.zone_id in closed.counts_only_zone_ids
    claims = [one for one in subject.claims if closed.lets(one)]
    shown = fuse(where, subject.said, claims, granted, now, zone_is_counts_only=counts_only and not is_self)
    if shown.source in CLAIMS:
        return _claimed(shown, own=own)
    counted = None if shown.state in (Shown.AWAY, Shown.HIDDEN) else where
    floor = counted.floor_id if counted is not None and granted.beacon.rank >= Level.FLOOR.rank else None
    zone = counted.zone_id if counted is not None and granted.beacon.rank >= Level.ZONE.rank else None
    source = (Source.STATUS if shown.source is Source.STATUS else Source.BEACON).value
    return Entry(shown.state, shown.floor_id, shown.zone_id, shown.sure, source, floor, zone, own, shown.status)


def _claimed(shown: Found, *, own: bool) -> Entry:
    """Somebody whose check-in or booking says where: in the numbers of what is shown of it."""
    source = (shown.source or Source.BOOKING).value
    floor, zone = shown.floor_id, shown.zone_id
    return Entry(shown.state, floor, zone, shown.sure, source, floor, zone, own, shown.status)


@dataclass(frozen=True, slots=True)
class Status:
    """How current the map is: as of when, and why it may be old."""

    as_of: datetime
    reasons: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether anything is old."""
        return bool(self.reasons)

    def for_floor(self, floor_code: str | None, checked_at: datetime) -> "Status":
        """What of it concerns one floor (None: all do).

        checked_at   when all was last read; a floor that no reason concerns is as current as that
        """
        if floor_code is None:
            return self
        own = f"receivers:{floor_code}"
        reasons = tuple(r for r in self.reasons if not r.startswith("receivers:") or r == own)
        return self if reasons == self.reasons else Status(self.as_of if reasons else checked_at, reasons)


@dataclass(frozen=True, slots=True)
class Age:
    """From when the parts of the read model are.

    read_at         when the database last answered
    newest_heard    when the newest badge was heard, None when nobody is known anywhere
    beat_at         the background process's last sign of life, None when there never was one
    sensor_reasons  what the fleet says: background, broker, receivers:<floor>
    """

    read_at: datetime
    newest_heard: datetime | None = None
    beat_at: datetime | None = None
    sensor_reasons: tuple[str, ...] = field(default=())


def status(age: Age, *, database_answers: bool) -> Status:
    """How current the map is (RP-10, RP-11)."""
    reasons = age.sensor_reasons if database_answers else ("database", *age.sensor_reasons)
    since = [age.read_at]
    if "background" in reasons and age.beat_at is not None:
        since.append(age.beat_at)
    if reasons and reasons != ("database",) and age.newest_heard is not None:
        since.append(age.newest_heard)
    return Status(min(since), reasons)


def gap(ids: Sequence[int], after: int, widest: int) -> list[int]:
    """The ids missing between `after` and the last of ascending `ids`; a gap wider than `widest` is not one of ours."""
    missing: list[int] = []
    previous = after
    for number in ids:
        if previous < number - 1 <= previous + widest:
            missing.extend(range(previous + 1, number))
        previous = max(previous, number)
    return missing


def sorted_by_reading(people: Iterable[tuple[str, int]]) -> list[int]:
    """Person ids by (kana key, id)."""
    return [person_id for _key, person_id in sorted(people)]
