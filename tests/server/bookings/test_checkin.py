"""Coming without effort, not coming, and leaving early."""

from datetime import datetime, timedelta

import make
import pytest
from desks import Desks, at_clock

from server import db
from server.bookings import checkin, jobs, own_choices, queries, service
from server.bookings.own_choices import SeatChoices
from server.bookings.rules import State, Wish
from server.presence.fusion import Radio
from server.presence.rules import State as Heard
from server.presence.rules import StatusKind


@pytest.fixture
def desks(database) -> Desks:
    return Desks()


def run(monkeypatch, job, now: datetime) -> None:
    at_clock(monkeypatch, now)
    job("main")


def test_a_badge_settled_in_the_zone_confirms_the_booking_within_one_pass(desks, monkeypatch):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    desks.hear(desks.sato, make.at("08:16"))

    run(
        monkeypatch,
        jobs.confirm_arrivals,
        make.at(
            "08:16",
        ),
    )

    assert (desks.state(mine), desks.one(mine).is_confirmed) == (State.IN_USE, True)


@pytest.mark.parametrize(
    ("zone", "heard", "heard_at", "now"),
    [
        ("zone", Heard.PASSING, "08:30", "08:30"),
        ("zone", Heard.SILENT, "08:30", "08:30"),
        ("zone", Heard.FLOOR, "08:30", "08:30"),
        ("other_zone", Heard.PRESENT, "08:30", "08:30"),
        ("zone", Heard.PRESENT, "08:14", "08:14"),
        ("zone", Heard.PRESENT, "08:30", "08:32"),
    ],
    ids=["walking through", "gone quiet", "somewhere on the floor", "another zone", "too early", "heard long ago"],
)
def test_only_settled_presence_in_the_zone_near_the_time_confirms(desks, monkeypatch, zone, heard, heard_at, now):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    zone_id = None if heard is Heard.FLOOR else getattr(desks, zone)
    desks.hear(desks.sato, make.at(heard_at), zone_id, heard)

    run(monkeypatch, jobs.confirm_arrivals, make.at(now))

    assert desks.state(mine) is State.BOOKED


def test_a_status_that_says_elsewhere_is_not_overruled_by_a_badge_on_the_desk(desks, monkeypatch):
    desks.say(desks.sato, StatusKind.TELEWORK, make.at("08:00"), make.at("10:00"), make.at("07:30"))
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15", now=make.at("07:40"))
    desks.hear(desks.sato, make.at("08:31"))

    run(monkeypatch, jobs.confirm_arrivals, make.at("08:31"))

    assert desks.state(mine) is State.BOOKED


def test_somebody_paused_is_not_confirmed_by_radio_and_loses_nothing_by_it_p5(desks, monkeypatch):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    desks.hear(desks.sato, make.at("08:29"))
    desks.pause(desks.sato, make.at("08:29"))
    run(monkeypatch, jobs.confirm_arrivals, make.at("08:31"))
    assert desks.state(mine) is State.BOOKED

    run(monkeypatch, jobs.release_missed, make.at("09:29"))
    assert desks.state(mine) is State.BOOKED
    with db.transaction():
        service.confirm(mine, make.at("09:29"))
    run(monkeypatch, jobs.release_missed, make.at("09:31"))

    assert desks.state(mine) is State.IN_USE


def test_without_a_badge_a_booking_is_kept_for_all_of_its_grace_p6(desks, monkeypatch):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")

    for time, state in (("08:59", State.BOOKED), ("09:29", State.BOOKED), ("09:30", State.RELEASED)):
        run(monkeypatch, jobs.release_missed, make.at(time))
        assert desks.state(mine) is state


def test_half_of_the_grace_over_warns_and_all_of_it_releases_and_frees_the_place_at_once(desks, monkeypatch):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    run(monkeypatch, jobs.release_missed, make.at("08:59"))
    assert not checkin.due(make.at("08:59"))[0].is_warned
    run(monkeypatch, jobs.release_missed, make.at("09:00"))
    assert checkin.due(make.at("09:00"))[0].is_warned

    run(monkeypatch, jobs.release_missed, make.at("09:30"))

    assert desks.state(mine) is State.RELEASED
    follower = desks.book(desks.suzuki, desks.seats[0], "09:30", "12:00", now=make.at("09:31"))
    assert desks.state(follower) is State.BOOKED


def test_a_badge_that_came_between_two_passes_is_seen_before_anything_is_released(desks, monkeypatch):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    desks.hear(desks.sato, make.at("09:29:59"))

    run(monkeypatch, jobs.release_missed, make.at("09:30"))

    assert desks.state(mine) is State.IN_USE


def test_what_one_pass_has_released_or_confirmed_another_leaves_alone_rp_17(desks):
    missed = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    with db.transaction():
        assert checkin.release([missed], make.at("09:31")) == 1
    line = desks.told()

    with db.transaction():
        assert checkin.release([missed], make.at("09:31")) == 0
        assert checkin.warn([missed], make.at("09:31")) == 0
        assert checkin.confirm([missed], make.at("09:31")) == 0

    assert (desks.state(missed), desks.told()) == (State.RELEASED, line)


