"""Signed-in browsers: rows that every request asks for, so that an end holds at once everywhere (SR-07)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, select, update

from server import changes, db
from server.changes import Thing
from server.people.models import Account, LoginSession, Person
from server.people.rules import Role

LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=8)
ADMIN_IDLE = timedelta(minutes=30)
WRITE_EVERY = timedelta(minutes=1)
# How exactly we know when a session was last used. Each request writing it would make every reader a writer.


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is calling: an account, and the person behind it unless it is a device or an operator."""

    account_id: int
    person_id: int | None
    role: Role
    name: str
    language: str | None

    is_authenticated = True  # what Flask-Login asks of a user
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The account, as Flask-Login wants it."""
        return str(self.account_id)


@dataclass(frozen=True, slots=True)
class Found:
    """A live session; pages for administrators open until `admin_until` only."""

    account: SignedIn
    data: Mapping[str, Any]
    used_at: datetime
    ends_at: datetime
    admin_until: datetime


_WANTED = (
    select(
        LoginSession.data,
        LoginSession.used_at,
        LoginSession.ends_at,
        LoginSession.admin_until,
        Account.id,
        Account.person_id,
        Account.role,
        Account.language,
        Account.login,
        Person.family_name,
        Person.given_name,
    )
    .join(Account, Account.id == LoginSession.account_id)
    .outerjoin(Person, Person.id == Account.person_id)
    .where(LoginSession.key_hash == bindparam("key_hash"), Account.active)
)


def find(key_hash: bytes, now: datetime) -> Found | None:
    """The session, unless it has ended, idled too long or lost its account; one cheap select, never remembered."""
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(_WANTED, {"key_hash": key_hash}).first()
    if row is None:
        return None
    data, used_at, ends_at, admin_until, account_id, person_id, role, language, login, family, given = row
    if now >= ends_at or now - used_at >= IDLE:
        return None
    name = login if family is None else f"{family} {given}".strip()
    return Found(
        SignedIn(account_id, person_id, Role(role), name, language), json.loads(data), used_at, ends_at, admin_until
    )


def alive(key_hashes: Collection[bytes], now: datetime) -> frozenset[bytes]:
    """Which of these sessions have not ended; for streams that stay open (SR-15)."""
    if not key_hashes:
        return frozenset()
    return frozenset(
        db.session.scalars(
            select(LoginSession.key_hash)
            .join(Account, Account.id == LoginSession.account_id)
            .where(
                LoginSession.key_hash.in_(key_hashes),
                LoginSession.ends_at > now,
                LoginSession.used_at > now - IDLE,
                Account.active,
            )
        )
    )


def start(key_hash: bytes, account_id: int, data: Mapping[str, Any], now: datetime) -> None:
    """A browser has signed in."""
    db.session.execute(
        insert(LoginSession).values(
            key_hash=key_hash,
            account_id=account_id,
            data=json.dumps(data),
            created_at=now,
            used_at=now,
            ends_at=now + LONGEST,
            admin_until=now + ADMIN_IDLE,
        )
    )


def touch(key_hash: bytes, now: datetime) -> None:
    """The session was used; a lapse of more than half an hour closes the administrators' pages for good."""
    admin_until = case(
        (LoginSession.admin_until > now, now + ADMIN_IDLE),
        else_=LoginSession.admin_until,
    )
    db.session.execute(
        update(LoginSession).where(LoginSession.key_hash == key_hash).values(used_at=now, admin_until=admin_until)
    )


def keep_data(key_hash: bytes, data: Mapping[str, Any]) -> None:
    """What pages left in the session for the next page."""
    db.session.execute(update(LoginSession).where(LoginSession.key_hash == key_hash).values(data=json.dumps(data)))


def end(key_hash: bytes, now: datetime) -> None:
    """One browser has signed out; its open streams close."""
    ended = delete(LoginSession).where(LoginSession.key_hash == key_hash).returning(LoginSession.account_id)
    changes.record(Thing.SESSION, list(db.session.scalars(ended)), now)


def end_all(account_id: int, now: datetime) -> None:
    """Every browser of an account is signed out, in open streams too."""
    db.session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))
    changes.record(Thing.SESSION, account_id, now)


def expire(now: datetime) -> int:
    """Delete sessions that are over; returns how many."""
    over = delete(LoginSession).where((LoginSession.ends_at <= now) | (LoginSession.used_at <= now - IDLE))
    return len(list(db.session.scalars(over.returning(LoginSession.account_id))))
