"""BlueZ as bleak sees it, on a D-Bus of its own: advertisements on command, and the faults a real adapter has.

`Radio` starts a private dbus-daemon and, in a child process, a service that owns org.bluez there. Every command is
answered when it has been carried out, so tests need not wait for it. Facts from BlueZ's doc/org.bluez.Adapter.rst and
org.bluez.Device.rst.
"""

import asyncio
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
OBJECTS, PROPERTIES = "org.freedesktop.DBus.ObjectManager", "org.freedesktop.DBus.Properties"
HCI0 = "/org/bluez/hci0"
BUS = """<busconfig><type>custom</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
"""


def needed() -> None:
    """Skip the test where there is no dbus-daemon, or fail when the run asked for everything."""
    if shutil.which("dbus-daemon") is None:
        if os.environ.get("IRUKA_TEST_REQUIRE_ALL") == "1":
            pytest.fail("dbus-daemon was not found, and IRUKA_TEST_REQUIRE_ALL=1 asks for it")
        pytest.skip("dbus-daemon was not found")


def ibeacon(uuid_hex: str, major: int, minor: int, power_dbm: int = -59) -> dict[int, str]:
    """The manufacturer data of an iBeacon, as `Radio.advertise` takes it."""
    payload = b"\x02\x15" + bytes.fromhex(uuid_hex) + major.to_bytes(2) + minor.to_bytes(2)
    return {0x004C: (payload + power_dbm.to_bytes(1, signed=True)).hex()}


