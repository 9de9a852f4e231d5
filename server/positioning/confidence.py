"""How sure an estimate may call itself: leave-one-out over the survey, and the temperature that fits it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from server.positioning.grid import Grid, inside
from server.positioning.radio_map import RadioMap
from server.positioning.types import Floats, Ints, Options, Zone

FEWEST_LABELS = 12
EXPONENTS = np.arange(0.5, 1.21, 0.05)
PRIOR_LABELS = 40.0
# The fit is drawn towards 1 as if forty labels had said so: a survey has few points, and they stand still.


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Every survey point located by the map made without it."""

    zone_p: Floats  # (P, Z)
    true_zone: Ints  # (P,) −1 outside every zone
    error_m: Floats  # (P,)

    @property
    def accuracy(self) -> float:
        """Share of the points in a zone that were given that zone; nan without any."""
        known = self.true_zone >= 0
        if not known.any():
            return float("nan")
        return float((self.zone_p[known].argmax(axis=1) == self.true_zone[known]).mean())


def left_out(radio: RadioMap, grid: Grid, zone_shares: Floats, zones: Sequence[Zone], options: Options) -> LeftOut:
    """Leave-one-out over the survey of a floor, the tag's level unknown: what staff's badges will meet."""
    count = len(radio.points)
    zone_p = np.zeros((count, len(zones)), np.float32)
    error_m = np.zeros(count, np.float32)
    variance = radio.sd_db**2 + options.map_extra_sd_db**2
    tau2 = options.level_sd_db**2
    for p in range(count):
        known = np.isfinite(radio.heard_dbm[p])
        if not known.any():
            continue
        error = radio.heard_dbm[p][known, None] - (radio.mean_dbm - radio.left_out_db[p])[known]
        precision = 1 / variance[known]
        sw, se = precision.sum(0), (precision * error).sum(0)
        se2 = (precision * error**2).sum(0)
        ll = -0.5 * (se2 - se**2 * tau2 / (1 + tau2 * sw)) - 0.5 * np.log1p(tau2 * sw) + 0.5 * np.log(precision).sum(0)
        belief = np.exp(ll - ll.max())
        belief /= belief.sum()
        zone_p[p] = belief @ zone_shares
        x, y = belief @ grid.x_m, belief @ grid.y_m
        error_m[p] = np.hypot(x - radio.points_xy[p, 0], y - radio.points_xy[p, 1])
    return LeftOut(zone_p, _zones_of(radio, zones), error_m)


def exponent_of(radio: RadioMap, grid: Grid, zone_shares: Floats, zones: Sequence[Zone], options: Options) -> float:
    """The exponent a of p ← p^a / Σ p^a with the least log loss over the survey left out; 1 without labels."""
    if len(radio.points) < FEWEST_LABELS or len(zones) < 2:
        return 1.0
    result = left_out(radio, grid, zone_shares, zones, options)
    labelled = (result.true_zone >= 0) & (result.zone_p.sum(axis=1) > 0)
    if labelled.sum() < FEWEST_LABELS:
        return 1.0
    log_p = np.log(np.maximum(result.zone_p[labelled], 1e-4))
    truth = result.true_zone[labelled]
    losses = []
    for exponent in EXPONENTS:
        scaled = exponent * log_p
        log_sum = np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1)) + scaled.max(axis=1)
        loss = (log_sum - scaled[np.arange(len(truth)), truth]).sum()
        losses.append(loss + PRIOR_LABELS * np.log(exponent) ** 2)
    return float(EXPONENTS[int(np.argmin(losses))])


def tempered(zone_p: Floats, exponent: float) -> Floats:
    """p^a / Σ p^a along the last axis, with what lies outside every zone kept as it is."""
    if exponent == 1.0 or zone_p.shape[1] == 0:
        return zone_p
    total = zone_p.sum(axis=1, keepdims=True)
    powered = np.power(np.maximum(zone_p, 1e-9), np.float32(exponent))
    stated: Floats = (powered / powered.sum(axis=1, keepdims=True) * total).astype(np.float32)
    return stated


def _zones_of(radio: RadioMap, zones: Sequence[Zone]) -> Ints:
    found = np.full(len(radio.points), -1, np.int32)
    xs, ys = radio.points_xy[:, 0].astype(np.float32), radio.points_xy[:, 1].astype(np.float32)
    for index, zone in enumerate(zones):
        found[inside(zone.polygon, xs, ys) & (found < 0)] = index
    return found
