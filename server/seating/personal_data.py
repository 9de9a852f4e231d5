"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from server import db
from server.places.models import Seat, Zone
from server.seating.models import Draw, DrawResult, Pairing, SeatNeed

Rows = Sequence[Mapping[str, object]]


def export(person_id: int) -> dict[str, Rows]:
    """Needs, wishes to sit together, and what the lottery gave; nobody else is named."""
    return {
        "seat_need": [
            {"equipment": what}
            for what in db.session.scalars(select(SeatNeed.equipment).where(SeatNeed.person_id == person_id))
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
        select(Draw.day, Zone.name, Seat.code, DrawResult.reasons)
        .join(Draw, Draw.id == DrawResult.draw_id)
        .join(Zone, Zone.id == Draw.zone_id)
        .outerjoin(Seat, Seat.id == DrawResult.seat_id)
        .where(DrawResult.person_id == person_id)
        .order_by(Draw.day)
    )
    return [
        {"day": day, "zone": zone, "seat": seat, "reasons": reasons}
        for day, zone, seat, reasons in db.session.execute(wanted)
    ]
