"""Events against snapshots: whatever happens, a page that applies what it is told shows what it would read."""

import json
import random
from datetime import timedelta

import pytest
from watching import TOKYO

from server import changes, clock, db
from server.changes import Thing
from server.live_map import model
from server.people import service as people
from server.people.rules import Audience, Level, PauseLength
from server.presence.rules import State

LEVELS = (Level.ZONE, Level.FLOOR, Level.BUILDING, Level.HIDDEN)
COUNTED = ("count", "zones", "floors", "building")


class Screen:
    """What a page has on it: it began with a snapshot, and applies events."""

    def __init__(self, visitor, reader) -> None:
        self._visitor, self._reader = visitor, reader
        self.people: dict[int, dict] = {}
        self.counts: dict = {}
        self._read_snapshot()

    def apply(self) -> None:
        """Take in what the stream says."""
        for event in self._reader.read():
            if event.kind == "reload":
                self._read_snapshot()
            elif event.kind == "counts":
                self.counts = {name: event.data[name] for name in COUNTED}
            elif event.kind == "heard":
                for person_id, heard_at in event.data["heard"].items():
                    if int(person_id) in self.people:
                        self.people[int(person_id)]["heard_at"] = heard_at
            elif event.kind == "person" and event.data.get("gone"):
                self.people.pop(event.data["id"], None)
            elif event.kind == "person":
                self.people[event.data["id"]] = event.data

    def snapshot(self) -> dict[int, dict]:
        """What it would read now."""
        return {person["id"]: person for person in self._visitor.get("/api/v1/floors/18").json["people"]}

    def snapshot_counts(self) -> dict:
        """The numbers it would read now."""
        floor, floors = self._visitor.get("/api/v1/floors/18").json, self._visitor.get("/api/v1/floors").json
        return {
            "count": floor["count"],
            "zones": {zone["code"]: zone["count"] for zone in floor["zones"]},
            "floors": {each["code"]: each["count"] for each in floors["floors"]},
            "building": floors["count"],
        }

    def follow(self, reader) -> None:
        """The stream was opened again."""
        self._reader = reader

    def _read_snapshot(self) -> None:
        self.people = self.snapshot()


@pytest.mark.parametrize("seed", range(4))
def test_a_page_that_applies_its_events_shows_what_it_would_read_p4_p5(database, office, feed, signed_in, watch, seed):
    """P4, P5, RP-21: over moves, choices, pauses and silences, for a stranger, a colleague, a head and an operator."""
    chance = random.Random(seed)
    everybody = [office.head, office.suzuki, office.sato, office.stranger]
    visitors = [signed_in(person_id=person) for person in everybody] + [signed_in()]
    screens = [Screen(visitor, watch(visitor)) for visitor in visitors]
    zones = [(office.zone_a, office.floor), (office.zone_b, office.floor), (office.refresh, office.floor),
             (office.zone_17, office.other_floor), (None, office.floor)]  # fmt: skip
    heard_at = office.now

    for step in range(40):
        person, what = chance.choice(everybody), chance.random()
        heard_at += timedelta(seconds=chance.choice((0, 0, 1)))
        if what < 0.55:
            zone, floor = chance.choice(zones)
            state = State.FLOOR if zone is None else chance.choice((State.PRESENT, State.PASSING, State.SILENT))
            office.put(person, zone, floor, state=state, heard_at=heard_at, confidence=chance.choice((0.7, 0.9)))
        elif what < 0.85:
            office.show(person, **{chance.choice(tuple(Audience)).value: chance.choice(LEVELS)})
        elif what < 0.95:
            office.pause(person)
        else:
            with db.transaction():
                people.resume(person, clock.now())
        if chance.random() < 0.6:  # else several changes travel together
            feed.turn(clock.now())
            feed.fanout.send_counts(clock.now())
            feed.fanout.send_heard(clock.now())
            for screen in screens:
                screen.apply()
                assert screen.people == screen.snapshot(), f"step {step}"
                if screen.counts:
                    assert screen.counts == screen.snapshot_counts(), f"step {step}"


