"""What a form says: a day, a time, a seat; each refused with a sentence when it is none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from server.bookings import rules
from server.errors import Refused

NUMBER = re.compile(r"[0-9]{1,9}")
NOW = "now"
WORK_STARTS = time(8, 30)
LONGEST_SUBJECT = 100


@dataclass(frozen=True, slots=True)
class Term:
    """From an instant until just before another, on one day of the building.

    is_now   it begins with the quarter that runs: whoever takes it sits down
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    is_now: bool


def day(text: str, today: date) -> date:
    """A day as a browser sends it; today when none is given."""
    if not text:
        return today
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refused("bad_day", "Give the day as year, month and day.", 422) from None
    if found - today > rules.FURTHEST:
        raise Refused("too_far", "You can book a year ahead at most.", 422)
    if today - found > rules.FURTHEST:
        raise Refused("past", "You cannot book a time in the past.", 422)
    return found


def term(form: Mapping[str, str], now: datetime, clock: tzinfo) -> Term:
    """`day`, `from` and `to`; a `from` of "now" means the quarter that runs, on another day the start of work."""
    today = now.astimezone(clock).date()
    on = day(form.get("day", ""), today)
    begun = rules.begun_quarter(now)
    starts = form.get("from", "")
    is_now = starts == NOW and on == today
    if starts == NOW:
        starts = WORK_STARTS.strftime("%H:%M")
    starts_at = begun if is_now else _at(on, starts, clock)
    ends_at = _at(on, form.get("to", ""), clock)
    return Term(on, starts_at, ends_at, is_now or starts_at == begun)


def subject(text: str) -> str:
    """What a booking is for, in one line; Refused when it is too long or no database could hold it."""
    plain = " ".join(text.split())
    if len(plain) > LONGEST_SUBJECT:
        raise Refused("bad_subject", "What it is for may have %(n)s characters at most.", 422, n=LONGEST_SUBJECT)
    if not plain.isprintable():
        raise Refused("bad_subject", "The subject has characters that cannot be kept.", 422)
    return plain


def number(text: str | None) -> int | None:
    """A row's id, None when it is none."""
    return int(text) if text is not None and NUMBER.fullmatch(text) else None


def _at(on: date, text: str, clock: tzinfo) -> datetime:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise Refused("bad_time", "Give the time as hours and minutes, such as 8:30.", 422) from None
    if at.tzinfo is not None:
        raise Refused("bad_time", "Give the time as hours and minutes, such as 8:30.", 422)
    return datetime.combine(on, at, clock)
