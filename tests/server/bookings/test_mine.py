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


def test_the_days_that_will_book_themselves_are_named(desks, signed_in):
    last = make.THURSDAY + timedelta(weeks=4)
    planned = signed_in(person_id=desks.sato).send("/seats/series/plan", **WEEKLY | {"last_day": last.isoformat()}).text

    later = re.search(r'<details class="series-later">(.*?)</details>', planned, re.S)
    assert later is not None
    named = re.findall(r"<li>(.*?)</li>", later[1])
    assert named[-1] == f"{last.month}月{last.day}日(木)" and len(named) == 2
    assert f">{named[-1]}</label>" not in planned


def test_the_form_of_a_weekly_seat_begins_with_what_led_to_it_and_suggests_the_seats_of_my_zones(desks, signed_in):
    visitor = signed_in(person_id=desks.sato)
    with db.transaction():
        alien = make.zone(desks.floor, "18C", x_m=34)
        make.seat(alien, "18C-001", x_m=35)
    asked = {"seat": "18B-002", "from": "13:00", "to": "15:00", "first_day": make.THURSDAY.isoformat(), "weekday": "3"}
    page = visitor.get("/seats/series", query_string=asked).text

    assert 'value="18B-002"' in page and '<option value="13:00" selected>' in page
    assert '<option value="15:00" selected>' in page and 'name="weekday" value="3" checked' in page
    suggested = re.findall(r'<option value="([^"]+)"></option>', page)
    assert suggested == ["18A-001", "18A-002", "18A-003", "18A-004", "18B-001", "18B-002"]
    listed = visitor.get("/seats/free", query_string={"floor": "18", "day": make.THURSDAY.isoformat(), "from": "09:00"})
    assert "/seats/series?seat=18A-001&amp;" in listed.text and "weekday=3" in listed.text


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
