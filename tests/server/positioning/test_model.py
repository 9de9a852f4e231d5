"""A building as arrays: what may stand in it, and what each floor hears."""

import numpy as np
import pytest
from small_office import floor, parts, receivers, survey

from server.positioning import Receiver, build_model
from server.positioning.model import LONG_STEPS_S


def test_zones_and_receivers_keep_their_order_over_all_floors():
    model = build_model(*parts((1, 2, 3)))

    assert [zone.id for zone in model.zones[:5]] == ["1-nw", "1-ne", "1-sw", "1-se", "2-nw"]
    assert model.zone_floor.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert [part.first_zone for part in model.parts] == [0, 4, 8]
    assert model.receiver_floor.tolist() == [0] * 6 + [1] * 6 + [2] * 6


def test_a_floor_hears_its_own_receivers_and_those_one_slab_away():
    model = build_model(*parts((1, 2, 3, 4)))

    heard_on = [sorted({model.receivers[index].floor for index in part.receivers}) for part in model.parts]

    assert heard_on == [["1", "2"], ["1", "2", "3"], ["2", "3", "4"], ["3", "4"]]
    assert [part.neighbours for part in model.parts] == [(1,), (0, 2), (1, 3), (2,)]
    assert model.parts[0].column_of.tolist() == [*range(12), *[-1] * 12]


def test_only_the_surveyed_floor_bends_its_map():
    surveyed = build_model(*parts((1, 2)), {"2": survey(receivers(2), 2)})
    plain = build_model(*parts((1, 2)))

    assert (surveyed.parts[0].radio.mean_dbm == plain.parts[0].radio.mean_dbm).all()
    assert surveyed.parts[1].radio.sd_db.min() < plain.parts[1].radio.sd_db.min()


def test_a_floor_without_receivers_zones_or_lifts_still_builds():
    bare = floor(9, zones=(), portals=())

    model = build_model([*parts((1,))[0], bare], receivers(1))

    assert len(model.parts[1].receivers) == 0
    assert model.parts[1].zone_shares.shape[1] == 0
    assert not model.parts[1].portal.any()


def test_a_longer_pause_spreads_further():
    part = build_model(*parts()).parts[0]

    widths = [float((step[:, 10] > 1e-3).sum()) for step in part.spread_x]

    assert len(widths) == len(LONG_STEPS_S)
    assert widths == sorted(set(widths))


def test_levels_are_prepared_without_losing_precision():
    part = build_model(*parts()).parts[0]

    assert part.precision.dtype == np.float32
    assert np.isfinite(part.precision_mean2).all()


@pytest.mark.parametrize(
    ("floors", "hearing", "sentence"),
    [
        ([floor(1), floor(1)], [], "two floors have the same id"),
        ([floor(1)], [*receivers(1), receivers(1)[0]], "two receivers have the same id"),
        ([floor(1)], [Receiver("a", "7", 1.0, 1.0)], "receiver a stands on the unknown floor 7"),
    ],
    ids=["floor twice", "receiver twice", "unknown floor"],
)
def test_a_building_that_contradicts_itself_is_refused_with_a_sentence(floors, hearing, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        build_model(floors, hearing)
