"""Being away frees what was booked, in the same transaction, and can be taken back."""

from datetime import timedelta

import make
import pytest
from desks import Desks

from server import db
from server.bookings import absence, checkin, queries, service
from server.bookings.rules import State
from server.errors import Refused
from server.presence import statuses
from server.presence.rules import StatusKind

MORNING, DAY = make.at("07:05"), make.at("00:00")
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def desks(database) -> Desks:
    return Desks()


@pytest.mark.parametrize("kind", [StatusKind.LEAVE, StatusKind.TRIP, StatusKind.TELEWORK])
def test_being_away_all_day_frees_the_seat_at_once_and_says_which(desks, kind):
    mine = desks.book(desks.sato, desks.seats[0])

    told = desks.say(desks.sato, kind, DAY, NEXT_DAY, MORNING)

    assert told == [(absence.FREED, {"seats": "18A-001"})]
    assert desks.state(mine) is State.CANCELLED
    assert desks.state(desks.book(desks.suzuki, desks.seats[0], now=MORNING)) is State.BOOKED


@pytest.mark.parametrize("kind", [StatusKind.MEETING, StatusKind.COUNTER, StatusKind.AWAY, StatusKind.AT_WORK])
def test_what_says_nothing_of_a_place_frees_nothing(desks, kind):
    mine = desks.book(desks.sato, desks.seats[0])
    assert desks.say(desks.sato, kind, DAY, NEXT_DAY, MORNING) == []
    assert desks.state(mine) is State.BOOKED


def test_the_seat_is_given_back_with_the_status_or_not_at_all(desks):
    mine = desks.book(desks.sato, desks.seats[0])

    def say_and_fail() -> None:
        with db.transaction():
            statuses.set_status(desks.sato, StatusKind.LEAVE, DAY, NEXT_DAY, "", MORNING)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        say_and_fail()

    assert desks.state(mine) is State.BOOKED


def test_other_days_and_other_people_keep_theirs(desks):
    tomorrow = desks.book(desks.sato, desks.seats[0], day=make.THURSDAY + timedelta(days=1))
    others = desks.book(desks.suzuki, desks.seats[1])

    desks.say(desks.sato, StatusKind.LEAVE, DAY, NEXT_DAY, MORNING)

    assert {desks.state(tomorrow), desks.state(others)} == {State.BOOKED}


@pytest.mark.parametrize(
    ("away", "left"),
    [
        (("15:07", "17:15"), ("08:30", "15:00")),
        (("08:30", "12:00"), ("12:00", "17:15")),
        (("08:00", "09:50"), ("10:00", "17:15")),
    ],
)
def test_of_a_day_that_one_is_away_for_some_of_the_longer_part_stays(desks, away, left):
    mine = desks.book(desks.sato, desks.seats[0])

    told = desks.say(desks.sato, StatusKind.TRIP, make.at(away[0]), make.at(away[1]), MORNING)

    one = desks.one(mine)
    assert (one.starts_at, one.ends_at) == (make.at(left[0]), make.at(left[1]))
    assert told == [(absence.SHORTENED, {"seats": "18A-001"})]


def test_going_on_a_trip_from_the_seat_leaves_it_and_writes_no_time_p3(desks):
    mine = desks.book(desks.sato, desks.seats[0])
    with db.transaction():
        service.confirm(mine, make.at("08:31"))

    desks.say(desks.sato, StatusKind.TRIP, make.at("14:07"), make.at("20:00"), make.at("14:07"))

    one = desks.one(mine)
    assert (one.state, one.ends_at) == (State.LEFT, make.at("17:15"))


def test_what_was_given_back_can_be_taken_back_while_it_is_free(desks):
    mine = desks.book(desks.sato, desks.seats[0])
    desks.say(desks.sato, StatusKind.LEAVE, DAY, NEXT_DAY, MORNING)
    with db.transaction():
        told = statuses.end_status(desks.sato, MORNING)
    assert told == [(absence.CAN_TAKE_BACK, {})]
    with db.reading():
        assert [one.id for one in absence.given_back(desks.sato, MORNING)] == [mine]

    with db.transaction():
        service.take_back(mine, MORNING)

    assert desks.state(mine) is State.BOOKED
    with db.reading():
        assert absence.given_back(desks.sato, MORNING) == []


def test_what_somebody_else_has_taken_is_neither_offered_nor_taken_back(desks):
    mine = desks.book(desks.sato, desks.seats[0])
    desks.say(desks.sato, StatusKind.LEAVE, DAY, NEXT_DAY, MORNING)
    desks.book(desks.suzuki, desks.seats[0], now=MORNING)

    with db.reading():
        assert absence.given_back(desks.sato, MORNING) == []
    with pytest.raises(Refused) as refused, db.transaction():
        service.take_back(mine, MORNING)

    assert refused.value.code == "seat_taken"
    assert desks.state(mine) is State.CANCELLED


def test_a_booking_that_was_cancelled_by_hand_is_not_offered_again(desks):
    desks.cancel(desks.book(desks.sato, desks.seats[0]), MORNING)
    with db.reading():
        assert absence.given_back(desks.sato, MORNING) == []
        assert queries.of_person(desks.sato, DAY, NEXT_DAY) == []


def test_what_is_taken_back_after_its_beginning_is_kept_for_all_of_its_grace(desks):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    desks.say(desks.sato, StatusKind.LEAVE, DAY, NEXT_DAY, MORNING)
    back = make.at("10:05")
    with db.transaction():
        statuses.end_status(desks.sato, back)
        service.take_back(mine, back)

    with db.reading():
        assert checkin.missed(back) == ([], [])
    assert desks.one(mine).starts_at == make.at("10:00")
