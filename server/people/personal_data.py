"""What this room holds about a person, for that person (P23): rows by table, in words and never ids of others."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, or_, select

from server import audit, db
from server.people import failures
from server.people.models import (
    Account,
    ApiToken,
    Identity,
    LoginSession,
    Membership,
    NoticeRead,
    Pause,
    Person,
    ProtectionRequest,
    RecoveryCode,
    SecondFactor,
    SignInFailure,
    Unit,
    Visibility,
)

Rows = Sequence[Mapping[str, object]]

SECRET = frozenset({"password_hash", "secret", "code_hash", "token_hash", "key_hash", "data", "last_step"})
# What opens a door is held, but is nothing to hand out; that it exists is told.


def export(person_id: int) -> dict[str, Rows]:
    """Every table of this room with the rows about the person."""
    accounts = list(db.session.scalars(select(Account).where(Account.person_id == person_id)))
    ids = [account.id for account in accounts]
    return {
        "person": _rows(db.session.scalars(select(Person).where(Person.id == person_id)), "id", "kana_key"),
        "membership": _memberships(person_id),
        "account": _rows(accounts, "id", "person_id"),
        "identity": _rows(db.session.scalars(select(Identity).where(Identity.account_id.in_(ids))), "account_id"),
        "second_factor": _rows(
            db.session.scalars(select(SecondFactor).where(SecondFactor.account_id.in_(ids))), "account_id"
        ),
        "recovery_code": _recovery_codes(ids),
        "api_token": _rows(
            db.session.scalars(select(ApiToken).where(ApiToken.account_id.in_(ids)).order_by(ApiToken.id)),
            "id", "account_id",
        ),
        "login_session": _rows(
            db.session.scalars(select(LoginSession).where(LoginSession.account_id.in_(ids))), "account_id"
        ),
        "sign_in_failure": _failures([account.login for account in accounts]),
        "visibility": _rows(db.session.scalars(select(Visibility).where(Visibility.person_id == person_id))),
        "pause": _rows(db.session.scalars(select(Pause).where(Pause.person_id == person_id))),
        "notice_read": _rows(
            db.session.scalars(select(NoticeRead).where(NoticeRead.person_id == person_id).order_by(NoticeRead.version))
        ),
        "protection_request": _requests(person_id, ids),
        "audit_entry": _audit_lines(person_id, ids),
    }  # fmt: skip


def account_ids(person_id: int) -> list[int]:
    """The person's accounts, for rooms above that know people by them."""
    return list(db.session.scalars(select(Account.id).where(Account.person_id == person_id)))


def _rows(found: Iterable[db.Base], *without: str) -> Rows:
    hidden = {"person_id", *without}
    return [
        {
            column.key: ("***" if column.key in SECRET else getattr(row, column.key))
            for column in row.__table__.columns
            if column.key not in hidden
        }
        for row in found
    ]


def _memberships(person_id: int) -> Rows:
    wanted = (
        select(Membership, Unit.name)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id == person_id)
        .order_by(Membership.valid_from, Membership.id)
    )
    return [{"unit": unit, **_rows([row], "id", "unit_id")[0]} for row, unit in db.session.execute(wanted)]


def _recovery_codes(account_ids: Sequence[int]) -> Rows:
    n = db.session.scalar(select(func.count()).where(RecoveryCode.account_id.in_(account_ids))) or 0
    return [{"count": n}] if n else []


def _failures(logins: Sequence[str]) -> Rows:
    scopes = [failures.account_scope(login) for login in logins]
    wanted = select(SignInFailure.at).where(SignInFailure.scope.in_(scopes)).order_by(SignInFailure.at)
    return [{"at": at} for at in db.session.scalars(wanted)]


def _requests(person_id: int, account_ids: Sequence[int]) -> Rows:
    """Those about the person with who asked and decided; of those the person asked or decided, only that they did."""
    table = ProtectionRequest
    wanted = select(table).where(
        or_(table.person_id == person_id, table.asked_by_id.in_(account_ids), table.decided_by_id.in_(account_ids))
    )
    found: list[Mapping[str, object]] = []
    for row in db.session.scalars(wanted.order_by(table.id)):
        if row.person_id == person_id:
            found += _rows([row], "id", "asked_by_id", "decided_by_id")
        if row.asked_by_id in account_ids and row.person_id != person_id:
            found.append({"i_asked_at": row.asked_at})
        if row.decided_by_id in account_ids and row.person_id != person_id:
            found.append({"i_decided_at": row.decided_at})
    return found


def _audit_lines(person_id: int, account_ids: Sequence[int]) -> Rows:
    """Lines about the person in full; of what the person did to others, only what and when."""
    found: list[Mapping[str, object]] = []
    for line in audit.lines_of(audit.person(person_id), [f"(account {i})" for i in account_ids]):
        is_mine = line.subject == "" or line.subject == audit.person(person_id) or _names(line.subject, account_ids)
        row: dict[str, object] = {"at": line.at, "action": line.action, "actor": line.actor}
        found.append(row | ({"details": dict(line.details)} if is_mine else {}))
    return found


def _names(text: str, account_ids: Sequence[int]) -> bool:
    return any(text.endswith(f"(account {i})") for i in account_ids)
