"""Recorded radio is read, or refused with one sentence that says where it is wrong."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded import CALIBRATION, FLOOR, SIGHTINGS, folder

from server.positioning.recordings import (
    BadRecording,
    Heard,
    TruePoint,
    read_dataset,
    read_stays,
    read_survey,
    read_truth,
    read_walk,
)


def floor_json(**changed: object) -> str:
    return json.dumps({**FLOOR, **changed})


def zone(**changed: object) -> dict[str, object]:
    return {**FLOOR["zones"][0], **changed}


def test_a_folder_is_a_floor_with_zones_and_receivers(tmp_path):
    dataset = read_dataset(folder(tmp_path))

    assert (dataset.name, dataset.floor.width_m, dataset.floor.height_m) == ("Two rooms", 12.0, 6.0)
    assert [one.id for one in dataset.floor.zones] == ["west", "east"]
    assert dataset.zone_names == {"west": "West room", "east": "East room"}
    assert [(one.id, one.x_m, one.y_m, one.z_m) for one in dataset.receivers] == [
        ("r1", 1.0, 1.0, 2.4), ("r2", 11.0, 1.0, 2.4), ("r3", 6.0, 5.0, 2.4),
    ]  # fmt: skip
    assert dataset.picture is None
    assert dataset.tracks() == []


def test_another_zone_set_may_be_chosen(tmp_path):
    dataset = read_dataset(folder(tmp_path), "zones_whole")

    assert dataset.zone_names == {"all": "all"}


def test_the_plan_is_found_inside_the_folder_only(tmp_path):
    image = {"file": "../plan.png", "origin_px": [9, 22], "m_per_px": 0.03}
    (tmp_path / "plan.png").write_bytes(b"outside")
    inside = tmp_path / "inside"

    without = read_dataset(folder(inside, {"floor.json": floor_json(image=image)}))
    (inside / "plan.png").write_bytes(b"inside")
    with_plan = read_dataset(inside)

    assert without.picture is None
    assert with_plan.picture is not None
    assert with_plan.picture.file == inside / "plan.png"
    assert (with_plan.picture.origin_px, with_plan.picture.m_per_px) == ((9.0, 22.0), 0.03)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffreceiver_id,x_m,y_m,z_m\nr1,1,1,2.4\n",
        "receiver_id,x_m,y_m,z_m\r\nr1,1,1,2.4\r\n",
        "z_m,y_m,x_m,receiver_id,note\n2.4,1,1,r1,by the door\n",
        'receiver_id,x_m,y_m,z_m\n\n"r1", 1 ,1,2.4',
    ],
    ids=["from a spreadsheet", "from Windows", "other columns, other order", "an empty line, blanks, no end of line"],
)
def test_usual_ways_to_write_a_table_are_all_read(tmp_path, text):
    dataset = read_dataset(folder(tmp_path, {"receivers.csv": text}))

    assert [(one.id, one.x_m, one.y_m, one.z_m) for one in dataset.receivers] == [("r1", 1.0, 1.0, 2.4)]


def test_a_walk_comes_by_time_and_without_glitches(tmp_path):
    rows = "2.5,r1,t,-60\n0,r2,t,-70\n1,r1,t,42\n1.5,r1,t,-115\n1.7,r1,t,-15\n-3,r1,t,-60\n"

    dataset = read_dataset(folder(tmp_path, {"sightings/hall.csv": SIGHTINGS + rows}))

    assert dataset.tracks() == ["hall"]
    assert read_walk(dataset, "hall") == [Heard(0.0, "r2", "t", -70.0), Heard(2.5, "r1", "t", -60.0)]


def test_a_walk_without_annotation_has_no_truth(tmp_path):
    dataset = read_dataset(folder(tmp_path, {"truth/b.csv": "t_s,x_m,y_m\n1,3,2\n0,1,2\n"}))

    assert read_truth(dataset, "a") == []
    assert read_truth(dataset, "b") == [TruePoint(0.0, 1.0, 2.0), TruePoint(1.0, 3.0, 2.0)]


def test_a_survey_is_the_mean_of_each_receiver_at_each_point(tmp_path):
    rows = "p1,1,2,0,r1,-60\np1,1,2,1,r1,-64\np1,1,2,1,r2,-80\np2,9,2,0,r1,-75\np2,9,2,1,r1,42\n"
    dataset = read_dataset(folder(tmp_path, {"calibration.csv": CALIBRATION + rows}))

    samples = read_survey(dataset, "calibration.csv")

    assert {(one.point, one.x_m, one.receiver, one.mean_dbm, one.n) for one in samples} == {
        ("p1", 1.0, "r1", -62.0, 2), ("p1", 1.0, "r2", -80.0, 1), ("p2", 9.0, "r1", -75.0, 1),
    }  # fmt: skip


def stays(tmp_path: Path, *times: float) -> list[tuple[str, list[float]]]:
    rows = "".join(f"p,1,2,{t},r1,-60\n" for t in times)
    dataset = read_dataset(folder(tmp_path, {"static.csv": CALIBRATION + rows}))
    return [(stay.point, [one.t_s for one in stay.heard]) for stay in read_stays(dataset, "static.csv")]


def test_a_piece_ends_where_nothing_is_heard_for_five_seconds(tmp_path):
    assert stays(tmp_path, 100, 104.9, 110, 115, 116) == [
        ("p#1", [0.0, pytest.approx(4.9)]), ("p#2", [0.0]), ("p#3", [0.0, 1.0]),
    ]  # fmt: skip


def test_a_piece_lasts_thirty_seconds_at_most(tmp_path):
    pieces = stays(tmp_path, *range(200, 275))

    assert [(point, len(times), times[-1]) for point, times in pieces] == [
        ("p#1", 30, 29.0), ("p#2", 30, 29.0), ("p#3", 15, 14.0),
    ]  # fmt: skip


def test_pieces_are_numbered_for_each_point_and_keep_its_place(tmp_path):
    rows = "a,1,2,0,r1,-60\na,1,2,50,r1,-60\nb,9,3,0,r1,-60\n"
    dataset = read_dataset(folder(tmp_path, {"static.csv": CALIBRATION + rows}))

    found = [(stay.point, stay.x_m, stay.y_m) for stay in read_stays(dataset, "static.csv")]

    assert found == [("a#1", 1.0, 2.0), ("a#2", 1.0, 2.0), ("b#1", 9.0, 3.0)]


def test_a_piece_of_glitches_is_no_piece(tmp_path):
    dataset = read_dataset(folder(tmp_path, {"static.csv": CALIBRATION + "p,1,2,0,r1,42\n"}))

    assert read_stays(dataset, "static.csv") == []


NEEDS = (
    "{0}/floor.json is no floor: it needs the numbers width_m and height_m, and 'zones' as a list of zones with id and "
    "polygon [[x_m, y_m], …]."
)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"floor.json": None}, "{0}/floor.json cannot be read: No such file or directory."),
        ({"floor.json": "[]"}, "{0}/floor.json is not a JSON object."),
        ({"floor.json": "{}"}, "{0}/floor.json has no zone set 'zones'; it has: none."),
        ({"floor.json": floor_json(zones=None)}, NEEDS),
        ({"floor.json": floor_json(zones=["west"])}, NEEDS),
        ({"floor.json": floor_json(zones=[{"id": "west"}])}, NEEDS),
        ({"floor.json": floor_json(zones=[zone(polygon=[1, 2, 3])])}, NEEDS),
        ({"floor.json": floor_json(width_m="wide")}, NEEDS),
        ({"floor.json": floor_json(width_m=10**400)}, NEEDS),
        ({"floor.json": floor_json(height_m=0)}, "{0}/floor.json: width_m and height_m must be between 0 and 2000."),
        (
            {"floor.json": floor_json(height_m=float("nan"))},
            "{0}/floor.json: width_m and height_m must be between 0 and 2000.",
        ),
        (
            {"floor.json": floor_json(zones=[zone(polygon=[[0, 0], [1, 1]])])},
            "{0}/floor.json: zone 'west' has fewer than three corners.",
        ),
        (
            {"floor.json": floor_json(zones=[zone(polygon=[[0, 0], [1, float("inf")], [2, 0]])])},
            "{0}/floor.json: a corner of zone 'west' is not a number.",
        ),
        ({"floor.json": floor_json(zones=[zone(), zone()])}, "{0}/floor.json: two zones have the id 'west'."),
        ({"floor.json": floor_json(zones=[zone(id="")])}, "{0}/floor.json: a zone has an empty id."),
        (
            {"floor.json": floor_json(image={"file": "plan.png"})},
            "{0}/floor.json: image needs file, origin_px and m_per_px.",
        ),
        ({"receivers.csv": None}, "{0}/receivers.csv cannot be read: No such file or directory."),
        ({"receivers.csv": ""}, "{0}/receivers.csv, line 1: the column receiver_id is missing."),
        (
            {"receivers.csv": "receiver_id;x_m;y_m;z_m\nr1;1;1;2\n"},
            "{0}/receivers.csv, line 1: the column receiver_id is missing.",
        ),
        ({"receivers.csv": "receiver_id,x_m,y_m,z_m\n"}, "{0}/receivers.csv names no receiver."),
        (
            {"receivers.csv": "receiver_id,x_m,y_m,z_m\nr1,1,1,2\nr1,2,2,2\n"},
            "{0}/receivers.csv names a receiver twice.",
        ),
        (
            {"receivers.csv": "receiver_id,x_m,y_m,z_m\nr1,1,1,2\nr2,two,1,2\n"},
            "{0}/receivers.csv, line 3: x_m is 'two', not a number.",
        ),
        (
            {"receivers.csv": "receiver_id,x_m,y_m,z_m\nr1,inf,1,2\n"},
            "{0}/receivers.csv, line 2: x_m is 'inf', not a number.",
        ),
        ({"receivers.csv": "receiver_id,x_m,y_m,z_m\nr1,1,1\n"}, "{0}/receivers.csv, line 2: z_m is empty."),
        ({"receivers.csv": "receiver_id,x_m,y_m,z_m\n ,1,1,2\n"}, "{0}/receivers.csv, line 2: receiver_id is empty."),
    ],
)
def test_a_wrong_folder_is_refused_with_file_line_and_column(tmp_path, files, sentence):
    with pytest.raises(BadRecording) as refused:
        read_dataset(folder(tmp_path, files))

    assert str(refused.value) == sentence.format(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("t_s,tag_id,rssi_dbm\n", "{0}, line 1: the column receiver_id is missing."),
        (SIGHTINGS + "0,r1,t,-60\nsoon,r1,t,-60\n", "{0}, line 3: t_s is 'soon', not a number."),
        (SIGHTINGS + "0,r1,t,\n", "{0}, line 2: rssi_dbm is empty."),
        (SIGHTINGS + "0,r1,t,nan\n", "{0}, line 2: rssi_dbm is 'nan', not a number."),
        (SIGHTINGS + "0,,t,-60\n", "{0}, line 2: receiver_id is empty."),
        (
            SIGHTINGS + "1764000000,r1,t,-60\n",
            "{0}, line 2: t_s is '1764000000', but times count from the beginning of the recording and end after "
            "604800 s.",
        ),
    ],
    ids=["column", "time", "no level", "nan", "no receiver", "time since 1970"],
)
def test_a_wrong_walk_is_refused_with_file_line_and_column(tmp_path, text, sentence):
    dataset = read_dataset(folder(tmp_path, {"sightings/hall.csv": text}))

    with pytest.raises(BadRecording) as refused:
        read_walk(dataset, "hall")

    assert str(refused.value) == sentence.format(tmp_path / "sightings" / "hall.csv")


def test_a_track_that_is_not_there_is_refused_with_the_ones_that_are(tmp_path):
    dataset = read_dataset(folder(tmp_path, {"sightings/hall.csv": SIGHTINGS, "sightings/stairs.csv": SIGHTINGS}))

    with pytest.raises(BadRecording, match=r"/lift\.csv does not exist; the tracks are: hall, stairs\.$"):
        read_walk(dataset, "lift")


def test_a_zone_set_that_is_not_there_is_refused_with_the_ones_that_are(tmp_path):
    with pytest.raises(BadRecording, match=r"has no zone set 'desks'; it has: zones, zones_whole\.$"):
        read_dataset(folder(tmp_path), "desks")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("receiver_id,x_m,y_m,z_m\nr\xe9,1,1,2\n".encode("latin-1"), "is not CSV in UTF-8"),
        (f'receiver_id,x_m,y_m,z_m\n"{"x" * 200_000}",1,1,2\n', "is not CSV in UTF-8"),
    ],
    ids=["another encoding", "an endless field"],
)
def test_what_is_no_table_is_refused(tmp_path, content, words):
    with pytest.raises(BadRecording, match=words):
        read_dataset(folder(tmp_path, {"receivers.csv": content}))


def test_json_of_great_depth_is_refused(tmp_path):
    with pytest.raises(BadRecording, match="is not JSON"):
        read_dataset(folder(tmp_path, {"floor.json": "[" * 100_000}))


def test_a_survey_without_a_sample_is_refused(tmp_path):
    dataset = read_dataset(folder(tmp_path, {"calibration.csv": CALIBRATION}))

    with pytest.raises(BadRecording, match=r"calibration\.csv holds no samples\.$"):
        read_survey(dataset, "calibration.csv")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["id", "name", "polygon"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zones=JSON, width_m=JSON, image=JSON)
def test_no_floor_file_ends_in_anything_but_a_floor_or_a_sentence(tmp_path, zones, width_m, image):
    folder(tmp_path, {"floor.json": floor_json(zones=zones, width_m=width_m, image=image)})

    with suppress(BadRecording):
        dataset = read_dataset(tmp_path)
        assert 0 < dataset.floor.width_m < 2000


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_sightings_end_in_anything_but_packets_or_a_sentence(tmp_path, content):
    dataset = read_dataset(folder(tmp_path, {"sightings/hall.csv": SIGHTINGS.encode() + content}))

    with suppress(BadRecording):
        heard = read_walk(dataset, "hall")
        assert all(one.t_s >= 0 and -115 < one.rssi_dbm < -15 for one in heard)
