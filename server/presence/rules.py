"""What a fix says about where somebody is, what may be kept, and how much of it a viewer sees. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from server.people.rules import Audience, Choices, Level


class State(StrEnum):
    """What is known of a person's place."""

    PRESENT = "present"  # in a zone
    FLOOR = "floor"  # on a floor; which zone is too uncertain to say
    PASSING = "passing"  # in a zone, but on the move or only just there
    SILENT = "silent"  # not heard for a while; the last place, greyed
    AWAY = "away"  # not heard for long; no place


class StatusKind(StrEnum):
    """What people say of their own day."""

    AT_WORK = "at_work"
    TELEWORK = "telework"
    TRIP = "trip"  # on business elsewhere
    LEAVE = "leave"  # which kind of leave is nobody's business
    MEETING = "meeting"
    FOCUS = "focus"  # please do not disturb
    COUNTER = "counter"  # serving somebody
    AWAY = "away"  # 席を外しています: somewhere near, back soon


class Sure(StrEnum):
    """The words for a confidence; staff never read a per cent."""

    HERE = "here"
    PROBABLY = "probably"
    FLOOR = "floor"


class Shown(StrEnum):
    """A state as a viewer sees it: `State`, or less when the person shows less."""

    PRESENT = "present"
    FLOOR = "floor"
    PASSING = "passing"
    SILENT = "silent"
    AWAY = "away"
    BUILDING = "building"
    HIDDEN = "hidden"


class Barred(StrEnum):
    """Why nothing may be kept about a person now."""

    NOTICE = "notice_unread"  # P2
    PAUSED = "paused"  # P5
    HIDDEN = "hidden"  # shown to nobody, or protected (P13): a place without a reader serves no purpose
    SCHEDULE = "outside_schedule"  # P7


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits between the states; one site may set them differently."""

    zone_from: float = 0.6
    # Below this calibrated probability the zone is more of a guess than a statement, and only the
    # floor is said. Lower names wrong zones, higher leaves people without one at zone borders.
    here_from: float = 0.8
    settle: timedelta = timedelta(seconds=15)
    # A zone held for less is a zone walked through: shorter, and corridors fill with people who are
    # "present" there; longer, and somebody who sat down is not found.
    silent_after: timedelta = timedelta(seconds=45)
    # A badge between body and chair goes unheard for ten or twenty seconds many times an hour.
    away_after: timedelta = timedelta(minutes=15)
    away_after_exit: timedelta = timedelta(minutes=5)
    future: timedelta = timedelta(minutes=2)  # no observation further ahead is believed


POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Limit:
    """So many look-ups by one account within any such time (P12)."""

    n: int
    within: timedelta


LIMIT_OF_ONE = Limit(20, timedelta(days=1))  # looking for one and the same person; more is following somebody around
LIMIT_OF_PEOPLE = Limit(30, timedelta(minutes=10))  # looking for so many different people (SR-04)
LIMIT_IN_ALL = Limit(60, timedelta(minutes=10))  # looking for anybody; more is a list of where everybody is


def wait_s(newest_first: Sequence[datetime], limit: Limit, now: datetime) -> int | None:
    """How many seconds until one more look-up is within the limit; None when it is now."""
    if len(newest_first) < limit.n:
        return None
    left = newest_first[limit.n - 1] + limit.within - now
    return ceil(left.total_seconds()) if left > timedelta(0) else None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a person's badge was last heard: no coordinates, no beginning (P9).

    floor_id, zone_id   None when not known or away; in the building when no floor is known and not away
    confidence          calibrated probability of the zone, of the floor when there is no zone
    heard_at            None once away: when somebody left is nobody's business (P3)
    """

    state: State
    floor_id: int | None
    zone_id: int | None
    confidence: float
    heard_at: datetime | None
    source: str = "beacon"


AWAY = Whereabouts(State.AWAY, None, None, 0.0, None)


class Fix(NamedTuple):
    """One estimate for one person, after excluded places were taken out."""

    floor_id: int
    zone_id: int | None
    confidence: float
    moving: bool
    at_exit: bool
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Track:
    """The whereabouts and what the next decision needs; lives in memory only."""

    where: Whereabouts
    zone_since: datetime | None = None  # None: long enough
    at_exit: bool = False


