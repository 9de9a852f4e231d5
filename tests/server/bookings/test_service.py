"""Bookings and the slots that keep them apart, on both databases."""

import threading
from datetime import date, timedelta
from functools import partial

import make
import pytest
from floor_with_seats import FloorWithSeats
from gunicorns import until
from racing import at_once
from sqlalchemy import func, insert, select, text, update
from watching import TOKYO

from server import changes, db
from server.bookings import queries, service
from server.bookings.models import Booking, Slot
from server.bookings.rules import How, State, Wish
from server.changes import Thing
from server.errors import Refused
from server.places.models import SeatHolder, SeatOutage
from server.retention_terms import BOUNDS, Term

SEVEN = make.at("07:00")
KEPT = BOUNDS[Term.BOOKINGS].default


@pytest.fixture
def office(database) -> FloorWithSeats:
    return FloorWithSeats()


def book(person: int, seat: int, starts: str = "08:30", ends: str = "12:00", **more) -> int:
    with db.transaction():
        return make.booking(person, seat, starts, ends, **more)


def refused(person: int, seat: int, starts: str = "08:30", ends: str = "12:00", **more) -> str:
    """The code of the refusal; nothing may have changed."""
    before = everything()
    with pytest.raises(Refused) as error:
        book(person, seat, starts, ends, **more)
    assert everything() == before
    return error.value.code


def everything() -> tuple[list, list, int]:
    with db.reading():
        bookings = db.session.execute(select(Booking.__table__).order_by(Booking.id)).all()
        slots = db.session.execute(select(Slot.__table__).order_by(Slot.seat_id, Slot.quarter)).all()
        return list(bookings), list(slots), changes.latest_id()


def change(verb, *args, **more):
    with db.transaction():
        return verb(*args, **more)


def state(booking_id: int) -> State:
    with db.reading():
        return queries.booking(booking_id).state


def test_a_booking_takes_every_quarter_and_tells_the_map_and_its_person(office):
    before = changes.latest_id()
    booking = book(office.suzuki, office.seat, "08:30", "12:00")

    with db.reading():
        kept = queries.booking(booking)
        assert (kept.seat_code, kept.state, kept.how) == ("18A-001", State.BOOKED, "map")
        assert db.session.scalar(select(func.count()).select_from(Slot)) == 14
        told = {(line.thing, line.thing_id) for line in changes.since(before)}
    assert told == {(Thing.SLOTS, office.floor), (Thing.BOOKING, office.suzuki)}


def test_a_seat_is_one_persons_at_a_time_rp_02(office):
    """RP-02."""
    book(office.suzuki, office.seat, "08:30", "12:00")

    assert refused(office.sato, office.seat, "11:45", "13:00") == "seat_taken"
    assert refused(office.sato, office.seat, "08:30", "12:00") == "seat_taken"
    assert refused(office.sato, office.seat, "07:00", "20:00") == "seat_taken"


def test_back_to_back_always_works_for_times_are_half_open(office):
    book(office.suzuki, office.seat, "08:30", "12:00")

    book(office.sato, office.seat, "12:00", "13:00")
    book(office.sato, office.next_seat, "13:00", "14:00")


def test_nobody_has_two_desks_at_once_but_a_room_besides_rp_02(office):
    """RP-02: the person is locked as the seat is."""
    book(office.suzuki, office.seat, "08:30", "12:00")

    assert refused(office.suzuki, office.next_seat, "11:45", "13:00") == "overlap"
    book(office.suzuki, office.room, "10:00", "11:00")


def test_a_table_and_its_places_keep_each_other_rp_02(office):
    """RP-02."""
    place, other_place = office.places
    book(office.suzuki, place, "08:30", "10:00")

    assert refused(office.sato, office.table, "09:00", "11:00") == "seat_taken"
    book(office.sato, other_place, "08:30", "10:00")
    book(office.sato, office.table, "10:00", "11:00")
    assert refused(office.suzuki, place, "10:45", "11:00") == "seat_taken"


