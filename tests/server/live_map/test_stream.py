"""One open stream: order, the end, and readers that do not read."""

import json
import socket
from datetime import UTC, datetime

import pytest
from gunicorns import until

from server.live_map import stream as streams
from server.live_map.stream import Stream, event
from server.people.rules import Viewer

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def opened(connection: socket.socket | None = None) -> Stream:
    return Stream(1, b"key", LATER, Viewer(1), None, connection)


def test_an_event_is_one_block_of_utf_8():
    assert event("person", {"name": "髙波"}, 7) == 'id: 7\nevent: person\ndata: {"name":"髙波"}\n\n'.encode()
    assert event("reload", {}) == b"event: reload\ndata: {}\n\n"


def test_what_waits_is_read_in_order_and_in_one_piece_then_the_end():
    stream = opened()
    stream.put(b"1")
    stream.put(b"2")
    stream.say_goodbye("session")
    stream.put(b"3")

    hello, *rest = stream.events()

    assert hello.startswith(b"retry: ")
    assert 2000 <= int(hello.split()[1]) <= 5000
    assert rest == [b'12event: bye\ndata: {"why":"session"}\n\n']


def test_a_silent_stream_is_pinged(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "PING_EVERY_S", 0.01)
    events = opened().events()
    next(events)

    assert next(events) == b": ping\n\n"


def test_a_stream_asks_to_be_opened_anew_after_some_minutes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "LIVES_S", (0.0, 0.0))

    _hello, bye = opened().events()

    assert json.loads(bye.split(b"data: ")[1]) == {"why": "renew"}


@pytest.mark.parametrize(("size", "number"), [(100_001, 10), (10, 2001)])
def test_a_reader_that_falls_behind_is_cut_and_keeps_no_memory_rp_21(size: int, number: int):
    """RP-21: at a megabyte of backlog (or thousands of small events) the reader loses the connection, not the rest."""
    ours, theirs = socket.socketpair()
    stream = opened(ours)
    for _ in range(number):
        stream.put(b"x" * size)

    assert stream.was_cut
    assert stream.is_over
    assert theirs.recv(1) == b""
    assert len(list(stream.events())) == 1  # the greeting
    ours.close()
    theirs.close()


def test_a_reader_that_keeps_up_is_never_cut_rp_21():
    stream = opened()
    events = stream.events()
    next(events)

    for _ in range(30):
        stream.put(b"x" * 100_001)
        next(events)

    assert not stream.was_cut


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_a_page_that_was_left_is_noticed_without_waiting_for_a_ping(family: socket.AddressFamily):
    with socket.socket(family) as door:
        door.bind(("127.0.0.1", 0) if family == socket.AF_INET else "")
        door.listen()
        theirs = socket.socket(family)
        theirs.connect(door.getsockname())
        ours, _address = door.accept()
    stream = opened(ours)
    assert not stream.was_left()

    theirs.close()

    until(stream.was_left)
    ours.close()
