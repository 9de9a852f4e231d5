"""Look-ups of several people at once have the limits and leave the lines of single ones."""

from datetime import timedelta

import make
import pytest

from server import db
from server.people.rules import Viewer
from server.presence import look_ups, queries, rules, service
from server.presence.alerts import LookedUpTooOften

NOW = make.at("10:00")


@pytest.fixture
def account(database) -> int:
    """An operator's account."""
    with db.transaction():
        return make.account("operator")


def people(n: int) -> list[int]:
    return [make.person(f"人{i}", "一") for i in range(n)]


def write(account, person_ids, now=NOW):
    with db.transaction():
        return look_ups.write_down(account, "田中", person_ids, "search", now)


def refused_alone(account, person_id, now=NOW):
    """Whether a single look-up would be refused."""
    try:
        with db.transaction():
            service.look_up(Viewer(None), account, "田中", person_id, "search", now)
            db.session.rollback()
    except LookedUpTooOften:
        return True
    return False


def test_each_of_them_can_read_it_p11(account):
    with db.transaction():
        found = people(3)

    written = write(account, found)

    assert written == (frozenset(found), [])
    with db.reading():
        lines = [queries.look_ups_of(person, NOW - timedelta(hours=1)) for person in found]
    assert [[(line.viewer_name, line.screen, line.at) for line in of] for of in lines] == [
        [("田中", "search", NOW)]
    ] * 3


def test_one_person_too_often_is_left_out_and_the_others_are_answered_p12(account):
    with db.transaction():
        often, other = people(2)
        for i in range(rules.LIMIT_OF_ONE.n):
            service.look_up(
                Viewer(None), account, "田中", often, "map", NOW - timedelta(hours=20) + timedelta(hours=i / 2)
            )

    written = write(account, [often, other])

    assert written.person_ids == {other}
    assert [(one.kind, one.subject_id, one.look_ups) for one in written.crossed] == [("one", often, 20)]
    assert refused_alone(account, often)


def test_too_many_different_people_within_ten_minutes_are_left_out_p12(account):
    with db.transaction():
        found = people(rules.LIMIT_OF_PEOPLE.n + 1)
    for start in range(0, len(found) - 2, 3):
        write(account, found[start : start + 3], NOW - timedelta(minutes=5))

    written = write(account, [found[0], found[-1]])

    assert written.person_ids == {found[0]}
    assert [one.kind for one in written.crossed] == ["many"]
    assert refused_alone(account, found[-1])
    assert write(account, [found[-1]], NOW + timedelta(minutes=6)).person_ids == {found[-1]}


def test_too_many_look_ups_in_all_are_left_out_p12(account):
    with db.transaction():
        found = people(4)
    for minute in range(rules.LIMIT_IN_ALL.n // 4):
        write(account, found, NOW - timedelta(seconds=30 * minute))

    written = write(account, found)

    assert written.person_ids == frozenset()
    assert len(written.crossed) == 4
    assert refused_alone(account, found[0])


def test_nobody_is_no_look_up(account):
    assert write(account, []) == (frozenset(), ())