class Radio:
    """A bus with BlueZ and, unless told otherwise, one adapter hci0 that is on.

    address  of the bus, for DBUS_SYSTEM_BUS_ADDRESS
    """

    def __init__(self, *, has_adapter: bool = True, is_on: bool = True) -> None:
        self._initial = [["add"]] if has_adapter else []
        if not is_on:
            self._initial.append(["power", False])
        self._directory = Path(tempfile.mkdtemp(prefix="bus."))
        self.address = f"unix:path={self._directory / 'socket'}"

    def __enter__(self) -> Self:
        config = self._directory / "bus.conf"
        config.write_text(BUS.format(socket=self._directory / "socket"))
        self._bus = subprocess.Popen(
            ["dbus-daemon", "--nofork", "--nopidfile", "--print-address", f"--config-file={config}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._bus.stdout is not None and self._bus.stdout.readline()
        self.start()
        for command in self._initial:
            self._do(*command)
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None):
        self.stop()
        self._bus.terminate()
        self._bus.wait(10)
        self._bus.stdout.close()
        shutil.rmtree(self._directory)

    def start(self) -> None:
        """Start bluetoothd; it knows no adapter yet."""
        self._bluez = subprocess.Popen(
            [sys.executable, __file__, self.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert self._bluez.stdout.readline() == "ready\n"

    def stop(self) -> None:
        """End bluetoothd."""
        self._bluez.stdin.close()
        self._bluez.wait(10)
        self._bluez.stdout.close()

    def advertise(
        self,
        address: str,
        rssi_dbm: int,
        manufacturer: dict[int, str] | None = None,
        service: dict[str, str] | None = None,
    ) -> None:
        """One packet arrives; it is reported when somebody scans."""
        self._do("advertise", address, rssi_dbm, manufacturer or {}, service or {})

    def add_adapter(self) -> None:
        """An adapter is plugged in, on."""
        self._do("add")

    def remove_adapter(self) -> None:
        """It is pulled out."""
        self._do("remove")

    def switch(self, *, is_on: bool) -> None:
        """The adapter is switched."""
        self._do("power", is_on)

    def refuse(self, error: str | None) -> None:
        """From now on StartDiscovery answers with this error; None: it works."""
        self._do("refuse", error)

    def calls(self, member: str) -> int:
        """How often a method was called."""
        return self._do("calls", member)

    def _do(self, *command: Any) -> int:
        self._bluez.stdin.write(json.dumps(command) + "\n")
        return json.loads(self._bluez.stdout.readline())


class Bluez:
    """The service: one adapter at most, and the devices it has heard."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._objects: dict[str, dict[str, dict[str, Variant]]] = {}
        self._scans = False
        self._refusal: str | None = None
        self._calls: Counter[str] = Counter()

    def answer(self, call: Message) -> Message | None:
        """What a method call gets."""
        if call.message_type != MessageType.METHOD_CALL:
            return None
        self._calls[call.member] += 1
        if (call.interface, call.member) == (OBJECTS, "GetManagedObjects"):
            return Message.new_method_return(call, "a{oa{sa{sv}}}", [self._objects])
        if call.interface != ADAPTER:
            return None
        if call.path not in self._objects:
            return Message.new_error(call, "org.freedesktop.DBus.Error.UnknownObject", "there is no such adapter")
        if not self._is_on and call.member != "SetDiscoveryFilter":
            return Message.new_error(call, "org.bluez.Error.NotReady", "Resource Not Ready")
        if call.member == "StartDiscovery" and self._refusal is not None:
            return Message.new_error(call, self._refusal, "refused by the test")
        if call.member in ("StartDiscovery", "StopDiscovery"):
            self._scans = call.member == "StartDiscovery"
        return Message.new_method_return(call)

    @property
    def _is_on(self) -> bool:
        return bool(self._objects[HCI0][ADAPTER]["Powered"].value)

    def add(self) -> None:
        self._objects[HCI0] = {
            ADAPTER: {
                "Address": Variant("s", "00:11:22:33:44:55"),
                "AddressType": Variant("s", "public"),
                "Name": Variant("s", "hci0"),
                "Alias": Variant("s", "hci0"),
                "Powered": Variant("b", True),
                "Discovering": Variant("b", False),
                "Roles": Variant("as", ["central"]),
                "UUIDs": Variant("as", []),
            }
        }
        self._scans = False
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [HCI0, self._objects[HCI0]])

    def remove(self) -> None:
        self._scans = False
        for path in sorted(self._objects, reverse=True):
            interface = ADAPTER if path == HCI0 else DEVICE
            self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, [interface]])
        self._objects.clear()

    def power(self, is_on: bool) -> None:
        self._scans = False
        self._change(HCI0, ADAPTER, {"Powered": Variant("b", is_on), "Discovering": Variant("b", False)})

    def refuse(self, error: str | None) -> None:
        self._refusal = error

    def calls(self, member: str) -> int:
        return self._calls[member]

    def advertise(self, address: str, rssi_dbm: int, manufacturer: dict[str, str], service: dict[str, str]) -> None:
        if not self._scans:
            return None
        said = {
            "RSSI": Variant("n", rssi_dbm),
            "UUIDs": Variant("as", []),
            "ManufacturerData": Variant(
                "a{qv}", {int(company): Variant("ay", bytes.fromhex(data)) for company, data in manufacturer.items()}
            ),
            "ServiceData": Variant(
                "a{sv}", {uuid: Variant("ay", bytes.fromhex(data)) for uuid, data in service.items()}
            ),
        }
        path = f"{HCI0}/dev_{address.replace(':', '_')}"
        if path in self._objects:
            return self._change(path, DEVICE, said)
        known = {"Address": Variant("s", address), "Alias": Variant("s", address), "Adapter": Variant("o", HCI0)}
        self._objects[path] = {DEVICE: known | said}
        return self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, self._objects[path]])

    def _change(self, path: str, interface: str, values: dict[str, Variant]) -> None:
        self._objects[path][interface].update(values)
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, values, []])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        # dbus-fast gives up a connection whose buffer is full, so wait until there is room.
        select.select([], [self._bus._sock], [], 10)
        self._bus.send(Message.new_signal(path, interface, member, signature, body))


async def serve(address: str) -> None:
    """Be BlueZ on a bus, obey the commands on stdin until it ends."""
    bus = await MessageBus(bus_address=address, bus_type=BusType.SYSTEM).connect()
    bluez = Bluez(bus)
    bus.add_message_handler(bluez.answer)
    await bus.request_name("org.bluez")
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    while line := await commands.readline():
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(bluez, name)(*arguments)), flush=True)
    bus.disconnect()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