@pytest.mark.parametrize("seed", range(3))
def test_a_page_that_was_cut_off_shows_the_same_after_its_replay_rp_21(database, office, feed, signed_in, watch, seed):
    """RP-21: the page keeps what it had, connects again with its last id, and reads nothing but the stream."""
    chance = random.Random(100 + seed)
    everybody = [office.head, office.suzuki, office.sato, office.stranger]
    visitor = signed_in(person_id=office.stranger)
    reader = watch(visitor)
    screen = Screen(visitor, reader)
    zones = [(office.zone_a, office.floor), (office.zone_b, office.floor), (office.zone_17, office.other_floor)]

    for _ in range(6):
        last_id = feed.model.last_id
        reader.close()
        for _ in range(chance.randint(1, 8)):
            person = chance.choice(everybody)
            if chance.random() < 0.7:
                office.put(person, *chance.choice(zones))
            else:
                office.show(person, everyone=chance.choice(LEVELS))
            if chance.random() < 0.5:
                feed.turn(clock.now())
        feed.turn(clock.now())
        reader = watch(visitor, last_id=last_id)
        screen.follow(reader)
        screen.apply()

        shown, read = ({i: p | {"heard_at": 0} for i, p in of.items()} for of in (screen.people, screen.snapshot()))
        assert shown == read


def test_the_end_of_a_pause_is_counted_once_p5(app, office, feed, signed_in, watch):
    """P5: until the outbox says that it is over, a pause that ended by itself is still in the numbers as a pause."""
    office.put(office.suzuki, office.zone_a)
    feed.turn(clock.now())
    visitor = signed_in(person_id=office.stranger)
    reader = watch(visitor)
    with db.transaction():
        people.pause(office.suzuki, PauseLength.QUARTER, clock.now() - timedelta(minutes=14), TOKYO)
    feed.turn(clock.now())
    assert [person.get("gone") for person in reader.people()] == [True]

    over = clock.now() + timedelta(minutes=2)
    office.put(office.sato, office.zone_a)
    feed.turn(over)
    assert shown_at(app, feed, reader, over) == (["佐藤"], 1)
    with db.transaction():
        people.expire_pauses(over)
    feed.turn(over)
    feed.fanout.send_counts(over)

    (counts,) = (event.data for event in reader.read() if event.kind == "counts")
    assert (counts["count"], counts["zones"]["18A"]) == (2, 2)
    assert shown_at(app, feed, reader, over) == (["佐藤", "鈴木"], 2)


def shown_at(app, feed, reader, now) -> tuple[list[str], int]:
    """Who is listed on the 18th floor for a reader at a time, and how many are counted in zone 18A."""
    viewer, floor = reader.stream.viewer, feed.model.built().floor_by_code["18"]
    answer = app.extensions["iruka.snapshots"].floor(viewer, floor, feed.status(), lambda _etag: False, now)
    shown = json.loads(answer.plain())
    return [person["family"] for person in shown["people"]], shown["zones"][0]["count"]


def test_kinds_of_viewers_that_nobody_is_left_of_are_forgotten(office, feed, signed_in, watch, monkeypatch):
    monkeypatch.setattr(model, "VIEW_KEPT_S", -1.0)
    watch(signed_in(person_id=office.stranger))
    signed_in(person_id=office.head).get("/api/v1/team")
    assert len(feed.model.views) == 2

    feed.model.forget_views(feed.fanout.kinds())

    assert set(feed.model.views) == feed.fanout.kinds()


def test_a_floors_page_hears_that_its_seats_are_others_and_no_other_page_does(database, office, feed, signed_in, watch):
    visitor = signed_in(person_id=office.sato)
    here, elsewhere, home = watch(visitor), watch(visitor, "/api/v1/stream?floor=17"), watch(visitor, "/api/v1/stream")
    with db.transaction():
        changes.record(Thing.SEATS, office.floor, clock.now())
        changes.record(Thing.SEATS, office.floor, clock.now())
    feed.turn(clock.now())

    assert [event.data for event in here.read() if event.kind == "seats"] == [{"floor": "18"}]
    assert "seats" not in elsewhere.kinds() + home.kinds()


def test_my_start_page_hears_that_my_booking_is_otherwise_and_nobody_elses_does_p3(
    database, office, feed, signed_in, watch
):
    mine, others = signed_in(person_id=office.sato), signed_in(person_id=office.suzuki)
    home, floor = watch(mine, "/api/v1/stream"), watch(mine)
    strange = watch(others, "/api/v1/stream")
    with db.transaction():
        changes.record(Thing.BOOKING, office.sato, clock.now())
    feed.turn(clock.now())

    assert [event.data for event in home.read() if event.kind == "seats"] == [{"floor": None}]
    assert "seats" not in floor.kinds() + strange.kinds()


def test_every_floors_page_hears_of_seats_when_a_rule_of_the_building_changes(database, office, feed, signed_in, watch):
    visitor = signed_in(person_id=office.sato)
    readers = [watch(visitor), watch(visitor, "/api/v1/stream?floor=17")]

    with db.transaction():
        changes.record(Thing.SEATS, 0, clock.now())
    feed.turn(clock.now())

    assert [[e.data["floor"] for e in reader.read() if e.kind == "seats"] for reader in readers] == [["18"], ["17"]]
