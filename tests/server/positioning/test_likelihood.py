"""How well each cell explains what was heard, the tag's level integrated out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_office import DESK, level_dbm, model, receivers

from server.positioning.likelihood import Evidence, explain, window_weight
from server.positioning.model import CENTRE_DBM
from server.positioning.types import Options

PART = model().parts[0]
HERE = receivers()
X_M, Y_M = DESK["ne"]


def evidence(*, shift_db: float = 0.0, weight: float = 0.5, missing: float = 0.0) -> Evidence:
    levels = np.array([[level_dbm(one, 1, X_M, Y_M) + shift_db - CENTRE_DBM for one in HERE]], np.float32)
    return Evidence(np.full((1, 6), weight, np.float32), levels, np.array([missing], np.float32))


def tau(sd_db: float) -> np.ndarray:
    return np.array([sd_db], np.float32)


def estimate(log_likelihood: np.ndarray) -> tuple[float, float]:
    p = np.exp(log_likelihood[0] - log_likelihood[0].max())
    p /= p.sum()
    return float(p @ PART.grid.x_m), float(p @ PART.grid.y_m)


def test_the_cell_where_the_tag_is_explains_best():
    found = explain(PART, evidence(), tau(8.0))

    best = int(found.log_likelihood[0].argmax())
    assert np.hypot(PART.grid.x_m[best] - X_M, PART.grid.y_m[best] - Y_M) < 0.8


@settings(max_examples=25, deadline=None)
@given(
    levels_db=st.lists(st.floats(-30, 20), min_size=6, max_size=6),
    weights=st.lists(st.floats(0, 1), min_size=6, max_size=6),
    sd_db=st.floats(0.5, 8),
)
def test_the_closed_form_is_the_integral_over_all_levels(levels_db, weights, sd_db):
    heard = Evidence(np.array([weights], np.float32), np.array([levels_db], np.float32), np.zeros(1, np.float32))

    some_cells = slice(None, None, 16)
    found = explain(PART, heard, tau(sd_db)).log_likelihood[0, some_cells]

    k, y = np.array(weights)[:, None, None], np.array(levels_db)[:, None, None]
    w, mu = PART.precision[:, some_cells, None], (PART.precision_mean / PART.precision)[:, some_cells, None]
    offsets_db = np.linspace(-60, 60, 2001)
    exponent = -0.5 * (k * w * (y - offsets_db - mu) ** 2).sum(axis=0) - 0.5 * (offsets_db / sd_db) ** 2
    most = exponent.max(axis=1, keepdims=True)
    integral = np.log(np.exp(exponent - most).sum(axis=1) * (offsets_db[1] - offsets_db[0])) + most[:, 0]
    expected = integral - np.log(np.sqrt(2 * np.pi) * sd_db) + 0.5 * (k * np.log(w)).sum(axis=(0, 2))
    assert found == pytest.approx(expected, rel=2e-3, abs=0.02)


def test_a_weaker_badge_stays_where_it_is_while_its_level_is_unknown():
    as_surveyed = explain(PART, evidence(), tau(8.0)).log_likelihood
    weaker = explain(PART, evidence(shift_db=-10.0), tau(8.0)).log_likelihood
    misjudged = explain(PART, evidence(shift_db=-10.0), tau(0.0)).log_likelihood

    assert np.hypot(*np.subtract(estimate(weaker), estimate(as_surveyed))) < 0.5
    assert np.abs(misjudged - as_surveyed).max() > 3 * np.abs(weaker - as_surveyed).max()


def test_the_true_cell_says_how_much_weaker_the_badge_is():
    found = explain(PART, evidence(shift_db=-10.0), tau(8.0))

    here = int(np.hypot(PART.grid.x_m - X_M, PART.grid.y_m - Y_M).argmin())
    assert found.offset_db[0, here] == pytest.approx(-10.0, abs=0.5)


def test_receivers_that_the_map_does_not_know_cost_every_cell_the_same():
    without = explain(PART, evidence(), tau(8.0)).log_likelihood
    with_two = explain(PART, evidence(missing=2.0), tau(8.0)).log_likelihood

    cost = without - with_two
    assert cost.min() == pytest.approx(cost.max(), abs=1e-3)
    assert cost.min() > 0


def test_nothing_heard_says_nothing():
    found = explain(PART, evidence(weight=0.0), tau(8.0)).log_likelihood

    assert np.ptp(found) == 0


def test_more_packets_count_more_but_never_more_than_the_map_allows():
    n = np.array([[0, 1, 2, 8, 1000]], np.float32)

    weight = window_weight(n, np.full((1, 5), 4.0, np.float32), Options())[0]

    assert weight[0] == 0
    assert (np.diff(weight) > 0).all()
    assert weight[-1] < 1


def test_a_window_counts_more_where_the_map_is_rough():
    n = np.full((1, 2), 2, np.float32)

    smooth, rough = window_weight(n, np.array([[3.0, 6.0]], np.float32), Options())[0]

    assert rough > smooth
