"""An office whose live map is watched: people at places, and readers of its streams."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import make
from flask import Flask
from sqlalchemy import update
from visitor import Visitor
from werkzeug.test import TestResponse

from server import changes, clock, db
from server.changes import Thing
from server.fleet import service as fleet
from server.live_map.feed import Feed
from server.live_map.rules import Status
from server.people import service as people
from server.people.models import Person
from server.people.rules import Audience, Level, PauseLength, Signal
from server.places.models import Floor, Zone
from server.presence import service as presence
from server.presence import statuses
from server.presence.rules import State, StatusKind, Whereabouts
from server.presence.service import Observation

TOKYO = ZoneInfo("Asia/Tokyo")


class Event(NamedTuple):
    """One event as a browser gets it."""

    kind: str
    data: Any
    id: int | None


class Office:
    """Two floors. On the 18th: zones 18A of 財政課 and 18B, a refresh corner (counts only) and an excluded room.

    髙波 heads 財政課; 鈴木 and 佐藤 work there; 田中 of 税務課 is a stranger to them. Everybody has read the notice.
    """

    def __init__(self) -> None:
        self.now = clock.now()
        with db.transaction():
            self.notice = make.notice()
            self.building = make.building(**make.ALWAYS)
            self.floor = make.floor(self.building, "18", portals=[[2.0, 2.0], [30.0, 2.0]])
            self.other_floor = make.floor(self.building, "17")
            self.zone_a = make.zone(self.floor, "18A")
            self.zone_b = make.zone(self.floor, "18B", x_m=20)
            self.refresh = make.zone(self.floor, "18R", y_m=20, counts_only=True)
            self.union_room = make.zone(self.floor, "18U", x_m=20, y_m=20, excluded=True)
            self.zone_17 = make.zone(self.other_floor, "17A")
            self.section, self.other_section = make.unit("財政課"), make.unit("税務課")
            self.head = self.somebody("髙波", "たかなみ", self.section, is_head=True)
            self.suzuki = self.somebody("鈴木", "すずき", self.section)
            self.sato = self.somebody("佐藤", "さとう", self.section)
            self.stranger = self.somebody("田中", "たなか", self.other_section)
        self.beat()

    def somebody(self, family: str, kana: str, unit_id: int, **fields: Any) -> int:
        """A person with a post."""
        return make.person(family, "一", unit_id=unit_id, has_read=self.notice, family_kana=kana, **fields)

    def beat(self, **fields: Any) -> None:
        """The background process lives."""
        given = {"broker_connected": True, "broker_since": None, "inbox": 0, "tags": 0, "step_ms": 1.0}
        with db.transaction():
            fleet.record_beat("background", clock.now(), **(given | fields))

    def put(self, person_id: int, zone_id: int | None, floor_id: int | None = None, **fields: Any) -> None:
        """The person's badge is heard there now."""
        state = State.FLOOR if zone_id is None else State.PRESENT
        where = {"confidence": 0.9, "heard_at": clock.now()} | fields
        seen = Whereabouts(where.pop("state", state), floor_id or self.floor, zone_id, **where)
        with db.transaction():
            presence.observe([Observation(person_id, seen)], clock.now())

    def show(self, person_id: int, **levels: Level) -> None:
        """What the person shows from now on: `everyone=Level.FLOOR`."""
        with db.transaction():
            people.set_visibility(person_id, {Audience(name): level for name, level in levels.items()}, clock.now())

    def hide(self, person_id: int) -> None:
        """The person shows nothing to anybody from now on, by no signal."""
        nothing = dict.fromkeys(Audience, Level.HIDDEN)
        with db.transaction():
            for signal in Signal:
                people.set_visibility(person_id, nothing, clock.now(), signal)

    def say(self, person_id: int, kind: StatusKind, minutes: int = 60, note: str = "") -> None:
        """The person says this of the next so many minutes."""
        now = clock.now()
        with db.transaction():
            statuses.set_status(person_id, kind, now, now + timedelta(minutes=minutes), note, now)

    def pause(self, person_id: int) -> None:
        """The person hides for an hour; what is known of their place is forgotten, as their page does it."""
        with db.transaction():
            people.pause(person_id, PauseLength.HOUR, clock.now(), TOKYO)
            presence.clear([person_id], clock.now())

    def protect(self, person_id: int) -> None:
        """The person is protected from now on."""
        self._change(Person, person_id, Thing.CHOICES, person_id, protected=True)

    def leave(self, person_id: int) -> None:
        """Today is the first day that the person does not work here any more."""
        self._change(Person, person_id, Thing.CHOICES, person_id, active_to=clock.now().astimezone(TOKYO).date())

    def exclude_zone(self, zone_id: int) -> None:
        """The zone refuses presence from now on."""
        self._change(Zone, zone_id, Thing.FLOOR, self.floor, excluded=True)

    def exclude_floor(self, floor_id: int) -> None:
        """The floor refuses presence from now on."""
        self._change(Floor, floor_id, Thing.FLOOR, floor_id, excluded=True)

    def promote(self, person_id: int, unit_id: int) -> None:
        """The person heads this unit, too, from now on."""
        with db.transaction():
            people.add_membership(person_id, unit_id, make.DAY, is_primary=False, is_head=True)
            changes.record(Thing.CHOICES, person_id, clock.now())

    def _change(self, table: type[db.Base], row_id: int, thing: Thing, thing_id: int, **values: Any) -> None:
        with db.transaction():
            db.session.execute(update(table).where(table.id == row_id).values(**values))  # type: ignore[attr-defined]
            changes.record(thing, thing_id, clock.now())


class Reader:
    """Reads one open stream without ever waiting for it."""

    def __init__(self, app: Flask, visitor: Visitor, path: str, last_id: int | None = None) -> None:
        self._feed: Feed = app.extensions["iruka.feed"]
        before = set(self._feed.fanout.streams)
        headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
        self.response: TestResponse = visitor.get(path, headers=headers)
        self.is_over = False
        if self.response.status_code == 200:
            (self.stream,) = self._feed.fanout.streams - before
            self._data: Iterator[bytes] = self.response.iter_encoded()

    def read(self) -> list[Event]:
        """All that has been sent and not been read yet."""
        mark = Status(clock.now(), ("mark",))
        self._feed.fanout.send_status(self.stream, mark)
        text = ""
        while "mark" not in text and not self.is_over:
            try:
                text += next(self._data).decode()
            except StopIteration:
                self.is_over = True
                self.close()
        found = [event for block in text.split("\n\n") if (event := _event(block)) is not None]
        return [e for e in found if not (e.kind == "status" and e.data["reasons"] == ["mark"])]

    def people(self) -> list[Any]:
        """The data of the person events among what is read."""
        return [event.data for event in self.read() if event.kind == "person"]

    def kinds(self) -> list[str]:
        """The kinds of what is read."""
        return [event.kind for event in self.read()]

    def close(self) -> None:
        """The page is left."""
        self.response.close()


def _event(block: str) -> Event | None:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
    if "event" not in fields:
        return None
    return Event(fields["event"], json.loads(fields["data"]), int(fields["id"]) if "id" in fields else None)
