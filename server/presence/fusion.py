"""One rule that makes "where now" of all that is known of a person. Pure.

First everything the viewer may not see is taken away: the beacon and claims down to the level the person grants for
that signal (P4), the status unless the viewer may see at least "in the building" by one of them. Only what is left
takes part in the decision, so what is hidden cannot show through what is chosen. Then the first that there is counts:

1. the status `leave`. Whoever is on leave is not there to be found, even with a badge on the desk.
2. the status `telework` or `trip`, unless the beacon is heard in the building after that was said and after it began,
   settled, not walking through: people come in after all, and the newer of two facts is the better one. The status
   stays beside the place, so that the reader sees both.
3. a beacon heard now and settled in another zone (or on another floor) than the check-in or booking says: a claim is
   what somebody meant to do, the beacon is where they are. In the same zone the claim says it more exactly: the seat.
4. a check-in: the person's own word about a place, until its end. The last one counts. Only the person reads it: to
   others it is a booking like any, since "booked" beside "checked in" would tell who has not come yet (P3).
5. a booking, from its beginning until its end, whatever the radio says: an unheard badge is no sign of absence.
6. the beacon, with its age; the last place when it has gone quiet.
7. nothing.

`at_work`, `meeting`, `focus`, `counter` and `away` say nothing of a place; they stand beside it. While the radio is
down no beacon counts as heard now, so claims go before it, and the answer says that it was made without.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from server.people.rules import Level
from server.presence.rules import Seen, Shown, StatusKind, Sure, Whereabouts, seen

ELSEWHERE = frozenset({StatusKind.LEAVE, StatusKind.TELEWORK, StatusKind.TRIP})
SETTLED = frozenset({Shown.PRESENT, Shown.FLOOR, Shown.BUILDING})  # not passing by, not gone quiet


class Source(StrEnum):
    """Who says where."""

    STATUS = "status"
    CHECK_IN = "check_in"
    BOOKING = "booking"
    BEACON = "beacon"


class Said(NamedTuple):
    """The status that holds now."""

    kind: StatusKind
    ends_at: datetime
    note: str
    said_at: datetime  # when it was said, or began if later

    @property
    def is_elsewhere(self) -> bool:
        """Whether it says that the person is not in the building."""
        return self.kind in ELSEWHERE


class StatusSeen(NamedTuple):
    """A status as others read it: no beginning, and never which kind of leave (P3)."""

    kind: StatusKind
    ends_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A place that a check-in or a booking says; half-open from `since` to `until` (None: until further notice)."""

    source: Source
    floor_id: int
    zone_id: int | None
    since: datetime
    until: datetime | None = None
    place: str = ""  # what people call it: "18A-012"

    def holds(self, now: datetime) -> bool:
        """Whether it is about this moment."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Granted:
    """How much of a place one viewer may see, by signal; check-ins count as bookings.

    is_self   the viewer is the person, who alone reads from their booking whether they have come (P3)
    """

    beacon: Level
    booking: Level
    is_self: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether the viewer may see nothing at all."""
        return self.beacon is Level.HIDDEN and self.booking is Level.HIDDEN


@dataclass(frozen=True, slots=True)
class Radio:
    """How the sensors are."""

    is_down: bool = False
    silent_floor_ids: frozenset[int] = frozenset()

    def is_deaf_on(self, floor_id: int | None) -> bool:
        """Whether a badge there would not be heard."""
        return self.is_down or floor_id in self.silent_floor_ids


WELL = Radio()


@dataclass(frozen=True, slots=True)
class Found:
    """Where somebody is now, as far as one viewer may know.

    state, floor_id, zone_id, sure   as in `rules.Seen`; of a claim `present`, of a status `away`
    source     who says so; None when nobody does
    heard_at   of the beacon: its age
    until      of a claim or of a status that says elsewhere
    place      of a claim: what people call it, "" unless the seat may be shown
    status     what the person says of the day; beside the place when `source` is another
    is_deaf    the radio is down: this was made without the beacon, or with an old one
    """

    state: Shown
    floor_id: int | None = None
    zone_id: int | None = None
    sure: Sure | None = None
    source: Source | None = None
    heard_at: datetime | None = None
    until: datetime | None = None
    place: str = ""
    status: StatusSeen | None = None
    is_deaf: bool = False


def fuse(
    where: Whereabouts | None,
    said: Said | None,
    claims: Sequence[Claim],
    granted: Granted,
    now: datetime,
    radio: Radio = WELL,
    *,
    zone_is_counts_only: bool = False,
) -> Found:
    """Where the person is now, for a viewer who is granted this much.

    where                what the beacon says; None when nothing is known or it may not be said
    said                 the status that holds now
    zone_is_counts_only  the beacon's zone never shows a name
    """
    if granted.is_hidden:
        return Found(Shown.HIDDEN)
    status = None if said is None else StatusSeen(said.kind, said.ends_at, said.note)
    beacon = seen(where, granted.beacon, zone_is_counts_only=zone_is_counts_only)
    is_deaf = radio.is_deaf_on(beacon.floor_id) and beacon.state is not Shown.HIDDEN
    heard_at = where.heard_at if where is not None and beacon.state in SETTLED and not is_deaf else None
    told = claims if granted.is_self else [replace(one, source=Source.BOOKING) for one in claims]
    claim = None if granted.booking is Level.HIDDEN else _claim(told, now)
    if said is not None and said.is_elsewhere and not _beats(heard_at, said):
        return Found(Shown.AWAY, source=Source.STATUS, until=said.ends_at, status=status, is_deaf=is_deaf)
    if claim is not None and not (heard_at is not None and _contradicts(beacon, heard_at, claim)):
        return _by_claim(claim, granted.booking, status, is_deaf=is_deaf)
    return Found(
        beacon.state,
        beacon.floor_id,
        beacon.zone_id,
        beacon.sure,
        None if beacon.state in (Shown.AWAY, Shown.HIDDEN) else Source.BEACON,
        beacon.heard_at,
        status=status,
        is_deaf=is_deaf,
    )


def _claim(claims: Sequence[Claim], now: datetime) -> Claim | None:
    """The claim that counts: a check-in before a booking, the later before the earlier."""
    holding = [one for one in claims if one.holds(now)]
    return max(holding, key=lambda one: (one.source is Source.CHECK_IN, one.since), default=None)


def _beats(heard_at: datetime | None, said: Said) -> bool:
    """Whether the beacon knows better than a status that says elsewhere."""
    return said.kind is not StatusKind.LEAVE and heard_at is not None and heard_at > said.said_at


def _contradicts(beacon: Seen, heard_at: datetime, claim: Claim) -> bool:
    """Whether the beacon says another place; a floor without a zone contradicts only another floor."""
    if heard_at < claim.since or beacon.floor_id is None:
        return False
    if beacon.floor_id != claim.floor_id:
        return True
    return beacon.zone_id is not None and claim.zone_id is not None and beacon.zone_id != claim.zone_id


def _by_claim(claim: Claim, level: Level, status: StatusSeen | None, *, is_deaf: bool) -> Found:
    if level is Level.BUILDING:
        return Found(Shown.BUILDING, source=claim.source, until=claim.until, status=status, is_deaf=is_deaf)
    has_zone = level is not Level.FLOOR and claim.zone_id is not None
    return Found(
        Shown.PRESENT if has_zone else Shown.FLOOR,
        claim.floor_id,
        claim.zone_id if has_zone else None,
        Sure.HERE if has_zone else Sure.FLOOR,
        claim.source,
        until=claim.until,
        place=claim.place if level is Level.SEAT else "",
        status=status,
        is_deaf=is_deaf,
    )
