"""What a stream that was cut off has missed."""

import make

from server.live_map import past as remembered
from server.live_map.known import Known
from server.live_map.model import Changed
from server.live_map.past import Past
from server.live_map.rules import Subject
from server.people.queries import PersonCard
from server.people.rules import Choices
from server.presence.rules import State, Whereabouts

CARD = PersonCard(1, "髙波", "真琴", "たかなみ", "まこと", "たかなみ", None, "", "", (), (), "")


def changed(line_id: int, person_id: int = 1, *, zone: int = 1, heard_only: bool = False) -> Changed:
    where = Whereabouts(State.PRESENT, 18, zone, 0.9, make.at("10:00"))
    known = Known(CARD, Subject(Choices(person_id), frozenset(), where))
    return Changed(person_id, line_id, known, known, heard_only)


def test_each_person_is_told_once_with_the_newest_line_and_all_they_were():
    past = Past()
    past.forget(10)
    past.add([changed(11, zone=1), changed(12, 2)], 12)
    past.add([changed(13, zone=2), changed(14, 3, heard_only=True)], 14)

    missed = past.since(10)

    assert missed is not None
    assert {i: line for i, (line, _befores) in missed.items()} == {1: 13, 2: 12}
    assert {before.subject.where.zone_id for before in missed[1][1]} == {1, 2}


def test_what_was_long_ago_cannot_be_told(monkeypatch):
    monkeypatch.setattr(remembered, "KEPT", 2)
    past = Past()
    past.forget(10)
    assert past.since(9) is None
    assert past.since(10) == {}

    for line_id in range(11, 15):
        past.add([changed(line_id)], line_id)

    assert past.since(11) is None
    assert past.since(12) is not None


def test_lines_that_came_late_are_repeated_though_their_number_is_lower_rp_21(monkeypatch):
    monkeypatch.setattr(remembered, "OVERLAP", 2)
    past = Past()
    past.add([changed(20)], 20)
    past.add([changed(5, 2)], 21)

    missed = past.since(21)

    assert missed is not None
    assert set(missed) == {1, 2}
