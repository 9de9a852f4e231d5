"""What the map answers, and to whom: snapshots, look-ups, pages."""

import gzip
import json
from datetime import timedelta
from urllib.parse import quote

import make
import pytest
from flask import template_rendered
from jinja2 import DictLoader

from server import changes, clock, db
from server.changes import Thing
from server.people import service as people
from server.people.rules import Audience, Level, Role
from server.places import service as places
from server.presence import queries as presence
from server.presence.rules import State

FLOOR, FLOORS, TEAM = "/api/v1/floors/18", "/api/v1/floors", "/api/v1/team"
AUDIENCES = tuple(audience.value for audience in Audience)


def names(snapshot) -> list[str]:
    return [person["family"] for person in snapshot["people"]]


def by_name(snapshot, family):
    return next(person for person in snapshot["people"] if person["family"] == family)


def all_hidden() -> dict[str, Level]:
    return dict.fromkeys(AUDIENCES, Level.HIDDEN)


@pytest.fixture
def stranger(signed_in, office, feed):
    """田中 of another section."""
    return signed_in(person_id=office.stranger)


@pytest.fixture
def colleague(signed_in, office, feed):
    """佐藤 of the same section."""
    return signed_in(person_id=office.sato)


@pytest.fixture
def head(signed_in, office, feed):
    """髙波, who heads the section."""
    return signed_in(person_id=office.head)


def test_a_floor_lists_its_people_by_reading_with_zones_and_numbers(database, office, feed, stranger):
    office.put(office.suzuki, office.zone_a)
    office.put(office.head, office.zone_b)
    office.put(office.sato, None, confidence=0.4)
    feed.turn(clock.now())

    shown = stranger.get(FLOOR).json

    assert names(shown) == ["佐藤", "鈴木", "髙波"]
    assert by_name(shown, "鈴木") | {"heard_at": 0} == {
        "id": office.suzuki, "name": "鈴木 一", "family": "鈴木", "kana": "すずき", "unit": "財政課",
        "unit_en": "財政課", "title": "", "floor": "18", "zone": "18A", "state": "present", "sure": "here",
        "heard_at": 0, "source": "beacon", "status": None, "own": False, "me": False,
    }  # fmt: skip
    assert (shown["count"], shown["others"]) == (3, 1)
    assert {zone["code"]: zone["count"] for zone in shown["zones"]} == {"18A": 1, "18B": 1, "18R": 0, "18U": 0}
    assert shown["stale"] is False


def test_levels_cut_every_answer_p4(database, office, feed, stranger, colleague):
    """P4: zone, floor, in the building, nothing; strangers and one's own section each get what they are granted."""
    office.put(office.suzuki, office.zone_a)
    for level, floor, zone, count in (
        (Level.ZONE, "18", "18A", 1), (Level.FLOOR, "18", None, 1), (Level.BUILDING, None, None, 0),
        (Level.HIDDEN, None, None, 0),
    ):  # fmt: skip
        office.show(office.suzuki, everyone=level)
        feed.turn(clock.now())

        shown = stranger.get(FLOOR).json
        card = stranger.get(f"/api/v1/people/{office.suzuki}?screen=map").json
        counts = stranger.get(FLOORS).json

        found = [(person["floor"], person["zone"]) for person in shown["people"]]
        assert found == ([(floor, zone)] if floor else [])
        assert shown["count"] == count
        assert sum(z["count"] for z in shown["zones"]) == (1 if zone else 0)
        assert (card["person"]["floor"], card["person"]["zone"]) == (floor, zone)
        assert card["person"]["heard_at"] is None if floor is None else card["person"]["heard_at"] > 0
        assert counts["count"] == (0 if level is Level.HIDDEN else 1)
        assert next(f["count"] for f in counts["floors"] if f["code"] == "18") == count
        mine = by_name(colleague.get(TEAM).json, "鈴木")
        assert mine["zone"] == "18A"  # her own section is granted the seat all the while


def test_who_shows_only_the_floor_does_not_show_a_move_inside_it_either_p4(database, office, feed, stranger):
    """P4: the answer stays the very same, so that nothing tells that somebody moved."""
    office.put(office.suzuki, office.zone_a, heard_at=office.now)
    office.show(office.suzuki, everyone=Level.FLOOR)
    feed.turn(clock.now())
    before = stranger.get(FLOOR)

    office.put(office.suzuki, office.zone_b, heard_at=office.now)
    feed.turn(clock.now())

    assert stranger.get(FLOOR, headers={"If-None-Match": before.headers["ETag"]}).status_code == 304


