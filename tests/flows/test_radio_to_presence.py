"""From what receivers publish to what is known of people: real process, broker and databases, and their faults."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import air
import make
import mosquitto
import paho.mqtt.client as paho
import postgres
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent import wire
from migrations.upgrade import upgrade
from server import clock, db
from server.fleet import queries as fleet
from server.places import service as places
from server.presence import queries as presence
from server.presence.rules import AWAY, State

ROOT = Path(__file__).resolve().parents[2]
RECEIVERS = {"RX-1": (3.0, 3.0), "RX-2": (9.0, 9.0), "RX-3": (15.0, 3.0), "RX-4": (21.0, 9.0)}
IN_A, IN_B = (4.0, 6.0), (20.0, 6.0)
PATIENCE_S = 30.0  # how long a test waits before it gives up; nothing is asserted about how long it took


def until(condition: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Wait until something holds, doing something else four times a second."""
    deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        meanwhile()
        pause.wait(0.25)


class Building:
    """Always open, a floor of two zones, four receivers, and 髙波 with a badge."""

    def __init__(self) -> None:
        with db.transaction():
            building = make.building()
            places.set_hours(building, "00:00", "24:00", "0123456")
            self.floor = make.floor(building, "18", width_m=24.0, height_m=12.0)
            self.zone_a = make.zone(self.floor, "18A")
            self.zone_b = make.zone(self.floor, "18B", x_m=12.0)
            for agent, (x, y) in RECEIVERS.items():
                make.receiver(self.floor, agent, x_m=x, y_m=y)
            self.person = make.person(has_read=make.notice())
            self.badge = make.badge(self.person, "s-1-1")

    def zone(self) -> int | None:
        """Where 髙波 is said to be."""
        with db.reading():
            found = presence.whereabouts([self.person]).get(self.person)
        return found.zone_id if found is not None and found.state in (State.PRESENT, State.PASSING) else None

    def beat(self):
        """The process's last sign of life."""
        with db.reading():
            return fleet.beat()

    def count(self, kind: str) -> int:
        """How often ingest met something."""
        with db.reading():
            return sum(line.count for line in fleet.counts() if line.kind == kind)


