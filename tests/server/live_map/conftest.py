"""A live map that a test turns by hand, and readers of its streams."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from visitor import Visitor
from watching import Office, Reader

from server import clock
from server.live_map.feed import Feed


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Office:
    """The office in the test's database."""
    if "database" not in request.fixturenames:
        request.getfixturevalue("sqlite")
    return Office()


@pytest.fixture
def feed(app: Flask, office: Office) -> Feed:
    """The map after its first reading; it reads again when the test says so."""
    found: Feed = app.extensions["iruka.feed"]
    found.turn(clock.now())
    return found


@pytest.fixture
def watch(app: Flask, feed: Feed) -> Iterator[Callable[..., Reader]]:
    """`watch(visitor, "/api/v1/stream?floor=18")`: an open stream, of which the greeting has been read."""
    opened: list[Reader] = []

    def open_stream(visitor: Visitor, path: str = "/api/v1/stream?floor=18", last_id: int | None = None) -> Reader:
        reader = Reader(app, visitor, path, last_id)
        assert reader.response.status_code == 200, reader.response.text
        if last_id is None:
            reader.read()
        opened.append(reader)
        return reader

    yield open_stream
    for reader in opened:
        reader.close()
