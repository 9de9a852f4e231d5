"""The page of one person: what it shows to whom, and that the person can read who opened it."""

from datetime import timedelta

import pytest
from watching import Office

from server import clock, db
from server.fleet import service as fleet
from server.live_map.feed import Feed
from server.people import service as people
from server.people.rules import Audience, Level, Role, Signal
from server.presence import queries as presence
from server.presence.rules import StatusKind


@pytest.fixture
def office(sqlite) -> Office:
    return Office()


@pytest.fixture
def feed(app, office) -> Feed:
    found: Feed = app.extensions["iruka.feed"]
    found.turn(clock.now())
    return found


@pytest.fixture
def stranger(signed_in, office, feed):
    """田中 of another section."""
    return signed_in(person_id=office.stranger)


def page(visitor, person_id, language="en"):
    return visitor.get(f"/people/{person_id}?lang={language}")


def now(visitor, person_id):
    return visitor.get(f"/people/{person_id}/now?lang=en")


def look_ups(person_id) -> list[str]:
    with db.reading():
        return [line.screen for line in presence.look_ups_of(person_id, clock.now() - timedelta(days=1))]


def test_the_page_says_who_somebody_is_and_where_with_source_and_age(office, stranger):
    with db.transaction():
        people.add_membership(office.suzuki, office.other_section, office.now.date(), title="係長", is_primary=False)
    office.put(office.suzuki, office.zone_a, heard_at=clock.now() - timedelta(seconds=25))

    text = page(stranger, office.suzuki).text

    assert "<rt>すずき</rt>" in text
    assert "財政課" in text
    assert "税務課" in text and "係長" in text and "concurrent post" in text
    assert "18F, 18A" in text
    assert "beacon, 20 s ago" in text
    assert f'href="/floors/18?person={office.suzuki}"' in text
    assert f'href="/memos/new?for={office.suzuki}"' in text
    assert "mini-map__zone--there" in text
    assert "Take the lift to 18F" in text


def test_opening_the_page_is_one_look_up_and_keeping_it_current_is_none_p11(office, stranger):
    page(stranger, office.suzuki)
    for _ in range(3):
        assert now(stranger, office.suzuki).status_code == 200

    assert look_ups(office.suzuki) == ["person"]


def test_nobody_is_answered_without_having_opened_the_page_p11(office, stranger):
    answer = now(stranger, office.suzuki)

    assert answer.status_code == 409
    assert "18A" not in answer.text
    assert look_ups(office.suzuki) == []


def test_an_opened_page_is_kept_current_for_ten_minutes_p11(office, stranger, monkeypatch):
    page(stranger, office.suzuki)
    later = clock.now() + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert now(stranger, office.suzuki).status_code == 409


def test_ones_own_page_is_no_look_up(office, feed, signed_in):
    me = signed_in(person_id=office.suzuki)

    assert page(me, office.suzuki).status_code == now(me, office.suzuki).status_code == 200
    assert look_ups(office.suzuki) == []


@pytest.mark.parametrize("how", ["pause", "hide"])
def test_whoever_hides_shows_no_place_no_status_and_no_reason_p5(office, stranger, how):
    office.put(office.suzuki, office.zone_a)
    office.say(office.suzuki, StatusKind.TRIP, note="秘密")
    getattr(office, how)(office.suzuki)

    text = page(stranger, office.suzuki, "ja").text

    assert "所在非表示" in text
    assert not [word for word in ("18A", "秘密", "出張", "mini-map__zone", "/floors/18") if word in text]


def test_hiding_takes_effect_on_a_page_that_is_open_sr_01(office, stranger):
    office.put(office.suzuki, office.zone_a)
    assert "18A" in page(stranger, office.suzuki).text

    office.pause(office.suzuki)

    text = now(stranger, office.suzuki).text
    assert "Location not shown" in text
    assert "18A" not in text


@pytest.mark.parametrize("level", list(Level))
def test_the_page_shows_no_more_than_was_granted_p4(office, stranger, level):
    office.put(office.suzuki, office.zone_a)
    office.show(office.suzuki, everyone=level)

    text = page(stranger, office.suzuki).text

    assert ("18F" in text) is (level.rank >= Level.FLOOR.rank)
    assert ("mini-map__zone--there" in text) is (level.rank >= Level.ZONE.rank)
    assert ("beacon, just now" in text) is (level.rank >= Level.FLOOR.rank)
    assert ("Location not shown" in text) is (level is Level.HIDDEN)


def test_a_protected_person_is_nobody_for_others_and_has_their_own_page_p13(office, stranger, signed_in):
    office.protect(office.suzuki)
    answers = [page(stranger, person_id) for person_id in (office.suzuki, 987654)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert "鈴木" not in answers[0].text
    assert page(signed_in(person_id=office.suzuki), office.suzuki).status_code == 200
    assert now(stranger, office.suzuki).status_code == 404
    assert look_ups(office.suzuki) == []


@pytest.mark.parametrize("person_id", ["0", "987654", str(2**31), str(10**30), "-1", "x", "%00"])
def test_an_unknown_person_is_not_found(stranger, person_id):
    assert stranger.get(f"/people/{person_id}").status_code == 404


def test_somebody_who_has_left_has_no_page(office, feed, stranger):
    office.leave(office.suzuki)

    assert page(stranger, office.suzuki).status_code == 404


def test_a_status_is_said_beside_the_place_or_instead_of_it(office, stranger):
    office.put(office.suzuki, office.zone_a)
    office.say(office.suzuki, StatusKind.MEETING, note="予算")
    text = page(stranger, office.suzuki).text
    assert "In a meeting until" in text and "予算" in text and "18F, 18A" in text

    office.say(office.suzuki, StatusKind.TRIP)
    text = now(stranger, office.suzuki).text
    assert "Business trip until" in text and "as they say" in text and "18A" not in text


def test_while_the_radio_is_down_the_page_says_so(office, feed, stranger):
    office.put(office.suzuki, office.zone_a)
    with db.transaction():
        fleet.record_beat(
            "background", clock.now() - timedelta(minutes=5), broker_connected=True, broker_since=None,
            inbox=0, tags=0, step_ms=1.0,
        )  # fmt: skip
    feed._due["sensors"] = float("-inf")
    feed.turn(clock.now())

    assert "The sensors cannot be reached" in page(stranger, office.suzuki).text


def test_a_shared_screen_shows_names_and_numbers_and_no_place(office, feed, signed_in):
    office.put(office.suzuki, office.zone_a)
    kiosk = signed_in(Role.KIOSK)

    text = page(kiosk, office.suzuki).text

    assert "鈴木" in text
    assert "Location not shown" in text
    assert not [word for word in ("18A", "/memos/new", "/floors/18") if word in text]


def test_a_shared_screen_shows_what_the_person_lets_it_p4(office, feed, signed_in):
    office.put(office.suzuki, office.zone_a)
    with db.transaction():
        people.set_visibility(office.suzuki, {Audience.KIOSK: Level.ZONE}, clock.now(), Signal.BEACON)

    text = page(signed_in(Role.KIOSK), office.suzuki).text

    assert "mini-map__zone--there" in text
    assert "/floors/18" not in text


def test_an_account_without_a_session_is_sent_to_sign_in(client, office):
    assert page(client, office.suzuki).status_code == 302
