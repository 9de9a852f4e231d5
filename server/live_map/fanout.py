"""Hands what changed to the open streams, cut down for each kind of viewer; an event is encoded once for all of a kind.

Nothing here asks the database or waits: the feed calls it while it holds the map.
"""

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from server.changes import Thing
from server.live_map import events, rules
from server.live_map.events import RELOAD, Told
from server.live_map.known import Known
from server.live_map.model import Changed, Model, News
from server.live_map.past import Past
from server.live_map.queries import Places
from server.live_map.rules import Entry, Status
from server.live_map.stream import Stream
from server.live_map.views import Mine, View
from server.people.rules import Viewer

Key = TypeVar("Key", bound=Hashable)
OF_ALL_FLOORS = 0  # the id in a line about seats
Watched = Mapping[int | None, set[Stream]]  # of one kind of viewer, by floor id (None: the start page)


class Fanout:
    """Who watches, and what each of them has been told."""

    def __init__(self, model: Model) -> None:
        self.streams: set[Stream] = set()
        self._model = model
        self._past = Past()
        self._watched: dict[Viewer, dict[int | None, set[Stream]]] = {}
        self._of_account: dict[int, set[Stream]] = {}
        self._of_person: dict[int, set[Stream]] = {}
        self._heard: set[int] = set()  # people heard again since `send_heard`

    def kinds(self) -> set[Viewer]:
        """The kinds of viewers that watch."""
        return set(self._watched)

    def accounts(self) -> set[int]:
        """The accounts that watch."""
        return set(self._of_account)

    def add(self, stream: Stream, last_id: int | None, now: datetime) -> None:
        """Take a stream in, tell it the numbers, and all it missed since `last_id` (None: it reads the snapshot)."""
        view = self._model.view(stream.viewer, now)
        stream.entry_then = self._model.own_entry(stream.viewer, now)
        self.streams.add(stream)
        _put_in(self._of_account, stream.account_id, stream)
        self._place(stream)
        if last_id is not None:
            self._repeat(stream, view, last_id, now)
        if self._model.places is not None:
            mine = _mine(stream, view, now)
            _send_counts(stream, events.counts_event(view, self._model.places, stream.floor_id, mine))

    def remove(self, stream: Stream) -> bool:
        """The stream has ended; False when it was not here."""
        if stream not in self.streams:
            return False
        self.streams.discard(stream)
        _take_out(self._of_account, stream.account_id, stream)
        self._displace(stream)
        return True

    def say_goodbye(self, streams: Iterable[Stream], why: str) -> None:
        """End streams; they leave when their last event is read."""
        for stream in list(streams):
            stream.say_goodbye(why)

    def send_status(self, stream: Stream, status: Status) -> None:
        """How current the map is."""
        stream.put(events.status_event(status))

    # -- what one turn has read

    def tell(self, changed: Iterable[Changed], news: News, now: datetime) -> None:
        """Bring every view up to date and tell those who watch what they may see of it."""
        places = self._model.places
        if news.places is not None:
            self._past.forget(news.last_id)
            for stream in self.streams:
                stream.entry_then = self._model.own_entry(stream.viewer, now)
                stream.put(RELOAD)
        elif places is not None:
            changed = list(changed)
            self._past.add(changed, news.last_id)
            for one in changed:
                if one.heard_only:
                    self._heard.add(one.person_id)
                else:
                    self._tell(one, places, now)
        for account_id, viewer in news.viewers.items():
            self._renew(account_id, viewer, now)
        self._tell_of_seats({line.thing_id for line in news.lines if line.thing in (Thing.SEATS, Thing.SLOTS)})
        self._tell_of_bookings({line.thing_id for line in news.lines if line.thing is Thing.BOOKING})

    def _tell_of_seats(self, floor_ids: set[int]) -> None:
        places = self._model.places
        if not floor_ids or places is None:
            return
        told = places.floors if OF_ALL_FLOORS in floor_ids else [f for f in places.floors if f.id in floor_ids]
        for floor in told:
            data = events.seats_event(floor)
            for watched in self._watched.values():
                for stream in watched.get(floor.id, ()):
                    stream.put(data)

    def _tell_of_bookings(self, person_ids: set[int]) -> None:
        """To each their own, on the start page."""
        for person_id in person_ids:
            for stream in self._of_person.get(person_id, ()):
                if stream.floor_id is None:
                    stream.put(events.MY_SEATS)

    def _tell(self, one: Changed, places: Places, now: datetime) -> None:
        told = Told(one, places)
        for kind, view in self._model.views.items():
            before, after = view.put(one.person_id, one.before, one.after, now)
            if _looks_alike(before, after) and not told.reads_differently:
                self._heard.add(one.person_id)
            elif kind in self._watched:
                _tell_kind(told, before, after, self._watched[kind])
        for stream in self._of_person.get(one.person_id, ()):
            self._tell_self(told, stream, places, now)

    def _tell_self(self, told: Told, stream: Stream, places: Places, now: datetime) -> None:
        known = told.one.after
        after = None if known is None else rules.entry(stream.viewer, known.subject, places.closed, now)
        before, stream.entry_then = stream.entry_then, after
        if before is None or after is None:
            stream.put(RELOAD)
        elif before == after and not told.reads_differently:
            self._heard.add(told.one.person_id)
        elif stream.floor_id is None or after.floor_id == stream.floor_id:
            stream.put(told.person(after, me=True))
        elif before.floor_id == stream.floor_id:
            stream.put(told.gone)

    def _renew(self, account_id: int, viewer: Viewer, now: datetime) -> None:
        """The account's own posts may have changed, and with them what it sees, in open streams too (P4)."""
        for stream in self._of_account.get(account_id, ()):
            if stream.viewer != viewer:
                self._displace(stream)
                stream.viewer = viewer
                self._place(stream)
                stream.entry_then = self._model.own_entry(viewer, now)
                self._model.view(viewer, now)
                stream.put(RELOAD)

    # -- a stream that was cut off

    def _repeat(self, stream: Stream, view: View, last_id: int, now: datetime) -> None:
        """The current state of everything that changed since the last event the reader got (RP-21)."""
        places, missed = self._model.places, self._past.since(last_id)
        if missed is None or places is None:
            stream.put(RELOAD)
            return
        has_left = False
        for person_id, (line_id, befores) in sorted(missed.items(), key=lambda one: one[1][0]):
            known = self._model.people.get(person_id)
            is_me = person_id == stream.viewer.person_id
            entry = stream.entry_then if is_me else view.entry(person_id, now)
            then = [self._entry_then(before, stream, view, is_me, now) for before in befores]
            if entry is None or known is None or not _is_told(entry, stream.floor_id, is_me=is_me):
                has_left |= any(one is not None and _is_told(one, stream.floor_id, is_me=is_me) for one in then)
            elif not all(entry.looks_like(one) for one in then) or any(
                one is None or one.card != known.card for one in befores
            ):
                stream.put(events.person_event(known, entry, places, line_id, me=is_me))
        if has_left:
            # Without a name: whoever asks now need not have seen them then, and their last place is nobody's to ask.
            stream.put(RELOAD)

    def _entry_then(self, before: Known | None, stream: Stream, view: View, is_me: bool, now: datetime) -> Entry | None:
        """How somebody looked before a change, to this reader as they are now."""
        if before is None or self._model.places is None:
            return None
        closed = self._model.places.closed
        if is_me:
            return rules.entry(stream.viewer, before.subject, closed, now)
        return before.seen_by(view.kind, closed, now)

    # -- now and then

    def send_counts(self, now: datetime) -> None:
        """The numbers, to everyone for whom they are others than before."""
        places = self._model.places
        for kind, watched in self._watched.items():
            view = self._model.views.get(kind)
            if view is None or places is None:  # after a new plan it comes back with the next snapshot that is read
                continue
            for floor_id, streams in watched.items():
                of_kind = events.counts_event(view, places, floor_id, None)
                for stream in streams:
                    mine = _mine(stream, view, now)
                    alike = mine is None or mine.counts_alike
                    _send_counts(stream, of_kind if alike else events.counts_event(view, places, floor_id, mine))

    def send_heard(self, now: datetime) -> None:
        """When badges were last heard, of people whose place is still the same."""
        heard, self._heard = self._heard, set()
        for kind, watched in self._watched.items():
            view = self._model.views.get(kind)
            if view is None:
                continue
            for floor_id, streams in watched.items():
                asked = heard & (view.own if floor_id is None else self._model.on_floor.get(floor_id, set()))
                of_kind = {i: s for i in asked if (s := self._heard_s(i, view.entry(i, now), floor_id)) is not None}
                data = events.heard_event(of_kind, now) if of_kind else None
                for stream in streams:
                    mine = stream.viewer.person_id
                    if mine in heard and mine not in of_kind:
                        own_s = self._heard_s(mine, stream.entry_then, floor_id)
                        if own_s is not None:
                            stream.put(events.heard_event({mine: own_s}, now))
                    if data is not None:
                        stream.put(data)

    def _heard_s(self, person_id: int, entry: Entry | None, floor_id: int | None) -> int | None:
        known = self._model.people.get(person_id)
        if known is None or entry is None or (floor_id is not None and entry.floor_id != floor_id):
            return None
        return known.heard_s(entry)

    # -- where streams are found

    def _place(self, stream: Stream) -> None:
        _put_in(self._watched.setdefault(rules.kind_of(stream.viewer), {}), stream.floor_id, stream)
        if stream.viewer.person_id is not None:
            _put_in(self._of_person, stream.viewer.person_id, stream)

    def _displace(self, stream: Stream) -> None:
        kind = rules.kind_of(stream.viewer)
        _take_out(self._watched[kind], stream.floor_id, stream)
        if not self._watched[kind]:
            del self._watched[kind]
        if stream.viewer.person_id is not None:
            _take_out(self._of_person, stream.viewer.person_id, stream)


