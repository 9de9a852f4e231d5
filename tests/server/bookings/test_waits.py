"""Waiting for a place: first come, first served, at once, by an offer that holds the place and expires."""

from datetime import timedelta
from functools import partial

import make
import pytest
from desks import Desks, at_clock
from racing import at_once

from server import db
from server.bookings import jobs, service, waits
from server.bookings.models import HouseRule
from server.bookings.rules import State, WaitState, Wish
from server.errors import Refused
from server.places import queries as places

NOW = make.at("08:31")


@pytest.fixture
def desks(database) -> Desks:
    return Desks()


def ask(desks: Desks, person_id: int, now=NOW, *, starts="09:00", ends="12:00", **more) -> int:
    with db.transaction():
        floor = places.floor(desks.floor)
        return waits.ask(person_id, floor, make.at(starts), make.at(ends), now, zone_id=desks.zone, **more)


def mine(person_id: int, now=NOW) -> list[waits.WaitView]:
    with db.reading():
        return waits.of_person(person_id, now)


@pytest.fixture
def full(desks) -> list[int]:
    """All seats of zone 18A are booked for the day, by colleagues."""
    with db.transaction():
        people = [make.person(unit_id=desks.section) for _ in desks.seats]
        return [make.booking(one, seat) for one, seat in zip(people, desks.seats, strict=True)]


def test_what_is_given_back_is_offered_in_the_same_moment_to_who_asked_first(desks, full):
    ask(desks, desks.suzuki)
    ask(desks, desks.sato, NOW + timedelta(seconds=1))
    assert [one.state for one in mine(desks.suzuki)] == [WaitState.WAITING]

    desks.cancel(full[1], NOW)

    (offer,) = mine(desks.suzuki)
    assert (offer.state, offer.seat_code) == (WaitState.OFFERED, "18A-002")
    assert offer.offered_until == NOW + waits.OFFER
    assert [one.state for one in mine(desks.sato)] == [WaitState.WAITING]
    with pytest.raises(Refused) as refused:
        desks.book(desks.takanami, desks.seats[1], "09:00", "12:00", now=NOW)
    assert refused.value.code == "seat_taken"


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"ahead_days": 1}, "too_early"), ({"ahead_days": 0}, "walk_up_only"), ({"longest_min": 60}, "too_long_here")],
    ids=["too early", "walk up only", "too long"],
)
def test_nobody_waits_where_a_place_is_free_and_only_a_rule_is_in_the_way(desks, settings, code):
    desks.book(desks.suzuki, desks.seats[0], "09:00", "12:00")
    with db.transaction():
        row = HouseRule(scope=f"zone:{desks.zone}", kind="", valid_from=make.DAY, settings=settings)
        db.session.add(row)
    early = NOW - timedelta(days=2)

    with pytest.raises(Refused) as refused:
        ask(desks, desks.sato, early)

    assert refused.value.code == code and mine(desks.sato, early) == []


def test_one_can_wait_for_a_full_zone_that_cannot_be_booked_yet(desks, full):
    with db.transaction():
        row = HouseRule(scope=f"zone:{desks.zone}", kind="", valid_from=make.DAY, settings={"ahead_days": 1})
        db.session.add(row)
    early = NOW - timedelta(days=2)
    ask(desks, desks.sato, early)
    assert [one.state for one in mine(desks.sato, early)] == [WaitState.WAITING]


def test_who_answers_has_the_seat(desks, full):
    wait = ask(desks, desks.suzuki)
    desks.cancel(full[0], NOW)

    with db.transaction():
        booking = waits.accept(wait, desks.suzuki, NOW + timedelta(minutes=14))

    assert desks.state(booking) is State.BOOKED
    assert mine(desks.suzuki) == []


