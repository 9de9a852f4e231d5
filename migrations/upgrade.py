"""Bring a connected database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from server import db


def upgrade(revision: str = "head") -> None:
    """Run every missing migration on the database `server.db` is connected to."""
    config = Config(str(Path(__file__).with_name("alembic.ini")))
    with db.engine().connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
