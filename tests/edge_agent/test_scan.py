"""bleak's own BlueZ code against a fake BlueZ: what is heard, and each way in which an adapter fails and comes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import fake_bluez
import pytest

from edge_agent.scan import scan

UUID = "5fd6a3c27b184e0f9c3d86e1a4720b95"
BADGE = "C3:00:00:00:00:01"
PATIENCE_S = 30.0


@dataclass
class Ear:
    """What a scan reported."""

    packets: list[tuple[dict[int, bytes], dict[str, bytes], int]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def packet(self, manufacturer_data, service_data, rssi_dbm):
        self.packets.append((dict(manufacturer_data), dict(service_data), rssi_dbm))

    @property
    def levels(self) -> set[int]:
        return {rssi_dbm for _manufacturer, _service, rssi_dbm in self.packets}


async def until(condition: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Let the scan work until something holds, doing something else now and then."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        meanwhile()
        await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def dbus_daemon() -> None:
    fake_bluez.needed()


@pytest.fixture
def on_this_bus(monkeypatch) -> Callable[[fake_bluez.Radio], None]:
    return lambda radio: monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", radio.address)


@pytest.fixture
def radio(on_this_bus) -> Iterator[fake_bluez.Radio]:
    with fake_bluez.Radio() as running:
        on_this_bus(running)
        yield running


def listening(ear: Ear, story: Callable[[], Awaitable[None]], adapter: str | None = None) -> None:
    """Scan while a story happens."""

    async def both() -> None:
        scanning = asyncio.create_task(scan(adapter, ear.packet, ear.states.append, silence_s=0.3, first_retry_s=0.05))
        try:
            await story()
        finally:
            scanning.cancel()
            await asyncio.wait([scanning])
        assert scanning.cancelled()

    asyncio.run(both())


def badge_sends(radio: fake_bluez.Radio, rssi_dbm: int) -> Callable[[], None]:
    return lambda: radio.advertise(BADGE, rssi_dbm, fake_bluez.ibeacon(UUID, 1, 42))


@pytest.mark.parametrize("adapter", [None, "hci0"])
def test_every_packet_of_a_badge_arrives_with_its_bytes_and_level(radio, adapter):
    ear = Ear()

    async def story():
        await until(lambda: ear.states == ["ok"])
        for level in (-61, -63, -63):
            radio.advertise(BADGE, level, fake_bluez.ibeacon(UUID, 1, 42))
        await until(lambda: len(ear.packets) == 3)

    listening(ear, story, adapter)

    assert [rssi_dbm for *_data, rssi_dbm in ear.packets] == [-61, -63, -63]
    assert ear.packets[0][0][0x004C] == b"\x02\x15" + bytes.fromhex(UUID) + b"\x00\x01\x00\x2a\xc5"


def test_service_data_arrives_too(radio):
    ear = Ear()
    frame = "00e7" + "00" * 16

    async def story():
        await until(lambda: ear.states == ["ok"])
        radio.advertise(BADGE, -70, service={"0000feaa-0000-1000-8000-00805f9b34fb": frame})
        await until(lambda: bool(ear.packets))

    listening(ear, story)

    assert ear.packets[0][1] == {"0000feaa-0000-1000-8000-00805f9b34fb": bytes.fromhex(frame)}


def test_scanning_ends_at_bluez_too_when_the_agent_stops(radio):
    ear = Ear()

    async def story():
        await until(lambda: ear.states == ["ok"])

    listening(ear, story)

    assert radio.calls("StopDiscovery") == 1


@pytest.mark.parametrize("adapter", [None, "hci0"])
def test_a_machine_without_an_adapter_says_missing_and_hears_once_there_is_one(on_this_bus, adapter):
    ear = Ear()
    with fake_bluez.Radio(has_adapter=False) as radio:
        on_this_bus(radio)

        async def story():
            await until(lambda: ear.states[:1] == ["missing"])
            radio.add_adapter()
            await until(lambda: -60 in ear.levels, badge_sends(radio, -60))

        listening(ear, story, adapter)

    assert set(ear.states) == {"missing", "ok"}


@pytest.mark.parametrize("adapter", [None, "hci0"])
def test_an_adapter_that_is_off_says_so_and_hears_once_it_is_on(on_this_bus, adapter):
    ear = Ear()
    with fake_bluez.Radio(is_on=False) as radio:
        on_this_bus(radio)

        async def story():
            await until(lambda: ear.states[:1] == ["off"])
            radio.switch(is_on=True)
            await until(lambda: -60 in ear.levels, badge_sends(radio, -60))

        listening(ear, story, adapter)

    assert set(ear.states) == {"off", "ok"}


@pytest.mark.parametrize("adapter", [None, "hci0"])
def test_an_adapter_that_is_pulled_out_is_lost_and_found_again(radio, adapter):
    ear = Ear()

    async def story():
        await until(lambda: -60 in ear.levels, badge_sends(radio, -60))
        radio.remove_adapter()
        await until(lambda: "lost" in ear.states)
        radio.add_adapter()
        await until(lambda: -70 in ear.levels, badge_sends(radio, -70))

    listening(ear, story, adapter)

    assert list(dict.fromkeys(ear.states)) == ["ok", "lost"]
    assert ear.states[-1] == "ok"


def test_an_adapter_that_is_switched_off_while_scanning_is_noticed_and_scans_again(radio):
    ear = Ear()

    async def story():
        await until(lambda: -60 in ear.levels, badge_sends(radio, -60))
        radio.switch(is_on=False)
        await until(lambda: "off" in ear.states)
        radio.switch(is_on=True)
        await until(lambda: -70 in ear.levels, badge_sends(radio, -70))

    listening(ear, story)

    assert list(dict.fromkeys(ear.states)) == ["ok", "off"]
    assert ear.states[-1] == "ok"


@pytest.mark.parametrize(
    "error", ["org.bluez.Error.InProgress", "org.bluez.Error.Failed", "org.bluez.Error.NotAuthorized"]
)
def test_a_refused_scan_is_tried_again_until_it_is_granted(radio, error):
    ear = Ear()
    radio.refuse(error)

    async def story():
        await until(lambda: "refused" in ear.states)
        radio.refuse(None)
        await until(lambda: -60 in ear.levels, badge_sends(radio, -60))

    listening(ear, story)

    assert ear.states[0] == "refused"
    assert ear.states[-1] == "ok"


def test_bluetoothd_may_end_and_start_again(radio):
    ear = Ear()

    async def story():
        await until(lambda: -60 in ear.levels, badge_sends(radio, -60))
        radio.stop()
        await until(lambda: "lost" in ear.states)
        radio.start()
        radio.add_adapter()
        await until(lambda: -70 in ear.levels, badge_sends(radio, -70))

    listening(ear, story)

    assert ear.states[-1] == "ok"


def test_without_a_bus_the_adapter_is_missing(monkeypatch, tmp_path):
    ear = Ear()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nowhere'}")

    async def story():
        await until(lambda: len(ear.states) >= 2)

    listening(ear, story)

    assert set(ear.states) == {"missing"}


def test_a_radio_that_hears_nothing_for_a_while_is_asked_again(radio):
    ear = Ear()

    async def story():
        await until(lambda: radio.calls("StartDiscovery") >= 3)

    listening(ear, story)

    assert set(ear.states) == {"ok"}
