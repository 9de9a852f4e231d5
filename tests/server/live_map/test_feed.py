"""Open streams: what they are told, and that it never is more than a person shows at that moment."""

import json
from datetime import timedelta

import make
import pytest
from sqlalchemy import insert
from watching import TOKYO, Office

from server import changes, clock, db
from server.changes import Change, Thing
from server.fleet import service as fleet
from server.live_map import feed as feeding
from server.live_map import past
from server.live_map.feed import Feed
from server.live_map.slots import Slots
from server.people import service as people
from server.people import sessions
from server.people.rules import Audience, Level, Role, Viewer
from server.places import service as places
from server.presence import service as presence
from server.presence.models import Whereabouts
from server.presence.queries import whereabouts
from server.presence.rules import Shown, State
from server.presence.rules import Whereabouts as Place
from server.presence.service import Observation

EVERYWHERE = ("own_section", "managers", "everyone", "kiosk")


def turn(feed) -> None:
    feed.turn(clock.now())


def pulse(feed) -> None:
    feed.pulse(clock.now())


def test_a_stream_begins_with_numbers_and_how_current_they_are(database, office, feed, signed_in, watch):
    office.put(office.suzuki, office.zone_a)
    turn(feed)

    reader = watch(signed_in(person_id=office.stranger), last_id=feed.model.last_id)
    told = {event.kind: event.data for event in reader.read()}

    assert told["counts"] == {
        "floor": "18", "zones": {"18A": 1, "18B": 0, "18R": 0, "18U": 0}, "count": 1,
        "floors": {"18": 1, "17": 0}, "building": 1,
    }  # fmt: skip
    assert (told["status"]["stale"], told["status"]["reasons"]) == (False, [])
    assert reader.response.mimetype == "text/event-stream"
    assert reader.response.headers["Cache-Control"] == "no-store"


def test_people_come_move_and_go_for_those_who_watch_the_floor(database, office, feed, signed_in, watch):
    reader = watch(signed_in(person_id=office.stranger))

    office.put(office.suzuki, office.zone_a)
    turn(feed)
    (came,) = reader.people()
    office.put(office.suzuki, office.zone_b)
    turn(feed)
    (moved,) = reader.people()
    office.put(office.suzuki, office.zone_17, office.other_floor)
    turn(feed)
    (went,) = reader.read()

    assert (came["family"], came["zone"], moved["zone"]) == ("鈴木", "18A", "18B")
    assert went.data == {"id": office.suzuki, "gone": True}
    assert went.id == feed.model.last_id


def test_a_choice_holds_at_once_in_streams_already_open_p4(database, office, feed, signed_in, watch):
    """P4: strangers see the place go, her own section still sees the seat; then nobody but herself does."""
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    theirs, ours, hers = (
        watch(signed_in(person_id=person)) for person in (office.stranger, office.sato, office.suzuki)
    )

    office.show(office.suzuki, everyone=Level.FLOOR)
    turn(feed)
    assert [(p["zone"], p["state"], p["sure"]) for p in theirs.people()] == [(None, "floor", "floor")]
    assert ours.read() == []

    office.show(office.suzuki, everyone=Level.BUILDING)
    turn(feed)
    assert theirs.people() == [{"id": office.suzuki, "gone": True}]

    office.show(office.suzuki, **dict.fromkeys(EVERYWHERE, Level.HIDDEN))
    turn(feed)
    assert theirs.read() == []
    assert ours.people() == [{"id": office.suzuki, "gone": True}]
    assert hers.read() == []

    office.show(office.suzuki, everyone=Level.ZONE)
    turn(feed)
    assert [p["zone"] for p in theirs.people()] == ["18A"]


