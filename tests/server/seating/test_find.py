"""The order of what counts when a seat is found, as docs/seats.md tells it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.places.rules import Equipment, SeatKind
from server.seating.find import (
    Candidate,
    Near,
    Person,
    Spot,
    Whose,
    Wishes,
    has_musts,
    is_near,
    near,
    ranked,
    suggestions,
)  # fmt: skip

ME = Person("1:2026-11-24", {}, ())
PLAIN = Candidate(1, "18A-001", SeatKind.GROUP, frozenset(), 18, 18, 1, 1.0, 1.0, False, 100, Whose.OWN)
MONITOR = frozenset({Equipment.MONITOR})


def first(candidates, wishes=Wishes(), person=ME):  # noqa: B008  frozen
    return ranked(candidates, wishes, person)[0].seat.seat_id


@st.composite
def candidates(draw):
    n = draw(st.integers(1, 12))
    return [
        Candidate(
            i, f"S{i}", draw(st.sampled_from([SeatKind.GROUP, SeatKind.SOLO, SeatKind.COUNTER])),
            frozenset(draw(st.sets(st.sampled_from(list(Equipment))))), floor, floor,
            10 * floor + draw(st.integers(0, 2)),
            draw(st.floats(0, 48)), draw(st.floats(0, 32)), draw(st.booleans()), 100,
            draw(st.sampled_from([0, 1, 2, Whose.EVERYBODYS, Whose.OTHERS])),
        )
        for i in range(1, n + 1)
        for floor in [draw(st.integers(17, 19))]
    ]  # fmt: skip


wishes = st.builds(
    Wishes,
    st.frozensets(st.sampled_from([Equipment.MONITOR, Equipment.DOCK, Equipment.QUIET])),
    st.sampled_from([None, 17, 18]), st.booleans(), st.booleans(),
)  # fmt: skip
used = st.dictionaries(st.integers(1, 12), st.integers(1, 60))


@pytest.mark.parametrize(
    ("better", "worse", "wished"),
    [
        ({}, {"is_priority": True, "equipment": MONITOR}, Wishes(MONITOR)),
        ({"equipment": MONITOR, "floor_id": 17, "level": 17}, {}, Wishes(MONITOR, floor_id=18)),
        ({"whose": Whose.OTHERS}, {"floor_id": 17, "level": 17}, Wishes(floor_id=18)),
        ({}, {"kind": SeatKind.SOLO}, Wishes()),
        ({"kind": SeatKind.SOLO}, {}, Wishes(frozenset({Equipment.QUIET}))),
        ({}, {"whose": 1}, Wishes()),
        ({"whose": 1}, {"whose": 2}, Wishes()),
        ({"whose": 2}, {"whose": Whose.EVERYBODYS}, Wishes()),
        ({"whose": Whose.EVERYBODYS}, {"whose": Whose.OTHERS}, Wishes()),
        ({}, {"equipment": MONITOR}, Wishes()),
    ],
)
def test_what_counts_more_decides(better, worse, wished):
    a, b = PLAIN._replace(seat_id=1, **better), PLAIN._replace(seat_id=2, **worse)
    assert first([b, a], wished) == 1 == first([a, b], wished)


def test_the_seat_used_most_comes_last_among_equals():
    seats = [PLAIN._replace(seat_id=i) for i in range(1, 6)]
    person = replace(ME, n_used={1: 30, 2: 3, 3: 1, 4: 2, 5: 4})
    assert [one.seat.seat_id for one in ranked(seats, Wishes(), person)] == [3, 4, 2, 5, 1]


def test_ones_last_seats_are_avoided_on_wish_even_for_a_zone_further_down_the_order():
    seats = [PLAIN, PLAIN._replace(seat_id=2, whose=1)]
    assert first(seats, Wishes(not_last=True), replace(ME, last_seats=[1])) == 2
    assert first(seats, Wishes(), replace(ME, last_seats=[1])) == 1


def test_near_a_colleague_counts_more_than_near_the_team_and_both_more_than_ones_own_zone():
    seats = [PLAIN._replace(seat_id=i, x_m=x, zone_id=i, whose=i) for i, x in ((1, 1.0), (2, 20.0), (3, 40.0))]
    person = replace(ME, team=[Spot(18, 2, (21.0, 1.0))], colleague=[Spot(18, 3, (41.0, 1.0))])
    assert first(seats, Wishes(near_team=True), person) == 3
    assert first(seats, Wishes(near_team=True), replace(person, colleague=())) == 2
    assert first(seats, Wishes(), replace(person, colleague=())) == 1


def test_nearness_falls_from_beside_to_other_floors():
    spot = [Spot(18, 1, (1.0, 1.0))]
    found = [
        near(PLAIN, spot), near(PLAIN._replace(x_m=7.0), spot), near(PLAIN._replace(x_m=30.0), spot),
        near(PLAIN._replace(x_m=30.0, zone_id=2), spot), near(PLAIN._replace(level=17), spot),
        near(PLAIN._replace(level=3), spot),
    ]  # fmt: skip
    assert found == sorted(found) and found[0] is Near.BESIDE and len(set(found)) == len(found)
    assert is_near(found[2]) and not is_near(found[3])


def test_a_zone_alone_tells_no_seat():
    spot = [Spot(18, 1, None)]
    assert near(PLAIN, spot) == near(PLAIN._replace(x_m=40.0), spot) == Near.SAME_ZONE


def test_wheelchair_access_and_ones_own_needs_are_musts():
    assert not has_musts((), {Equipment.WHEELCHAIR}, ())
    assert not has_musts((Equipment.WHEELCHAIR,), (), {Equipment.STANDING})
    assert has_musts((Equipment.WHEELCHAIR,), {Equipment.WHEELCHAIR, Equipment.MONITOR}, ())


@given(candidates(), wishes, used, st.randoms())
def test_the_order_does_not_depend_on_how_the_seats_come_and_loses_none(seats, wished, n_used, rng):
    person = replace(ME, n_used=n_used)
    shuffled = list(seats)
    rng.shuffle(shuffled)
    assert ranked(seats, wished, person) == ranked(shuffled, wished, person)
    assert {one.seat for one in ranked(seats, wished, person)} == set(seats)


@given(candidates(), wishes, used, st.integers(1, 12), st.integers(1, 60))
def test_using_a_seat_more_never_brings_it_forward(seats, wished, n_used, seat_id, more):
    def rank(person):
        return [one.seat.seat_id for one in ranked(seats, wished, person)].index(seat_id)

    if seat_id > len(seats):
        return
    often = n_used | {seat_id: n_used.get(seat_id, 0) + more}
    assert rank(replace(ME, n_used=often)) >= rank(replace(ME, n_used=n_used))


@given(candidates(), wishes)
def test_nothing_wished_for_is_missing_from_the_first_when_a_plain_seat_has_it_all(seats, wished):
    found = ranked(seats, wished, ME)
    fewest = min(len(one.lacks) for one in found if one.seat.is_priority == found[0].seat.is_priority)
    assert len(found[0].lacks) == fewest


@given(candidates(), wishes)
def test_three_different_seats_are_suggested_the_best_first(seats, wished):
    found = ranked(seats, wished, ME)
    told = suggestions(found)
    assert told[0] == found[0] and len(told) == min(3, len(found))
    assert len({one.seat.seat_id for one in told}) == len(told)
    zones = {one.seat.zone_id for one in found}
    assert len(zones) == 1 or len(told) < 2 or told[1].seat.zone_id != told[0].seat.zone_id


def test_two_people_with_the_same_wishes_are_not_sent_to_the_same_seat():
    seats = [PLAIN._replace(seat_id=i) for i in range(1, 101)]
    chosen = {first(seats, person=replace(ME, salt=f"{i}:2026-11-24")) for i in range(60)}
    assert len(chosen) > 30  # 45 on average


def test_choices_lie_on_the_wished_floor_as_long_as_enough_there_suit_as_well_as_the_best():
    there = [PLAIN._replace(seat_id=i, equipment=MONITOR, x_m=float(i)) for i in (1, 2, 3)]
    elsewhere = PLAIN._replace(seat_id=9, equipment=MONITOR, zone_id=9, floor_id=16, level=16)
    wished = Wishes(MONITOR, floor_id=18)

    def shown(*seats):
        found = ranked(seats, wished, ME)
        return sorted(one.seat.seat_id for one in suggestions(found, floor_id=wished.floor_id))

    assert shown(*there, elsewhere) == [1, 2, 3]
    assert shown(*there[:2], elsewhere) == [1, 2, 9]
    assert shown(there[0], PLAIN._replace(seat_id=4), elsewhere) == [1, 4, 9]
