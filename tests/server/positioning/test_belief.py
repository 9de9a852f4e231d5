"""What is believed between two steps: who is followed, and what is kept of whom."""

from dataclasses import fields

import numpy as np
import pytest
from small_office import DESK, follow, heard_at, model, receivers

from server.positioning import NOWHERE, Belief, Level

MODEL = model()
HERE = receivers()


def seated(*bays: str, seconds: int = 20) -> Belief:
    heard = {bay: heard_at(HERE, 1, *DESK[bay]) for bay in bays}
    belief, _fixes = follow(MODEL, [heard] * seconds)
    return belief


def of(belief: Belief, tag: str) -> dict[str, object]:
    """Everything that is believed of one tag."""
    row = belief.row_of[tag]
    found: dict[str, object] = {one.name: getattr(belief.tags, one.name)[row].tolist() for one in fields(belief.tags)}
    for index, one in enumerate(belief.floors):
        found[f"floor {index}"] = one.grid[one.rows == row].tolist()
    return found


def test_nobody_is_followed_at_first():
    belief = Belief.empty(MODEL, {"badge": Level(-9.0, 3.0, 200)})

    assert belief.tag_ids == ()
    assert belief.levels() == {"badge": Level(-9.0, 3.0, 200)}


def test_a_tag_that_is_welcomed_brings_its_learned_level():
    belief = Belief.empty(MODEL, {"badge": Level(-9.0, 3.0, 200)}).welcome(["badge", "new"], MODEL)

    assert belief.tag_ids == ("badge", "new")
    assert belief.tags.level_db.tolist() == [-9.0, 0.0]
    assert belief.tags.level_sd_db.tolist() == [3.0, MODEL.options.level_sd_db]
    assert belief.tags.floor.tolist() == [NOWHERE, NOWHERE]
    assert belief.levels() == {"badge": Level(-9.0, 3.0, 200)}


def test_welcoming_somebody_who_is_there_changes_nothing():
    belief = seated("nw")

    assert belief.welcome(["nw"], MODEL) is belief


def test_where_every_level_is_known_learned_ones_are_passed_over():
    known = model(level_known=True)

    belief = Belief.empty(known, {"badge": Level(-9.0, 3.0, 200)}).welcome(["badge"], known)

    assert (belief.tags.level_db.tolist(), belief.tags.level_sd_db.tolist()) == ([0.0], [0.0])


def test_forgetting_a_tag_leaves_the_others_as_they_were():
    belief = seated("nw", "ne", "se")

    left = belief.forget(["ne"])

    assert left.tag_ids == ("nw", "se")
    assert of(left, "nw") == of(belief, "nw")
    assert of(left, "se") == of(belief, "se")
    assert "ne" in belief.row_of


@pytest.mark.parametrize("keep_levels", [True, False], ids=["kept", "not kept"])
def test_the_level_of_a_forgotten_tag_is_kept_unless_told_otherwise(keep_levels):
    belief = seated("nw", "ne")

    left = belief.forget(["nw"], keep_levels=keep_levels)

    assert ("nw" in left.levels()) is keep_levels
    assert "ne" in left.levels()


def test_the_level_of_a_tag_at_rest_can_be_forgotten_too():
    belief = Belief.empty(MODEL, {"badge": Level(-9.0, 3.0, 200)})

    assert belief.forget(["badge"]).levels() == {"badge": Level(-9.0, 3.0, 200)}
    assert belief.forget(["badge"], keep_levels=False).levels() == {}


def test_a_tag_that_nobody_knows_may_be_forgotten():
    belief = seated("nw")

    assert belief.forget(["never seen"]).tag_ids == ("nw",)


def test_everybody_may_be_forgotten():
    left = seated("nw", "ne").forget(["nw", "ne"])

    assert left.tag_ids == ()
    assert all(len(one.rows) == 0 for one in left.floors)
    assert left.levels().keys() == {"nw", "ne"}


def test_only_levels_that_something_was_learned_of_are_worth_keeping():
    belief = Belief.empty(MODEL).welcome(["badge"], MODEL)

    assert belief.levels() == {}


def test_a_belief_adds_up_to_one():
    belief = seated("nw", "ne", "sw", "se")

    total = np.zeros(len(belief.tag_ids))
    for one in belief.floors:
        np.add.at(total, one.rows, one.grid.sum(axis=(1, 2)))
    assert total == pytest.approx(1.0, abs=1e-4)
