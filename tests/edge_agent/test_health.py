"""What an agent says of itself."""

import ctypes
import sys

import pytest

from edge_agent import health, wire
from edge_agent.health import STA_NANO, STA_UNSYNC, Health, offset_ms, timex

BOOT = "00000000000000aa"


def status(vitals: Health, now_s: float, **changes) -> wire.Status:
    known = {"is_online": True, "adapter": "ok", "queue": 0, "dropped": 0}
    return vitals.status(now_s, 1_780_272_000_000, **(known | changes))


def test_rates_are_packets_a_second_since_they_were_last_measured():
    vitals = Health("RX-1", BOOT, 100.0, reference="s-0-1")
    for number in range(150):
        vitals.packet("s-0-1" if number % 10 == 0 else "s-1-1")
    first = status(vitals, 115.0)
    for _ in range(30):
        vitals.packet()
    second = status(vitals, 130.0)

    assert (first.pps, first.ref_pps) == (10.0, 1.0)
    assert (second.pps, second.ref_pps) == (2.0, None)


def test_a_status_soon_after_another_repeats_the_rates_that_chance_would_spoil():
    vitals = Health("RX-1", BOOT, 0.0)
    for _ in range(150):
        vitals.packet()
    status(vitals, 15.0)
    vitals.packet()

    assert status(vitals, 15.5).pps == 10.0


def test_without_a_reference_tag_nothing_is_claimed_about_it():
    vitals = Health("RX-1", BOOT, 0.0)
    for _ in range(150):
        vitals.packet("s-0-1")

    assert status(vitals, 15.0).ref_pps is None


def test_a_status_is_what_the_wire_says_and_nothing_else():
    vitals = Health("RX-1", BOOT, 100.0)
    vitals.strangers = 7

    said = status(vitals, 3_700.9, is_online=False, adapter="lost", queue=3, dropped=41)

    assert wire.decode(wire.parse_topic(wire.status_topic("main", "RX-1")), wire.encode(said)) == said
    assert (said.state, said.adapter, said.queue, said.dropped, said.strangers) == ("offline", "lost", 3, 41, 7)
    assert said.uptime_s == 3600


def test_a_clock_before_1970_is_said_to_be_1970():
    assert Health("RX-1", BOOT, 0.0).status(1.0, -5, is_online=True, adapter="ok", queue=0, dropped=0).sent_ms == 0


def kernel_says(offset: int, flags: int) -> bytes:
    """The beginning of the kernel's struct timex on this machine."""
    step = ctypes.sizeof(ctypes.c_long)
    fields = [0, offset, 0, 0, 0, flags]
    return b"".join(field.to_bytes(step, sys.byteorder, signed=True) for field in fields) + bytes(400)


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        pytest.param(kernel_says(2_500, 0), 2, id="microseconds"),
        pytest.param(kernel_says(-2_600_000, STA_NANO), -3, id="nanoseconds, behind"),
        pytest.param(kernel_says(0, STA_UNSYNC), None, id="nobody keeps the clock"),
        pytest.param(None, None, id="nobody may ask"),
    ],
)
def test_the_clock_error_is_the_kernels_or_unknown(kernel, expected):
    assert offset_ms(kernel) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="the call is Linux's")
def test_the_kernel_of_this_machine_answers_or_says_nothing():
    raw = timex()
    error_ms = health.clock_error_ms()

    assert raw is None or len(raw) == health.ADJTIMEX_BYTES
    assert error_ms is None or abs(error_ms) < 60_000
