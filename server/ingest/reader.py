"""Bytes from the broker → messages that may be used, everything else counted by kind and receiver."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edge_agent import wire
from server.ingest.counts import NOBODY, Met, Tally
from server.ingest.inbox import Delivery
from server.ingest.senders import Sender

LIVE_S = 3.0
# A window is one or two seconds; what was heard longer ago than this says where somebody was, and
# would fight with what other receivers say now.
OLD_S = 600.0  # counted apart: an outage that long is worth knowing


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that may move people; heard_s is the monotonic time of each of its rows."""

    agent: str
    seq: int
    rows: tuple[wire.Sighting, ...]
    sent_s: float  # our monotonic clock when it left, as far as we can tell


@dataclass(slots=True)
class Read:
    """What one batch of deliveries came to."""

    accepted: list[Accepted] = field(default_factory=list)
    statuses: dict[str, wire.Status] = field(default_factory=dict)  # the last one of each receiver
    alive: set[str] = field(default_factory=set)  # receivers whose messages are in order, but perhaps for the clock
    to_clear: set[str] = field(default_factory=set)  # topics with a retained sighting (SR-34)


class Reader:
    """Remembers each receiver's numbers and clock; nothing about any badge."""

    def __init__(self, site: str, tally: Tally) -> None:
        self._site = site
        self._tally = tally
        self._senders: dict[str, Sender] = {}

    def restore(self, clock_errors_ms: Mapping[str, int]) -> None:
        """What was known of the receivers' clocks before this process started."""
        for agent, error_ms in clock_errors_ms.items():
            self._senders.setdefault(agent, Sender()).expect(error_ms)

    def clock_errors_ms(self) -> dict[str, int]:
        """How far each receiver's clock is ahead of ours, as its messages show (RP-13)."""
        errors = {agent: sender.clock_error_ms for agent, sender in self._senders.items()}
        return {agent: error for agent, error in errors.items() if error is not None}

    def read(
        self, deliveries: Iterable[Delivery], known: Collection[str], *, is_open: bool, now: datetime, now_s: float
    ) -> Read:
        """Judge every delivery.

        known    names of the receivers that are ours
        is_open  whether the building's working hours allow reading at all (P7)
        """
        read = Read()
        for delivery in deliveries:
            arrived = now - timedelta(seconds=now_s - delivery.at_s)
            self._read_one(delivery, known, is_open, arrived, read)
        return read

    def _read_one(
        self, delivery: Delivery, known: Collection[str], is_open: bool, arrived: datetime, read: Read
    ) -> None:
        try:
            topic = wire.parse_topic(delivery.topic)
        except wire.Malformed as malformed:
            return self._tally.add(malformed.kind)
        if topic.site != self._site:
            return self._tally.add(wire.Fault.TOPIC)
        agent = topic.agent if topic.agent in known else NOBODY
        is_sightings = topic.channel == wire.Channel.SIGHTINGS
        if not delivery.payload:
            return self._tally.add(Met.EMPTY, agent)
        if is_sightings and delivery.retained:
            read.to_clear.add(delivery.topic)
            return self._tally.add(Met.RETAINED, agent)
        if agent == NOBODY:
            return self._tally.add(Met.UNKNOWN_AGENT)
        if is_sightings and not is_open:
            read.alive.add(agent)
            return self._tally.add(Met.OUTSIDE_HOURS)
        try:
            message = wire.decode(topic, delivery.payload)
        except wire.Malformed as malformed:
            return self._tally.add(malformed.kind, agent)
        if isinstance(message, wire.Sightings):
            return self._judge(message, delivery.at_s, arrived, read)
        if isinstance(message, wire.Status):
            read.statuses[agent] = message
            return None
        return self._tally.add(wire.Fault.TOPIC, agent)

    def _judge(self, message: wire.Sightings, at_s: float, arrived: datetime, read: Read) -> None:
        sender = self._senders.setdefault(message.agent, Sender())
        delay_ms = sender.delay_ms(message.sent_ms, int(arrived.timestamp() * 1000))
        if isinstance(delay_ms, Met):
            read.alive.add(message.agent)  # it is there; the fleet page says what is wrong with its clock
            return self._tally.add(delay_ms, message.agent)
        if refusal := sender.refusal(message.boot, message.seq, at_s):
            return self._tally.add(refusal, message.agent)
        read.alive.add(message.agent)
        newest_age_s = (delay_ms + min((row.age_ms for row in message.rows), default=0)) / 1000
        if newest_age_s > LIVE_S:
            return self._tally.add(Met.OLD if newest_age_s > OLD_S else Met.LATE, message.agent)
        self._tally.add(Met.ACCEPTED)
        read.accepted.append(Accepted(message.agent, message.seq, message.rows, at_s - delay_ms / 1000))
        return None