def test_streams_say_nothing_about_moves_that_the_viewer_may_not_see_p4(database, office, feed, signed_in, watch):
    """P4: not even that something happened, neither at once nor with the next numbers."""
    office.show(office.suzuki, everyone=Level.HIDDEN)
    office.show(office.sato, everyone=Level.FLOOR)
    office.put(office.suzuki, office.zone_a, heard_at=office.now)
    office.put(office.sato, office.zone_a, heard_at=office.now)
    turn(feed)
    reader = watch(signed_in(person_id=office.stranger))
    pulse(feed)
    reader.read()

    office.put(office.suzuki, office.zone_b, heard_at=office.now)
    office.put(office.sato, office.zone_b, heard_at=office.now)
    turn(feed)
    feed.fanout.send_counts(clock.now())
    feed.fanout.send_heard(clock.now())

    told = reader.read()
    assert {event.kind for event in told} <= {"heard"}
    assert all(set(event.data["heard"]) == {str(office.sato)} for event in told)


def test_a_new_post_changes_what_an_open_stream_is_told_p4(database, office, feed, signed_in, watch):
    """P4: the viewer becomes head of another section: the page reads again, and is told what managers may see."""
    office.show(office.stranger, everyone=Level.HIDDEN, managers=Level.ZONE)
    office.put(office.stranger, office.zone_a)
    turn(feed)
    reader = watch(signed_in(person_id=office.head))

    office.promote(office.head, office.other_section)
    turn(feed)
    assert "reload" in reader.kinds()
    office.put(office.stranger, office.zone_b)
    turn(feed)

    assert [(p["family"], p["zone"]) for p in reader.people()] == [("田中", "18B")]


def test_a_pause_reaches_open_streams_as_if_the_person_had_left_p5(database, office, feed, signed_in, watch):
    """P5: on a floor it is the very event of somebody who walked away; the head is told no more than others."""
    for person in (office.suzuki, office.sato):
        office.put(person, office.zone_a)
    turn(feed)
    readers = [watch(signed_in(person_id=person)) for person in (office.head, office.stranger)]

    office.pause(office.suzuki)
    office.put(office.sato, office.zone_17, office.other_floor)
    turn(feed)

    for reader in readers:
        assert reader.people() == [{"id": office.suzuki, "gone": True}, {"id": office.sato, "gone": True}]


def test_on_the_start_page_a_pause_reads_like_any_hiding_p5(database, office, feed, signed_in, watch):
    """P5: the head's team list gets the same words for a pause and for a choice."""
    team = (office.suzuki, office.sato)
    hide = (office.pause, office.hide)
    reader = watch(signed_in(person_id=office.head), "/api/v1/stream")
    told = []
    for person, how in zip(team, hide, strict=True):
        with db.transaction():
            people.set_visibility(person, {}, clock.now())
        office.put(person, office.zone_a)
        turn(feed)
        reader.read()
        how(person)
        turn(feed)
        told += [{**p, "id": 0, "name": "", "family": "", "kana": ""} for p in reader.people() if p["id"] == person]

    assert told
    assert len({json.dumps(p) for p in told}) == 1
    assert told[0]["state"] == "hidden"
    assert told[0]["floor"] is None


def test_whoever_becomes_protected_leaves_the_team_list_of_others_p13(database, office, feed, signed_in, watch):
    """P13: without a name and without a reason; the page reads its list anew."""
    reader = watch(signed_in(person_id=office.head), "/api/v1/stream")

    office.protect(office.suzuki)
    turn(feed)

    assert [kind for kind in reader.kinds() if kind in ("person", "reload")] == ["reload"]


def test_an_excluded_place_empties_in_open_streams_p8(database, office, feed, signed_in, watch):
    """P8: the page reads again and finds nobody; later moves inside are no events."""
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    visitor = signed_in(person_id=office.sato)
    reader = watch(visitor)

    office.exclude_zone(office.zone_a)
    turn(feed)

    assert "reload" in reader.kinds()
    assert visitor.get("/api/v1/floors/18").json["people"] == []


