"""How long each kind of data about people is kept: by the rule, or as it was decided here instead (P10).

A kind that nobody decided about has no row and keeps the rule's term. Jobs and pages ask when they need a term, so a
decision holds from the next run on.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from server import db
from server.errors import Refused

MINUTE, DAY, YEAR = timedelta(minutes=1), timedelta(days=1), timedelta(days=365)
LONGEST = 10 * YEAR  # whoever needs more than ten years needs an archive, and other rules than these
REASON_LENGTH = 300


class Term(StrEnum):
    """What has a term of its own; everything else goes by an end of its own, such as the night."""

    RADIO = "radio"
    MEMOS_DONE = "memos_done"
    MEMOS_OPEN = "memos_open"
    NUMBERS = "numbers"
    BOOKINGS = "bookings"
    LEAVERS = "leavers"
    LOOK_UPS = "look_ups"
    ALERTS = "alerts"
    PROTECTION = "protection"
    AUDIT = "audit"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be decided about a term.

    default     the rule's own; longer needs a privacy officer and a reason
    longest     nobody may decide on more
    watches     it is kept to see what administrators do, so they do not decide about it
    """

    default: timedelta
    shortest: timedelta = DAY
    longest: timedelta = LONGEST
    watches: bool = False

    @property
    def unit(self) -> timedelta:
        """What the term is counted in."""
        return MINUTE if self.shortest < DAY else DAY


BOUNDS: Mapping[Term, Bounds] = {
    Term.RADIO: Bounds(15 * MINUTE, shortest=MINUTE, longest=15 * MINUTE),  # never longer, whoever asks
    Term.MEMOS_DONE: Bounds(30 * DAY),
    Term.MEMOS_OPEN: Bounds(90 * DAY),  # a call that nobody has returned by then is no longer waited for
    Term.NUMBERS: Bounds(YEAR),
    Term.BOOKINGS: Bounds(90 * DAY),
    Term.LEAVERS: Bounds(90 * DAY),
    # No rule says when people who left are forgotten. Ninety days are what P10 gives the name in a booking: long enough
    # that a number does not ring at a stranger and that whoever comes back in the next quarter finds everything.
    Term.LOOK_UPS: Bounds(YEAR),  # not below a day: the limit on look-ups counts twenty-four hours (P12)
    Term.ALERTS: Bounds(YEAR),
    Term.PROTECTION: Bounds(3 * YEAR, watches=True),
    Term.AUDIT: Bounds(3 * YEAR, watches=True),
    Term.REPORT: Bounds(3 * YEAR, watches=True),
}


class RetentionTerm(db.Base):
    """A term that was decided here; a missing row means the rule's."""

    __tablename__ = "retention_term"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)  # of Term
    keep_minutes: Mapped[int]
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    decided_by: Mapped[str] = mapped_column(String(130))
    decided_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("keep_minutes > 0", name="some"),
        CheckConstraint("name <> 'radio' OR keep_minutes <= 15", name="radio"),
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a term, and when; `reason` is "" when none was needed."""

    term: Term
    keep: timedelta
    reason: str
    decided_by: str
    decided_at: datetime

    @property
    def is_longer(self) -> bool:
        """Whether it is longer than the rule says."""
        return self.keep > BOUNDS[self.term].default


def keep(term: Term) -> timedelta:
    """How long this is kept now."""
    minutes = db.session.scalar(select(RetentionTerm.keep_minutes).where(RetentionTerm.name == term.value))
    return BOUNDS[term].default if minutes is None else minutes * MINUTE


def terms() -> dict[Term, timedelta]:
    """How long everything is kept now."""
    decided = decisions()
    return {term: decided[term].keep if term in decided else bounds.default for term, bounds in BOUNDS.items()}


def decisions() -> dict[Term, Decision]:
    """What was decided here, in the order of the terms."""
    rows = {row.name: row for row in db.session.scalars(select(RetentionTerm))}
    return {
        term: Decision(term, row.keep_minutes * MINUTE, row.reason, row.decided_by, row.decided_at)
        for term in Term
        if (row := rows.get(term.value)) is not None
    }


def decide(
    term: Term, length: timedelta, reason: str, *, is_officer: bool, decided_by: str, now: datetime
) -> timedelta:
    """Keep this so long from now on, or Refused; returns how long it was kept before.

    is_officer   whether a privacy officer decides; others are system administrators
    """
    was = keep(term)
    reason = checked(term, length, reason, is_officer=is_officer)
    values = {
        "keep_minutes": length // MINUTE, "reason": reason, "decided_by": decided_by, "decided_at": now,
    }  # fmt: skip
    row = db.upsert(RetentionTerm).values(name=term.value, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))
    return was


def checked(term: Term, length: timedelta, reason: str, *, is_officer: bool) -> str:
    """The reason as it is kept, "" where none is needed; Refused when this may not be decided so."""
    bounds = BOUNDS[term]
    if bounds.watches and not is_officer:
        raise Refused(
            "term_watches", "This is kept to see what administrators do: only a privacy officer changes it.", 403
        )
    if term is Term.RADIO and length > bounds.longest:
        raise Refused("term_too_long", "Radio signals are never kept for longer than 15 minutes.", 422)
    if length > bounds.longest:
        raise Refused("term_too_long", "Nothing is kept for longer than ten years.", 422)
    if length < bounds.shortest:
        raise Refused("term_too_short", "Enter 1 or more.", 422)
    if length <= bounds.default:
        return ""
    if not is_officer:
        raise Refused("term_officer_only", "Only a privacy officer may keep this for longer than the rule says.", 403)
    reason = " ".join(reason.split()) if len(reason) <= 10 * REASON_LENGTH else reason
    if not reason:
        raise Refused("term_reason_missing", "Write down why it is kept for longer; everybody reads it.", 422)
    if len(reason) > REASON_LENGTH:
        raise Refused("term_reason", "Write down the reason in %(n)s characters or fewer.", 422, n=REASON_LENGTH)
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in reason):
        raise Refused("unreadable", "The text contains characters that cannot be kept.", 422)
    return reason
