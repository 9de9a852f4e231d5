"""What people say of their own day; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import make
import pytest
from sqlalchemy import func, insert, select

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.presence import models, queries, statuses
from server.presence.rules import StatusKind

NOW = make.at("10:00")


@pytest.fixture
def person(database) -> int:
    with db.transaction():
        return make.person()


def write(person: int, kind: str, starts: str, ends: str, said: str) -> None:
    with db.transaction():
        db.session.execute(
            insert(models.Status).values(
                person_id=person, kind=kind, starts_at=make.at(starts), ends_at=make.at(ends), set_at=make.at(said)
            )
        )


def now_of(person: int, now=NOW) -> StatusKind | None:
    with db.reading():
        found = queries.statuses_at(now, [person]).get(person)
    return None if found is None else found.kind


def test_a_status_holds_from_its_beginning_until_just_before_its_end(person):
    write(person, "meeting", "10:00", "11:00", "09:00")
    assert now_of(person, make.at("09:59")) is None
    assert now_of(person) is StatusKind.MEETING
    assert now_of(person, make.at("11:00") - timedelta(microseconds=1)) is StatusKind.MEETING
    assert now_of(person, make.at("11:00")) is None


def test_of_two_that_overlap_the_one_said_last_holds(person):
    write(person, "trip", "08:00", "17:00", "09:30")
    write(person, "focus", "09:00", "11:00", "09:00")
    assert now_of(person) is StatusKind.TRIP


def say(person: int, kind: StatusKind, starts: str, ends: str, *, note: str = "", now=NOW) -> None:
    with db.transaction():
        statuses.set_status(person, kind, make.at(starts), make.at(ends), note, now)


def said(person: int, now=NOW) -> list[tuple[str, str, str]]:
    with db.reading():
        found = queries.statuses_of(person, now)
    tokyo = timedelta(hours=9)
    return [(one.kind.value, f"{one.starts_at + tokyo:%H:%M}", f"{one.ends_at + tokyo:%H:%M}") for one in found]


def test_a_status_is_said_for_a_period_and_everybody_is_told_that_it_changed(person):
    say(person, StatusKind.TRIP, "13:00", "15:00", note="  県庁 ")

    assert said(person) == [("trip", "13:00", "15:00")]
    with db.reading():
        assert queries.statuses_of(person, NOW)[0].note == "県庁"
        assert [(line.thing, line.thing_id) for line in changes.since(0)][-1] == (Thing.STATUS, person)


def test_a_status_that_should_have_begun_before_begins_now_p3(person):
    say(person, StatusKind.TELEWORK, "08:00", "17:00")

    assert said(person) == [("telework", "10:00", "17:00")]


@pytest.mark.parametrize(
    ("starts", "ends", "left"),
    [
        ("12:00", "16:00", [("meeting", "12:00", "16:00")]),
        ("11:00", "14:00", [("meeting", "11:00", "14:00"), ("trip", "14:00", "15:00")]),
        ("14:00", "16:00", [("trip", "13:00", "14:00"), ("meeting", "14:00", "16:00")]),
        ("13:30", "14:00", [("trip", "13:00", "13:30"), ("meeting", "13:30", "14:00"), ("trip", "14:00", "15:00")]),
        ("13:00", "15:00", [("meeting", "13:00", "15:00")]),
        ("15:00", "16:00", [("trip", "13:00", "15:00"), ("meeting", "15:00", "16:00")]),
    ],
)
def test_what_was_said_before_gives_way_where_the_two_overlap(person, starts, ends, left):
    say(person, StatusKind.TRIP, "13:00", "15:00")
    say(person, StatusKind.MEETING, starts, ends, now=NOW + timedelta(minutes=1))

    assert said(person) == left


def test_what_is_over_leaves_no_piece_behind_p3(person):
    say(person, StatusKind.TELEWORK, "10:00", "17:00")
    say(person, StatusKind.MEETING, "11:00", "12:00", now=make.at("11:00"))

    with db.reading():
        starts = db.session.scalars(select(models.Status.starts_at).order_by(models.Status.starts_at)).all()
    assert starts == [make.at("11:00"), make.at("12:00")]


def test_ending_a_status_brings_back_what_it_interrupted(person):
    say(person, StatusKind.TELEWORK, "10:00", "17:00")
    say(person, StatusKind.MEETING, "11:00", "12:00", now=make.at("11:00"))

    with db.transaction():
        statuses.end_status(person, make.at("11:20"))

    assert said(person, make.at("11:20")) == [("telework", "11:20", "17:00")]


def test_what_was_said_of_another_day_can_be_taken_back(person):
    say(person, StatusKind.MEETING, "10:00", "11:00")
    say(person, StatusKind.LEAVE, "13:00", "17:00")

    with db.transaction():
        statuses.end_status(person, NOW, make.at("13:00"))

    assert said(person) == [("meeting", "10:00", "11:00")]


@pytest.mark.parametrize("starts_at", [None, make.at("13:00")])
def test_what_was_not_said_cannot_be_ended(person, starts_at):
    with pytest.raises(Refused, match="no such status") as refused, db.transaction():
        statuses.end_status(person, NOW, starts_at)
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("kind", "starts", "ends", "note", "code"),
    [
        ("trip", "11:00", "11:00", "", "bad_term"),
        ("trip", "08:00", "09:00", "", "bad_term"),
        ("trip", "11:00", "12:00", "あ" * 61, "bad_note"),
        ("trip", "11:00", "12:00", "a\x00b", "bad_note"),
        ("trip", "11:00", "12:00", "\ud800", "bad_note"),
        ("leave", "11:00", "12:00", "病気", "leave_has_no_note"),
    ],
)
def test_what_cannot_be_said_is_refused_with_a_reason(person, kind, starts, ends, note, code):
    with pytest.raises(Refused) as refused:
        say(person, StatusKind(kind), starts, ends, note=note)

    assert (refused.value.status, refused.value.code) == (422, code)
    assert said(person) == []


@pytest.mark.parametrize(("ahead_d", "long_d"), [(400, 1), (1, 400)])
def test_nobody_speaks_of_more_than_a_year(person, ahead_d, long_d):
    starts = NOW + timedelta(days=ahead_d)
    with pytest.raises(Refused, match="a year"), db.transaction():
        statuses.set_status(person, StatusKind.TRIP, starts, starts + timedelta(days=long_d), "", NOW)


def test_nobody_fills_the_table(person):
    def say_of(hours: int) -> None:
        starts = NOW + timedelta(hours=hours)
        statuses.set_status(person, StatusKind.TRIP, starts, starts + timedelta(minutes=30), "", NOW)

    with db.transaction():
        for n in range(statuses.MOST):
            say_of(n)
    with pytest.raises(Refused, match="enough"), db.transaction():
        say_of(statuses.MOST)


def test_two_that_are_said_at_once_do_not_overlap(person):
    with ThreadPoolExecutor(4) as pool:
        kinds = [StatusKind.TRIP, StatusKind.MEETING, StatusKind.FOCUS, StatusKind.COUNTER]
        list(pool.map(lambda kind: say(person, kind, "11:00", "12:00"), kinds))

    assert len(said(person)) == 1


def test_every_night_what_is_over_is_forgotten_p3(person):
    write(person, "trip", "08:00", "10:00", "07:00")
    write(person, "leave", "10:00", "12:00", "07:00")

    with db.transaction():
        assert statuses.forget_ended(NOW) == 1
        assert statuses.forget_ended(NOW) == 0
        assert db.session.scalar(select(func.count()).select_from(models.Status)) == 1


def test_whose_status_begins_or_ends_is_known_without_reading_everybody(person):
    write(person, "trip", "10:00", "11:00", "07:00")

    def turns(after: str, until: str) -> bool:
        with db.reading():
            return person in queries.status_turns(make.at(after), make.at(until))

    assert turns("09:59", "10:00") and turns("10:59", "11:00")
    assert not turns("10:00", "10:59") and not turns("11:00", "12:00")
