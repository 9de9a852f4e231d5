"""The broker connection: paho's thread hands bytes over, and nothing else happens in it."""

import logging
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from server.settings import Broker

log = logging.getLogger(__name__)

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 30.0
KEEPALIVE_S = 15
# How soon a broker that vanished without a word is noticed: one and a half of this. Shorter costs
# packets on an idle link, longer keeps the map from saying that its sensors are gone.


class Receive(Protocol):
    """Takes one message; called in the connection's thread, so it only enqueues."""

    def __call__(self, topic: str, payload: bytes, *, retained: bool) -> None: ...


class Connection:
    """One clean-session MQTT 3.1.1 client that keeps trying, with full jitter, until stopped.

    filters       topic filters, all at QoS 1, subscribed anew at every connect
    on_connected  called in the connection's thread with whether the broker is there
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        filters: list[str],
        receive: Receive,
        on_connected: Callable[[bool], None] = lambda _there: None,
    ) -> None:
        self._broker = broker
        self._filters = filters
        self._receive = receive
        self._on_connected = on_connected
        self._outgoing: deque[tuple[str, bytes, bool]] = deque(maxlen=1000)
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._client = self._build(client_id)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted us and our subscriptions."""
        return self._connected.is_set()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye and end the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send at QoS 1, at the latest when the broker is back; the oldest of too many go unsent."""
        self._outgoing.append((topic, payload, retain))

    def _build(self, client_id: str) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv311, clean_session=True
        )
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            client.tls_set_context(ssl.create_default_context(cafile=self._broker.ca_file))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _run(self) -> None:
        """Connect, serve, wait a random part of a growing time, again; paho's own retry has no jitter."""
        longest_s = FIRST_RETRY_S
        while not self._stopping.is_set():
            started = time.monotonic()
            self._serve_once()
            if time.monotonic() - started > LONGEST_RETRY_S:
                longest_s = FIRST_RETRY_S  # it held for a while: this is a new fault, not the old one
            self._stopping.wait(random.uniform(0, longest_s))
            longest_s = min(longest_s * 2, LONGEST_RETRY_S)

    def _serve_once(self) -> None:
        try:
            self._client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:  # ValueError: a TLS name that does not fit
            log.warning("broker not reachable: %s", error)
            return
        while not self._stopping.is_set() and self._client.loop(timeout=0.25) == paho.MQTT_ERR_SUCCESS:
            self._send_outgoing()
        self._client.disconnect()
        self._lost()

    def _send_outgoing(self) -> None:
        """paho's writes are not safe from two threads, so only this one sends."""
        while self._outgoing and self.is_connected:
            topic, payload, retain = self._outgoing.popleft()
            self._client.publish(topic, payload, qos=1, retain=retain)

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("broker refused us: %s", reason)
            return
        client.subscribe([(one, 1) for one in self._filters])

    def _on_subscribe(
        self, _client: paho.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("broker refused a subscription; check the access list of our user")
            return
        log.info("broker connected")
        self._connected.set()
        self._on_connected(True)

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, _flags: Any, _reason: ReasonCode, _properties: Any
    ) -> None:
        self._lost()

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._receive(message.topic, bytes(message.payload), retained=message.retain)

    def _lost(self) -> None:
        if self._connected.is_set():
            self._connected.clear()
            log.warning("broker connection lost")
            self._on_connected(False)
