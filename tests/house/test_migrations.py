"""Migrations make exactly the tables that the models describe, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import migrations.tables  # noqa: F401
from server import db


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(Config("migrations/alembic.ini")).get_heads()) == 1


def test_migrations_reach_the_models(database):
    with db.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.Base.metadata)

    assert differences == []
