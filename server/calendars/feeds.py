"""Private addresses of calendars: shown once, kept as a hash, withdrawn at once."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, or_, select

from server import db
from server.calendars.models import CalendarFeed
from server.calendars.words import LANGUAGES
from server.errors import Refused
from server.people.models import Account, Person

MOST = 10  # of one person at a time
KEY_BYTES = 32  # 256 bits


@dataclass(frozen=True, slots=True)
class FeedView:
    """An address as its person sees it; the address itself is not kept."""

    id: int
    name: str
    language: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """What an address opens."""

    feed_id: int
    person_id: int
    language: str


def issue(person_id: int, name: str, language: str, now: datetime) -> tuple[int, str]:
    """A new address of the person: its id, and the key in it, which nobody sees again."""
    named = name.strip()
    if not 1 <= len(named) <= 60 or not named.isprintable():
        raise Refused("bad_feed_name", "Name the calendar in 1 to 60 characters, so that you know it again.", 422)
    if language not in LANGUAGES:
        raise Refused("bad_language", "Choose Japanese or English.", 422)
    # One at a time for each person, or two at once are number 10 and 11.
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    in_use = select(func.count()).where(CalendarFeed.person_id == person_id)
    if (db.session.scalar(in_use) or 0) >= MOST:
        raise Refused("too_many_feeds", "You have 10 calendar addresses. Withdraw one that is no longer needed.")
    key = secrets.token_urlsafe(KEY_BYTES)
    row = CalendarFeed(person_id=person_id, name=named, key_hash=_hash(key), language=language, created_at=now)
    db.session.add(row)
    db.session.flush()
    return row.id, key


def listed(person_id: int) -> list[FeedView]:
    """The person's addresses, the newest first."""
    wanted = select(CalendarFeed).where(CalendarFeed.person_id == person_id)
    rows = db.session.scalars(wanted.order_by(CalendarFeed.created_at.desc(), CalendarFeed.id.desc()))
    return [FeedView(row.id, row.name, row.language, row.created_at) for row in rows]


def revoke(person_id: int, feed_id: int) -> None:
    """The person's address opens nothing any more and is forgotten; somebody else's is as unknown as none."""
    gone = delete(CalendarFeed).where(CalendarFeed.id == feed_id, CalendarFeed.person_id == person_id)
    if db.session.scalar(gone.returning(CalendarFeed.id)) is None:
        raise Refused("unknown_feed", "There is no such calendar address.", 404)


def find(key: str, today: date) -> Opened | None:
    """What a key opens; None when there is no such key, or its person does not work here or may not log in.

    The look-up is by the key's hash, so how long it takes tells nothing about any key.
    """
    given = _hash(key)
    row = db.session.execute(
        select(CalendarFeed.id, CalendarFeed.person_id, CalendarFeed.language, CalendarFeed.key_hash)
        .join(Person, Person.id == CalendarFeed.person_id)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(
            CalendarFeed.key_hash == given,
            Person.active_from <= today,
            or_(Person.active_to.is_(None), Person.active_to > today),
            or_(Account.id.is_(None), Account.active),
        )
    ).first()
    if row is None or not hmac.compare_digest(row.key_hash, given):
        return None
    return Opened(row.id, row.person_id, row.language)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()
