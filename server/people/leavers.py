"""Forgetting people who left: what is personal goes, what other people's records point at stays without a name (P10).

Callers commit. Somebody who works here again before is not among them and keeps everything.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update

from server import changes, db
from server.changes import Thing
from server.people import sessions
from server.people.models import (
    Account,
    ApiToken,
    Identity,
    Membership,
    NoticeRead,
    Pause,
    Person,
    ProtectionRequest,
    RecoveryCode,
    SecondFactor,
    Visibility,
)

EMPTY = "left "  # before the id, as login and staff number: with a space, so that nobody else has it
OF_PEOPLE = (Visibility, Pause, NoticeRead, Membership)
OF_ACCOUNTS = (Identity, SecondFactor, RecoveryCode, ApiToken)


def left_by(day: date) -> list[int]:
    """Everybody whose last post had ended by that day, and who has not been forgotten yet.

    Who works here without an end and without a post has none that ended; who has had posts has left with the last one.
    """
    post = exists().where(Membership.person_id == Person.id)
    goes_on = post.where(Membership.valid_to > day)
    has_no_end = post.where(Membership.valid_to.is_(None))
    is_over = Person.active_to.is_(None) & post & ~has_no_end  # of a post without an end the person's own end decides
    left = or_(Person.active_to <= day, is_over) & ~goes_on & (Person.active_from < day)
    return list(db.session.scalars(select(Person.id).where(left, ~_is_empty()).order_by(Person.id)))


def forget(person_ids: Collection[int], day: date, now: datetime) -> int:
    """Delete what this room holds of them, and leave an empty row of each; returns how many rows were deleted.

    day   by which they had left
    """
    account_ids = list(db.session.scalars(select(Account.id).where(Account.person_id.in_(person_ids))))
    for account_id in account_ids:
        sessions.end_all(account_id, now)
    deleted = sum(_deleted(table, table.person_id.in_(person_ids)) for table in OF_PEOPLE)
    deleted += sum(_deleted(table, table.account_id.in_(account_ids)) for table in OF_ACCOUNTS)
    deleted += _deleted(
        ProtectionRequest, ProtectionRequest.person_id.in_(person_ids) & ProtectionRequest.decided_at.is_(None)
    )
    for account_id in account_ids:
        _empty_account(account_id)
    for person_id in person_ids:
        _empty_person(person_id, day)
    changes.record(Thing.CHOICES, person_ids, now)
    return deleted


def emptied() -> list[int]:
    """Whose rows are empty."""
    return list(db.session.scalars(select(Person.id).where(_is_empty()).order_by(Person.id)))


def remove(person_ids: Collection[int]) -> int:
    """Delete empty rows of people and accounts; returns how many.

    Not the newest of each: SQLite would give its id to the next one, and the audit log knows people by their ids.
    """
    asked = select(ProtectionRequest.person_id)
    newest = select(func.max(Person.id)).scalar_subquery()
    people = Person.id.in_(person_ids) & _is_empty() & Person.id.not_in(asked) & (Person.id < newest)
    newest_account = select(func.max(Account.id)).scalar_subquery()
    accounts = Account.login.startswith(EMPTY) & (Account.id < newest_account)
    return _deleted(Person, people) + _deleted(Account, accounts)


def _is_empty() -> ColumnElement[bool]:
    return Person.staff_no.startswith(EMPTY)


def _deleted(table: type[db.Base], which: ColumnElement[bool]) -> int:
    key: Sequence[ColumnElement[object]] = list(table.__table__.primary_key)
    return len(db.session.execute(delete(table).where(which).returning(*key)).all())


def _empty_account(account_id: int) -> None:
    nothing = {
        "login": f"{EMPTY}{account_id}",
        "password_hash": "",
        "person_id": None,
        "active": False,
        "language": None,
    }
    db.session.execute(update(Account).where(Account.id == account_id).values(nothing))


def _empty_person(person_id: int, day: date) -> None:
    names = dict.fromkeys(("family_name", "given_name", "family_kana", "given_kana", "kana_key", "mail"), "")
    nothing = {"staff_no": f"{EMPTY}{person_id}", "protected": False, "opens_at": None, "closes_at": None, **names}
    ends = {"active_to": func.coalesce(Person.active_to, day)}
    db.session.execute(update(Person).where(Person.id == person_id).values(nothing | ends))
