"""What people say of their own seat: what it must have, beside whom they like to sit, whether they draw for it."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import delete, insert, select

from server import db
from server.bookings import facts
from server.errors import Refused
from server.people import queries as people
from server.people.queries import PersonCard
from server.places.rules import Equipment
from server.seating import lottery_queries as queries
from server.seating.lottery import Together
from server.seating.lottery_queries import PairingView, Part
from server.seating.models import LotteryChoice, Pairing, SeatNeed

LONGEST_WEEKS = {Together.TOGETHER: 13, Together.MENTOR: 52}
MOST_PAIRINGS = 5  # of one person, asked or being asked
GONE = "This has been taken back meanwhile."


def set_needs(person_id: int, equipment: Collection[str]) -> None:
    """The person's seat must have this from now on."""
    if not set(equipment) <= {one.value for one in Equipment}:
        raise Refused("bad_equipment", "There is no such equipment.", 422)
    db.session.execute(delete(SeatNeed).where(SeatNeed.person_id == person_id))
    if equipment:
        rows = [{"person_id": person_id, "equipment": one} for one in sorted(set(equipment))]
        db.session.execute(insert(SeatNeed), rows)


def set_part(person_id: int, part: Part) -> None:
    """The person takes part in lotteries like this from now on."""
    row = db.upsert(LotteryChoice).values(person_id=person_id, part=part.value)
    db.session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_={"part": part.value}))


def may_ask(person_id: int, day: date) -> list[PersonCard]:
    """Whom somebody may ask to sit beside them: the people of their own units, by reading."""
    units = people.units_of_people(day, [person_id]).get(person_id, frozenset())
    ids = people.members_of(units, day) - {person_id}
    protected = {i for i, choices in people.choices_of(ids).items() if choices.protected}  # of whom no list tells (P13)
    found = people.cards(day, ids - protected)
    return sorted(found.values(), key=lambda card: (card.kana_key, card.id))


def ask(person_id: int, other_id: int, kind: Together, weeks: int, day: date) -> int:
    """Ask a colleague to sit beside one, or to be one's mentor; nothing holds before they agree. Returns its id."""
    if other_id not in {card.id for card in may_ask(person_id, day)}:
        raise Refused("not_your_section", "You can ask the colleagues of your own section.", 404)
    if not 1 <= weeks <= LONGEST_WEEKS[kind]:
        raise Refused("bad_term", "Choose how many weeks, %(n)s at most.", 422, n=LONGEST_WEEKS[kind])
    for one in sorted((person_id, other_id)):  # in one order, so that two who ask each other never wait for each other
        facts.one_at_a_time(one)
    for one in (person_id, other_id):
        if len(queries.pairings_of(one, day)) >= MOST_PAIRINGS:
            raise Refused("too_many_pairings", "One person sits beside %(n)s others at most.", n=MOST_PAIRINGS)
    old = queries.pairings_of(person_id, day)
    if any({one.person_id, one.other_id} == {person_id, other_id} and one.kind == kind for one in old):
        raise Refused("asked_already", "One of you has asked already.")
    past = delete(Pairing).where(
        Pairing.person_id == person_id, Pairing.other_id == other_id, Pairing.kind == kind.value
    )
    db.session.execute(past)
    row = insert(Pairing).values(
        person_id=person_id, other_id=other_id, kind=kind.value, is_agreed=False,
        first_day=day, last_day=day + timedelta(weeks=weeks),
    )  # fmt: skip
    return db.session.scalars(row.returning(Pairing.id)).one()


def agree(person_id: int, pairing_id: int, day: date) -> PairingView:
    """Whoever was asked agrees; Refused when they were not, or it has been taken back."""
    row = _row(person_id, pairing_id, day)
    if row.other_id != person_id:
        raise Refused("no_pairing", GONE, 404)
    row.is_agreed = True
    db.session.flush()
    return _view(person_id, pairing_id, day)


def end(person_id: int, pairing_id: int, day: date) -> None:
    """Either of the two declines, takes it back or ends it; the other one is not told why."""
    db.session.delete(_row(person_id, pairing_id, day))
    db.session.flush()


def forget(day: date) -> int:
    """Delete what is over; returns how many."""
    return len(list(db.session.scalars(delete(Pairing).where(Pairing.last_day < day).returning(Pairing.id))))


def _row(person_id: int, pairing_id: int, day: date) -> Pairing:
    row = db.session.scalars(select(Pairing).where(Pairing.id == pairing_id).with_for_update()).first()
    if row is None or person_id not in (row.person_id, row.other_id) or row.last_day < day:
        raise Refused("no_pairing", GONE, 404)
    return row


def _view(person_id: int, pairing_id: int, day: date) -> PairingView:
    return next(one for one in queries.pairings_of(person_id, day) if one.id == pairing_id)
