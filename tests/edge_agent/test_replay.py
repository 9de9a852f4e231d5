"""A recording becomes windows of one agent for each receiver."""

from pathlib import Path

import pytest

from edge_agent.config import Misconfigured
from edge_agent.replay import LONGEST_GAP_S, Replay, agent_names

RECEIVERS = "receiver_id,x_m,y_m,z_m\nnorth,1,2,2.3\nsouth,5,6,2.3\nwest,0,0,2\n"
SIGHTINGS = """t_s,receiver_id,tag_id,rssi_dbm
0,north,tag1,-60
0.25,south,tag1,-70
0.5,north,tag1,-62
1.0,north,tag2,-80
2.75,south,tag1,-71
"""


@pytest.fixture
def recording(tmp_path) -> Path:
    (tmp_path / "receivers.csv").write_text(RECEIVERS)
    (tmp_path / "sightings").mkdir()
    write(tmp_path, SIGHTINGS)
    return tmp_path


def write(folder: Path, sightings: str) -> None:
    (folder / "sightings" / "walk.csv").write_text(sightings)


def windows(replay: Replay, most: int = 1000) -> list[dict]:
    """All windows, agent → [(tag, level, age in s)]."""
    found = []
    while len(found) < most and (heard := replay.step()) is not None:
        found.append({agent: [tuple(packet) for packet in packets] for agent, packets in heard.items()})
    return found


def test_packets_fall_into_their_windows_with_their_ages(recording):
    assert windows(Replay(recording, "walk")) == [
        {"north": [("tag1", -60.0, 1.0), ("tag1", -62.0, 0.5)], "south": [("tag1", -70.0, 0.75)]},
        {"north": [("tag2", -80.0, 1.0)]},
        {"south": [("tag1", -71.0, 0.25)]},
    ]


def test_receivers_keep_their_ids_as_agents_even_those_that_heard_nothing(recording):
    assert Replay(recording, "walk").receivers == ["north", "south", "west"]


def test_ids_that_no_agent_may_have_are_changed_as_little_as_possible(recording):
    (recording / "receivers.csv").write_text("receiver_id,x_m\nAP 1/2,0\n" + "x" * 40 + ",0\n")

    assert list(agent_names(recording).values()) == ["AP-1-2", "x" * 32]


@pytest.mark.parametrize("receivers", ["receiver_id\n", "receiver_id\na b\na-b\n"], ids=["none", "one name for two"])
def test_receivers_that_cannot_be_told_apart_are_refused(recording, receivers):
    (recording / "receivers.csv").write_text(receivers)

    with pytest.raises(Misconfigured, match="must name at least one receiver, and none twice"):
        Replay(recording, "walk")


def test_one_tag_may_be_picked_out_and_sent_under_another_id(recording):
    only = windows(Replay(recording, "walk", tag="tag2"))
    renamed = windows(Replay(recording, "walk", tag="tag2=s-1-7"))

    assert [tag for window in only for packets in window.values() for tag, *_ in packets] == ["tag2"]
    assert [tag for window in renamed for packets in window.values() for tag, *_ in packets] == ["s-1-7"]


def test_longer_windows_hold_more(recording):
    assert len(windows(Replay(recording, "walk", window_ms=2000))) == 2


def test_a_loop_begins_again_at_the_end(recording):
    found = windows(Replay(recording, "walk", loops=True), most=6)

    assert found[:3] == found[3:]


def test_a_clock_that_jumps_back_or_far_ahead_holds_nobody_up(recording):
    write(
        recording, "t_s,receiver_id,tag_id,rssi_dbm\n5,north,t,-60\n3,north,t,-61\n3.5,north,t,-62\n9999,north,t,-63\n"
    )

    found = windows(Replay(recording, "walk"))

    assert [level for _tag, level, _age in found[0]["north"]] == [-60.0, -61.0, -62.0]
    assert len(found) == LONGEST_GAP_S + 1


def test_broken_lines_and_unknown_receivers_are_left_out(recording):
    write(recording, SIGHTINGS + "x,north,tag1,-60\n3,elsewhere,tag1,-60\n3,north,a b,-60\n3,north,tag1,nan\n3,north\n")

    assert len(windows(Replay(recording, "walk"))) == 3


def test_progress_tells_share_and_time(recording):
    replay = Replay(recording, "walk")
    before = replay.progress()
    windows(replay)

    assert (before, replay.progress()) == ("  0%   0:00 of 0:02", "100%   0:02 of 0:02")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("receivers.csv", None, "receivers.csv cannot be read"),
        ("sightings/walk.csv", None, "walk.csv cannot be read"),
        ("sightings/walk.csv", "t_s,tag_id,rssi_dbm\n", "walk.csv has no column receiver_id."),
        ("sightings/walk.csv", "t_s,receiver_id,tag_id,rssi_dbm\n", "walk.csv holds no sighting."),
    ],
)
def test_a_folder_that_is_no_recording_is_refused_with_a_sentence(recording, file, text, told):
    (recording / file).unlink()
    if text is not None:
        (recording / file).write_text(text)

    with pytest.raises(Misconfigured, match=told):
        Replay(recording, "walk")
