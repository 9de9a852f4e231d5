"""Migrations make exactly the tables that the models describe, on both databases."""

import postgres
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import migrations.tables  # noqa: F401
from migrations.upgrade import upgrade
from server import db


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(Config("migrations/alembic.ini")).get_heads()) == 1


def test_migrations_reach_the_models(database):
    with db.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.Base.metadata)

    assert differences == []


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """A database without any table, once on each kind."""
    if request.param == "sqlite":
        db.connect(f"sqlite:///{tmp_path / 'empty.db'}")
        yield
        db.disconnect()
        return
    if postgres.missing():
        pytest.skip("PostgreSQL's initdb and postgres were not found")
    server = request.getfixturevalue("postgres_server")
    db.connect(server.create("empty_iruka"))
    yield
    db.disconnect()
    server.drop("empty_iruka")


def test_memos_and_what_the_jobs_did_outlive_the_third_migration(empty):
    upgrade("0002")
    with db.engine().begin() as connection:
        for statement in (
            "INSERT INTO unit (id, code, name, name_en, kana, kind, sort, valid_from)"
            " VALUES (1, 'U1', '財政課', '', '', 'section', 0, '2026-04-01')",
            "INSERT INTO memo (unit_id, caller, number, matter, wish, urgency, taken_by_name, taken_at, is_seen,"
            " handled_by_name)"
            " VALUES (1, '川崎商事', '', '', 'call_back', 'normal', '田中', '2026-11-19 01:00:00', true, '')",
            "INSERT INTO retention_run (job, at, deleted)"
            " VALUES ('forget look-ups older than a year', '2026-11-19 18:00:00', 7)",
        ):
            connection.execute(text(statement))

    upgrade()

    with db.engine().connect() as connection:
        assert connection.execute(text("SELECT job, deleted FROM retention_run")).all() == [("forget old look-ups", 7)]
        assert connection.execute(text("SELECT caller, unit_id FROM memo")).all() == [("川崎商事", 1)]
        assert connection.execute(text("SELECT count(*) FROM retention_term")).scalar() == 0
