"""Fills an empty database with one floor on which a recording is replayed: its plan, zones, receivers and survey."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from server import db
from server.demo.notice import TEXT_EN, TEXT_JA
from server.errors import Misconfigured
from server.fleet import floor_folder
from server.fleet import service as fleet
from server.people import service as people
from server.places import service as places
from server.positioning.evaluation import run, summarise, walked
from server.positioning.model import build_model
from server.positioning.recordings import BadRecording, read_truth, read_walk

FLOOR = "1"
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
    found = floor_folder.read(folder)
    dataset = found.dataset
    try:
        heard, truth = read_walk(dataset, track), read_truth(dataset, track)
    except BadRecording as error:
        raise Misconfigured(str(error)) from None
    if not heard:
        raise Misconfigured(f"The track {track} of {folder} holds no packets.")
    model = build_model([dataset.floor], dataset.receivers, {dataset.floor.id: found.survey})
    estimates = run(model, {track: heard}).estimates[track]
    summary = summarise(model, [walked(estimates, truth)]) if truth else None
    with db.transaction():
        building_id = places.add_building(
            site,
            dataset.name,
            name_en=dataset.name,
            opens_at="00:00",
            closes_at="24:00",
            open_weekdays="0123456",
            keeps_holidays=False,
        )
        floor_id = floor_folder.add_floor(found, building_id, FLOOR, 1, now)
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


def _add_walker(tag: str, now: datetime) -> int:
    unit = people.add_unit("1", "測定", "section", FIRST_DAY, name_en="Survey")
    version = people.publish_notice(TEXT_JA, TEXT_EN, "Demo", "Demo", now)
    person_id = people.add_person("1", "記録", "歩", FIRST_DAY, family_kana="きろく", given_kana="あゆむ")
    people.add_membership(person_id, unit, FIRST_DAY, title="記録の歩行者")
    people.read_notice(person_id, version, now)
    fleet.hand_over_tag(fleet.add_tag(tag), person_id, datetime(2026, 4, 1, tzinfo=UTC))
    return person_id
