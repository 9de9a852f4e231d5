"""What has to be written after a step, and the writing of it; nothing is lost when the database is away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from edge_agent import wire
from server.fleet import service as fleet
from server.fleet.queries import LevelView
from server.presence import service as presence
from server.presence.service import Observation


@dataclass(frozen=True, slots=True)
class Pending:
    """One step's writes; the pipeline forgets them when the caller's transaction has committed."""

    to_clear: frozenset[int] = frozenset()  # people of whom nothing may be known
    observations: list[Observation] = field(default_factory=list)
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    statuses: Mapping[str, wire.Status] = field(default_factory=dict)
    clock_errors_ms: Mapping[str, int] = field(default_factory=dict)
    heard_at: Mapping[str, datetime] = field(default_factory=dict)
    levels: Mapping[str, LevelView] = field(default_factory=dict)


def write(pending: Pending, now: datetime, day: date) -> None:
    """Write it all in the open transaction; `day` is the building's."""
    presence.clear(pending.to_clear, now)
    if pending.observations:
        presence.observe(pending.observations, now)
    fleet.add_counts(pending.counts, now, day)
    for agent, status in pending.statuses.items():
        fleet.record_status(status, pending.clock_errors_ms.get(agent), now)
    fleet.record_heard(pending.heard_at)
    fleet.save_levels(pending.levels, now)
