"""Keeping the numbering plan."""

from collections.abc import Callable

import make
import pytest

from server import db
from server.errors import Refused
from server.phones import plan, queries
from server.phones.rules import Range, Use

TODAY = {"today": make.DAY, "actor": "operator", "now": make.at("10:00")}


def refused(do: Callable[[], object]) -> Refused:
    """Why it is refused; nothing of it is kept."""
    with pytest.raises(Refused) as found, db.transaction():
        do()
    return found.value


def test_ranges_that_meet_are_refused_and_the_refusal_names_the_other(database: str) -> None:
    with db.transaction():
        bureau = make.unit("財務局", kind="bureau")
        plan.add_range(Range(0, "24000", "24999", bureau, Use.ASSIGNABLE), **TODAY)
        plan.add_range(Range(0, "24900", "24999", bureau, Use.RESERVED), **TODAY)
    refusal = refused(lambda: plan.add_range(Range(0, "２４９９９", "25100", None, Use.ASSIGNABLE), **TODAY))
    assert "24000–24999" in str(refusal)
    for first, last in (("24999", "24000"), ("100", "24000"), ("x", "y")):
        nonsense = Range(0, first, last, None, Use.ASSIGNABLE)
        assert refused(lambda nonsense=nonsense: plan.add_range(nonsense, **TODAY)).status == 422
    assert [one.first for one in queries.ranges()] == ["24000", "24900"]


def test_a_range_whose_numbers_are_in_use_stays_in_the_plan(database: str) -> None:
    with db.transaction():
        make.extension("24117", person_id=make.person())
        one = plan.add_range(Range(0, "24000", "24999", None, Use.ASSIGNABLE), **TODAY)
    refusal = refused(lambda: plan.remove_range(one, **TODAY))
    assert "24117" in str(refusal)
    assert refused(lambda: plan.change_range(Range(one, "24200", "24999", None, Use.ASSIGNABLE), **TODAY)).code == (
        "range_in_use"
    )
    with db.transaction():
        plan.change_range(Range(one, "24100", "24199", None, Use.ASSIGNABLE, "財政課"), **TODAY)
    assert [(found.first, found.note) for found in queries.ranges()] == [("24100", "財政課")]


def test_an_unused_range_is_removed(database: str) -> None:
    with db.transaction():
        one = plan.add_range(Range(0, "24000", "24999", None, Use.ASSIGNABLE), **TODAY)
        plan.remove_range(one, **TODAY)
    assert queries.ranges() == []
    assert refused(lambda: plan.remove_range(one, **TODAY)).status == 404
