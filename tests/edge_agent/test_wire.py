"""What is said over MQTT: golden messages both ways, and rubbish that is refused by its name."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import wire
from edge_agent.wire import Fault

GOLDEN = Path(__file__).parents[1] / "recordings" / "wire"
BOOT = "6d1f0c3a9b2e4875"
MESSAGES: dict[str, tuple[str, wire.Message]] = {
    "sightings": (
        "office/v1/main/agents/RX-18-03/sightings",
        wire.Sightings(
            "RX-18-03",
            BOOT,
            1234,
            1_780_272_000_123,
            1000,
            (
                wire.Sighting("s-1-42", 4, -71.25, 6.19, -67.0, 140),
                wire.Sighting("e-00000000002a", 1, -88.0, 0.0, -88.0, 931),
            ),
        ),
    ),
    "sightings-nothing-heard": (
        "office/v1/main/agents/RX-18-03/sightings",
        wire.Sightings("RX-18-03", BOOT, 1235, 1_780_272_001_124, 2000),
    ),
    "status": (
        "office/v1/main/agents/RX-18-03/status",
        wire.Status(
            "RX-18-03",
            BOOT,
            "online",
            "ok",
            1_780_272_000_500,
            212.4,
            0.96,
            0,
            0,
            1904,
            -3,
            86_400,
            "iruka-agent 0.1.0",
        ),
    ),
    "status-offline": (
        "office/v1/main/agents/RX-18-03/status",
        wire.Status("RX-18-03", BOOT, "offline", "lost", 0, 0.0, None, 300, 41, 0, None, 7, "iruka-agent 0.1.0"),
    ),
    "config": (
        "office/v1/main/agents/RX-18-03/config",
        wire.Config(
            {
                "s": wire.Namespace("ibeacon", "5fd6a3c27b184e0f9c3d86e1a4720b95"),
                "e": wire.Namespace("eddystone-uid", "8b0ca750e7a7e14c9911"),
            },
            1000,
            wire.Hours("Asia/Tokyo", "07:00", "20:00", (0, 1, 2, 3, 4), ("2026-09-22",), ("2026-11-28",)),
        ),
    ),
    "config-nothing-may-be-heard": ("office/v1/main/agents/RX-18-03/config", wire.Config()),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_both_sides_hold_to_the_golden_messages(name):
    topic, message = MESSAGES[name]
    golden = (GOLDEN / f"{name}.json").read_bytes().rstrip(b"\n")

    assert wire.encode(message) == golden
    assert wire.decode(wire.parse_topic(topic), golden) == message


def test_every_golden_message_is_checked():
    assert {file.stem for file in GOLDEN.iterdir()} == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_fields_of_a_later_version_are_ignored(name):
    topic, message = MESSAGES[name]
    later = json.loads(wire.encode(message)) | {"later": [1, {"two": None}]}

    assert wire.decode(wire.parse_topic(topic), json.dumps(later).encode()) == message


@pytest.mark.parametrize("name", MESSAGES)
def test_each_missing_field_is_named(name):
    topic, message = MESSAGES[name]
    fields = json.loads(wire.encode(message))

    for field in fields.keys() - {"v"}:
        rest = {key: value for key, value in fields.items() if key != field}
        with pytest.raises(wire.Malformed, match=field) as refused:
            wire.decode(wire.parse_topic(topic), json.dumps(rest).encode())
        assert refused.value.kind == Fault.MISSING


def sightings(**changes: object) -> bytes:
    fields = json.loads(wire.encode(MESSAGES["sightings"][1]))
    return json.dumps(fields | changes).encode()


def row(**changes: object) -> bytes:
    good = dict(zip(("tag", "n", "mean", "var", "max", "age"), ("s-1-1", 4, -71.0, 6.0, -67, 140), strict=True))
    return sightings(s=[list((good | changes).values())])


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        pytest.param(b"{" + b" " * wire.MAX_BYTES, Fault.TOO_LARGE, id="64 KB and more"),
        pytest.param(b"\xff\xfe", Fault.NOT_UTF8, id="no UTF-8"),
        pytest.param(b"{", Fault.NOT_JSON, id="no JSON"),
        pytest.param(b"[" * 30_000, Fault.NOT_JSON, id="nested without end"),
        pytest.param(b"9" * 5_000, Fault.NOT_JSON, id="a number without end"),
        pytest.param(b"[]", Fault.TYPE, id="no object"),
        pytest.param(sightings(v=2), Fault.VERSION, id="another version"),
        pytest.param(sightings(v=True), Fault.VERSION, id="a version that is no number"),
        pytest.param(sightings(agent="RX-18-04"), Fault.FOREIGN, id="in another agent's name"),
        pytest.param(sightings(boot="6D1F0C3A9B2E4875"), Fault.RANGE, id="a boot in capitals"),
        pytest.param(sightings(seq=-1), Fault.RANGE, id="a negative number"),
        pytest.param(sightings(seq=1.0), Fault.TYPE, id="a fraction"),
        pytest.param(sightings(seq=True), Fault.TYPE, id="a truth for a number"),
        pytest.param(sightings(dt_ms=60_001), Fault.RANGE, id="a window of more than a minute"),
        pytest.param(sightings(s={}), Fault.TYPE, id="rows that are no list"),
        pytest.param(sightings(s=[None]), Fault.TYPE, id="a row that is no list"),
        pytest.param(sightings(s=[["s-1-1", 1]]), Fault.MISSING, id="a short row"),
        pytest.param(sightings(s=[["s-1-1", 1, -50, 0, -50, 1]] * 2), Fault.DUPLICATE_TAG, id="a tag twice"),
        pytest.param(
            sightings(s=[[f"s-{i}", 1, -50, 0, -50, 1] for i in range(2001)]), Fault.RANGE, id="more than 2,000 rows"
        ),
        pytest.param(row(tag="高波"), Fault.RANGE, id="a name for a tag"),
        pytest.param(row(tag=1), Fault.TYPE, id="a number for a tag"),
        pytest.param(row(n=0), Fault.RANGE, id="no packet"),
        pytest.param(row(n="4"), Fault.TYPE, id="text for a number"),
        pytest.param(row(mean=42.0), Fault.RANGE, id="a level no radio measures"),
        pytest.param(row(mean=-115), Fault.RANGE, id="a level on the border"),
        pytest.param(row(max=None), Fault.TYPE, id="no level"),
        pytest.param(row(mean=float("nan")), Fault.NOT_FINITE, id="not a number"),
        pytest.param(row(mean=-50).replace(b"-50", b"-1e999"), Fault.NOT_FINITE, id="infinity"),
        pytest.param(row(var=-0.1), Fault.RANGE, id="a negative variance"),
        pytest.param(row(age=-1), Fault.RANGE, id="heard in the future"),
        pytest.param(row(age=86_400_001), Fault.RANGE, id="heard the day before"),
    ],
)  # fmt: skip
def test_rubbish_is_refused_by_its_name_sr_33(payload, kind):
    with pytest.raises(wire.Malformed) as refused:
        wire.decode(wire.parse_topic("office/v1/main/agents/RX-18-03/sightings"), payload)

    assert refused.value.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "office/v1/main/agents/RX-1",
        "office/v2/main/agents/RX-1/sightings",
        "office/v1/main/agents/RX-1/sighting",
        "office/v1/main/agents/RX 1/sightings",
        "office/v1/main/agents//sightings",
        "office/v1/main/agents/RX-1/sightings/",
        "office/v1/main/agents/" + "a" * 33 + "/status",
        "office/v1/main/lockers/RX-1/sightings",
    ],
)
def test_foreign_topics_are_refused(text):
    with pytest.raises(wire.Malformed) as refused:
        wire.parse_topic(text)

    assert refused.value.kind == Fault.TOPIC


@pytest.mark.parametrize("channel", list(wire.Channel))
def test_topics_that_we_build_are_topics_that_we_read(channel):
    assert wire.parse_topic(wire.topic("main", "RX-1", channel)) == wire.Topic("main", "RX-1", channel)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=8), inner, max_size=7),
    max_leaves=20,
)


@settings(deadline=None)
@given(channel=st.sampled_from(list(wire.Channel)), payload=st.binary(max_size=200))
def test_no_bytes_make_the_decoder_fail_otherwise_rp_09(channel, payload):
    try:
        wire.decode(wire.Topic("main", "RX-18-03", channel), payload)
    except wire.Malformed:
        return


@settings(deadline=None)
@given(name=st.sampled_from(list(MESSAGES)), data=st.data())
def test_no_damaged_field_makes_the_decoder_fail_otherwise_rp_09(name, data):
    topic, message = MESSAGES[name]
    fields = json.loads(wire.encode(message))
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(JSON)

    try:
        wire.decode(wire.parse_topic(topic), json.dumps(fields).encode())
    except wire.Malformed:
        return
