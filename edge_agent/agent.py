"""The loop: scan → window → outbox → publish; the same for a radio, a recording and a simulated building."""

import asyncio
import logging
import secrets
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from edge_agent import beacons, scan, wire
from edge_agent.config import Broker, Settings
from edge_agent.health import INTERVAL_S, Health
from edge_agent.outbox import KEEP_S, PACE_PER_S, Outbox
from edge_agent.publish import Connection, Retry
from edge_agent.window import Packet, Window, is_open

log = logging.getLogger(__name__)

SHORTEST_DT_MS, LONGEST_DT_MS = 100, 60_000


class Post:
    """One agent at its place: packets in, windows and statuses out."""

    def __init__(
        self,
        site: str,
        agent: str,
        *,
        reference_tag: str | None = None,
        keep_s: float = KEEP_S,
        pace_per_s: float = PACE_PER_S,
    ) -> None:
        boot = secrets.token_hex(8)
        self.site = site
        self.agent = agent
        self.adapter = "ok"
        self.window = Window()
        self.outbox = Outbox(agent, boot, keep_s, pace_per_s)
        self.health = Health(agent, boot, time.monotonic(), reference_tag)
        self._families = beacons.Families()
        self._opened_s = time.monotonic()

    def configure(self, config: wire.Config) -> None:
        """Take over which tags are ours."""
        self._families = beacons.families(config.namespaces)

    def hear(
        self, manufacturer_data: Mapping[int, bytes], service_data: Mapping[str, bytes], rssi_dbm: float, at_s: float
    ) -> None:
        """One packet from the air: outside the hours unread (P7), a stranger's only counted."""
        if not self.window.is_open:
            self.window.unread += 1
            self.health.packet()
            return
        tag = beacons.tag_id(manufacturer_data, service_data, self._families)
        self.health.packet(tag)
        if tag is None:
            self.health.strangers += 1
        else:
            self.window.add(tag, rssi_dbm, at_s)

    def turn(self, now_s: float, *, is_open: bool, hears: bool, dt_ms: int | None = None) -> None:
        """Close the window and put it into the outbox.

        is_open  whether the next one may be read (P7)
        hears    whether the radio works; without it there is no window, since an empty one means "heard nothing"
        dt_ms    the window's length; None: measured
        """
        measured_ms = round((now_s - self._opened_s) * 1000)
        self._opened_s = now_s
        rows = self.window.close(now_s, is_open)
        if rows is not None and hears:
            length_ms = min(LONGEST_DT_MS, max(SHORTEST_DT_MS, measured_ms if dt_ms is None else dt_ms))
            self.outbox.put(rows, length_ms, now_s)

    def status(self, *, is_online: bool = True) -> tuple[str, bytes]:
        """The topic and the message that say how this agent is."""
        status = self.health.status(
            time.monotonic(),
            time.time_ns() // 1_000_000,
            is_online=is_online,
            adapter=self.adapter,
            queue=len(self.outbox),
            dropped=self.outbox.dropped,
        )
        return wire.status_topic(self.site, self.agent), wire.encode(status)


async def run(settings: Settings, stop: asyncio.Event, retry: Retry = Retry()) -> None:  # noqa: B008  frozen
    """Listen to the radio until stopped; before the first configuration nothing is heard (P7)."""
    post = Post(settings.site, settings.agent, reference_tag=settings.reference_tag, keep_s=settings.keep_s)
    post.adapter = "missing"
    station = _Station(post)
    loop = asyncio.get_running_loop()

    def receive(topic: str, payload: bytes) -> None:
        loop.call_soon_threadsafe(station.configure, topic, payload)

    connection = Connection(
        settings.broker,
        settings.agent,
        {wire.sightings_topic(settings.site, settings.agent): post.outbox},
        will=post.status(is_online=False),
        reads=(wire.config_topic(settings.site, settings.agent),),
        receive=receive,
        retry=retry,
    )
    connection.start()
    scanning = asyncio.create_task(scan.scan(settings.adapter, station.packet, station.adapter_is))
    try:
        await station.serve(connection, stop)
    finally:
        scanning.cancel()
        await asyncio.wait([scanning])
        connection.say(*post.status(is_online=False))
        await asyncio.to_thread(connection.stop)


