"""Sitting beside each other: how many may be asked, whoever asks in the same moment."""

from functools import partial

import make
from floor_with_seats import FloorWithSeats
from racing import at_once

from server import db
from server.seating import companions
from server.seating import lottery_queries as queries
from server.seating.lottery import Together


def test_nobody_has_more_neighbours_than_there_may_be_however_many_are_asked_at_once(database, monkeypatch):
    monkeypatch.setattr(companions, "MOST_PAIRINGS", 2)
    office = FloorWithSeats()
    with db.transaction():
        others = [make.person(unit_id=office.section) for _ in range(6)]

    def ask(other: int) -> None:
        with db.transaction():
            companions.ask(office.suzuki, other, Together.TOGETHER, 4, make.DAY)

    told = at_once([partial(ask, other) for other in others])

    assert sorted(told) == ["done"] * 2 + ["too_many_pairings"] * 4
    with db.reading():
        assert len(queries.pairings_of(office.suzuki, make.DAY)) == 2
