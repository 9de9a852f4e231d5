"""The audit log: who did what that others may ask about later; a chain of hashes, so that no line gets lost.

Each line's digest covers the digest of the line before it, and one row remembers the newest (SR-42). Lines are written
when the transaction commits, under a lock that is held for that moment only.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import LargeBinary, String, Table, Text, delete, event, func, insert, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from server import db
from server.syslog import Datagrams

NAME_LENGTH = 130
BEGIN, END = 1, 2  # the two rows of `Anchor`
NOTHING = bytes(32)  # the digest before the first line ever
LOCK = 0x6175646974  # "audit"; any number that nobody else locks
PENDING, WRITTEN = "audit_pending", "audit_written"  # keys in a session's own dictionary

shipped = logging.getLogger("iruka.audit")
shipped.propagate = False
shipped.setLevel(logging.INFO)

APPEND_ONLY: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER audit_entry_stays_as_it_is BEFORE UPDATE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_entry_is_not_deleted BEFORE DELETE ON audit_entry"
        " WHEN OLD.id > COALESCE((SELECT entry_id FROM audit_anchor WHERE id = 1), 0)"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'DELETE' AND OLD.id <= COALESCE((SELECT entry_id FROM audit_anchor WHERE id = 1), 0)"
        " THEN RETURN OLD; END IF;"
        " RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';"
        " END $$",
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()",
        "CREATE TRIGGER audit_entry_is_not_emptied BEFORE TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_guard()",
    ),
}
# By dialect, what keeps lines as they are. Only `expire` deletes: it says first, in the anchor, up to which line.


class Entry(db.Base):
    """One line of the log; names are kept as they were, since accounts go."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(db.BIG, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(NAME_LENGTH))
    action: Mapped[str] = mapped_column(String(40), index=True)
    subject: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    details: Mapped[str] = mapped_column(Text, default="{}")  # JSON
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))

    __table_args__ = ({"sqlite_autoincrement": True},)


class Anchor(db.Base):
    """Where the chain begins since older lines were forgotten, and where it ends: the digests of those lines."""

    __tablename__ = "audit_anchor"

    id: Mapped[int] = mapped_column(primary_key=True)  # BEGIN: the newest line that is gone; END: the newest line
    entry_id: Mapped[int] = mapped_column(db.BIG)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]


@event.listens_for(cast(Table, Anchor.__table__), "after_create")
def _guard_anchor(_table: Table, connection: Connection, **_options: object) -> None:
    _guard(connection)


@event.listens_for(cast(Table, Entry.__table__), "after_create")
def _guard_entry(_table: Table, connection: Connection, **_options: object) -> None:
    _guard(connection)


def _guard(connection: Connection) -> None:
    """Once both tables are there, whichever was made last."""
    tables = (cast(Table, Anchor.__table__).name, cast(Table, Entry.__table__).name)
    if all(connection.dialect.has_table(connection, name) for name in tables):
        for statement in APPEND_ONLY.get(connection.dialect.name, ()):
            connection.exec_driver_sql(statement)


@dataclass(frozen=True, slots=True)
class EntryView:
    """One line as it is read."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found; `broken_id` names the first line that is not as it was written."""

    lines: int  # in order, before the first that is not
    broken_id: int | None = None
    sentence: str = ""


def account(account_id: int, name: str) -> str:
    """An account as `actor` or `subject`: the name it had and its number, since names are shared and change."""
    end = f" (account {account_id})"
    return name[: NAME_LENGTH - len(end)] + end


def person(person_id: int) -> str:
    """A person as `subject`; by number only, so that the log names nobody whom others may not find."""
    return f"person {person_id}"


def record(actor: str, action: str, subject: str, details: Mapping[str, object], now: datetime) -> None:
    """One more line, written with the caller's commit; what is rolled back is not written.

    actor    who did it: `account(…)`, or the name of a command
    action   stable word such as `phone_list_exported`
    subject  what it was done to: `person(…)`, `account(…)`, or empty
    details  what else to know, never a place; becomes JSON
    """
    if not db.in_transaction():
        raise RuntimeError("the audit log is written in a transaction")
    text = json.dumps(dict(details), sort_keys=True, separators=(",", ":"), default=str)
    row = {
        "at": now.astimezone(UTC),
        "actor": _storable(actor),
        "action": action,
        "subject": _storable(subject),
        "details": text,
    }
    db.session.info.setdefault(PENDING, []).append(row)


def count(actor: str, action: str, since: datetime) -> int:
    """How often the actor has done this since then, this transaction included."""
    _write(db.session())
    wanted = select(func.count()).select_from(Entry)
    return db.session.scalar(wanted.where(Entry.actor == actor, Entry.action == action, Entry.at >= since)) or 0


def entries(
    n: int, *, before_id: int | None = None, action: str | None = None, actor: str | None = None,
    subject: str | None = None,
) -> list[EntryView]:  # fmt: skip
    """The newest `n` lines, older than `before_id` when it is given, of one action, actor or subject if wanted."""
    wanted = select(Entry).order_by(Entry.id.desc()).limit(n)
    if before_id is not None:
        wanted = wanted.where(Entry.id < before_id)
    for column, value in ((Entry.action, action), (Entry.actor, actor), (Entry.subject, subject)):
        if value is not None:
            wanted = wanted.where(column == value)
    return [_view(row) for row in db.session.scalars(wanted)]


def everything(action: str | None = None) -> Iterator[Sequence[EntryView]]:
    """All lines, newest first, a thousand at a time."""
    before_id: int | None = None
    while page := entries(1000, before_id=before_id, action=action):
        yield page
        before_id = page[-1].id


