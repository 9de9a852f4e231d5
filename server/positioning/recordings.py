"""Reads recorded radio in the neutral folder format: floor.json, receivers.csv, calibration*.csv, sightings, truth.

Lengths in metres, time in seconds from 0. Whatever is wrong is said in one sentence with file, line and column.
"""

import csv
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.positioning.types import Floor, Receiver, SurveySample, Zone

STRONGEST_DBM, WEAKEST_DBM = -15.0, -115.0
LARGEST_M = 2000.0
LONGEST_S = 7 * 86_400.0  # every second is a step, so times since 1970 would never end


class BadRecording(Exception):  # noqa: N818  the text is for people
    """The folder does not hold what it should; the text says where and what."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One packet at one receiver."""

    t_s: float
    receiver: str
    tag: str
    rssi_dbm: float


@dataclass(frozen=True, slots=True)
class TruePoint:
    """Where the tag really was."""

    t_s: float
    x_m: float
    y_m: float


@dataclass(frozen=True, slots=True)
class Stay:
    """A stationary piece: packets of one point, counted from its own start."""

    point: str
    x_m: float
    y_m: float
    heard: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The image of the plan: pixel (px, py) lies at ((px − origin) · m_per_px)."""

    file: Path
    origin_px: tuple[float, float]
    m_per_px: float


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder's floor and receivers; surveys, tracks and truths are read when asked for."""

    folder: Path
    floor: Floor
    name: str
    zone_names: dict[str, str]
    receivers: tuple[Receiver, ...]
    picture: Picture | None

    def tracks(self) -> list[str]:
        """The names of the recorded walks."""
        return sorted(path.stem for path in (self.folder / "sightings").glob("*.csv"))


def read_dataset(folder: Path, zones: str = "zones") -> Dataset:
    """The floor with one of its zone sets, and the receivers."""
    if not folder.is_dir():
        raise BadRecording(f"{folder} is not a folder.")
    about = _json(folder / "floor.json")
    file = folder / "floor.json"
    if zones not in about:
        sets = ", ".join(sorted(key for key in about if key.startswith("zones"))) or "none"
        raise BadRecording(f"{file} has no zone set '{zones}'; it has: {sets}.")
    try:
        entries = [(str(zone["id"]), str(zone.get("name", zone["id"])), zone["polygon"]) for zone in about[zones]]
        outline = tuple(
            Zone(zone_id, tuple((float(x), float(y)) for x, y in polygon)) for zone_id, _name, polygon in entries
        )
        floor = Floor("floor", 0, float(about["width_m"]), float(about["height_m"]), outline)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise BadRecording(
            f"{file} is no floor: it needs the numbers width_m and height_m, and '{zones}' as a list of zones with "
            "id and polygon [[x_m, y_m], …]."
        ) from None
    _check(file, floor)
    names = {zone_id: name for zone_id, name, _polygon in entries}
    return Dataset(
        folder, floor, str(about.get("name", folder.name)), names, _receivers(folder), _picture(folder, about)
    )


def _check(file: Path, floor: Floor) -> None:
    if not (0 < floor.width_m < LARGEST_M and 0 < floor.height_m < LARGEST_M):
        raise BadRecording(f"{file}: width_m and height_m must be between 0 and {LARGEST_M:.0f}.")
    ids = [zone.id for zone in floor.zones]
    for zone in floor.zones:
        if not zone.id:
            raise BadRecording(f"{file}: a zone has an empty id.")
        if ids.count(zone.id) > 1:
            raise BadRecording(f"{file}: two zones have the id '{zone.id}'.")
        if len(zone.polygon) < 3:
            raise BadRecording(f"{file}: zone '{zone.id}' has fewer than three corners.")
        if not all(math.isfinite(value) for corner in zone.polygon for value in corner):
            raise BadRecording(f"{file}: a corner of zone '{zone.id}' is not a number.")


def read_survey(dataset: Dataset, file: str) -> list[SurveySample]:
    """The mean level of every receiver at every point of a calibration file."""
    sums: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    places: dict[str, tuple[float, float]] = {}
    for row in _rows(dataset.folder / file, ("point_id", "x_m", "y_m", "t_s", "receiver_id", "rssi_dbm")):
        point = row.text("point_id")
        places.setdefault(point, (row.number("x_m"), row.number("y_m")))
        rssi = row.number("rssi_dbm")
        if _is_level(rssi):
            entry = sums[point, row.text("receiver_id")]
            entry[0] += rssi
            entry[1] += 1
    if not sums:
        raise BadRecording(f"{dataset.folder / file} holds no samples.")
    return [
        SurveySample(point, *places[point], receiver, total / n, int(n))
        for (point, receiver), (total, n) in sums.items()
    ]


def read_walk(dataset: Dataset, track: str) -> list[Heard]:
    """Every packet of a walk, by time; glitches are left out."""
    file = dataset.folder / "sightings" / f"{track}.csv"
    if not file.is_file():
        raise BadRecording(f"{file} does not exist; the tracks are: {', '.join(dataset.tracks()) or 'none'}.")
    heard = [
        Heard(row.second("t_s"), row.text("receiver_id"), row.text("tag_id"), row.number("rssi_dbm"))
        for row in _rows(file, ("t_s", "receiver_id", "tag_id", "rssi_dbm"))
    ]
    return sorted((one for one in heard if _is_level(one.rssi_dbm) and one.t_s >= 0), key=lambda one: one.t_s)


