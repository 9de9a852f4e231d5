"""Whose account it is that somebody outside vouches for; roles are never taken from there (SR-12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import insert, select

from server import audit, db
from server.errors import Refused
from server.people import rules
from server.people.models import Account, Identity, Person
from server.people.rules import Role

PRIVILEGED = (Role.SYSTEM_ADMIN, Role.PRIVACY_OFFICER)
# A directory's administrator could write any staff number, or a new password: nobody outside opens these accounts, not
# even one that was linked before it had the role.


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody as a directory or a provider knows them: `issuer` and `subject` name them for good."""

    issuer: str
    subject: str
    staff_no: str


def account_of(outsider: Outsider, now: datetime, zone: Callable[[], tzinfo | None]) -> int:
    """The account linked to this outsider; linked at the first time by the staff number, and made if there is none.

    Refused when nobody with this staff number works here today, or the account is closed or opens with its own password
    only.
    """
    linked = db.session.execute(
        select(Account.id, Account.role)
        .join(Identity, Identity.account_id == Account.id)
        .where(Identity.issuer == outsider.issuer, Identity.subject == outsider.subject)
    ).first()
    if linked is not None:
        _refuse_privileged(linked.role)
        return _open(linked.id, now, zone)
    person = _somebody(outsider.staff_no, now, zone)
    found = db.session.execute(select(Account.id, Account.role).where(Account.person_id == person.id)).first()
    if found is None:
        account_id, how = _new_account(person, now), "account_created"
    else:
        _refuse_privileged(found.role)
        account_id, how = _open(found.id, now, zone), "account_linked"
    db.session.execute(
        insert(Identity).values(issuer=outsider.issuer, subject=outsider.subject, account_id=account_id, linked_at=now)
    )
    _record(how, account_id, person, outsider.issuer, now)
    return account_id


def account_named(name: str, now: datetime, zone: Callable[[], tzinfo | None]) -> int:
    """The account of the staff number or the login name that a trusted proxy tells; made if the person has none."""
    person = db.session.scalar(select(Person).where(Person.staff_no == name))
    wanted = Account.login == name.strip().lower() if person is None else Account.person_id == person.id
    found = db.session.execute(select(Account.id, Account.role).where(wanted)).first()
    if found is not None:
        _refuse_privileged(found.role)
        return _open(found.id, now, zone)
    person = _somebody(name, now, zone)
    account_id = _new_account(person, now)
    _record("account_created", account_id, person, "proxy", now)
    return account_id


def may_enter(account_id: int, now: datetime, zone: Callable[[], tzinfo | None]) -> bool:
    """Whether the account is open and its person, if it has one, works here today."""
    row = db.session.execute(
        select(Account.active, Account.person_id, Person.active_from, Person.active_to)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(Account.id == account_id)
    ).first()
    if row is None or not row.active:
        return False
    return row.person_id is None or rules.works_here(row.active_from, row.active_to, now, zone)


def is_linked(account_id: int, issuer: str) -> bool:
    """Whether this issuer vouches for the account."""
    wanted = select(Identity.subject).where(Identity.account_id == account_id, Identity.issuer == issuer)
    return db.session.scalar(wanted) is not None


def is_theirs(account_id: int, outsider: Outsider) -> bool:
    """Whether the outsider is the one the account is linked to."""
    wanted = select(Identity.account_id).where(Identity.issuer == outsider.issuer, Identity.subject == outsider.subject)
    return db.session.scalar(wanted) == account_id


def _open(account_id: int, now: datetime, zone: Callable[[], tzinfo | None]) -> int:
    if not may_enter(account_id, now, zone):
        raise Refused("account_closed", "This account is closed. Ask your section’s administrator.", 403)
    return account_id


def _refuse_privileged(role: str) -> None:
    if Role(role) in PRIVILEGED:
        raise Refused(
            "own_password_only", "An account with this role opens with its own password only. Use that one.", 403
        )


def _somebody(staff_no: str, now: datetime, zone: Callable[[], tzinfo | None]) -> Person:
    person = db.session.scalar(select(Person).where(Person.staff_no == staff_no)) if staff_no else None
    if person is None or not rules.works_here(person.active_from, person.active_to, now, zone):
        raise Refused(
            "not_on_the_list",
            "You are known, but nobody with your staff number is on the list of those who work here today. "
            "Ask your section’s administrator.",
            403,
        )
    return person


def _new_account(person: Person, now: datetime) -> int:
    """An account without a password of its own, named by the staff number."""
    login = person.staff_no.lower()
    names = (login, *(f"{login}-{number}" for number in range(2, 100)))
    taken = set(db.session.scalars(select(Account.login).where(Account.login.in_(names))))
    account = Account(
        login=next(name for name in names if name not in taken), role=Role.STAFF.value, person_id=person.id,
        created_at=now,
    )  # fmt: skip
    db.session.add(account)
    db.session.flush()  # the caller needs the key
    return account.id


def _record(action: str, account_id: int, person: Person, issuer: str, now: datetime) -> None:
    audit.record("sign-in", action, audit.account(account_id, ""), {"issuer": issuer, "person": person.id}, now)
