"""The same place every week: clashes first, made as far ahead as the rules let, asked about, and ended by silence."""

from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial

import make
import pytest
from desks import Desks, at_clock
from racing import at_once
from sqlalchemy import select
from watching import TOKYO

from server import db
from server.bookings import jobs, series
from server.bookings.models import Booking, Series
from server.bookings.rules import State
from server.bookings.series import Plan
from server.errors import Refused
from server.places.models import ClosedDay
from server.presence.rules import StatusKind

NOW = make.at("07:05")
THURSDAY = make.THURSDAY
THURSDAYS = [THURSDAY + timedelta(weeks=n) for n in range(30)]


@pytest.fixture
def desks(database) -> Desks:
    return Desks()


def weekly(desks: Desks, weeks: int = 6, *, seat: int = 0, first: date = THURSDAY) -> Plan:
    last = first + timedelta(weeks=weeks - 1)
    return Plan(desks.seats[seat], frozenset({3}), time(8, 30), time(17, 15), first, last)


def make_series(desks: Desks, person_id: int, wanted: Plan, **more) -> int:
    with db.transaction():
        return series.make(person_id, wanted, NOW, **more)


def days(series_id: int) -> list[date]:
    """The days that a series has booked."""
    with db.reading():
        wanted = select(Booking).where(Booking.series_id == series_id).order_by(Booking.starts_at)
        rows = db.session.scalars(wanted).all()
        return [row.starts_at.astimezone(TOKYO).date() for row in rows if row.state == State.BOOKED]


def test_every_clash_is_listed_with_the_nearest_seat_before_anything_is_made(desks):
    taken = desks.book(desks.suzuki, desks.seats[0], "13:00", "14:00", day=THURSDAYS[1])
    with db.transaction():
        db.session.add(ClosedDay(building_id=desks.building, day=THURSDAYS[2], name="休館日"))

    with db.reading():
        found = series.plan(desks.sato, weekly(desks), NOW)

    assert [day.day for day in found] == [THURSDAYS[0], THURSDAYS[1], *THURSDAYS[3:6]]
    assert [day.clash.code if day.clash else None for day in found[:2]] == [None, "seat_taken"]
    assert found[1].instead.seat.code == "18A-002"
    assert [day.is_later for day in found] == [False, False, True, True, True]
    assert desks.state(taken) is State.BOOKED and days(1) == []


def test_a_series_is_made_whole_or_not_at_all(desks):
    desks.book(desks.suzuki, desks.seats[0], day=THURSDAYS[1])

    with pytest.raises(Refused) as refused:
        make_series(desks, desks.sato, weekly(desks))

    assert refused.value.code == "seat_taken"
    with db.reading():
        assert db.session.scalars(select(Series.id)).all() == []
        assert len(db.session.scalars(select(Booking.id)).all()) == 1


def test_chosen_days_are_made_with_the_seats_chosen_for_them(desks):
    desks.book(desks.suzuki, desks.seats[0], day=THURSDAYS[1])
    chosen = {THURSDAYS[0]: desks.seats[0], THURSDAYS[1]: desks.seats[1]}

    made = make_series(desks, desks.sato, weekly(desks), chosen=chosen)

    assert days(made) == THURSDAYS[:2]
    with pytest.raises(Refused) as refused:
        make_series(desks, desks.takanami, weekly(desks), chosen={THURSDAY + timedelta(days=1): desks.seats[2]})
    assert refused.value.code == "not_of_series"


def test_later_days_book_themselves_on_the_day_the_zone_lets_them_once_rp_17(desks, monkeypatch):
    made = make_series(desks, desks.sato, weekly(desks))
    assert days(made) == THURSDAYS[:3]

    for _ in range(2):
        at_clock(monkeypatch, NOW + timedelta(weeks=1))
        jobs.extend_series("main")

    assert days(made) == THURSDAYS[:4]


def test_a_day_that_was_given_back_does_not_come_again_and_absences_are_left_out(desks, monkeypatch):
    made = make_series(desks, desks.sato, weekly(desks))
    with db.reading():
        second = series.bookings_of(made, NOW)[1]
    desks.cancel(second.id, NOW)
    away = make.at("00:00", THURSDAYS[3])
    desks.say(desks.sato, StatusKind.TRIP, away, away + timedelta(days=1), NOW)

    at_clock(monkeypatch, NOW + timedelta(weeks=2))
    jobs.extend_series("main")

    assert days(made) == [THURSDAYS[0], THURSDAYS[2], THURSDAYS[4]]


def test_after_downtime_what_was_due_is_made_once_and_past_days_are_not_rp_17(desks, monkeypatch):
    made = make_series(desks, desks.sato, weekly(desks, 12))

    for _ in range(2):
        at_clock(monkeypatch, NOW + timedelta(weeks=6, hours=14))
        jobs.extend_series("main")

    assert days(made) == [*THURSDAYS[:3], THURSDAYS[7], THURSDAYS[8]]


