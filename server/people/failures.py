"""Failed sign-ins, counted by account and by address, so that nobody can go on guessing (SR-11)."""

import hashlib
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import delete, func, insert, select

from server import db
from server.people.models import SignInFailure

LIMIT = 10
WITHIN = timedelta(minutes=10)
# Ten tries cover a person who mixes up old and new passwords; a guesser gets 1,440 a day, too few for 12 characters.


def account_scope(login: str) -> str:
    """Everybody who tries this name, known or not; the name itself is not kept."""
    return f"login:{_digest(login.strip().lower())}"


def factor_scope(account_id: int) -> str:
    """The second factor of an account, which is asked for only after a right password."""
    return f"factor:{account_id}"


def browser_scope(nonce: str) -> str:
    """A browser that signed in to the account before: strangers' failures do not lock it out."""
    return f"browser:{_digest(nonce)}"


def address_scope(address: str) -> str:
    """One address; of IPv6 the network of 64 bits, since its owner may use all of it."""
    try:
        ip = ip_address(address)
    except ValueError:
        return f"address:{_digest(address)}"
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None:
        return f"address:{_digest(ip.exploded[:19])}"
    return f"address:{_digest(str(getattr(ip, 'ipv4_mapped', None) or ip))}"


def reserve(scopes: Sequence[str], now: datetime, limit: int = LIMIT) -> int | None:
    """Write a try down before it is made; or how many seconds to wait, when a scope is used up.

    Written first and taken back on success, so that a hundred tries at once count as a hundred.

    limit   tries within ten minutes
    """
    _one_at_a_time(scopes)
    db.session.execute(delete(SignInFailure).where(SignInFailure.at <= now - WITHIN))
    waits = [wait for scope in scopes if (wait := _wait_s(scope, now, limit)) is not None]
    if waits:
        return max(waits)
    db.session.execute(insert(SignInFailure), [{"scope": scope, "at": now} for scope in scopes])
    return None


def take_back(scopes: Sequence[str], at: datetime) -> None:
    """The try reserved at that instant succeeded; earlier failures stay counted."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.scope.in_(scopes), SignInFailure.at == at))


def expire(before: datetime) -> int:
    """Delete tries made before that instant; they count for minutes only. Returns how many."""
    old = delete(SignInFailure).where(SignInFailure.at < before).returning(SignInFailure.id)
    return len(list(db.session.scalars(old)))


def _wait_s(scope: str, now: datetime, limit: int) -> int | None:
    tries = list(
        db.session.scalars(
            select(SignInFailure.at).where(SignInFailure.scope == scope).order_by(SignInFailure.at.desc()).limit(limit)
        )
    )
    if len(tries) < limit:
        return None
    return max(1, math.ceil((tries[-1] + WITHIN - now).total_seconds()))


def _one_at_a_time(scopes: Sequence[str]) -> None:
    """PostgreSQL counts what others have committed; a lock per scope makes the count exact. SQLite has one writer."""
    if db.engine().dialect.name != "postgresql":
        return
    for scope in sorted(scopes):
        number = int.from_bytes(hashlib.blake2b(scope.encode(), digest_size=8).digest(), signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(number)))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()
