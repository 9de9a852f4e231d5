"""A day in a simulated building: who is where at each second."""

import json
from itertools import pairwise
from math import hypot

import pytest

from edge_agent import scenario
from edge_agent.config import Misconfigured
from edge_agent.scenario import LIFT_S_PER_FLOOR, LIFT_WAIT_S, NOWHERE, WALK_M_PER_S, Walks

BUILDING = {
    "site": "main",
    "tz": "Asia/Tokyo",
    "seed": 1,
    "silent": [],
    "floors": [
        {"id": "1F", "level": 1, "width_m": 60, "height_m": 40, "slab_db": 18, "lifts": [[30, 20], [50, 20]]},
        {"id": "3F", "level": 3, "width_m": 60, "height_m": 40, "slab_db": 18, "lifts": [[30, 20], [50, 20]]},
        {"id": "B1", "level": 0, "width_m": 60, "height_m": 40, "slab_db": 18, "lifts": []},
    ],
    "receivers": [{"id": "RX-1", "floor": "1F", "x_m": 10, "y_m": 10, "z_m": 2.5}],
    "tags": [{"id": "s-1-1", "level_db": 0, "interval_s": 1}, {"id": "s-1-2", "level_db": -6, "interval_s": 2}],
    "people": [],
    "radio": {
        "power_at_1m_dbm": -62, "exponent": 2.2, "shadow_sd_db": 0, "shadow_scale_m": 4, "fast_sd_db": 0,
        "body_sd_db": 0, "loss": 0,
    },
}  # fmt: skip


def day(*stops: list) -> Walks:
    """The walks of one person."""
    return Walks(scenario.scenario(BUILDING | {"people": [{"tag": "s-1-1", "stops": list(stops)}]}))


def where(walks: Walks, day_s: float) -> tuple[int, float, float] | None:
    floor, x_m, y_m = (column[0] for column in walks.at(day_s)[:3])
    return None if floor == NOWHERE else (int(floor), round(float(x_m), 6), round(float(y_m), 6))


def test_before_the_first_stop_nobody_is_there():
    walks = day([100, "1F", 10, 10, "desk"])

    assert where(walks, 99.9) is None
    assert where(walks, 100) == where(walks, 86_399) == (0, 10, 10)


def test_on_a_floor_people_go_straight_at_walking_pace():
    walks = day([0, "1F", 10, 10, "desk"], [1000, "1F", 22, 26, "room"])

    assert where(walks, 999) == (0, 10, 10)
    assert where(walks, 1005) == (0, 13.6, 14.8)
    assert where(walks, 1000 + 20 / WALK_M_PER_S) == (0, 22, 26)


def test_nobody_walks_faster_than_walking_pace_on_a_long_day():
    walks = day(*([n * 400, "1F", 3 + n * 7 % 50, 2 + n * 11 % 36, "desk"] for n in range(100)))
    places = [where(walks, second) for second in range(40_000)]

    steps = [hypot(b[1] - a[1], b[2] - a[2]) for a, b in pairwise(places)]

    assert max(steps) == pytest.approx(WALK_M_PER_S)


def test_to_another_floor_the_way_leads_through_the_nearest_lift():
    walks = day([0, "1F", 42, 20, "desk"], [1000, "3F", 50, 32, "desk"])
    to_the_lift_s, ride_s = 8 / WALK_M_PER_S, LIFT_WAIT_S + 2 * LIFT_S_PER_FLOOR

    assert where(walks, 1000 + to_the_lift_s / 2) == (0, 46, 20)
    assert where(walks, 1000 + to_the_lift_s + 1) == (0, 50, 20)
    assert where(walks, 1000 + to_the_lift_s + ride_s - 1) == (1, 50, 20)
    assert where(walks, 1000 + to_the_lift_s + ride_s + 12 / WALK_M_PER_S) == (1, 50, 32)


def test_where_a_floor_has_no_lift_people_come_up_where_they_stand():
    walks = day([0, "B1", 10, 10, "desk"], [1000, "1F", 30, 10, "desk"])

    assert where(walks, 1000 + LIFT_WAIT_S + LIFT_S_PER_FLOOR) == (0, 30, 20)