def test_a_series_ends_from_a_day_on_or_altogether(desks):
    made = make_series(desks, desks.sato, weekly(desks))
    with db.transaction():
        assert series.end(made, desks.sato, THURSDAYS[2], NOW) == 1
    assert days(made) == THURSDAYS[:2]
    with db.reading():
        assert series.of_person(desks.sato, NOW)[0].last_day == THURSDAYS[2] - timedelta(days=1)

    with db.transaction():
        assert series.end(made, desks.sato, None, NOW) == 2

    assert days(made) == []
    with db.reading():
        assert series.of_person(desks.sato, NOW) == []


def test_a_series_changes_from_a_day_on_at_once_or_not_at_all(desks):
    made = make_series(desks, desks.sato, weekly(desks))
    desks.book(desks.suzuki, desks.seats[1], day=THURSDAYS[2])
    with pytest.raises(Refused), db.transaction():
        series.change(made, desks.sato, weekly(desks, 5, seat=1, first=THURSDAYS[1]), NOW, None)
    assert days(made) == THURSDAYS[:3]

    with db.transaction():
        changed = series.change(made, desks.sato, weekly(desks, 5, seat=2, first=THURSDAYS[1]), NOW, None)

    assert days(made) == THURSDAYS[:1]
    assert days(changed) == THURSDAYS[1:3]


def test_somebody_elses_series_is_no_series_of_mine(desks):
    made = make_series(desks, desks.sato, weekly(desks))
    for act in (
        lambda: series.end(made, desks.suzuki, None, NOW),
        lambda: series.answer(made, desks.suzuki, is_needed=True, now=NOW),
    ):
        with pytest.raises(Refused) as refused, db.transaction():
            act()
        assert (refused.value.code, refused.value.status) == ("no_series", 404)


def test_a_plan_in_place_of_somebody_elses_series_tells_as_much_as_of_none(desks):
    made = make_series(desks, desks.sato, weekly(desks))

    for of_nobody in (made, made + 1000):
        with pytest.raises(Refused) as refused, db.reading():
            series.plan(desks.suzuki, weekly(desks), NOW, but=of_nobody)
        assert (refused.value.code, refused.value.status) == ("no_series", 404)

    with db.reading():
        assert series.plan(desks.sato, weekly(desks), NOW, but=made)[0].clash is None


def test_nobody_has_more_series_than_there_may_be_however_many_are_made_at_once(desks, monkeypatch):
    monkeypatch.setattr(series, "MOST", 2)
    first = THURSDAY + timedelta(weeks=1)
    wanted = [
        replace(weekly(desks, 1, seat=n % 4, first=first), starts=time(9 + n), ends=time(10 + n)) for n in range(6)
    ]

    told = at_once([partial(make_series, desks, desks.sato, one) for one in wanted])

    assert sorted(told) == ["done"] * 2 + ["too_many_series"] * 4
    with db.reading():
        assert len(series.of_person(desks.sato, NOW)) == 2


def ask(monkeypatch, weeks: int, days: int = 0) -> list[int]:
    at_clock(monkeypatch, NOW + timedelta(weeks=weeks, days=days))
    jobs.extend_series("main")
    jobs.ask_for_series("main")
    with db.reading():
        return list(db.session.scalars(select(Series.id).where(Series.asked_at.is_not(None), ~Series.is_over)))


def test_whether_it_is_still_needed_is_asked_after_eight_weeks_and_two_weeks_before_the_end(desks, monkeypatch):
    made = make_series(desks, desks.sato, weekly(desks, 26))
    assert ask(monkeypatch, 7, 6) == []
    assert ask(monkeypatch, 8) == [made]
    with db.transaction():
        assert series.answer(made, desks.sato, is_needed=True, now=NOW + timedelta(weeks=8)) == THURSDAYS[25]
    assert ask(monkeypatch, 15, 6) == []
    with db.transaction():
        series.answer(made, desks.sato, is_needed=True, now=NOW + timedelta(weeks=16))
    assert ask(monkeypatch, 22, 6) == []
    assert ask(monkeypatch, 23) == [made]

    with db.transaction():
        last_day = series.answer(made, desks.sato, is_needed=True, now=NOW + timedelta(weeks=23))

    assert last_day == THURSDAYS[25] + timedelta(weeks=8)


def test_a_week_of_silence_ends_what_is_ahead(desks, monkeypatch):
    made = make_series(desks, desks.sato, weekly(desks, 26))
    assert ask(monkeypatch, 8) == [made]
    assert ask(monkeypatch, 8, 6) == [made]
    held = len(days(made))

    assert ask(monkeypatch, 9) == []

    assert len(days(made)) < held
    with db.reading():
        assert series.of_person(desks.sato, NOW + timedelta(weeks=9)) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weekdays": frozenset()}, "no_weekday"),
        ({"weekdays": frozenset({5})}, "no_day"),
        ({"last_day": THURSDAY - timedelta(days=1)}, "bad_term"),
        ({"first_day": THURSDAY - timedelta(weeks=1)}, "past"),
        ({"last_day": THURSDAY + timedelta(days=400)}, "too_far"),
        ({"seat_id": 99999}, "no_seat"),
    ],
)
def test_a_plan_without_sense_is_refused_with_a_sentence(desks, change, code):
    wanted = weekly(desks)
    given = {name: getattr(wanted, name) for name in Plan.__slots__} | change
    with pytest.raises(Refused) as refused, db.reading():
        series.plan(desks.sato, Plan(**given), NOW)
    assert refused.value.code == code
