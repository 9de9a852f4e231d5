"""The database: engine, session, unit of work, and the column types every room uses."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BUSY_TIMEOUT_MS = 10_000
# How long an SQLite writer waits for another one. Transactions here are milliseconds; ten seconds
# only runs out when a process hangs inside one, and then an error is the honest answer.

IDLE_S = 1.0
# A connection used this recently is taken to be alive. When the database went away just then one statement
# fails, as it would have a moment later.

LIVELINESS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}
# How soon libpq notices that the other machine has vanished without a word; by itself it would wait for hours.


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BIG = BigInteger().with_variant(Integer(), "sqlite")
# Of a number that a device tells us or that only ever grows: four bytes end at 2,147,483,647, and PostgreSQL then
# refuses the whole transaction. SQLite's INTEGER has eight bytes, and only INTEGER keys count up by themselves.


class Base(DeclarativeBase):
    """Every table of every room."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  SQLAlchemy reads it from the class


_writing: ContextVar[bool] = ContextVar("writing", default=False)
session: scoped_session[Session] = scoped_session(sessionmaker(expire_on_commit=False))
_engine: Engine | None = None
_silent = False
_in_use: set[Any] = set()  # PostgreSQL connections that somebody works with now


def connect(url: str, *, pool_size: int = 10) -> Engine:
    """Bind the session to the database at `url`; calling again replaces the binding."""
    global _engine
    disconnect()
    if url.startswith("sqlite"):
        _engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)
        _prepare_sqlite(_engine)
    else:
        _engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5,
            connect_args=LIVELINESS,
            hide_parameters=True,
        )
        _note_use(_engine)  # before the ping, which may be what waits
        _ping_idle(_engine)
    session.configure(bind=_engine)
    return _engine


def disconnect() -> None:
    """Give back every connection."""
    global _engine
    session.remove()
    set_silent(False)
    if _engine is not None:
        _engine.dispose()
        _engine = None


def set_silent(silent: bool) -> None:
    """Whoever reads all the time says whether the database has stopped answering."""
    global _silent
    if silent and not _silent:
        _cut_connections()
    _silent = silent


def is_silent() -> bool:
    """Whether asking now would mean waiting: a database that hangs refuses nothing and answers nothing (RP-10)."""
    return _silent


def is_away(error: BaseException | None) -> bool:
    """Whether an exception says that the database cannot be reached, rather than that we asked nonsense."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")
    )


def engine() -> Engine:
    """The engine in use; an error when `connect` was never called."""
    if _engine is None:
        raise RuntimeError("db.connect() has not been called")
    return _engine


def upsert(table: type[Base]) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of the connected database."""
    return postgresql.insert(table) if engine().dialect.name == "postgresql" else sqlite.insert(table)


SQLITE_OVERLAP = (
    "EXISTS (SELECT 1 FROM TABLE WHERE KEY = NEW.KEY AND id IS NOT NEW.id"
    " AND valid_from < COALESCE(NEW.valid_to, '9999-12-31') AND NEW.valid_from < COALESCE(valid_to, '9999-12-31'))"
)


def overlap_guards(table: str, key: str) -> Mapping[str, tuple[str, ...]]:
    """By dialect, the statements after which no two terms of one `key` in `table` may have a day in common.

    Terms are [valid_from, valid_to), open when valid_to is NULL. PostgreSQL gets an exclusion constraint, SQLite,
    which has none but only one writer at a time, two triggers; both raise IntegrityError.
    """
    name = f"no_overlap_{table}"
    shared = SQLITE_OVERLAP.replace("TABLE", table).replace("KEY", key)
    triggers = tuple(
        f"CREATE TRIGGER {name}_{verb} AFTER {verb.upper()} ON {table} WHEN {shared}"
        f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
        for verb in ("insert", "update")
    )
    constraint = (
        f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist"
        f" (int4range({key}, {key}, '[]') WITH &&, daterange(valid_from, valid_to) WITH &&)"
    )
    return {"postgresql": (constraint,), "sqlite": triggers}


def forbid_overlap(table: type[Base], key: str) -> None:
    """Whenever the table is made, make its guards too; migrations carry the same statements."""
    made = cast(Table, table.__table__)

    @event.listens_for(made, "after_create")
    def _guard(_table: Table, connection: Connection, **_options: object) -> None:
        for statement in overlap_guards(made.name, key).get(connection.dialect.name, ()):
            connection.exec_driver_sql(statement)


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: commits at the end, rolls back on any exception.

    On SQLite it begins IMMEDIATE: a deferred transaction that turns into a writer fails with
    "database is locked" however long the timeout is.
    """
    if _writing.get():
        raise RuntimeError("a transaction is already open; pass the work down instead of nesting")
    session.remove()  # a read may have opened a deferred transaction here, and may hold stale rows
    token = _writing.set(True)
    try:
        yield session()
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.remove()
        _writing.reset(token)


def in_transaction() -> bool:
    """Whether what is written now will be committed by somebody."""
    return _writing.get()


@contextmanager
def reading() -> Iterator[Session]:
    """A short read outside a web request; gives the connection back."""
    try:
        yield session()
    finally:
        session.remove()


def _ping_idle(target: Engine) -> None:
    """Ask a connection that has been idle whether it still lives; every request would pay for asking each time."""

    @event.listens_for(target, "checkin")
    def _rest(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["rested_s"] = time.monotonic()

    @event.listens_for(target, "checkout")
    def _ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("rested_s", 0.0) > IDLE_S:
            try:
                target.dialect.do_ping(connection)
            except target.dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError from error  # the pool gives up all it has and connects anew


def _note_use(target: Engine) -> None:
    @event.listens_for(target, "checkout")
    def _lend(connection: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: object) -> None:
        _in_use.add(connection)

    @event.listens_for(target, "checkin")
    @event.listens_for(target, "close")
    def _take_back(connection: DBAPIConnection | None, _record: ConnectionPoolEntry) -> None:
        _in_use.discard(connection)


def _cut_connections() -> None:
    """End the waiting of whoever asked just before the database fell silent: nothing else would, while it hangs."""
    for connection in list(_in_use):
        try:
            with socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
        except (OSError, psycopg.Error):
            continue  # gone already
    _in_use.clear()


def _prepare_sqlite(target: Engine) -> None:
    @event.listens_for(target, "connect")
    def _pragmas(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # what we said is booked stays booked when the power goes (RP-01)
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(target, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