def test_of_two_passes_at_once_only_one_warns_rp_17(desks):
    """RP-17: both have read that somebody is to be warned; who writes second tells nobody again."""
    missed, now = desks.book(desks.sato, desks.seats[0], "08:30", "17:15"), make.at("09:01")
    with db.reading():
        assert checkin.missed(now) == ([missed], [])

    told = []
    for _ in range(2):
        with db.transaction():
            told.append(checkin.warn([missed], now))

    assert told == [1, 0]


def test_no_time_of_coming_or_leaving_is_written_down_p3(desks, monkeypatch):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    before = _times(mine)
    desks.hear(desks.sato, make.at("08:44"))
    run(monkeypatch, jobs.confirm_arrivals, make.at("08:44"))
    desks.cancel(mine, make.at("15:37"))

    assert desks.state(mine) is State.LEFT
    assert _times(mine) == before


def _times(booking_id: int) -> list[object]:
    table = queries.Booking.__table__
    with db.reading():
        row = db.session.execute(table.select().where(table.c.id == booking_id)).mappings().one()
    return [row[column.name] for column in table.columns if isinstance(row[column.name], datetime)]


class TestLeavingEarly:
    """The seat of those who chose it is given back after the zone's time without a signal."""

    @pytest.fixture
    def sitting(self, desks) -> int:
        mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
        desks.hear(desks.sato, make.at("11:00"))
        with db.transaction():
            checkin.confirm([mine], make.at("08:31"))
        return mine

    def watch(self, leaving: checkin.Leaving, times: list[str], radio: Radio | None = None) -> list[list[int]]:
        found = []
        for time in times:
            with db.reading():
                found.append(leaving.gone(make.at(time), radio or Radio()))
        return found

    def choose(self, desks) -> None:
        with db.transaction():
            own_choices.choose(desks.sato, SeatChoices(leaves_by_itself=True))

    def test_nobody_leaves_by_themselves_unless_they_chose_it(self, desks, sitting):
        desks.hear(desks.sato, make.at("11:10"), state=Heard.SILENT)
        assert self.watch(checkin.Leaving(), ["11:20", "15:00"]) == [[], []]

    def test_after_the_zones_time_without_a_signal_the_seat_is_given_back(self, desks, sitting):
        self.choose(desks)
        leaving = checkin.Leaving()
        assert self.watch(leaving, ["11:00"]) == [[]]
        desks.hear(desks.sato, make.at("11:10"), state=Heard.SILENT)

        assert self.watch(leaving, ["11:20", "13:09", "13:10"]) == [[], [], [sitting]]

        with db.transaction():
            assert checkin.leave([sitting], make.at("13:10")) == 1
            assert checkin.leave([sitting], make.at("13:10")) == 0
        assert desks.state(sitting) is State.LEFT

    def test_silent_receivers_a_pause_and_a_restart_give_nothing_back_p5_p6(self, desks, sitting):
        self.choose(desks)
        leaving = checkin.Leaving()
        desks.hear(desks.sato, make.at("11:10"), state=Heard.SILENT)
        assert self.watch(leaving, ["11:20"]) == [[]]

        assert self.watch(leaving, ["14:00"], Radio(is_down=True)) == [[]]
        desks.pause(desks.sato, make.at("14:01"))
        assert self.watch(leaving, ["14:02", "16:30"]) == [[], []]


def test_a_thousand_due_bookings_are_found_without_asking_for_each(desks):
    desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    with db.reading():
        assert [one.person_id for one in checkin.due(make.at("08:15"))] == [desks.sato]
        assert checkin.due(make.at("08:15") - timedelta(seconds=1)) == []


def test_what_its_person_has_moved_to_later_meanwhile_is_neither_released_nor_confirmed_rp_17(desks):
    """RP-17: between the reading of a pass and its writing, people act."""
    mine, now = desks.book(desks.sato, desks.seats[0], "08:30", "12:00"), make.at("09:31")
    with db.reading():
        assert checkin.missed(now)[1] == [mine]
    with db.transaction():
        service.move(mine, Wish(desks.seats[0], make.at("10:00"), make.at("12:00")), now)

    with db.transaction():
        done = [act([mine], now) for act in (checkin.release, checkin.warn, checkin.confirm)]
        assert done == [0, 0, 0]

    assert desks.state(mine) is State.BOOKED


def test_who_has_come_and_changes_the_seat_is_not_released_for_the_time_before(desks, monkeypatch):
    mine = desks.book(desks.sato, desks.seats[0], "08:30", "17:15")
    with db.transaction():
        service.confirm(mine, make.at("08:35"))
        wish = Wish(desks.seats[1], make.at("08:30"), make.at("17:15"), has_begun=True)
        service.move(mine, wish, make.at("10:00"))

    run(monkeypatch, jobs.release_missed, make.at("10:01"))

    assert desks.state(mine) is State.IN_USE
