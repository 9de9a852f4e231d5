"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from server import db
from server.bookings.models import Booking, KeptAnswer, SeatChoice, Series, Slot, Wait
from server.people.personal_data import account_ids
from server.places.models import Floor, Seat, Zone

Rows = Sequence[Mapping[str, object]]


def export(person_id: int) -> dict[str, Rows]:
    """The person's own bookings in full; of those they made for others, only when."""
    return {
        "booking": _bookings(person_id),
        "booking_slot": _slots(person_id),
        "booking_series": _series(person_id),
        "seat_wait": _waits(person_id),
        "seat_choice": _choices(person_id),
        "kept_answer": _answers(person_id),
    }


def _bookings(person_id: int) -> Rows:
    mine = select(Booking, Seat.code).join(Seat, Seat.id == Booking.seat_id).where(Booking.person_id == person_id)
    rows: list[Mapping[str, object]] = [
        {
            "seat": code, "starts_at": row.starts_at, "ends_at": row.ends_at, "state": row.state, "how": row.how,
            "is_confirmed": row.is_confirmed, "subject": row.subject, "changed_at": row.changed_at,
        }
        for row, code in db.session.execute(mine.order_by(Booking.starts_at))
    ]  # fmt: skip
    for_others = select(Booking.starts_at).where(
        Booking.booked_by_id == person_id, Booking.person_id.is_distinct_from(person_id)
    )
    return rows + [{"i_booked_for_others": at} for at in db.session.scalars(for_others.order_by(Booking.starts_at))]


def _slots(person_id: int) -> Rows:
    kept = (
        select(Seat.code, Booking.starts_at)
        .join(Slot, Slot.seat_id == Seat.id)
        .join(Booking, Booking.id == Slot.booking_id)
        .where(Slot.person_id == person_id)
        .distinct()
        .order_by(Booking.starts_at)
    )
    return [{"seat": code, "kept_from": at} for code, at in db.session.execute(kept)]


def _series(person_id: int) -> Rows:
    wanted = (
        select(Series, Seat.code)
        .join(Seat, Seat.id == Series.seat_id)
        .where(or_(Series.person_id == person_id, Series.booked_by_id == person_id))
        .order_by(Series.id)
    )
    return [
        {
            "seat": code, "weekdays": row.weekdays, "starts": row.starts, "ends": row.ends,
            "first_day": row.first_day, "last_day": row.last_day, "asked_at": row.asked_at, "is_over": row.is_over,
            "subject": row.subject,
        }
        if row.person_id == person_id
        else {"i_booked_for_others": row.first_day}
        for row, code in db.session.execute(wanted)
    ]  # fmt: skip


def _waits(person_id: int) -> Rows:
    wanted = (
        select(Wait, Floor.code, Zone.name)
        .join(Floor, Floor.id == Wait.floor_id)
        .outerjoin(Zone, Zone.id == Wait.zone_id)
        .where(Wait.person_id == person_id)
        .order_by(Wait.starts_at)
    )
    return [
        {
            "floor": floor, "zone": zone, "kind": row.kind, "equipment": row.equipment, "starts_at": row.starts_at,
            "ends_at": row.ends_at, "state": row.state, "asked_at": row.asked_at,
        }
        for row, floor, zone in db.session.execute(wanted)
    ]  # fmt: skip


def _choices(person_id: int) -> Rows:
    row = db.session.get(SeatChoice, person_id)
    if row is None:
        return []
    return [
        {
            "leaves_by_itself": row.leaves_by_itself,
            "is_asked": row.is_asked,
            "may_kiosk": row.may_kiosk,
            "is_nudged": row.is_nudged,
        }
    ]


def _answers(person_id: int) -> Rows:
    wanted = select(KeptAnswer.at, KeptAnswer.answer).where(KeptAnswer.account_id.in_(account_ids(person_id)))
    return [{"at": at, "answer": answer} for at, answer in db.session.execute(wanted.order_by(KeptAnswer.at))]
