"""From probabilities to what is shown: zones that do not flap, and who sits still."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.positioning.belief import TRAIL
from server.positioning.settle import held, motion_of, probability_of, trailed
from server.positioning.types import NOWHERE, Motion

NORTH, SOUTH, EAST = 0, 1, 2


def shown(leads: list[tuple[int, float]], *, margin: float = 0.3, hold_s: float = 5.0, dt_s: float = 1.0) -> list[int]:
    """What is shown of somebody in the north after each second; (zone that leads, by how much)."""
    current, waiting = np.array([NORTH], np.int32), np.array([NOWHERE], np.int32)
    waiting_s, found = np.zeros(1, np.float32), []
    for best, lead in leads:
        current, waiting, waiting_s = held(
            current, waiting, waiting_s, np.array([best], np.int32),
            np.array([0.3 + lead], np.float32), np.array([0.3], np.float32), margin, hold_s, dt_s,
        )  # fmt: skip
        found.append(int(current[0]))
    return found


def test_another_zone_is_shown_once_it_has_led_long_enough():
    assert shown([(SOUTH, 0.4)] * 6) == [NORTH] * 4 + [SOUTH] * 2


def test_a_zone_that_leads_by_too_little_is_never_shown():
    assert shown([(SOUTH, 0.29)] * 60) == [NORTH] * 60


def test_a_second_without_the_lead_starts_the_wait_anew():
    assert shown([(SOUTH, 0.4)] * 4 + [(NORTH, 0.4)] + [(SOUTH, 0.4)] * 4)[-1] == NORTH


def test_two_zones_that_lead_by_turns_do_not_add_up():
    assert shown([(SOUTH, 0.4), (EAST, 0.4)] * 20) == [NORTH] * 40


def test_half_seconds_count_half():
    assert shown([(SOUTH, 0.4)] * 10, dt_s=0.5) == [NORTH] * 9 + [SOUTH]


@settings(deadline=None)
@given(leads=st.lists(st.tuples(st.sampled_from([NORTH, SOUTH, EAST]), st.floats(0, 0.6)), max_size=60))
def test_what_is_shown_never_changes_twice_within_the_hold(leads):
    found = shown(leads)

    changes = [t for t in range(1, len(found)) if found[t] != found[t - 1]]
    assert all(later - earlier >= 5 for earlier, later in pairwise(changes))


def test_no_zone_has_no_probability():
    p = np.array([[0.2, 0.8], [0.2, 0.8]], np.float32)

    assert probability_of(np.array([1, NOWHERE], np.int32), p) == pytest.approx([0.8, 0.0])
    assert probability_of(np.array([NOWHERE], np.int32), np.zeros((1, 0), np.float32)).tolist() == [0.0]


class Trail:
    """The trail of one tag, second by second."""

    def __init__(self) -> None:
        self.trail, self.n, self.s = np.zeros((1, TRAIL, 2), np.float32), np.zeros(1, np.int32), np.zeros(1, np.float32)
        self.bits = np.zeros(1, np.uint64)

    def goes(self, x_m: float, y_m: float = 0.0, *, same_floor: bool = True, dt_s: float = 1.0) -> Motion:
        self.trail, self.n, self.s = trailed(
            self.trail, self.n, self.s, np.array([x_m], np.float32), np.array([y_m], np.float32),
            np.array([same_floor]), np.array([dt_s], np.float32),
        )  # fmt: skip
        motion, self.bits = motion_of(self.trail, self.n, self.bits)
        return Motion(int(motion[0]))


def test_somebody_who_stays_is_still_after_forty_of_sixty_seconds():
    trail = Trail()

    motions = [trail.goes(5.0 + 0.1 * (t % 3)) for t in range(70)]

    assert motions[:TRAIL] == [Motion.UNKNOWN] * TRAIL
    assert motions.index(Motion.STILL) == TRAIL - 1 + 39
    assert motions[-1] == Motion.STILL


def test_somebody_who_walks_is_moving_as_soon_as_there_is_a_trail():
    trail = Trail()

    motions = [trail.goes(0.8 * t) for t in range(30)]

    assert motions[:TRAIL] == [Motion.UNKNOWN] * (TRAIL - 1) + [Motion.MOVING]
    assert motions[-1] == Motion.MOVING


def test_somebody_who_gets_up_is_moving_soon():
    trail = Trail()
    for _ in range(70):
        trail.goes(5.0)

    motions = [trail.goes(5.0 + 1.0 * t) for t in range(1, 15)]

    assert Motion.MOVING in motions[:8]


def test_estimates_that_wander_by_less_than_a_metre_are_a_seated_person():
    trail, noise = Trail(), np.random.default_rng(2)

    motions = [trail.goes(*(5.0 + noise.normal(0, 0.7, 2))) for _ in range(180)]

    assert motions[-60:].count(Motion.STILL) > 55
    assert Motion.MOVING not in motions


@pytest.mark.parametrize("gap", [{"same_floor": False}, {"dt_s": 6.0}], ids=["another floor", "six silent seconds"])
def test_the_trail_starts_anew(gap):
    trail = Trail()
    for t in range(30):
        trail.goes(0.8 * t)

    assert trail.goes(24.0, **gap) == Motion.UNKNOWN
    assert trail.n.tolist() == [1]


def test_faster_steps_do_not_shorten_the_trail():
    trail = Trail()

    for t in range(40):
        trail.goes(0.25 * t, dt_s=0.25)

    assert trail.n.tolist() == [10]