def test_badges_of_hidden_people_do_not_even_change_the_etag_p4(database, office, feed, stranger):
    office.show(office.suzuki, everyone=Level.HIDDEN)
    office.put(office.suzuki, office.zone_a)
    feed.turn(clock.now())
    before = stranger.get(FLOOR)
    assert names(before.json) == []

    office.put(office.suzuki, office.zone_b)
    feed.turn(clock.now())
    office.put(office.suzuki, office.zone_b, heard_at=clock.now() + timedelta(seconds=2))
    feed.turn(clock.now())

    assert stranger.get(FLOOR, headers={"If-None-Match": before.headers["ETag"]}).status_code == 304


def test_i_see_myself_in_full_and_am_counted_for_myself_only_p4(database, office, feed, signed_in, stranger):
    office.show(office.suzuki, **all_hidden())
    office.put(office.head, office.zone_a)
    feed.turn(clock.now())
    with db.transaction():  # as kept when she still showed herself
        people.set_visibility(office.suzuki, dict.fromkeys(Audience, Level.SEAT), clock.now())
    office.put(office.suzuki, office.zone_a)
    office.show(office.suzuki, **all_hidden())
    feed.turn(clock.now())

    mine, theirs = signed_in(person_id=office.suzuki).get(FLOOR).json, stranger.get(FLOOR).json

    assert by_name(mine, "鈴木")["me"] is True
    assert (mine["count"], mine["zones"][0]["count"]) == (2, 2)
    assert (theirs["count"], theirs["zones"][0]["count"], names(theirs)) == (1, 1, ["髙波"])


def test_a_pause_looks_like_any_other_reason_even_to_the_head_p5(database, office, feed, head):
    """P5: paused and hidden people are alike to the last byte; managers cannot see past it."""
    with db.transaction():
        alike = [office.somebody("阿部", "あべ", office.section) for _ in range(2)]
    paused, hidden = alike
    for person_id in alike:
        office.put(person_id, office.zone_a)
    office.pause(paused)
    office.hide(hidden)
    feed.turn(clock.now())

    team = [p for p in head.get(TEAM).json["people"] if p["id"] in alike]
    cards = [head.get(f"/api/v1/people/{i}?screen=home").json for i in alike]

    assert [p["state"] for p in team] == ["hidden"] * 2
    assert len({json.dumps(p | {"id": 0}) for p in team}) == 1
    assert len({json.dumps(card | {"person": card["person"] | {"id": 0}}) for card in cards}) == 1
    assert cards[0]["hidden"] is True
    assert (cards[0]["floor"], cards[0]["zone"], cards[0]["portal"]) == (None, None, None)
    assert head.get(FLOOR).json["people"] == []
    assert head.get(FLOORS).json["count"] == 0


