"""The same stream as a radio's, from a recording: one agent for each of its receivers.

A recording is a folder with receivers.csv (receiver_id, x_m, y_m, z_m) and sightings/<track>.csv (t_s, receiver_id,
tag_id, rssi_dbm, ordered by time).
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from edge_agent import wire
from edge_agent.config import Misconfigured
from edge_agent.window import Packet

COLUMNS = ("t_s", "receiver_id", "tag_id", "rssi_dbm")
LONGEST_GAP_S = 120.0
# Recorded clocks jump. Somebody may well be out of reach for two minutes; nobody wants to watch an hour of nothing.


class Row(NamedTuple):
    """One line of sightings/<track>.csv, its receiver already under its agent's name."""

    t_s: float  # from the first one; never goes back
    agent: str
    tag: str
    rssi_dbm: float


class Replay:
    """A recording as a source of windows.

    tag   only this one; OLD=NEW sends it under another id
    """

    silent: frozenset[str] = frozenset()

    def __init__(
        self,
        folder: Path,
        track: str,
        *,
        window_ms: int = 1000,
        speed: float = 1.0,
        tag: str | None = None,
        loops: bool = False,
    ) -> None:
        names = agent_names(folder)
        self.receivers: Sequence[str] = list(names.values())
        self.window_ms = window_ms
        self.speed = speed
        self._loops = loops
        self._rows = list(_rows(folder, track, names, tag))
        if not self._rows:
            raise Misconfigured(f"{folder / 'sightings' / track}.csv holds no sighting{f' of {tag}' if tag else ''}.")
        self._next = 0
        self._now_s = 0.0

    def step(self) -> Mapping[str, Sequence[Packet]] | None:
        """The packets of the next window; None after the last."""
        if self._next >= len(self._rows):
            if not self._loops:
                return None
            self._next, self._now_s = 0, 0.0
        self._now_s += self.window_ms / 1000
        heard: dict[str, list[Packet]] = {}
        while self._next < len(self._rows) and self._rows[self._next].t_s < self._now_s:
            row = self._rows[self._next]
            self._next += 1
            heard.setdefault(row.agent, []).append(Packet(row.tag, row.rssi_dbm, self._now_s - row.t_s))
        return heard

    def progress(self) -> str:
        """Such as ` 41 %   0:24 of 0:59`."""
        total_s = self._rows[-1].t_s
        now_s = min(self._now_s, total_s)
        share = now_s / total_s if total_s else 1.0
        return f"{share:4.0%}   {_clock(now_s)} of {_clock(total_s)}"


def agent_names(folder: Path) -> dict[str, str]:
    """Receiver ids of a recording → names that agents may have; the same where they already are."""
    ids = [line["receiver_id"] for line in _lines(folder / "receivers.csv", ("receiver_id",))]
    names = {one: re.sub(r"[^A-Za-z0-9_-]", "-", one)[:32] for one in ids}
    if not ids or not all(names.values()) or len(set(names.values())) != len(names):
        raise Misconfigured(f"{folder / 'receivers.csv'} must name at least one receiver, and none twice.")
    return names


def _rows(folder: Path, track: str, names: Mapping[str, str], tag: str | None) -> Iterator[Row]:
    """The usable lines; broken ones and unknown receivers are left out, gaps and jumps of the clock smoothed."""
    only, _, new = (tag or "").partition("=")
    kept = [
        (t_s, names[line["receiver_id"]], new or line["tag_id"], rssi_dbm)
        for line in _lines(folder / "sightings" / f"{track}.csv", COLUMNS)
        if line["receiver_id"] in names
        and (not only or line["tag_id"] == only)
        and wire.TAG.fullmatch(new or line["tag_id"] or "")
        and (t_s := _number(line["t_s"])) is not None
        and (rssi_dbm := _number(line["rssi_dbm"])) is not None
    ]
    now_s = 0.0
    for before, (t_s, agent, tag_id, rssi_dbm) in pairwise([kept[0], *kept] if kept else []):
        now_s += min(max(0.0, t_s - before[0]), LONGEST_GAP_S)
        yield Row(now_s, agent, tag_id, rssi_dbm)


def _lines(file: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The lines of a table that has these columns, or Misconfigured."""
    try:
        with file.open(encoding="utf-8", newline="") as text:
            table = csv.DictReader(text)
            missing = [name for name in columns if name not in (table.fieldnames or ())]
            if missing:
                raise Misconfigured(f"{file} has no column {missing[0]}.")
            return [line for line in table if all(line[name] for name in columns)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured(f"{file} cannot be read: {error}.") from None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
