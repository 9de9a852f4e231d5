"""Which packets are a badge of ours, and whose devices nobody names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import wire
from edge_agent.beacons import APPLE, EDDYSTONE, Families, families, tag_id

UUID = bytes.fromhex("5fd6a3c27b184e0f9c3d86e1a4720b95")
SPACE = bytes.fromhex("8b0ca750e7a7e14c9911")
OURS = families(
    {"s": wire.Namespace("ibeacon", UUID.hex()), "e": wire.Namespace("eddystone-uid", SPACE.hex())},
)
IBEACON = b"\x02\x15" + UUID + b"\x00\x12\xff\xff" + b"\xc5"
UID = b"\x00\xe7" + SPACE + b"\x00\x00\x00\x00\x00\x2a" + b"\x00\x00"


def test_an_ibeacon_of_ours_is_named_by_alias_major_and_minor():
    assert tag_id({APPLE: IBEACON}, {}, OURS) == "s-18-65535"


@pytest.mark.parametrize("frame", [UID, UID[:18]], ids=["with reserved bytes", "without"])
def test_an_eddystone_of_ours_is_named_by_alias_and_instance(frame):
    assert tag_id({}, {EDDYSTONE: frame}, OURS) == "e-00000000002a"


@pytest.mark.parametrize(
    ("manufacturer", "service"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({APPLE: b""}, {EDDYSTONE: b""}, id="empty data"),
        pytest.param({APPLE: IBEACON.replace(UUID, UUID[::-1])}, {}, id="a neighbour's iBeacon"),
        pytest.param({0x0059: IBEACON}, {}, id="another company's data of the same form"),
        pytest.param({APPLE: b"\x10\x05" + IBEACON[2:]}, {}, id="a telephone"),
        pytest.param({APPLE: IBEACON[:-1]}, {}, id="a byte too short"),
        pytest.param({APPLE: IBEACON + b"\x00"}, {}, id="a byte too long"),
        pytest.param({}, {EDDYSTONE: UID.replace(SPACE, SPACE[::-1])}, id="a neighbour's Eddystone"),
        pytest.param({}, {EDDYSTONE: b"\x10" + UID[1:]}, id="an Eddystone with an address of a page"),
        pytest.param({}, {EDDYSTONE: UID[:17]}, id="an Eddystone cut short"),
        pytest.param({}, {EDDYSTONE.upper(): UID[:19]}, id="another service"),
    ],
)
def test_everything_else_is_a_stranger(manufacturer, service):
    assert tag_id(manufacturer, service, OURS) is None


def test_without_a_configuration_everybody_is_a_stranger():
    assert tag_id({APPLE: IBEACON}, {EDDYSTONE: UID}, Families()) is None


def test_a_badge_that_sends_both_is_one_badge():
    assert tag_id({APPLE: IBEACON}, {EDDYSTONE: UID}, OURS) == "s-18-65535"


BYTES = st.binary(max_size=40) | st.sampled_from([IBEACON, UID, IBEACON[:5], UID[:5]])


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([APPLE, 1, 0xFFFF]), BYTES),
    st.dictionaries(st.sampled_from([EDDYSTONE, "x"]), BYTES),
)
def test_no_bytes_on_the_air_do_harm_and_every_name_fits_the_wire_rp_09(manufacturer, service):
    tag = tag_id(manufacturer, service, OURS)

    assert tag is None or wire.TAG.fullmatch(tag)
