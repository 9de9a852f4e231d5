"""The pages of one's own seats."""

import re
from datetime import timedelta

import make
import pytest
from desks import Desks, at_clock
from watching import TOKYO

from server import db
from server.bookings import queries


@pytest.fixture
def desks(app, monkeypatch) -> Desks:
    made = Desks()
    at_clock(monkeypatch, make.at("07:05"))
    return made


WEEKLY = {
    "seat": "18A-001",
    "from": "08:30",
    "to": "12:00",
    "first_day": make.THURSDAY.isoformat(),
    "last_day": (make.THURSDAY + timedelta(weeks=1)).isoformat(),
    "weekday": "3",
}


def test_a_weekly_seat_is_planned_and_the_ticked_days_are_booked(desks, signed_in):
    desks.book(desks.suzuki, desks.seats[0], "09:00", "10:00", day=make.THURSDAY + timedelta(weeks=1))
    visitor = signed_in(person_id=desks.sato)
    planned = visitor.send("/seats/series/plan", **WEEKLY)
    boxes = re.findall(r'name="on" value="([^"]+)"( checked)?', planned.text)

    made = visitor.send("/seats/series", **WEEKLY, on=[value for value, _checked in boxes])

    assert [bool(checked) for _value, checked in boxes] == [True, False]
    assert made.status_code == 302
    with db.reading():
        booked = queries.of_person(desks.sato, make.at("00:00"), make.at("00:00") + timedelta(weeks=3))
    assert [(one.starts_at.astimezone(TOKYO).date(), one.seat_id) for one in booked] == [
        (make.THURSDAY, desks.seats[0]),
        (make.THURSDAY + timedelta(weeks=1), desks.seats[1]),
    ]


@pytest.mark.parametrize(
    "bad",
    [{"to": "08:30"}, {"from": "12:15"}, {"from": "08:37"}, {"last_day": "2026-01-01"}, {"weekday": "9"}],
    ids=str,
)
def test_a_weekly_plan_that_makes_no_sense_is_one_sentence_and_no_list_of_clashes(desks, signed_in, bad):
    answer = signed_in(person_id=desks.sato).send("/seats/series/plan", **WEEKLY | bad)

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert "plan-table" not in answer.text


def test_who_has_a_seat_today_reads_what_to_do_before_going(desks, signed_in):
    desks.book(desks.sato, desks.seats[0])

    page = signed_in(person_id=desks.sato).get("/seats").text

    assert "17:15までに机の上を片付けて" in page and 'href="/zones/18A/rules"' in page
    assert "end-of-day" not in signed_in(person_id=desks.suzuki).get("/seats").text
