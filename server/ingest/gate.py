"""Whose badge may be read right now: notice, pause, visibility, own working hours. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from server.people.rules import Choices
from server.presence.rules import Barred, barred


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's own working hours on the building's clock; None means the building's (P7)."""

    opens: time | None = None
    closes: time | None = None

    def covers(self, local: time) -> bool:
        """Whether the person may be recorded at this time of day; the start belongs, the end does not."""
        has_begun = self.opens is None or self.opens <= local
        has_not_ended = self.closes is None or local < self.closes
        if self.opens is not None and self.closes is not None and self.opens > self.closes:
            return has_begun or has_not_ended  # a night shift
        return has_begun and has_not_ended


@dataclass(frozen=True, slots=True)
class Gate:
    """Why each person is barred; who is not in it may be recorded. Good until `until`."""

    barred: Mapping[int, Barred]
    until: datetime


def gate(
    person_ids: list[int], choices: Mapping[int, Choices], hours: Mapping[int, Hours], now: datetime, zone: tzinfo
) -> Gate:
    """Who must not be recorded at `now`, and until when that answer holds if nobody chooses anew."""
    local = now.astimezone(zone)
    reasons: dict[int, Barred] = {}
    turns = [local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)]
    for person_id in person_ids:
        chosen, own = choices.get(person_id), hours.get(person_id)
        reason = barred(chosen, now)
        if reason is None and own is not None and not own.covers(local.time()):
            reason = Barred.SCHEDULE
        if reason is not None:
            reasons[person_id] = reason
        if chosen is not None and chosen.paused_until is not None:
            turns.append(chosen.paused_until)
        if own is not None:
            turns.extend(datetime.combine(local.date(), at, zone) for at in (own.opens, own.closes) if at is not None)
    return Gate(reasons, min(turn for turn in turns if turn > now))
