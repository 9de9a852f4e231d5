"""What people say of their day on open pages, cut down for each viewer; and how soon a choice takes effect."""

import json
from datetime import timedelta
from itertools import product

import pytest

from server import clock, db
from server.live_map import feed as feeds
from server.people.rules import Level
from server.presence import statuses
from server.presence.rules import State, StatusKind

TEAM, FLOOR = "/api/v1/team", "/api/v1/floors/18"


def person(snapshot, person_id):
    return next((one for one in snapshot["people"] if one["id"] == person_id), None)


def card_of(office, person_id):
    return f"/api/v1/people/{person_id}?screen=home"


def turn(feed, now=None) -> None:
    feed._due["statuses"] = float("-inf")
    feed.turn(now or clock.now())


def test_a_status_stands_beside_the_place(database, office, feed, signed_in, watch):
    colleague = signed_in(person_id=office.sato)
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    reader = watch(colleague, "/api/v1/stream")

    office.say(office.suzuki, StatusKind.MEETING, note="予算")
    turn(feed)

    (told,) = reader.people()
    assert (told["state"], told["zone"], told["source"]) == ("present", "18A", "beacon")
    assert told["status"]["kind"] == "meeting"
    assert told["status"]["note"] == "予算"
    assert person(colleague.get(TEAM).json, office.suzuki)["status"] == told["status"]
    assert person(colleague.get(FLOOR).json, office.suzuki)["status"] == told["status"]
    assert colleague.get(card_of(office, office.suzuki)).json["person"]["status"] == told["status"]


def test_nobody_reads_since_when_p3(database, office, feed, signed_in):
    office.say(office.suzuki, StatusKind.LEAVE)
    turn(feed)

    shown = person(signed_in(person_id=office.sato).get(TEAM).json, office.suzuki)

    assert set(shown["status"]) == {"kind", "until", "note"}


@pytest.mark.parametrize("kind", [StatusKind.TELEWORK, StatusKind.TRIP, StatusKind.LEAVE])
def test_whoever_says_to_be_elsewhere_leaves_the_map(database, office, feed, signed_in, watch, kind):
    stranger = signed_in(person_id=office.stranger)
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    reader = watch(stranger)

    office.say(office.suzuki, kind)
    turn(feed)

    assert reader.people() == [{"id": office.suzuki, "gone": True}]
    assert stranger.get(FLOOR).json["count"] == 0
    card = stranger.get(card_of(office, office.suzuki)).json
    assert (card["person"]["source"], card["floor"], card["person"]["status"]["kind"]) == ("status", None, kind.value)


def test_a_badge_heard_in_the_building_after_a_trip_was_said_comes_back_to_the_map(
    database, office, feed, signed_in, watch
):
    """The same place as before is heard again, which is no news otherwise."""
    stranger = signed_in(person_id=office.stranger)
    office.put(office.suzuki, office.zone_a)
    office.say(office.suzuki, StatusKind.TRIP)
    turn(feed)
    reader = watch(stranger)

    office.put(office.suzuki, office.zone_a)
    turn(feed)

    (told,) = reader.people()
    assert (told["zone"], told["source"], told["status"]["kind"]) == ("18A", "beacon", "trip")
    assert stranger.get(FLOOR).json["count"] == 1


def test_a_status_ends_on_open_pages_by_itself(database, office, feed, signed_in, watch):
    office.say(office.suzuki, StatusKind.FOCUS, minutes=30)
    turn(feed)
    reader = watch(signed_in(person_id=office.sato), "/api/v1/stream")

    turn(feed, clock.now() + timedelta(minutes=29))
    assert reader.people() == []
    turn(feed, clock.now() + timedelta(minutes=31))

    assert [told["status"] for told in reader.people()] == [None]


def test_a_status_said_ahead_begins_on_open_pages_by_itself(database, office, feed, signed_in, watch):
    now = clock.now()
    with db.transaction():
        starts = now + timedelta(minutes=30)
        statuses.set_status(office.suzuki, StatusKind.COUNTER, starts, starts + timedelta(hours=1), "", now)
    turn(feed)
    reader = watch(signed_in(person_id=office.sato), "/api/v1/stream")

    turn(feed, now + timedelta(minutes=31))

    assert [told["status"]["kind"] for told in reader.people()] == ["counter"]


def test_statuses_are_asked_for_often_enough_sr_01():
    assert feeds.STATUSES_EVERY_S + feeds.TURN_S < 5


@pytest.mark.parametrize("how", ["pause", "hide", "protect"])
def test_whoever_is_hidden_shows_no_status_anywhere_sr_01_p5(database, office, feed, signed_in, watch, how):
    head = signed_in(person_id=office.head)
    office.say(office.suzuki, StatusKind.MEETING, note="秘密")
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    reader = watch(head, "/api/v1/stream")

    getattr(office, how)(office.suzuki)
    turn(feed)

    outputs = [json.dumps(event.data, ensure_ascii=False) for event in reader.read()]
    outputs += [head.get(path).text for path in (TEAM, FLOOR, "/api/v1/floors", card_of(office, office.suzuki))]
    assert not [text for text in outputs if "秘密" in text or '"meeting"' in text]
    mine = signed_in(person_id=office.suzuki).get(TEAM).json["me"]
    assert mine["status"]["note"] == "秘密"


@pytest.mark.parametrize("level", list(Level))
def test_every_output_follows_a_choice_with_the_next_turn_sr_01(database, office, feed, signed_in, watch, level):
    """SR-01: floor and team snapshots, both streams, the floors' numbers and the card; a turn takes a tenth second."""
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    stranger, head = signed_in(person_id=office.stranger), signed_in(person_id=office.head)
    on_floor, on_start = watch(stranger), watch(head, "/api/v1/stream")

    office.show(office.suzuki, everyone=level, managers=level, own_section=level)
    turn(feed)

    has_floor, has_zone = level.rank >= Level.FLOOR.rank, level.rank >= Level.ZONE.rank
    told = [one for one in on_floor.people() if one["id"] == office.suzuki]
    told_head = [one for one in on_start.people() if one["id"] == office.suzuki]
    seen = [
        person(stranger.get(FLOOR).json, office.suzuki),
        stranger.get(card_of(office, office.suzuki)).json["person"],
        person(head.get(TEAM).json, office.suzuki),
        *(told[-1:] if told and "gone" not in told[-1] else []),
        *told_head[-1:],
    ]
    assert (seen[0] is not None) is has_floor
    for one in filter(None, seen):
        assert (one["floor"] is not None) is has_floor
        assert (one["zone"] is not None) is has_zone
        assert (one["heard_at"] is not None) is has_floor
        assert (one["state"] == "hidden") is (level is Level.HIDDEN)
    if not has_floor:
        assert told == [{"id": office.suzuki, "gone": True}]
    assert stranger.get("/api/v1/floors").json["count"] == (level is not Level.HIDDEN)


def test_whatever_is_granted_a_silent_place_and_a_status_never_say_more_p4(database, office, feed, signed_in):
    stranger = signed_in(person_id=office.stranger)
    for state, kind, level in product([State.SILENT, State.PASSING], [StatusKind.MEETING, StatusKind.TRIP], Level):
        office.show(office.suzuki, everyone=level)
        office.put(office.suzuki, office.zone_a, state=state)
        office.say(office.suzuki, kind)
        turn(feed)

        shown = person(stranger.get(FLOOR).json, office.suzuki)

        is_there = level.rank >= Level.FLOOR.rank and kind is StatusKind.MEETING
        assert (shown is not None) is is_there
        if shown is not None:
            assert (shown["zone"] is not None) is (level.rank >= Level.ZONE.rank)
