"""Reads for the lottery: who has a seat already, where people sat last, who went without, what was drawn."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select

from server import db
from server.bookings.models import Booking, Slot
from server.bookings.rules import DESK, quarters
from server.people.models import Unit
from server.people.queries import CHUNK
from server.places.models import Seat
from server.seating.lottery import Facts, Reason
from server.seating.models import Draw, DrawResult, LotteryChoice, Pairing


class Part(StrEnum):
    """When somebody takes part in a lottery for a day."""

    WITHOUT_SEAT = "without_seat"  # unless they have booked one
    ALWAYS = "always"  # what they have booked gives way
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class DrawView:
    """A lottery that was drawn."""

    id: int
    zone_id: int
    day: date
    starts_at: datetime
    ends_at: datetime
    seed: int
    drawn_at: datetime
    drawn_by: str
    is_arrival: bool


@dataclass(frozen=True, slots=True)
class ResultView:
    """What somebody got in a lottery; `seat_id` None: nothing."""

    draw: DrawView
    person_id: int
    seat_id: int | None
    seat_code: str
    ticket: int
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class PairingView:
    """Two people who are to sit beside each other, once the other one has agreed."""

    id: int
    person_id: int
    other_id: int
    kind: str
    is_agreed: bool
    first_day: date
    last_day: date


def parts(person_ids: Collection[int]) -> dict[int, Part]:
    """What those have chosen who have chosen anything."""
    found: dict[int, Part] = {}
    for some in _chunks(person_ids):
        rows = select(LotteryChoice.person_id, LotteryChoice.part).where(LotteryChoice.person_id.in_(some))
        found |= {person_id: Part(part) for person_id, part in db.session.execute(rows)}
    return found


def seated(person_ids: Collection[int], starts_at: datetime, ends_at: datetime) -> dict[int, frozenset[int]]:
    """Who has a desk in some of that time: booking ids by person."""
    of = quarters(starts_at, ends_at)
    found: defaultdict[int, set[int]] = defaultdict(set)
    for some in _chunks(person_ids):
        rows = select(Slot.person_id, Slot.booking_id).where(
            Slot.person_id.in_(some), Slot.quarter >= of.start, Slot.quarter < of.stop, Slot.exclusive == DESK
        )
        for person_id, booking_id in db.session.execute(rows.distinct()):
            if person_id is not None:
                found[person_id].add(booking_id)
    return {person_id: frozenset(ids) for person_id, ids in found.items()}


def where_seated(booking_ids: Collection[int]) -> dict[int, tuple[int, bool]]:
    """The seat of each booking, and whether its person has come."""
    found: dict[int, tuple[int, bool]] = {}
    for some in _chunks(booking_ids):
        rows = select(Booking.id, Booking.seat_id, Booking.is_confirmed).where(Booking.id.in_(some))
        found |= {i: (seat_id, is_confirmed) for i, seat_id, is_confirmed in db.session.execute(rows)}
    return found


def without(zone_id: int, person_ids: Collection[int]) -> dict[int, int]:
    """For how many days in a row each of them went without in the zone's last lotteries for a day."""
    counts: dict[int, int] = {}
    over: set[int] = set()
    wanted = (
        select(DrawResult.person_id, func.max(DrawResult.seat_id))  # one day may have been drawn for twice
        .join(Draw, Draw.id == DrawResult.draw_id)
        .where(Draw.zone_id == zone_id, Draw.is_arrival.is_(False))
        .group_by(DrawResult.person_id, Draw.day)
        .order_by(Draw.day.desc())
    )
    for some in _chunks(person_ids):
        for person_id, seat_id in db.session.execute(wanted.where(DrawResult.person_id.in_(some))):
            if seat_id is not None:
                over.add(person_id)
            elif person_id not in over:
                counts[person_id] = counts.get(person_id, 0) + 1
    return counts


def agreed_pairings(person_ids: Collection[int], day: date) -> list[PairingView]:
    """Who is to sit beside whom on a day, of those with one of these people."""
    found: dict[int, PairingView] = {}
    for some in _chunks(person_ids):
        wanted = select(Pairing).where(
            or_(Pairing.person_id.in_(some), Pairing.other_id.in_(some)),
            Pairing.is_agreed,
            Pairing.first_day <= day,
            Pairing.last_day >= day,
        )
        found |= {row.id: _pairing(row) for row in db.session.scalars(wanted)}
    return [found[i] for i in sorted(found)]


