"""Everybody's track in memory, and what of it still has to be written down."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from server.presence import rules
from server.presence.rules import POLICY, Fix, Policy, Track, Whereabouts
from server.presence.service import Observation

REFRESH_S = 10.0
# How often the times heard of a floor's people are written. Shorter costs the database, longer lets
# "20 s ago" on the map be wrong by more than anybody would forgive.


class Tracks:
    """One owner: the loop. Writing may fail; then everything unwritten is offered again."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self._policy = policy
        self._tracks: dict[int, Track] = {}
        self._unwritten: set[int] = set()
        self._written_heard: dict[int, datetime | None] = {}
        self._refresh_s: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._tracks)

    def where(self, person_id: int) -> Whereabouts | None:
        """What is known of one person."""
        track = self._tracks.get(person_id)
        return None if track is None else track.where

    def restore(self, known: Mapping[int, Whereabouts], now: datetime) -> None:
        """Begin with what was written before a restart; whoever has been unheard too long is away (RP-06)."""
        for person_id, where in known.items():
            self._written_heard[person_id] = where.heard_at
            self._put(person_id, where, rules.aged(Track(where), now, self._policy))

    def follow(self, fixes: Iterable[tuple[int, Fix]]) -> None:
        """Take in the fixes of one step."""
        for person_id, fix in fixes:
            was = self._tracks.get(person_id)
            self._put(person_id, None if was is None else was.where, rules.decide(was, fix, self._policy))

    def age(self, now: datetime, *, may_leave: bool) -> None:
        """Let those whom nobody hears become silent and, when the receivers can be trusted to hear them, away."""
        for person_id, was in self._tracks.items():
            heard_at = was.where.heard_at
            if heard_at is None or now - heard_at < self._policy.silent_after:
                continue
            track = rules.aged(was, now, self._policy)
            if track.where.heard_at is None and not may_leave:
                continue
            self._put(person_id, was.where, track)

    def forget(self, person_ids: Iterable[int]) -> None:
        """Know nothing of these people any more."""
        for person_id in person_ids:
            self._tracks.pop(person_id, None)
            self._written_heard.pop(person_id, None)
            self._unwritten.discard(person_id)

    def keep_places(self, floor_ids: Collection[int], zone_ids: Collection[int]) -> None:
        """Forget everybody whose floor or zone is not on the drawing any more."""
        self.forget(
            [
                person_id
                for person_id, track in self._tracks.items()
                if (track.where.floor_id is not None and track.where.floor_id not in floor_ids)
                or (track.where.zone_id is not None and track.where.zone_id not in zone_ids)
            ]
        )

    def known_among(self, person_ids: Iterable[int]) -> list[int]:
        """Which of these people something is known of."""
        return [person_id for person_id in person_ids if person_id in self._tracks]

    def people(self) -> list[int]:
        """Everybody something is known of."""
        return list(self._tracks)

    def due(self, now_s: float) -> list[Observation]:
        """What has to be written: every other place or state, and now and then a floor's times."""
        floors = {w.where.floor_id for w in self._tracks.values() if w.where.floor_id is not None}
        due = {floor_id for floor_id in floors if now_s >= self._refresh_s.get(floor_id, 0.0)}
        for floor_id in due:
            started = floor_id in self._refresh_s
            self._refresh_s[floor_id] = now_s + (REFRESH_S if started else floor_id % REFRESH_S)  # spread the floors
        return [
            Observation(person_id, track.where)
            for person_id, track in self._tracks.items()
            if person_id in self._unwritten
            or (track.where.floor_id in due and track.where.heard_at != self._written_heard.get(person_id))
        ]

    def written(self, observations: Iterable[Observation]) -> None:
        """These are in the database now."""
        for person_id, where in observations:
            self._written_heard[person_id] = where.heard_at
            self._unwritten.discard(person_id)

    def _put(self, person_id: int, was: Whereabouts | None, track: Track) -> None:
        self._tracks[person_id] = track
        if rules.differs(was, track.where):
            self._unwritten.add(person_id)