def test_a_booking_moves_at_once_or_not_at_all(office):
    booking, blocking = book(office.suzuki, office.seat), book(office.sato, office.next_seat)
    before = everything()

    with pytest.raises(Refused):
        change(service.move, booking, Wish(office.next_seat, make.at("08:30"), make.at("12:00")), SEVEN)
    assert everything()[:2] == before[:2]

    change(service.cancel, blocking, SEVEN)
    change(service.move, booking, Wish(office.next_seat, make.at("09:00"), make.at("12:30")), SEVEN)
    with db.reading():
        moved = queries.booking(booking)
        assert (moved.seat_id, moved.starts_at, moved.sequence) == (office.next_seat, make.at("09:00"), 1)
    book(office.sato, office.seat)


def test_a_booking_can_be_made_longer_over_its_own_time(office):
    booking = book(office.suzuki, office.seat, "08:30", "12:00")

    change(service.move, booking, Wish(office.seat, make.at("08:30"), make.at("13:00")), SEVEN)

    assert refused(office.sato, office.seat, "12:45", "14:00") == "seat_taken"


def test_what_is_cancelled_released_or_left_is_free_and_kept_by_name(office):
    cancelled, released = book(office.suzuki, office.seat), book(office.sato, office.next_seat)
    change(service.cancel, cancelled, SEVEN)
    change(service.release, released, make.at("09:40"))
    left = book(office.suzuki, office.seat, now=make.at("08:10"))
    change(service.confirm, left, make.at("08:35"))
    change(service.cancel, left, make.at("09:00"))

    assert [state(one) for one in (cancelled, released, left)] == [State.CANCELLED, State.RELEASED, State.LEFT]
    with db.reading():
        assert db.session.scalar(select(func.count()).select_from(Slot)) == 0


@pytest.mark.parametrize("verb", [service.cancel, service.confirm, service.release])
def test_what_is_over_cannot_be_changed_again(office, verb):
    booking = book(office.suzuki, office.seat)
    change(service.cancel, booking, SEVEN)

    with pytest.raises(Refused) as error:
        change(verb, booking, make.at("08:30"))
    assert error.value.status == 404


def test_somebody_sits_down_from_the_quarter_that_has_begun(office):
    with db.transaction():
        done = service.sit_down(office.suzuki, office.seat, make.at("12:00"), How.WALK_UP, make.at("09:07"))

    with db.reading():
        kept = queries.booking(done.id)
    assert (kept.starts_at, kept.state, kept.is_confirmed) == (make.at("09:00"), State.IN_USE, True)


def test_seats_out_of_service_retired_excluded_or_held_are_refused(office):
    with db.transaction():
        outage = {"seat_id": office.seat, "starts_at": make.at("10:00"), "reason": "修理中", "set_by": "施設課"}
        db.session.execute(insert(SeatOutage).values(outage))
        holder = {"seat_id": office.fixed, "person_id": office.sato, "valid_from": make.DAY}
        db.session.execute(insert(SeatHolder).values(holder))

    assert refused(office.suzuki, office.seat, "09:45", "10:15") == "out_of_service"
    book(office.suzuki, office.seat, "09:00", "10:00")
    assert refused(office.suzuki, office.fixed, "13:00", "14:00") == "held"
    assert refused(office.suzuki, 999_999, "13:00", "14:00") == "no_seat"
    book(office.sato, office.fixed, "13:00", "14:00")


def test_rules_of_the_zone_hold_and_a_changed_rule_holds_from_then_on(office):
    assert refused(office.stranger, office.seat, day=date(2026, 11, 20), now=SEVEN) == "members_first"
    office.rule(who="everyone")
    book(office.stranger, office.seat, day=date(2026, 11, 20), now=SEVEN)
    office.rule(f"floor:{office.floor}", ahead_days=0)

    assert refused(office.suzuki, office.next_seat, day=date(2026, 11, 20), now=SEVEN) == "walk_up_only"


def test_a_quota_counts_the_calendar_week_and_not_what_was_cancelled_or_moved(office):
    office.rule(quota_per_week=2, ahead_days=30)
    monday = date(2026, 11, 16)
    early = make.at("07:00", monday)
    first = book(office.suzuki, office.seat, day=monday, now=early)
    book(office.suzuki, office.seat, day=monday + timedelta(days=4), now=early)

    assert refused(office.suzuki, office.seat, day=monday + timedelta(days=2), now=early) == "quota"
    book(office.suzuki, office.seat, day=monday + timedelta(days=8), now=early)
    change(service.move, first, Wish(office.seat, make.at("09:00", monday), make.at("12:00", monday)), early)
    change(service.cancel, first, early)
    book(office.suzuki, office.seat, day=monday + timedelta(days=2), now=early)


