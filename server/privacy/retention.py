"""What is kept how long, which job sees to it, and what is the oldest that is still there (P10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from server import db, retention_terms
from server.privacy import kept, queries
from server.privacy.queries import Runs
from server.retention_terms import Term

OVERDUE = timedelta(days=2)  # the rarest job runs every night; one missed night is a restart


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data that goes by itself.

    job     the job's name in the timetable
    rule    with a gap named after each term that may be decided about
    table   where it lies, with the column that tells the age; only the smallest value is ever read
    keep    no row is older than this, or than these terms together; None where the end lies in the row itself
    """

    job: str
    what: str
    rule: str
    table: str
    column: str | None = None
    keep: timedelta | tuple[Term, ...] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A kind as the privacy officer reads it."""

    kind: Kind
    rule: str
    runs: Runs | None  # None: the job has not run yet
    oldest_at: datetime | None
    is_overdue: bool  # the job has not run for long, or something is older than it may be


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
        "forget memos that are done", _l("Call memos"),
        _l("%(memos_done)s after they are done, %(memos_open)s when nobody handles them"),
        "memo", "taken_at", (Term.MEMOS_OPEN, Term.MEMOS_DONE),
    ),
    Kind(
        "forget who held a number long ago", _l("Who held a number"),
        _l("%(numbers)s after it ends, %(leavers)s after leaving"), "extension_term",
    ),
    Kind("take names off old bookings", _l("Whose a booking was"), "%(bookings)s", "booking"),
    Kind(
        "forget old seat lotteries and pairings that are over", _l("Which seats the lottery gave, and why"),
        "%(bookings)s", "seat_draw", "ends_at", (Term.BOOKINGS,),
    ),
    Kind(
        "forget slots of days that are over", _l("Which quarter hours of a seat are taken"), _l("1 day"),
        "booking_slot",
    ),
    Kind(
        "forget answers kept for retries", _l("Answers to bookings, kept for retries"), _l("1 day"),
        "kept_answer", "at", timedelta(days=1),
    ),
    Kind(
        "forget waits and weekly series that are over",
        _l("Who waited for a seat, and weekly bookings that have ended"),
        _l("until the night after they end"), "seat_wait", "ends_at", timedelta(days=1),
    ),
    Kind(
        "forget mails that could not be sent in time", _l("Mails that wait to be sent"), _l("until they are sent"),
        "letter",
    ),
    Kind(
        "forget seats put right long ago", _l("Seats reported as not as described"),
        _l("90 days after they are put right"), "seat_report", "done_at", timedelta(days=90),
    ),
    Kind("forget whose own seats were", _l("Whose own a seat was"), _l("until the night after it ends"), "seat_holder"),
    Kind("forget people who left", _l("People who left"), _l("%(leavers)s after their last post"), "person"),
    Kind("forget old look-ups", _l("Who looked whom up"), "%(look_ups)s", "look_up", "at", (Term.LOOK_UPS,)),
    Kind(
        "forget old alerts about look-ups", _l("Alerts about look-ups"), "%(alerts)s",
        "look_up_alert", "at", (Term.ALERTS,),
    ),
    Kind(
        "forget old requests to protect somebody", _l("Requests to protect a person"), "%(protection)s",
        "protection_request", "asked_at",
    ),
    Kind("forget old lines of the audit log", _l("Audit log"), "%(audit)s", "audit_entry", "at", (Term.AUDIT,)),
    Kind("forget what these jobs did long ago", _l("This report"), "%(report)s", "retention_run", "at", (Term.REPORT,)),
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
    terms = retention_terms.terms()
    words = kept.words(terms)
    return [
        _line(kind, kept.said(kind.rule, words), _keep(kind, terms), runs.get(kind.job), began_at, now)
        for kind in KINDS
    ]


def _line(kind: Kind, rule: str, keep: timedelta | None, ran: Runs | None, began_at: datetime, now: datetime) -> Line:
    oldest_at = _oldest_at(kind)
    not_run = now - (began_at if ran is None else ran.last_at) > OVERDUE
    too_old = keep is not None and oldest_at is not None and now - oldest_at > keep + OVERDUE
    return Line(kind, rule, ran, oldest_at, not_run or too_old)


def _keep(kind: Kind, terms: Mapping[Term, timedelta]) -> timedelta | None:
    if isinstance(kind.keep, tuple):
        return sum((terms[term] for term in kind.keep), timedelta(0))
    return kind.keep


def _oldest_at(kind: Kind) -> datetime | None:
    if kind.column is None:
        return None
    column = db.Base.metadata.tables[kind.table].c[kind.column]
    oldest: datetime | None = db.session.scalar(select(func.min(column)))
    return oldest