def decide(was: Track | None, fix: Fix, policy: Policy = POLICY) -> Track:
    """The track after one fix; unchanged when the fix is older than what is known (RP-04)."""
    if was is not None and was.where.heard_at is not None and fix.heard_at < was.where.heard_at:
        return was
    if fix.zone_id is None or fix.confidence < policy.zone_from:
        where = Whereabouts(State.FLOOR, fix.floor_id, None, fix.confidence, fix.heard_at)
        return Track(where, None, fix.at_exit)
    since = _zone_since(was, fix)
    just_there = since is not None and fix.heard_at - since < policy.settle
    state = State.PASSING if fix.moving or just_there else State.PRESENT
    where = Whereabouts(state, fix.floor_id, fix.zone_id, fix.confidence, fix.heard_at)
    return Track(where, since if just_there else None, fix.at_exit)


def _zone_since(was: Track | None, fix: Fix) -> datetime | None:
    if was is not None and was.where.zone_id == fix.zone_id:
        return was.zone_since
    return fix.heard_at


def aged(was: Track, now: datetime, policy: Policy = POLICY) -> Track:
    """The track of somebody nobody hears: as it was, then silent with the last place, then away without one."""
    heard_at = was.where.heard_at
    if heard_at is None:
        return was
    unheard = now - heard_at
    if unheard >= (policy.away_after_exit if was.at_exit else policy.away_after):
        return Track(AWAY)
    if unheard >= policy.silent_after and was.where.state != State.SILENT:
        return replace(was, where=replace(was.where, state=State.SILENT), zone_since=None)
    return was


def sure_of(where: Whereabouts, policy: Policy = POLICY) -> Sure:
    """In which words the place is said."""
    if where.zone_id is None or where.confidence < policy.zone_from:
        return Sure.FLOOR
    return Sure.HERE if where.confidence >= policy.here_from else Sure.PROBABLY


def differs(was: Whereabouts | None, now: Whereabouts) -> bool:
    """Whether a reader would see another place, state or wording; the time heard does not count."""
    if was is None:
        return True
    return (
        was.state != now.state
        or was.zone_id != now.zone_id
        or was.floor_id != now.floor_id
        or was.source != now.source
        or sure_of(was) != sure_of(now)
    )


def stands(was: Whereabouts | None, new: Whereabouts, now: datetime, policy: Policy = POLICY) -> bool:
    """Whether a new observation may replace what is kept: not older, not from the future, not stale (RP-04)."""
    if new.heard_at is None:
        return True
    if new.heard_at > now + policy.future:
        return False
    if was is not None and was.heard_at is not None and new.heard_at < was.heard_at:
        return False
    return new.state == State.SILENT or now - new.heard_at <= policy.silent_after


def barred(choices: Choices | None, now: datetime) -> Barred | None:
    """Why nothing may be kept about this person, or None when it may; no choices means nobody asked them (P2, P5)."""
    if choices is None or not choices.notice_read:
        return Barred.NOTICE
    if choices.is_paused(now):
        return Barred.PAUSED
    if choices.protected or all(choices.level_for(audience) == Level.HIDDEN for audience in Audience):
        return Barred.HIDDEN
    return None


@dataclass(frozen=True, slots=True)
class Seen:
    """One person's whereabouts, cut down to what the person lets a viewer see."""

    state: Shown
    floor_id: int | None = None
    zone_id: int | None = None
    sure: Sure | None = None
    heard_at: datetime | None = None
    source: str = "beacon"


def seen(where: Whereabouts | None, level: Level, *, zone_is_counts_only: bool = False) -> Seen:
    """The whereabouts as far as `level` allows (P4).

    zone_is_counts_only   the zone never shows a name. Whose zone may be known is in its number; named on the floor in
                          the second in which the number rises they would be named in the zone, so everyone but the
                          person sees them in the building only. Who shows the floor is not in the number.
    """
    if level == Level.HIDDEN:
        return Seen(Shown.HIDDEN)
    if where is None or where.state == State.AWAY:
        return Seen(Shown.AWAY)
    if level == Level.BUILDING or where.floor_id is None or (zone_is_counts_only and level != Level.FLOOR):
        return Seen(Shown.BUILDING)
    state = Shown(where.state)
    if level == Level.FLOOR:
        state = Shown.SILENT if where.state == State.SILENT else Shown.FLOOR
        return Seen(state, where.floor_id, None, Sure.FLOOR, where.heard_at, where.source)
    return Seen(state, where.floor_id, where.zone_id, sure_of(where), where.heard_at, where.source)
