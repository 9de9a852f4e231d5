"""Who may read a memo, what it may say and when it is forgotten. Pure."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server import telephone
from server.errors import Refused

CALLER_LENGTH = 100
NUMBER_LENGTH = 30
MATTER_LENGTH = 500


class Wish(StrEnum):
    """What the caller would like."""

    CALL_BACK = "call_back"
    CALLS_AGAIN = "calls_again"
    INFORMATION = "information"


class Urgency(StrEnum):
    """How soon, least first."""

    NORMAL = "normal"
    TODAY = "today"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 for normal, more for sooner."""
        return list(Urgency).index(self)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a memo is for: a person or a section, never both."""

    person_id: int | None = None
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the taker wrote down, cleaned."""

    to: Recipient
    caller: str
    number: str
    matter: str
    wish: Wish
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks for memos: an account, the person behind it, and that person's units today."""

    account_id: int
    person_id: int | None
    unit_ids: frozenset[int] = frozenset()


def is_recipient(reader: Reader, to: Recipient) -> bool:
    """Whether the memo is for this reader: them or a section of theirs, and never somebody they merely head."""
    if to.person_id is not None:
        return to.person_id == reader.person_id
    return to.unit_id in reader.unit_ids


def may_read(reader: Reader, to: Recipient, taken_by_id: int | None) -> bool:
    """Whether this reader may know that the memo exists: whom it is for, and who took it down."""
    return is_recipient(reader, to) or (taken_by_id is not None and taken_by_id == reader.account_id)


def is_over(
    taken_at: datetime, handled_at: datetime | None, now: datetime, done: timedelta, waiting: timedelta
) -> bool:
    """Whether the memo is to be forgotten.

    done      how long a memo is kept once it is handled
    waiting   how long one is kept that nobody handles
    """
    return now - taken_at >= waiting if handled_at is None else now - handled_at >= done


def draft(to: Recipient, caller: str, number: str, matter: str, wish: str, urgency: str) -> Draft:
    """The memo as it will be kept, or Refused with the sentence for its field."""
    caller, matter = _line(caller), _text(matter)
    if not caller:
        raise Refused("memo_caller_missing", "Enter who called.", 422)
    if len(caller) > CALLER_LENGTH or not _is_clean(caller):
        raise Refused("memo_caller", "Enter who called in %(n)s characters or fewer.", 422, n=CALLER_LENGTH)
    if len(matter) > MATTER_LENGTH or not _is_clean(matter):
        raise Refused("memo_matter", "Write down the matter in %(n)s characters or fewer.", 422, n=MATTER_LENGTH)
    try:
        return Draft(to, caller, normal_number(number), matter, Wish(wish), Urgency(urgency))
    except ValueError:
        raise Refused("memo_choice", "Choose what the caller would like, and how soon.", 422) from None


def normal_number(number: str) -> str:
    """A telephone number in half-width digits with hyphens, "" when there is none; Refused when it is none."""
    if not number.strip():
        return ""
    plain = telephone.any_number(number)
    if not plain or len(plain) > NUMBER_LENGTH:
        raise Refused("memo_number", "Enter a telephone number such as 044-000-2111, or leave it empty.", 422)
    return plain


def _line(text: str) -> str:
    return " ".join(text.split()) if len(text) <= CALLER_LENGTH * 10 else text


def _text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _is_clean(text: str) -> bool:
    """Whether databases and screens can hold it: no control characters but line ends, no halves of characters."""
    return all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cs") for c in text)
