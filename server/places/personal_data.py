"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from server import db
from server.places.models import Seat, SeatHolder, SeatReport


def export(person_id: int) -> dict[str, Sequence[Mapping[str, object]]]:
    """Whose seat it is, and what they said of seats or see to."""
    held = db.session.execute(
        select(Seat.code, SeatHolder.valid_from, SeatHolder.valid_to)
        .join(Seat, Seat.id == SeatHolder.seat_id)
        .where(SeatHolder.person_id == person_id)
        .order_by(SeatHolder.valid_from)
    )
    said = db.session.execute(
        select(
            SeatReport.reported_by_id,
            Seat.code,
            SeatReport.what,
            SeatReport.note,
            SeatReport.reported_at,
            SeatReport.done_at,
            SeatReport.answer,
        )
        .join(Seat, Seat.id == SeatReport.seat_id)
        .where(or_(SeatReport.reported_by_id == person_id, SeatReport.owner_id == person_id))
        .order_by(SeatReport.reported_at)
    )
    return {
        "seat_holder": [{"seat": seat, "valid_from": start, "valid_to": end} for seat, start, end in held],
        "seat_report": [_report(row, row[0] == person_id) for row in said],
    }


def _report(row: Sequence[object], is_mine: bool) -> Mapping[str, object]:
    _by, seat, what, note, reported_at, done_at, answer = row
    if not is_mine:  # what others said stays theirs
        return {"i_see_to_seat": seat, "reported_at": reported_at, "handled_at": done_at}
    return {
        "seat": seat,
        "what": what,
        "note": note,
        "reported_at": reported_at,
        "handled_at": done_at,
        "answer": answer,
    }
