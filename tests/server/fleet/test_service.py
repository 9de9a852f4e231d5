"""What the fleet's service writes down."""

from datetime import date

import make

from server import db
from server.fleet import queries, service

TODAY, TOMORROW = date(2026, 11, 19), date(2026, 11, 20)


def test_counts_add_up_and_begin_anew_with_the_day_of_the_building(database):
    for now, day, n in (
        (make.at("09:00"), TODAY, 2),
        (make.at("10:00"), TODAY, 3),
        (make.at("08:00", TOMORROW), TOMORROW, 4),
    ):
        with db.transaction():
            service.add_counts({("future", "RX-1"): n, ("accepted", ""): 1}, now, day)

    with db.reading():
        found = {count.kind: count for count in queries.counts()}
    assert (found["future"].count, found["future"].last_at) == (9, make.at("08:00", TOMORROW))
    assert [found["future"].on(day) for day in (TODAY, TOMORROW, date(2026, 11, 21))] == [0, 4, 0]
    assert (found["accepted"].count, found["accepted"].on(TOMORROW)) == (3, 1)
