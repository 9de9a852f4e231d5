"""How sure an estimate may call itself."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from small_office import floor, receivers, survey

from server.positioning import Options
from server.positioning.confidence import EXPONENTS, exponent_of, left_out, tempered
from server.positioning.grid import grid_of, shares
from server.positioning.radio_map import map_of

FLOOR = floor()
GRID = grid_of(FLOOR, 1.0)
SHARES = shares(GRID, FLOOR.zones)
HERE = receivers()
ODDS = arrays.arrays(np.float32, (3, 4), elements=st.floats(0.0009765625, 1.0, width=32))


def radio(samples):
    return map_of(FLOOR, {"1": FLOOR}, GRID, list(enumerate(HERE)), samples, Options())


def exponent(samples, zones=FLOOR.zones) -> float:
    return exponent_of(radio(samples), GRID, shares(GRID, zones), zones, Options())


def test_survey_points_are_found_by_the_map_made_without_them():
    result = left_out(radio(survey(HERE, sd_db=1.0)), GRID, SHARES, FLOOR.zones, Options())

    assert result.accuracy > 0.85
    assert np.median(result.error_m) < 1.5


def test_points_outside_every_zone_say_nothing_of_zones():
    west = FLOOR.zones[:1]

    result = left_out(radio(survey(HERE)), GRID, shares(GRID, west), west, Options())

    inside = [sample for sample in survey(HERE) if sample.x_m < 10 and sample.y_m < 8]
    assert (result.true_zone >= 0).sum() == len({sample.point for sample in inside})


def test_without_a_survey_there_is_no_accuracy():
    result = left_out(radio([]), GRID, SHARES, FLOOR.zones, Options())

    assert math.isnan(result.accuracy)


def test_a_survey_that_contradicts_itself_makes_the_map_more_modest():
    smooth, rough = exponent(survey(HERE, sd_db=0.5)), exponent(survey(HERE, sd_db=12.0))

    assert rough < smooth
    assert EXPONENTS.min() <= rough


@pytest.mark.parametrize(
    ("samples", "zones"),
    [
        ([], FLOOR.zones),
        (survey(HERE, pitch_m=8.0), FLOOR.zones),
        (survey(HERE), FLOOR.zones[:1]),
        (survey(HERE), ()),
    ],
    ids=["no survey", "six points", "one zone", "no zone"],
)
def test_nothing_is_tempered_where_nothing_can_be_learned(samples, zones):
    assert exponent(samples, zones) == 1.0


@settings(deadline=None)
@given(zone_p=ODDS, a=st.sampled_from([0.5, 0.8, 1.2]))
def test_tempering_keeps_the_likeliest_zone_and_what_lies_outside(zone_p, a):
    zone_p = zone_p / zone_p.sum(axis=1, keepdims=True) * np.float32(0.9)

    stated = tempered(zone_p, a)

    every = np.arange(len(zone_p))
    assert stated.sum(axis=1) == pytest.approx(zone_p.sum(axis=1), rel=1e-4)
    assert stated.max(axis=1) == pytest.approx(stated[every, zone_p.argmax(axis=1)])


def test_an_exponent_below_one_is_less_sure_and_above_one_surer():
    zone_p = np.array([[0.7, 0.2, 0.1]], np.float32)

    modest, bold = tempered(zone_p, 0.5), tempered(zone_p, 1.2)

    assert modest[0, 0] < 0.7 < bold[0, 0]
    assert (tempered(zone_p, 1.0) == zone_p).all()
