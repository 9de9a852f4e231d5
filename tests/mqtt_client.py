"""A real MQTT client for tests: remembers what arrived, and waits with a deadline."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 15.0


def until(condition: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Wait until something holds."""
    deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        meanwhile()
        pause.wait(0.02)


@dataclass
class Client:
    """One connection; `got` holds (topic, payload) in order of arrival."""

    paho: paho.Client
    refused: str | None = None
    connected: bool = False
    got: list[tuple[str, bytes]] = field(default_factory=list)
    granted: dict[int, bool] = field(default_factory=dict)

    def subscribe(self, *filters: str) -> bool:
        """Whether the broker accepted all of them."""
        _result, number = self.paho.subscribe([(one, 1) for one in filters])
        until(lambda: number in self.granted)
        return self.granted[number]

    def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        """Send at QoS 1 and wait for the broker's word that it has it; it says so of what it forbids, too."""
        self.paho.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def topics(self) -> set[str]:
        """Where something came from."""
        return {topic for topic, _payload in self.got}

    def vanish(self) -> None:
        """Break off without a goodbye, so that the last will is sent."""
        self.paho.loop_stop()
        sock = self.paho.socket()
        assert sock is not None
        sock.close()


@contextmanager
def client(
    port: int,
    user: str | None = None,
    password: str | None = None,
    *,
    client_id: str = "",
    will: str | None = None,
    keep: bool = False,
) -> Iterator[Client]:
    """A client that has its answer from the broker, `refused` or `connected`.

    will   the topic of a retained last will
    keep   ask for a session that outlives the connection
    """
    raw = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv311, clean_session=not keep)
    made = Client(raw)

    def on_connect(_client, _data, _flags, reason, _properties):
        if reason.is_failure:
            made.refused = str(reason)
            raw.disconnect()
        else:
            made.connected = True

    def on_disconnect(_client, _data, _flags, reason, _properties):
        if not made.connected and made.refused is None:
            made.refused = str(reason)
        made.connected = False

    def on_subscribe(_client, _data, number, reasons, _properties):
        made.granted[number] = not any(reason.is_failure for reason in reasons)

    raw.on_connect = on_connect
    raw.on_subscribe = on_subscribe
    raw.on_message = lambda _client, _data, message: made.got.append((message.topic, bytes(message.payload)))
    raw.on_disconnect = on_disconnect
    if user is not None:
        raw.username_pw_set(user, password)
    if will is not None:
        raw.will_set(will, b"last will", qos=1, retain=True)
    raw.connect("127.0.0.1", port)
    raw.loop_start()
    try:
        until(lambda: made.connected or made.refused is not None)
        yield made
    finally:
        raw.disconnect()
        raw.loop_stop()