def test_an_offer_without_an_answer_goes_to_the_next_one_once_rp_17(desks, full, monkeypatch):
    first = ask(desks, desks.suzuki)
    ask(desks, desks.sato, NOW + timedelta(seconds=1))
    desks.cancel(full[0], NOW)
    (offer,) = mine(desks.suzuki)
    later = NOW + waits.OFFER
    with pytest.raises(Refused) as refused, db.transaction():
        waits.accept(first, desks.suzuki, later)
    assert refused.value.code == "offer_over"
    for take in (
        lambda booking: service.confirm(booking, later),
        lambda booking: service.move(booking, Wish(desks.seats[1], make.at("09:00"), make.at("12:15")), later),
    ):  # however somebody reaches for what is only offered
        with pytest.raises(Refused) as refused, db.transaction():
            take(offer.booking_id)
        assert refused.value.code == "only_offered"
    assert desks.state(offer.booking_id) is State.OFFERED

    for _ in range(2):
        at_clock(monkeypatch, later)
        jobs.offer_places("main")

    assert mine(desks.suzuki, later) == []
    (offer,) = mine(desks.sato, later)
    assert (offer.seat_code, offer.offered_until) == ("18A-001", later + waits.OFFER)


def test_nobody_waits_for_more_places_than_they_may_however_many_are_asked_for_at_once(desks, full, monkeypatch):
    monkeypatch.setattr(waits, "MOST", 2)
    times = [(f"{hour:02}:00", f"{hour + 1:02}:00") for hour in range(9, 15)]

    told = at_once([partial(ask, desks, desks.suzuki, starts=starts, ends=ends) for starts, ends in times])

    assert sorted(told) == ["done"] * 2 + ["too_many_waits"] * 4


def test_who_gives_up_lets_the_next_one_have_it_at_once(desks, full):
    first = ask(desks, desks.suzuki)
    ask(desks, desks.sato, NOW + timedelta(seconds=1))
    desks.cancel(full[0], NOW)

    with db.transaction():
        waits.give_up(first, desks.suzuki, NOW)

    assert mine(desks.suzuki) == []
    assert mine(desks.sato)[0].state is WaitState.OFFERED


def test_a_released_no_show_goes_to_who_waits(desks, full):
    ask(desks, desks.suzuki, make.at("09:00"), starts="09:30")
    with db.transaction():
        service.release(full[2], make.at("09:30"))
    assert mine(desks.suzuki, make.at("09:30"))[0].seat_code == "18A-003"


def test_a_free_place_is_offered_as_soon_as_somebody_asks(desks):
    ask(desks, desks.suzuki)
    assert mine(desks.suzuki)[0].state is WaitState.OFFERED


def test_who_has_found_a_seat_by_themselves_waits_no_longer(desks, full):
    ask(desks, desks.suzuki)
    desks.book(desks.suzuki, desks.others[0], "09:00", "12:00", now=NOW)
    desks.cancel(full[0], NOW)
    assert mine(desks.suzuki) == []
    desks.book(desks.sato, desks.seats[0], "09:00", "12:00", now=NOW)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (make.at("10:00"), make.at("10:15")),
        (make.at("17:14"), make.at("17:29")),
        (make.at("18:30"), make.at("08:45", make.THURSDAY + timedelta(days=1))),
        (make.at("07:00", make.THURSDAY + timedelta(days=1)), make.at("08:45", make.THURSDAY + timedelta(days=1))),
    ],
)
def test_an_offer_lasts_a_quarter_of_an_hour_in_working_hours_and_overnight_until_the_morning(desks, now, until):
    tomorrow = make.THURSDAY + timedelta(days=1)
    with db.reading():
        opening = places.opening(places.buildings()[0])
    assert waits.offered_until(now, make.at("09:00", tomorrow), make.at("12:00", tomorrow), opening) == until


def test_nobody_waits_twice_for_the_same_or_where_they_have_a_seat(desks, full):
    ask(desks, desks.suzuki)
    for person_id, code in ((desks.suzuki, "waiting_already"), (desks.sato, "overlap")):
        if person_id == desks.sato:
            desks.book(desks.sato, desks.others[0], "09:00", "12:00", now=NOW)
        with pytest.raises(Refused) as refused:
            ask(desks, person_id)
        assert refused.value.code == code


def test_somebody_elses_wait_is_none_of_mine(desks, full):
    wait = ask(desks, desks.suzuki)
    for act in (waits.accept, waits.give_up):
        with pytest.raises(Refused) as refused, db.transaction():
            act(wait, desks.sato, NOW)
        assert refused.value.code == "no_wait"
