"""Fills an empty database with one floor on which a recording is replayed: its plan, zones, receivers and survey."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from server import db
from server.demo.notice import TEXT_EN, TEXT_JA
from server.errors import Misconfigured
from server.fleet import service as fleet
from server.fleet.queries import SampleView
from server.people import service as people
from server.places import service as places
from server.positioning.evaluation import run, summarise, walked
from server.positioning.model import build_model
from server.positioning.recordings import (
    BadRecording,
    Dataset,
    read_dataset,
    read_survey,
    read_truth,
    read_walk,
)
from server.positioning.types import SurveySample

FLOOR = "1"
SURVEY = "calibration.csv"
FIRST_DAY = date(2026, 4, 1)


@dataclass(frozen=True, slots=True)
class Replay:
    """A built recording.

    duration_s      how long the walk takes
    zone_accuracy   of the estimate drawn beside it; None when the recording has no truth
    """

    site: str
    floor_id: int
    person_id: int
    tag: str
    agents: tuple[str, ...]
    duration_s: float
    zone_accuracy: float | None
    mean_error_m: float | None


def build_recording(site: str, folder: Path, track: str, now: datetime) -> Replay:
    """Build the floor of a recording; Misconfigured says what is wrong with the folder."""
    try:
        dataset = read_dataset(folder)
        survey = read_survey(dataset, SURVEY) if (folder / SURVEY).is_file() else []
        heard, truth = read_walk(dataset, track), read_truth(dataset, track)
    except BadRecording as error:
        raise Misconfigured(str(error)) from None
    if not heard:
        raise Misconfigured(f"The track {track} of {folder} holds no packets.")
    model = build_model([dataset.floor], dataset.receivers, {dataset.floor.id: survey})
    estimates = run(model, {track: heard}).estimates[track]
    summary = summarise(model, [walked(estimates, truth)]) if truth else None
    with db.transaction():
        floor_id = _add_floor(site, dataset, survey, now)
        if truth:
            places.set_true_path(
                floor_id,
                track,
                [(point.t_s, point.x_m, point.y_m) for point in truth],
                [(one.t_s, one.x_m, one.y_m) for one in estimates],
            )
        person_id = _add_walker(heard[0].tag, now)
    return Replay(
        site,
        floor_id,
        person_id,
        heard[0].tag,
        tuple(receiver.id for receiver in dataset.receivers),
        heard[-1].t_s,
        None if summary is None else summary.zone_accuracy,
        None if summary is None else summary.mean_m,
    )


def _add_floor(site: str, dataset: Dataset, survey: list[SurveySample], now: datetime) -> int:
    floor = dataset.floor
    building_id = places.add_building(
        site, dataset.name, name_en=dataset.name, opens_at="00:00", closes_at="24:00", open_weekdays="0123456"
    )
    floor_id = places.add_floor(
        building_id, FLOOR, 1, dataset.name, name_en=dataset.name, width_m=floor.width_m, height_m=floor.height_m
    )
    for sort, zone in enumerate(floor.zones):
        name = dataset.zone_names.get(zone.id, zone.id)
        places.add_zone(floor_id, zone.id, name, zone.polygon, name_en=name, capacity=0, sort=sort)
    if dataset.picture is not None:
        picture = dataset.picture
        data = picture.file.read_bytes()
        width_px, height_px = _png_size(data, picture.file)
        places.set_plan(
            floor_id,
            data,
            "image/png",
            now,
            x_m=-picture.origin_px[0] * picture.m_per_px,
            y_m=-picture.origin_px[1] * picture.m_per_px,
            width_m=width_px * picture.m_per_px,
            height_m=height_px * picture.m_per_px,
        )
    for receiver in dataset.receivers:
        fleet.add_receiver(receiver.id, floor_id, receiver.x_m, receiver.y_m, receiver.z_m)
    samples = [SampleView(s.point, s.x_m, s.y_m, s.receiver, s.mean_dbm, 0.0, s.n) for s in survey]
    fleet.add_survey(floor_id, samples)
    return floor_id


def _add_walker(tag: str, now: datetime) -> int:
    unit = people.add_unit("1", "測定", "section", FIRST_DAY, name_en="Survey")
    version = people.publish_notice(TEXT_JA, TEXT_EN, "Demo", "Demo", now)
    person_id = people.add_person("1", "記録", "歩", FIRST_DAY, family_kana="きろく", given_kana="あゆむ")
    people.add_membership(person_id, unit, FIRST_DAY, title="記録の歩行者")
    people.read_notice(person_id, version, now)
    fleet.hand_over_tag(fleet.add_tag(tag), person_id, datetime(2026, 4, 1, tzinfo=UTC))
    return person_id


def _png_size(data: bytes, file: Path) -> tuple[int, int]:
    """Width and height from the header (PNG specification, section 11.2.2)."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 24:
        raise Misconfigured(f"{file} is not a PNG picture.")
    width, height = np.frombuffer(data, ">u4", 2, 16)
    return int(width), int(height)
