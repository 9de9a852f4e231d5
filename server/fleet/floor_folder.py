"""Adds a floor from a folder: floor.json with zones and plan, receivers.csv, and a survey to learn from.

The folder is the one `iruka evaluate` reads (docs/evaluate.md). floor.json may say more of a floor that people work on:
`name_en`, `kind`, `portals` [[x_m, y_m], …] and, in a zone, `name_en`, `kind`, `capacity`, `excluded`, `counts_only`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from server.errors import Misconfigured
from server.fleet import service
from server.fleet.queries import SampleView
from server.places import service as places
from server.places.rules import FloorKind
from server.positioning.recordings import BadRecording, Dataset, read_dataset, read_survey
from server.positioning.types import SurveySample

SURVEY = "calibration.csv"
LARGEST_PLAN = 5_000_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
YES_OR_NO = ("excluded", "counts_only")


@dataclass(frozen=True, slots=True)
class FloorFolder:
    """A folder read and checked; nothing has been written yet."""

    dataset: Dataset
    survey: Sequence[SurveySample]
    about: Mapping[str, Any]  # of floor.json
    plan: bytes | None  # PNG


def read(folder: Path, survey_file: str | None = None) -> FloorFolder:
    """The floor of a folder, or Misconfigured with the file and what is wrong in it.

    survey_file   None: calibration.csv when there is one
    """
    try:
        dataset = read_dataset(folder)
        file = survey_file or (SURVEY if (folder / SURVEY).is_file() else None)
        survey = read_survey(dataset, file) if file else []
    except BadRecording as error:
        raise Misconfigured(str(error)) from None
    about = json.loads((folder / "floor.json").read_text("utf-8-sig"))
    _check(folder / "floor.json", about)
    return FloorFolder(dataset, survey, about, _plan(dataset))


def add_floor(of: FloorFolder, building_id: int, code: str, level: int, now: datetime) -> int:
    """Write the floor, its zones, plan, receivers and survey; returns its id."""
    dataset, about = of.dataset, of.about
    floor = dataset.floor
    kind = about.get("kind", FloorKind.GROUP.value)
    floor_id = places.add_floor(
        building_id,
        code,
        level,
        dataset.name,
        name_en=about.get("name_en", dataset.name),
        width_m=floor.width_m,
        height_m=floor.height_m,
        kind=kind,
        excluded=kind == FloorKind.EXCLUDED.value,
        portals=[[float(x), float(y)] for x, y in about.get("portals", [])],
    )
    for sort, (zone, said) in enumerate(zip(floor.zones, about["zones"], strict=True)):
        name = dataset.zone_names.get(zone.id, zone.id)
        places.add_zone(
            floor_id,
            zone.id,
            name,
            zone.polygon,
            name_en=said.get("name_en", name),
            kind=said.get("kind", "group"),
            capacity=said.get("capacity", 0),
            excluded=said.get("excluded", False),
            counts_only=said.get("counts_only", False),
            sort=sort,
        )
    _add_plan(of, floor_id, now)
    for receiver in dataset.receivers:
        service.add_receiver(receiver.id, floor_id, receiver.x_m, receiver.y_m, receiver.z_m)
    samples = [SampleView(s.point, s.x_m, s.y_m, s.receiver, s.mean_dbm, 0.0, s.n) for s in of.survey]
    service.add_survey(floor_id, samples)
    return floor_id


def _check(file: Path, about: Mapping[str, Any]) -> None:
    """What the recordings' reader does not look at."""
    kind = about.get("kind", FloorKind.GROUP.value)
    kinds = [one.value for one in FloorKind]
    if kind not in kinds:
        raise Misconfigured(f"{file}: kind must be one of {', '.join(kinds)}, not {kind!r}.")
    portals = about.get("portals", [])
    if not isinstance(portals, list) or not all(_is_point(portal) for portal in portals):
        raise Misconfigured(f"{file}: portals must be a list of points [x_m, y_m].")
    for zone in about["zones"]:
        where = f"{file}: zone {zone['id']}"
        capacity = zone.get("capacity", 0)
        if type(capacity) is not int or not 0 <= capacity <= 10_000:
            raise Misconfigured(f"{where}: capacity must be a whole number from 0 to 10000.")
        for name in YES_OR_NO:
            if type(zone.get(name, False)) is not bool:
                raise Misconfigured(f"{where}: {name} must be true or false.")
        for name in ("name_en", "kind"):
            if not isinstance(zone.get(name, ""), str):
                raise Misconfigured(f"{where}: {name} must be text.")


def _is_point(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(one) in (int, float) for one in value)


def _plan(dataset: Dataset) -> bytes | None:
    if dataset.picture is None:
        return None
    file = dataset.picture.file
    data = file.read_bytes()
    if len(data) > LARGEST_PLAN:
        raise Misconfigured(f"{file} has more than 5 MB; a floor plan must be smaller.")
    if data[:8] != PNG_SIGNATURE or data[12:16] != b"IHDR" or len(data) < 24:
        raise Misconfigured(f"{file} is not a PNG picture.")
    return data


def _add_plan(of: FloorFolder, floor_id: int, now: datetime) -> None:
    picture = of.dataset.picture
    if picture is None or of.plan is None:
        return
    width_px, height_px = (int.from_bytes(of.plan[at : at + 4], "big") for at in (16, 20))  # PNG, section 11.2.2
    places.set_plan(
        floor_id,
        of.plan,
        "image/png",
        now,
        x_m=-picture.origin_px[0] * picture.m_per_px,
        y_m=-picture.origin_px[1] * picture.m_per_px,
        width_m=width_px * picture.m_per_px,
        height_m=height_px * picture.m_per_px,
    )
