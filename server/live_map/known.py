"""People as the map keeps them in memory, and as it says them in JSON."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import orjson

from server.live_map import rules
from server.live_map.queries import Places
from server.live_map.rules import Closed, Entry, Subject
from server.people.queries import PersonCard
from server.people.rules import Viewer
from server.presence.fusion import StatusSeen
from server.presence.rules import Whereabouts


class Known:
    """One person; what was worked out of them is kept until anything about them changes.

    Thousands of viewers fall into few relations to a person, so an entry and its JSON are made once for all of them.
    """

    __slots__ = ("_entries", "_json", "card", "subject")

    def __init__(self, card: PersonCard, subject: Subject) -> None:
        self.card = card
        self.subject = subject
        self._entries: dict[tuple[bool, bool, bool], Entry] = {}
        self._json: dict[tuple[Entry, bool], bytes] = {}

    def heard_again(self, where: Whereabouts) -> "Known":
        """The same person at the same place, heard later; entries do not carry the time and stay.

        Unless a status says that the person is elsewhere, or a booking where: the beacon may know better from when it
        is heard after that.
        """
        known = Known(self.card, replace(self.subject, where=where))
        if not self.subject.is_told_by_age(self._heard_at, where.heard_at):
            known._entries = self._entries
        return known

    def looks_like(self, card: PersonCard, subject: Subject) -> bool:
        """Whether nothing about the person has changed."""
        return self.card == card and self.subject == subject

    def seen_by(self, kind: Viewer, closed: Closed, now: datetime) -> Entry:
        """What viewers of this kind, who are somebody else, see.

        It stays for as long as the object does, so that numbers take away what they added: when a pause ends by
        itself, the outbox says so within the minute.
        """
        units = self.subject.unit_ids
        relation = (not units.isdisjoint(kind.unit_ids), not units.isdisjoint(kind.heads_unit_ids), kind.kiosk)
        found = self._entries.get(relation)
        if found is None:
            found = self._entries[relation] = rules.entry(kind, self.subject, closed, now)
        return found

    def json(self, entry: Entry, places: Places, *, me: bool) -> bytes:
        """The person as `entry` shows them."""
        found = self._json.get((entry, me))
        if found is None:
            found = self._json[entry, me] = orjson.dumps(person(self.card, entry, self._heard_at, places, me=me))
        return found

    def heard_s(self, entry: Entry) -> int | None:
        """When the badge was last heard, Unix seconds; None unless `entry` shows the place."""
        return heard_s(entry, self._heard_at)

    @property
    def _heard_at(self) -> datetime | None:
        return None if self.subject.where is None else self.subject.where.heard_at


def person(
    card: PersonCard, entry: Entry, heard_at: datetime | None, places: Places, *, me: bool
) -> Mapping[str, object]:
    """The person of the protocol."""
    floor = None if entry.floor_id is None else places.floor_by_id.get(entry.floor_id)
    zone = None if entry.zone_id is None else places.zone_by_id.get(entry.zone_id)
    return {
        "id": card.id,
        "name": card.name,
        "family": card.family_name,
        "kana": card.kana,
        "unit": card.unit_name,
        "unit_en": card.unit_name_en,
        "title": card.title,
        "floor": None if floor is None else floor.code,
        "zone": None if zone is None else zone.code,
        "state": entry.state.value,
        "sure": None if entry.sure is None else entry.sure.value,
        "heard_at": heard_s(entry, heard_at),
        "source": entry.source,
        "status": None if entry.status is None else status(entry.status),
        "own": entry.own,
        "me": me,
    }


def status(said: StatusSeen) -> Mapping[str, object]:
    """What somebody says of the day, as others read it: until when, never since when (P3)."""
    return {"kind": said.kind.value, "until": int(said.ends_at.timestamp()), "note": said.note}


def heard_s(entry: Entry, heard_at: datetime | None) -> int | None:
    """When the badge was last heard, Unix seconds; None unless `entry` shows the place."""
    if entry.floor_id is None or heard_at is None or entry.source in rules.CLAIMS:
        return None
    return int(heard_at.timestamp())
