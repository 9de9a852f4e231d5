"""Signed-in browsers: rows that every request asks for, so that an end holds at once everywhere (SR-07)."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, insert, or_, select, update

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.people import rules
from server.people.models import Account, LoginSession, Person, SecondFactor
from server.people.rules import Role

LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=8)
SCREEN = timedelta(days=180)  # a shared screen, which nobody signs in every morning and which may rest for a weekend
ADMIN_IDLE = timedelta(minutes=30)
HALF_WAY = timedelta(minutes=10)  # between password and second factor
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

    @classmethod
    def of(
        cls,
        account_id: int,
        role: Role,
        login: str,
        language: str | None,
        person_id: int | None,
        family_name: str | None,
        given_name: str | None,
    ) -> "SignedIn":
        """The account's person; of a shared screen nobody, whoever it belongs to: anybody may stand before it (P13)."""
        if family_name is None or role is Role.KIOSK:
            return cls(account_id, None, role, login, language)
        return cls(account_id, person_id, role, f"{family_name} {given_name}".strip(), language)

    def get_id(self) -> str:
        """The account, as Flask-Login wants it."""
        return str(self.account_id)


@dataclass(frozen=True, slots=True)
class Found:
    """A live session; pages for administrators open until `admin_until` only.

    owes_factor  nothing opens before the second factor has been given
    has_factor   the account has one already
    proven_at    when a password or a code last showed who it is (SR-19)
    factor_at    when the second factor was given
    newest_change_id   the newest line of the outbox at that moment: who remembers anything need not ask again
    """

    account: SignedIn
    data: Mapping[str, Any]
    used_at: datetime
    ends_at: datetime
    admin_until: datetime
    owes_factor: bool = False
    has_factor: bool = False
    proven_at: datetime | None = None
    factor_at: datetime | None = None
    method: str = "password"
    newest_change_id: int | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """A signed-in browser as its owner sees it; `tag` names it without opening it."""

    tag: str
    browser: str
    method: str
    created_at: datetime
    used_at: datetime
    is_this: bool


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
        Person.active_from,
        Person.active_to,
        LoginSession.created_at,
        LoginSession.proven_at,
        LoginSession.factor_at,
        LoginSession.method,
        SecondFactor.confirmed_at,
        changes.NEWEST,
    )
    .join(Account, Account.id == LoginSession.account_id)
    .outerjoin(Person, Person.id == Account.person_id)
    .outerjoin(SecondFactor, SecondFactor.account_id == Account.id)
    .where(LoginSession.key_hash == bindparam("key_hash"), Account.active)
)


def find(key_hash: bytes, now: datetime, zone: Callable[[], tzinfo | None]) -> Found | None:
    """The session, unless it has ended, idled too long or lost its account; one cheap select, never remembered.

    Nor does one whose person no longer works here by the building's clock, which `zone` tells when it matters.
    """
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(_WANTED, {"key_hash": key_hash}).first()
    if row is None:
        return None
    (
        data, used_at, ends_at, admin_until, account_id, person_id, role, language, login, family, given,
        first, last, created_at, proven_at, factor_at, method, confirmed_at, newest_change_id,
    ) = row  # fmt: skip
    if now >= ends_at or (role != Role.KIOSK and now - used_at >= IDLE):
        return None
    if person_id is not None and not rules.works_here(first, last, now, zone):
        return None
    owes_factor = factor_at is None and (confirmed_at is not None or rules.needs_factor(Role(role)))
    if owes_factor and now - created_at >= HALF_WAY:
        return None
    return Found(
        SignedIn.of(account_id, Role(role), login, language, person_id, family, given),
        json.loads(data),
        used_at,
        ends_at,
        admin_until,
        owes_factor,
        confirmed_at is not None,
        proven_at,
        factor_at,
        method,
        newest_change_id,
    )