def read_truth(dataset: Dataset, track: str) -> list[TruePoint]:
    """The annotated walk, empty when the folder has none."""
    file = dataset.folder / "truth" / f"{track}.csv"
    if not file.is_file():
        return []
    points = [
        TruePoint(row.number("t_s"), row.number("x_m"), row.number("y_m")) for row in _rows(file, ("t_s", "x_m", "y_m"))
    ]
    return sorted(points, key=lambda point: point.t_s)


def read_stays(dataset: Dataset, file: str, *, gap_s: float = 5.0, longest_s: float = 30.0) -> list[Stay]:
    """The pieces of a stationary file: cut where nothing is heard for `gap_s`, and after `longest_s` at most."""
    by_point: dict[str, list[Heard]] = {}
    places: dict[str, tuple[float, float]] = {}
    for row in _rows(dataset.folder / file, ("point_id", "x_m", "y_m", "t_s", "receiver_id", "rssi_dbm")):
        point = row.text("point_id")
        places.setdefault(point, (row.number("x_m"), row.number("y_m")))
        rssi = row.number("rssi_dbm")
        if _is_level(rssi):
            by_point.setdefault(point, []).append(Heard(row.number("t_s"), row.text("receiver_id"), point, rssi))
    stays = []
    for point, heard in by_point.items():
        pieces = list(_pieces(sorted(heard, key=lambda one: one.t_s), gap_s, longest_s))
        for number, piece in enumerate(pieces, 1):
            stays.append(Stay(f"{point}#{number}", *places[point], piece))
    return stays


def _pieces(heard: Sequence[Heard], gap_s: float, longest_s: float) -> Iterator[tuple[Heard, ...]]:
    piece: list[Heard] = []
    start = last = 0.0
    for one in heard:
        if piece and (one.t_s - last >= gap_s or one.t_s - start >= longest_s):
            yield tuple(piece)
            piece = []
        if not piece:
            start = one.t_s
        last = one.t_s
        piece.append(Heard(one.t_s - start, one.receiver, one.tag, one.rssi_dbm))
    if piece:
        yield tuple(piece)


def _is_level(rssi_dbm: float) -> bool:
    return WEAKEST_DBM < rssi_dbm < STRONGEST_DBM


def _receivers(folder: Path) -> tuple[Receiver, ...]:
    rows = _rows(folder / "receivers.csv", ("receiver_id", "x_m", "y_m", "z_m"))
    found = [
        Receiver(row.text("receiver_id"), "floor", row.number("x_m"), row.number("y_m"), row.number("z_m"))
        for row in rows
    ]
    if not found:
        raise BadRecording(f"{folder / 'receivers.csv'} names no receiver.")
    if len({one.id for one in found}) != len(found):
        raise BadRecording(f"{folder / 'receivers.csv'} names a receiver twice.")
    return tuple(found)


def _picture(folder: Path, about: dict[str, Any]) -> Picture | None:
    image = about.get("image")
    if not isinstance(image, dict):
        return None
    try:
        x, y = image["origin_px"]
        file = folder / Path(str(image["file"])).name  # a name, never a path out of the folder
        return Picture(file, (float(x), float(y)), float(image["m_per_px"])) if file.is_file() else None
    except (KeyError, TypeError, ValueError, OverflowError):
        raise BadRecording(f"{folder / 'floor.json'}: image needs file, origin_px and m_per_px.") from None


def _json(file: Path) -> dict[str, Any]:
    try:
        about = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadRecording(f"{file} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise BadRecording(f"{file} is not JSON: {error}.") from None
    if not isinstance(about, dict):
        raise BadRecording(f"{file} is not a JSON object.")
    return about


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a CSV file."""

    file: Path
    line: int
    values: dict[str, str | None]

    def text(self, column: str) -> str:
        """The value as it stands."""
        value = (self.values.get(column) or "").strip()
        if not value:
            raise BadRecording(f"{self.file}, line {self.line}: {column} is empty.")
        return value

    def number(self, column: str) -> float:
        """The value as a finite number."""
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise BadRecording(f"{self.file}, line {self.line}: {column} is '{text[:40]}', not a number.")
        return value

    def second(self, column: str) -> float:
        """The value as seconds since the recording began."""
        value = self.number(column)
        if value > LONGEST_S:
            raise BadRecording(
                f"{self.file}, line {self.line}: {column} is '{self.text(column)[:40]}', but times count from the "
                f"beginning of the recording and end after {LONGEST_S:.0f} s."
            )
        return value


def _rows(file: Path, columns: Sequence[str]) -> Iterator[Row]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise BadRecording(f"{file}, line 1: the column {missing[0]} is missing.")
            for values in reader:
                yield Row(file, reader.line_num, values)
    except OSError as error:
        raise BadRecording(f"{file} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadRecording(f"{file} is not CSV in UTF-8: {error}.") from None
