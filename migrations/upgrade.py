"""Bring a connected database to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from server import db


def upgrade(revision: str = "head") -> None:
    """Run every missing migration on the database `server.db` is connected to."""
    config = Config(str(Path(__file__).with_name("alembic.ini")))
    with db.engine().connect() as connection, _foreign_keys_off(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew; with foreign keys on, dropping the old one would empty its children."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection  # before any BEGIN, inside which the pragma does nothing
    if raw is None:
        raise RuntimeError("the database connection is gone")
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        broken = raw.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration left {len(broken)} rows that refer to nothing, first in {broken[0][0]}")
    finally:
        raw.execute("PRAGMA foreign_keys=ON")
