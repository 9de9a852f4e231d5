"""The rule of the seat lottery: what always holds, what gives way first, and that a seed can be drawn again."""

import json
import random
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.seating import lottery
from server.seating.assignment import cheapest
from server.seating.lottery import Facts, Pair, Result, Seat, Ticket, Why

DESK_M = 1.4


def row_of(n: int, **of_all: object) -> tuple[Seat, ...]:
    """Desks side by side, numbered from 1."""
    return tuple(Seat(i, DESK_M * i, 0.0, **of_all) for i in range(1, n + 1))


def whys(result: Result) -> list[str]:
    return [reason[0] for reason in result.reasons]


@given(st.integers(1, 5), st.integers(0, 3), st.integers(0, 10**6))
@settings(deadline=None, max_examples=60)
def test_the_cheapest_assignment_is_the_cheapest_of_all(rows, more, seed):
    price = np.random.default_rng(seed).integers(0, 30, (rows, rows + more)).astype(float)
    found = cheapest(price)
    least = min(sum(price[i, j] for i, j in enumerate(order)) for order in permutations(range(rows + more), rows))
    assert len(set(found)) == rows
    assert sum(price[i, j] for i, j in enumerate(found)) == least


def test_more_rows_than_columns_have_no_assignment():
    with pytest.raises(ValueError, match="more rows"):
        cheapest(np.zeros((2, 1)))


def test_everybody_gets_one_seat_and_no_seat_two_people():
    results = lottery.draw(Facts(row_of(12), tuple(Ticket() for _ in range(10))), 1)
    seats = [one.seat_id for one in results]
    assert None not in seats and len(set(seats)) == 10


def test_the_same_seed_and_facts_give_the_same_even_when_read_from_the_database_and_another_seed_does_not():
    facts = zone(random.Random(7))
    again = Facts.parsed(json.loads(json.dumps(facts.stored())))
    assert again == facts
    assert lottery.draw(again, 5) == lottery.draw(facts, 5)
    assert lottery.draw(facts, 5) != lottery.draw(facts, 6)


def test_nobody_gets_one_of_their_last_seats_and_reads_how_many_were_avoided():
    seats = row_of(4)
    tickets = (Ticket(recent=(1, 2, 3)), Ticket(recent=(2, 3, 4)), Ticket(recent=(1, 3, 4)), Ticket(recent=(1, 2, 4)))
    for seed in range(20):
        results = lottery.draw(Facts(seats, tickets, lookback=3), seed)
        assert [one.seat_id for one in results] == [4, 1, 2, 3]
        assert all([Why.NOT_RECENT, 3] in one.reasons for one in results)


def test_only_as_many_of_the_last_seats_are_avoided_as_the_zone_asks_for():
    drawn = {
        lottery.draw(Facts(row_of(3), (Ticket(recent=(1, 2)),), lookback=1), seed)[0].seat_id for seed in range(40)
    }
    assert drawn == {2, 3}


def test_when_only_a_last_seat_is_left_it_is_given_and_said():
    (result,) = lottery.draw(Facts(row_of(1), (Ticket(recent=(1,)),), lookback=1), 1)
    assert result.seat_id == 1 and whys(result) == [Why.STILL_RECENT]


def test_a_priority_seat_is_given_to_nobody_who_does_not_need_it_though_somebody_goes_without():
    seats = (*row_of(2), Seat(9, 20.0, 0.0, is_priority=True))
    for seed in range(20):
        results = lottery.draw(Facts(seats, tuple(Ticket() for _ in range(3))), seed)
        assert 9 not in [one.seat_id for one in results]
        assert sum(one.seat_id is None for one in results) == 1


def test_a_priority_seat_is_open_to_everybody_once_it_is_late():
    seats = (Seat(9, 20.0, 0.0, is_priority=True),)
    assert lottery.draw(Facts(seats, (Ticket(),), is_late=True), 1)[0].seat_id == 9


def test_who_needs_something_gets_a_seat_that_has_it_or_none_and_whoever_does_not_makes_room():
    seats = row_of(3)
    for seed in range(20):
        results = lottery.draw(Facts(seats, (Ticket(), Ticket(), Ticket(fits=(2,)))), seed)
        assert results[2].seat_id == 2 and Why.NEEDS in whys(results[2])
    (alone,) = lottery.draw(Facts(seats, (Ticket(fits=()),)), 1)
    assert alone.seat_id is None and whys(alone) == [Why.NONE_FITS]


def test_a_priority_seat_stays_free_for_who_can_have_no_other():
    seats = (*row_of(2), Seat(9, 20.0, 0.0, is_priority=True))
    for seed in range(20):
        assert lottery.draw(Facts(seats, (Ticket(fits=(1, 9)),)), seed)[0].seat_id == 1


def test_what_somebody_needs_stands_in_nobody_elses_explanation():
    for seed in range(10):
        results = lottery.draw(Facts(row_of(2), (Ticket(fits=(2,)), Ticket(), Ticket())), seed)
        for other in results[1:]:
            assert {Why.NEEDS, Why.NONE_FITS}.isdisjoint(whys(other))


def test_the_same_number_of_seats_is_missing_whoever_has_wishes():
    facts = zone(random.Random(3))
    for seed in range(5):
        assert sum(one.seat_id is not None for one in lottery.draw(facts, seed)) == 25


