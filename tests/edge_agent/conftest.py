"""A Mosquitto and somebody who reads everything on it."""

import threading
import time
from collections.abc import Callable, Iterator

import mosquitto
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent import wire

PATIENCE_S = 30.0  # how long a test waits before it gives up; nothing is asserted about how long it took


def until(condition: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Wait until something holds, doing something else now and then."""
    deadline_s, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        meanwhile()
        pause.wait(0.05)


class Listener:
    """Everything that is said under office/, decoded, in the order of arrival."""

    def __init__(self, port: int, username: str | None = None, password: str | None = None) -> None:
        self.said: list[tuple[wire.Topic, wire.Message, bool]] = []
        self._ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.username_pw_set(username, password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("office/#", 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE_S)

    def _on_message(self, _client, _data, message) -> None:
        topic = wire.parse_topic(message.topic)
        self.said.append((topic, wire.decode(topic, message.payload), message.retain))

    def configure(self, site: str, agent: str, config: wire.Config) -> None:
        """Publish a configuration as the server does."""
        self._client.publish(wire.config_topic(site, agent), wire.encode(config), qos=1, retain=True)

    def forget_connection(self) -> None:
        """Get ready for a broker that will be started again."""
        self._ready.clear()

    def wait_for_connection(self) -> None:
        assert self._ready.wait(PATIENCE_S)

    def windows(self, agent: str | None = None) -> list[wire.Sightings]:
        return [m for topic, m, _ in self.said if isinstance(m, wire.Sightings) and agent in (None, topic.agent)]

    def statuses(self, agent: str | None = None) -> list[wire.Status]:
        return [m for topic, m, _ in self.said if isinstance(m, wire.Status) and agent in (None, topic.agent)]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker() -> Iterator[mosquitto.Server]:
    mosquitto.needed()
    with mosquitto.server() as running:
        yield running


@pytest.fixture
def listener(broker) -> Iterator[Listener]:
    listening = Listener(broker.port)
    yield listening
    listening.close()


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., None]:
    return until


@pytest.fixture
def listener_at() -> Iterator[Callable[..., Listener]]:
    """Listeners on other brokers, closed at the end."""
    listening: list[Listener] = []

    def listen(*arguments) -> Listener:
        listening.append(Listener(*arguments))
        return listening[-1]

    yield listen
    for one in listening:
        one.close()
