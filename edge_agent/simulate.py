"""The same stream as a radio's, from a simulated building: people with badges walk, receivers hear them. Needs NumPy.

The level of a packet is the log-distance law, plus the tag's own level, minus the slabs between, plus a shadow that
belongs to the place (a smooth random field for each receiver), plus what the body does in the direction the person
faces, plus fading that differs from packet to packet. It is heard above -98 dBm, and then mostly.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from edge_agent.scenario import DAY_S, NOWHERE, Floats, Ints, Positions, Scenario, Walks
from edge_agent.window import Packet

STOREY_M = 4.0
BADGE_M = 1.1  # above the floor, on a chest or a desk
NEAREST_M = 0.5  # the log-distance law means nothing closer
SENSITIVITY_DBM = -98.0
OUT_OF_REACH_SDS = 3.0  # a packet that would need more luck than this is not computed
WAVES = 48  # cosines in a shadow field; fewer repeat themselves, more cost time and change nothing
DRIFT_RAD = 0.05  # sd of a seated person's turning in one second: a quarter turn in a quarter of an hour
ADVERTISING_DELAY_S = 0.010  # Bluetooth adds up to this to every interval, so that badges do not stay in step


class Simulation:
    """A simulated building as a source of windows.

    starts_at_s  second of the day to begin with; None: what the building's clock says
    day_speed    how many times faster the day passes; the radio keeps its pace, people hurry
    clock_s      monotonic
    """

    speed = 1.0

    def __init__(
        self,
        scenario: Scenario,
        *,
        starts_at_s: float | None = None,
        day_speed: float = 1.0,
        window_ms: int = 1000,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.receivers: Sequence[str] = scenario.receivers
        self.silent = scenario.silent
        self.window_ms = window_ms
        self._scenario = scenario
        self._walks = Walks(scenario)
        self._air = _Air(scenario)
        self._day_speed = day_speed
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._starts_at_s = _second_of_day(datetime.now(UTC), scenario) if starts_at_s is None else starts_at_s

    @property
    def day_s(self) -> float:
        """The second of the simulated day."""
        return (self._starts_at_s + (self._clock_s() - self._began_s) * self._day_speed) % DAY_S

    def positions(self) -> Positions:
        """Where everybody really is."""
        return self._walks.at(self.day_s)

    def step(self) -> Mapping[str, Sequence[Packet]]:
        """The packets of one more window; a building never ends."""
        rx, person, level_dbm, age_s = self._air.window(self.positions(), self.window_ms / 1000)
        order = np.argsort(rx, kind="stable")
        tags = [self._scenario.tags[p] for p in person[order].tolist()]
        packets = list(map(Packet, tags, np.rint(level_dbm[order]).tolist(), age_s[order].tolist()))
        bounds = np.searchsorted(rx[order], np.arange(len(self.receivers) + 1)).tolist()
        return {name: packets[a:b] for name, (a, b) in zip(self.receivers, pairwise(bounds), strict=True)}

    def progress(self) -> str:
        """Such as `09:31:07   1402 people in the building`."""
        seconds = int(self.day_s)
        inside = int((self.positions().floor != NOWHERE).sum())
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"{clock}   {inside} people in the building"


class Heard(NamedTuple):
    """Packets that receivers heard: parallel arrays."""

    receiver: Ints
    person: Ints
    level_dbm: Floats
    age_s: Floats  # at the end of the window


class _Air:
    """What travels from P people to the K receivers of their own and the neighbouring floors.

    What does not change while somebody sits is computed once: level without body and fading, and direction.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._random = np.random.default_rng(scenario.seed)
        self._shadow = _Shadow(scenario, self._random)
        self._near = _receivers_near(scenario)
        self._slab_db = _slabs_db(scenario)
        people, near = len(scenario.tags), self._near.shape[1]
        self._was = Positions(*(np.full(people, fill) for fill in (NOWHERE, np.nan, np.nan, np.nan)))
        self._level_dbm = np.zeros((people, near))
        self._bearing_rad = np.zeros((people, near))
        self._in_reach = np.zeros((people, near), np.bool_)
        self._heading_rad = self._random.uniform(-np.pi, np.pi, people)
        self._next_s = self._random.uniform(0, scenario.interval_s)
        self._now_s = 0.0

    def window(self, now: Positions, length_s: float) -> Heard:
        """The packets of the next `length_s` seconds, with everybody where they are now."""
        self._follow(now, length_s)
        self._now_s += length_s
        parts = [Heard(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0), np.empty(0))]
        while len(due := np.flatnonzero(self._next_s < self._now_s)):
            parts.append(self._packets(due[now.floor[due] != NOWHERE]))
            self._next_s[due] += self._scenario.interval_s[due]
            self._next_s[due] += self._random.uniform(0, ADVERTISING_DELAY_S, len(due))
        return Heard(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _packets(self, sender: Ints) -> Heard:
        """One packet of each of these people, as far as it is heard."""
        radio = self._scenario.radio
        row, near = np.nonzero(self._in_reach[sender])
        person = sender[row]
        faces = np.cos(self._heading_rad[person] - self._bearing_rad[person, near])
        level_dbm = self._level_dbm[person, near] + np.sqrt(2) * radio.body_sd_db * faces
        level_dbm += self._random.normal(0, radio.fast_sd_db, len(person))
        heard = (level_dbm > SENSITIVITY_DBM) & (self._random.random(len(person)) >= radio.loss)
        person, level_dbm = person[heard], level_dbm[heard]
        receiver = self._near[self._was.floor[person], near[heard]]
        return Heard(receiver, person, level_dbm, self._now_s - self._next_s[person])

    def _follow(self, now: Positions, length_s: float) -> None:
        """Take over where people are; those who stand turn a little."""
        was = self._was
        moved = (now.floor != was.floor) | (now.x_m != was.x_m) | (now.y_m != was.y_m)
        moved &= now.floor != NOWHERE
        self._was = now
        stands = np.isnan(now.heading_rad)
        drift = self._random.normal(0, DRIFT_RAD * np.sqrt(length_s), len(stands))
        self._heading_rad = np.where(stands, self._heading_rad + drift, now.heading_rad)
        self._place(np.flatnonzero(moved), now)

    def _place(self, person: Ints, now: Positions) -> None:
        """Compute what depends on the place of these people (M,): their levels and directions (M, K)."""
        scenario, radio = self._scenario, self._scenario.radio
        floor = now.floor[person]
        receiver = self._near[floor]
        its_floor = scenario.receiver_floor[receiver]
        x_m, y_m, z_m = np.moveaxis(scenario.receiver_xyz_m[receiver], -1, 0)
        east_m, north_m = x_m - now.x_m[person, None], y_m - now.y_m[person, None]
        up_m = z_m - BADGE_M + STOREY_M * (scenario.levels[its_floor] - scenario.levels[floor][:, None])
        distance_m = np.maximum(NEAREST_M, np.sqrt(east_m**2 + north_m**2 + up_m**2))
        level_dbm = radio.power_at_1m_dbm - 10 * radio.exponent * np.log10(distance_m)
        level_dbm += scenario.tag_level_db[person, None] - self._slab_db[floor[:, None], its_floor]
        luck_db = OUT_OF_REACH_SDS * radio.fast_sd_db + np.sqrt(2) * radio.body_sd_db
        in_reach = receiver != NOWHERE
        in_reach &= level_dbm + luck_db + OUT_OF_REACH_SDS * radio.shadow_sd_db > SENSITIVITY_DBM
        row, near = np.nonzero(in_reach)
        place_m = np.stack([now.x_m[person[row]], now.y_m[person[row]]], 1)
        level_dbm[row, near] += self._shadow.at(receiver[row, near], floor[row], place_m)
        self._in_reach[person] = in_reach & (level_dbm + luck_db > SENSITIVITY_DBM)
        self._level_dbm[person] = level_dbm
        self._bearing_rad[person] = np.arctan2(north_m, east_m)


class _Shadow:
    """Smooth random fields over the floors, one for each receiver: random cosines (Rahimi and Recht, 2007)."""

    def __init__(self, scenario: Scenario, random: np.random.Generator) -> None:
        receivers, floors = len(scenario.receivers), len(scenario.floor_ids)
        self._waves = random.normal(0, 1 / scenario.radio.shadow_scale_m, (receivers, WAVES, 2))
        self._phase = random.uniform(0, 2 * np.pi, (receivers, WAVES))
        self._floor_phase = random.uniform(0, 2 * np.pi, (floors, WAVES))
        self._amplitude_db = scenario.radio.shadow_sd_db * np.sqrt(2 / WAVES)

    def at(self, receiver: Ints, floor: Ints, place_m: Floats) -> Floats:
        """What the field of a receiver adds to levels: (n,) receivers and floors, (n, 2) places → (n,) dB."""
        along = np.einsum("nwd,nd->nw", self._waves[receiver], place_m)
        waves = np.cos(along + self._phase[receiver] + self._floor_phase[floor]).sum(1)
        field_db: Floats = self._amplitude_db * waves
        return field_db


def _receivers_near(scenario: Scenario) -> Ints:
    """(F, K) receivers of a floor and its neighbours that are in order, filled up with NOWHERE."""
    works = np.array([name not in scenario.silent for name in scenario.receivers], np.bool_)
    levels = scenario.levels[scenario.receiver_floor]
    near = [np.flatnonzero(works & (abs(levels - level) <= 1)) for level in scenario.levels]
    width = max((len(one) for one in near), default=0)
    padded = [np.pad(one, (0, width - len(one)), constant_values=NOWHERE) for one in near]
    return np.array(padded, np.intp).reshape(len(near), width)


def _slabs_db(scenario: Scenario) -> Floats:
    """(F, F) what the slabs between two floors take away."""
    levels = scenario.levels
    low, high = np.minimum.outer(levels, levels), np.maximum.outer(levels, levels)
    between = (levels > low[..., None]) & (levels <= high[..., None])
    total: Floats = between @ scenario.slab_db
    return total


def _second_of_day(now: datetime, scenario: Scenario) -> float:
    local = now.astimezone(scenario.zone)
    return local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
