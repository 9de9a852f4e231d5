"""Databases to test on: SQLite in a file, and a throw-away PostgreSQL with one database a test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import make
import postgres
import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from visitor import Visitor

from migrations.upgrade import upgrade
from server import db
from server.app import create_app
from server.people.rules import Role


class _Compiled(BytecodeCache):
    """Templates compiled once a process, whichever application of the tests shows them."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._codes:
            bucket.bytecode_from_string(self._codes[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    db.connect(f"sqlite:///{file}")
    upgrade()
    with db.engine().connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.disconnect()
    return file


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server of our own with a migrated template database."""
    with postgres.server() as server:
        url = server.create("template_iruka")
        db.connect(url)
        upgrade()
        db.disconnect()
        yield server


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite database."""
    file = tmp_path / "iruka.db"
    file.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh migrated PostgreSQL database."""
    if postgres.missing():
        if os.environ.get("IRUKA_TEST_REQUIRE_PG") == "1":
            pytest.fail("PostgreSQL's initdb and postgres were not found, and IRUKA_TEST_REQUIRE_PG=1 asks for them")
        pytest.skip("PostgreSQL's initdb and postgres were not found")
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name, url = server.copy("template_iruka")
    yield url
    db.disconnect()
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The session bound to a fresh migrated database, once on each kind; yields its URL."""
    url: str = request.getfixturevalue(f"{'sqlite' if request.param == 'sqlite' else 'postgres'}_url")
    db.connect(url)
    yield url
    db.disconnect()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[str]:
    """The session bound to a fresh migrated SQLite database, where the kind cannot matter; yields its URL."""
    db.connect(sqlite_url)
    yield sqlite_url
    db.disconnect()


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    """The web application on the test's database: on `database` when the test asks for it, else on SQLite."""
    url = request.getfixturevalue("database" if "database" in request.fixturenames else "sqlite")
    made = create_app(make.settings(url, tmp_path))
    made.test_client_class = Visitor
    made.jinja_env.bytecode_cache = _compiled
    return made


@pytest.fixture
def client(app: Flask) -> Visitor:
    """A browser that nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def signed_in(app: Flask) -> Callable[..., Visitor]:
    """`signed_in(role, person_id=…)`: a browser with a session of a new account, as after the sign-in page."""

    def sign_in(role: Role = Role.STAFF, person_id: int | None = None, account_id: int | None = None) -> Visitor:
        visitor: Visitor = app.test_client()
        visitor.take_session(make.session(role, person_id, account_id))
        return visitor

    return sign_in
