"""Whose badge may be read at a given minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.ingest.gate import Hours, gate
from server.people.rules import Choices
from server.presence.rules import Barred

TOKYO = ZoneInfo("Asia/Tokyo")
NINE = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)  # nine o'clock in Tokyo


def willing(person_id: int, **choices) -> Choices:
    return Choices(person_id, notice_read=True, **choices)


def test_whoever_read_the_notice_may_be_recorded_and_nobody_else_p2():
    found = gate([1, 2, 3], {1: willing(1), 2: Choices(2)}, {}, NINE, TOKYO)

    assert found.barred == {2: Barred.NOTICE, 3: Barred.NOTICE}


def test_a_pause_ends_by_itself_p5():
    choices = {1: willing(1, paused=True, paused_until=NINE + timedelta(minutes=15))}

    during = gate([1], choices, {}, NINE, TOKYO)
    after = gate([1], choices, {}, during.until, TOKYO)

    assert during.barred == {1: Barred.PAUSED}
    assert during.until == NINE + timedelta(minutes=15)
    assert after.barred == {}


def test_outside_their_own_hours_people_are_not_read_p7():
    part_time = Hours(time(9, 30), time(15, 0))

    early = gate([1], {1: willing(1)}, {1: part_time}, NINE, TOKYO)
    at_work = gate([1], {1: willing(1)}, {1: part_time}, early.until, TOKYO)
    gone = gate([1], {1: willing(1)}, {1: part_time}, at_work.until, TOKYO)

    assert early.barred == {1: Barred.SCHEDULE}
    assert at_work.barred == {}
    assert at_work.until == NINE + timedelta(hours=6)
    assert gone.barred == {1: Barred.SCHEDULE}
    assert gone.until == NINE + timedelta(hours=15)


def test_a_night_shift_goes_over_midnight_p7():
    night = Hours(time(22, 0), time(6, 0))

    assert night.covers(time(23, 0))
    assert night.covers(time(5, 59))
    assert not night.covers(time(6, 0))