def test_the_start_page_is_told_about_the_team_and_the_building(database, office, feed, signed_in, watch):
    reader = watch(signed_in(person_id=office.sato), "/api/v1/stream")

    office.put(office.suzuki, office.zone_17, office.other_floor)
    office.put(office.stranger, office.zone_a)
    office.put(office.sato, office.zone_b)
    turn(feed)
    feed.fanout.send_counts(clock.now())

    told = reader.read()
    assert [(e.data["family"], e.data["me"]) for e in told if e.kind == "person"] == [("鈴木", False), ("佐藤", True)]
    (counts,) = (e.data for e in told if e.kind == "counts")
    assert counts == {"floor": None, "zones": {}, "count": 3, "floors": {"18": 2, "17": 1}, "building": 3}

    office.put(office.suzuki, None, office.floor, state=State.AWAY, heard_at=None)
    turn(feed)
    assert [(p["family"], p["state"]) for p in reader.people()] == [("鈴木", "away")]


def test_numbers_are_sent_when_they_change_and_not_otherwise(office, feed, signed_in, watch):
    reader = watch(signed_in(person_id=office.stranger))

    office.put(office.suzuki, office.zone_a)
    turn(feed)
    feed.fanout.send_counts(clock.now())
    feed.fanout.send_counts(clock.now())

    assert reader.kinds() == ["person", "counts"]


def test_hearing_a_badge_again_is_told_together_and_seldom(database, office, feed, signed_in, watch):
    office.put(office.suzuki, office.zone_a, heard_at=office.now)
    turn(feed)
    visitor = signed_in(person_id=office.sato)
    floor, home, elsewhere = (watch(visitor, f"/api/v1/stream{asked}") for asked in ("?floor=18", "", "?floor=17"))

    later = office.now + timedelta(seconds=3)
    office.put(office.suzuki, office.zone_a, heard_at=later)
    turn(feed)
    assert (floor.read(), home.read()) == ([], [])
    feed.fanout.send_heard(clock.now())

    for reader in (floor, home):
        (heard,) = reader.read()
        assert heard.data["heard"] == {str(office.suzuki): int(later.timestamp())}
    assert elsewhere.read() == []


def test_my_own_badge_is_heard_where_i_am_and_on_no_other_page(office, feed, signed_in, watch):
    office.put(office.sato, office.zone_17, office.other_floor, heard_at=office.now)
    office.show(office.sato, **dict.fromkeys(EVERYWHERE, Level.BUILDING))
    turn(feed)
    visitor = signed_in(person_id=office.sato)
    here, there = (watch(visitor, f"/api/v1/stream?floor={code}") for code in ("17", "18"))

    later = office.now + timedelta(seconds=3)
    office.put(office.sato, office.zone_17, office.other_floor, heard_at=later)
    turn(feed)
    feed.fanout.send_heard(clock.now())

    assert [event.data["heard"] for event in here.read()] == [{str(office.sato): int(later.timestamp())}]
    assert there.read() == []


def test_a_stream_that_was_cut_is_told_the_state_of_all_that_changed_rp_21(database, office, feed, signed_in, watch):
    """RP-21: a reconnect with Last-Event-ID misses no change; that somebody left makes the page read again."""
    visitor = signed_in(person_id=office.stranger)
    office.put(office.suzuki, office.zone_a)
    office.put(office.sato, office.zone_a)
    turn(feed)
    first = watch(visitor)
    office.put(office.head, office.zone_b)
    turn(feed)
    last_id = next(e.id for e in first.read() if e.kind == "person")
    first.close()

    office.put(office.suzuki, office.zone_b)
    office.put(office.sato, office.zone_17, office.other_floor)
    turn(feed)
    again = watch(visitor, last_id=last_id)

    events = again.read()
    told = {e.data["id"]: e.data["zone"] for e in events if e.kind == "person"}
    assert told == {office.suzuki: "18B", office.head: "18B"}
    assert "reload" in [e.kind for e in events]


def test_a_new_stream_is_never_told_the_last_place_of_somebody_it_does_not_see_p5_p9(
    database, office, feed, signed_in, watch
):
    """P5, P9: an old Last-Event-ID names nobody who paused, hid or left since; all three read the same."""
    visitor = signed_in(person_id=office.stranger)
    told = []
    for how in (
        office.pause,
        lambda person: office.show(person, everyone=Level.BUILDING),
        lambda person: office.put(person, office.zone_17, office.other_floor),
    ):
        with db.transaction():
            people.resume(office.suzuki, clock.now())
            people.set_visibility(office.suzuki, {Audience.EVERYONE: Level.ZONE}, clock.now())
        office.put(office.suzuki, office.zone_a)
        turn(feed)
        last_id = feed.model.last_id
        how(office.suzuki)
        turn(feed)
        reader = watch(visitor, last_id=last_id)
        told.append([(e.kind, e.data) for e in reader.read() if e.kind in ("person", "reload")])
        reader.close()

    assert told == [[("reload", {})]] * 3