def test_for_others_a_protected_person_is_not_there_at_all_p13(database, office, feed, head, signed_in):
    """P13: on no list, and their card answers like a number that nobody has; they themselves see all of it."""
    office.put(office.suzuki, office.zone_a)
    office.protect(office.suzuki)
    feed.turn(clock.now())
    card, nobody = f"/api/v1/people/{office.suzuki}?screen=map", "/api/v1/people/987654?screen=map"

    assert [p["id"] for p in head.get(TEAM).json["people"]] == [office.sato]
    answers = [head.get(address) for address in (card, nobody)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len({json.dumps(answer.json | {"id": 0}) for answer in answers}) == 1
    assert signed_in(person_id=office.suzuki).get(card).json["person"]["me"] is True
    with db.reading():
        assert presence.look_ups_of(office.suzuki, clock.now() - timedelta(days=1)) == []


def test_excluded_places_hold_nobody_p8(database, office, feed, colleague):
    """P8: also when the place becomes an excluded one while somebody is known to be there."""
    office.put(office.suzuki, office.zone_a)
    feed.turn(clock.now())
    assert names(colleague.get(FLOOR).json) == ["鈴木"]

    office.exclude_zone(office.zone_a)
    feed.turn(clock.now())

    shown = colleague.get(FLOOR).json
    card = colleague.get(f"/api/v1/people/{office.suzuki}?screen=map").json
    assert names(shown) == []
    assert {zone["code"]: zone["count"] for zone in shown["zones"]}["18A"] == 0
    assert by_name(colleague.get(TEAM).json, "鈴木")["state"] == "away"
    assert (card["floor"], card["zone"], card["person"]["state"]) == (None, None, "away")
    assert colleague.get(FLOORS).json["count"] == 0


def test_an_excluded_floor_has_no_people_and_no_places_p8(database, office, feed, colleague):
    office.put(office.suzuki, office.zone_17, office.other_floor)
    office.exclude_floor(office.other_floor)
    feed.turn(clock.now())

    line = next(floor for floor in colleague.get(FLOORS).json["floors"] if floor["code"] == "17")

    assert (line["excluded"], line["count"], line["capacity"]) == (True, 0, 0)
    assert names(colleague.get("/api/v1/floors/17").json) == []


def test_a_refresh_corner_counts_people_and_names_nobody(database, office, feed, colleague):
    office.put(office.suzuki, office.refresh)
    office.put(office.head, office.zone_a)
    feed.turn(clock.now())

    shown, card = colleague.get(FLOOR).json, colleague.get(f"/api/v1/people/{office.suzuki}?screen=map").json
    floors = colleague.get(FLOORS).json

    assert names(shown) == ["髙波"]
    assert {zone["code"]: zone["count"] for zone in shown["zones"]}["18R"] == 1
    assert (shown["count"], shown["others"], floors["floors"][0]["count"], floors["count"]) == (2, 0, 2, 2)
    assert (card["floor"], card["zone"], card["person"]["state"]) == (None, None, "building")
    assert by_name(colleague.get(TEAM).json, "鈴木")["state"] == "building"


def test_i_see_where_i_am_myself_when_the_zone_names_nobody(database, office, feed, colleague):
    office.put(office.sato, office.refresh)
    feed.turn(clock.now())

    shown = colleague.get(FLOOR).json

    assert (names(shown), by_name(shown, "佐藤")["zone"], shown["count"]) == (["佐藤"], "18R", 1)
    assert colleague.get(TEAM).json["me"]["zone"] == "18R"


def test_nobody_can_be_told_from_the_number_of_a_corner_p9(database, office, feed, stranger, colleague, watch):
    """P9: whoever comes into the corner is no event by name on the floor, and between two corners none at all."""
    with db.transaction():
        other_corner = make.zone(office.other_floor, "17R", x_m=20, counts_only=True)
        changes.record(Thing.FLOOR, office.other_floor, clock.now())
    office.put(office.suzuki, office.zone_17, office.other_floor)
    feed.turn(clock.now())
    floor, home = watch(stranger), watch(colleague, "/api/v1/stream")

    office.put(office.suzuki, office.refresh)
    feed.turn(clock.now())
    feed.fanout.send_counts(clock.now())

    told = floor.read()
    assert [event.kind for event in told] == ["counts"]
    assert (told[0].data["zones"]["18R"], told[0].data["count"], told[0].data["floors"]["18"]) == (1, 1, 1)
    assert [event.data["state"] for event in home.read() if event.kind == "person"] == ["building"]

    office.put(office.suzuki, other_corner, office.other_floor)
    feed.turn(clock.now())
    assert home.people() == []


def test_no_answer_carries_a_persons_coordinates_p9(database, office, feed, colleague, watch):
    """P9: the only lengths in an answer belong to floors, zones, portals and plans."""
    office.put(office.suzuki, office.zone_a)
    feed.turn(clock.now())
    reader = watch(colleague)
    office.put(office.suzuki, office.zone_b)
    feed.turn(clock.now())
    feed.pulse(clock.now())

    answers = [
        colleague.get(FLOOR).json["people"], colleague.get(TEAM).json, reader.read(),
        colleague.get(f"/api/v1/people/{office.suzuki}?screen=map").json["person"],
    ]  # fmt: skip

    found = [key for answer in answers for key in keys_of(answer)]
    assert "zone" in found
    assert not {key for key in found if key in ("x", "y", "x_m", "y_m", "since", "trail", "p") or "coord" in key}


def test_a_look_up_is_written_down_for_the_person_looked_up_p11(database, office, feed, colleague, head):
    """P11: who, when and from which screen; looking at oneself is nobody's news."""
    office.put(office.suzuki, office.zone_b)
    feed.turn(clock.now())

    card = colleague.get(f"/api/v1/people/{office.suzuki}?screen=list").json
    head.get(f"/api/v1/people/{office.suzuki}?screen=map")
    colleague.get(f"/api/v1/people/{office.sato}?screen=map")

    with db.reading():
        seen = presence.look_ups_of(office.suzuki, office.now)
        mine = presence.look_ups_of(office.sato, office.now)
    assert {(line.viewer_name, line.screen) for line in seen} == {("佐藤 一", "list"), ("髙波 一", "map")}
    assert mine == []
    assert card["unit_path"] == ["財政課"]
    assert (card["floor"]["code"], card["zone"]["code"], card["portal"]) == ("18", "18B", [30.0, 2.0])


def test_too_many_look_ups_of_one_person_are_refused_with_a_time_to_wait_p12(database, office, feed, colleague, head):
    """P12: one's own card and other people's look-ups do not count."""
    path = f"/api/v1/people/{office.suzuki}?screen=map"
    for _ in range(25):
        assert colleague.get(f"/api/v1/people/{office.sato}?screen=map").status_code == 200
    for _ in range(20):
        assert colleague.get(path).status_code == 200

    refused = colleague.get(path, headers={"Accept-Language": "en"})

    assert (refused.status_code, refused.json["code"]) == (429, "looked_up_too_often")
    assert refused.json["message"] == "You have looked this person up 20 times within 24 hours. Please wait some hours."
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600
    assert head.get(path).status_code == 200
    with db.reading():
        assert len(presence.look_ups_of(office.suzuki, office.now)) == 21


def test_a_look_up_of_somebody_hidden_is_written_down_too_p11(database, office, feed, stranger):
    office.show(office.suzuki, everyone=Level.HIDDEN)
    feed.turn(clock.now())

    stranger.get(f"/api/v1/people/{office.suzuki}?screen=search")

    with db.reading():
        assert [line.screen for line in presence.look_ups_of(office.suzuki, office.now)] == ["search"]


def test_reading_the_map_is_counted_and_not_listed_p11(database, app, office, feed, colleague):
    """P11: a floor's page counts one view and writes down neither viewer nor viewed."""
    app.jinja_env.loader = DictLoader({"live_map/floor.html": ""})
    office.put(office.suzuki, office.zone_a)
    feed.turn(clock.now())
    today = feed.model.today()

    colleague.get("/floors/18")
    colleague.get("/floors/18")
    for path in (FLOOR, FLOORS, TEAM):
        colleague.get(path)

    with db.reading():
        assert presence.map_views(today, today) == {office.floor: 2}
        assert presence.look_ups_of(office.suzuki, office.now) == []


@pytest.mark.parametrize("path", ["/api/v1/people/99999?screen=map", f"/api/v1/people/{10**20}?screen=map",
                                  "/api/v1/floors/99", "/floors/99", "/floors/18/plan"])  # fmt: skip
def test_what_is_not_there_is_404(office, colleague, path):
    assert colleague.get(path).status_code == 404


def test_a_look_up_from_no_screen_is_refused_and_not_answered(office, colleague):
    refused = colleague.get(f"/api/v1/people/{office.suzuki}?screen=report")

    assert (refused.status_code, refused.json["code"]) == (422, "invalid_input")
    with db.reading():
        assert presence.look_ups_of(office.suzuki, office.now) == []


@pytest.mark.parametrize("path", [FLOOR, FLOORS, TEAM, "/api/v1/people/1?screen=map", "/api/v1/stream"])
def test_visitors_are_told_to_sign_in_sr_05(client, office, feed, path):
    answer = client.get(path)

    assert (answer.status_code, answer.json["code"]) == (401, "signed_out")


def test_the_team_is_everyone_who_shares_a_unit_whatever_their_state(office, feed, colleague):
    office.put(office.head, office.zone_a)
    feed.turn(clock.now())

    team = colleague.get(TEAM).json

    assert team["me"]["id"] == office.sato
    assert [(p["family"], p["state"]) for p in team["people"]] == [("鈴木", "away"), ("髙波", "present")]


def test_an_account_without_a_person_sees_what_everyone_sees(office, feed, signed_in):
    office.put(office.head, office.zone_a)
    office.put(office.suzuki, office.zone_a)
    office.show(office.suzuki, everyone=Level.HIDDEN)
    feed.turn(clock.now())
    operator = signed_in(Role.SYSTEM_ADMIN)

    assert names(operator.get(FLOOR).json) == ["髙波"]
    assert operator.get(TEAM).json | {"as_of": 0, "last_id": 0} == {
        "as_of": 0, "last_id": 0, "stale": False, "reasons": [], "me": None, "people": [],
    }  # fmt: skip


def test_an_answer_is_gzipped_and_not_sent_again_while_nothing_changes(office, feed, colleague):
    office.put(office.suzuki, office.zone_a)
    feed.turn(clock.now())
    first = colleague.get(FLOOR, headers={"Accept-Encoding": "gzip"})
    given = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}

    again = colleague.get(FLOOR, headers=given)
    office.put(office.suzuki, office.zone_b)
    feed.turn(clock.now())
    changed = colleague.get(FLOOR, headers=given)

    assert first.headers["Content-Encoding"] == "gzip"
    assert names(json.loads(gzip.decompress(first.data))) == ["鈴木"]
    assert (again.status_code, again.data) == (304, b"")
    assert (again.headers["X-Stale"], int(again.headers["X-As-Of"]) > 0) == ("0", True)
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert changed.status_code == 200
    assert not first.headers["ETag"].startswith("W/")


