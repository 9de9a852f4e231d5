"""What one kind of viewer sees of everybody, kept up to date change by change."""

from collections import Counter, defaultdict
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
        return theirs is not None and (theirs.is_in, theirs.floor_id, theirs.counted_zone_id) == (
            mine.is_in,
            mine.floor_id,
            mine.counted_zone_id,
        )


class View:
    """The entries of everybody for one kind of viewer, and the numbers that follow from them.

    A person is in a number only as far as they show themselves to this kind of viewer.
    """

    def __init__(self, kind: Viewer, everyone: Mapping[int, Known], closed: Closed, now: datetime) -> None:
        self.kind = kind
        self.serial = next(_serials)  # versions of another view of the same kind say nothing about this one
        self.entries: dict[int, Entry] = {}
        self.own: set[int] = set()  # who shares a unit with this kind of viewer
        self.on_floor: defaultdict[int, set[int]] = defaultdict(set)
        self.in_zone: Counter[int] = Counter()
        self.n_in = 0
        self.versions: Counter[int] = Counter()  # of each floor: another number means another picture
        self.counts_version = 0
        self.asked_s = 0.0  # monotonic, when somebody last wanted it
        for person_id, known in everyone.items():
            self.put(person_id, known, closed, now)

    def put(
        self, person_id: int, known: Known | None, closed: Closed, now: datetime
    ) -> tuple[Entry | None, Entry | None]:
        """Take in what is now known of a person (None: they are gone); returns the entries before and after."""
        before = self.entries.get(person_id)
        after = None if known is None else known.seen_by(self.kind, closed, now)
        if before != after:
            if before is not None:
                self._count(person_id, before, -1)
                self.own.discard(person_id)
                del self.entries[person_id]
            if after is not None:
                self._count(person_id, after, +1)
                if after.own:
                    self.own.add(person_id)
                self.entries[person_id] = after
        elif after is not None and after.floor_id is not None:
            self.versions[after.floor_id] += 1  # name, unit or time heard may be another
        return before, after

    def _count(self, person_id: int, entry: Entry, sign: int) -> None:
        if not entry.is_in:
            return
        self.counts_version += 1
        self.n_in += sign
        if entry.floor_id is not None:
            self.versions[entry.floor_id] += 1
            if sign > 0:
                self.on_floor[entry.floor_id].add(person_id)
            else:
                self.on_floor[entry.floor_id].discard(person_id)
        if entry.counted_zone_id is not None:
            self.in_zone[entry.counted_zone_id] += sign

    def n_in_building(self, mine: Mine | None) -> int:
        """How many are shown at least as "in the building"."""
        return self.n_in + (mine.more(lambda e: e.is_in) if mine else 0)

    def n_on_floor(self, floor_id: int, mine: Mine | None) -> int:
        """How many are shown on a floor."""
        return len(self.on_floor.get(floor_id, ())) + (mine.more(lambda e: e.floor_id == floor_id) if mine else 0)

    def n_in_zone(self, zone_id: int, mine: Mine | None) -> int:
        """How many are counted in a zone."""
        return self.in_zone[zone_id] + (mine.more(lambda e: e.counted_zone_id == zone_id) if mine else 0)
