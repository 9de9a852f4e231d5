"""Keys for scripts and devices: shown once, kept as a hash, limited in reach and in time, ended at will (SR-16)."""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import ColumnElement, bindparam, func, select, update

from server import db
from server.errors import Refused
from server.people import rules
from server.people.models import Account, ApiToken, Person
from server.people.rules import Role, Scope
from server.people.sessions import SignedIn

BEGINNING = "iruka_"  # scanners for forgotten secrets look for it
SHAPE = re.compile(rf"{BEGINNING}[A-Za-z0-9_-]{{43}}")  # 256 bits
PREFIX_LENGTH = len(BEGINNING) + 6
LONGEST_DAYS = 365
MOST = 20  # of one account at a time
WRITE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as its owner sees it; the token itself is not kept."""

    id: int
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def issue(account_id: int, name: str, scopes: Iterable[Scope], days: int, now: datetime) -> tuple[int, str]:
    """A new token of the account: its id, and the token itself, which nobody sees again."""
    named, reach = name.strip(), sorted({scope.value for scope in scopes})
    if not 1 <= len(named) <= 60 or not named.isprintable():
        raise Refused("bad_token_name", "Name the token in 1 to 60 characters, so that you know it again.", 422)
    if not reach:
        raise Refused("no_scope", "Choose at least one thing that the token may do.", 422)
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused("bad_token_term", "A token is valid for 1 to 365 days.", 422)
    # One at a time for each account, or two at once are number 20 and 21.
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    in_use = select(func.count()).where(ApiToken.account_id == account_id, *_valid(now))
    if (db.session.scalar(in_use) or 0) >= MOST:
        raise Refused("too_many_tokens", "You have 20 tokens. Withdraw one that is no longer needed.")
    plain = BEGINNING + secrets.token_urlsafe(32)
    token = ApiToken(
        account_id=account_id,
        name=named,
        prefix=plain[:PREFIX_LENGTH],
        token_hash=_hash(plain),
        scopes=" ".join(reach),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(token)
    db.session.flush()  # the caller needs the key
    return token.id, plain


_WANTED = (
    select(
        ApiToken.id,
        ApiToken.scopes,
        ApiToken.last_used_at,
        Account.id,
        Account.person_id,
        Account.role,
        Account.language,
        Account.login,
        Person.family_name,
        Person.given_name,
        Person.active_from,
        Person.active_to,
    )
    .join(Account, Account.id == ApiToken.account_id)
    .outerjoin(Person, Person.id == Account.person_id)
    .where(
        ApiToken.token_hash == bindparam("token_hash"),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > bindparam("now"),
        Account.active,
    )
)


def find(plain: str, now: datetime, zone: Callable[[], tzinfo | None]) -> tuple[SignedIn, frozenset[Scope]] | None:
    """Whose token this is and what it may do; None when it has ended, or its account or its person's time here has.

    `zone` is the building's clock, asked only about somebody who comes or leaves on a day near this one.
    """
    if not SHAPE.fullmatch(plain):
        return None
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(_WANTED, {"token_hash": _hash(plain), "now": now}).first()
    if row is None:
        return None
    token_id, scopes, used_at, account_id, person_id, role, language, login, family, given, first, last = row
    if person_id is not None and not rules.works_here(first, last, now, zone):
        return None
    if used_at is None or now - used_at >= WRITE_EVERY:
        with db.transaction():  # of its own: whatever the request does, the key was used
            db.session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))
    caller = SignedIn.of(account_id, Role(role), login, language, person_id, family, given)
    return caller, frozenset(Scope(s) for s in scopes.split())


def listed(account_id: int, now: datetime) -> list[TokenView]:
    """The account's tokens that still open anything, newest first."""
    rows = db.session.scalars(
        select(ApiToken)
        .where(ApiToken.account_id == account_id, *_valid(now))
        .order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
    )
    return [
        TokenView(
            row.id,
            row.name,
            row.prefix,
            tuple(scope for scope in Scope if scope.value in row.scopes.split()),
            row.created_at,
            row.expires_at,
            row.last_used_at,
        )
        for row in rows
    ]


def revoke(account_id: int, token_id: int, now: datetime) -> None:
    """The account's token opens nothing any more; somebody else's is as unknown as none at all."""
    wanted = update(ApiToken).where(ApiToken.id == token_id, ApiToken.account_id == account_id, *_valid(now))
    if db.session.scalar(wanted.values(revoked_at=now).returning(ApiToken.id)) is None:
        raise Refused("unknown_token", "There is no such token.", 404)


def revoke_all(account_id: int, now: datetime) -> None:
    """No token of the account opens anything any more."""
    db.session.execute(
        update(ApiToken).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now)
    )


def _valid(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return ApiToken.revoked_at.is_(None), ApiToken.expires_at > now


def _hash(plain: str) -> bytes:
    return hashlib.sha256(plain.encode()).digest()