def test_a_quota_holds_for_bookings_made_in_the_same_moment(office):
    office.rule(quota_per_week=2, ahead_days=30)
    days = [date(2026, 11, 16) + timedelta(days=n) for n in range(5)]
    early = make.at("07:00", days[0])

    told = at_once([partial(book, office.suzuki, office.seat, day=day, now=early) for day in days])

    assert sorted(told) == ["done"] * 2 + ["quota"] * 3


def test_parties_of_the_same_people_under_a_quota_end_with_an_answer(office):
    """Each holds one person and waits for the other: one of the two is refused with a sentence, at the worst."""
    office.rule(quota_per_week=2)

    def party(*pairs: tuple[int, int], starts: str) -> None:
        with db.transaction():
            for person, seat in pairs:
                service.book(person, Wish(seat, make.at(starts), make.at("12:00")), SEVEN)

    told = at_once([
        partial(party, (office.suzuki, office.seats[0]), (office.sato, office.seats[1]), starts="08:30"),
        partial(party, (office.sato, office.seats[2]), (office.suzuki, office.seats[3]), starts="08:30"),
    ])  # fmt: skip

    assert sorted(told)[0] == "done" or sorted(told)[1] == "done"
    assert set(told) <= {"done", "changed_meanwhile", "seat_taken", "overlap"}


def test_the_seat_of_last_time_is_hinted_at_and_blocked_only_where_the_zone_says_so(office):
    with db.transaction():
        last = make.booking(office.suzuki, office.seat, day=date(2026, 11, 18))
        db.session.execute(update(Booking).where(Booking.id == last).values(is_confirmed=True, state="left"))
        db.session.execute(Slot.__table__.delete())
    wish = Wish(office.seat, make.at("08:30"), make.at("12:00"))
    with db.transaction():
        hints = service.book(office.suzuki, wish, SEVEN).verdict.hints
        assert [sentence for sentence, _values in hints] == ["Same seat as last time. You can choose another."]
        db.session.rollback()
    office.rule(repeat="block")

    assert refused(office.suzuki, office.seat) == "same_seat"
    book(office.suzuki, office.next_seat)


def test_where_repeats_are_blocked_nobody_books_the_same_seat_ahead_day_after_day(office):
    office.rule(repeat="block", lookback_days=2)
    tuesday, wednesday, thursday, friday = (date(2026, 11, 24) + timedelta(days=n) for n in (0, 1, 2, 3))
    first = book(office.suzuki, office.seat, day=wednesday)

    assert refused(office.suzuki, office.seat, day=thursday) == "same_seat"
    assert refused(office.suzuki, office.seat, day=tuesday) == "same_seat"  # nor backwards
    book(office.suzuki, office.next_seat, day=thursday)
    assert refused(office.suzuki, office.seat, day=friday) == "same_seat"
    wish = Wish(office.seat, make.at("09:00", friday), make.at("12:00", friday))
    with db.transaction():
        service.move(first, wish, SEVEN)  # what moves does not stand in its own way


def test_a_day_counts_once_whatever_else_was_booked_on_it(office):
    days = [date(2026, 11, 16) + timedelta(days=n) for n in range(3)]
    with db.transaction():
        for day, seat in zip(days, (office.seat, office.next_seat, office.seat), strict=True):
            make.booking(office.suzuki, seat, "08:30", "12:00", day=day)
        make.booking(office.suzuki, office.seat, "12:00", "12:30", day=days[1])
    with db.reading():
        before = make.at("00:00")
        assert queries.recent_seats(office.suzuki, before, 9, TOKYO) == [office.seat, office.next_seat, office.seat]
        assert queries.recent_seats(office.suzuki, before, 2, TOKYO) == [office.seat, office.next_seat]
        assert queries.next_seats(office.suzuki, make.at("00:00", days[1]), 1, TOKYO) == [office.next_seat]
        assert queries.recent_seats_of([office.suzuki, office.sato], before, 2, TOKYO) == {
            office.suzuki: (office.seat, office.next_seat)
        }


