"""The seat lottery (座席くじ): who gets which seat by lot, within what has to hold; the same seed gives the same. Pure.

What always holds: a seat has what its person needs, and priority seats are kept for those who need them. Then as many
people as possible get a seat; whoever went without last time comes first, and among the others the lot decides. What
gives way when not everything is possible, the last of these first:

1. counter staff sit near the counter,
2. a newcomer sits beside their mentor,
3. nobody gets one of their last seats again,
4. people who both asked for it sit beside each other.

As few as possible of a line are broken, whatever the lines below it lose.
"""

import math
import random
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.seating.assignment import cheapest

BESIDE_M = 2.4  # from the middle of a desk to that of the next one, or the one across
STEP = 512.0  # a line weighs more than everybody's breaking of all below; a zone has fewer people
MOST_PEOPLE = 500
SWEEPS = 4  # over the pairs that do not sit together yet


class Together(StrEnum):
    """Why two are to sit beside each other."""

    MENTOR = "mentor"
    TOGETHER = "together"


class Why(StrEnum):
    """What is said of a result; stored, with values behind it."""

    NOT_RECENT = "not_recent"  # how many of the last seats it is none of
    NEAR_COUNTER = "near_counter"
    BESIDE_MENTOR = "beside_mentor"
    BESIDE_NEWCOMER = "beside_newcomer"
    BESIDE_EACH_OTHER = "beside_each_other"
    NEEDS = "needs"  # it has what the person needs; for the person's eyes only
    FIRST = "first"  # how many times in a row they went without before
    NEAR = "near"  # the unit whose zone is next to it
    HAS = "has"  # equipment
    STILL_RECENT = "still_recent"  # gave way, as the following
    STILL_FAR = "still_far"
    STILL_NO_MENTOR = "still_no_mentor"
    STILL_NO_NEWCOMER = "still_no_newcomer"
    STILL_APART = "still_apart"
    TOO_FEW = "too_few"  # people, seats
    NONE_FITS = "none_fits"  # no seat was left that has what the person needs


Reason = list[Any]  # a Why and its values, as JSON holds it


class Seat(NamedTuple):
    """A seat that is drawn for.

    near   the unit next to it; 0: none
    """

    id: int
    x_m: float
    y_m: float
    is_priority: bool = False
    is_near_counter: bool = False
    near: int = 0
    has: tuple[str, ...] = ()


class Ticket(NamedTuple):
    """Somebody who takes part; who that is is not known here.

    fits      ids of the seats that have what the person needs; None: they need nothing
    recent    ids of their last seats
    without   how many times in a row they went without
    """

    fits: tuple[int, ...] | None = None
    recent: tuple[int, ...] = ()
    is_counter: bool = False
    without: int = 0


class Pair(NamedTuple):
    """Two tickets that are to sit beside each other; or one, and the seat that the other one has already."""

    kind: str
    one: int  # of a mentor and a newcomer, the newcomer
    other: int | None = None
    at: int | None = None  # seat id
    is_newcomers: bool = True  # with `at`: whether `one` is the newcomer


