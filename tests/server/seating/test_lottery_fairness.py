"""Fair over time: over 200 days nobody's chance differs by more than chance allows; docs/lottery.md tells how.

Three questions, each asked of several series of 200 days with seeds that are written here, so that the answer is always
the same: does everybody go without as often as everybody else, does everybody together get each class of seats as
often, and does the person whose seats are the least like everybody's?
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from server.seating import lottery
from server.seating.lottery import Facts, Pair, Result, Seat, Ticket

DAYS = 200
SERIES = (20260401, 20270401, 20280403, 20290402)
QUESTIONS = 3 * len(SERIES)
LEVEL = 0.01 / QUESTIONS  # of each test, so that all together are wrong once in a hundred at most (Bonferroni)
IS_THERE = 0.9  # of the days somebody is there
LOOKBACK = 3
CLASSES = 5  # fifths of the zone, from the window to the passage


@dataclass(frozen=True)
class Tally:
    """What happened to everybody in a series of days."""

    expected_without: Sequence[float]
    without: Sequence[int]
    expected: Sequence[Sequence[float]]  # person × class
    got: Sequence[Sequence[int]]


Draw = Callable[[Facts, int], list[Result]]


def classes_of(n_seats: int) -> list[int]:
    return [i * CLASSES // n_seats for i in range(n_seats)]


def simulate(n_people: int, n_seats: int, seed: int, draw: Draw = lottery.draw, days: int = DAYS) -> Tally:
    """That many days: people come nine days of ten, the last three seats are avoided, who went without comes first.

    Among them a newcomer and a mentor, and two who sit together.
    """
    life = random.Random(seed)
    seats = tuple(Seat(i + 1, 1.4 * (i % 12), 2.2 * (i // 12)) for i in range(n_seats))
    of_class = classes_of(n_seats)
    shares = [count / n_seats for _class, count in sorted(Counter(of_class).items())]
    recent: list[tuple[int, ...]] = [()] * n_people
    streak, without, got = [0] * n_people, [0] * n_people, [[0] * CLASSES for _ in range(n_people)]
    expected_without, expected = [0.0] * n_people, [[0.0] * CLASSES for _ in range(n_people)]
    for day in range(days):
        there = [i for i in range(n_people) if life.random() < IS_THERE]
        tickets = tuple(Ticket(recent=recent[i], without=streak[i]) for i in there)
        number = {person: i for i, person in enumerate(there)}
        pairs = tuple(
            Pair(kind, number[one], number[other])
            for kind, one, other in (("mentor", 0, 1), ("together", 2, 3))
            if one in number and other in number
        )
        results = draw(Facts(seats, tickets, pairs, LOOKBACK), seed + day)
        missing = max(0, len(there) - n_seats) / len(there)
        for person, result in zip(there, results, strict=True):
            expected_without[person] += missing
            if result.seat_id is None:
                without[person], streak[person] = without[person] + 1, streak[person] + 1
                continue
            streak[person] = 0
            recent[person] = (result.seat_id, *recent[person])[:LOOKBACK]
            got[person][of_class[result.seat_id - 1]] += 1
            for one, share in enumerate(shares):
                expected[person][one] += share
    return Tally(expected_without, without, expected, got)


def p_without(tally: Tally) -> float:
    """Chi-square over persons: how often each went without, for the days they were there; P − 1 degrees of freedom."""
    statistic = sum((o - e) ** 2 / e for o, e in zip(tally.without, tally.expected_without, strict=True))
    return chance_of(statistic, len(tally.without) - 1)


def p_classes(tally: Tally) -> float:
    """Chi-square over person × class of seats; (P − 1)(C − 1) degrees of freedom.

    Everybody draws from the same seats, so what one gets another does not: (P − 1) / P takes that into account.
    """
    n_people = len(tally.got)
    statistic = sum(
        (o - e) ** 2 / e
        for got, expected in zip(tally.got, tally.expected, strict=True)
        for o, e in zip(got, expected, strict=True)
    )
    return chance_of(statistic * (n_people - 1) / n_people, (n_people - 1) * (CLASSES - 1))


def p_least_like(tally: Tally) -> float:
    """The same of each person alone, C − 1 degrees of freedom; the smallest times P for so many tries (Bonferroni)."""
    chances = []
    for got, expected in zip(tally.got, tally.expected, strict=True):
        half = sum((o - e) ** 2 / e for o, e in zip(got, expected, strict=True)) / 2
        chances.append(math.exp(-half) * (1 + half))  # exact for four degrees of freedom
    return min(1.0, min(chances) * len(chances))


def chance_of(statistic: float, freedom: int) -> float:
    """How likely chance alone gives that much or more (Wilson and Hilferty 1931, good to a per mille from 20 on)."""
    spread = 2 / (9 * freedom)
    z = ((statistic / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return math.erfc(z / math.sqrt(2)) / 2


def test_the_chance_of_a_statistic_is_what_tables_say():
    for freedom, at_5_pct in ((20, 31.410), (50, 67.505), (100, 124.342)):
        assert chance_of(at_5_pct, freedom) == pytest.approx(0.05, abs=0.0005)


@pytest.mark.parametrize("seed", SERIES)
def test_over_200_days_nobodys_chance_differs_by_more_than_chance_allows(seed):
    tally = simulate(30, 26, seed)
    assert sum(tally.without) > 200
    assert p_without(tally) > LEVEL
    assert p_classes(tally) > LEVEL
    assert p_least_like(tally) > LEVEL
    assert max(tally.without) - min(tally.without) <= 12


def test_a_zone_of_130_people_and_119_seats_is_as_fair():
    tally = simulate(130, 119, SERIES[0], days=60)
    assert p_classes(tally) > LEVEL


def test_nobody_who_went_without_goes_without_again_before_the_others_did():
    """Of 30 people at most four go without a day: whoever did yesterday never does today."""
    last: set[int] = set()

    def watched(facts: Facts, seed: int) -> list[Result]:
        results = lottery.draw(facts, seed)
        first = [i for i, ticket in enumerate(facts.tickets) if ticket.without]
        assert all(results[i].seat_id is not None for i in first)
        last.update(first)
        return results

    simulate(30, 26, 7, watched)
    assert last


def favouring(person_class: int, share: float) -> Draw:
    """A lottery that is not fair: the first ticket's seat is exchanged for one at the window now and then."""

    def draw(facts: Facts, seed: int) -> list[Result]:
        results = lottery.draw(facts, seed)
        if random.Random(-seed).random() < share and results[0].seat_id is not None:
            of_class = classes_of(len(facts.seats))
            better = next(
                i for i, one in enumerate(results) if one.seat_id and of_class[one.seat_id - 1] == person_class
            )
            results[0], results[better] = (
                replace_seat(results[0], results[better].seat_id), replace_seat(results[better], results[0].seat_id),
            )  # fmt: skip
        return results

    return draw


def replace_seat(result: Result, seat_id: int | None) -> Result:
    return result._replace(seat_id=seat_id)


def without_precedence_and_unlucky(facts: Facts, seed: int) -> list[Result]:
    """A lottery that is not fair: the first ticket always loses against whoever goes without."""
    results = lottery.draw(replace(facts, tickets=tuple(t._replace(without=0) for t in facts.tickets)), seed)
    loser = next((i for i, one in enumerate(results) if one.seat_id is None), None)
    if loser is not None and random.Random(-seed).random() < 0.35:
        results[0], results[loser] = results[loser], results[0]
    return results


def test_the_statistic_would_notice_one_person_favoured_and_one_disadvantaged():
    """Else its silence would mean nothing: a window seat on three days of ten, and one's turn to go without."""
    assert p_least_like(simulate(30, 26, SERIES[0], favouring(0, 0.3))) < LEVEL
    assert p_without(simulate(30, 26, SERIES[0], without_precedence_and_unlucky)) < LEVEL
