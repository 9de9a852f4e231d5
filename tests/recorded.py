"""Recorded radio: where it lies (it is no part of the project), and folders of the same form made for a test."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

MISSING = (
    "there is no recorded radio: neither does IRUKA_RECORDINGS name a folder with tetam/ and uji_lib/, "
    "nor is there one beside the project"
)
FLOOR = {
    "name": "Two rooms",
    "width_m": 12.0,
    "height_m": 6.0,
    "zones": [
        {"id": "west", "name": "West room", "polygon": [[0, 0], [6, 0], [6, 6], [0, 6]]},
        {"id": "east", "name": "East room", "polygon": [[6, 0], [12, 0], [12, 6], [6, 6]]},
    ],
    "zones_whole": [{"id": "all", "polygon": [[0, 0], [12, 0], [12, 6], [0, 6]]}],
}
RECEIVERS = "receiver_id,x_m,y_m,z_m\nr1,1,1,2.4\nr2,11,1,2.4\nr3,6,5,2.4\n"
SIGHTINGS = "t_s,receiver_id,tag_id,rssi_dbm\n"
CALIBRATION = "point_id,x_m,y_m,t_s,receiver_id,rssi_dbm\n"
LEVELS_DBM = {"west": {"r1": -64, "r2": -84, "r3": -76}, "east": {"r1": -84, "r2": -64, "r3": -76}}


def recordings() -> Path | None:
    """The folder that holds `tetam` and `uji_lib`, or None."""
    if named := os.environ.get("IRUKA_RECORDINGS"):
        return Path(named) if (Path(named) / "tetam" / "floor.json").is_file() else None
    for parent in Path(__file__).resolve().parents:
        for found in sorted(parent.glob("*/data/tetam/floor.json")):
            return found.parents[1]
    return None


def folder(at: Path, files: Mapping[str, str | bytes | None] | None = None) -> Path:
    """A floor of two rooms with three receivers; `files` are added or, given None, left out."""
    first = {"floor.json": json.dumps(FLOOR), "receivers.csv": RECEIVERS}
    for name, content in {**first, **(files or {})}.items():
        if content is not None:
            file = at / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return at


def sightings(rooms: Sequence[str], *, tag: str = "tag1") -> str:
    """A track of somebody who is in `rooms[t]` in second t, heard by all receivers every half a second."""
    rows = [
        f"{t + half},{receiver},{tag},{dbm}\n"
        for t, room in enumerate(rooms)
        for half in (0.25, 0.75)
        for receiver, dbm in LEVELS_DBM[room].items()
    ]
    return SIGHTINGS + "".join(rows)


def truth(rooms: Sequence[str]) -> str:
    """Where that somebody is."""
    x_m = {"west": 2.0, "east": 10.0}
    return "t_s,x_m,y_m\n" + "".join(f"{t},{x_m[room]},2\n" for t, room in enumerate([rooms[0], *rooms]))


def calibration(stays: Sequence[tuple[str, str, float, float]]) -> str:
    """A stationary file of (point, room, from second, to second), heard every second."""
    x_m = {"west": 2.0, "east": 10.0}
    rows = []
    for point, room, from_s, to_s in stays:
        for t in range(int(to_s - from_s)):
            for receiver, dbm in LEVELS_DBM[room].items():
                rows.append(f"{point},{x_m[room]},2,{from_s + t},{receiver},{dbm}\n")
    return CALIBRATION + "".join(rows)
