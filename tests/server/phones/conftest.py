"""An office with numbers, and browsers of its people."""

from collections.abc import Callable

import pytest
from exchange import Exchange
from flask import Flask
from visitor import Visitor

from server.people.rules import Role


@pytest.fixture
def exchange(app: Flask) -> Exchange:
    """The office, on the application's database."""
    return Exchange()


@pytest.fixture
def sato(exchange: Exchange, signed_in: Callable[..., Visitor]) -> Visitor:
    """The browser of 佐藤, who works in 財政課."""
    return signed_in(person_id=exchange.sato)


@pytest.fixture
def tanaka(exchange: Exchange, signed_in: Callable[..., Visitor]) -> Visitor:
    """The browser of 田中, who works elsewhere."""
    return signed_in(person_id=exchange.stranger)


@pytest.fixture
def clerk(exchange: Exchange, signed_in: Callable[..., Visitor]) -> Visitor:
    """The browser of 佐藤, who looks after the Finance Bureau's numbers."""
    return signed_in(Role.SECTION_ADMIN, person_id=exchange.sato)


@pytest.fixture
def operator(exchange: Exchange, signed_in: Callable[..., Visitor]) -> Visitor:
    """A system administrator's browser."""
    return signed_in(Role.SYSTEM_ADMIN)
