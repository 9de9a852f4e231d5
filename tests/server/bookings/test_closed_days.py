"""Holidays and the city's own days, for everything that gives out seats."""

from datetime import date, datetime, time, timedelta

import make
import pytest
from desks import Desks, at_clock
from sqlalchemy import func, select
from watching import TOKYO

from server import changes, clock, db
from server.bookings import house, jobs, series, waits
from server.bookings.house import Scope
from server.bookings.models import Booking
from server.bookings.rules import State
from server.bookings.series import Plan
from server.changes import Thing
from server.errors import Refused
from server.people.rules import Viewer
from server.places import queries as places
from server.places import service
from server.seating import building_day, find_search, lottery_jobs, lottery_round
from server.seating.find import Wishes
from server.seating.find_search import Asked
from server.seating.models import Draw

PUBLIC = [
    pytest.param(date(2026, 11, 23), id="a holiday"),
    pytest.param(date(2027, 3, 22), id="a substitute for a Sunday"),
    pytest.param(date(2026, 9, 22), id="a day between two holidays"),
    pytest.param(date(2026, 12, 29), id="29 December"),
    pytest.param(date(2026, 12, 31), id="31 December"),
    pytest.param(date(2028, 1, 3), id="3 January"),
]
MONDAY_AFTER = date(2027, 1, 4)  # the year end of 2026: 29 December is a Tuesday, 2 and 3 January a weekend


@pytest.fixture
def desks(database) -> Desks:
    return Desks()


def own_day(desks: Desks, *days: date, is_open: bool = False) -> None:
    """The city says that it differs on these days."""
    with db.transaction():
        service.set_exceptions(desks.building, dict.fromkeys(days, ("市の定める日", is_open)))
        changes.record(Thing.FLOOR, desks.floor, clock.now())


def work_on_holidays(desks: Desks) -> None:
    with db.transaction():
        service.set_hours(desks.building, "07:00", "20:00", keeps_holidays=False)


def draw_at_three(desks: Desks) -> None:
    """A house rule of 18A from the first day on."""
    with db.transaction():
        zone = next(one for one in places.zones(desks.floor, make.DAY) if one.id == desks.zone)
        scope = Scope(desks.building, places.floor(desks.floor), zone)
        settings = {"draws_at": time(15), "ahead_days": 14}
        house.set_rule(scope, None, make.DAY, settings, "庶務担当", make.DAY, make.at("07:00", make.DAY))


def morning_before(day: date) -> datetime:
    return make.at("07:00", day - timedelta(days=1))


def refused(desks: Desks, day: date) -> str:
    with pytest.raises(Refused) as caught:
        desks.book(desks.sato, desks.seats[0], day=day, now=morning_before(day))
    return caught.value.code


def found(desks: Desks, day: date) -> int:
    """How many seats a search finds for that morning."""
    asked = Asked(make.at("09:00", day), make.at("12:00", day), Wishes())
    with db.reading():
        on = building_day.read("main", day)
        on.refresh()
        viewer = Viewer(desks.sato, frozenset({desks.section}))
        return len(find_search.search(desks.sato, viewer, asked, on, morning_before(day)).found)


@pytest.mark.parametrize("day", PUBLIC)
def test_on_a_public_holiday_and_at_the_turn_of_the_year_no_seat_is_booked_found_or_waited_for(desks, day):
    assert refused(desks, day) == "closed_day"
    with pytest.raises(Refused) as caught:
        found(desks, day)
    assert caught.value.code == "closed_day"
    with db.reading():
        floor = places.floor(desks.floor)
    with pytest.raises(Refused) as caught, db.transaction():
        waits.ask(desks.sato, floor, make.at("09:00", day), make.at("12:00", day), morning_before(day))
    assert caught.value.code == "closed_day"


@pytest.mark.parametrize("day", PUBLIC)
def test_a_building_that_works_on_holidays_gives_out_its_seats_then(desks, day):
    work_on_holidays(desks)

    assert found(desks, day) == 6
    assert desks.state(desks.book(desks.sato, desks.seats[0], day=day, now=morning_before(day))) is State.BOOKED