def alive(key_hashes: Collection[bytes], now: datetime, zone: Callable[[], tzinfo | None]) -> frozenset[bytes]:
    """Which of these sessions have not ended; for streams that stay open (SR-15)."""
    if not key_hashes:
        return frozenset()
    rows = db.session.execute(
        select(
            LoginSession.key_hash,
            LoginSession.factor_at,
            Account.role,
            SecondFactor.confirmed_at,
            Account.person_id,
            Person.active_from,
            Person.active_to,
        )
        .join(Account, Account.id == LoginSession.account_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .outerjoin(SecondFactor, SecondFactor.account_id == Account.id)
        .where(
            LoginSession.key_hash.in_(key_hashes),
            LoginSession.ends_at > now,
            or_(LoginSession.used_at > now - IDLE, Account.role == Role.KIOSK.value),
            Account.active,
        )
    )
    return frozenset(
        key_hash
        for key_hash, factor_at, role, confirmed_at, person_id, first, last in rows
        if (factor_at is not None or (confirmed_at is None and not rules.needs_factor(Role(role))))
        and (person_id is None or rules.works_here(first, last, now, zone))
    )


def start(
    key_hash: bytes,
    account_id: int,
    data: Mapping[str, Any],
    now: datetime,
    *,
    method: str = "password",
    browser: str = "",
    proven_at: datetime | None = None,
    factor_at: datetime | None = None,
    latest: datetime | None = None,
) -> timedelta | None:
    """A browser has signed in, or half-way when it owes a second factor; the session ends at `latest` if not before.

    Returns for how long the browser keeps its key; None: until it is closed. Only a shared screen keeps it.
    """
    is_screen = db.session.scalar(select(Account.role).where(Account.id == account_id)) == Role.KIOSK
    longest = SCREEN if is_screen else LONGEST
    ends_at = now + longest if latest is None else min(now + longest, latest)
    db.session.execute(
        insert(LoginSession).values(
            key_hash=key_hash,
            account_id=account_id,
            data=json.dumps(data),
            created_at=now,
            used_at=now,
            ends_at=ends_at,
            admin_until=now + ADMIN_IDLE,
            method=method,
            browser=browser,
            proven_at=proven_at,
            factor_at=factor_at,
        )
    )
    return SCREEN if is_screen else None


def lock(account_id: int) -> None:
    """Let an account's sessions begin and end one after the other: one just beginning would outlive the end of all."""
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))


def is_open(key_hash: bytes) -> bool:
    """Whether the session is still there."""
    return db.session.scalar(select(LoginSession.account_id).where(LoginSession.key_hash == key_hash)) is not None


def prove(key_hash: bytes, now: datetime) -> None:
    """Whoever sits there has just shown again who they are (SR-19); the administrators' pages open, too."""
    db.session.execute(
        update(LoginSession)
        .where(LoginSession.key_hash == key_hash)
        .values(proven_at=now, used_at=now, admin_until=now + ADMIN_IDLE)
    )


def listed(account_id: int, this: bytes | None, now: datetime) -> list[SessionView]:
    """The account's browsers, the one last used first."""
    rows = db.session.scalars(
        select(LoginSession)
        .where(LoginSession.account_id == account_id, LoginSession.ends_at > now, ~_has_idled(now))
        .order_by(LoginSession.used_at.desc(), LoginSession.created_at.desc())
    )
    return [
        SessionView(tag(row.key_hash), row.browser, row.method, row.created_at, row.used_at, row.key_hash == this)
        for row in rows
    ]


def end_one(account_id: int, wanted: str, now: datetime) -> bytes:
    """Sign one of the account's browsers out; returns its key's hash."""
    hashes = db.session.scalars(select(LoginSession.key_hash).where(LoginSession.account_id == account_id))
    found = next((key_hash for key_hash in hashes if tag(key_hash) == wanted), None)
    if found is None:
        raise Refused("unknown_session", "There is no such login.", 404)
    end(found, now)
    return found


def end_others(account_id: int, this: bytes | None, now: datetime) -> None:
    """Sign every browser of the account out but this one."""
    lock(account_id)
    db.session.execute(
        delete(LoginSession).where(LoginSession.account_id == account_id, LoginSession.key_hash != (this or b""))
    )
    changes.record(Thing.SESSION, account_id, now)


def tag(key_hash: bytes) -> str:
    """A name for a session that opens nothing."""
    return hashlib.sha256(key_hash).hexdigest()[:16]


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
    lock(account_id)
    db.session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))
    changes.record(Thing.SESSION, account_id, now)


def end_by_password(spared: Collection[int], now: datetime) -> int:
    """End what began with a password kept here, but for these accounts; returns how many sessions that were."""
    began = (LoginSession.method == "password") & LoginSession.account_id.not_in(spared)
    ended = list(db.session.scalars(delete(LoginSession).where(began).returning(LoginSession.account_id)))
    changes.record(Thing.SESSION, ended, now)
    return len(ended)


def expire(now: datetime) -> int:
    """Delete sessions that are over; returns how many."""
    over = delete(LoginSession).where((LoginSession.ends_at <= now) | _has_idled(now))
    return len(list(db.session.scalars(over.returning(LoginSession.account_id))))


def _has_idled(now: datetime) -> ColumnElement[bool]:
    """Nobody has used it for hours; a shared screen rests as long as nobody steps up to it."""
    screens = select(Account.id).where(Account.role == Role.KIOSK.value)
    return and_(LoginSession.used_at <= now - IDLE, LoginSession.account_id.not_in(screens))
