"""What each receiver hears at each cell: by distance alone, and bent towards a survey."""

import numpy as np
import pytest
from small_office import SLAB_DB, floor, level_dbm, parts, receivers, survey

from server.positioning import Options, Receiver, SurveySample
from server.positioning.grid import Grid, grid_of
from server.positioning.radio_map import FEWEST_POINTS, NOISE_SD_DB, UNSURVEYED_SD_DB, RadioMap, map_of

FLOOR = floor()
GRID = grid_of(FLOOR, 1.0)
HERE = receivers()


def mapped(samples=(), hearing=HERE, levels=(1,), of=FLOOR, grid: Grid = GRID) -> RadioMap:
    return map_of(
        of, {str(level): floor(level) for level in levels}, grid, list(enumerate(hearing)), samples, Options()
    )


def cell_at(x_m: float, y_m: float) -> int:
    return int(np.hypot(GRID.x_m - x_m, GRID.y_m - y_m).argmin())


def truth_dbm(receiver: Receiver) -> np.ndarray:
    return np.array([level_dbm(receiver, 1, x, y) for x, y in zip(GRID.x_m, GRID.y_m, strict=True)])


def test_positions_alone_give_a_map_that_falls_off_with_the_distance():
    radio = mapped()

    for receiver, mean in zip(HERE, radio.mean_dbm, strict=True):
        nearest_first = np.argsort(np.hypot(GRID.x_m - receiver.x_m, GRID.y_m - receiver.y_m), kind="stable")
        assert (np.diff(mean[nearest_first]) <= 1e-4).all()
        assert mean == pytest.approx(truth_dbm(receiver), abs=0.1)
    assert radio.sd_db == pytest.approx(UNSURVEYED_SD_DB)
    assert radio.points == ()


def test_a_survey_teaches_what_no_distance_tells():
    raised = survey(HERE, bump=(15.0, 4.5, 9.0))

    radio = mapped(raised)

    at_bump, far_away = cell_at(15.0, 4.5), cell_at(4.5, 12.0)
    for receiver, mean in zip(HERE, radio.mean_dbm, strict=True):
        by_distance = truth_dbm(receiver)
        assert 5.0 < mean[at_bump] - by_distance[at_bump] < 10.0
        assert abs(mean[far_away] - by_distance[far_away]) < 2.0


def test_the_map_runs_through_the_levels_of_the_survey_up_to_its_noise():
    samples = survey(HERE, sd_db=3.0, seed=3)

    radio = mapped(samples)

    column = {receiver.id: index for index, receiver in enumerate(HERE)}
    gaps = [sample.mean_dbm - radio.mean_dbm[column[sample.receiver], cell_at(sample.x_m, sample.y_m)]
            for sample in samples]  # fmt: skip
    assert np.sqrt(np.mean(np.square(gaps))) < NOISE_SD_DB


def test_the_map_is_surer_near_survey_points_than_far_from_all():
    west_half = [sample for sample in survey(HERE) if sample.x_m < 10]

    radio = mapped(west_half)

    assert (radio.sd_db[:, cell_at(4.5, 4.5)] < radio.sd_db[:, cell_at(18.5, 8.0)]).all()
    assert radio.sd_db.min() >= NOISE_SD_DB
    assert radio.sd_db.max() < UNSURVEYED_SD_DB


def test_too_few_survey_points_leave_the_map_of_distances():
    points = sorted({sample.point for sample in survey(HERE)})[: FEWEST_POINTS - 1]
    few = [sample for sample in survey(HERE, bump=(10.0, 8.0, 9.0)) if sample.point in points]

    radio = mapped(few)

    assert radio.sd_db == pytest.approx(UNSURVEYED_SD_DB)


def test_a_receiver_that_the_survey_never_heard_keeps_a_line():
    others = [sample for sample in survey(HERE) if sample.receiver != "1f"]

    radio = mapped(others)

    assert np.isfinite(radio.mean_dbm).all()
    assert radio.sd_db[5] == pytest.approx(UNSURVEYED_SD_DB)
    assert radio.mean_dbm[5] == pytest.approx(truth_dbm(HERE[5]), abs=2.0)


def test_not_being_heard_at_a_point_lowers_the_map_there():
    everywhere = survey(HERE)
    shielded = [sample for sample in everywhere if not (sample.receiver == "1a" and sample.x_m > 10)]

    with_shield, without = mapped(shielded), mapped(everywhere)

    behind = GRID.x_m > 11
    assert (with_shield.mean_dbm[0, behind] < without.mean_dbm[0, behind]).mean() > 0.9


def test_what_was_heard_more_often_counts_more():
    twice = [SurveySample("p", 4.5, 4.5, "1a", -60.0, 30), SurveySample("p", 4.5, 4.5, "1a", -80.0, 10)]

    radio = mapped(twice)

    assert radio.heard_dbm[0, 0] == pytest.approx(-65.0)
    assert np.isnan(radio.heard_dbm[0, 1:]).all()


def test_samples_of_unknown_receivers_are_passed_over():
    stranger = SurveySample("4.5/4.5", 4.5, 4.5, "of-last-year", -50.0, 100)

    with_stranger, without = mapped([*survey(HERE), stranger]), mapped(survey(HERE))

    assert (with_stranger.mean_dbm == without.mean_dbm).all()


def test_the_map_without_a_point_knows_less_about_it():
    samples = survey(HERE, bump=(15.0, 4.5, 9.0))
    radio = mapped(samples)
    p = radio.points.index("16.5/4.5")
    here = cell_at(16.5, 4.5)

    without = radio.mean_dbm - radio.left_out_db[p]

    measured = radio.heard_dbm[p]
    assert (abs(radio.mean_dbm[:, here] - measured) < abs(without[:, here] - measured)).all()


def test_the_map_without_a_point_is_the_one_a_survey_without_it_gives():
    samples = survey(HERE, bump=(15.0, 4.5, 9.0))
    radio = mapped(samples)
    p = radio.points.index("16.5/4.5")

    refitted = mapped([sample for sample in samples if sample.point != "16.5/4.5"])

    assert radio.mean_dbm - radio.left_out_db[p] == pytest.approx(refitted.mean_dbm, abs=0.5)


def test_a_slab_weakens_what_comes_from_the_next_floor():
    floors, hearing = parts((1, 2))

    radio = mapped(hearing=hearing, levels=(1, 2))

    beside, above = radio.mean_dbm[:6], radio.mean_dbm[6:]
    assert len(floors) == 2
    assert (beside - above >= SLAB_DB).all()
    assert radio.sd_db[6:].min() > radio.sd_db[:6].max()


def test_a_floor_that_no_receiver_hears_has_an_empty_map():
    radio = mapped(hearing=[])

    assert radio.mean_dbm.shape == (0, GRID.cells)
    assert radio.left_out_db.shape == (0, 0, GRID.cells)
