"""The radio: bleak's advertisements out, and in which state the adapter is; nothing else."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping

from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)

log = logging.getLogger(__name__)

SILENCE_S = 10.0
# A radio that hears nobody's device for so long is asked again. BlueZ does not say that an adapter was pulled
# out or switched off, and an office is never that quiet; where it is, asking costs a tenth of a second.
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 30.0

OnPacket = Callable[[Mapping[int, bytes], Mapping[str, bytes], int], None]
OFF = ("org.bluez.Error.NotReady",)
ABSENT = (
    "org.freedesktop.DBus.Error.ServiceUnknown",  # bluetoothd does not run
    "org.freedesktop.DBus.Error.UnknownObject",
    "org.freedesktop.DBus.Error.UnknownMethod",
)


async def scan(
    adapter: str | None,
    on_packet: OnPacket,
    on_state: Callable[[str], None],
    *,
    silence_s: float = SILENCE_S,
    first_retry_s: float = FIRST_RETRY_S,
) -> None:
    """Scan until cancelled, whatever happens to the adapter.

    Active scanning, because BlueZ reports a device that repeats itself only then with each packet's level.

    on_packet  manufacturer data, service data, level in dBm
    on_state   one of wire.ADAPTER_STATES
    """
    has_worked, last_fault = False, ""
    longest_s = first_retry_s
    while True:
        try:
            await _listen(adapter, on_packet, on_state, silence_s)
            has_worked, longest_s, last_fault = True, first_retry_s, ""
        except Exception as error:  # whatever BlueZ or its bus did: an agent that stops trying is of no use
            state = _state(error, has_worked)
            if (fault := f"adapter {state}: {error!r}") != last_fault:
                log.warning("%s", fault)
            last_fault = fault
            on_state(state)
            await asyncio.sleep(random.uniform(longest_s / 2, longest_s))
            longest_s = min(longest_s * 2, LONGEST_RETRY_S)


async def _listen(adapter: str | None, on_packet: OnPacket, on_state: Callable[[str], None], silence_s: float) -> None:
    """Scan until nobody has been heard for a while; raises what bleak raises when scanning cannot begin."""
    heard_s = time.monotonic()

    def heard(_device: BLEDevice, said: AdvertisementData) -> None:
        nonlocal heard_s
        heard_s = time.monotonic()
        on_packet(said.manufacturer_data, said.service_data, said.rssi)

    bluez: BlueZScannerArgs = {"adapter": adapter} if adapter else {}
    scanner = BleakScanner(heard, scanning_mode="active", bluez=bluez)
    await scanner.start()
    on_state("ok")
    try:
        while (left_s := heard_s + silence_s - time.monotonic()) > 0:
            await asyncio.sleep(left_s)
    finally:
        await _stop(scanner)


async def _stop(scanner: BleakScanner) -> None:
    try:
        await scanner.stop()
    except (BleakError, OSError, EOFError) as error:
        log.debug("scan did not end cleanly: %s", error)


def _state(error: Exception, has_worked: bool) -> str:
    """Which of wire.ADAPTER_STATES an error means; an adapter that was there before is lost, not missing."""
    absent = "lost" if has_worked else "missing"
    match error:
        case BleakBluetoothNotAvailableError(reason=BleakBluetoothNotAvailableReason.POWERED_OFF):
            return "off"
        case BleakBluetoothNotAvailableError(
            reason=BleakBluetoothNotAvailableReason.NO_BLUETOOTH | BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE
        ):
            return absent
        case BleakBluetoothNotAvailableError():
            return "refused"
        case BleakDBusError(dbus_error=name) if name in OFF:
            return "off"
        case BleakDBusError(dbus_error=name) if name not in ABSENT:
            return "refused"
        case _:
            return absent
