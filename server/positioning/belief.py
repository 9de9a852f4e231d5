"""What is believed of every tag between two steps: a value that `step` turns into the next one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from server.positioning.model import Model
from server.positioning.types import NOWHERE, Floats, Ints, Level

TRAIL = 20  # seconds of estimates kept to judge stillness; in memory only
REST_AFTER_S = 3600.0  # a tag unheard for longer leaves the grids; its level is kept


@dataclass(frozen=True, slots=True)
class OnFloor:
    """The belief of the tags that may be on one floor: rows (n,) and (n, 2, C), modes still and walking.

    Over all floors a tag's belief sums to one. age_s (n,) is the time since a row last met evidence.
    """

    rows: Ints
    grid: Floats
    age_s: Floats


@dataclass(frozen=True, slots=True)
class PerTag:
    """One value per tag, in the order of Belief.tag_ids."""

    level_db: Floats
    level_sd_db: Floats
    level_n: Ints
    silent_s: Floats
    floor: Ints
    floor_p: Floats
    settled_floor: Ints
    next_floor: Ints
    next_floor_s: Floats
    x_m: Floats
    y_m: Floats
    zone: Ints
    zone_p: Floats
    live_zone: Ints
    live_p: Floats
    next_live: Ints
    next_live_s: Floats
    settled_zone: Ints
    settled_p: Floats
    next_settled: Ints
    next_settled_s: Floats
    motion: Ints
    still_bits: NDArray[np.uint64]  # one bit a second: displaced less than a metre
    trail_n: Ints  # how many entries of the trail count
    trail_s: Floats  # seconds since the trail's newest entry
    trail: Floats  # (N, TRAIL, 2) newest first
    quiet_s: Floats  # (N, R) for how long each receiver has reported without this tag

    def take(self, rows: NDArray[np.integer]) -> "PerTag":
        """The values of some tags."""
        return PerTag(*(getattr(self, one.name)[rows] for one in fields(self)))

    def put(self, rows: NDArray[np.integer], new: "PerTag") -> "PerTag":
        """These values with some tags' replaced."""
        columns = []
        for one in fields(self):
            column = getattr(self, one.name).copy()
            column[rows] = getattr(new, one.name)
            columns.append(column)
        return PerTag(*columns)

    def followed_by(self, other: "PerTag") -> "PerTag":
        """These tags and then those."""
        return PerTag(*(np.concatenate([getattr(self, one.name), getattr(other, one.name)]) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Belief:
    """Everything known of all tags; `resting` holds the levels of tags that are not followed now."""

    tag_ids: tuple[str, ...]
    row_of: Mapping[str, int]
    tags: PerTag
    floors: tuple[OnFloor, ...]
    resting: Mapping[str, Level] = field(default_factory=dict)

    @staticmethod
    def empty(model: Model, levels: Mapping[str, Level] | None = None) -> "Belief":
        """Nothing is known but perhaps the levels that were learned before."""
        floors = tuple(
            OnFloor(np.empty(0, np.int32), np.empty((0, 2, part.grid.cells), np.float32), np.empty(0, np.float32))
            for part in model.parts
        )
        return Belief((), {}, fresh([], model), floors, dict(levels or {}))

    def levels(self) -> dict[str, Level]:
        """What was learned of every tag's level, to be kept."""
        learned = {
            tag: Level(float(offset), float(sd), int(n))
            for tag, offset, sd, n in zip(
                self.tag_ids, self.tags.level_db, self.tags.level_sd_db, self.tags.level_n, strict=True
            )
            if n > 0
        }
        return {**self.resting, **learned}

    def forget(self, tag_ids: Iterable[str], *, keep_levels: bool = True) -> "Belief":
        """The belief without these tags; their levels stay known unless told otherwise."""
        leaving = set(tag_ids)
        resting = {tag: level for tag, level in self.resting.items() if keep_levels or tag not in leaving}
        gone = leaving & self.row_of.keys()
        if not gone:
            return replace(self, resting=resting)
        if keep_levels:
            known = self.levels()
            resting |= {tag: known[tag] for tag in gone if tag in known}
        staying = np.array([tag not in gone for tag in self.tag_ids], bool)
        new_row = np.cumsum(staying) - 1
        floors = []
        for one in self.floors:
            mask = staying[one.rows]
            floors.append(OnFloor(new_row[one.rows[mask]].astype(np.int32), one.grid[mask], one.age_s[mask]))
        tag_ids_left = tuple(tag for tag, stays in zip(self.tag_ids, staying, strict=True) if stays)
        return Belief(
            tag_ids_left,
            {tag: row for row, tag in enumerate(tag_ids_left)},
            self.tags.take(np.flatnonzero(staying)),
            tuple(floors),
            resting,
        )

    def welcome(self, tag_ids: Iterable[str], model: Model) -> "Belief":
        """The belief with tags added that have not been followed; they are on no floor yet."""
        new = [tag for tag in tag_ids if tag not in self.row_of]
        if not new:
            return self
        everyone = (*self.tag_ids, *new)
        levels = [self.resting.get(tag) for tag in new]
        return Belief(
            everyone,
            {tag: row for row, tag in enumerate(everyone)},
            self.tags.followed_by(fresh(levels, model)),
            self.floors,
            {tag: level for tag, level in self.resting.items() if tag not in set(new)},
        )


def fresh(levels: list[Level | None], model: Model) -> PerTag:
    """The values of tags of which only a level may be known."""
    n = len(levels)
    start = Level(0.0, 0.0 if model.options.level_known else model.options.level_sd_db)
    known = [start if level is None or model.options.level_known else level for level in levels]
    zeros, nowhere = np.zeros(n, np.float32), np.full(n, NOWHERE, np.int32)
    return PerTag(
        level_db=np.array([level.offset_db for level in known], np.float32),
        level_sd_db=np.array([level.sd_db for level in known], np.float32),
        level_n=np.array([level.n for level in known], np.int32),
        silent_s=zeros,
        floor=nowhere,
        floor_p=zeros,
        settled_floor=nowhere,
        next_floor=nowhere,
        next_floor_s=zeros,
        x_m=zeros,
        y_m=zeros,
        zone=nowhere,
        zone_p=zeros,
        live_zone=nowhere,
        live_p=zeros,
        next_live=nowhere,
        next_live_s=zeros,
        settled_zone=nowhere,
        settled_p=zeros,
        next_settled=nowhere,
        next_settled_s=zeros,
        motion=np.zeros(n, np.int32),
        still_bits=np.zeros(n, np.uint64),
        trail_n=np.zeros(n, np.int32),
        trail_s=zeros,
        trail=np.zeros((n, TRAIL, 2), np.float32),
        quiet_s=np.zeros((n, len(model.receivers)), np.float32),
    )
