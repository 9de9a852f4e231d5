"""The embedded broker, knocked at by real clients: what amqtt alone would let through does not come through ours."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from mqtt_client import client, until

from server.broker.access_list import RADIO, SERVER
from server.broker.embedded import ROOT, Embedded, embedded, start
from server.errors import Misconfigured
from server.mqtt import Connection

A, B = "RX-18-01", "RX-18-02"


def topic(agent: str, channel: str) -> str:
    return f"office/v1/main/agents/{agent}/{channel}"


@pytest.fixture(scope="module")
def broker() -> Iterator[Embedded]:
    with embedded("main", [A, B], radio=True) as running:
        yield running


@pytest.fixture
def enter(broker):
    """`with enter(A) as …`: a client with that account's password."""
    return lambda user, **more: client(broker.port, user, broker.passwords[user], **more)


def test_it_listens_on_this_machine_only(broker):
    assert broker.host == "127.0.0.1"
    with socket.socket() as elsewhere, pytest.raises(ConnectionRefusedError):
        elsewhere.connect(("127.0.0.2", broker.port))


def test_nobody_enters_without_a_name_or_with_a_wrong_password_sr_30(broker):
    for user, password in ((None, None), (A, None), (A, ""), (A, "guessed"), ("stranger", "guessed"), ("", "")):
        with client(broker.port, user, password) as knocking:
            assert knocking.refused, user
            assert not knocking.connected


def test_what_an_agent_says_arrives_and_what_it_is_told_arrives(enter):
    with enter(SERVER) as server, enter(A) as agent:
        assert server.subscribe(topic("+", "sightings"), topic("+", "status"))
        assert agent.subscribe(topic(A, "config"))

        agent.publish(topic(A, "sightings"), b"heard")
        server.publish(topic(A, "config"), b"listen", retain=True)

        until(lambda: (topic(A, "sightings"), b"heard") in server.got)
        until(lambda: (topic(A, "config"), b"listen") in agent.got)


def test_what_an_agent_says_for_another_never_arrives_sr_31(enter):
    with enter(SERVER) as server, enter(A) as agent:
        server.subscribe(topic("+", "sightings"), topic("+", "status"))

        agent.publish(topic(B, "sightings"))
        agent.publish(topic(B, "status"), retain=True)
        agent.publish(topic(A, "status"), b"after")
        until(lambda: (topic(A, "status"), b"after") in server.got)

        assert not {one for one in server.topics() if B in one}


@pytest.mark.parametrize(
    "asked",
    [topic(B, "config"), topic("+", "config"), topic(A, "sightings"), "office/v1/main/agents/#", "#", "$SYS/#"],
)
def test_an_agent_may_not_subscribe_to_anything_but_its_own_sr_30(enter, asked):
    with enter(A) as agent:
        assert not agent.subscribe(asked)


def test_retained_messages_reach_only_who_subscribed_to_them_sr_30(enter):
    with enter(SERVER) as server, enter(B) as other:
        server.subscribe(topic("+", "status"), topic("+", "sightings"))
        other.subscribe(topic(B, "config"))
        server.publish(topic(B, "config"), b"for B only", retain=True)
        other.publish(topic(B, "status"), b"B's status", retain=True)
        until(lambda: topic(B, "status") in server.topics() and topic(B, "config") in other.topics())

        with enter(A) as agent:
            agent.subscribe(topic(A, "ack"))
            server.publish(topic(A, "ack"), b"last")
            until(lambda: topic(A, "ack") in agent.topics())

            assert agent.topics() <= {topic(A, "ack"), topic(A, "config")}


def test_a_retained_message_waits_for_its_reader_and_can_be_cleared_sr_34(enter):
    with enter(A) as agent, enter(SERVER) as server:
        agent.publish(topic(A, "sightings"), b"kept", retain=True)
        server.subscribe(topic("+", "sightings"))
        until(lambda: (topic(A, "sightings"), b"kept") in server.got)

        server.publish(topic(A, "sightings"), b"", retain=True)

    with enter(SERVER) as again:
        again.subscribe(topic("+", "sightings"))
        again.publish(topic(A, "status"), b"mark")
        again.subscribe(topic("+", "status"))
        assert (topic(A, "sightings"), b"kept") not in again.got


def test_a_last_will_reaches_only_topics_its_sender_may_write_sr_31(enter):
    with enter(SERVER) as server:
        server.subscribe(topic("+", "status"))
        with enter(A, will=topic(B, "status")) as agent:
            agent.vanish()
        with enter(A, will=topic(A, "status")) as agent:
            agent.vanish()
        until(lambda: (topic(A, "status"), b"last will") in server.got)

        assert (topic(B, "status"), b"last will") not in server.got


def test_nobody_takes_the_session_of_another_by_its_client_id_sr_30(enter):
    with enter(SERVER, client_id="iruka-main") as server:
        server.subscribe(topic("+", "status"))
        with (
            enter(A, client_id="iruka-main", keep=True) as thief,
            client(server.paho._port, SERVER, "guessed", client_id="iruka-main") as stranger,
            enter(B) as agent,
        ):
            agent.publish(topic(B, "status"), b"not for A")
            until(lambda: (topic(B, "status"), b"not for A") in server.got)

            assert stranger.refused
            assert server.connected
            assert thief.got == []


def test_the_radio_speaks_for_every_receiver_over_one_connection(enter):
    with enter(SERVER) as server, enter(RADIO) as radio:
        server.subscribe(topic("+", "sightings"))
        assert radio.subscribe(topic("+", "config"))

        for agent in (A, B, "RX-99-99"):
            radio.publish(topic(agent, "sightings"))

        until(lambda: server.topics() >= {topic(agent, "sightings") for agent in (A, B, "RX-99-99")})


def test_the_radio_exists_only_where_it_was_asked_for():
    with embedded("main", [A]) as running:
        assert RADIO not in running.passwords


def test_our_own_connection_is_accepted_with_its_subscriptions(broker):
    connection = Connection(
        broker.settings(), "iruka-main", [topic("+", "sightings"), topic("+", "status")], lambda *_a, **_k: None
    )
    connection.start()
    until(lambda: connection.is_connected)
    connection.stop()


def test_every_start_has_new_passwords_and_the_url_carries_them(broker):
    with embedded("main", [A]) as other:
        assert other.passwords[A] != broker.passwords[A]
        assert len(set(other.passwords.values())) == 2
        assert other.url(A) == f"mqtt://{A}:{other.passwords[A]}@127.0.0.1:{other.port}"


def test_it_stops_and_starts_again_on_the_same_port():
    first = start("main", [A])
    first.stop()
    first.stop()
    assert not first.is_running

    with embedded("main", [A], port=first.port) as second, client(second.port, A, second.passwords[A]) as agent:
        assert agent.connected


def test_a_taken_port_is_told_in_a_sentence(broker, tmp_path):
    with (tmp_path / "log").open("wb") as log, pytest.raises(Misconfigured, match=str(broker.port)):
        start("main", port=broker.port, log=log)


def test_a_receiver_may_not_bear_the_servers_name_sr_30():
    with pytest.raises(Misconfigured, match=SERVER):
        start("main", [SERVER])


def test_it_ends_when_its_parent_is_killed():
    program = (
        "import time; from server.broker.embedded import start; "
        "b = start('main'); print(b._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    parent.send_signal(signal.SIGKILL)
    parent.wait(10)
    parent.stdout.close()

    until(lambda: not _lives(child))


def _lives(process_id: int) -> bool:
    try:
        with open(f"/proc/{process_id}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
