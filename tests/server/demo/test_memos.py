"""The demo's guide finds calls waiting."""

import make
import pytest

from server import clock, db
from server.demo.memos import take_calls
from server.memos import queries
from server.memos.rules import Reader, Urgency


@pytest.mark.usefixtures("sqlite")
def test_a_call_waits_for_the_guide_and_one_for_their_section():
    now = clock.now()
    with db.transaction():
        section = make.unit()
        guide, colleague = (make.person(family, unit_id=section) for family in ("髙波", "鈴木"))
        take_calls([guide, colleague], now, now.date())

    with db.reading():
        waiting = queries.open_for(Reader(1, guide, frozenset({section})))
        done = queries.handled_for(Reader(1, guide, frozenset({section})))
        theirs = queries.open_for(Reader(2, colleague, frozenset({section})))

    assert [(memo.to.person_id, memo.urgency) for memo in waiting] == [
        (guide, Urgency.URGENT), (None, Urgency.NORMAL)
    ]  # fmt: skip
    assert len(done) == len(theirs) == 1
    assert all("000" in memo.number or memo.number == "21117" for memo in (*waiting, *done))