def _tell_kind(told: Told, before: Entry | None, after: Entry | None, watched: Watched) -> None:
    was_own, is_own = before is not None and before.own, after is not None and after.own
    if None in watched and (was_own or is_own):
        together = after is not None and was_own and is_own
        told.send(watched[None], told.person(after) if together and after is not None else RELOAD)
    floor_then = None if before is None else before.floor_id
    if after is not None and after.floor_id is not None and after.floor_id in watched:
        told.send(watched[after.floor_id], told.person(after))
    if floor_then is not None and floor_then in watched and (after is None or after.floor_id != floor_then):
        told.send(watched[floor_then], told.gone)


def _looks_alike(before: Entry | None, after: Entry | None) -> bool:
    return before == after if before is None else before.looks_like(after)


def _is_told(entry: Entry, floor_id: int | None, *, is_me: bool) -> bool:
    """Whether a stream is told of somebody who looks like this: on a floor who is on it, else oneself and the team."""
    return entry.own or is_me if floor_id is None else entry.floor_id == floor_id


def _mine(stream: Stream, view: View, now: datetime) -> Mine | None:
    person_id = stream.viewer.person_id
    if person_id is None or stream.entry_then is None:
        return None
    return Mine(person_id, view.entry(person_id, now), stream.entry_then)


def _send_counts(stream: Stream, data: bytes) -> None:
    if stream.counts_sent != data:
        stream.counts_sent = data
        stream.put(data)


def _put_in(places: dict[Key, set[Stream]], key: Key, stream: Stream) -> None:
    places.setdefault(key, set()).add(stream)


def _take_out(places: dict[Key, set[Stream]], key: Key, stream: Stream) -> None:
    places[key].discard(stream)
    if not places[key]:
        del places[key]
