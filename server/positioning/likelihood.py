"""How well each cell of a floor explains what was heard, with the tag's level integrated out.

For cell c: ll = −½·(Se2 − Se² / (Sw + 1/τ²)) − ½·log(1 + τ²·Sw) + ½·Σ k·log W, where e = y − o − μ and
Sw = Σ k·W, Se = Σ k·W·e, Se2 = Σ k·W·e²: a Gaussian in y whose common offset has the prior N(o, τ²).
"""

from dataclasses import dataclass

import numpy as np

from server.positioning.model import FloorModel
from server.positioning.types import Floats, Options

UNMAPPED_SDS = 2.0
# A receiver heard from two floors away is in no map of this floor. It costs as much as one that is
# two deviations off: less, and a floor would look better for knowing less.


@dataclass(frozen=True, slots=True)
class Evidence:
    """The windows of N tags on one floor, (N, R); zero weight where nothing is said."""

    weight: Floats
    level: Floats  # centred dB, minus the tag's learned level
    missing: Floats  # (N,) weight of receivers that this floor's map does not know


@dataclass(frozen=True, slots=True)
class Explained:
    """(N, C) log-likelihood, and the offset each cell would give the tag (least squares, dB) with its precision."""

    log_likelihood: Floats
    offset_db: Floats
    offset_precision: Floats


def window_weight(n: Floats, receiver_sd_db: Floats, options: Options) -> Floats:
    """k = 1 / (1 + σ²/(n·s²)): how much a window of n packets counts against the map's own uncertainty s."""
    scatter = options.fast_sd_db**2 / np.maximum(n, 1.0)
    return np.where(n > 0, 1.0 / (1.0 + scatter / receiver_sd_db**2), 0.0).astype(np.float32)


def explain(part: FloorModel, evidence: Evidence, level_sd_db: Floats) -> Explained:
    """The likelihood of N tags on a floor; level_sd_db (N,) is τ, zero for a level that is known exactly."""
    k, y = evidence.weight, evidence.level
    ky = k * y
    sw = k @ part.precision
    swm = k @ part.precision_mean
    se = ky @ part.precision - swm
    se2 = (ky * y) @ part.precision - 2 * (ky @ part.precision_mean) + k @ part.precision_mean2
    tau2 = (level_sd_db**2)[:, None]
    shrink = tau2 / (1.0 + tau2 * sw)
    ll = -0.5 * (se2 - se * se * shrink) - 0.5 * np.log1p(tau2 * sw) + 0.5 * (k @ part.log_precision)
    if evidence.missing.any():
        worst = 0.5 * UNMAPPED_SDS**2 - 0.5 * float(part.log_precision.mean())
        ll -= (worst * evidence.missing)[:, None]
    return Explained(ll, se / np.maximum(sw, np.float32(1e-6)), sw)
