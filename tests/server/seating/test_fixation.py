"""The fixation index as docs/fixation-index.md defines it."""

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.seating.fixation import LEAST_DAYS, LEAST_PEOPLE, by_chance, effective_seats, of_person, of_zone

days = st.lists(st.integers(0, 30), min_size=1, max_size=30).filter(any)


def drawn(rng: random.Random, n_days: int, n_seats: int) -> list[int]:
    return list(Counter(rng.randrange(n_seats) for _ in range(n_days)).values())


@given(days)
def test_effective_seats_lie_between_one_and_the_seats_used(of_each):
    n_used = sum(1 for k in of_each if k)
    assert 1 - 1e-9 <= effective_seats(of_each) <= n_used + 1e-9


@given(st.integers(1, 40), st.integers(1, 40))
def test_seats_used_equally_often_count_as_many_as_they_are(n_seats, each):
    assert effective_seats([each] * n_seats) == pytest.approx(n_seats)


@given(days, st.randoms())
def test_neither_order_nor_unused_seats_nor_length_change_the_effective_number(of_each, rng):
    shuffled = [*of_each, 0, 0]
    rng.shuffle(shuffled)
    assert effective_seats(shuffled) == pytest.approx(effective_seats(of_each))
    assert effective_seats([3 * k for k in of_each]) == pytest.approx(effective_seats(of_each))


@given(st.integers(LEAST_DAYS, 66), st.integers(2, 130))
def test_always_the_same_seat_is_1(n_days, n_seats):
    assert of_person([n_days], n_seats).index == pytest.approx(1)


@given(st.lists(st.integers(1, 20), min_size=2, max_size=10).filter(lambda d: sum(d) >= LEAST_DAYS), st.integers(0, 90))
def test_the_index_is_never_above_1_and_chance_never_gives_more_seats_than_there_are_or_days(of_each, further):
    n_seats = len(of_each) + further
    found = of_person(of_each, n_seats)
    assert found.index < 1
    assert 1 <= found.expected <= min(n_seats, sum(of_each)) + 1e-9


@given(st.lists(st.integers(0, 10), min_size=3, max_size=12).filter(lambda d: sum(d) >= LEAST_DAYS), st.data())
def test_a_day_moved_from_the_seat_used_most_to_one_never_used_lowers_the_index(of_each, data):
    most = max(of_each)
    if most < 2:
        return
    changed = [*of_each, 1]
    changed[changed.index(most)] -= 1
    n_seats = len(changed) + data.draw(st.integers(0, 50))
    assert of_person(changed, n_seats).index < of_person(of_each, n_seats).index


@pytest.mark.parametrize(("n_days", "n_seats"), [(5, 4), (5, 119), (21, 10), (21, 119), (62, 30)])
def test_who_draws_a_seat_by_chance_has_0_on_average_however_few_the_days(n_days, n_seats):
    rng = random.Random(20261123)
    found = [of_person(drawn(rng, n_days, n_seats), n_seats).index for _ in range(4000)]
    mean = sum(found) / len(found)
    spread = math.sqrt(sum((one - mean) ** 2 for one in found) / len(found))
    assert abs(mean) < 4 * spread / math.sqrt(len(found)) + 0.005  # four standard errors, and the second order's error


@given(st.integers(2, 40), st.integers(2, 100))
def test_chance_gives_more_effective_seats_with_more_days_or_more_seats(n_days, n_seats):
    assert by_chance(n_days + 1, n_seats) > by_chance(n_days, n_seats)
    assert by_chance(n_days, n_seats + 1) > by_chance(n_days, n_seats)


def test_a_few_days_or_a_single_seat_say_nothing():
    assert of_person([LEAST_DAYS - 1], 30) is None
    assert of_person([20], 1) is None


def test_a_zone_with_fewer_than_five_people_has_no_figure():
    few = of_zone([[20]] * (LEAST_PEOPLE - 1) + [[1, 1]] * 9, 30)
    assert few.of_all is None and few.n_people == LEAST_PEOPLE - 1
    enough = of_zone([[20]] * LEAST_PEOPLE, 30)
    assert enough.of_all is not None and enough.of_all.index == pytest.approx(1) and enough.n_days == 100


def test_the_index_of_a_zone_lies_between_those_of_its_people():
    people = [[20], [10, 10], [5, 5, 5, 5], [1] * 20, [2] * 10]
    found = [of_person(days_on_each, 30).index for days_on_each in people]
    assert min(found) < of_zone(people, 30).of_all.index < max(found)
