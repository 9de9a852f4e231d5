"""How a receiver is doing and what that means for what people see. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SILENT_AFTER = timedelta(seconds=20)
# Receivers send a window every second or two and heard_at is written every few seconds; shorter flags a
# receiver that lost three packets, longer lets a dead corner of a floor look merely quiet.
CLOCK_SHOWN_MS = 30_000  # RP-13
HEARTBEAT_LATE = timedelta(seconds=10)
SILENT_SHARE = 0.5
# A floor with half of its receivers gone still names zones, but too often the wrong one.


class Health(StrEnum):
    """How a receiver is doing; the worst that applies."""

    ONLINE = "online"
    CLOCK = "clock"  # its clock is wrong; places are right nevertheless, ages being monotonic
    SLOW = "slow"  # it hears a once-a-second tag less than every two seconds
    ADAPTER = "adapter"  # the radio is missing, off, lost or refused
    SILENT = "silent"  # said it is online, but no sightings arrive
    OFFLINE = "offline"  # said goodbye, or the broker said it for it
    UNKNOWN = "unknown"  # never heard of


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of one receiver."""

    state: str
    adapter: str
    heard_at: datetime | None
    ref_pps: float | None
    clock_error_ms: int | None


def health(report: Report, now: datetime) -> Health:
    """How the receiver is doing at `now`."""
    if report.state == "unknown" and report.heard_at is None:
        return Health.UNKNOWN
    if report.state == "offline":
        return Health.OFFLINE
    if report.adapter not in ("", "ok"):
        return Health.ADAPTER
    if report.heard_at is None or now - report.heard_at > SILENT_AFTER:
        return Health.SILENT
    if report.clock_error_ms is not None and abs(report.clock_error_ms) >= CLOCK_SHOWN_MS:
        return Health.CLOCK
    if report.ref_pps is not None and report.ref_pps < 0.5:
        return Health.SLOW
    return Health.ONLINE


HEARING = (Health.ONLINE, Health.CLOCK, Health.SLOW)


@dataclass(frozen=True, slots=True)
class Beat:
    """The last sign of life of the background process."""

    at: datetime
    broker_connected: bool
    inbox: int
    tags: int
    step_ms: float
    broker_since: datetime | None = None  # when the connection last came or went


@dataclass(frozen=True, slots=True)
class Met:
    """What ingest met of one kind, by whomever."""

    kind: str
    count: int  # since the database was made
    today: int
    last_at: datetime
    last_agent: str  # "" when not one receiver's


FLAWLESS = frozenset({"accepted", "empty"})  # used as they came, or there to clear a retained message


def refused(met: Iterable[Met]) -> list[Met]:
    """What was not used, or not in full; most frequent of today first."""
    return sorted((one for one in met if one.kind not in FLAWLESS), key=lambda one: (-one.today, one.kind))


class Overall(StrEnum):
    """The system in one word."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


def stale_reasons(beat: Beat | None, floors: Iterable[tuple[str, Sequence[Health]]], now: datetime) -> tuple[str, ...]:
    """Why places may be old: `background`, `broker`, `receivers:<floor code>`; empty when all is well.

    floors   (floor code, health of each of its receivers); floors without receivers say nothing
    """
    if beat is None or now - beat.at > HEARTBEAT_LATE:
        return ("background",)
    if not beat.broker_connected:
        return ("broker",)
    return tuple(
        f"receivers:{code}"
        for code, healths in floors
        if healths and sum(h not in HEARING for h in healths) > SILENT_SHARE * len(healths)
    )


def overall(database_answers: bool, reasons: Sequence[str]) -> Overall:
    """Down without the database; degraded while anything makes places old."""
    if not database_answers:
        return Overall.DOWN
    return Overall.DEGRADED if reasons else Overall.OK