@dataclass(frozen=True)
class Facts:
    """All that decides a draw besides its seed.

    lookback   how many of a person's last seats are avoided, as the zone's rules say
    is_late    priority seats are open to everybody by now
    taken      where the seats of `Pair.at` stand: id → x_m, y_m
    """

    seats: tuple[Seat, ...]
    tickets: tuple[Ticket, ...]
    pairs: tuple[Pair, ...] = ()
    lookback: int = 0
    is_late: bool = False
    taken: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    @cached_property
    def number_of(self) -> Mapping[int, int]:
        """Where in `seats` a seat is."""
        return {seat.id: i for i, seat in enumerate(self.seats)}

    @cached_property
    def may(self) -> NDArray[np.bool_]:
        """Which ticket could get which seat at all."""
        open_to_all = np.array([self.is_late or not seat.is_priority for seat in self.seats], bool)
        found = np.zeros((len(self.tickets), len(self.seats)), bool)
        for i, ticket in enumerate(self.tickets):
            if ticket.fits is None:
                found[i] = open_to_all
            else:
                found[i, [self.number_of[one] for one in ticket.fits if one in self.number_of]] = True
        return found

    @property
    def n_open(self) -> int:
        """How many seats somebody who takes part could have: without those that are kept for others."""
        return int(self.may.any(axis=0).sum())

    @cached_property
    def beside(self) -> Sequence[tuple[int, ...]]:
        """The seats beside each seat."""
        at = np.array([(seat.x_m, seat.y_m) for seat in self.seats], float).reshape(-1, 2)
        apart = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
        near = apart <= BESIDE_M
        np.fill_diagonal(near, False)
        return [tuple(int(j) for j in np.flatnonzero(row)) for row in near]

    def beside_taken(self, seat_id: int) -> tuple[int, ...]:
        """The seats beside one that somebody has already."""
        where = self.taken.get(seat_id)
        if where is None:
            return ()
        return tuple(i for i, seat in enumerate(self.seats) if math.dist(where, (seat.x_m, seat.y_m)) <= BESIDE_M)

    def stored(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "seats": [[*seat[:6], list(seat.has)] for seat in self.seats],
            "tickets": [
                [None if t.fits is None else list(t.fits), list(t.recent), t.is_counter, t.without]
                for t in self.tickets
            ],
            "pairs": [list(pair) for pair in self.pairs],
            "lookback": self.lookback,
            "is_late": self.is_late,
            "taken": {str(i): list(at) for i, at in self.taken.items()},
        }  # fmt: skip

    @classmethod
    def parsed(cls, stored: Mapping[str, Any]) -> "Facts":
        """The same from JSON."""
        return cls(
            tuple(Seat(*one)._replace(has=tuple(one[-1])) for one in stored["seats"]),
            tuple(
                Ticket(None if fits is None else tuple(fits), tuple(recent), is_counter, without)
                for fits, recent, is_counter, without in stored["tickets"]
            ),
            tuple(Pair(*pair) for pair in stored["pairs"]),
            stored["lookback"],
            stored["is_late"],
            {int(i): (x_m, y_m) for i, (x_m, y_m) in stored["taken"].items()},
        )


class Result(NamedTuple):
    """What a ticket got, and why; no seat: there were too few."""

    seat_id: int | None
    reasons: list[Reason]


class Line(NamedTuple):
    """A wish of one ticket that may give way: how much it weighs when it is broken."""

    counter: float = STEP**4
    mentor: float = STEP**3
    recent: float = STEP**2
    together: float = STEP


WEIGHT = Line()
OF_PAIR = {Together.MENTOR: WEIGHT.mentor, Together.TOGETHER: WEIGHT.together}
NEVER = STEP**5


def draw(facts: Facts, seed: int) -> list[Result]:
    """The result of each ticket."""
    lots = random.Random(seed)  # whoever has the seed can draw it again
    winners = _winners(facts, lots)
    price = _prices(facts)
    chance = np.array([[lots.random() for _ in facts.seats] for _ in facts.tickets]).reshape(price.shape)
    seat_of: dict[int, int] = {}
    if winners:
        columns = cheapest((price + chance)[winners])
        seat_of = dict(zip(winners, columns, strict=True))
    table = _Table(facts, price, seat_of, lots)
    table.bring_together()
    return [_result(facts, i, table) for i in range(len(facts.tickets))]


def _winners(facts: Facts, lots: random.Random) -> list[int]:
    """Who gets a seat: drawn one by one, those who went without first; whoever still can be seated is.

    Those who are in stay in: others may have to make room on another seat, never to go.
    """
    order = sorted(range(len(facts.tickets)), key=lambda i: (-facts.tickets[i].without, lots.random()))
    has: dict[int, int] = {}  # seat → ticket
    choices = [np.flatnonzero(row).tolist() for row in facts.may]
    winners = [i for i in order if _seated(i, choices, has)]
    return sorted(winners)


