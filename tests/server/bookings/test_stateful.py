"""A model of bookings beside the real ones: whatever is done in whatever order, the same people have the same seats."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import make
import pytest
from floor_with_seats import FloorWithSeats
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select, update
from watching import TOKYO

from server import db
from server.bookings import absence, queries, service
from server.bookings.models import Booking, HouseRule, Slot
from server.bookings.rules import HOLDING, State, Wish, exclusive_group, quarters
from server.db import Base
from server.errors import Refused
from server.places.models import Seat, Zone
from server.places.rules import SeatKind
from server.presence import statuses
from server.presence.rules import StatusKind

DAYS = (date(2026, 11, 19), date(2026, 11, 20))
NOW = make.at("07:00", DAYS[0])
HALVES = [f"{hour:02}:{minute:02}" for hour in range(8, 16) for minute in (0, 30)]
people, places = st.integers(0, 3), st.integers(0, 7)
days, times, lengths = st.sampled_from(DAYS), st.sampled_from(HALVES), st.sampled_from((30, 60, 120, 240))
numbers = st.integers(0, 10_000)


class Bookings(RuleBasedStateMachine):
    """Four people, eight places (two of them of one table, which is a third, and a room), two days."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            for table in reversed(Base.metadata.sorted_tables):
                if not table.name.startswith(("audit_", "alembic")):
                    db.session.execute(table.delete())
        office = self.office = FloorWithSeats()
        office.rule(f"building:{office.building}", who="everyone", ahead_days=30, repeat="off")
        self.people = [office.suzuki, office.sato, office.neighbour, office.stranger]
        self.places = [*office.seats[:3], office.other_seat, office.table, *office.places, office.room]
        self.parts = {office.table: office.places}
        self.held: dict[int, tuple[int, int, datetime, datetime]] = {}  # the model: booking → person, place, term
        self.ended: set[int] = set()
        self.away: set[tuple[int, date]] = set()
        with db.reading():
            self.kinds = dict(db.session.execute(select(Seat.id, Seat.kind)).all())

    # -- what may be done

    @rule(person=people, place=places, day=days, starts=times, minutes=lengths)
    def book(self, person: int, place: int, day: date, starts: str, minutes: int) -> None:
        who, seat, term = self.people[person], self.places[place], self.term(day, starts, minutes)
        self.attempt(None, who, seat, term, lambda: service.book(who, Wish(seat, *term), NOW).id)

    @precondition(lambda self: self.held)
    @rule(number=numbers, place=places, day=days, starts=times, minutes=lengths)
    def move(self, number: int, place: int, day: date, starts: str, minutes: int) -> None:
        booking, seat, term = self.one(number), self.places[place], self.term(day, starts, minutes)
        who = self.held[booking][0]

        def moved() -> int:
            service.move(booking, Wish(seat, *term), NOW)
            return booking

        self.attempt(booking, who, seat, term, moved)

    @precondition(lambda self: self.held)
    @rule(number=numbers, verb=st.sampled_from((service.cancel, service.release)))
    def end(self, number: int, verb) -> None:
        booking = self.one(number)
        with db.transaction():
            verb(booking, NOW)
        del self.held[booking]
        self.ended.add(booking)

    @precondition(lambda self: self.held)
    @rule(number=numbers)
    def confirm(self, number: int) -> None:
        booking = self.one(number)
        with db.transaction():
            service.confirm(booking, self.held[booking][2])

    @precondition(lambda self: self.ended)
    @rule(number=numbers, verb=st.sampled_from((service.cancel, service.release, service.confirm)))
    def do_something_to_what_is_over(self, number: int, verb) -> None:
        booking = sorted(self.ended)[number % len(self.ended)]
        with pytest.raises(Refused), db.transaction():
            verb(booking, NOW)

    @rule(person=people, place=places, starts=times, minutes=lengths)
    def book_a_series(self, person: int, place: int, starts: str, minutes: int) -> None:
        """The same place on every day; where it cannot be, the other days stand."""
        for number in range(len(DAYS)):
            self.book(person, place, DAYS[number], starts, minutes)

    @rule(person=people, day=days)
    def be_away(self, person: int, day: date) -> None:
        """Who says that they are away frees what they have that day."""
        who, term = self.people[person], (make.at("00:00", day), make.at("23:59", day))
        with db.transaction():
            statuses.set_status(who, StatusKind.LEAVE, *term, "", NOW)
        self.away.add((who, day))
        for booking, (owner, _seat, starts, _ends) in list(self.held.items()):
            if owner == who and (owner, starts.astimezone(TOKYO).date()) in self.away:
                del self.held[booking]
                self.ended.add(booking)

    @rule(longest=st.sampled_from((0, 60, 120)))
    def change_a_rule(self, longest: int) -> None:
        """What was booked before stands, whatever the rule says now."""
        with db.transaction():
            where = HouseRule.scope == f"building:{self.office.building}"
            found = db.session.scalars(select(HouseRule).where(where)).one()
            found.settings = {**found.settings, "longest_min": longest}

    @rule(back=st.booleans())
    def merge_the_zones(self, back: bool) -> None:
        """The other zone's seat becomes this zone's, and goes back; its bookings stay."""
        with db.transaction():
            zone = self.office.zone_b if back else self.office.zone_a
            db.session.execute(update(Seat).where(Seat.id == self.office.other_seat).values(zone_id=zone))

    # -- what always holds

    @invariant()
    def the_same_people_have_the_same_seats_as_in_the_model(self) -> None:
        with db.reading():
            rows = db.session.execute(
                select(Booking.id, Booking.person_id, Booking.seat_id, Booking.starts_at, Booking.ends_at).where(
                    Booking.state.in_(HOLDING)
                )
            )
            assert {row[0]: tuple(row[1:]) for row in rows} == self.held

    @invariant()
    def no_two_bookings_share_a_quarter_of_a_seat(self) -> None:
        taken = [key for booking in self.held for key in self.slots(booking)]
        assert len(taken) == len(set(taken))

    @invariant()
    def a_table_and_its_places_keep_each_other(self) -> None:
        for table, parts in self.parts.items():
            whole = {q for _p, seat, *term in self.held.values() if seat == table for q in quarters(*term)}
            single = {q for _p, seat, *term in self.held.values() if seat in parts for q in quarters(*term)}
            assert not whole & single

    @invariant()
    def nobody_has_two_places_of_one_kind_at_a_time(self) -> None:
        taken = [
            (person, exclusive_group(SeatKind(self.kinds[seat])), quarter)
            for person, seat, *term in self.held.values()
            for quarter in quarters(*term)
        ]
        assert len(taken) == len(set(taken))

    @invariant()
    def the_slots_are_those_of_the_bookings_and_no_others(self) -> None:
        with db.reading():
            rows = db.session.execute(select(Slot.seat_id, Slot.quarter, Slot.booking_id)).all()
        assert {tuple(row) for row in rows} == {(*key, booking) for booking in self.held for key in self.slots(booking)}

    @invariant()
    def what_is_over_stays_over_and_keeps_its_place_on_paper(self) -> None:
        with db.reading():
            over = {i: one.state for i in self.ended if (one := queries.booking(i)) is not None}
        assert set(over) == self.ended
        assert set(over.values()) <= set(State) - HOLDING

    @invariant()
    def every_seat_is_in_a_zone_of_its_floor(self) -> None:
        with db.reading():
            floors = set(db.session.scalars(select(Zone.floor_id).join(Seat)))
        assert floors == {self.office.floor}

    # -- how the model thinks

    def attempt(self, booking, who, seat, term, verb) -> None:
        """Do it; the model says whether it had to work, and when it did not nothing is different."""
        expected, code, found = self.fits(booking, who, seat, term), "", None
        try:
            with db.transaction():
                found = verb()
        except Refused as refused:
            code = refused.code
        if found is not None:
            assert expected, (who, seat, term)
            self.held[found] = (who, seat, *term)
        else:
            assert not expected or code == "too_long_here", (code, who, seat, term)

    def fits(self, booking, who, seat, term) -> bool:
        wanted = set(self.taken_by(seat, term))
        group = exclusive_group(SeatKind(self.kinds[seat]))
        for other, (person, place, *theirs) in self.held.items():
            if other == booking:
                continue
            if wanted & set(self.taken_by(place, theirs)):
                return False
            is_same_group = exclusive_group(SeatKind(self.kinds[place])) == group
            if person == who and is_same_group and set(quarters(*theirs)) & set(quarters(*term)):
                return False
        return True

    def slots(self, booking: int) -> Iterator[tuple[int, int]]:
        _person, seat, *term = self.held[booking]
        return self.taken_by(seat, term)

    def taken_by(self, seat: int, term) -> Iterator[tuple[int, int]]:
        return ((one, quarter) for one in (seat, *self.parts.get(seat, ())) for quarter in quarters(*term))

    def one(self, number: int) -> int:
        return sorted(self.held)[number % len(self.held)]

    def term(self, day: date, starts: str, minutes: int) -> tuple[datetime, datetime]:
        begins = make.at(starts, day)
        return begins, begins + timedelta(minutes=minutes)


@pytest.mark.parametrize("examples", [15])
def test_bookings_do_what_the_model_does_rp_02(database, examples):
    """RP-02: book, move, cancel, release, confirm, series, absence, a changed rule and merged zones, in any order."""
    assert absence.free, "absences free what was booked: reading the module makes it listen"
    run_state_machine_as_test(
        Bookings,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.reuse, Phase.generate),
        ),
    )  # fmt: skip
