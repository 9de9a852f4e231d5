"""What people say of their own day; on both databases."""

from datetime import timedelta

import make
import pytest
from sqlalchemy import insert

from server import db
from server.presence import models, queries
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