def test_an_old_last_event_id_does_not_tell_that_somebody_hidden_moved_p4(
    database, office, feed, signed_in, watch, monkeypatch
):
    """P4: what looks the same as before is no event, neither on the start page nor on a floor."""
    monkeypatch.setattr(past, "OVERLAP", 0)
    office.show(office.suzuki, own_section=Level.BUILDING, managers=Level.HIDDEN, everyone=Level.BUILDING)
    office.show(office.stranger, everyone=Level.FLOOR)
    for person in (office.suzuki, office.stranger):
        office.put(person, office.zone_a)
    turn(feed)
    last_id = feed.model.last_id

    for person in (office.suzuki, office.stranger):
        office.put(person, office.zone_b)
    turn(feed)

    visitor = signed_in(person_id=office.sato)
    home, floor = (watch(visitor, f"/api/v1/stream{asked}", last_id=last_id) for asked in ("", "?floor=18"))
    assert {e.kind for e in home.read() + floor.read()} <= {"counts", "status"}


def test_what_was_missed_is_cut_down_as_everything_else_p4(database, office, feed, signed_in, watch):
    """P4: a replay obeys the choice of now, also for what happened before it."""
    visitor = signed_in(person_id=office.stranger)
    start = feed.model.last_id
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    office.show(office.suzuki, everyone=Level.FLOOR)
    office.show(office.sato, everyone=Level.HIDDEN)
    office.put(office.sato, office.zone_a)
    turn(feed)

    told = [e.data for e in watch(visitor, last_id=start).read() if e.kind == "person"]

    assert [(p["id"], p.get("zone")) for p in told if not p.get("gone")] == [(office.suzuki, None)]


def test_who_was_away_too_long_reads_the_snapshot_again_rp_21(office, feed, signed_in, watch):
    """RP-21: a worker that has not seen those changes itself sends `reload` instead of a part of them."""
    assert "reload" in watch(signed_in(person_id=office.stranger), last_id=0).kinds()


@pytest.mark.parametrize("given", ["-1", "x", "9" * 40, "１２"])
def test_a_last_event_id_that_is_not_ours_is_as_none(office, feed, signed_in, given):
    answer = signed_in(person_id=office.stranger).get("/api/v1/stream", headers={"Last-Event-ID": given})

    assert answer.status_code == 200
    answer.close()


def test_events_of_a_person_come_in_order_rp_21(database, office, feed, signed_in, watch):
    reader = watch(signed_in(person_id=office.stranger))

    zones = ("18A", "18B") * 5
    for code in zones:
        office.put(office.suzuki, office.zone_a if code == "18A" else office.zone_b)
        turn(feed)

    told = [event for event in reader.read() if event.kind == "person"]
    assert [event.data["zone"] for event in told] == list(zones)
    assert [event.id for event in told] == sorted({event.id for event in told})


def test_an_account_may_hold_eight_streams_sr_15(database, office, feed, signed_in, watch):
    """SR-15: the ninth is refused with a time to wait; one that is closed makes room."""
    visitor = signed_in(person_id=office.sato)
    readers = [watch(visitor) for _ in range(8)]

    refused = visitor.get("/api/v1/stream")
    other = signed_in(person_id=office.suzuki).get("/api/v1/stream")
    readers[3].close()
    again = visitor.get("/api/v1/stream")

    assert (refused.status_code, refused.json["code"]) == (429, "too_many_streams")
    assert int(refused.headers["Retry-After"]) > 0
    assert (other.status_code, again.status_code) == (200, 200)
    other.close()
    again.close()


