"""On which days the demo's hall works, whenever somebody starts it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server import db
from server.demo.days import close_days, month_before, next_days, stay_awake
from server.places import queries as places
from server.places import service
from server.places.rules import Opening

TOKYO = ZoneInfo("Asia/Tokyo")
STARTS = [
    pytest.param(datetime(2026, 11, 29, 10, tzinfo=TOKYO), id="a Sunday"),
    pytest.param(datetime(2027, 1, 1, 0, 10, tzinfo=TOKYO), id="New Year"),
    pytest.param(datetime(2026, 5, 3, 8, 20, tzinfo=TOKYO), id="a week of holidays"),
    pytest.param(datetime(2026, 11, 24, 13, tzinfo=TOKYO), id="a Tuesday"),
]


def started(now: datetime) -> Opening:
    """The opening of a hall whose demo starts now."""
    with db.transaction():
        building_id = service.add_building("demo", "本庁舎", opens_at="00:00", closes_at="24:00")
        building = next(one for one in places.buildings() if one.id == building_id)
        close_days(building, now)
        stay_awake(building, now)
        return places.opening(building)


@pytest.mark.parametrize("now", STARTS)
def test_the_hall_is_open_when_the_demo_starts_and_for_all_of_its_day(database, now):
    opening = started(now)

    assert all(opening.is_open(now + timedelta(hours=n)) for n in range(12))


@pytest.mark.parametrize("now", STARTS)
def test_weekends_holidays_and_one_day_of_the_citys_own_are_closed_ahead(database, now):
    opening = started(now)
    ahead = [now.date() + timedelta(days=n) for n in range(2, 22)]

    assert not [day for day in ahead if day.weekday() >= 5 and opening.is_open_on(day)]
    (closed,) = (day for day, is_open in opening.exceptions.items() if not is_open and day > now.date())
    assert closed in ahead and closed not in next_days(opening, now.date())


def test_a_demo_started_again_on_a_closed_day_opens_that_day_too(database):
    now = datetime(2026, 11, 24, 9, tzinfo=TOKYO)
    started(now)
    with db.transaction():
        building = places.buildings()[0]
        stay_awake(building, now + timedelta(days=4))
        opening = places.opening(building)

    assert opening.is_open_on(date(2026, 11, 28)) and not opening.is_open_on(date(2026, 11, 29))


def test_months_are_counted_over_the_turn_of_the_year():
    assert [month_before(date(2027, 2, 28), n) for n in (0, 2, 15)] == [
        date(2027, 2, 1), date(2026, 12, 1), date(2025, 11, 1),
    ]  # fmt: skip
