"""What receivers would say of badges at known places: the log-distance law, no noise unless asked for."""

import random
from collections.abc import Mapping
from math import hypot, log10

from edge_agent import wire

BOOT = "00000000000000aa"
NOW_MS = 1_764_000_000_000


def level_dbm(distance_m: float) -> float:
    """The mean level at a distance, as the model expects it without a survey."""
    return -62.0 - 21.0 * log10(max(distance_m, 0.5))


def sightings(
    agent: str,
    seq: int,
    rows: Mapping[str, float],
    *,
    boot: str = BOOT,
    sent_ms: int = NOW_MS,
    age_ms: int = 100,
    dt_ms: int = 1000,
) -> wire.Sightings:
    """One window of one receiver: badge → level in dBm."""
    heard = tuple(
        wire.Sighting(tag, 4, round(level, 1), 4.0, round(level + 3, 1), age_ms) for tag, level in rows.items()
    )
    return wire.Sightings(agent, boot, seq, sent_ms, dt_ms, heard)


def heard_at(
    receivers: Mapping[str, tuple[float, float]],
    badges: Mapping[str, tuple[float, float]],
    seq: int,
    *,
    sent_ms: int = NOW_MS,
    noise_db: float = 0.0,
    seed: int = 1,
) -> list[wire.Sightings]:
    """One window of every receiver with the badges at these places."""
    noise = random.Random(seed * 100_003 + seq)
    return [
        sightings(
            agent,
            seq,
            {
                tag: max(-110.0, level_dbm(hypot(x - rx, y - ry)) + noise.gauss(0, noise_db))
                for tag, (x, y) in badges.items()
            },
            sent_ms=sent_ms,
        )
        for agent, (rx, ry) in receivers.items()
    ]