def test_asking_for_the_headers_only_leaves_no_stream_behind_sr_15(office, feed, signed_in):
    visitor = signed_in(person_id=office.sato)

    for _ in range(10):
        visitor.head("/api/v1/stream").close()

    assert feed.fanout.streams == set()
    with visitor.get("/api/v1/stream") as answer:
        assert answer.status_code == 200


def test_signing_out_ends_the_streams_of_that_browser_at_once_sr_15(database, office, feed, signed_in, watch):
    """SR-15: with the outbox's next line, and not those of the account's other browsers."""
    here = signed_in(person_id=office.sato)
    there = signed_in(account_id=here.signed.account_id)
    mine, other = watch(here), watch(there)

    here.send("/sign-out")
    turn(feed)

    assert [(e.kind, e.data) for e in mine.read()] == [("bye", {"why": "session"})]
    assert mine.is_over
    assert other.read() == []
    assert not other.is_over


@pytest.mark.parametrize("read_anew", [False, True])
def test_a_session_ended_in_another_worker_reads_nothing_while_the_database_is_away_sr_07(
    database, office, feed, signed_in, monkeypatch, read_anew
):
    """SR-07: this worker forgets it with the outbox's line, and all of them when it has skipped lines."""
    ended, other = (signed_in(person_id=person) for person in (office.sato, office.suzuki))
    for visitor in (ended, other):
        assert visitor.get("/api/v1/floors/18").status_code == 200

    with db.transaction():  # as another worker does it
        sessions.end_all(ended.signed.account_id, clock.now())
    if read_anew:
        feed.model.places = None
    turn(feed)
    monkeypatch.setattr(db, "is_silent", lambda: True)

    assert ended.get("/api/v1/floors/18").status_code == 503
    assert other.get("/api/v1/floors/18").status_code == (503 if read_anew else 200)


@pytest.mark.parametrize("end", ["password", "role", "account"])
def test_whatever_ends_a_session_ends_its_streams_sr_15(database, office, feed, signed_in, watch, end):
    reader = watch(signed_in(person_id=office.sato))
    account_id = reader.stream.account_id

    with db.transaction():
        if end == "password":
            people.set_password(account_id, "another long password", clock.now())
        elif end == "role":
            people.set_role(account_id, Role.FACILITIES, clock.now())
        else:
            people.deactivate(account_id, clock.now())
    turn(feed)

    assert [(e.kind, e.data) for e in reader.read()] == [("bye", {"why": "session"})]


def test_a_session_that_idled_too_long_loses_its_streams_within_30_s_sr_15(
    database, office, feed, signed_in, watch, monkeypatch
):
    """SR-15: all sessions are asked about every ten seconds, whether or not the outbox names them."""
    reader = watch(signed_in(person_id=office.sato))
    with db.transaction():
        sessions.touch(reader.stream.session_key, clock.now() - sessions.IDLE)
    feed.turn(clock.now())
    monkeypatch.setattr(feeding, "SESSIONS_EVERY_S", 0.0)
    feed.turn(clock.now())

    assert reader.kinds() == ["bye"]
    assert feeding.SESSIONS_EVERY_S <= 30 - feeding.PULSE_S


def test_a_session_ends_on_time_even_while_the_database_is_away_sr_15(office, feed, signed_in, watch):
    reader = watch(signed_in(person_id=office.sato))

    feed.pulse(reader.stream.session_ends_at)

    assert "bye" in reader.kinds()


def test_streams_are_pinged_every_20_s_at_most_sr_15():
    from server.live_map import stream

    assert stream.PING_EVERY_S <= 20


