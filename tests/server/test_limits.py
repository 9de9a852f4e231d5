"""How often an account may ask, over all workers of a machine."""

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from server.limits import KEPT, STEP_S, Counters, Lane, moved_on, wait_s


@pytest.fixture
def counters(tmp_path):
    made = Counters(tmp_path)
    yield made
    made.close()


@given(some.lists(some.floats(0, 20), min_size=30, max_size=120))
def test_never_more_than_the_limit_in_any_minute_sr_18(gaps_s):
    at_s, counts, allowed = 1_000_000.0, [0] * KEPT, []

    for gap_s in gaps_s:
        counts = moved_on(counts, int((at_s + gap_s) // STEP_S) - int(at_s // STEP_S))
        at_s += gap_s
        if wait_s(counts, 10, at_s) is None:
            counts[-1] += 1
            allowed.append(at_s)

    for start in allowed:
        assert sum(start <= at < start + 60 for at in allowed) <= 10


@given(some.lists(some.integers(0, 20), min_size=KEPT, max_size=KEPT), some.floats(0, 1_000_000))
def test_whoever_waits_as_long_as_told_is_let_in(counts, at_s):
    wait = wait_s(counts, 10, at_s)

    if wait is not None:
        later_s = at_s + wait
        moved = moved_on(counts, int(later_s // STEP_S) - int(at_s // STEP_S))
        assert 1 <= wait <= 65
        assert wait_s(moved, 10, later_s) is None


def test_the_sixty_first_write_of_a_minute_waits_sr_18(counters):
    assert [counters.wait_s(1, Lane.BROWSER_WRITES, 60, 1_000_000.0) for _ in range(60)] == [None] * 60

    assert counters.wait_s(1, Lane.BROWSER_WRITES, 60, 1_000_001.0) is not None
    assert counters.wait_s(1, Lane.BROWSER_WRITES, 60, 1_000_065.0) is None


def test_another_account_and_another_lane_are_counted_apart(counters):
    for _ in range(3):
        counters.wait_s(1, Lane.BROWSER_WRITES, 3, 1_000_000.0)

    assert counters.wait_s(1, Lane.BROWSER_WRITES, 3, 1_000_000.0) is not None
    assert counters.wait_s(1, Lane.TOKEN_WRITES, 3, 1_000_000.0) is None
    assert counters.wait_s(2, Lane.BROWSER_WRITES, 3, 1_000_000.0) is None


def test_a_clock_that_was_set_back_locks_nobody_out(counters):
    counters.wait_s(1, Lane.BROWSER_READS, 1, 2_000_000.0)

    assert counters.wait_s(1, Lane.BROWSER_READS, 1, 1_000_000.0) is None


def test_all_workers_of_a_machine_count_together_sr_18(tmp_path):
    with multiprocessing.get_context("fork").Pool(4) as workers:
        let_in = workers.map(_ask_often, [tmp_path] * 4)

    assert sum(let_in) == 500


def _ask_often(folder: Path) -> int:
    counters = Counters(folder)
    return sum(counters.wait_s(1, Lane.BROWSER_READS, 500, 1_000_000.0) is None for _ in range(400))


def test_a_full_disk_closes_no_page(tmp_path, caplog):
    (tmp_path / "requests.counts").symlink_to("/dev/full")
    counters = Counters(tmp_path)

    assert counters.wait_s(1, Lane.BROWSER_READS, 1, 1_000_000.0) is None
    assert "cannot be counted" in caplog.text
    counters.close()
