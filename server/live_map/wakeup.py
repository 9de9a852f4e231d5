"""Waiting for the outbox: told by PostgreSQL, or a short nap on SQLite."""

import threading

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from server import db
from server.changes import CHANNEL

POLL_S = 0.25  # SQLite cannot tell; an empty look costs some 60 µs
LISTEN_S = 1.0  # a notification may be lost with its connection: look at least this often


class Wakeup:
    """Returns from `wait` when something has changed, or after a moment; holds one connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._listens = engine.dialect.name == "postgresql"
        self._connection: psycopg.Connection | None = None
        self._interrupted = threading.Event()

    def wait(self) -> None:
        """Until something changed or the time is up; never raises."""
        connection = self._connected() if self._listens else None
        if connection is None:
            self._interrupted.wait(POLL_S)
            return
        try:
            for _ in connection.notifies(timeout=LISTEN_S, stop_after=1):
                pass
        except psycopg.Error:
            self.close()
            self._interrupted.wait(POLL_S)

    def interrupt(self) -> None:
        """Let `wait` return soon from now on."""
        self._interrupted.set()

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection | None:
        if self._connection is not None:
            return self._connection
        url = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            self._connection = psycopg.connect(url, autocommit=True, **db.LIVELINESS)
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        except psycopg.Error:
            self.close()
            return None
        return self._connection