def _seated(ticket: int, choices: Sequence[Sequence[int]], has: dict[int, int]) -> bool:
    """Give a ticket any seat that it may have; others move where they must."""
    came_from: dict[int, tuple[int, int]] = {}  # seat → the ticket that would move there, and from which seat
    waiting = deque([(ticket, -1)])
    while waiting:
        one, old = waiting.popleft()
        for seat in choices[one]:
            if seat in came_from:
                continue
            came_from[seat] = (one, old)
            if seat not in has:
                while seat != -1:
                    one, old = came_from[seat]
                    has[seat] = one
                    seat = old
                return True
            waiting.append((has[seat], seat))
    return False


def _prices(facts: Facts) -> NDArray[np.float64]:
    """What each seat costs each ticket, without the lot: the lines it would break."""
    price = np.where(facts.may, 0.0, NEVER)
    near = np.array([seat.is_near_counter for seat in facts.seats], bool)
    priority = np.array([seat.is_priority for seat in facts.seats], bool)
    for i, ticket in enumerate(facts.tickets):
        if ticket.is_counter and near.any():
            price[i, ~near] += WEIGHT.counter
        again = [facts.number_of[one] for one in ticket.recent[: facts.lookback] if one in facts.number_of]
        price[i, again] += WEIGHT.recent
        if (facts.may[i] & ~priority).any():
            price[i, priority] += WEIGHT.counter  # kept for those who can have no other
    return price


class _Table:
    """Who sits where, and how much of what was wished for is broken."""

    def __init__(self, facts: Facts, price: NDArray[np.float64], seat_of: dict[int, int], lots: random.Random) -> None:
        self.facts, self.price, self.seat_of = facts, price, seat_of
        self._lots = lots
        self._ticket_at = {seat: ticket for ticket, seat in seat_of.items()}
        self._pairs_of: defaultdict[int, list[Pair]] = defaultdict(list)
        for pair in self._seated_pairs():
            self._pairs_of[pair.one].append(pair)
            if pair.other is not None:
                self._pairs_of[pair.other].append(pair)

    def _seated_pairs(self) -> list[Pair]:
        seated = self.seat_of.keys()
        return [
            pair for pair in self.facts.pairs if pair.one in seated and (pair.other is None or pair.other in seated)
        ]

    def pairs(self, ticket: int) -> Sequence[Pair]:
        """The pairs of a ticket of which both have a seat."""
        return self._pairs_of[ticket]

    def is_together(self, pair: Pair) -> bool:
        """Whether the two sit beside each other."""
        seat = self.seat_of[pair.one]
        if pair.other is None:
            return pair.at is not None and seat in self.facts.beside_taken(pair.at)
        return self.seat_of[pair.other] in self.facts.beside[seat]

    def bring_together(self) -> None:
        """Swap seats until no swap brings a pair together without breaking more than it mends."""
        pairs = self._seated_pairs()
        for _sweep in range(SWEEPS):
            pairs.sort(key=lambda pair: (-OF_PAIR[Together(pair.kind)], self._lots.random()))
            n_brought = sum(self._brought(pair) for pair in pairs if not self.is_together(pair))
            if not n_brought:
                return

    def _brought(self, pair: Pair) -> bool:
        moves = list(self._moves(pair))
        self._lots_order(moves)
        return any(self._swapped(move) for move in moves)

    def _lots_order(self, moves: list[tuple[tuple[int, int], ...]]) -> None:
        keys = {move: self._lots.random() for move in moves}
        moves.sort(key=lambda move: (len(move), keys[move]))  # the fewest people move

    def _moves(self, pair: Pair) -> Iterator[tuple[tuple[int, int], ...]]:
        """Tickets and where they would go."""
        if pair.other is None:
            yield from (((pair.one, seat),) for seat in self.facts.beside_taken(pair.at or 0))
            return
        one, other = pair.one, pair.other
        yield from (((one, seat),) for seat in self.facts.beside[self.seat_of[other]])
        yield from (((other, seat),) for seat in self.facts.beside[self.seat_of[one]])
        for seat, others in enumerate(self.facts.beside):
            if self.facts.may[one, seat]:
                yield from (((one, seat), (other, next_to)) for next_to in others if self.facts.may[other, next_to])

    def _swapped(self, move: Sequence[tuple[int, int]]) -> bool:
        """Make the move when less is broken after it; whoever sits there takes the seat that becomes free."""
        touched = {ticket for ticket, _seat in move}
        touched |= {self._ticket_at[seat] for _ticket, seat in move if seat in self._ticket_at}
        was = {ticket: self.seat_of[ticket] for ticket in touched}
        broken = self._broken(touched)
        for ticket, seat in move:
            self._exchange(ticket, seat)
        if all(self.facts.may[ticket, self.seat_of[ticket]] for ticket in touched) and self._broken(touched) < broken:
            return True
        for ticket in touched:
            self._ticket_at.pop(self.seat_of[ticket], None)
        for ticket, seat in was.items():
            self.seat_of[ticket], self._ticket_at[seat] = seat, ticket
        return False

    def _exchange(self, ticket: int, seat: int) -> None:
        old, there = self.seat_of[ticket], self._ticket_at.get(seat)
        self.seat_of[ticket], self._ticket_at[seat] = seat, ticket
        if there is None or there == ticket:
            if old != seat:
                del self._ticket_at[old]
        else:
            self.seat_of[there], self._ticket_at[old] = old, there

    def _broken(self, tickets: set[int]) -> float:
        """What these people's seats and pairs break."""
        alone = sum(float(self.price[ticket, self.seat_of[ticket]]) for ticket in tickets)
        pairs = {pair for ticket in tickets for pair in self._pairs_of[ticket]}
        return alone + sum(OF_PAIR[Together(pair.kind)] for pair in pairs if not self.is_together(pair))


