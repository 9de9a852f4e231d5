"""The whole agent as its own process, from a fake BlueZ to a real Mosquitto; recordings and simulations too."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import fake_bluez
import pytest

from edge_agent import agent, wire
from edge_agent.__main__ import main
from edge_agent.config import Broker, Settings
from edge_agent.publish import Retry

ROOT = Path(__file__).parents[2]
UUID = "5fd6a3c27b184e0f9c3d86e1a4720b95"
STRANGER = "f7826da64fa24e988024bc5b71e0893e"
OURS = {"s": wire.Namespace("ibeacon", UUID)}
ALWAYS = wire.Config(OURS, 1000, wire.Hours("Asia/Tokyo", "00:00", "24:00", tuple(range(7))))
NEVER = wire.Config(OURS, 1000, wire.Hours("Asia/Tokyo", "00:00", "24:00", ()))


# One agent, without radio or broker


def packet(post: agent.Post, *, uuid: str = UUID, at_s: float = 10.0) -> None:
    data = {company: bytes.fromhex(text) for company, text in fake_bluez.ibeacon(uuid, 1, 42).items()}
    post.hear(data, {}, -60, at_s)


def listening_post() -> agent.Post:
    post = agent.Post("main", "RX-1", reference_tag="s-1-42")
    post.configure(ALWAYS)
    post.turn(9.0, is_open=True, hears=True)
    return post


def last_window(post: agent.Post) -> wire.Sightings | None:
    taken = post.outbox.take(1e9 if not len(post.outbox) else 11.0, 0)
    if taken is None:
        return None
    message = wire.decode(wire.parse_topic(wire.sightings_topic("main", "RX-1")), taken[1])
    assert isinstance(message, wire.Sightings)
    return message


def test_a_packet_of_ours_goes_into_the_next_window():
    post = listening_post()
    packet(post)

    post.turn(10.5, is_open=True, hears=True)

    assert last_window(post).rows == (wire.Sighting("s-1-42", 1, -60.0, 0.0, -60.0, 1000),)


def test_strangers_devices_are_only_counted_and_cost_no_memory_sr_39():
    post = listening_post()
    for number in range(5000):
        packet(post, uuid=f"{number:032x}")

    post.turn(10.5, is_open=True, hears=True)

    assert last_window(post).rows == ()
    assert post.health.strangers == 5000


def test_outside_the_hours_nobody_is_read_not_even_to_tell_strangers_apart_p7():
    post = listening_post()
    post.turn(9.5, is_open=False, hears=True)
    packet(post)
    packet(post, uuid=STRANGER)

    post.turn(10.5, is_open=False, hears=True)

    assert len(post.outbox) == 0
    assert post.window.unread == 2
    assert post.health.strangers == 0


def test_a_radio_that_does_not_work_sends_no_window_since_nothing_heard_would_be_a_claim():
    post = listening_post()

    post.turn(10.0, is_open=True, hears=False)
    post.turn(11.0, is_open=True, hears=True)

    assert len(post.outbox) == 1


def test_every_start_has_its_own_boot():
    boots = {agent.Post("main", "RX-1").health.boot for _ in range(10)}

    assert len(boots) == 10
    assert all(wire.BOOT.fullmatch(boot) for boot in boots)


# The process


class Process:
    """`iruka-agent run`, with a radio."""

    def __init__(self, folder: Path, url: str, radio: fake_bluez.Radio) -> None:
        self._file = folder / "agent.toml"
        self._file.write_text(f'agent = "RX-1"\n[broker]\nurl = "{url}"\n[radio]\nreference_tag = "s-1-42"\n')
        self._environment = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": radio.address}
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._running = subprocess.Popen(
            [sys.executable, "-m", "edge_agent", "run", str(self._file)],
            cwd=ROOT,
            env=self._environment,
            stderr=subprocess.DEVNULL,
        )

    def end(self, number: signal.Signals) -> int:
        assert self._running is not None
        self._running.send_signal(number)
        code = self._running.wait(30)
        self._running = None
        return code

    def close(self) -> None:
        if self._running is not None:
            self.end(signal.SIGKILL)


@pytest.fixture
def radio() -> Iterator[fake_bluez.Radio]:
    fake_bluez.needed()
    with fake_bluez.Radio() as running:
        yield running


@pytest.fixture
def process(tmp_path, broker, radio) -> Iterator[Process]:
    under_test = Process(tmp_path, broker.url, radio)
    yield under_test
    under_test.close()


@pytest.fixture
def badge(radio) -> Callable[[], None]:
    """A badge, and a stranger's device, send one packet."""

    def send() -> None:
        radio.advertise("C3:00:00:00:00:01", -61, fake_bluez.ibeacon(UUID, 1, 42))
        radio.advertise("C3:00:00:00:00:02", -50, fake_bluez.ibeacon(STRANGER, 1, 42))

    return send


