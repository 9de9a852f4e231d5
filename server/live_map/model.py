"""Everything the map needs, in the memory of one web worker: read once, then kept up to date from the outbox."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from server import changes
from server.bookings.rules import begun_quarter
from server.changes import Line, Thing
from server.live_map import queries, rules
from server.live_map.known import Known
from server.live_map.queries import Places, Sensors
from server.live_map.rules import Age, Entry, Subject
from server.live_map.views import View
from server.people import queries as people
from server.people.queries import PersonCard
from server.people.rules import Viewer
from server.presence.fusion import Claim
from server.presence.rules import Whereabouts, sure_of

VIEW_KEPT_S = 120.0  # how long a kind of viewer is followed after nobody of that kind is watching
WIDEST_GAP = 5000
# PostgreSQL draws ids before commits are ordered, so a missing id may still arrive. A wider gap is a
# sequence that jumped, not transactions under way.
MISSING_FOR_S = 10.0  # how long a missing id is asked for again; our transactions last milliseconds
LINES = 5000  # read at once
OF_PEOPLE = frozenset({Thing.PRESENCE, Thing.CHOICES, Thing.STATUS, Thing.BOOKING})  # whose `thing_id` is a person's


class Nothing(Exception):  # noqa: N818  an answer for callers, not a fault
    """The building has not been built yet."""


@dataclass(frozen=True, slots=True)
class News:
    """What was read in one turn; None and empty mean unchanged."""

    read_at: datetime
    day: date
    last_id: int
    is_open: bool
    lines: Sequence[Line] = ()
    places: Places | None = None
    sensors: Sensors | None = None
    everyone: bool = False  # `people` is complete: who is not in it is gone
    people: Mapping[int, tuple[PersonCard, Subject] | None] = field(default_factory=dict)
    where: Mapping[int, Whereabouts | None] = field(default_factory=dict)
    claims: Mapping[int, tuple[Claim, ...]] = field(default_factory=dict)
    viewers: Mapping[int, Viewer] = field(default_factory=dict)  # by account
    statuses_at: datetime | None = None  # up to when statuses that begin or end by themselves are in it


class Changed(NamedTuple):
    """One person of whom something changed, or who was only heard again."""

    person_id: int
    line_id: int
    before: Known | None
    after: Known | None
    heard_only: bool = False


class Model:
    """What is kept. `read` asks the database and changes nothing; the other methods change memory and ask nobody."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._missing: dict[int, float] = {}  # id → monotonic, when it was first missed
        self.places: Places | None = None
        self.sensors = Sensors((), None)
        self.people: dict[int, Known] = {}
        self.on_floor: defaultdict[int, set[int]] = defaultdict(
            set
        )  # whose last place or booking is there, shown or not
        self.views: dict[Viewer, View] = {}
        self.viewers: dict[int, Viewer] = {}  # by account
        self.heard_versions: Counter[int] = Counter()  # by floor id
        self.newest_heard: datetime | None = None
        self.places_version = 0
        self.versions: Counter[Thing] = Counter()  # rises whenever something of the kind has changed or may have
        self.day: date | None = None
        self.statuses_at: datetime | None = None
        self.is_open = False  # the building; while it is not nobody has a place (P7)
        self.last_id = 0
        self.read_at: datetime | None = None
        self.read_s = float("-inf")  # monotonic

    def read_all(self, now: datetime) -> News:
        """Everything, with the outbox's newest id from before, so that nothing falls between."""
        last_id = changes.latest_id()
        places = queries.read_places(self._site, now.date())
        if places is None:
            raise Nothing(self._site)
        day = now.astimezone(places.building.zone).date()
        places = queries.read_places(self._site, day)
        is_open = places is not None and places.opening.is_open(now)
        everyone = queries.read_people(day, now=now, is_open=is_open)
        return News(
            now,
            day,
            last_id,
            is_open,
            places=places,
            sensors=None if places is None else queries.read_sensors(places.building.id, now),
            everyone=True,
            people=everyone,
            statuses_at=now,
        )

    def read(
        self,
        now: datetime,
        *,
        sensors_due: bool = True,
        statuses_due: bool = True,
        everyone_due: bool = False,
        viewers_due: Iterable[int] = (),
    ) -> News:
        """What the outbox has named since the last turn, as it is now.

        statuses_due   ask whose status has begun or ended by itself
        everyone_due   read all people again, should something have changed without a line
        viewers_due    accounts to ask again who they are
        """
        if self.places is None or self.day is None:
            return self.read_all(now)
        if now.astimezone(self.places.building.zone).date() != self.day:
            return self.read_all(now)
        lines = self._new_lines()
        ids = _by_thing(lines)
        asked = ids[Thing.CHOICES] | ids[Thing.STATUS]
        if statuses_due and self.statuses_at is not None:
            asked |= queries.read_status_turns(self.statuses_at, now)
        is_open = self.places.opening.is_open(now)
        everyone_due = everyone_due or 0 in asked or is_open != self.is_open
        found = queries.read_people(self.day, None if everyone_due else asked, now=now, is_open=is_open)
        asked |= found.keys()
        moved = ids[Thing.PRESENCE] - asked
        where: dict[int, Whereabouts | None] = {}
        if moved and is_open:
            where = dict.fromkeys(moved) | dict(queries.read_whereabouts(moved))
        for floor_id in ids[Thing.HEARD] if is_open else ():
            where |= {i: w for i, w in queries.read_floor(floor_id).items() if i not in asked}
        named = ids[Thing.CHOICES]
        booked = (ids[Thing.BOOKING] | self._whose_bookings_turn(now)) - asked if is_open else set()
        claims = queries.read_claims(booked, now)
        accounts = {a for a, viewer in self.viewers.items() if viewer.person_id in named} | set(viewers_due)
        return News(
            now,
            self.day,
            max([self.last_id, *(line.id for line in lines)]),
            is_open,
            lines,
            places=queries.read_places(self._site, self.day) if ids[Thing.FLOOR] else None,
            sensors=queries.read_sensors(self.places.building.id, now) if sensors_due else None,
            everyone=everyone_due,
            people={i: found.get(i) for i in asked - {0}},
            where=where,
            claims={i: claims.get(i, ()) for i in booked},
            viewers={a: people.viewer_of(a, self.day) for a in accounts | (ids[Thing.SESSION] & self.viewers.keys())},
            statuses_at=now if statuses_due else None,
        )

    def _whose_bookings_turn(self, now: datetime) -> set[int]:
        """Bookings begin and end on the quarter hour: then everybody is asked about, in between nobody."""
        if self.read_at is None or begun_quarter(self.read_at) == begun_quarter(now):
            return set()
        return set(self.people)

    def closing(self, now: datetime) -> News | None:
        """Nobody is anywhere once the building has closed, known without the database; None unless that is news."""
        if not self.is_open or self.day is None or self.built().opening.is_open(now):
            return None
        where = {i: None for i, known in self.people.items() if known.subject.where is not None}
        return News(self.read_at or now, self.day, self.last_id, is_open=False, where=where)

    def _new_lines(self) -> list[Line]:
        started = time.monotonic()
        for number in [n for n, since in self._missing.items() if started - since > MISSING_FOR_S]:
            del self._missing[number]
        after = min(self._missing, default=self.last_id + 1) - 1
        lines: list[Line] = []
        while True:
            found = changes.since(after, LINES)
            lines.extend(line for line in found if line.id > self.last_id or line.id in self._missing)
            if len(found) < LINES:
                break
            after = found[-1].id
        for line in lines:
            self._missing.pop(line.id, None)
        ahead = [line.id for line in lines if line.id > self.last_id]
        self._missing.update(dict.fromkeys(rules.gap(ahead, self.last_id, WIDEST_GAP), started))
        return lines

    def take(self, news: News, read_s: float) -> list[Changed]:
        """Put what was read into memory; returns who changed, oldest line first.

        read_s   monotonic time at which the reading was done
        """
        if news.places is not None:
            self.places = news.places
            self.places_version += 1
        if news.sensors is not None:
            self.sensors = news.sensors
        self.day, self.last_id, self.is_open = news.day, news.last_id, news.is_open
        self.read_at, self.read_s = news.read_at, read_s
        self.statuses_at = news.statuses_at or self.statuses_at
        self.viewers.update(news.viewers)
        self.versions.update(Thing if news.everyone else {line.thing for line in news.lines})
        line_of = {line.thing_id: line.id for line in news.lines if line.thing in OF_PEOPLE}
        changed = []
        for person_id, known in self._after(news).items():
            before = self.people.get(person_id)
            self._place(person_id, before, known)
            heard_only = before is not None and known is not None and _is_heard_only(before, known)
            changed.append(Changed(person_id, line_of.get(person_id, news.last_id), before, known, heard_only))
        if news.places is not None:
            self._forget_what_was_worked_out()
        return sorted(changed, key=lambda c: c.line_id)

    def _after(self, news: News) -> dict[int, Known | None]:
        after: dict[int, Known | None] = {}
        if news.everyone:
            after = {i: None for i in self.people if i not in news.people}
        for person_id, found in news.people.items():
            known = self.people.get(person_id)
            if found is None:
                after[person_id] = None
            elif known is None or not known.looks_like(*found):
                after[person_id] = Known(*found)
        for person_id, claims in news.claims.items():
            known = self.people.get(person_id)
            if known is not None and known.subject.claims != claims:
                after[person_id] = Known(known.card, replace(known.subject, claims=claims))
        for person_id, where in news.where.items():
            known = after.get(person_id) or self.people.get(person_id)
            if known is not None and known.subject.where != where:
                after[person_id] = _moved(known, where)
        return after

    def _place(self, person_id: int, before: Known | None, known: Known | None) -> None:
        for floor_id in before.subject.floor_ids() if before is not None else ():
            self.on_floor[floor_id].discard(person_id)
        if known is None:
            self.people.pop(person_id, None)
            return
        self.people[person_id] = known
        for floor_id in known.subject.floor_ids():
            self.on_floor[floor_id].add(person_id)
        if known.subject.where is not None:
            self._note_heard(known.subject.where)

    def _note_heard(self, where: Whereabouts) -> None:
        if where.floor_id is None or where.heard_at is None:
            return
        self.heard_versions[where.floor_id] += 1
        if self.newest_heard is None or where.heard_at > self.newest_heard:
            self.newest_heard = where.heard_at

    def _forget_what_was_worked_out(self) -> None:
        """Zones and floors mean something else now."""
        self.people = {i: Known(known.card, known.subject) for i, known in self.people.items()}
        self.views.clear()

    def built(self) -> Places:
        """The building; Nothing before it is built."""
        if self.places is None:
            raise Nothing(self._site)
        return self.places

    def today(self) -> date:
        """The building's day; Nothing before it is built."""
        if self.day is None:
            raise Nothing(self._site)
        return self.day

    def view(self, viewer: Viewer, now: datetime) -> View:
        """What viewers of this kind see; worked out when the first of them asks."""
        closed = self.built().closed
        kind = rules.kind_of(viewer)
        view = self.views.get(kind)
        if view is None:
            view = self.views[kind] = View(kind, self.people, closed, now)
        view.asked_s = time.monotonic()
        return view

    def forget_views(self, watched: Collection[Viewer]) -> None:
        """Stop following kinds of viewers that nobody of is left."""
        now_s = time.monotonic()
        for kind, view in list(self.views.items()):
            if kind not in watched and now_s - view.asked_s > VIEW_KEPT_S:
                del self.views[kind]

    def own_entry(self, viewer: Viewer, now: datetime) -> Entry | None:
        """The viewer's own person as they see themselves; None for an account without one."""
        known = None if viewer.person_id is None else self.people.get(viewer.person_id)
        if known is None or self.places is None:
            return None
        return rules.entry(viewer, known.subject, self.places.closed, now)

    def age(self) -> Age | None:
        """From when what is kept is; None before the first reading."""
        if self.read_at is None:
            return None
        return Age(self.read_at, self.newest_heard, self.sensors.beat_at, self.sensors.reasons)


def _moved(known: Known, where: Whereabouts | None) -> Known:
    was = known.subject.where
    if was is not None and where is not None and _is_same_place(was, where):
        return known.heard_again(where)
    return Known(known.card, replace(known.subject, where=where))


def _is_same_place(was: Whereabouts, where: Whereabouts) -> bool:
    """Whether only the time heard, and a confidence that reads the same, moved on."""
    heard = replace(was, heard_at=where.heard_at, confidence=where.confidence)
    return heard == where and sure_of(was) == sure_of(where)


def _is_heard_only(before: Known, after: Known) -> bool:
    was, where = before.subject, after.subject
    return (
        before.card == after.card
        and was.choices == where.choices
        and was.unit_ids == where.unit_ids
        and was.said == where.said
        and was.claims == where.claims
        and was.where is not None
        and where.where is not None
        and not where.is_told_by_age(was.where.heard_at, where.where.heard_at)
        and _is_same_place(was.where, where.where)
    )


def _by_thing(lines: Iterable[Line]) -> dict[Thing, set[int]]:
    ids: dict[Thing, set[int]] = {thing: set() for thing in Thing}
    for line in lines:
        ids[line.thing].add(line.thing_id)
    return ids
