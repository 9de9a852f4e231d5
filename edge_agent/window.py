"""Many packets → one sighting per tag and window; outside working hours nothing is read, only counted (P7). Pure."""

from datetime import datetime
from math import isfinite
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge_agent.wire import MAX_AGE_MS, MAX_ROWS, STRONGEST_DBM, WEAKEST_DBM, Hours, Sighting

MOST_PACKETS = 65_535
MOST_TAGS = 4 * MAX_ROWS
# Somebody with a cheap transmitter can invent tags of our family without end. A window remembers so many
# and sends the strongest MAX_ROWS, so that invented ones cost memory only up to here.


class Packet(NamedTuple):
    """One packet of a tag, from a recording or a simulated building."""

    tag: str
    rssi_dbm: float
    age_s: float  # when the window closes


class _Heard:
    """The running sums of one tag."""

    __slots__ = ("max_dbm", "n", "newest_s", "sum_db", "sum_db2")

    def __init__(self, level_dbm: float, at_s: float) -> None:
        self.n = 1
        self.sum_db = level_dbm
        self.sum_db2 = level_dbm * level_dbm
        self.max_dbm = level_dbm
        self.newest_s = at_s

    def sighting(self, tag: str, now_s: float) -> Sighting:
        mean = self.sum_db / self.n
        variance = max(0.0, self.sum_db2 / self.n - mean * mean)
        age_ms = min(MAX_AGE_MS, max(0, round((now_s - self.newest_s) * 1000)))
        return Sighting(tag, self.n, round(mean, 2), round(variance, 2), self.max_dbm, age_ms)


class Window:
    """The packets since the last close; shut until told otherwise.

    unread    packets that came while shut
    glitches  packets with a level no radio measures
    crowded   tags that did not fit
    """

    def __init__(self) -> None:
        self.is_open = False
        self.unread = 0
        self.glitches = 0
        self.crowded = 0
        self._tags: dict[str, _Heard] = {}

    def add(self, tag: str, rssi_dbm: float, at_s: float) -> None:
        """Take in one packet.

        at_s    monotonic time of arrival
        """
        if not self.is_open:
            self.unread += 1
            return
        if not isfinite(rssi_dbm):
            self.glitches += 1
            return
        level_dbm = round(rssi_dbm, 2)
        if not WEAKEST_DBM < level_dbm < STRONGEST_DBM:
            self.glitches += 1
            return
        heard = self._tags.get(tag)
        if heard is None:
            if len(self._tags) < MOST_TAGS:
                self._tags[tag] = _Heard(level_dbm, at_s)
            else:
                self.crowded += 1
        elif heard.n < MOST_PACKETS:
            heard.n += 1
            heard.sum_db += level_dbm
            heard.sum_db2 += level_dbm * level_dbm
            heard.max_dbm = max(heard.max_dbm, level_dbm)
            heard.newest_s = max(heard.newest_s, at_s)

    def close(self, now_s: float, is_open: bool) -> tuple[Sighting, ...] | None:
        """What was heard, ages as of now, and begin anew; None if the window was, or now is, shut.

        A window that reaches into closed time is thrown away whole: nothing of after the hours ever leaves.
        """
        tags, self._tags = self._tags, {}
        was_open, self.is_open = self.is_open, is_open
        if not (was_open and is_open):
            self.unread += sum(heard.n for heard in tags.values())
            return None
        if len(tags) > MAX_ROWS:
            self.crowded += len(tags) - MAX_ROWS
            strongest = sorted(tags.items(), key=lambda item: -item[1].sum_db / item[1].n)
            tags = dict(strongest[:MAX_ROWS])
        return tuple([heard.sighting(tag, now_s) for tag, heard in tags.items()])


def is_open(hours: Hours | None, at: datetime) -> bool:
    """Whether an agent may listen at this instant (P7); without hours, or with an unknown time zone, never."""
    if hours is None:
        return False
    try:
        local = at.astimezone(ZoneInfo(hours.tz))
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        return False
    day = local.date().isoformat()
    if day in hours.closed or (day not in hours.extra and local.weekday() not in hours.days):
        return False
    until = "24:00" if hours.close == "00:00" else hours.close
    return hours.open <= local.strftime("%H:%M") < until
