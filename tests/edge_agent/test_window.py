"""From packets to sightings, and the hours outside which nothing is read."""

from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean, pvariance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import wire
from edge_agent.window import MOST_TAGS, Window, is_open


def opened() -> Window:
    window = Window()
    window.close(0.0, is_open=True)
    return window


def test_a_window_says_of_each_tag_how_often_how_loud_and_how_long_ago():
    window = opened()
    for at_s, level in ((10.0, -60), (10.5, -70), (10.25, -65)):
        window.add("s-1-1", level, at_s)
    window.add("s-1-2", -80, 10.75)

    rows = window.close(11.0, is_open=True)

    assert rows == (
        wire.Sighting("s-1-1", 3, -65.0, 16.67, -60.0, 500),
        wire.Sighting("s-1-2", 1, -80.0, 0.0, -80.0, 250),
    )


def test_a_window_begins_anew_after_each_close():
    window = opened()
    window.add("s-1-1", -60, 0.5)
    window.close(1.0, is_open=True)

    assert window.close(2.0, is_open=True) == ()


@pytest.mark.parametrize("level", [42.0, 0.0, -15.0, -15.001, -115.0, -127.0, float("nan"), float("-inf")])
def test_levels_that_no_radio_measures_are_dropped_and_counted(level):
    window = opened()
    window.add("s-1-1", level, 0.5)

    assert window.close(1.0, is_open=True) == ()
    assert window.glitches == 1


@settings(deadline=None)
@given(st.lists(st.floats(-114.9, -15.1), min_size=1, max_size=50))
def test_the_figures_are_those_of_the_textbook_and_fit_the_wire(levels):
    window = opened()
    for level in levels:
        window.add("s-1-1", level, 0.5)

    (row,) = window.close(1.0, is_open=True)

    assert row.n == len(levels)
    assert row.mean_dbm == pytest.approx(fmean(levels), abs=0.02)
    assert row.var_db2 == pytest.approx(pvariance(levels), abs=0.5)
    assert row.max_dbm == pytest.approx(max(levels), abs=0.01)
    message = wire.Sightings("RX-1", "0" * 16, 1, 0, 1000, (row,))
    assert wire.decode(wire.parse_topic(wire.sightings_topic("main", "RX-1")), wire.encode(message)) == message


def test_a_shut_window_reads_nobody_and_only_counts_p7():
    window = Window()
    for _ in range(5):
        window.add("s-1-1", -60, 0.5)

    assert window.close(1.0, is_open=True) is None
    assert window.unread == 5
    assert window.close(2.0, is_open=True) == ()


def test_a_window_that_reaches_beyond_the_hours_is_thrown_away_whole_p7():
    window = opened()
    window.add("s-1-1", -60, 0.5)

    assert window.close(1.0, is_open=False) is None
    assert window.unread == 1
    window.add("s-1-1", -60, 1.5)
    assert window.close(2.0, is_open=False) is None
    assert window.unread == 2


def test_invented_tags_without_end_cost_bounded_memory_and_the_loudest_are_sent_sr_39():
    window = opened()
    for number in range(MOST_TAGS + 100):
        window.add(f"s-9-{number}", -100, 0.5)
    for number in range(50):
        window.add(f"s-9-{number}", -40, 0.5)

    rows = window.close(1.0, is_open=True)

    assert len(rows) == wire.MAX_ROWS
    assert {f"s-9-{number}" for number in range(50)} <= {row.tag for row in rows}
    assert window.crowded == MOST_TAGS + 100 - wire.MAX_ROWS


HOURS = wire.Hours(
    "Asia/Tokyo",
    "07:00",
    "20:00",
    (0, 1, 2, 3, 4),
    closed=("2026-09-22", "2026-11-28"),
    extra=("2026-10-03", "2026-11-28"),
)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-09-23 21:59:59", False, id="the second before"),
        pytest.param("2026-09-23 22:00:00", True, id="seven o'clock in Tokyo"),
        pytest.param("2026-09-24 10:59:59", True, id="the last second"),
        pytest.param("2026-09-24 11:00:00", False, id="eight o'clock at night in Tokyo"),
        pytest.param("2026-09-26 03:00:00", False, id="Saturday"),
        pytest.param("2026-09-22 03:00:00", False, id="a closed Tuesday"),
        pytest.param("2026-09-21 22:30:00", False, id="a closed Tuesday that is still Monday in London"),
        pytest.param("2026-10-03 03:00:00", True, id="an extra Saturday"),
        pytest.param("2026-11-28 03:00:00", False, id="both closed and extra: closed"),
    ],
)
def test_an_agent_listens_in_the_working_hours_of_its_building_only_p7(at, expected):
    assert is_open(HOURS, datetime.fromisoformat(at).replace(tzinfo=UTC)) is expected


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param(None, id="no hours"),
        pytest.param(wire.Hours("Mars/Olympus", "00:00", "24:00", tuple(range(7))), id="no such time zone"),
        pytest.param(wire.Hours("../etc/passwd", "00:00", "24:00", tuple(range(7))), id="no time zone at all"),
        pytest.param(wire.Hours("Asia/Tokyo", "20:00", "07:00", tuple(range(7))), id="ends before it begins"),
    ],
)
def test_an_agent_that_does_not_know_when_to_listen_never_does_p7(hours):
    assert not any(is_open(hours, datetime(2026, 9, 24, hour, tzinfo=UTC)) for hour in range(24))


@pytest.mark.parametrize("close", ["24:00", "00:00"])
def test_midnight_at_the_end_of_the_day_may_be_written_in_two_ways(close):
    hours = wire.Hours("Asia/Tokyo", "00:00", close, tuple(range(7)))

    assert all(is_open(hours, datetime(2026, 9, 24, hour, 59, 59, tzinfo=UTC)) for hour in range(24))


def test_the_hours_follow_the_clock_of_a_place_with_summer_time_p7():
    hours = wire.Hours("Europe/London", "09:00", "10:00", tuple(range(7)))
    minutes = [
        datetime(2026, 3, 28 + minute // 1440, minute // 60 % 24, minute % 60, tzinfo=UTC) for minute in range(2880)
    ]

    turns = [later for earlier, later in pairwise(minutes) if is_open(hours, earlier) != is_open(hours, later)]

    assert [(turn.day, turn.hour) for turn in turns] == [(28, 9), (28, 10), (29, 8), (29, 9)]