def pairings_of(person_id: int, day: date) -> list[PairingView]:
    """Every pairing of somebody that is not over, agreed or not; for the two of them."""
    wanted = select(Pairing).where(
        or_(Pairing.person_id == person_id, Pairing.other_id == person_id), Pairing.last_day >= day
    )
    return [_pairing(row) for row in db.session.scalars(wanted.order_by(Pairing.first_day, Pairing.id))]


def draws(zone_id: int, first_day: date) -> list[DrawView]:
    """The zone's lotteries for a day, from that day on, the newest first."""
    wanted = select(Draw).where(Draw.zone_id == zone_id, Draw.day >= first_day, Draw.is_arrival.is_(False))
    return [_draw(row) for row in db.session.scalars(wanted.order_by(Draw.day.desc(), Draw.id.desc()))]


def draw(draw_id: int) -> DrawView | None:
    """One lottery."""
    row = db.session.get(Draw, draw_id)
    return None if row is None else _draw(row)


def facts(draw_id: int) -> Facts:
    """What went into a lottery."""
    return Facts.parsed(db.session.scalars(select(Draw.facts).where(Draw.id == draw_id)).one())


def results(draw_id: int) -> list[ResultView]:
    """Everybody's result in a lottery, by seat; those without one last."""
    found = _results(DrawResult.draw_id == draw_id)
    return sorted(found, key=lambda one: (one.seat_id is None, one.seat_code, one.ticket))


def results_of(person_id: int, first_day: date) -> list[ResultView]:
    """What somebody got from that day on, the newest day first; for that person."""
    found = _results(DrawResult.person_id == person_id, Draw.day >= first_day)
    return sorted(found, key=lambda one: (one.draw.day, one.draw.id), reverse=True)


def holding(rows: Collection[ResultView]) -> frozenset[tuple[int, int]]:
    """Of these results, which still keep their seat for their person: person and seat."""
    seats = {one.seat_id for one in rows if one.seat_id is not None}
    if not rows or not seats:
        return frozenset()
    starts_at, ends_at = min(one.draw.starts_at for one in rows), max(one.draw.ends_at for one in rows)
    of = quarters(starts_at, ends_at)
    found = select(Slot.person_id, Slot.seat_id).where(
        Slot.seat_id.in_(sorted(seats)), Slot.quarter >= of.start, Slot.quarter < of.stop
    )
    return frozenset((i, seat_id) for i, seat_id in db.session.execute(found.distinct()) if i is not None)


def unit_names(unit_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """What units are called, in Japanese and English, also those that are no more."""
    found: dict[int, tuple[str, str]] = {}
    for some in _chunks(unit_ids):
        rows = db.session.execute(select(Unit.id, Unit.name, Unit.name_en).where(Unit.id.in_(some)))
        found |= {i: (name, name_en) for i, name, name_en in rows}
    return found


def _results(*conditions: Any) -> list[ResultView]:
    wanted = (
        select(DrawResult, Draw, Seat.code)
        .join(Draw, Draw.id == DrawResult.draw_id)
        .outerjoin(Seat, Seat.id == DrawResult.seat_id)
        .where(*conditions)
    )
    return [
        ResultView(_draw(of), row.person_id, row.seat_id, code or "", row.ticket, row.reasons)
        for row, of, code in db.session.execute(wanted)
    ]


def _draw(row: Draw) -> DrawView:
    return DrawView(
        row.id, row.zone_id, row.day, row.starts_at, row.ends_at, row.seed, row.drawn_at, row.drawn_by, row.is_arrival
    )


def _pairing(row: Pairing) -> PairingView:
    return PairingView(row.id, row.person_id, row.other_id, row.kind, row.is_agreed, row.first_day, row.last_day)


def _chunks(ids: Collection[int]) -> Iterator[list[int]]:
    unique = sorted(set(ids))
    for start in range(0, len(unique), CHUNK):
        yield unique[start : start + CHUNK]
