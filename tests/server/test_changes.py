"""The outbox: who has just read its newest line with something else need not ask again, and misses nothing."""

import make
import pytest
from sqlalchemy import delete, event, insert, select

from server import changes, db
from server.changes import Change, Tail, Thing

NOW = make.at("09:00")


def tell(thing_id: int) -> int:
    with db.transaction():
        changes.record(Thing.SLOTS, thing_id, NOW)
    with db.reading() as session:
        return session.scalar(select(changes.NEWEST)) or 0


@pytest.fixture
def asked(database: str):
    statements: list[str] = []
    event.listen(db.engine(), "before_cursor_execute", lambda *given: statements.append(given[2]))
    return statements


def read_to_the_end() -> Tail:
    tail = Tail()
    assert tail.news() is None
    return tail


def test_a_newest_line_that_is_known_costs_no_question(asked):
    newest = tell(1)
    tail = read_to_the_end()
    asked.clear()

    assert tail.news(newest) == []
    assert asked == []


def test_a_newer_line_is_read(database):
    tell(1)
    tail = read_to_the_end()

    assert [line.thing_id for line in tail.news(tell(2)) or ()] == [2]


def test_while_a_line_is_missing_it_is_asked_for_although_the_newest_is_known(database):
    """A transaction draws its number before it commits, and may commit after a later one."""
    first = tell(1)
    tail = read_to_the_end()
    with db.transaction() as session:
        session.execute(insert(Change).values(id=first + 2, thing=Thing.SLOTS, thing_id=3, at=NOW))
    assert [line.thing_id for line in tail.news(first + 2) or ()] == [3]
    with db.transaction() as session:
        session.execute(insert(Change).values(id=first + 1, thing=Thing.SLOTS, thing_id=2, at=NOW))

    assert [line.thing_id for line in tail.news(first + 2) or ()] == [2]


def test_an_outbox_that_was_emptied_has_no_news(database):
    tell(1)
    tail = read_to_the_end()
    with db.transaction() as session:
        session.execute(delete(Change))

    assert tail.news(None) == []
    assert [line.thing_id for line in tail.news(tell(2)) or ()] == [2]