def test_without_the_database_the_map_keeps_its_last_state_and_says_so_rp_10(
    office, feed, signed_in, watch, monkeypatch
):
    """RP-10: streams are told that the map is old within 3 s, and as of when; answers go on from memory."""
    visitor = signed_in(person_id=office.stranger)
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    reader = watch(visitor)
    before = visitor.get("/api/v1/floors/18")
    read_at = int(feed.model.read_at.timestamp())

    monkeypatch.setattr(feed.model, "read_s", feed.model.read_s - feeding.STALE_AFTER_S)
    pulse(feed)
    after = visitor.get("/api/v1/floors/18", headers={"If-None-Match": before.headers["ETag"]})

    (status,) = (e.data for e in reader.read() if e.kind == "status")
    assert status == {"as_of": read_at, "stale": True, "reasons": ["database"]}
    assert [p["family"] for p in after.json["people"]] == ["鈴木"]
    assert (after.json["stale"], after.json["reasons"], after.json["as_of"]) == (True, ["database"], read_at)
    assert (after.headers["X-Stale"], after.headers["X-As-Of"]) == ("1", str(read_at))
    assert feeding.STALE_AFTER_S + feeding.PULSE_S <= 3

    turn(feed)
    pulse(feed)
    assert [e.data["reasons"] for e in reader.read() if e.kind == "status"] == [[]]


def test_without_the_broker_the_map_says_since_when_it_is_old_rp_11(
    database, office, feed, signed_in, watch, monkeypatch
):
    """RP-11: the reason is the broker's, and the time that of the last badge heard."""
    office.put(office.suzuki, office.zone_a, heard_at=office.now)
    turn(feed)
    reader = watch(signed_in(person_id=office.stranger))

    office.beat(broker_connected=False)
    monkeypatch.setattr(feeding, "SENSORS_EVERY_S", 0.0)
    turn(feed)
    pulse(feed)

    status = [e.data for e in reader.read() if e.kind == "status"][-1]
    assert status == {"as_of": int(office.now.timestamp()), "stale": True, "reasons": ["broker"]}


def closed_at(office, hour: str):
    """An instant of tomorrow, and opening hours on every day until the hour before it."""
    with db.transaction():
        places.set_hours(office.building, "00:00", hour, "0123456")
        changes.record(Thing.FLOOR, office.floor, clock.now())
    tomorrow = clock.now().astimezone(TOKYO).date() + timedelta(days=1)
    return make.at(hour, tomorrow) - timedelta(minutes=1), make.at(hour, tomorrow) + timedelta(minutes=1)


def test_nobody_is_anywhere_once_the_building_has_closed_p7_p10(database, office, feed, signed_in, watch, monkeypatch):
    """P7, P10: though nobody has forgotten the places yet; the page is told, and so is whoever asks by name."""
    before, after = closed_at(office, "20:00")
    beat_at(after)
    feed.turn(before)
    with db.transaction():
        presence.observe([Observation(office.suzuki, at_desk(office, before))], before)
    feed.turn(before)
    visitor = signed_in(person_id=office.sato)
    floor, home = watch(visitor), watch(visitor, "/api/v1/stream")
    monkeypatch.setattr(feeding, "SESSIONS_EVERY_S", 60.0)  # as of tomorrow they have ended
    assert visitor.get("/api/v1/floors/18").json["count"] == 1

    feed.turn(after)
    feed.fanout.send_counts(after)

    assert floor.people() == [{"id": office.suzuki, "gone": True}]
    told = home.read()
    assert [e.data["state"] for e in told if e.kind == "person"] == ["away"]
    assert [e.data["building"] for e in told if e.kind == "counts"] == [0]
    assert visitor.get("/api/v1/floors/18").json["people"] == []
    with db.transaction():
        seen = presence.look_up(Viewer(office.sato), None, "誰か", office.suzuki, "map", after)
    assert seen.state is Shown.AWAY

    feed.turn(before)
    assert [p["zone"] for p in floor.people()] == ["18A"]


def test_the_map_empties_at_closing_time_though_the_database_is_away_p7(office, feed, signed_in, watch):
    before, after = closed_at(office, "20:00")
    feed.turn(before)
    with db.transaction():
        presence.observe([Observation(office.suzuki, at_desk(office, before))], before)
    feed.turn(before)
    reader = watch(signed_in(person_id=office.stranger))
    reader.stream.session_ends_at = after + timedelta(hours=1)

    feed.pulse(before)
    assert reader.people() == []
    feed.pulse(after)

    assert reader.people() == [{"id": office.suzuki, "gone": True}]