def test_encodings_differ_in_their_etag(office, feed, colleague):
    plain, packed = colleague.get(FLOOR), colleague.get(FLOOR, headers={"Accept-Encoding": "gzip"})

    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert colleague.get(FLOOR, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304


def test_another_name_shows_in_the_viewers_own_answer_too(office, feed, colleague):
    office.put(office.sato, office.zone_a)
    feed.turn(clock.now())
    assert colleague.get(FLOOR).json["people"][0]["zone"] == "18A"

    office.put(office.sato, office.zone_b)
    feed.turn(clock.now())

    assert colleague.get(FLOOR).json["people"][0]["zone"] == "18B"


def test_a_replayed_recordings_walk_is_shown_without_anybodys_place_p9(office, feed, colleague):
    with db.transaction():
        places.set_true_path(office.floor, "straight_05", [[0, 1.0, 2.0], [1.0, 2.5, 2.0]])
        changes.record(Thing.FLOOR, office.floor, clock.now())
    feed.turn(clock.now())

    path = colleague.get(FLOOR).json["path"]
    assert (path["track"], path["points"]) == ("straight_05", [[0, 1.0, 2.0], [1.0, 2.5, 2.0]])
    assert (path["started_at"], path["estimate"]) == (None, [])
    assert colleague.get("/api/v1/floors/17").json["path"] is None


def test_a_plan_is_a_picture_in_a_sandbox_kept_for_good_under_its_version(database, office, feed, colleague):
    picture = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    with db.transaction():
        places.set_plan(office.floor, picture, "image/svg+xml", clock.now(), width_m=48.0, height_m=32.0)
    feed.turn(clock.now())

    url = colleague.get(FLOOR).json["floor"]["plan"]["url"]
    shown = colleague.get(url)
    unversioned = colleague.get("/floors/18/plan?v=old")

    assert (shown.data, shown.mimetype) == (picture, "image/svg+xml")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "immutable" in shown.headers["Cache-Control"]
    assert unversioned.headers["Cache-Control"] == "private, no-cache"
    assert colleague.get(url, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304


def test_pages_tell_their_script_where_it_is(app, office, feed, colleague):
    app.jinja_env.loader = DictLoader({"live_map/home.html": "", "live_map/floor.html": ""})
    given = []
    template_rendered.connect(listener := lambda _app, context, **_rest: given.append(context), app)

    colleague.get("/")
    colleague.get(f"/floors/{quote('18')}?person={office.suzuki}")
    template_rendered.disconnect(listener, app)

    home, floor = given
    zones = home["page"].pop("zones")
    assert home["page"] == {"floor": None, "person": None, "me": office.sato, "timezone": "Asia/Tokyo"}
    assert zones["18A"] == "18A区画"
    assert set(floor["page"].pop("seats")) >= {"day", "equipment", "kinds"}
    assert floor["page"] == {
        "floor": "18",
        "person": office.suzuki,
        "me": office.sato,
        "asked": None,
        "timezone": "Asia/Tokyo",
    }
    assert (floor["floor"].code, [each.code for each in floor["floors"]]) == ("18", ["18", "17"])


def test_without_a_building_the_start_page_opens_and_the_map_says_to_wait(sqlite, app, signed_in):
    app.jinja_env.loader = DictLoader({"live_map/home.html": "hello"})
    visitor = signed_in()

    waits = visitor.get(FLOORS)

    assert visitor.get("/").text == "hello"
    assert (waits.status_code, waits.json["code"]) == (503, "not_ready")
    assert int(waits.headers["Retry-After"]) > 0
    app.extensions["iruka.feed"].stop()


def test_a_person_who_left_the_city_is_not_found(office, feed, colleague):
    office.put(office.suzuki, office.zone_a, state=State.PRESENT)
    feed.turn(clock.now())
    office.leave(office.suzuki)
    feed.turn(clock.now())

    assert names(colleague.get(FLOOR).json) == []
    assert colleague.get(f"/api/v1/people/{office.suzuki}?screen=map").status_code == 404


def keys_of(value) -> list[str]:
    """Every key of a document, however deep."""
    if isinstance(value, dict):
        return [key for k, v in value.items() for key in [k, *keys_of(v)]]
    if isinstance(value, list | tuple):
        return [key for item in value for key in keys_of(item)]
    return []
