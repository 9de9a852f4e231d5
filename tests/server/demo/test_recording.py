"""A folder of recorded radio becomes a floor with a walker, or is refused in one sentence."""

import json
import struct

import pytest
from recorded import FLOOR, SIGHTINGS, calibration, folder, sightings, truth

from server import clock, db
from server.demo.recording import build_recording
from server.errors import Misconfigured
from server.fleet import queries as fleet
from server.people import queries as people
from server.places import queries as places

ROOMS = ["west"] * 30 + ["east"] * 30


def walk(at, **files):
    """Two rooms and a walk through both."""
    return folder(at, {"sightings/walk.csv": sightings(ROOMS), "truth/walk.csv": truth(ROOMS), **files})


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0) + bytes(4)


def test_a_recording_becomes_a_floor_with_zones_receivers_and_somebody_to_carry_the_tag(sqlite, tmp_path):
    built = build_recording("recording", walk(tmp_path), "walk", clock.now())

    assert (built.site, built.tag, built.agents) == ("recording", "tag1", ("r1", "r2", "r3"))
    assert built.duration_s == 59.75
    with db.reading():
        building = places.building("recording")
        (floor,) = places.floors(building.id)
        zones = places.zones(floor.id)
        carriers = fleet.carriers(clock.now())
        choices = people.choices_of([built.person_id])[built.person_id]
    assert (floor.code, floor.width_m, floor.height_m, floor.plan) == ("1", 12.0, 6.0, None)
    assert [(zone.code, zone.name) for zone in zones] == [("west", "West room"), ("east", "East room")]
    assert carriers == {"tag1": built.person_id}
    assert choices.notice_read


def test_the_true_path_and_the_estimate_are_there_to_be_drawn_side_by_side(sqlite, tmp_path):
    built = build_recording("recording", walk(tmp_path), "walk", clock.now())

    with db.reading():
        path = places.true_path(built.floor_id)
    assert (path.track, path.started_at) == ("walk", None)
    assert path.points[0] == (0.0, 2.0, 2.0)
    assert path.points[-1][1:] == (10.0, 2.0)
    assert path.estimate[-1][0] == pytest.approx(60, abs=2)
    assert path.estimate[-1][1] > 6.0  # in the east room at last
    assert built.zone_accuracy > 0.7
    assert built.mean_error_m < 4.0


def test_a_recording_without_truth_is_replayed_with_the_estimate_alone(sqlite, tmp_path):
    built = build_recording("recording", walk(tmp_path, **{"truth/walk.csv": None}), "walk", clock.now())

    assert (built.zone_accuracy, built.mean_error_m) == (None, None)
    with db.reading():
        path = places.true_path(built.floor_id)
    assert (path.points, len(path.estimate) > 50) == ((), True)


def test_a_survey_beside_it_is_used(sqlite, tmp_path):
    stays = calibration([("w", "west", 0, 20), ("e", "east", 20, 40)])

    built = build_recording("recording", walk(tmp_path, **{"calibration.csv": stays}), "walk", clock.now())

    with db.reading():
        samples = fleet.surveys()[built.floor_id]
    assert {(one.point, one.agent) for one in samples} == {(p, r) for p in "we" for r in ("r1", "r2", "r3")}


def test_the_picture_lies_on_the_floor_where_the_folder_says(sqlite, tmp_path):
    image = {"file": "plan.png", "origin_px": [10, 20], "m_per_px": 0.05}
    files = {"floor.json": json.dumps({**FLOOR, "image": image}), "plan.png": png(300, 200)}

    built = build_recording("recording", walk(tmp_path, **files), "walk", clock.now())

    with db.reading():
        plan = places.floor(built.floor_id).plan
    assert plan.media == "image/png"
    assert (plan.x_m, plan.y_m, plan.width_m, plan.height_m) == pytest.approx((-0.5, -1.0, 15.0, 10.0))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"sightings/walk.csv": SIGHTINGS}, "The track walk of {at} holds no packets."),
        ({"sightings/walk.csv": None}, "{at}/sightings/walk.csv does not exist; the tracks are: none."),
        ({"floor.json": "{"}, "{at}/floor.json is not JSON"),
        ({"receivers.csv": None}, "{at}/receivers.csv cannot be read"),
        (
            {
                "floor.json": json.dumps({**FLOOR, "image": {"file": "p.png", "origin_px": [0, 0], "m_per_px": 1}}),
                "p.png": "GIF89a",
            },
            "{at}/p.png is not a PNG picture.",
        ),
    ],
    ids=["no packets", "no track", "no floor", "no receivers", "no picture"],
)
def test_a_folder_that_is_no_recording_is_refused_in_a_sentence(sqlite, tmp_path, files, says):
    with pytest.raises(Misconfigured) as refused:
        build_recording("recording", walk(tmp_path, **files), "walk", clock.now())

    assert str(refused.value).startswith(says.format(at=tmp_path))
    assert "\n" not in str(refused.value)
