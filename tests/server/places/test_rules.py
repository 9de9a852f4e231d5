"""When a building is open and what a zone's outline must be."""

from datetime import date, timedelta

import make
import pytest

from server.errors import Refused
from server.places import rules

SQUARE = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]
L_SHAPE = [[0, 0], [4, 0], [4, 1], [1, 1], [1, 4], [0, 4]]
TO_THE_EDGE = [[-0.5, -0.5], [48.5, 0], [48, 32.5]]  # half a metre is how well plans are drawn
THURSDAY = date(2026, 11, 19)


def opening(opens_at="07:00", closes_at="20:00", weekdays="01234", exceptions=None, **more) -> rules.Opening:
    return rules.opening("Asia/Tokyo", opens_at, closes_at, weekdays, exceptions or {}, **more)


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [("06:59:59", False), ("07:00", True), ("12:00", True), ("19:59:59", True), ("20:00", False), ("23:00", False)],
)
def test_the_start_belongs_to_the_hours_and_the_end_does_not_p7(clock, is_open):
    assert opening().is_open(make.at(clock)) is is_open


def test_a_day_is_a_day_of_the_building_p7():
    """08:00 on Monday in Tokyo is 23:00 on Sunday in UTC."""
    monday = THURSDAY + timedelta(days=4)
    sunday = THURSDAY + timedelta(days=3)

    assert opening().is_open(make.at("08:00", monday))
    assert not opening().is_open(make.at("08:00", sunday))


def test_a_holiday_closes_and_an_extra_day_opens_p7():
    saturday = THURSDAY + timedelta(days=2)
    hours = opening(exceptions={THURSDAY: False, saturday: True})

    assert not hours.is_open(make.at("10:00", THURSDAY))
    assert hours.is_open(make.at("10:00", saturday))
    assert not hours.is_open(make.at("21:00", saturday))


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 9, 21), False),  # 敬老の日
        (date(2026, 9, 22), False),  # a people's holiday: it lies between two holidays
        (date(2026, 9, 23), False),  # 秋分の日
        (date(2026, 9, 24), True),
        (date(2027, 3, 22), False),  # for 春分の日, a Sunday
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2027, 1, 1), False),
        (date(2028, 1, 3), False),
        (date(2028, 1, 4), True),
    ],
)
def test_holidays_and_the_turn_of_the_year_are_closed_unless_the_building_says_otherwise_p7(day, is_open):
    keeping, working = opening(keeps_holidays=True), opening(keeps_holidays=False)

    assert keeping.is_open_on(day) is is_open
    assert working.is_open_on(day)


def test_a_citys_own_day_counts_more_than_a_holiday_p7():
    holiday = date(2026, 9, 22)

    assert opening(exceptions={holiday: True}, keeps_holidays=True).is_open_on(holiday)


def test_a_building_that_closes_at_midnight_is_open_to_the_last_second():
    around_the_clock = opening("00:00", "24:00", "0123456")

    assert all(around_the_clock.is_open(make.at(clock)) for clock in ("00:00", "12:00", "23:59:59"))


def test_no_weekday_means_never_open():
    assert not any(opening(weekdays="").is_open(make.at("10:00", THURSDAY + timedelta(days=n))) for n in range(7))


@pytest.mark.parametrize(
    "polygon", [SQUARE, L_SHAPE, [[-0.5, -0.5], [48.5, 0], [48, 32.5]]], ids=["square", "L", "rim"]
)
def test_a_zone_on_the_floor_is_accepted(polygon):
    rules.check_polygon(polygon, 48.0, 32.0)


@pytest.mark.parametrize(
    ("polygon", "says"),
    [
        ([], "at least three corners"),
        ([[0, 0], [4, 0]], "at least three corners"),
        ([[0, 0], [49, 0], [4, 4]], "lies outside the floor"),
        ([[0, 0], [4, 0], [4, -1]], "lies outside the floor"),
        ([[0, 0], [float("nan"), 0], [4, 4]], "lies outside the floor"),
        ([[0, 0], [4, 0], [8, 0]], "less than half a square metre"),
        ([[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]], "less than half a square metre"),
    ],
    ids=["none", "two corners", "too far", "above", "no number", "a line", "too small"],
)
def test_an_outline_that_will_not_do_is_refused_in_a_sentence(polygon, says):
    with pytest.raises(Refused, match=says) as refused:
        rules.check_polygon(polygon, 48.0, 32.0)

    assert (refused.value.code, refused.value.status) == ("bad_zone", 422)


def test_an_area_does_not_depend_on_the_direction_of_its_corners():
    assert rules.area_m2(SQUARE) == rules.area_m2(SQUARE[::-1]) == 16.0
    assert rules.area_m2(L_SHAPE) == 7.0
