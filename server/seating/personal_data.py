"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from server import db
from server.places.models import Seat, Zone
from server.seating import lottery_words
from server.seating.lottery import Facts
from server.seating.models import Draw, DrawResult, LotteryChoice, Pairing, SeatNeed

Rows = Sequence[Mapping[str, object]]


def export(person_id: int) -> dict[str, Rows]:
    """Needs, wishes to sit together, and what the lottery gave; nobody else is named."""
    return {
        "seat_need": [
            {"equipment": what}
            for what in db.session.scalars(select(SeatNeed.equipment).where(SeatNeed.person_id == person_id))
        ],
        "lottery_choice": [
            {"part": part}
            for part in db.session.scalars(select(LotteryChoice.part).where(LotteryChoice.person_id == person_id))
        ],
        "seat_pairing": _pairings(person_id),
        "seat_draw_result": _draws(person_id),
    }


def _pairings(person_id: int) -> Rows:
    wanted = select(Pairing).where(or_(Pairing.person_id == person_id, Pairing.other_id == person_id))
    return [
        {
            "kind": row.kind, "is_agreed": row.is_agreed, "asked": row.person_id == person_id,
            "first_day": row.first_day, "last_day": row.last_day,
        }
        for row in db.session.scalars(wanted.order_by(Pairing.first_day))
    ]  # fmt: skip


def _draws(person_id: int) -> Rows:
    wanted = (
        select(Draw.day, Zone.name, Seat.code, DrawResult.reasons, DrawResult.ticket, Draw.facts)
        .join(Draw, Draw.id == DrawResult.draw_id)
        .join(Zone, Zone.id == Draw.zone_id)
        .outerjoin(Seat, Seat.id == DrawResult.seat_id)
        .where(DrawResult.person_id == person_id)
        .order_by(Draw.day)
    )
    rows = list(db.session.execute(wanted))
    units = lottery_words.near_units([row[3] for row in rows])
    return [
        {
            "day": day, "zone": zone, "seat": seat, "reasons": lottery_words.explanation(reasons, units),
            **_gone_by(Facts.parsed(facts), ticket),
        }
        for day, zone, seat, reasons, ticket, facts in rows
    ]  # fmt: skip


def _gone_by(facts: Facts, ticket: int) -> dict[str, object]:
    """What the draw knew of this person, as codes."""
    own = facts.tickets[ticket]
    return {
        "needs_something": own.fits is not None, "is_counter": own.is_counter, "without_before": own.without,
        "avoided_seats": len(own.recent[: facts.lookback]),
    }  # fmt: skip
