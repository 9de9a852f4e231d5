"""The broker connection: paho in a thread of its own, at QoS 1, with a last will."""

import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.config import Broker
from edge_agent.outbox import IN_FLIGHT, Outbox

log = logging.getLogger(__name__)

KEEPALIVE_S = 15
# How soon the broker publishes our last will when we vanish without a word: one and a half of this.
TURN_S = 0.1  # how long a closed window may wait for the thread to look
GOODBYE_S = 3.0  # for what is in flight at the end


@dataclass(frozen=True, slots=True)
class Retry:
    """How long to wait before connecting again.

    150 agents whose broker restarts come back spread over ten seconds, and all within one minute (RP-08).
    """

    first_s: float = 10.0
    longest_s: float = 30.0

    def pause_s(self, failures: int) -> float:
        """Full jitter: a random part of first_s, doubled with each failure in a row, at most longest_s."""
        return random.uniform(0, min(self.longest_s, self.first_s * 2 ** min(failures, 16)))


class Connection:
    """One clean-session MQTT 3.1.1 client that keeps trying until stopped.

    outboxes    topic → windows to send
    will        topic and retained message that the broker publishes when we vanish
    reads       topics to subscribe
    receive     takes a topic and a message; called in the connection's thread, so it only enqueues
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        outboxes: Mapping[str, Outbox],
        will: tuple[str, bytes] | None = None,
        reads: tuple[str, ...] = (),
        receive: Callable[[str, bytes], None] = lambda _topic, _payload: None,
        retry: Retry = Retry(),
    ) -> None:
        self._broker = broker
        self._client_id = client_id
        self._outboxes = outboxes
        self._will = will
        self._reads = reads
        self._receive = receive
        self._retry = retry
        self._said: dict[str, bytes] = {}  # the last retained message of each topic, said again at every connect
        self._unsaid: set[str] = set()
        self._lock = threading.Lock()
        self._in_flight: dict[int, tuple[Outbox, int] | None] = {}  # message id → whose window; None: not a window
        self._fault = ""  # the last one that was logged
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mqtt {client_id}", daemon=True)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted us."""
        return self._connected.is_set()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def say(self, topic: str, payload: bytes) -> None:
        """Publish a retained message, at the latest when the broker is back; a newer one replaces it."""
        with self._lock:
            self._said[topic] = payload
            self._unsaid.add(topic)

    def stop(self) -> None:
        """Send what was said, say goodbye and end the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=GOODBYE_S + 5)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                failures = 0 if self._serve_once() else failures + 1
            except Exception:
                log.exception("the broker connection failed")
                failures += 1
            self._stopping.wait(self._retry.pause_s(failures))

    def _serve_once(self) -> bool:
        """Connect and serve until it breaks; returns whether the broker had accepted us."""
        client = self._client()
        try:
            client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:  # ValueError: a TLS name that does not fit
            self._warn(f"broker not reachable: {error}")
            return False
        try:
            while not self._stopping.is_set() and client.loop(timeout=TURN_S) == paho.MQTT_ERR_SUCCESS:
                self._send(client)
            was_connected = self.is_connected
            if self._stopping.is_set():
                self._say_goodbye(client)
        finally:
            client.disconnect()
            self._lost()
        return was_connected

    def _client(self) -> paho.Client:
        """A new one for each connection, so that nothing old is resent with the ages it had then."""
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=self._client_id, protocol=paho.MQTTv311, clean_session=True
        )
        client.max_inflight_messages_set(0)  # the outboxes bound it
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            client.tls_set_context(ssl.create_default_context(cafile=self._broker.ca_file))
        if self._will is not None:
            client.will_set(*self._will, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _send(self, client: paho.Client) -> None:
        if not self.is_connected:
            return
        self._send_said(client)
        for topic, outbox in self._outboxes.items():
            for _ in range(IN_FLIGHT):
                taken = outbox.take(time.monotonic(), time.time_ns() // 1_000_000)
                if taken is None:
                    break
                seq, payload = taken
                self._in_flight[client.publish(topic, payload, qos=1).mid] = outbox, seq

    def _send_said(self, client: paho.Client) -> None:
        with self._lock:
            due = [(topic, self._said[topic]) for topic in self._unsaid]
            self._unsaid.clear()
        for topic, payload in due:
            self._in_flight[client.publish(topic, payload, qos=1, retain=True).mid] = None

    def _say_goodbye(self, client: paho.Client) -> None:
        if not self.is_connected:
            return
        self._send_said(client)
        deadline_s = time.monotonic() + GOODBYE_S
        while self._in_flight and time.monotonic() < deadline_s:
            if client.loop(timeout=TURN_S) != paho.MQTT_ERR_SUCCESS:
                return

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._warn(f"broker refused us: {reason}")
            return
        log.info("broker connected")
        self._fault = ""
        if self._reads:
            client.subscribe([(topic, 1) for topic in self._reads])
        with self._lock:
            self._unsaid.update(self._said)
        self._connected.set()

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        window = self._in_flight.pop(mid, None)
        if window is not None:
            outbox, seq = window
            outbox.done(seq)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._receive(message.topic, bytes(message.payload))

    def _warn(self, fault: str) -> None:
        """Once, however often it is tried."""
        if fault != self._fault:
            log.warning("%s", fault)
        self._fault = fault

    def _lost(self) -> None:
        if self._connected.is_set():
            self._connected.clear()
            log.info("broker connection ended")
        self._in_flight.clear()
        for outbox in self._outboxes.values():
            outbox.take_back()
