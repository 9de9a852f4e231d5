"""Lotteries that are drawn: each result is a booking; flushes, never commits.

Somebody may take a seat while it is drawn for: the booking is refused then (`seat_taken`, `overlap`), the caller's
transaction ends, and everything is drawn again from what is free now.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert

from server import db
from server.bookings import choice, service, walk_up
from server.bookings.choice import Option
from server.bookings.rules import How, Wish, begun_quarter
from server.errors import Refused
from server.people import queries as people
from server.places import queries as places
from server.places.queries import FloorView, SeatView
from server.places.rules import SeatKind
from server.seating import lottery, lottery_round
from server.seating import lottery_queries as queries
from server.seating.lottery import Facts, Reason, Result
from server.seating.lottery_round import DRAWN, Round, Term
from server.seating.models import Draw, DrawResult

SEEDS = 2**53  # every program and database holds such a number exactly
TAKEN_MEANWHILE = frozenset({"seat_taken", "overlap"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """The seat that somebody drew on arriving, and why."""

    draw_id: int
    booking_id: int
    seat: SeatView
    reasons: list[Reason]


def draw_day(of: Term, now: datetime, by: str, seed: int | None = None) -> int:
    """Draw for all who are there that day and take part, and book what they got; returns the lottery's id.

    by   who draws, as people read it; "": the zone's rule
    """
    made = lottery_round.for_day(of, now)
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    results = lottery.draw(made.facts, seed)
    draw_id = _store(of, made.facts, seed, now, by)
    known = lottery_round.known(of, made.person_ids)
    for person_id, result in zip(made.person_ids, results, strict=True):
        if result.seat_id is None:
            continue
        for booking_id in sorted(made.replaced.get(person_id, ())):
            service.cancel(booking_id, now, is_offered=False)  # or who waits gets a seat that was just drawn
        wish = Wish(result.seat_id, of.starts_at, of.ends_at, How.LOTTERY)
        service.book(person_id, wish, now, known=known)
    _store_results(draw_id, made, results)
    return draw_id


def draw_now(person_id: int, of: Term, now: datetime, seed: int | None = None) -> Drawn:
    """Somebody who arrives draws a seat of the zone and has it at once; Refused when none is free for them."""
    if queries.seated([person_id], of.starts_at, of.ends_at):
        raise Refused("overlap", service.OVERLAP)
    options = choice.options(person_id, of.on.floor, of.starts_at, of.ends_at, now)
    found = [one.seat for one in options if one.zone.id == of.zone.id and _is_drawn(one.seat)]
    if not found:
        raise Refused("no_free_seat", lottery_round.NO_FREE_SEAT, zone=of.zone.code)
    draw_id, result = _drawn_among(person_id, found, of, now, seed)
    if result.seat_id is None:
        raise Refused("none_fits", "No seat is free in zone %(zone)s that has what you need.", zone=of.zone.code)
    booked = service.sit_down(person_id, result.seat_id, of.ends_at, How.LOTTERY, now)
    seat = next(one for one in found if one.id == result.seat_id)
    return Drawn(draw_id, booked.id, seat, result.reasons)


@walk_up.by_lot
def draw_given(
    person_id: int, found: Sequence[Option], floor: FloorView, ends_at: datetime, now: datetime
) -> Option | None:
    """Who is given a seat at a sign or a shared screen draws it, in a zone of their own section if there is one."""
    building = places.building_of(floor.id)
    drawn = [one for one in found if _is_drawn(one.seat)]
    if building is None or not drawn:
        return None
    units = people.units_of_people(now.astimezone(building.zone).date(), [person_id]).get(person_id, frozenset())
    own = [one for one in drawn if not units.isdisjoint(one.zone.unit_ids)] or drawn
    zone = secrets.choice(own).zone  # where more is free is more likely
    of = lottery_round.term(zone, floor, building, begun_quarter(now), ends_at)
    here = [one.seat for one in own if one.zone.id == zone.id]
    _draw_id, result = _drawn_among(person_id, here, of, now)
    if result.seat_id is None:
        raise Refused("no_free_seat", "No seat is free for you here now.")
    return next(one for one in own if one.seat.id == result.seat_id)


def arrival(of: Term, now: datetime) -> Term:
    """The same zone from the quarter hour that runs."""
    return Term(of.zone, of.on, begun_quarter(now), of.ends_at)


def redraw(draw_id: int) -> list[Result]:
    """The results by ticket, once more from the seed and the facts that were kept."""
    kept = queries.draw(draw_id)
    if kept is None:
        raise Refused("no_draw", "There is no such lottery.", 404)
    return lottery.draw(queries.facts(draw_id), kept.seed)


def is_as_drawn(draw_id: int) -> bool:
    """Whether seed and facts still give what was told."""
    again = redraw(draw_id)
    return all(
        (again[one.ticket].seat_id, again[one.ticket].reasons) == (one.seat_id, one.reasons)
        for one in queries.results(draw_id)
    )


def forget(before: datetime) -> int:
    """Delete lotteries of days before then with their results (P10); returns how many."""
    over = delete(Draw).where(Draw.day < before.date()).returning(Draw.id)
    return len(list(db.session.scalars(over)))


def _is_drawn(seat: SeatView) -> bool:
    return SeatKind(seat.kind) in DRAWN and seat.table_id is None


def _drawn_among(
    person_id: int, found: Sequence[SeatView], of: Term, now: datetime, seed: int | None = None
) -> tuple[int, Result]:
    """One person's lottery among seats that they may have, kept."""
    cards = people.cards(of.on.day, [person_id]).values()
    facts = lottery_round.facts_of(of, found, [person_id], cards, now, walk_up.LAST_SEATS)
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    (result,) = lottery.draw(facts, seed)
    draw_id = _store(of, facts, seed, of.starts_at, "", is_arrival=True)
    _store_results(draw_id, Round(facts, (person_id,)), [result])
    return draw_id, result


def _store(of: Term, facts: Facts, seed: int, drawn_at: datetime, by: str, *, is_arrival: bool = False) -> int:
    row = insert(Draw).values(
        zone_id=of.zone.id,
        day=of.on.day,
        starts_at=of.starts_at,
        ends_at=of.ends_at,
        seed=seed,
        facts=facts.stored(),
        drawn_at=drawn_at,
        drawn_by=by,
        is_arrival=is_arrival,
    )
    return db.session.scalars(row.returning(Draw.id)).one()


def _store_results(draw_id: int, made: Round, results: Sequence[Result]) -> None:
    rows: Collection[dict[str, object]] = [
        {"draw_id": draw_id, "person_id": person_id, "seat_id": one.seat_id, "ticket": i, "reasons": one.reasons}
        for i, (person_id, one) in enumerate(zip(made.person_ids, results, strict=True))
    ]
    db.session.execute(insert(DrawResult), list(rows))
