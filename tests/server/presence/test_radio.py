"""How the sensors are, as the rule of "where now" takes it."""

import make
import pytest
from flask import Flask
from watching import Office

from server import clock, db
from server.presence.fusion import WELL, Radio
from server.presence.radio import radio_at, radio_of

FLOORS = {"17": 1, "18": 2}


@pytest.mark.parametrize(
    ("reasons", "radio"),
    [
        ((), WELL),
        (("background",), Radio(is_down=True)),
        (("broker",), Radio(is_down=True)),
        (("database", "receivers:18"), Radio(is_down=True, silent_floor_ids=frozenset({2}))),
        (("receivers:17", "receivers:99"), Radio(silent_floor_ids=frozenset({1}))),
    ],
)
def test_the_radio_is_down_or_silent_on_floors(reasons: tuple[str, ...], radio: Radio) -> None:
    assert radio_of(reasons, FLOORS) == radio


def test_the_radio_of_the_house_is_what_its_receivers_are(database: str, app: Flask) -> None:
    del app
    office = Office()
    with db.reading():
        assert radio_at(clock.now()) == WELL
    with db.transaction():
        make.receiver(office.floor)
    with db.reading():
        assert radio_at(clock.now()) == Radio(silent_floor_ids=frozenset({office.floor}))
    office.beat(broker_connected=False)
    with db.reading():
        assert radio_at(clock.now()) == Radio(is_down=True)