def test_names_go_after_ninety_days_and_slots_of_past_days_p10(office):
    old = book(office.suzuki, office.seat, booked_by_id=office.sato)
    later = make.at("03:00") + timedelta(days=89)
    with db.transaction():
        assert service.forget_names(later - KEPT) == 0
        assert service.forget_slots(later) == 14
    with db.transaction():
        assert service.forget_names(later + timedelta(days=3) - KEPT) == 1
    with db.reading():
        kept = queries.booking(old)
    assert (kept.person_id, kept.booked_by_id, kept.seat_id) == (None, None, office.seat)


PATTERNS = ("same", "overlapping", "one person", "table", "move")
CLIENTS, ROUNDS = 64, 2


@pytest.mark.parametrize("pattern", PATTERNS)
def test_of_sixty_four_at_once_exactly_one_has_it_rp_02(office, pattern):
    """RP-02: whatever the path; the benchmarks run more rounds."""
    with db.transaction():
        people = [make.person(f"競{n}", unit_id=office.section) for n in range(CLIENTS)]
        seats = [make.seat(office.zone_a, f"18A-9{n:02}") for n in range(CLIENTS)]
    for day in [date(2026, 11, 19) + timedelta(days=n) for n in range(ROUNDS)]:
        mine = []
        if pattern == "move":
            for person, seat in zip(people, seats, strict=True):
                mine.append(book(person, seat, day=day, now=SEVEN))
        answers = at_once([partial(attempt, pattern, office, people, seats, mine, n, day) for n in range(CLIENTS)])

        assert answers.count("won") == 1, answers
        assert set(answers) <= {"won", "seat_taken", "overlap"}
        with db.reading():
            doubles = select(Slot.seat_id).group_by(Slot.seat_id, Slot.quarter).having(func.count() > 1)
            assert db.session.execute(doubles).all() == []


def attempt(pattern, office, people, seats, mine, n, day) -> str:
    starts, ends = make.at("08:30", day), make.at("12:00", day)
    try:
        with db.transaction():
            if pattern == "same":
                service.book(people[n], Wish(office.seat, starts, ends), SEVEN)
            elif pattern == "overlapping":
                shift = timedelta(minutes=15 * (n % 13))
                service.book(people[n], Wish(office.seat, starts + shift, ends + shift), SEVEN)
            elif pattern == "one person":
                service.book(office.suzuki, Wish(seats[n], starts, ends), SEVEN)
            elif pattern == "table":
                service.book(people[n], Wish(office.table, starts, ends), SEVEN)
            else:
                service.move(mine[n], Wish(office.seat, starts, ends), SEVEN)
    except Refused as error:
        return error.code
    return "won"


def test_two_who_swap_seats_at_once_end_with_an_answer_and_two_seats_rp_02(office):
    """RP-02: each waits for the other's seat; one is refused, or both were quick enough one after the other."""
    first, second = book(office.suzuki, office.seat), book(office.sato, office.next_seat)
    term = (make.at("08:30"), make.at("12:00"))

    def swap(booking: int, seat: int) -> str:
        try:
            with db.transaction():
                service.move(booking, Wish(seat, *term), SEVEN)
        except Refused as error:
            return error.code
        return "moved"

    answers = at_once([lambda: swap(first, office.next_seat), lambda: swap(second, office.seat)])

    assert set(answers) <= {"moved", "seat_taken"}
    with db.reading():
        assert {one.seat_id for one in (queries.booking(first), queries.booking(second))} == {
            office.seat, office.next_seat,
        }  # fmt: skip


def test_who_gives_back_a_booking_that_is_just_moving_gives_back_what_it_has_become_rp_12(postgres_url):
    """RP-12: a request whose browser gave up may still be at work when the next one comes; SQLite has one writer."""
    db.connect(postgres_url)
    hall = FloorWithSeats()
    with db.transaction():
        booking = make.booking(hall.suzuki, hall.seat)
    moved = threading.Event()

    def move() -> None:
        with db.transaction():
            service.move(booking, Wish(hall.next_seat, make.at("08:30"), make.at("17:15")), SEVEN)
            moved.set()
            until(lambda: db.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    def cancel() -> None:
        moved.wait()
        with db.transaction():
            service.cancel(booking, SEVEN)

    assert at_once([move, cancel]) == ["done", "done"]

    with db.reading():
        assert db.session.get_one(Booking, booking).state == State.CANCELLED
        assert db.session.scalar(select(func.count()).select_from(Slot)) == 0