def test_who_goes_away_walks_to_the_door_vanishes_and_comes_back_by_it():
    walks = day([0, "1F", 10, 10, "desk"], [1000, "1F", 22, 10, "away"], [2000, "1F", 22, 22, "desk"])

    assert where(walks, 1005) == (0, 16, 10)
    assert where(walks, 1011) is None
    assert where(walks, 1999) is None
    assert where(walks, 2005) == (0, 22, 16)


def test_who_goes_away_through_no_door_is_gone_at_once():
    walks = day([0, "1F", 10, 10, "desk"], [1000, None, None, None, "away"], [2000, "1F", 22, 22, "desk"])

    assert where(walks, 999) == (0, 10, 10)
    assert where(walks, 1000) is None
    assert where(walks, 2000) == (0, 22, 22)


def test_who_changes_their_mind_turns_round_where_they_are():
    walks = day([0, "1F", 10, 10, "desk"], [1000, "1F", 34, 10, "desk"], [1010, "1F", 10, 10, "desk"])

    assert where(walks, 1010) == (0, 22, 10)
    assert where(walks, 1020) == (0, 10, 10)
    assert where(walks, 1030) == (0, 10, 10)


def test_those_who_walk_face_the_way_and_those_who_sit_face_none():
    walks = day([0, "1F", 10, 10, "desk"], [1000, "1F", 10, 34, "desk"])

    assert walks.at(1001).heading_rad[0] == pytest.approx(3.14159 / 2, abs=1e-4)
    assert walks.at(999).heading_rad[0] != walks.at(999).heading_rad[0]


def test_people_do_not_get_into_each_others_days():
    people = [
        {"tag": "s-1-1", "stops": [[86_000, "1F", 1, 1, "desk"]]},
        {"tag": "s-1-2", "stops": [[0, "3F", 2, 2, "desk"]]},
    ]
    walks = Walks(scenario.scenario(BUILDING | {"people": people}))

    now = walks.at(86_399)

    assert now.floor.tolist() == [0, 1]
    assert now.x_m.tolist() == [1, 2]


def test_an_empty_building_is_one_too():
    assert len(Walks(scenario.scenario(BUILDING)).at(0).floor) == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"tz": "Mars/Olympus"}, "Mars/Olympus", id="no such time zone"),
        pytest.param({"radio": {}}, "power_at_1m_dbm", id="no radio"),
        pytest.param({"site": "Town hall"}, "cannot be the name", id="a site with a space"),
        pytest.param({"floors": BUILDING["floors"][:1] * 2}, "a floor twice", id="a floor twice"),
        pytest.param({"receivers": BUILDING["receivers"] * 2}, "a receiver twice", id="a receiver twice"),
        pytest.param({"people": [{"tag": "s-9-9", "stops": []}]}, "s-9-9", id="a tag that is not there"),
        pytest.param({"people": [{"tag": "s-1-1", "stops": []}] * 2}, "carried tag twice", id="two with one badge"),
        pytest.param({"people": [{"tag": "s-1-1", "stops": [[0, "9F", 1, 1, "desk"]]}]}, "9F", id="no such floor"),
        pytest.param(
            {"people": [{"tag": "s-1-1", "stops": [[0, "1F", "x", 1, "desk"]]}]}, "not a number", id="no place"
        ),
        pytest.param({"people": [{"tag": "s-1-1", "stops": [[0, None, 1, 1, "desk"]]}]}, "away", id="a desk nowhere"),
        pytest.param(
            {"people": [{"tag": "s-1-1", "stops": [[86_400, "1F", 1, 1, "desk"]]}]}, "order", id="the next day"
        ),
        pytest.param(
            {"people": [{"tag": "s-1-1", "stops": [[0, "1F"]]}]}, "not a scenario", id="a stop without a place"
        ),
        pytest.param({"people": None}, "not a scenario", id="no people"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_a_sentence(tmp_path, changes, told):
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(BUILDING | changes))

    with pytest.raises(Misconfigured, match=told) as wrong:
        scenario.load(file)

    assert str(wrong.value).startswith(str(file)) and str(wrong.value).endswith(".")


@pytest.mark.parametrize("text", [None, "{", "[]"], ids=["not there", "no JSON", "no object"])
def test_a_file_that_is_nothing_is_refused_too(tmp_path, text):
    file = tmp_path / "scenario.json"
    if text is not None:
        file.write_text(text)

    with pytest.raises(Misconfigured, match=str(file)):
        scenario.load(file)
