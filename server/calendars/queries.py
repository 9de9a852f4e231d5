"""Reads for calendars: a person's bookings with their places."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, select

from server import db
from server.bookings.models import Booking, Series
from server.bookings.rules import How, State
from server.calendars.models import MailChoice
from server.calendars.rules import Entry
from server.people.models import Account, Person
from server.places.models import Building, Floor, Seat, Zone
from server.places.rules import SeatKind

_WANTED: Select[Any] = cast(
    Select[Any],
    select(
        Booking.id,
        Booking.person_id,
        Seat.code,
        Seat.kind,
        Floor.code,
        Floor.name,
        Floor.name_en,
        Building.name,
        Building.name_en,
        Building.timezone,
        Booking.starts_at,
        Booking.ends_at,
        Booking.state,
        Booking.how,
        Booking.subject,
        Booking.series_id,
        Booking.sequence,
        Booking.changed_at,
    )
    .join(Seat, Seat.id == Booking.seat_id)
    .join(Zone, Zone.id == Seat.zone_id)
    .join(Floor, Floor.id == Zone.floor_id)
    .join(Building, Building.id == Floor.building_id)
    .order_by(Booking.starts_at, Booking.id),
)


def entries(person_id: int, since: datetime) -> list[Entry]:
    """Somebody's own bookings that begin after that instant, whatever became of them; the earliest first."""
    return _entries(_WANTED.where(Booking.person_id == person_id, Booking.starts_at > since))


def entry(booking_id: int) -> Entry | None:
    """One booking; None when there is none, or nobody's name stands on it any more."""
    found = _entries(_WANTED.where(Booking.id == booking_id, Booking.person_id.is_not(None)))
    return found[0] if found else None


def series_seat(series_id: int) -> str:
    """The code of a weekly series' seat."""
    wanted = select(Seat.code).join(Series, Series.seat_id == Seat.id).where(Series.id == series_id)
    return db.session.scalars(wanted).first() or ""


def offered_until(booking_id: int) -> datetime | None:
    """How long an offer lasts."""
    return db.session.scalars(select(Booking.offered_until).where(Booking.id == booking_id)).first()


def language(person_id: int) -> str:
    """The language a person has chosen."""
    return db.session.scalars(select(Account.language).where(Account.person_id == person_id)).first() or "ja"


def address(person_id: int) -> str:
    """Where a person gets their mails; empty: nowhere."""
    return db.session.scalars(select(Person.mail).where(Person.id == person_id)).first() or ""


def wants(person_id: int) -> tuple[bool, bool]:
    """Whether a person wants invitations, and notices."""
    row = db.session.get(MailChoice, person_id)
    return (False, False) if row is None else (row.invitations, row.notices)


def _entries(wanted: Select[Any]) -> list[Entry]:
    return [Entry(*_typed(row)) for row in db.session.execute(wanted)]


def _typed(row: Sequence[Any]) -> list[Any]:
    return [*row[:3], SeatKind(row[3]), *row[4:12], State(row[12]), How(row[13]), *row[14:]]