def test_a_badge_is_heard_from_the_air_to_the_broker_and_a_stranger_is_not(listener, process, badge, until):
    listener.configure("main", "RX-1", ALWAYS)
    process.start()
    until(lambda: any(window.rows for window in listener.windows()), badge)

    assert process.end(signal.SIGTERM) == 0
    until(lambda: listener.statuses()[-1].state == "offline")

    assert {row.tag for window in listener.windows() for row in window.rows} == {"s-1-42"}
    assert listener.statuses()[-1].strangers > 0
    assert listener.statuses()[0].state == "online"


def test_before_a_configuration_comes_nothing_is_heard_and_outside_the_hours_neither_p7(
    radio, listener, process, badge, until
):
    process.start()
    until(lambda: radio.calls("StartDiscovery") == 1)
    until(lambda: any(status.adapter == "ok" for status in listener.statuses()), badge)
    for _ in range(50):
        badge()
    assert listener.windows() == []

    sent_since: list[None] = []
    listener.configure("main", "RX-1", ALWAYS)
    until(lambda: any(window.rows for window in listener.windows()), lambda: sent_since.append(badge()))
    heard_first = sum(row.n for window in listener.windows() for row in window.rows)
    listener.configure("main", "RX-1", NEVER)
    until(Quiet(listener), badge)

    assert heard_first <= len(sent_since)
    assert process.end(signal.SIGTERM) == 0


class Quiet:
    """Whether no window has come for thirty looks in a row, that is, longer than a window lasts."""

    LOOKS = 30

    def __init__(self, listener) -> None:
        self._listener = listener
        self._seen = -1
        self._looks = 0

    def __call__(self) -> bool:
        seen = len(self._listener.windows())
        self._looks = self._looks + 1 if seen == self._seen else 0
        self._seen = seen
        return self._looks >= self.LOOKS


def test_after_kill_9_the_broker_tells_that_the_agent_is_offline_and_a_new_start_begins_anew(
    listener, process, badge, until
):
    listener.configure("main", "RX-1", ALWAYS)
    process.start()
    until(lambda: any(window.rows for window in listener.windows()), badge)

    process.end(signal.SIGKILL)
    until(lambda: listener.statuses()[-1].state == "offline")
    before = listener.windows()[-1].boot
    process.start()
    until(lambda: listener.windows()[-1].boot != before, badge)

    assert listener.windows()[-1].seq < 100
    assert listener.statuses()[-1].state == "online"
    process.end(signal.SIGTERM)


def test_an_agent_without_an_adapter_says_so_and_says_when_it_has_one(tmp_path, broker, listener, until):
    fake_bluez.needed()
    with fake_bluez.Radio(has_adapter=False) as radio:
        process = Process(tmp_path, broker.url, radio)
        try:
            process.start()
            until(lambda: bool(listener.statuses()))
            radio.add_adapter()
            until(lambda: listener.statuses()[-1].adapter == "ok")
        finally:
            process.close()

    assert listener.statuses()[0].adapter == "missing"
    assert listener.windows() == []


