"""An office whose search a test turns by hand."""

from collections.abc import Callable

import pytest
from flask import Flask
from watching import Office

from server import clock
from server.directory.search import Search


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Office:
    """The office in the test's database."""
    if "database" not in request.fixturenames:
        request.getfixturevalue("sqlite")
    return Office()


@pytest.fixture
def turn(app: Flask, office: Office) -> Callable[[], None]:
    """Read what has changed, once now and again whenever the test says so."""

    def read() -> None:
        search: Search = app.extensions["iruka.search"]
        search.feed.turn(clock.now())
        search.refresh()

    read()
    return read
