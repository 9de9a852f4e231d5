"""Prometheus metrics of the whole system, made from the database at every scrape: any web worker gives the same answer.

Names receivers, never people or badges.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from server.fleet.overview import Overview
from server.fleet.queries import ReceiverView

UNUSED = "unused"  # a receiver that somebody has switched off in the database


class Metrics(Collector):
    """The metrics of one look; None while the database is away."""

    def __init__(self, report: Overview | None) -> None:
        self._report = report

    def collect(self) -> Iterator[Metric]:
        """Every metric with its samples."""
        report = self._report
        yield _gauge("iruka_database_up", "1 when the database answers and has our tables", report is not None)
        if report is None:
            return
        yield _gauge("iruka_degraded", "1 while something makes places old", bool(report.reasons))
        yield from _background(report)
        yield from _receivers(report)
        yield from _messages(report)


def _background(report: Overview) -> Iterator[Metric]:
    beat, now = report.beat, report.now
    if beat is None:
        return
    age_s = (now - beat.at).total_seconds()
    yield _gauge("iruka_background_beat_age_seconds", "Age of the background process's last sign of life", age_s)
    yield _gauge("iruka_broker_connected", "1 while the background process has the broker", beat.broker_connected)
    yield _gauge("iruka_inbox_messages", "Messages waiting to be read", beat.inbox)
    yield _gauge("iruka_step_seconds", "What the last positioning step took", beat.step_ms / 1000)
    yield _gauge("iruka_tags_heard", "Badges that are being followed", beat.tags)


def _receivers(report: Overview) -> Iterator[Metric]:
    receivers, now = report.receivers, report.now
    states = Counter((one.floor_code, one.health(now) if one.active else UNUSED) for one in receivers)
    by_state = GaugeMetricFamily("iruka_receivers", "Receivers by floor and state", labels=("floor", "state"))
    for (floor, state), number in sorted(states.items()):
        by_state.add_metric((floor, state), number)
    yield by_state
    for name, says, value_of in PER_RECEIVER:
        family = GaugeMetricFamily(name, says, labels=("receiver",))
        for one in receivers:
            value = value_of(one, now)
            if one.active and value is not None:
                family.add_metric((one.agent,), value)
        yield family


def _messages(report: Overview) -> Iterator[Metric]:
    refused = CounterMetricFamily("iruka_messages_refused", "What ingest did not use, by kind", labels=("kind",))
    for one in report.refused:
        refused.add_metric((one.kind,), one.count)
    yield refused
    accepted = sum(one.count for one in report.met if one.kind == "accepted")
    yield CounterMetricFamily("iruka_messages_accepted", "Messages ingest used", value=accepted)


def rendered(report: Overview | None) -> bytes:
    """The metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Metrics(report))
    return generate_latest(registry)


def _heard_age_s(one: ReceiverView, now: datetime) -> float | None:
    return None if one.heard_at is None else (now - one.heard_at).total_seconds()


def _clock_error_s(one: ReceiverView, _now: datetime) -> float | None:
    return None if one.clock_error_ms is None else one.clock_error_ms / 1000


PER_RECEIVER = (
    ("iruka_receiver_heard_age_seconds", "Age of the receiver's last readings", _heard_age_s),
    ("iruka_receiver_clock_error_seconds", "How far its clock is ahead", _clock_error_s),
    ("iruka_receiver_packets_per_second", "Radio packets it hears, everybody's", lambda one, _now: one.pps),
    ("iruka_receiver_queue_messages", "Messages it keeps for later", lambda one, _now: one.queue),
    ("iruka_receiver_dropped_messages", "Messages it gave up since it started", lambda one, _now: one.dropped),
)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=float(value))
