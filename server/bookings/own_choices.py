"""What people have chosen about their seats: leaving by itself, being asked, being known to a shared screen."""

from dataclasses import asdict, dataclass

from sqlalchemy import select

from server import db
from server.bookings.models import SeatChoice


@dataclass(frozen=True, slots=True)
class SeatChoices:
    """One person's choices; these are the defaults."""

    leaves_by_itself: bool = False
    is_asked: bool = True
    may_kiosk: bool = True


def of(person_id: int) -> SeatChoices:
    """What a person has chosen."""
    row = db.session.get(SeatChoice, person_id)
    return SeatChoices() if row is None else SeatChoices(row.leaves_by_itself, row.is_asked, row.may_kiosk)


def choose(person_id: int, chosen: SeatChoices) -> None:
    """The person chooses this from now on."""
    row = db.upsert(SeatChoice).values(person_id=person_id, **asdict(chosen))
    db.session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=asdict(chosen)))


def leaving_by_themselves() -> list[int]:
    """Everybody who lets their seat be given back when they have gone early."""
    return list(db.session.scalars(select(SeatChoice.person_id).where(SeatChoice.leaves_by_itself)))


def is_nudged(person_id: int) -> bool:
    """Whether they are told that a seat is the one of last time."""
    row = db.session.get(SeatChoice, person_id)
    return row is None or row.is_nudged


def be_nudged(person_id: int, nudged: bool) -> None:
    """The person wants to be told, or not."""
    row = db.upsert(SeatChoice).values(person_id=person_id, is_nudged=nudged)
    db.session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_={"is_nudged": nudged}))
