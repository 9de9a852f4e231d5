"""What positioning is told and what it answers: plain values and arrays, lengths in metres, levels in dBm."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

NOWHERE = -1  # index of no floor and of no zone


class Motion(IntEnum):
    """Whether a tag sits still, by the displacement of its estimate."""

    UNKNOWN = 0
    STILL = 1
    MOVING = 2


@dataclass(frozen=True, slots=True)
class Receiver:
    """A fixed receiver; `floor` is the id of its floor."""

    id: str
    floor: str
    x_m: float
    y_m: float
    z_m: float = 2.4  # above its own floor


@dataclass(frozen=True, slots=True)
class Zone:
    """A named part of a floor: a polygon of (x_m, y_m), not closed."""

    id: str
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey: `level` orders floors, `portals` are lifts and stairs, `slab_db` is the loss to the next floor."""

    id: str
    level: int
    width_m: float
    height_m: float
    zones: tuple[Zone, ...] = ()
    portals: tuple[tuple[float, float], ...] = ()
    slab_db: float = 18.0
    storey_m: float = 4.0


@dataclass(frozen=True, slots=True)
class SurveySample:
    """The mean level of the survey's tag at one receiver while it stood at a known point."""

    point: str
    x_m: float
    y_m: float
    receiver: str
    mean_dbm: float
    n: int = 1


Survey = Sequence[SurveySample]


@dataclass(frozen=True, slots=True)
class Options:
    """Everything tuned, with the evidence; none of it depends on a building's name."""

    cell_m: float | None = None  # None: 1 m, 1.5 m above 800 m²
    tag_height_m: float = 1.1  # a badge on the chest of somebody seated or standing, or on the desk
    level_known: bool = False  # True: every tag is as strong as the survey's
    level_sd_db: float = 8.0
    # Badges in pockets and on chests are 8 to 14 dB weaker than a tag on a pole; smaller is confidently wrong for them.
    level_floor_db: float = 3.0  # what stays unknown of a learned level: the same badge differs this much by posture
    fast_sd_db: float = 4.5  # scatter of a single packet around the mean of its place (5.2 dB measured while walking)
    map_extra_sd_db: float = 2.0  # the map is older than the traffic
    temper: float = 0.9  # neighbouring seconds are correlated: each counts this much
    forget: float = 0.9  # exponent on the old belief; keeps confidence honest
    mode_stay: float = 0.88  # a second later still still, or still walking
    walk_sd_m: float = 0.9  # how far somebody walking gets in a second
    unheard_after_s: float = 4.0  # only a receiver silent for longer counts as not hearing the tag
    unheard_weight: float = 0.15
    portal_rate_hz: float = 1 / 30  # floors are changed this often at a lift or a stair
    leak_rate_hz: float = 1e-5  # … and anywhere else, so that a wrong floor is left again
    live_margin: float = 0.15
    live_hold_s: float = 2.0
    settled_margin: float = 0.30
    settled_hold_s: float = 5.0
    floor_odds: float = 20.0
    floor_hold_s: float = 10.0
    cap_p: float = 0.7  # stated at most while the level of the tag is unknown
    cap_until_sd_db: float = 5.0


@dataclass(frozen=True, slots=True)
class Windows:
    """What all receivers heard in one step, one row per tag and receiver.

    tag_ids   (T,)   the tags that occur
    tag       (K,)   index into tag_ids
    receiver  (K,)   index into model.receivers
    n         (K,)   packets
    mean_dbm  (K,)
    online    (R,)   receivers that reported in this step, also those that heard nothing
    """

    tag_ids: Sequence[str]
    tag: Ints
    receiver: Ints
    n: Ints
    mean_dbm: Floats
    online: Bools


@dataclass(frozen=True, slots=True)
class Level:
    """The learned level of a tag against the survey's tag."""

    offset_db: float
    sd_db: float
    n: int = 0


@dataclass(frozen=True, slots=True)
class Fixes:
    """One estimate for every tracked tag, heard in this step or not; all arrays have length N.

    floor, settled_floor            index into model.floors, NOWHERE when unknown
    zone, live_zone, settled_zone   index into model.zones, NOWHERE when outside every zone; `zone` is the likeliest now
    zone_p, live_p, settled_p       calibrated probability of that zone
    floor_p                         probability of `floor`
    silent_s                        seconds since a receiver heard the tag, 0.0 in this step
    """

    tag_ids: Sequence[str]
    floor: Ints
    floor_p: Floats
    settled_floor: Ints
    x_m: Floats
    y_m: Floats
    zone: Ints
    zone_p: Floats
    live_zone: Ints
    live_p: Floats
    settled_zone: Ints
    settled_p: Floats
    motion: Ints
    level_db: Floats
    level_sd_db: Floats
    level_known: Bools
    silent_s: Floats
