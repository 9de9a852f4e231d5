"""One open event stream: a bounded queue that the feed fills and the response empties."""

import queue
import random
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import datetime

import orjson

from server.live_map.rules import Entry
from server.people.rules import Viewer

PING_EVERY_S = 15.0  # SR-15 allows 20; proxies give up on silent connections after 30 to 60
LIVES_S = (300.0, 480.0)
# A stream ends itself so that its reconnect passes the access rule again; the spread keeps thousands
# that opened together, after a restart, from coming back together.
RETRY_MS = (2000, 5000)
BACKLOG_BYTES = 1_000_000  # RP-21
BACKLOG_EVENTS = 2000
SEND_BUFFER_BYTES = 64 * 1024
# The kernel would hold megabytes for a reader that has gone; with this much its backlog shows here within seconds.
UNANSWERED_MS = 40_000  # a reader that vanished without a word; the pings make it show
ESTABLISHED = 1  # the first byte of Linux's tcp_info, see tcp(7): the connection as it should be

PING = b": ping\n\n"


class Stream:
    """Who reads it, what they look at, and what waits for them.

    floor_id      None: the start page, with the viewer's team
    entry_then    how the viewer's own person looked to them at the last event
    counts_sent   the last numbers it was told
    """

    def __init__(
        self,
        account_id: int,
        session_key: bytes,
        session_ends_at: datetime,
        viewer: Viewer,
        floor_id: int | None,
        connection: socket.socket | None = None,
    ) -> None:
        self.account_id = account_id
        self.session_key = session_key
        self.session_ends_at = session_ends_at
        self.viewer = viewer
        self.floor_id = floor_id
        self.entry_then: Entry | None = None
        self.counts_sent = b""
        self.is_over = False  # takes no more; what waits is still read
        self.was_cut = False
        self._connection = connection
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._put_bytes = self._put_events = 0  # written by the feed only
        self._got_bytes = self._got_events = 0  # written by the reader only
        self._ends_s = time.monotonic() + random.uniform(*LIVES_S)
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            if _is_tcp(connection):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS)

    def put(self, data: bytes) -> None:
        """Queue an encoded event; a reader too far behind is cut instead, and comes back by itself (RP-21)."""
        if self.is_over:
            return
        self._put_bytes += len(data)
        self._put_events += 1
        behind = self._put_bytes - self._got_bytes, self._put_events - self._got_events
        if behind[0] > BACKLOG_BYTES or behind[1] > BACKLOG_EVENTS:
            self.cut()
        else:
            self._waiting.put(data)

    def say_goodbye(self, why: str) -> None:
        """Send what waits, then why, then end."""
        if not self.is_over:
            self._waiting.put(event("bye", {"why": why}))
            self.is_over = True
            self._waiting.put(None)

    def was_left(self) -> bool:
        """Whether the reader has closed its end; a silent stream would not notice before its next ping but one."""
        if self._connection is None or self.is_over:
            return False
        try:
            if _is_tcp(self._connection):
                return self._connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED
            self._connection.send(b"")
        except OSError:
            return True
        return False

    def cut(self) -> None:
        """End at once, whatever waits."""
        self.is_over = self.was_cut = True
        while True:  # free what the reader will never take
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
        self._waiting.put(None)
        if self._connection is not None:
            try:
                self._connection.shutdown(socket.SHUT_RDWR)  # ends a write that waits for the reader
            except OSError:
                return  # gone already

    def events(self) -> Iterator[bytes]:
        """What goes over the wire, until the stream ends."""
        yield f"retry: {random.randint(*RETRY_MS)}\n\n".encode()
        while True:
            left_s = self._ends_s - time.monotonic()
            if left_s <= 0:
                self.say_goodbye("renew")
            try:
                first = self._waiting.get(timeout=max(0.01, min(PING_EVERY_S, left_s)))
            except queue.Empty:
                yield PING
                continue
            data, is_last = self._drained(first)
            if data:
                yield data
            if is_last:
                return

    def _drained(self, first: bytes | None) -> tuple[bytes, bool]:
        """All that waits in one piece, and whether it is the end."""
        pieces = []
        piece = first
        while piece is not None:
            pieces.append(piece)
            self._got_bytes += len(piece)
            self._got_events += 1
            try:
                piece = self._waiting.get_nowait()
            except queue.Empty:
                break
        return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), piece is None


def _is_tcp(connection: socket.socket) -> bool:
    return connection.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_INFO")


def event(kind: str, data: Mapping[str, object] | bytes, number: int | None = None) -> bytes:
    """One server-sent event; `data` as a mapping or as JSON already."""
    body = data if isinstance(data, bytes) else orjson.dumps(data)
    head = b"" if number is None else b"id: %d\n" % number
    return head + b"event: %s\ndata: %s\n\n" % (kind.encode(), body)
