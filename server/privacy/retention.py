"""What is kept how long, which job sees to it, and what is the oldest that is still there (P10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from server import db
from server.privacy import queries
from server.privacy.queries import Runs

OVERDUE = timedelta(days=2)  # the rarest job runs every night; one missed night is a restart


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data that goes by itself.

    job     the job's name in the timetable
    table   where it lies, with the column that tells the age; only the smallest value is ever read
    keep    no row is older; None where the end lies in the row itself
    """

    job: str
    what: str
    rule: str
    table: str
    column: str | None = None
    keep: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A kind as the privacy officer reads it."""

    kind: Kind
    runs: Runs | None  # None: the job has not run yet
    oldest_at: datetime | None
    is_overdue: bool  # the job has not run for long, or something is older than it may be


YEAR = timedelta(days=365)
KINDS: tuple[Kind, ...] = (
    Kind(
        "forget whereabouts once the building has closed",
        _l("Places"), _l("overwritten each time, erased when the building closes"),
        "whereabouts", "heard_at", timedelta(days=1),
    ),
    Kind("end pauses that are over", _l("Pauses"), _l("until they end"), "pause"),
    Kind(
        "forget what people said of days that are over",
        _l("Statuses of the day"), _l("until the night after they end"), "status", "ends_at", timedelta(days=1),
    ),
    Kind(
        "forget which places people have denied",
        _l("“I am not there”"), _l("an hour at most"), "dispute", "until", timedelta(hours=1),
    ),
    Kind(
        "forget memos that are done", _l("Call memos"), _l("30 days after they are done, 90 days at most"),
        "memo", "taken_at", timedelta(days=120),
    ),
    Kind(
        "forget who held a number long ago", _l("Who held a number"),
        _l("a year after it ends, three months after leaving"), "extension_term",
    ),
    Kind("take names off old bookings", _l("Whose a booking was"), _l("90 days"), "booking"),
    Kind(
        "forget slots of days that are over", _l("Which quarter hours of a seat are taken"), _l("1 day"),
        "booking_slot",
    ),
    Kind(
        "forget answers kept for retries", _l("Answers to bookings, kept for retries"), _l("1 day"),
        "kept_answer", "at", timedelta(days=1),
    ),
    Kind("forget look-ups older than a year", _l("Who looked whom up"), _l("1 year"), "look_up", "at", YEAR),
    Kind(
        "forget alerts about look-ups older than a year", _l("Alerts about look-ups"), _l("1 year"),
        "look_up_alert", "at", YEAR,
    ),
    Kind(
        "forget requests to protect somebody older than three years", _l("Requests to protect a person"),
        _l("3 years"), "protection_request", "asked_at", None,
    ),
    Kind(
        "forget lines of the audit log older than three years", _l("Audit log"), _l("3 years"),
        "audit_entry", "at", 3 * YEAR,
    ),
    Kind(
        "forget what these jobs did more than three years ago", _l("This report"), _l("3 years"),
        "retention_run", "at", 3 * YEAR,
    ),
    Kind("forget sessions that are over", _l("Sessions"), _l("12 hours"), "login_session", "created_at", timedelta(1)),
    Kind(
        "forget failed sign-ins older than a day", _l("Failed log-ins"), _l("1 day"),
        "sign_in_failure", "at", timedelta(days=1),
    ),
    Kind(
        "forget outbox lines older than an hour", _l("That something changed, never what"), _l("1 hour"),
        "change", "at", timedelta(hours=1),
    ),
)  # fmt: skip


def report(now: datetime) -> list[Line]:
    """Every kind with what its job did."""
    runs, began_at = queries.runs(), queries.began_at() or now
    return [_line(kind, runs.get(kind.job), began_at, _oldest_at(kind), now) for kind in KINDS]


def _line(kind: Kind, ran: Runs | None, began_at: datetime, oldest_at: datetime | None, now: datetime) -> Line:
    not_run = now - (began_at if ran is None else ran.last_at) > OVERDUE
    too_old = kind.keep is not None and oldest_at is not None and now - oldest_at > kind.keep + OVERDUE
    return Line(kind, ran, oldest_at, not_run or too_old)


def _oldest_at(kind: Kind) -> datetime | None:
    if kind.column is None:
        return None
    column = db.Base.metadata.tables[kind.table].c[kind.column]
    oldest: datetime | None = db.session.scalar(select(func.min(column)))
    return oldest
