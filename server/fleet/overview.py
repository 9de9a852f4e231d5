"""One look at receivers, messages and processes, the same for the fleet page, /metrics and `iruka status`."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from server.fleet import queries, rules
from server.fleet.queries import ReceiverView, TicketView
from server.fleet.rules import Beat, Health, Met, Overall
from server.places import queries as places
from server.places.queries import BuildingView

DEFAULT_ZONE = ZoneInfo("Asia/Tokyo")  # until there is a building


@dataclass(frozen=True, slots=True)
class Overview:
    """The sensing half of the system at an instant.

    reasons   why places may be old; see `rules.stale_reasons`
    met       what ingest met, faultless messages included
    tickets   where people say they were shown and were not
    """

    now: datetime
    reasons: tuple[str, ...]
    beat: Beat | None
    receivers: list[ReceiverView]
    met: list[Met]
    tickets: list[TicketView]

    @property
    def overall(self) -> Overall:
        """The system in one word; that we can say it proves that the database answers."""
        return rules.overall(True, self.reasons)

    @property
    def floors(self) -> list[tuple[str, list[ReceiverView]]]:
        """The receivers of each floor, from the top."""
        return [(code, list(group)) for code, group in groupby(self.receivers, lambda one: one.floor_code)]

    @property
    def in_use(self) -> list[ReceiverView]:
        """The receivers there should be."""
        return [one for one in self.receivers if one.active]

    @property
    def troubled(self) -> list[ReceiverView]:
        """Those of them that are not in order."""
        return [one for one in self.in_use if one.health(self.now) is not Health.ONLINE]

    @property
    def refused(self) -> list[Met]:
        """What was not used, or not in full; most frequent of today first."""
        return rules.refused(self.met)

    @property
    def beat_is_late(self) -> bool:
        """Whether the background process has been quiet for too long."""
        return self.beat is None or self.now - self.beat.at > rules.HEARTBEAT_LATE


def overview(site: str, now: datetime) -> Overview:
    """Look at the building with this code; before it is built there are no receivers."""
    building = places.building(site)
    receivers = [] if building is None else queries.receivers(building.id)
    reasons = queries.stale_reasons(now, None if building is None else building.id)
    tickets = [] if building is None else queries.open_tickets(building.id)
    return Overview(now, reasons, queries.beat(), receivers, queries.met(_day(building, now)), tickets)


def day_of(site: str, now: datetime) -> date:
    """Which day it is in this building."""
    return _day(places.building(site), now)


def _day(building: BuildingView | None, now: datetime) -> date:
    return now.astimezone(DEFAULT_ZONE if building is None else building.zone).date()
