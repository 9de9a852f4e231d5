"""`iruka evaluate`: its columns, its figures, its refusals, and a file that is written as a whole or not at all."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from recorded import CALIBRATION, FLOOR, SIGHTINGS, calibration, folder, sightings, truth

from server.positioning.command import STAY_COLUMNS, WALK_COLUMNS, evaluate

PAGE = (Path(__file__).parents[3] / "docs" / "evaluate.md").read_text("utf-8")
ROOMS = ("west", "east")
ROUTE = ["west"] * 12 + ["east"] * 12
FILES = {
    "sightings/route.csv": sightings(ROUTE),
    "sightings/desk.csv": sightings(["east"] * 9),
    "truth/route.csv": truth(ROUTE),
    "calibration.csv": calibration([(f"{room}{i}", room, 40 * i, 40 * i + 20) for i in range(8) for room in ROOMS]),
    "seated.csv": calibration([("p1", "west", 0, 75), ("p2", "east", 100, 112), ("p2", "east", 120, 130)]),
}


@pytest.fixture
def data(tmp_path) -> Path:
    return folder(tmp_path / "data", FILES)


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out.csv"


def run(data: Path, out: Path, *arguments: str) -> Result:
    return CliRunner().invoke(evaluate, [str(data), *arguments, "--out", str(out)])


def rows(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_walk_has_exactly_these_columns(data, out):
    result = run(data, out, "--track", "route", "--survey", "calibration.csv")

    assert result.exit_code == 0, result.output
    text = out.read_text()
    assert text.splitlines()[0] == "t_s,x_m,y_m,zone_id,zone_p,settled_zone_id"
    assert "\r" not in text
    found = rows(out)
    assert [row["t_s"] for row in found] == [str(t) for t in range(1, 25)]
    assert {row["zone_id"] for row in found} <= {"", "west", "east"}
    assert all(0 <= float(row["zone_p"]) <= 1 and len(row["zone_p"].split(".")[1]) == 4 for row in found)
    assert all(len(row["x_m"].split(".")[1]) == 3 for row in found)
    assert found[0]["settled_zone_id"] == ""
    assert found[-1]["settled_zone_id"] == "east"


def test_without_a_track_all_walks_are_told_apart(data, out):
    result = run(data, out)

    assert result.exit_code == 0, result.output
    assert out.read_text().splitlines()[0] == "track,t_s,x_m,y_m,zone_id,zone_p,settled_zone_id"
    assert [row["track"] for row in rows(out)] == ["desk"] * 9 + ["route"] * 24


def test_stationary_pieces_have_exactly_these_columns(data, out):
    result = run(data, out, "--static", "seated.csv")

    assert result.exit_code == 0, result.output
    assert out.read_text().splitlines()[0] == "point_id,t_s,x_m,y_m,zone_id,zone_p"
    pieces = {}
    for row in rows(out):
        pieces.setdefault(row["point_id"], []).append(int(row["t_s"]))
    assert {point: (times[0], times[-1]) for point, times in pieces.items()} == {
        "p1#1": (1, 29), "p1#2": (1, 29), "p1#3": (1, 14), "p2#1": (1, 11), "p2#2": (1, 9),
    }  # fmt: skip


def test_the_figures_are_told_one_a_line(data, out):
    result = run(data, out, "--track", "route", "--survey", "calibration.csv", "--tag-level", "known")

    told = [line[:26].strip() for line in result.output.splitlines()]
    assert told == [
        "data set", "seconds", "zone accuracy", "error median mean p95", "calibration error (ECE)",
        "switches a minute", "settled switches an hour", "delay", "cost",
    ]  # fmt: skip
    assert "Two rooms" in result.output


def test_pieces_are_judged_at_their_end_too(data, out):
    result = run(data, out, "--static", "seated.csv")

    assert result.output.splitlines()[0] == "pieces                    5"
    assert "zone accuracy at the end  1.000" in result.output


def test_a_walk_without_truth_has_estimates_and_no_accuracy(data, out):
    result = run(data, out, "--track", "desk")

    assert result.exit_code == 0
    assert len(rows(out)) == 9
    assert "accuracy" not in result.output
    assert "switches a minute         0.0\n" in result.output


def test_the_same_recording_gives_the_same_file(data, out, tmp_path):
    again = tmp_path / "again.csv"

    run(data, out, "--survey", "calibration.csv")
    run(data, again, "--survey", "calibration.csv")

    assert out.read_bytes() == again.read_bytes()


def test_a_shorter_recording_gives_the_beginning_of_the_same_file(data, out, tmp_path):
    run(data, out, "--track", "route")
    whole = out.read_text().splitlines()
    shorter = [
        line
        for line in FILES["sightings/route.csv"].splitlines(True)
        if not line[0].isdigit() or float(line.split(",")[0]) <= 10
    ]

    folder(data, {"sightings/route.csv": "".join(shorter)})  # fmt: skip
    run(data, out, "--track", "route")

    assert out.read_text().splitlines() == whole[:11]


def test_no_tracks_truth_or_survey_is_needed_to_test_seated_people(tmp_path, out):
    bare = folder(tmp_path / "bare", {"seated.csv": FILES["seated.csv"]})

    assert run(bare, out, "--static", "seated.csv").exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--grid", "0.5"],
        ["--tag-height", "1.85"],
        ["--temper", "0.5", "--forget", "0.8"],
        ["--zones", "zones_whole"],
        ["--tag-level", "known"],
    ],
    ids=lambda options: options[0],
)
def test_every_option_is_heeded(data, out, options):
    run(data, out, "--track", "route")
    plain = out.read_bytes()

    result = run(data, out, "--track", "route", *options)

    assert result.exit_code == 0, result.output
    assert out.read_bytes() != plain


@pytest.mark.parametrize(
    "options",
    [
        ["--track", "route", "--static", "seated.csv"],
        ["--tag-level", "loud"],
        ["--grid", "0"],
        ["--temper", "3"],
        ["--forget", "0.2"],
        ["--tag-height", "-1"],
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense_are_refused(data, out, options):
    result = run(data, out, *options)

    assert result.exit_code == 2
    assert not out.exists()


def test_an_output_file_must_be_named(data):
    assert CliRunner().invoke(evaluate, [str(data)]).exit_code == 2


@pytest.mark.parametrize(
    ("files", "options", "sentence"),
    [
        ({"receivers.csv": "receiver_id,x_m,y_m\n"}, [], "{0}/receivers.csv, line 1: the column z_m is missing."),
        (
            {"sightings/route.csv": SIGHTINGS + "0,r1,t,loud\n"},
            ["--track", "route"],
            "{0}/sightings/route.csv, line 2: rssi_dbm is 'loud', not a number.",
        ),
        (
            {"truth/route.csv": "t_s,x_m,y_m\n0,1,\n"},
            ["--track", "route"],
            "{0}/truth/route.csv, line 2: y_m is empty.",
        ),
        (
            {"calibration.csv": CALIBRATION + "p1,1,x,0,r1,-60\n"},
            ["--survey", "calibration.csv"],
            "{0}/calibration.csv, line 2: y_m is 'x', not a number.",
        ),
        ({}, ["--survey", "last-year.csv"], "{0}/last-year.csv cannot be read: No such file or directory."),
        ({}, ["--static", "last-year.csv"], "{0}/last-year.csv cannot be read: No such file or directory."),
        ({}, ["--track", "lift"], "{0}/sightings/lift.csv does not exist; the tracks are: desk, route."),
        ({}, ["--zones", "zones_9"], "{0}/floor.json has no zone set 'zones_9'; it has: zones, zones_whole."),
        ({"floor.json": "{"}, [], None),
    ],
)
def test_a_wrong_folder_is_one_sentence_and_leaves_the_output_alone(data, out, files, options, sentence):
    out.write_text("of last time\n")
    folder(data, files)

    result = run(data, out, *options)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    if sentence:
        assert result.stderr == sentence.format(data) + "\n"
    assert out.read_text() == "of last time\n"
    assert [path.name for path in out.parent.glob("*.part")] == []


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path, out):
    result = run(tmp_path / "nowhere", out)

    assert (result.exit_code, result.stderr) == (2, f"{tmp_path / 'nowhere'} is not a folder.\n")


def test_a_folder_without_tracks_says_so(tmp_path, out):
    bare = folder(tmp_path / "bare")

    result = run(bare, out)

    assert (result.exit_code, result.stderr) == (2, f"{bare / 'sightings'} holds no tracks.\n")


def test_an_output_that_cannot_be_written_is_one_sentence(data, tmp_path):
    missing = run(data, tmp_path / "no" / "out.csv", "--track", "desk")
    taken = run(data, tmp_path, "--track", "desk")

    assert missing.stderr == f"{tmp_path / 'no' / 'out.csv'} cannot be written: No such file or directory.\n"
    assert taken.stderr == f"{tmp_path} cannot be written: Is a directory.\n"
    assert (missing.exit_code, taken.exit_code) == (2, 2)
    assert [path.name for path in tmp_path.parent.glob("*.part")] == []


def test_packets_of_receivers_without_a_place_are_told(data, out):
    folder(data, {"sightings/desk.csv": FILES["sightings/desk.csv"] + "9,r9,tag1,-60\n"})

    result = run(data, out, "--track", "desk")

    assert "unknown receivers         1 packets passed over" in result.output


def test_a_floor_without_zones_still_has_places(data, out):
    folder(data, {"floor.json": json.dumps({**FLOOR, "zones": []})})

    result = run(data, out, "--track", "route", "--survey", "calibration.csv")

    assert result.exit_code == 0, result.output
    assert {(row["zone_id"], row["zone_p"]) for row in rows(out)} == {("", "0.0000")}


OPTIONS = [one for one in evaluate.params if one.opts[0].startswith("--")]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda one: one.name)
def test_the_page_tells_every_option_and_its_default(option):
    told = next((line for line in PAGE.splitlines() if line.startswith(f"| `{option.opts[0]}` |")), None)

    assert told is not None
    if isinstance(option.default, str | float):
        assert f"| `{option.default}` |" in told


@pytest.mark.parametrize("columns", [WALK_COLUMNS, STAY_COLUMNS], ids=["walks", "pieces"])
def test_the_page_tells_the_columns_in_their_order(columns):
    assert f"`{','.join(columns)}`" in PAGE
