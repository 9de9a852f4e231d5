"""What a badge says over the air → its tag id; everything else is a stranger's device and becomes None.

Formats: Apple, "Proximity Beacon Specification" (iBeacon); Google, "Eddystone Protocol Specification", frame UID.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge_agent.wire import Namespace

APPLE = 0x004C
IBEACON_START = b"\x02\x15"  # type 2, 21 bytes follow: UUID, major, minor, measured power
IBEACON_BYTES = 23
EDDYSTONE = "0000feaa-0000-1000-8000-00805f9b34fb"
EDDYSTONE_UID = 0x00  # frame type; then power at 0 m, namespace (10), instance (6), two reserved bytes
EDDYSTONE_UID_BYTES = (18, 20)  # some badges leave the reserved bytes out


@dataclass(frozen=True, slots=True)
class Families:
    """The identifier families that are ours: UUID (16 bytes) or namespace (10 bytes) → alias."""

    ibeacon: Mapping[bytes, str] = field(default_factory=dict)
    eddystone: Mapping[bytes, str] = field(default_factory=dict)


def families(namespaces: Mapping[str, Namespace]) -> Families:
    """The namespaces of the configuration, ready to be compared with received bytes."""
    known: dict[str, dict[bytes, str]] = {"ibeacon": {}, "eddystone-uid": {}}
    for alias, space in namespaces.items():
        known[space.kind][bytes.fromhex(space.value)] = alias
    return Families(known["ibeacon"], known["eddystone-uid"])


def tag_id(manufacturer_data: Mapping[int, bytes], service_data: Mapping[str, bytes], ours: Families) -> str | None:
    """`<alias>-<major>-<minor>` or `<alias>-<instance in hex>` of a badge of ours, else None; never raises.

    manufacturer_data   company identifier → bytes after it
    service_data        128-bit UUID in lower case → bytes after it
    """
    apple = manufacturer_data.get(APPLE)
    if apple is not None and len(apple) == IBEACON_BYTES and apple[:2] == IBEACON_START:
        alias = ours.ibeacon.get(bytes(apple[2:18]))
        if alias is not None:
            return f"{alias}-{int.from_bytes(apple[18:20])}-{int.from_bytes(apple[20:22])}"
    frame = service_data.get(EDDYSTONE)
    if frame is not None and len(frame) in EDDYSTONE_UID_BYTES and frame[0] == EDDYSTONE_UID:
        alias = ours.eddystone.get(bytes(frame[2:12]))
        if alias is not None:
            return f"{alias}-{bytes(frame[12:18]).hex()}"
    return None
