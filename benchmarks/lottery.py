"""How long a seat lottery takes: a zone of 130 people and 119 seats with all constraints, on SQLite and PostgreSQL.

Prints the rule alone, and a whole lottery for a day as its page draws it: reading who is there, drawing, booking every
seat and keeping the results, in one transaction. Every person has sat on ten days before.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, update

from benchmarks._hall import make, postgres
from migrations.upgrade import upgrade
from server import db
from server.bookings.bulk import NewBooking, lay_out
from server.bookings.models import Booking, Slot
from server.bookings.rules import State
from server.people import service as people
from server.places import queries as places_queries
from server.places import service as places
from server.places.rules import Equipment, SeatKind
from server.places.service import NewSeat
from server.presence import statuses
from server.presence.rules import StatusKind
from server.seating import companions, draws, lottery, lottery_round
from server.seating.lottery import Facts, Together, Why
from server.seating.lottery_queries import results
from server.seating.lottery_round import Term
from server.seating.models import Draw

PEOPLE, SEATS, PRIORITY = 130, 119, 4
PAST_DAYS = 10
ROUNDS = 30
DAY = make.THURSDAY + timedelta(days=1)
NOW = make.at("16:00")


def zone() -> Term:
    """The zone on its day; in the caller's transaction."""
    building = make.building()
    floor = make.floor(building, width_m=60.0)
    own = make.zone(floor, size_m=28.0)
    section = make.unit()
    places.own_zone(own, section, make.DAY)
    places.add_zone(floor, "18P", "窓口", [[0.0, 28.0], [28.0, 28.0], [28.0, 31.0], [0.0, 31.0]], kind="counter")
    seats = [
        NewSeat(
            f"18A-{i:03}",
            SeatKind.GROUP,
            1.0 + 1.4 * (i % 17),
            1.0 + 2.2 * (i // 17),
            is_priority=i > SEATS - PRIORITY,
            equipment=(Equipment.MONITOR,) * (i % 2) + (Equipment.WHEELCHAIR,) * (i > SEATS - 2 * PRIORITY),
        )
        for i in range(1, SEATS + 1)
    ]
    places.add_seats(own, seats, NOW)
    staff = []
    for i in range(PEOPLE + 6):
        person_id = make.person(f"職員{i}")
        people.add_membership(person_id, section, make.DAY, duties="窓口受付" if i < 12 else "")
        staff.append(person_id)
    for person_id in staff[PEOPLE:]:
        statuses.set_status(person_id, StatusKind.LEAVE, make.at("00:00", DAY), make.at("23:59", DAY), "", NOW)
    wishes(staff)
    seat_ids = [seat.id for seat in places_queries.seats_on_floor(floor)]
    lay_out(past(staff, seat_ids), NOW)
    view = next(one for one in places_queries.zones(floor, DAY) if one.id == own)
    at = places_queries.floor(floor)
    of = places_queries.building_of(floor)
    assert at is not None and of is not None
    return lottery_round.term(view, at, of, make.at("08:30", DAY), make.at("17:15", DAY))


def wishes(staff: list[int]) -> None:
    """Eight newcomers with mentors, fifteen pairs, and six who need something."""
    for i in range(6):
        companions.set_needs(staff[20 + i], [Equipment.WHEELCHAIR if i < 3 else Equipment.MONITOR])
    pairs = [(Together.MENTOR, 30 + 2 * i) for i in range(8)] + [(Together.TOGETHER, 60 + 2 * i) for i in range(15)]
    for kind, i in pairs:
        pairing = companions.ask(staff[i], staff[i + 1], kind, 4, make.THURSDAY)
        companions.agree(staff[i + 1], pairing, make.THURSDAY)


def past(staff: list[int], seat_ids: list[int]) -> Iterator[NewBooking]:
    """Where everybody sat on the days before."""
    lots = random.Random(1)
    for n in range(1, PAST_DAYS + 1):
        day = make.THURSDAY - timedelta(days=n)
        for person_id, seat_id in zip(lots.sample(staff, len(seat_ids)), seat_ids, strict=True):
            starts_at, ends_at = make.at("08:30", day), make.at("17:15", day)
            yield NewBooking(seat_id, person_id, starts_at, ends_at, State.LEFT, is_confirmed=True)


def measure(name: str, url: str) -> Facts:
    """Draw again and again on one database; nothing of a lottery is left for the next one."""
    db.connect(url)
    upgrade()
    with db.transaction():
        of = zone()
    seconds = []
    for seed in range(ROUNDS):
        started = time.perf_counter()
        with db.transaction():
            draw_id = draws.draw_day(of, NOW, "", seed)
        seconds.append(time.perf_counter() - started)
        with db.reading():
            found = results(draw_id)
            assert draws.is_as_drawn(draw_id)
        assert len(found) == PEOPLE and sum(one.seat_id is not None for one in found) >= SEATS - PRIORITY
        with db.transaction():
            db.session.execute(delete(Slot))
            db.session.execute(update(Booking).where(Booking.starts_at > NOW).values(state=State.CANCELLED.value))
            db.session.execute(delete(Draw))
    print(f"{name:<12} a whole lottery with its bookings: {told(seconds)}")
    with db.reading():
        facts = lottery_round.for_day(of, NOW).facts
    db.disconnect()
    return facts


def alone(facts: Facts) -> None:
    """The rule without a database, and how many wishes came true."""
    seconds, kept, broken = [], 0, 0
    for seed in range(ROUNDS):
        started = time.perf_counter()
        drawn = lottery.draw(facts, seed)
        seconds.append(time.perf_counter() - started)
        said = [Why(reason[0]) for one in drawn for reason in one.reasons]
        kept += sum(one in (Why.BESIDE_EACH_OTHER, Why.BESIDE_MENTOR, Why.NEAR_COUNTER, Why.NOT_RECENT) for one in said)
        broken += sum(one in (Why.STILL_APART, Why.STILL_NO_MENTOR, Why.STILL_FAR, Why.STILL_RECENT) for one in said)
    print(f"{'the rule':<12} {told(seconds)}; wishes kept {kept / (kept + broken):.1%}")


def told(seconds: list[float]) -> str:
    """Median and worst in milliseconds."""
    return f"median {statistics.median(seconds) * 1000:.0f} ms, worst of {len(seconds)} {max(seconds) * 1000:.0f} ms"


@contextmanager
def databases() -> Iterator[list[tuple[str, str]]]:
    """An empty one of each kind."""
    with tempfile.TemporaryDirectory() as folder, postgres.server() as server:
        yield [("SQLite", f"sqlite:///{Path(folder) / 'lottery.db'}"), ("PostgreSQL", server.create("lottery"))]


def main() -> None:
    print(f"A lottery for {PEOPLE} people and {SEATS} seats, {PRIORITY} of them priority seats, with all constraints")
    with databases() as every:
        for name, url in every:
            facts = measure(name, url)
    alone(facts)


if __name__ == "__main__":
    main()