def test_the_web_forgets_places_after_closing_when_the_background_process_is_dead_p10(
    database, office, feed, tmp_path, monkeypatch
):
    """P10: not before closing, not while the other process lives, and a second worker finds nothing left to do."""
    monkeypatch.setattr(feeding, "SENSORS_EVERY_S", 0.0)
    before, after = closed_at(office, "20:00")
    feed.turn(before)
    with db.transaction():
        presence.observe([Observation(office.suzuki, at_desk(office, before))], before)

    feed.turn(before)
    assert kept() == {office.suzuki}
    beat_at(after)
    feed.turn(after)
    assert kept() == {office.suzuki}
    feed.turn(after + timedelta(minutes=2))
    assert kept() == set()

    other = Feed(feed.site, Slots(tmp_path / "other", 8), lambda _accounts: None)
    other.turn(after + timedelta(minutes=2))
    other.turn(after + timedelta(minutes=2))
    assert kept() == set()


def beat_at(now) -> None:
    """The background process lives then."""
    with db.transaction():
        fleet.record_beat("background", now, broker_connected=True, broker_since=None, inbox=0, tags=0, step_ms=1.0)


def kept() -> set[int]:
    with db.reading():
        return set(whereabouts())


def at_desk(office, heard_at) -> Place:
    return Place(State.PRESENT, office.floor, office.zone_a, 0.9, heard_at)


def test_receivers_gone_silent_make_their_own_floor_old_and_no_other(office, feed, signed_in, watch, monkeypatch):
    with db.transaction():
        make.receiver(office.other_floor, "RX-17-01")
    monkeypatch.setattr(feeding, "SENSORS_EVERY_S", 0.0)
    turn(feed)
    visitor = signed_in(person_id=office.stranger)

    assert visitor.get("/api/v1/floors/17").json["reasons"] == ["receivers:17"]
    assert visitor.get("/api/v1/floors/18").json["stale"] is False
    assert visitor.get("/api/v1/floors").json["reasons"] == ["receivers:17"]


def test_a_new_plan_or_zone_makes_open_pages_read_again(database, office, feed, signed_in, watch):
    reader = watch(signed_in(person_id=office.stranger))

    with db.transaction():
        places.set_plan(office.floor, b"<svg/>", "image/svg+xml", clock.now(), width_m=48.0, height_m=32.0)
    turn(feed)

    assert "reload" in reader.kinds()


def test_lines_written_out_of_order_are_not_missed_rp_21(postgres_url, app, signed_in):
    """RP-21: PostgreSQL draws ids before commits are ordered; a late line with a lower id is read all the same."""
    db.connect(postgres_url)
    office = Office()
    feed = app.extensions["iruka.feed"]
    turn(feed)
    late = db.engine().connect()
    line = insert(Change).values(thing=Thing.PRESENCE.value, thing_id=office.sato, at=clock.now())
    late_id = late.execute(line.returning(Change.id)).scalar_one()
    place = {"person_id": office.sato, "state": "present", "floor_id": office.floor, "zone_id": office.zone_a}
    late.execute(insert(Whereabouts).values(**place, heard_at=clock.now()))
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    assert feed.model.last_id > late_id
    late.commit()
    late.close()

    turn(feed)

    shown = signed_in(person_id=office.stranger).get("/api/v1/floors/18").json
    assert [p["family"] for p in shown["people"]] == ["佐藤", "鈴木"]


def test_stopping_lets_every_page_connect_again(office, feed, signed_in, watch):
    reader = watch(signed_in(person_id=office.stranger))

    feed.stop()

    assert [(e.kind, e.data) for e in reader.read()] == [("bye", {"why": "renew"})]
    assert reader.is_over


def test_a_new_notice_is_read_by_everyone_and_changes_nothing_shown(database, office, feed, signed_in, watch):
    office.put(office.suzuki, office.zone_a)
    turn(feed)
    reader = watch(signed_in(person_id=office.stranger))

    with db.transaction():
        make.notice(clock.now())
        changes.record(Thing.CHOICES, office.suzuki, clock.now())
    turn(feed)

    assert reader.people() == []