def test_whoever_went_without_last_time_comes_first_and_reads_it():
    tickets = tuple(Ticket(without=2 if i == 7 else int(i in (3, 4))) for i in range(10))
    for seed in range(20):
        results = lottery.draw(Facts(row_of(3), tickets), seed)
        assert all(results[i].seat_id is not None for i in (3, 4, 7))
        assert [Why.FIRST, 2] in results[7].reasons
        assert [Why.TOO_FEW, 10, 3] in results[0].reasons


def test_a_newcomer_sits_beside_the_mentor_and_both_read_it():
    facts = Facts(row_of(10), tuple(Ticket() for _ in range(9)), (Pair("mentor", 2, 5),))
    for seed in range(30):
        results = lottery.draw(facts, seed)
        assert abs(results[2].seat_id - results[5].seat_id) == 1
        assert Why.BESIDE_MENTOR in whys(results[2]) and Why.BESIDE_NEWCOMER in whys(results[5])


def test_two_who_asked_for_it_sit_beside_each_other():
    facts = Facts(row_of(10), tuple(Ticket() for _ in range(10)), (Pair("together", 0, 9), Pair("together", 1, 2)))
    for seed in range(30):
        results = lottery.draw(facts, seed)
        assert abs(results[0].seat_id - results[9].seat_id) == 1
        assert abs(results[1].seat_id - results[2].seat_id) == 1
        assert Why.BESIDE_EACH_OTHER in whys(results[0])


def test_somebody_who_arrives_sits_beside_the_one_who_has_a_seat_already():
    facts = Facts(row_of(9), (Ticket(),), (Pair("together", 0, at=50),), taken={50: (DESK_M * 4, 1.5)})
    drawn = {lottery.draw(facts, seed)[0].seat_id for seed in range(30)}
    assert drawn <= {3, 4, 5}
    assert len(drawn) > 1


def test_counter_staff_sit_near_the_counter():
    seats = tuple(seat._replace(is_near_counter=seat.id <= 3) for seat in row_of(10))
    tickets = tuple(Ticket(is_counter=i < 4) for i in range(10))
    for seed in range(20):
        results = lottery.draw(Facts(seats, tickets), seed)
        near = [i for i in range(4) if results[i].seat_id <= 3]
        far = [i for i in range(4) if i not in near]
        assert len(near) == 3
        assert all(Why.NEAR_COUNTER in whys(results[i]) for i in near)
        assert all(Why.STILL_FAR in whys(results[i]) for i in far)


def test_the_counter_goes_before_a_mentor_the_mentor_before_the_last_seats_and_those_before_sitting_together():
    def seats(near: int) -> tuple[Seat, ...]:
        return (Seat(1, 0.0, 0.0, is_near_counter=near == 1), Seat(2, DESK_M, 0.0), Seat(3, 20.0, 0.0))

    counter = Facts((seats(1)[0], *seats(1)[2:]), (Ticket(is_counter=True), Ticket()), (Pair("mentor", 0, 1),))
    mentor = Facts(seats(0), (Ticket(recent=(1, 2)), Ticket()), (Pair("mentor", 0, 1),), lookback=2)
    recent = Facts(seats(0), (Ticket(recent=(1, 2)), Ticket()), (Pair("together", 0, 1),), lookback=2)
    for seed in range(10):
        first = lottery.draw(counter, seed)[0]
        assert whys(first) == [Why.NEAR_COUNTER, Why.STILL_NO_MENTOR]
        second = lottery.draw(mentor, seed)[0]
        assert whys(second) == [Why.BESIDE_MENTOR, Why.STILL_RECENT]
        third = lottery.draw(recent, seed)[0]
        assert third.seat_id == 3 and whys(third) == [Why.NOT_RECENT, Why.STILL_APART]


def test_an_explanation_tells_what_is_near_and_what_the_seat_has():
    (result,) = lottery.draw(
        Facts((Seat(1, 0.0, 0.0, near=7, has=("dock", "monitor")),), (Ticket(recent=(5,)),), lookback=3), 1
    )
    assert result.reasons == [["not_recent", 1], ["near", 7], ["has", "dock", "monitor"]]


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=60)
def test_whatever_is_wished_for_what_always_holds_holds(seed):
    lots = random.Random(seed)
    facts = zone(lots)
    results = lottery.draw(facts, seed)
    given_seats = [one.seat_id for one in results if one.seat_id is not None]
    assert len(given_seats) == len(set(given_seats))
    for i, one in enumerate(results):
        assert one.seat_id is None or facts.may[i, facts.number_of[one.seat_id]]
        assert one.reasons or one.seat_id is not None


def zone(lots: random.Random) -> Facts:
    """A zone of 26 seats for 28 people with wishes of all sorts."""
    seats = tuple(
        Seat(i, DESK_M * (i % 9), 2.0 * (i // 9), is_priority=i > 24, is_near_counter=i < 5) for i in range(1, 27)
    )
    tickets = tuple(
        Ticket(
            (24, 25) if i == 0 else None, tuple(lots.sample(range(1, 27), 3)), is_counter=2 <= i < 6,
            without=int(lots.random() < 0.1),
        )
        for i in range(28)
    )  # fmt: skip
    pairs = [Pair(lots.choice(["mentor", "together"]), *lots.sample(range(28), 2)) for _ in range(8)]
    return Facts(seats, tickets, tuple(pairs), lookback=lots.randint(0, 3))
