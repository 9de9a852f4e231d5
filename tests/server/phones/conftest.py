"""An office with numbers, and browsers of its people."""

from collections.abc import Callable

import pytest
from exchange import Exchange
from flask import Flask
from visitor import Visitor


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
