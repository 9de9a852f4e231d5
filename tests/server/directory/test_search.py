"""The book of a web worker: made once, made anew when something in it changes, kept while the database is away."""

import make
import pytest
from sqlalchemy.exc import OperationalError

from server import db
from server.directory import queries
from server.directory.search import LOOK_EVERY_S, WRITTEN_FOR_S, Search


class Time:
    """A clock that goes on when the test says so."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def search(app, office, turn, time) -> Search:
    """A search of its own, on the map that has been read."""
    return Search(app.extensions["iruka.feed"], monotonic=time)


def found(search, query):
    return [item.id for item in search.book().index.find(query).items]


def test_the_book_stays_the_same_while_nothing_changes(search, time, office, turn):
    book = search.book()
    office.put(office.sato, office.zone_a)  # where somebody is stands in no book
    turn()
    time.now_s += 2 * LOOK_EVERY_S

    assert search.book() is book


def test_a_change_shows_with_the_first_question_a_second_later(search, time, office, turn):
    assert found(search, "24117") == []
    with db.transaction():
        number = make.extension("24117", person_id=office.sato)
    turn()

    time.now_s += LOOK_EVERY_S / 2
    assert found(search, "24117") == []
    time.now_s += LOOK_EVERY_S
    assert found(search, "24117") == [number, office.sato]


def test_who_leaves_is_in_the_book_no_more(search, time, office, turn):
    assert found(search, "さとう") == [office.sato]
    office.leave(office.sato)
    turn()
    time.now_s += 2 * LOOK_EVERY_S

    assert found(search, "さとう") == []


def test_without_the_database_the_old_book_is_read_rp_10(search, time, office, turn, monkeypatch):
    book = search.book()
    with db.transaction():
        make.extension("24117", person_id=office.sato)
    turn()
    time.now_s += 2 * LOOK_EVERY_S

    def away(*_arguments):
        raise OperationalError("SELECT", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(queries, "read", away)
        assert search.book() is book
    db.set_silent(True)
    time.now_s += 2 * LOOK_EVERY_S
    assert search.book() is book
    db.set_silent(False)
    time.now_s += 2 * LOOK_EVERY_S
    assert found(search, "24117")


def test_a_look_up_is_written_down_again_after_ten_minutes_p11(search, time):
    search.note_written(1, 2)

    time.now_s += WRITTEN_FOR_S - 1
    assert search.is_written(1, 2)
    assert not search.is_written(2, 1)
    time.now_s += 2
    assert not search.is_written(1, 2)