def lines_of(subject: str, account_endings: Sequence[str]) -> list[EntryView]:
    """Lines about this subject, or by or about accounts whose names end like this, oldest first."""
    which = [Entry.subject == subject]
    for ending in account_endings:
        which += [Entry.actor.endswith(ending, autoescape=True), Entry.subject.endswith(ending, autoescape=True)]
    return [_view(row) for row in db.session.scalars(select(Entry).where(or_(*which)).order_by(Entry.id))]


def actions() -> list[str]:
    """Every action there is a line of."""
    return sorted(db.session.scalars(select(Entry.action).distinct()))


def expire(before: datetime) -> int:
    """Forget lines older than `before`, remembering where the chain goes on; returns how many."""
    _write(db.session())
    _one_at_a_time(db.session())
    first_kept = db.session.scalar(select(func.min(Entry.id)).where(Entry.at >= before))
    gone = select(Entry.id, Entry.digest).order_by(Entry.id.desc()).limit(1)
    newest_gone = db.session.execute(gone if first_kept is None else gone.where(Entry.id < first_kept)).first()
    if newest_gone is None:
        return 0
    entry_id, digest = newest_gone
    _set_anchor(db.session(), BEGIN, entry_id, digest, before)
    deleted = delete(Entry).where(Entry.id <= entry_id).returning(Entry.id)
    return len(list(db.session.scalars(deleted)))


def verify() -> Verdict:
    """Whether every line is as it was written and none is missing."""
    connection = db.engine().connect()
    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level="REPEATABLE READ")  # one moment for all selects
    with connection, Session(connection) as session:
        anchors = {row.id: row for row in session.scalars(select(Anchor))}
        expected = anchors[BEGIN].digest if BEGIN in anchors else NOTHING
        lines, last_id = 0, anchors[BEGIN].entry_id if BEGIN in anchors else 0
        with closing(session.scalars(select(Entry).order_by(Entry.id).execution_options(yield_per=1000))) as rows:
            for row in rows:
                if row.previous != expected:
                    return _broken(lines, row.id, f"a line before line {row.id} is missing or was changed")
                if row.digest != _digest(row.previous, _fields(row)):
                    return _broken(lines, row.id, f"line {row.id} of {row.at:%Y-%m-%d %H:%M} UTC was changed")
                expected, last_id = row.digest, row.id
                lines += 1
        end = anchors.get(END)
        if (end.digest if end is not None else NOTHING) != expected:
            newest = end.entry_id if end is not None else last_id
            return _broken(lines, newest, f"the newest line, {newest}, is missing or was changed")
    return Verdict(lines)


def ship_to(address: str | None) -> None:
    """Send every line that is committed from now on to a syslog daemon, too; None: to none.

    address   "/dev/log", or "host:port/udp"

    A daemon that is away or slow costs the line there, never a request here: nothing waits for it.
    """
    for handler in list(shipped.handlers):
        shipped.removeHandler(handler)
        handler.close()
    if address is not None:
        shipped.addHandler(Datagrams(address, "iruka-audit"))


@event.listens_for(db.session, "before_commit")
def _write(session: Session) -> None:
    """Chain what is pending. At the very end of the transaction: whoever waits for the lock holds up nobody else."""
    pending = session.info.pop(PENDING, [])
    if not pending:
        return
    _one_at_a_time(session)
    end = session.execute(select(Anchor.entry_id, Anchor.digest).where(Anchor.id == END)).first()
    entry_id: int = 0 if end is None else end.entry_id
    previous: bytes = NOTHING if end is None else end.digest
    for row in pending:
        digest = _digest(previous, row)
        line = insert(Entry).values(**row, previous=previous, digest=digest).returning(Entry.id)
        entry_id, previous = session.scalars(line).one(), digest
    _set_anchor(session, END, entry_id, previous, pending[-1]["at"])
    session.info.setdefault(WRITTEN, []).extend(pending)


@event.listens_for(db.session, "after_commit")
def _ship(session: Session) -> None:
    for row in session.info.pop(WRITTEN, []):
        shipped.info(_canonical(row))


def _one_at_a_time(session: Session) -> None:
    """PostgreSQL lets many write at once, and a chain has one end; SQLite has one writer."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def _set_anchor(session: Session, anchor_id: int, entry_id: int, digest: bytes, at: datetime) -> None:
    row = db.upsert(Anchor).values(id=anchor_id, entry_id=entry_id, digest=digest, at=at)
    values = {"entry_id": entry_id, "digest": digest, "at": at}
    session.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))


def _digest(previous: bytes, row: Mapping[str, object]) -> bytes:
    return hashlib.sha256(previous + _canonical(row).encode()).digest()


def _canonical(row: Mapping[str, object]) -> str:
    """The same text for the same line, whichever database kept it."""
    at = cast(datetime, row["at"]).astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps({**row, "at": at}, sort_keys=True, separators=(",", ":"))


def _fields(row: Entry) -> Mapping[str, object]:
    return {name: getattr(row, name) for name in ("at", "actor", "action", "subject", "details")}


def _storable(text: str) -> str:
    """Text that either database takes: a name may come from outside."""
    return text.replace("\0", "").encode(errors="replace").decode()[:NAME_LENGTH]


def _view(row: Entry) -> EntryView:
    return EntryView(row.id, row.at, row.actor, row.action, row.subject, json.loads(row.details))


def _broken(lines: int, broken_id: int, reason: str) -> Verdict:
    return Verdict(lines, broken_id, f"The audit log is broken: {reason}.")
