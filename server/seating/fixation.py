"""The fixation index: how far somebody's choice of seats is from chance (docs/fixation-index.md). Pure."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

LEAST_DAYS = 5  # below, chance and habit look the same
LEAST_PEOPLE = 5  # k: a figure over fewer people could be read as one of them


@dataclass(frozen=True, slots=True)
class Fixation:
    """One person in one zone, or the mean over people.

    used       effective number of seats (Hill number of order 1)
    expected   the same, as chance would give it on as many days with as many seats
    index      1: always the same seat; 0: as chance would; below: more change than chance would bring
    """

    used: float
    expected: float
    index: float


@dataclass(frozen=True, slots=True)
class ZoneFixation:
    """All people of a zone together; `of_all` is None where they are too few to be told."""

    n_people: int
    n_days: int
    of_all: Fixation | None


def effective_seats(days_on_each: Collection[int]) -> float:
    """The exponential of Shannon's entropy: as many seats used equally often would be as varied (Hill 1973)."""
    n = sum(days_on_each)
    if n <= 0:
        raise ValueError("no days")
    return math.exp(-sum(k / n * math.log(k / n) for k in days_on_each if k))


@lru_cache(maxsize=20_000)
def by_chance(n_days: int, n_seats: int) -> float:
    """The mean effective number of seats of somebody who draws one of `n_seats` anew on each of `n_days`.

    Mean and variance of the entropy are exact sums over the binomial law of one seat and of two; the mean of the
    exponential follows from them to the second order. So a short while is compared with chance over a short while.
    """
    if n_days <= 1 or n_seats <= 1:
        return 1.0
    own = _law(n_days, 1 / n_seats)
    mean_1 = sum(p * _share(k, n_days) for k, p in enumerate(own))
    square_1 = sum(p * _share(k, n_days) ** 2 for k, p in enumerate(own))
    # The second seat has its days among those that the first one left.
    both = 0.0
    for k, p in enumerate(own):
        if k == 0 or p < 1e-15:
            continue
        rest = _law(n_days - k, 1 / (n_seats - 1))
        both += p * _share(k, n_days) * sum(q * _share(other, n_days) for other, q in enumerate(rest))
    mean = n_seats * mean_1
    variance = n_seats * square_1 + n_seats * (n_seats - 1) * both - mean**2
    return math.exp(mean) * (1 + max(0.0, variance) / 2)


def of_person(days_on_each: Collection[int], n_seats: int) -> Fixation | None:
    """The index of somebody who had so many days on each seat they used; None when that says nothing.

    n_seats   that they could have chosen from
    """
    n_days = sum(days_on_each)
    used_seats = sum(1 for k in days_on_each if k)
    n_seats = max(n_seats, used_seats)
    if n_days < LEAST_DAYS or n_seats < 2:
        return None
    used, expected = effective_seats(days_on_each), by_chance(n_days, n_seats)
    return Fixation(used, expected, _index(used, expected))


def of_zone(people: Iterable[Collection[int]], n_seats: int) -> ZoneFixation:
    """All people together, each by their days on each seat; who was there on few days does not count.

    Distances from one seat are added up, so that long habits weigh more than short ones.
    """
    counted = [(of, sum(days)) for days in people if (of := of_person(days, n_seats)) is not None]
    n_people, n_days = len(counted), sum(n for _of, n in counted)
    if n_people < LEAST_PEOPLE:
        return ZoneFixation(n_people, n_days, None)
    used = sum(of.used for of, _n in counted) / n_people
    expected = sum(of.expected for of, _n in counted) / n_people
    return ZoneFixation(n_people, n_days, Fixation(used, expected, _index(used, expected)))


def _index(used: float, expected: float) -> float:
    return 1 - (used - 1) / (expected - 1)


def _share(k: int, n: int) -> float:
    return -k / n * math.log(k / n) if k else 0.0


@lru_cache(maxsize=4096)
def _law(n: int, p: float) -> tuple[float, ...]:
    """The binomial law: the chance of 0, 1, … n."""
    if p >= 1:
        return (*(0.0,) * n, 1.0)
    law = [(1 - p) ** n]
    for k in range(n):
        law.append(law[-1] * (n - k) / (k + 1) * p / (1 - p))
    return tuple(law)