def test_a_citys_own_day_closes_a_working_day_and_opens_a_holiday(desks):
    holiday, working = date(2026, 11, 23), date(2026, 11, 24)
    own_day(desks, working)
    assert refused(desks, working) == "closed_day"
    own_day(desks, holiday, is_open=True)

    assert found(desks, holiday) == 6
    assert desks.state(desks.book(desks.sato, desks.seats[0], day=holiday, now=morning_before(holiday))) is State.BOOKED
    assert desks.state(desks.book(desks.suzuki, desks.seats[1], day=working, now=morning_before(working)))


def test_a_weekly_series_leaves_out_holidays_and_the_citys_own_days(desks):
    """Mondays from 14 December on, after which the year ends, until the Monday of a substitute holiday in spring."""
    first, last = date(2026, 12, 14), date(2027, 3, 29)
    own_day(desks, date(2027, 2, 1))

    with db.reading():
        wanted = Plan(desks.seats[0], frozenset({0}), time(8, 30), time(17, 15), first, last)
        days = [one.day for one in series.plan(desks.sato, wanted, make.at("07:05", date(2026, 12, 10)))]

    mondays = {first + timedelta(weeks=n) for n in range(16)}
    left_out = {date(2027, 1, 11), date(2027, 2, 1), date(2027, 3, 22)}  # 成人の日, the city's own, for 春分の日
    assert days == sorted(mondays - left_out)


def test_a_series_that_grows_meets_no_holiday_that_was_an_open_day_when_it_was_made(desks, monkeypatch):
    thursdays = [make.THURSDAY + timedelta(weeks=n) for n in range(5)]
    with db.transaction():
        wanted = Plan(desks.seats[0], frozenset({3}), time(8, 30), time(17, 15), thursdays[0], thursdays[-1])
        series.make(desks.sato, wanted, make.at("07:05"))
    own_day(desks, thursdays[3])
    at_clock(monkeypatch, make.at("07:05", thursdays[2]))

    jobs.extend_series("main")

    with db.reading():
        starts = db.session.scalars(select(Booking.starts_at).order_by(Booking.starts_at)).all()
    assert [one.astimezone(TOKYO).date() for one in starts] == [*thursdays[:3], thursdays[4]]


@pytest.mark.parametrize(
    ("today", "next_day"),
    [
        (date(2026, 11, 20), date(2026, 11, 24)),  # over a weekend and 勤労感謝の日
        (date(2027, 3, 19), date(2027, 3, 23)),  # over the substitute for 春分の日
        (date(2026, 9, 18), date(2026, 9, 24)),  # over a day between two holidays
        (date(2026, 12, 28), MONDAY_AFTER),
    ],
    ids=str,
)
def test_the_lotterys_tomorrow_is_the_next_day_on_which_the_city_works(desks, monkeypatch, today, next_day):
    draw_at_three(desks)
    at_clock(monkeypatch, make.at("15:00", today))

    lottery_jobs.draw_by_rule("main")

    with db.reading():
        assert db.session.scalars(select(Draw.day).distinct()).all() == [next_day]
        assert db.session.scalar(select(func.count()).select_from(Booking)) == 3


def test_the_lotterys_tomorrow_passes_over_the_citys_own_days(desks):
    own_day(desks, MONDAY_AFTER, MONDAY_AFTER + timedelta(days=1))

    with db.reading():
        opening = places.opening(places.buildings()[0])

    assert lottery_round.next_day(opening, date(2026, 12, 28)) == MONDAY_AFTER + timedelta(days=2)


@pytest.mark.parametrize("day", [MONDAY_AFTER - timedelta(days=n) for n in range(1, 7)], ids=str)
def test_nothing_is_drawn_on_a_day_on_which_the_building_is_closed(desks, monkeypatch, day):
    draw_at_three(desks)
    at_clock(monkeypatch, make.at("15:00", day))

    lottery_jobs.draw_by_rule("main")

    with db.reading():
        assert db.session.scalar(select(func.count()).select_from(Draw)) == 0