def _result(facts: Facts, i: int, table: _Table) -> Result:
    ticket = facts.tickets[i]
    if i not in table.seat_of:
        if ticket.fits is not None and not facts.may[i].any():
            return Result(None, [[Why.NONE_FITS.value]])
        return Result(None, [[Why.TOO_FEW.value, len(facts.tickets), facts.n_open]])
    seat = facts.seats[table.seat_of[i]]
    held: list[Reason] = []
    broken: list[Reason] = []
    if ticket.without:
        held.append([Why.FIRST.value, ticket.without])
    if ticket.fits is not None:
        held.append([Why.NEEDS.value])
    if ticket.is_counter and any(one.is_near_counter for one in facts.seats):
        (held if seat.is_near_counter else broken).append(
            [Why.NEAR_COUNTER.value if seat.is_near_counter else Why.STILL_FAR.value]
        )
    for pair in table.pairs(i):
        met, unmet = _words(pair, i)
        (held if table.is_together(pair) else broken).append([met.value if table.is_together(pair) else unmet.value])
    avoided = ticket.recent[: facts.lookback]
    if seat.id in avoided:
        broken.append([Why.STILL_RECENT.value, len(avoided)])
    elif avoided:
        held.append([Why.NOT_RECENT.value, len(avoided)])
    if seat.near:
        held.append([Why.NEAR.value, seat.near])
    if seat.has:
        held.append([Why.HAS.value, *seat.has])
    return Result(seat.id, [*held, *broken])


def _words(pair: Pair, i: int) -> tuple[Why, Why]:
    if pair.kind == Together.TOGETHER:
        return Why.BESIDE_EACH_OTHER, Why.STILL_APART
    is_newcomer = pair.one == i if pair.other is not None else pair.is_newcomers
    if is_newcomer:
        return Why.BESIDE_MENTOR, Why.STILL_NO_MENTOR
    return Why.BESIDE_NEWCOMER, Why.STILL_NO_NEWCOMER
