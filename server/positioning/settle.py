"""From probabilities to what is shown: hysteresis of zones and floors, and whether a tag sits still."""

import numpy as np
from numpy.typing import NDArray

from server.positioning.belief import TRAIL
from server.positioning.types import NOWHERE, Bools, Floats, Ints, Motion

STILL_M, MOVING_M = 1.0, 2.0
# Displacement of the ten-second mean: below one metre for 95 % of seated seconds and 12 % of walking ones.
STILL_BITS = 40  # of the last sixty seconds
SIXTY = np.uint64((1 << 60) - 1)


def held(
    current: Ints,
    waiting: Ints,
    waiting_s: Floats,
    best: Ints,
    best_p: Floats,
    current_p: Floats,
    margin: float,
    hold_s: float,
    dt_s: float,
) -> tuple[Ints, Ints, Floats]:
    """One step of a hysteresis: the value, what leans, and for how long it has.

    `best` replaces `current` once it has led by more than `margin` for `hold_s` seconds without a gap.
    """
    leads = (best != current) & (best_p - current_p > margin)
    lasted = np.where(leads & (best == waiting), waiting_s + dt_s, np.where(leads, dt_s, 0.0)).astype(np.float32)
    switches = leads & (lasted >= hold_s - 1e-3)
    return (
        np.where(switches, best, current).astype(np.int32),
        np.where(leads & ~switches, best, NOWHERE).astype(np.int32),
        np.where(switches, 0.0, lasted).astype(np.float32),
    )


def probability_of(zone: Ints, p: Floats) -> Floats:
    """The probability (N, Z) gives to each tag's zone; 0 for no zone."""
    if p.shape[1] == 0:
        return np.zeros(len(zone), np.float32)
    found: Floats = p[np.arange(len(zone)), np.maximum(zone, 0)]
    return np.where(zone >= 0, found, np.float32(0))


def trailed(
    trail: Floats, trail_n: Ints, trail_s: Floats, x_m: Floats, y_m: Floats, same_floor: Bools, dt_s: Floats
) -> tuple[Floats, Ints, Floats]:
    """The trail with a new estimate in front, once a second at most; it starts anew on another floor or after a gap."""
    since = trail_s + dt_s
    restart = ~same_floor | (since > 5.0)
    adds = restart | (since >= 0.95) | (trail_n == 0)
    here = np.stack([x_m, y_m], axis=1)
    shifted = np.concatenate([here[:, None, :], trail[:, :-1, :]], axis=1)
    return (
        np.where(adds[:, None, None], shifted, trail),
        np.where(restart, 1, np.where(adds, np.minimum(trail_n + 1, TRAIL), trail_n)).astype(np.int32),
        np.where(adds, 0.0, since).astype(np.float32),
    )


def motion_of(trail: Floats, trail_n: Ints, still_bits: NDArray[np.uint64]) -> tuple[Ints, NDArray[np.uint64]]:
    """Still, moving or unknown, from the displacement between the last ten seconds and the ten before."""
    half = TRAIL // 2
    moved = np.linalg.norm(trail[:, :half].mean(axis=1) - trail[:, half:].mean(axis=1), axis=1)
    full = trail_n >= TRAIL
    bits = ((still_bits << np.uint64(1)) | (full & (moved < STILL_M)).astype(np.uint64)) & SIXTY
    still = np.bitwise_count(bits) >= STILL_BITS
    motion = np.where(full & (moved > MOVING_M), Motion.MOVING, np.where(still, Motion.STILL, Motion.UNKNOWN))
    return motion.astype(np.int32), bits