class _Station:
    """The post of a real radio, with its configuration."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._config = wire.Config()
        self._last_packet_s = float("-inf")
        self._status_is_due = asyncio.Event()

    def packet(self, manufacturer_data: Mapping[int, bytes], service_data: Mapping[str, bytes], rssi_dbm: int) -> None:
        now_s = self._last_packet_s = time.monotonic()
        self._post.hear(manufacturer_data, service_data, rssi_dbm, now_s)

    def adapter_is(self, state: str) -> None:
        if state != self._post.adapter:
            log.info("adapter: %s", state)
            self._post.adapter = state
            self._status_is_due.set()

    def configure(self, topic: str, payload: bytes) -> None:
        """A retained configuration came; a malformed one changes nothing."""
        try:
            config = wire.decode(wire.parse_topic(topic), payload)
        except wire.Malformed as malformed:
            log.warning("configuration refused: %s", malformed)
            return
        if isinstance(config, wire.Config):
            self._config = config
            self._post.configure(config)
            log.info("configuration received")

    async def serve(self, connection: Connection, stop: asyncio.Event) -> None:
        said_s = float("-inf")
        turn_s = time.monotonic()
        while not stop.is_set():
            turn_s = max(turn_s + self._config.window_ms / 1000, time.monotonic())
            await _until(turn_s, stop)
            now_s = time.monotonic()
            hears = self._post.adapter == "ok" and now_s - self._last_packet_s < scan.SILENCE_S
            self._post.turn(now_s, is_open=is_open(self._config.hours, datetime.now(UTC)), hears=hears)
            if self._status_is_due.is_set() or now_s - said_s >= INTERVAL_S:
                self._status_is_due.clear()
                said_s = now_s
                connection.say(*self._post.status())


class Source(Protocol):
    """A recording or a simulated building: what each receiver heard in the window that ends now."""

    receivers: Sequence[str]
    silent: frozenset[str]  # receivers that are out of order
    window_ms: int
    speed: float  # windows per window_ms of real time

    def step(self) -> Mapping[str, Sequence[Packet]] | None:
        """The next window; None: it is over."""
        ...

    def progress(self) -> str:
        """How far it is, for a person who waits."""
        ...


async def play(
    source: Source,
    site: str,
    broker: Broker,
    stop: asyncio.Event,
    *,
    shared: bool,
    report: Callable[[str], None],
) -> None:
    """One agent for each receiver of a source, through windows, outboxes and the wire, until it ends or is stopped.

    The hours are the server's to judge here: nobody is heard whom a recording or a simulation invents.

    shared   one connection for all; then there is no last will, since a connection has only one
    report   takes a line of progress, about once a second
    """
    pace_per_s = PACE_PER_S * max(1.0, source.speed)
    posts = {agent: Post(site, agent, pace_per_s=pace_per_s) for agent in source.receivers}
    connections = _connections(list(posts.values()), broker, shared)
    for connection in set(connections.values()):
        connection.start()
    try:
        await _play(source, posts, connections, stop, report)
    finally:
        for agent, post in posts.items():
            connections[agent].say(*post.status(is_online=False))
        await asyncio.gather(*(asyncio.to_thread(connection.stop) for connection in set(connections.values())))


def _connections(posts: list[Post], broker: Broker, shared: bool) -> dict[str, Connection]:
    outboxes = {wire.sightings_topic(post.site, post.agent): post.outbox for post in posts}
    if shared:
        one = Connection(broker, f"iruka-{secrets.token_hex(4)}", outboxes)
        return {post.agent: one for post in posts}
    return {
        post.agent: Connection(
            broker,
            post.agent,
            {wire.sightings_topic(post.site, post.agent): post.outbox},
            will=post.status(is_online=False),
        )
        for post in posts
    }


async def _play(
    source: Source,
    posts: Mapping[str, Post],
    connections: Mapping[str, Connection],
    stop: asyncio.Event,
    report: Callable[[str], None],
) -> None:
    pause_s = source.window_ms / 1000 / source.speed
    said_s = reported_s = float("-inf")
    turn_s = time.monotonic()
    for post in posts.values():
        post.window.is_open = True
    while (heard := source.step()) is not None:
        turn_s = max(turn_s + pause_s, time.monotonic())
        await _until(turn_s, stop)
        if stop.is_set():
            return
        now_s = time.monotonic()
        for agent, post in posts.items():
            for packet in heard.get(agent, ()):
                post.health.packet(packet.tag)
                post.window.add(packet.tag, packet.rssi_dbm, now_s - packet.age_s)
            post.turn(now_s, is_open=True, hears=agent not in source.silent, dt_ms=source.window_ms)
        if now_s - said_s >= INTERVAL_S:
            said_s = now_s
            for agent, post in posts.items():
                connections[agent].say(*post.status(is_online=agent not in source.silent))
        if now_s - reported_s >= 1:
            reported_s = now_s
            report(source.progress())
    await _until_empty(posts, stop)
    report(source.progress())


async def _until_empty(posts: Mapping[str, Post], stop: asyncio.Event) -> None:
    """The last windows leave before the end does, unless the broker is away for longer than they are kept."""
    deadline_s = time.monotonic() + KEEP_S
    while any(len(post.outbox) for post in posts.values()) and time.monotonic() < deadline_s and not stop.is_set():
        await _until(time.monotonic() + 0.1, stop)


async def _until(at_s: float, stop: asyncio.Event) -> None:
    """Wait for a monotonic time, or less when stopped."""
    try:
        await asyncio.wait_for(stop.wait(), max(0.0, at_s - time.monotonic()))
    except TimeoutError:
        return


def stopped_by_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; call it inside the loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
