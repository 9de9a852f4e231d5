"""What the timetable does with bookings: in batches that stand alone, once, and no more when it is run again."""

from datetime import date, datetime, time, timedelta

import make
import pytest
from desks import Desks, at_clock

from server import clock, db
from server.bookings import checkin, jobs, own_choices, series, waits
from server.bookings.own_choices import SeatChoices
from server.bookings.rules import State
from server.bookings.series import Plan
from server.places import queries as places
from server.presence.fusion import Radio
from server.presence.rules import State as Heard
from server.retention_terms import BOUNDS, Term

AFTER_GRACE = make.at("09:31")


class DiedError(Exception):
    """The process ends here."""


@pytest.fixture
def desks(database) -> Desks:
    return Desks()


@pytest.fixture
def missed(desks) -> list[int]:
    """Three bookings to which nobody has come an hour later."""
    people = (desks.sato, desks.suzuki, desks.takanami)
    return [desks.book(person, seat, "08:30", "17:15") for person, seat in zip(people, desks.seats, strict=False)]


@pytest.fixture
def seen(monkeypatch) -> list[list[int]]:
    """Which bookings each call of a release was for."""
    calls: list[list[int]] = []
    release = checkin.release

    def watched(ids: list[int], now: datetime) -> int:
        calls.append(list(ids))
        return release(ids, now)

    monkeypatch.setattr(checkin, "release", watched)
    return calls


def test_a_pass_writes_in_batches_and_leaves_nobody_out(desks, missed, seen, monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 2)
    at_clock(monkeypatch, AFTER_GRACE)

    jobs.release_missed("main")

    assert [len(batch) for batch in seen] == [2, 1]
    assert sorted(one for batch in seen for one in batch) == missed
    assert {desks.state(one) for one in missed} == {State.RELEASED}


def test_what_is_written_before_a_pass_dies_stays_and_the_next_one_does_the_rest_rp_17(desks, missed, monkeypatch):
    """RP-17: a job that is killed half-way neither loses nor repeats anything."""
    monkeypatch.setattr(jobs, "BATCH", 1)
    at_clock(monkeypatch, AFTER_GRACE)
    release, done = checkin.release, []

    def dying(ids: list[int], now: datetime) -> int:
        written = release(ids, now)
        if done:
            raise DiedError
        done.extend(ids)
        return written

    with monkeypatch.context() as patched:
        patched.setattr(checkin, "release", dying)
        with pytest.raises(DiedError):
            jobs.release_missed("main")
    assert [one for one in missed if desks.state(one) is State.RELEASED] == done

    told = desks.told()
    jobs.release_missed("main")
    assert {desks.state(one) for one in missed} == {State.RELEASED}
    assert desks.told() > told


@pytest.mark.parametrize("job", ["confirm_arrivals", "release_missed", "release_left", "offer_places", "extend_series"])
def test_running_a_pass_again_writes_nothing_more(desks, missed, monkeypatch, job):
    desks.hear(desks.sato, make.at("08:31"))
    with db.transaction():
        waiting = make.person("田中", unit_id=desks.section)
        wanted = Plan(desks.seats[3], frozenset({4}), time(8, 30), time(17, 15), *_fridays(6))
        series.make(desks.sato, wanted, make.at("07:05"))
        waits.ask(waiting, _floor(desks), make.at("10:00"), make.at("12:00"), make.at("07:05"))
    at_clock(monkeypatch, AFTER_GRACE)
    getattr(jobs, job)("main")
    told, states = desks.told(), [desks.one(one) for one in missed]

    getattr(jobs, job)("main")

    assert (desks.told(), [desks.one(one) for one in missed]) == (told, states)


def test_who_chose_it_gives_the_seat_back_by_going_and_nobody_else_does_p5(desks, monkeypatch):
    mine, other = (desks.book(who, seat) for who, seat in zip((desks.sato, desks.suzuki), desks.seats, strict=False))
    for person_id in (desks.sato, desks.suzuki):
        desks.hear(person_id, make.at("08:31"))
    with db.transaction():
        checkin.confirm([mine, other], make.at("08:31"))
        own_choices.choose(desks.sato, SeatChoices(leaves_by_itself=True))
    monkeypatch.setattr(jobs, "LEAVING", checkin.Leaving())
    monkeypatch.setattr(jobs, "radio_at", lambda _now: Radio())

    leave_at(monkeypatch, "11:00")
    for person_id in (desks.sato, desks.suzuki):
        desks.hear(person_id, make.at("11:10"), state=Heard.SILENT)
    for now in ("11:20", "13:10"):
        leave_at(monkeypatch, now)

    assert (desks.state(mine), desks.state(other)) == (State.LEFT, State.IN_USE)


def leave_at(monkeypatch, now: str) -> None:
    at_clock(monkeypatch, make.at(now))
    jobs.release_left("main")


def test_waits_and_series_go_when_they_are_over_and_say_how_many_p10(desks, monkeypatch):
    with db.transaction():
        waits.ask(desks.suzuki, _floor(desks), make.at("10:00"), make.at("12:00"), make.at("07:05"))
        wanted = Plan(desks.seats[3], frozenset({4}), time(8, 30), time(17, 15), *_fridays(2))
        series.make(desks.sato, wanted, make.at("07:05"))

    def forgotten(now: datetime) -> int:
        at_clock(monkeypatch, now)
        return jobs.forget_waits("main")

    assert forgotten(make.at("09:00")) == 0
    assert forgotten(make.at("12:01")) == 1
    last_day = make.at("12:01") + timedelta(days=8) + BOUNDS[Term.BOOKINGS].default
    assert forgotten(last_day) == 0
    assert forgotten(last_day + timedelta(days=1)) == 1


@pytest.mark.parametrize("hour", ["00:05", "08:59", "23:55"])
def test_a_series_is_asked_about_on_the_buildings_day_while_it_is_still_yesterday_in_greenwich(
    desks, monkeypatch, hour
):
    """Two weeks before the end, by the building's calendar: 0:05 in Tokyo is 15:05 of the day before in UTC."""
    first, last = _fridays(7)
    with db.transaction():
        wanted = Plan(desks.seats[3], frozenset({4}), time(8, 30), time(17, 15), first, last)
        mine = series.make(desks.sato, wanted, make.at("07:05"))

    def asked(day: date) -> bool:
        at_clock(monkeypatch, make.at(hour, day))
        jobs.ask_for_series("main")
        with db.reading():
            return mine in [one.id for one in series.of_person(desks.sato, clock.now()) if one.asked_at]

    assert not asked(last - timedelta(days=15))
    assert asked(last - timedelta(days=14))


def _fridays(weeks: int) -> tuple[date, date]:
    first = make.THURSDAY + timedelta(days=1)
    return first, first + timedelta(weeks=weeks - 1)


def _floor(desks: Desks):
    return places.floor(desks.floor)
