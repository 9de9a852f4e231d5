"""What one kind of viewer sees of everybody, kept up to date change by change."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import NamedTuple

from server.live_map.known import Known
from server.live_map.rules import Closed, Entry
from server.people.rules import Viewer

_serials = count(1)


class Mine(NamedTuple):
    """The viewer's own person: as others of the viewer's kind see them (None: not at all), and as they see themselves.

    Numbers are kept for the whole kind; this is what makes them right for one viewer.
    """

    person_id: int
    as_others: Entry | None
    as_me: Entry

    def more(self, claim: Callable[[Entry], bool]) -> int:
        """How many more people the claim holds of than of those the kind sees: 1, 0 or -1."""
        return claim(self.as_me) - (self.as_others is not None and claim(self.as_others))

    @property
    def counts_alike(self) -> bool:
        """Whether every number of the kind is right for this viewer too."""
        theirs, mine = self.as_others, self.as_me
        return theirs is not None and (
            theirs.is_in,
            theirs.counted_floor_id,
            theirs.counted_zone_id,
        ) == (mine.is_in, mine.counted_floor_id, mine.counted_zone_id)


class View:
    """The numbers that one kind of viewer sees, and how everybody looks to them.

    A person is in a number only as far as they show themselves to this kind of viewer. There are hundreds of kinds,
    so a view keeps nothing of a person that can be worked out again.
    """

    def __init__(self, kind: Viewer, everyone: Mapping[int, Known], closed: Closed, now: datetime) -> None:
        self.kind = kind
        self.serial = next(_serials)  # versions of another view of the same kind say nothing about this one
        self.own: set[int] = set()  # who shares a unit with this kind of viewer
        self.on_floor: Counter[int] = Counter()
        self.in_zone: Counter[int] = Counter()
        self.n_in = 0
        self.versions: Counter[int] = Counter()  # of each floor: another number means another picture
        self.asked_s = 0.0  # monotonic, when somebody last wanted it
        self._everyone = everyone
        self._closed = closed
        for person_id, known in everyone.items():
            self.put(person_id, None, known, now)

    def put(
        self, person_id: int, was: Known | None, known: Known | None, now: datetime
    ) -> tuple[Entry | None, Entry | None]:
        """Take in what is known of a person now instead of before (None: nothing); returns the entries of both."""
        before = None if was is None else was.seen_by(self.kind, self._closed, now)
        after = None if known is None else known.seen_by(self.kind, self._closed, now)
        if before != after:
            if before is not None:
                self._count(person_id, before, -1)
            if after is not None:
                self._count(person_id, after, +1)
        elif after is not None and after.counted_floor_id is not None:
            self.versions[after.counted_floor_id] += 1  # name, unit or time heard may be another
        return before, after

    def entry(self, person_id: int, now: datetime) -> Entry | None:
        """How somebody looks; None when they do not work here."""
        known = self._everyone.get(person_id)
        return None if known is None else known.seen_by(self.kind, self._closed, now)

    def _count(self, person_id: int, entry: Entry, sign: int) -> None:
        if entry.own:
            (self.own.add if sign > 0 else self.own.discard)(person_id)
        if not entry.is_in:
            return
        self.n_in += sign
        if entry.counted_floor_id is not None:
            self.versions[entry.counted_floor_id] += 1
            self.on_floor[entry.counted_floor_id] += sign
        if entry.counted_zone_id is not None:
            self.in_zone[entry.counted_zone_id] += sign

    def n_in_building(self, mine: Mine | None) -> int:
        """How many are shown at least as "in the building"."""
        return self.n_in + (mine.more(lambda e: e.is_in) if mine else 0)

    def n_on_floor(self, floor_id: int, mine: Mine | None) -> int:
        """How many are counted on a floor, listed there or not."""
        return self.on_floor[floor_id] + (mine.more(lambda e: e.counted_floor_id == floor_id) if mine else 0)

    def n_in_zone(self, zone_id: int, mine: Mine | None) -> int:
        """How many are counted in a zone."""
        return self.in_zone[zone_id] + (mine.more(lambda e: e.counted_zone_id == zone_id) if mine else 0)
