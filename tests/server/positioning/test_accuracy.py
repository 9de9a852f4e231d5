"""How right positioning is on recorded radio; the figures are deterministic and hold with a small margin."""

from dataclasses import replace
from functools import cache

import pytest
from recorded import MISSING, recordings

from server.positioning import Model, Options, build_model
from server.positioning.evaluation import Summary, run, stayed, summarise, walked
from server.positioning.recordings import Dataset, read_dataset, read_stays, read_survey, read_truth, read_walk

pytestmark = pytest.mark.skipif(recordings() is None, reason=MISSING)


@cache
def dataset(name: str) -> Dataset:
    folder = recordings()
    assert folder is not None
    return read_dataset(folder / name)


@cache
def model(name: str, *, known: bool) -> Model:
    of = dataset(name)
    survey = read_survey(of, "calibration.csv")
    return build_model([of.floor], of.receivers, {of.floor.id: survey}, Options(level_known=known))


@cache
def walks(*, known: bool, weaker_db: float = 0.0) -> Summary:
    of = dataset("tetam")
    heard = {
        name: [replace(one, rssi_dbm=one.rssi_dbm - weaker_db) for one in read_walk(of, name)] for name in of.tracks()
    }
    found = run(model("tetam", known=known), heard).estimates
    return summarise(model("tetam", known=known), [walked(found[name], read_truth(of, name)) for name in heard])


@cache
def seated(name: str, file: str, *, known: bool, last_only: bool = False) -> Summary:
    stays = read_stays(dataset(name), file)
    found = run(model(name, known=known), {stay.point: stay.heard for stay in stays}).estimates
    return summarise(model(name, known=known), [stayed(found[stay.point], stay) for stay in stays], last_only=last_only)


def test_walks_of_a_badge_as_strong_as_the_surveys():
    found = walks(known=True)

    assert found.zone_accuracy >= 0.88
    assert found.mean_m <= 1.45
    assert found.calibration_error <= 0.05


def test_walks_of_a_badge_whose_level_nobody_knows():
    found = walks(known=False)

    assert found.zone_accuracy >= 0.86
    assert found.mean_m <= 1.5
    assert found.calibration_error <= 0.05


def test_walks_of_a_badge_ten_decibels_weaker_than_the_surveys():
    strong, weak = walks(known=False), walks(known=False, weaker_db=10.0)

    assert weak.zone_accuracy >= strong.zone_accuracy - 0.05
    assert weak.mean_m <= strong.mean_m + 0.3


def test_a_level_that_is_wrongly_taken_for_known_misleads():
    """What integrating the level out is for: without it a weaker badge is placed wrongly."""
    assert walks(known=True, weaker_db=10.0).zone_accuracy < walks(known=False, weaker_db=10.0).zone_accuracy - 0.1


def test_seated_people_nine_months_after_the_survey():
    found = seated("tetam", "calibration_set2.csv", known=True)

    assert found.zone_accuracy >= 0.86
    assert found.calibration_error <= 0.05


def test_what_is_settled_does_not_flap_while_people_sit():
    for known in (True, False):
        assert seated("tetam", "calibration_set2.csv", known=known).settled_switches_per_hour <= 12


def test_another_phone_in_another_building():
    found = seated("uji_lib", "calibration_test_a5.csv", known=False, last_only=True)

    assert found.zone_accuracy >= 0.84
