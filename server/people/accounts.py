"""Accounts as a system administrator keeps them; the caller commits and records who did it.

A protected person's account is there for whoever knows the staff number, and for nobody else (P13).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from server import db, paging
from server.errors import Refused
from server.paging import Page
from server.people import factors, service, sessions, tokens
from server.people.models import Account, Identity, LoginSession, Person, SecondFactor
from server.people.rules import Role


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account without anything that opens it."""

    id: int
    login: str
    role: Role
    active: bool
    person_name: str
    staff_no: str
    has_password: bool
    has_factor: bool
    n_sessions: int
    is_linked: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of accounts."""

    rows: tuple[AccountRow, ...]
    page: Page


_N_SESSIONS = select(func.count()).where(LoginSession.account_id == Account.id).correlate(Account).scalar_subquery()
_N_LINKS = select(func.count()).where(Identity.account_id == Account.id).correlate(Account).scalar_subquery()
_WANTED = (
    select(
        Account.id,
        Account.login,
        Account.role,
        Account.active,
        Person.family_name,
        Person.given_name,
        Person.staff_no,
        Account.password_hash,
        SecondFactor.confirmed_at,
        _N_SESSIONS,
        _N_LINKS,
    )
    .outerjoin(Person, Person.id == Account.person_id)
    .outerjoin(SecondFactor, SecondFactor.account_id == Account.id)
)


def listed(text: str, role: Role | None, number: int, size: int) -> Listed:
    """A page of the accounts whose login, name or staff number holds the text; a page too far is the last one.

    A protected person's is found by the whole staff number only.
    """
    wanted = _WANTED
    count = select(func.count()).select_from(Account).outerjoin(Person, Person.id == Account.person_id)
    conditions = [_is_shown(text)]
    if plain := "".join(text.split()).lower().encode(errors="ignore").decode():
        name = Person.family_name + Person.given_name
        conditions.append(
            or_(*(column.icontains(plain, autoescape=True) for column in (Account.login, name, Person.staff_no)))
        )
    if role is not None:
        conditions.append(Account.role == role.value)
    total = db.session.scalar(count.where(*conditions)) or 0
    page = paging.page(number, total, size)
    rows = db.session.execute(wanted.where(*conditions).order_by(Account.login).limit(size).offset(page.slice.start))
    return Listed(tuple(_row(*row) for row in rows), page)


def one(account_id: int, staff_no: str = "") -> AccountRow | None:
    """One account; a protected person's only for whoever knows the staff number, else it is as none."""
    row = db.session.execute(_WANTED.where(Account.id == account_id, _is_shown(staff_no))).first()
    return None if row is None else _row(*row)


def create(login: str, role: Role, staff_no: str, now: datetime) -> tuple[int, str]:
    """A local account, of the person with this staff number if one is given: its id and first password."""
    person_id = None
    if staff_no:
        person_id = db.session.scalar(select(Person.id).where(Person.staff_no == _storable(staff_no)))
        if person_id is None:
            raise Refused("unknown_staff_no", "Nobody has this staff number.", 422)
        if db.session.scalar(select(Account.id).where(Account.person_id == person_id)) is not None:
            raise Refused("has_account", "This person has an account already.")
    password = "-".join(secrets.token_hex(3) for _ in range(4))
    try:
        return service.create_account(login, password, role, now, person_id), password
    except IntegrityError:
        raise Refused("has_account", "This person has an account already.") from None


def close(account_id: int, now: datetime) -> None:
    """Nobody signs in with it, and its tokens open nothing; the second factor stays for when it opens again."""
    service.deactivate(account_id, now)
    tokens.revoke_all(account_id, now)


def reopen(account_id: int, now: datetime) -> None:
    """It opens again, with the password and the second factor it had."""
    db.session.execute(update(Account).where(Account.id == account_id).values(active=True))


def end_sessions(account_id: int, now: datetime) -> None:
    """Sign it out everywhere."""
    sessions.end_all(account_id, now)


def reset_factor(account_id: int, now: datetime) -> None:
    """Take its second factor and recovery codes away; it is signed out everywhere."""
    if not factors.remove(account_id):
        raise Refused("no_factor_here", "This account has no second factor.")
    sessions.end_all(account_id, now)


def set_role(account_id: int, role: Role, now: datetime) -> None:
    """Another role; it is signed out everywhere and keeps its second factor."""
    service.set_role(account_id, role, now)


def _is_shown(staff_no: str) -> ColumnElement[bool]:
    """Nobody protected, whoever has this staff number, or nobody at all."""
    return or_(Person.id.is_(None), Person.protected.is_(False), Person.staff_no == _storable(staff_no.strip()))


def _storable(text: str) -> str:
    """Without what no database stores; such a name is nobody's."""
    return text if text.isprintable() else "\N{REPLACEMENT CHARACTER}"


def _row(
    account_id: int, login: str, role: str, active: bool, family: str | None, given: str | None, staff_no: str | None,
    password_hash: str, confirmed_at: datetime | None, n_sessions: int, n_links: int,
) -> AccountRow:  # fmt: skip
    name = "" if family is None else f"{family} {given}".strip()
    return AccountRow(
        account_id, login, Role(role), active, name, staff_no or "", bool(password_hash), confirmed_at is not None,
        n_sessions, n_links > 0,
    )  # fmt: skip