def test_an_agent_finds_a_broker_that_comes_back_and_goes_on_with_its_numbers(
    broker, listener, radio, badge, until, monkeypatch
):
    """The loop itself, with a shorter pause between two attempts than a building would have."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", radio.address)
    settings = Settings("RX-1", "main", Broker("127.0.0.1", broker.port, False), None, None, 300.0)
    listener.configure("main", "RX-1", ALWAYS)

    async def story() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(agent.run(settings, stop, Retry(0.5, 0.5)))
        try:
            await asyncio.to_thread(until, lambda: bool(listener.windows()), badge)
            broker.stop()
            listener.forget_connection()
            broker.start()
            await asyncio.to_thread(listener.wait_for_connection)
            heard = len(listener.windows())
            await asyncio.to_thread(until, lambda: len(listener.windows()) >= heard + 2, badge)
        finally:
            stop.set()
            await running

    asyncio.run(story())

    numbers = [window.seq for window in listener.windows()]
    assert numbers == sorted(set(numbers))
    assert len({window.boot for window in listener.windows()}) == 1


# Recordings and simulated buildings


@pytest.fixture
def recording(tmp_path) -> Path:
    (tmp_path / "receivers.csv").write_text("receiver_id,x_m,y_m,z_m\nnorth,1,2,2\nsouth,5,6,2\nwest,0,0,2\n")
    (tmp_path / "sightings").mkdir()
    lines = [f"{n / 20},{'north' if n % 3 else 'south'},tag1,{-60 - n % 9}" for n in range(200)]
    (tmp_path / "sightings" / "walk.csv").write_text("\n".join(["t_s,receiver_id,tag_id,rssi_dbm", *lines, ""]))
    return tmp_path


@pytest.mark.parametrize("shared", [[], ["--shared-connection"]], ids=["a connection each", "one connection"])
def test_a_recording_arrives_whole_each_receiver_as_an_agent_of_its_own(
    broker, listener, recording, until, capfd, shared
):
    arguments = ["--track", "walk", "--speed", "20", "--broker", broker.url, "--site", "lab", *shared]

    assert main(["replay", str(recording), *arguments]) == 0
    until(lambda: Counter(status.state for status in listener.statuses())["offline"] >= 3)

    packets = {
        name: sum(row.n for w in listener.windows(name) for row in w.rows) for name in ("north", "south", "west")
    }
    assert packets == {"north": 133, "south": 67, "west": 0}
    assert {topic.site for topic, *_ in listener.said} == {"lab"}
    for name in packets:
        assert [window.seq for window in listener.windows(name)] == list(range(1, 11))
    assert len({window.boot for window in listener.windows()}) == 3
    assert "100%   0:09 of 0:09" in capfd.readouterr().err


def test_a_recording_may_be_stopped_and_says_goodbye(broker, listener, recording, until):
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "edge_agent",
            "replay",
            str(recording),
            "--track",
            "walk",
            "--loop",
            "--broker",
            broker.url,
        ],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: any(window.rows for window in listener.windows()))
    running.send_signal(signal.SIGINT)

    assert running.wait(30) == 0
    until(lambda: {status.agent for status in listener.statuses() if status.state == "offline"} >= {"north", "south"})


def test_a_simulated_building_speaks_for_all_its_receivers_but_the_silent_ones(broker, listener, tmp_path, until):
    floor = {"id": "1F", "level": 1, "width_m": 30, "height_m": 20, "slab_db": 15, "lifts": []}
    radio = {"power_at_1m_dbm": -60, "exponent": 2.2, "shadow_sd_db": 3, "shadow_scale_m": 4, "fast_sd_db": 4}
    receivers = [
        {"id": f"RX-{number}", "floor": "1F", "x_m": 5 * number, "y_m": 10, "z_m": 2.5} for number in range(1, 5)
    ]
    scenario = {
        "site": "hall", "tz": "Asia/Tokyo", "seed": 1, "silent": ["RX-4"], "floors": [floor], "receivers": receivers,
        "tags": [{"id": "s-1-1", "level_db": -3, "interval_s": 0.5}],
        "people": [{"tag": "s-1-1", "stops": [[32_400, "1F", 8, 8, "desk"]]}],
        "radio": radio | {"body_sd_db": 3, "loss": 0.1},
    }  # fmt: skip
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(scenario))
    running = subprocess.Popen(
        [sys.executable, "-m", "edge_agent", "simulate", str(file), "--at", "09:30", "--broker", broker.url],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: all(any(w.rows for w in listener.windows(f"RX-{number}")) for number in (1, 2, 3)))
        until(lambda: bool(listener.statuses("RX-4")))
    finally:
        running.terminate()
    assert running.wait(30) == 0

    assert listener.windows("RX-4") == []
    assert {status.state for status in listener.statuses("RX-4")} == {"offline"}
    assert {row.tag for window in listener.windows() for row in window.rows} == {"s-1-1"}
    assert {topic.site for topic, *_ in listener.said} == {"hall"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["replay", "/nowhere", "--track", "x"], "/nowhere/receivers.csv cannot be read"),
        (["simulate", "/nowhere.json"], "/nowhere.json cannot be read"),
        (
            ["replay", "{recording}", "--track", "walk", "--broker", "mqtt://x.example"],
            "--broker must begin with mqtts://",
        ),
        (["replay", "{recording}", "--track", "walk", "--password-file", "/nowhere"], "--password-file names /nowhere"),
        (["replay", "{recording}", "--track", "walk", "--ca-file", "/no.pem"], "certificate file /no.pem"),
    ],
)
def test_what_cannot_work_ends_with_2_and_a_sentence(recording, capsys, arguments, told):
    assert main([argument.format(recording=recording) for argument in arguments]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["simulate", "x.json", "--at", "25:00"],
        ["simulate", "x.json", "--speed", "0"],
        ["replay", "x", "--track", "y", "--speed", "fast"],
        ["replay", "x", "--track", "y", "--window-ms", "5"],
        ["replay", "x", "--track", "y", "--site", "Town hall"],
    ],
)
def test_a_wrong_command_line_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)

    assert end.value.code == 2
    assert "usage: iruka-agent" in capsys.readouterr().err


def test_the_agent_does_not_need_numpy():
    """What a Raspberry Pi runs is imported where NumPy cannot be."""
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from edge_agent.__main__ import main\n"
        "sys.exit(main(['simulate', 'x.json']))"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 2
    assert done.stderr == "The simulated building needs NumPy; install iruka[demo].\n"