class Radio:
    """All receivers, on one connection to the broker."""

    def __init__(self, broker: mosquitto.Server, badge: str) -> None:
        self._badge = badge
        self._seq = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="radio", protocol=paho.MQTTv311)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def say(self, place: tuple[float, float], *, retain: bool = False) -> None:
        """One window of every receiver."""
        self._seq += 1
        sent_ms = int(clock.now().timestamp() * 1000)
        for message in air.heard_at(RECEIVERS, {self._badge: place}, self._seq, sent_ms=sent_ms, noise_db=2.0):
            topic = wire.sightings_topic("main", message.agent)
            self._client.publish(topic, wire.encode(message), qos=1, retain=retain)

    def publish(self, topic: str, payload: bytes) -> None:
        """Anything else."""
        self._client.publish(topic, payload, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Process:
    """The background process."""

    def __init__(self, database_url: str, broker: mosquitto.Server, state_dir: Path) -> None:
        self._environment = {
            **os.environ,
            "IRUKA_DATABASE_URL": database_url,
            "IRUKA_MQTT_URL": broker.url,
            "IRUKA_STATE_DIR": str(state_dir),
            "OMP_NUM_THREADS": "1",
        }
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait for its first sign of life with a broker."""
        before = clock.now()
        self._running = subprocess.Popen(
            [sys.executable, "-m", "server.background"], cwd=ROOT, env=self._environment, stderr=subprocess.PIPE
        )
        until(lambda: (beat := self._beat()) is not None and beat.at > before and beat.broker_connected)

    def another(self) -> subprocess.Popen[bytes]:
        """A second one beside it."""
        return subprocess.Popen(
            [sys.executable, "-m", "server.background"], cwd=ROOT, env=self._environment, stderr=subprocess.PIPE
        )

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        assert self._running is not None
        self._running.send_signal(number)
        code = self._running.wait(20)
        assert self._running.stderr is not None
        self._running.stderr.close()
        self._running = None
        return code

    def close(self) -> None:
        if self._running is not None:
            self.end(signal.SIGKILL)

    def _beat(self):
        with db.reading():
            return fleet.beat()


@pytest.fixture(scope="module")
def broker() -> Iterator[mosquitto.Server]:
    mosquitto.needed()
    with mosquitto.server() as running:
        yield running


@pytest.fixture
def office(database) -> Building:
    return Building()


@pytest.fixture
def radio(broker, office) -> Iterator[Radio]:
    on_air = Radio(broker, office.badge)
    yield on_air
    on_air.close()


@pytest.fixture
def process(broker, office, database, tmp_path) -> Iterator[Process]:
    under_test = Process(database, broker, tmp_path)
    yield under_test
    under_test.close()


def test_what_receivers_hear_becomes_where_somebody_is_and_outlives_a_kill_rp_06(office, radio, process):
    process.start()
    until(lambda: office.zone() == office.zone_a, lambda: radio.say(IN_A))

    process.end(signal.SIGKILL)
    after_the_kill = office.zone()
    process.start()
    after_the_start = office.zone()
    until(lambda: office.zone() == office.zone_b, lambda: radio.say(IN_B))

    assert after_the_kill == after_the_start == office.zone_a
    assert process.end(signal.SIGTERM) == 0


@pytest.fixture
def sqlite_office(sqlite) -> Building:
    return Building()


def test_a_second_background_process_waits_and_takes_over(broker, sqlite, sqlite_office, tmp_path):
    first = Process(sqlite, broker, tmp_path)
    first.start()
    second = first.another()
    try:
        lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in second.stderr], daemon=True).start()
        waiting = lines.get(timeout=PATIENCE_S)
        assert b"another background process is at work" in waiting
        first.end(signal.SIGKILL)
        until(lambda: not lines.empty() and b"ready" in lines.get())
    finally:
        second.terminate()
        assert second.wait(20) == 0
        first.close()
        second.stderr.close()


def test_receivers_are_told_the_hours_and_namespaces_and_retained_sightings_are_cleared_sr_34(
    broker, sqlite, sqlite_office, tmp_path
):
    radio = Radio(broker, sqlite_office.badge)
    radio.say(IN_B, retain=True)
    process = Process(sqlite, broker, tmp_path)
    kept: dict[str, bytes] = {}
    listener = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    listener.on_message = lambda _client, _data, message: kept.update({message.topic: message.payload})
    try:
        process.start()
        until(lambda: sqlite_office.count("retained") == len(RECEIVERS))
        listener.connect("127.0.0.1", broker.port)
        listener.subscribe([("office/v1/main/agents/+/config", 1), ("office/v1/main/agents/+/sightings", 1)])
        listener.loop_start()
        until(lambda: len(kept) == len(RECEIVERS))
    finally:
        listener.disconnect()
        listener.loop_stop()
        radio.close()
        process.close()

    assert set(kept) == {wire.config_topic("main", agent) for agent in RECEIVERS}
    config = wire.decode(wire.parse_topic(wire.config_topic("main", "RX-1")), kept[wire.config_topic("main", "RX-1")])
    assert config.hours == wire.Hours("Asia/Tokyo", "00:00", "24:00", (0, 1, 2, 3, 4, 5, 6))
    assert config.namespaces["s"].kind == "ibeacon"
    assert sqlite_office.zone() is None


def test_while_the_broker_is_away_the_last_place_stays_and_is_called_old_rp_11(sqlite, sqlite_office, tmp_path):
    mosquitto.needed()
    with mosquitto.server() as broker:
        process, radio = Process(sqlite, broker, tmp_path), Radio(broker, sqlite_office.badge)
        try:
            process.start()
            until(lambda: sqlite_office.zone() == sqlite_office.zone_a, lambda: radio.say(IN_A))

            broker.stop()
            until(lambda: not sqlite_office.beat().broker_connected)
            meanwhile = sqlite_office.zone()
            with db.reading():
                reasons = fleet.stale_reasons(clock.now())
            broker.start()
            until(lambda: sqlite_office.zone() == sqlite_office.zone_b, lambda: radio.say(IN_B))
        finally:
            radio.close()
            process.close()

    assert meanwhile == sqlite_office.zone_a
    assert reasons == ("broker",)


def test_ingest_holds_while_the_database_is_away_and_goes_on_by_itself_rp_10(broker, tmp_path):
    if postgres.missing() or "IRUKA_TEST_PG_DSN" in os.environ:
        pytest.skip("needs a PostgreSQL of its own, to stop and start it")
    with postgres.server() as server:
        url = server.create("iruka")
        db.connect(url)
        upgrade()
        office = Building()
        process, radio = Process(url, broker, tmp_path), Radio(broker, office.badge)
        try:
            process.start()
            until(lambda: office.zone() == office.zone_a, lambda: radio.say(IN_A))

            db.disconnect()
            server.stop()
            hold = iter(range(16))
            until(lambda: next(hold, None) is None, lambda: radio.say(IN_B))
            radio.publish(wire.sightings_topic("main", "RX-1"), b"met while the database was away")
            server.start()
            db.connect(url)
            until(lambda: office.zone() == office.zone_b, lambda: radio.say(IN_B))
            until(lambda: office.count("not_json") == 1)
        finally:
            radio.close()
            process.close()
            db.disconnect()


def test_at_the_start_the_long_unheard_are_away_and_not_unknown_rp_06(broker, sqlite, sqlite_office, tmp_path):
    with db.transaction() as session:
        row = {
            "person_id": sqlite_office.person,
            "state": "present",
            "floor_id": sqlite_office.floor,
            "zone_id": sqlite_office.zone_a,
            "confidence": 0.9,
            "source": "beacon",
            "heard_at": make.at("09:00", make.DAY),
        }
        session.execute(db.Base.metadata.tables["whereabouts"].insert(), row)
    process = Process(sqlite, broker, tmp_path)
    try:
        process.start()
        until(lambda: presence_of(sqlite_office) == AWAY)
    finally:
        process.close()


def presence_of(office: Building):
    with db.reading():
        return presence.whereabouts([office.person]).get(office.person)
