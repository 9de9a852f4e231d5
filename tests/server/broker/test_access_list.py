"""Who may say and hear what."""

import pytest

from server.broker.access_list import RADIO, SERVER, covers, rights

CHANNELS = ("sightings", "status", "config", "ack")


def topic(agent: str, channel: str, site: str = "main") -> str:
    return f"office/v1/{site}/agents/{agent}/{channel}"


def test_an_agent_writes_what_it_heard_and_reads_what_it_is_told_sr_30():
    own = rights("main", "RX-1")

    assert [c for c in CHANNELS if own.may_write(topic("RX-1", c))] == ["sightings", "status"]
    assert [c for c in CHANNELS if own.may_read(topic("RX-1", c))] == ["config", "ack"]


@pytest.mark.parametrize(
    "foreign",
    [
        topic("RX-2", "sightings"),
        topic("RX-2", "config"),
        topic("RX-1", "sightings", site="annex"),
        topic("RX-1", "config", site="annex"),
        topic("+", "config"),
        topic("+", "sightings"),
        "office/v1/main/agents/RX-1/#",
        "office/v1/main/agents/RX-1",
        "office/v1/main/agents/RX-1/config/more",
        "#",
        "+/+/+/+/+/+",
        "$SYS/broker/clients/total",
        "",
    ],
)
def test_an_agent_touches_nothing_of_others_sr_30(foreign):
    own = rights("main", "RX-1")

    assert not own.may_write(foreign)
    assert not own.may_read(foreign)


def test_the_server_hears_every_agent_and_tells_every_agent():
    server = rights("main", SERVER)

    assert [c for c in CHANNELS if server.may_read(topic("+", c))] == ["sightings", "status"]
    assert all(server.may_write(topic("RX-9", c)) for c in CHANNELS)
    assert not server.may_read("#")
    assert not server.may_write(topic("+", "config"))


def test_the_radio_plays_every_agent():
    radio = rights("main", RADIO)

    assert [c for c in CHANNELS if radio.may_write(topic("RX-9", c))] == ["sightings", "status"]
    assert [c for c in CHANNELS if radio.may_read(topic("+", c))] == ["config", "ack"]


@pytest.mark.parametrize(
    ("pattern", "asked", "covered"),
    [("a/+", "a/b", True), ("a/+", "a/+", True), ("a/+", "a/#", False), ("a/b", "a/+", False), ("a/+", "a", False)],
)
def test_a_pattern_covers_what_lies_entirely_within_it(pattern, asked, covered):
    assert covers(pattern, asked) is covered
