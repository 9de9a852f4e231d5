"""Extensions for programs, and who can answer a section's number."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from exchange import Exchange
from visitor import Visitor

from server import clock, db
from server.people.rules import Level, Role
from server.phones import service
from server.phones.rules import NEAREST
from server.presence import alerts, queries
from server.presence.outsiders import ONE_LOOK_UP
from server.presence.rules import LIMIT_OF_ONE, LIMIT_OF_PEOPLE, StatusKind


def groups(visitor: Visitor, number: str = "24101") -> dict[str, list[str]]:
    """Who is in which group."""
    answer = visitor.get(f"/api/v1/extensions/{number}/answering")
    assert answer.status_code == 200, answer.text
    return {group["reach"]: [one["name"] for one in group["people"]] for group in answer.json["groups"]}


def everybody(found: dict[str, list[str]]) -> set[str]:
    """Whom any group names."""
    return {name for names in found.values() for name in names}


def test_those_at_their_seats_come_first_then_those_in_the_building_then_the_rest(
    exchange: Exchange, tanaka: Visitor
) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    exchange.put(exchange.head, exchange.zone_b)
    assert groups(tanaka) == {"at_seat": ["鈴木 一"], "in_building": ["髙波 一"], "elsewhere": ["佐藤 一"]}


@pytest.mark.parametrize("kind", [StatusKind.LEAVE, StatusKind.FOCUS, StatusKind.COUNTER])
def test_who_is_on_leave_in_focus_or_at_a_counter_is_left_out(
    exchange: Exchange, tanaka: Visitor, kind: StatusKind
) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    exchange.say(exchange.suzuki, kind)
    assert "鈴木 一" not in everybody(groups(tanaka))


@pytest.mark.parametrize("kind", [None, StatusKind.LEAVE, StatusKind.FOCUS])
def test_whoever_hides_stands_in_the_last_group_whatever_they_do_p4_p5(
    exchange: Exchange, tanaka: Visitor, kind: StatusKind | None
) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    if kind is not None:
        exchange.say(exchange.suzuki, kind)
    exchange.pause(exchange.suzuki)
    assert "鈴木 一" in groups(tanaka)["elsewhere"]


def test_who_shows_the_floor_only_is_in_the_building_not_at_the_seat_p4(
    exchange: Exchange, sato: Visitor, tanaka: Visitor
) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    exchange.show(exchange.suzuki, everyone=Level.FLOOR)
    assert "鈴木 一" in groups(tanaka)["in_building"]
    assert "鈴木 一" in groups(sato)["at_seat"]


def test_a_protected_person_is_not_in_the_group_for_others_p13(
    exchange: Exchange, sato: Visitor, signed_in: Callable[..., Visitor]
) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    exchange.protect(exchange.suzuki)
    assert "鈴木 一" not in everybody(groups(sato))
    assert "鈴木 一" in groups(signed_in(person_id=exchange.suzuki))["at_seat"]


def test_the_answer_tells_nothing_of_a_place_but_the_group_p9(exchange: Exchange, sato: Visitor) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    answer = sato.get("/api/v1/extensions/24101/answering").json
    assert set(answer) == {"number", "as_of", "sensors_down", "groups"}
    assert all(
        set(one) == {"person_id", "name", "number", "old"} for group in answer["groups"] for one in group["people"]
    )


def look_ups(person_id: int) -> list[str]:
    """From which screens somebody looked this person up."""
    with db.reading():
        return [line.screen for line in queries.look_ups_of(person_id, clock.now() - timedelta(days=2))]


def test_whom_the_answer_tells_anything_of_can_read_who_asked_once_in_ten_minutes_p11(
    exchange: Exchange, tanaka: Visitor
) -> None:
    """P11: named as near, or left out; the last group tells of nobody and is no look-up."""
    exchange.put(exchange.suzuki, exchange.zone_a)
    exchange.say(exchange.sato, StatusKind.LEAVE)
    for _ in range(2):
        groups(tanaka)
    assert look_ups(exchange.suzuki) == ["answering"]
    assert look_ups(exchange.sato) == ["answering"]
    assert look_ups(exchange.head) == []


def test_one_s_own_section_and_oneself_are_no_look_up_p11(exchange: Exchange, sato: Visitor) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    exchange.put(exchange.sato, exchange.zone_a)
    assert groups(sato)["at_seat"] == ["佐藤 一", "鈴木 一"]
    assert (look_ups(exchange.suzuki), look_ups(exchange.sato)) == ([], [])


@pytest.mark.parametrize("how", ["pause", "hide", "protect", "nothing"])
def test_hiding_is_no_look_up_and_answers_like_no_signal_p4_p5(exchange: Exchange, tanaka: Visitor, how: str) -> None:
    """P4, P5: in a group of one nothing tells whether that one hides, is not heard, or opted out."""
    for person_id in (exchange.head, exchange.sato):
        exchange.leave(person_id)
    unheard = tanaka.get("/api/v1/extensions/24101/answering").json
    if how != "nothing":
        exchange.put(exchange.suzuki, exchange.zone_a)
        exchange.say(exchange.suzuki, StatusKind.FOCUS)
        getattr(exchange, how)(exchange.suzuki)
    answer = tanaka.get("/api/v1/extensions/24101/answering").json
    if how == "protect":  # nobody else finds them at all (P13)
        assert all(group["people"] == [] for group in answer["groups"])
    else:
        assert answer | {"as_of": ""} == unheard | {"as_of": ""}
    assert look_ups(exchange.suzuki) == []


def test_of_another_section_five_are_named_as_near_and_the_rest_like_everybody_unknown_p11(
    exchange: Exchange, sato: Visitor, tanaka: Visitor
) -> None:
    with db.transaction():
        others = [exchange.somebody(f"甲{i}", f"あ{i}", exchange.section) for i in range(NEAREST)]
    for person_id in [*others, exchange.suzuki]:
        exchange.put(person_id, exchange.zone_a)
    found = groups(tanaka)
    assert found["at_seat"] == [f"甲{i} 一" for i in range(NEAREST)]
    assert found["elsewhere"] == ["佐藤 一", "鈴木 一", "髙波 一"]
    assert look_ups(exchange.suzuki) == []
    assert "鈴木 一" in groups(sato)["at_seat"]


def test_nobody_reads_who_is_in_the_house_number_by_number_p12(exchange: Exchange, tanaka: Visitor) -> None:
    """P12: past the limit nothing is answered or written down, and the officer is told; the page keeps the numbers."""
    with db.transaction():
        many = [exchange.somebody("甲", "こう", exchange.section) for _ in range(LIMIT_OF_PEOPLE.n + 1)]
    for person_id in many:
        exchange.say(person_id, StatusKind.LEAVE)
    answer = tanaka.get("/api/v1/extensions/24101/answering")
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_people")
    page = tanaka.get("/numbers/24101?lang=en")
    assert page.status_code == 200
    assert "You have looked up many people." in page.text
    assert page.text.count("甲 一") >= len(many)
    assert look_ups(many[0]) == []
    with db.reading():
        assert [one.kind for one in alerts.waiting()] == ["many"]


def test_one_person_is_not_watched_through_their_section_s_number_p12(
    exchange: Exchange, tanaka: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.now()
    for times in range(LIMIT_OF_ONE.n + 1):
        now = began + times * (ONE_LOOK_UP + timedelta(seconds=1))
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        exchange.beat()
        exchange.put(exchange.suzuki, exchange.zone_a)
        answer = tanaka.get("/api/v1/extensions/24101/answering")
        assert answer.status_code == (200 if times < LIMIT_OF_ONE.n else 429)
    with db.reading():
        assert [(one.kind, one.subject_id) for one in alerts.waiting()] == [("one", exchange.suzuki)]


def test_while_the_sensors_are_silent_nobody_is_at_the_seat_by_an_old_signal(
    exchange: Exchange, tanaka: Visitor
) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    exchange.put(exchange.sato, exchange.zone_a)
    exchange.pause(exchange.sato)
    exchange.beat(broker_connected=False)
    answer = tanaka.get("/api/v1/extensions/24101/answering").json
    assert answer["sensors_down"] is True
    near = {group["reach"]: [(one["name"], one["old"]) for one in group["people"]] for group in answer["groups"]}
    assert near == {
        "at_seat": [],
        "in_building": [("鈴木 一", True)],
        "elsewhere": [("佐藤 一", False), ("髙波 一", False)],  # who hides and who is not heard look alike (P4)
    }


def test_a_shared_screen_is_told_of_nobody_and_looks_nobody_up_p4(
    exchange: Exchange, signed_in: Callable[..., Visitor]
) -> None:
    exchange.show(exchange.suzuki, kiosk=Level.SEAT)
    exchange.put(exchange.suzuki, exchange.zone_a)
    exchange.say(exchange.sato, StatusKind.LEAVE)
    found = groups(signed_in(Role.KIOSK))
    assert found == {"at_seat": [], "in_building": [], "elsewhere": ["佐藤 一", "鈴木 一", "髙波 一"]}
    assert look_ups(exchange.suzuki) == []


def test_only_a_section_s_number_has_a_ring_group(exchange: Exchange, sato: Visitor) -> None:
    for number in ("24112", "99999", "words", "2" * 10_000):
        assert sato.get(f"/api/v1/extensions/{number}/answering").status_code == 404


def test_a_number_says_whose_it_is(exchange: Exchange, sato: Visitor) -> None:
    answer = sato.get("/api/v1/extensions/２４１１２").json
    assert (answer["number"], answer["holder"]["name"], answer["holder"]["unit"]) == ("24112", "鈴木 一", "財政課")
    assert answer["holder"] | {"unit": "", "unit_en": ""} == {
        "kind": "person", "id": exchange.suzuki, "name": "鈴木 一", "name_en": "鈴木 一", "unit": "", "unit_en": "",
    }  # fmt: skip


def test_a_protected_person_s_number_is_no_number_to_others_p13(exchange: Exchange, sato: Visitor) -> None:
    exchange.protect(exchange.suzuki)
    nothing = sato.get("/api/v1/extensions/77777")
    answer = sato.get("/api/v1/extensions/24112")
    assert (answer.status_code, answer.json["code"], answer.json["message"]) == (
        404,
        nothing.json["code"],
        nothing.json["message"],
    )
    assert "24112" not in sato.get("/api/v1/extensions").text
    assert sato.get("/api/v1/extensions?q=鈴木").json["total"] == 0


def test_whoever_left_is_not_named_any_more(exchange: Exchange, sato: Visitor) -> None:
    exchange.leave(exchange.suzuki)
    assert sato.get("/api/v1/extensions/24112").json["holder"] is None
    assert "鈴木" not in sato.get("/api/v1/extensions").text


def test_a_moved_number_says_where_to(exchange: Exchange, sato: Visitor) -> None:
    with db.transaction():
        service.retire(exchange.main, exchange.today, moved_to="24111", actor="operator", now=clock.now())
    answer = sato.get("/api/v1/extensions/24101").json
    assert (answer["retired"], answer["moved_to"], answer["holder"]) == (True, "24111", None)
    assert "24101" in [one["number"] for one in sato.get("/api/v1/extensions?q=241").json["extensions"]]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("241", ["24101", "24111", "24112", "24113"]),
        ("２４１１１", ["24111"]),
        ("044-000-2410", ["24101"]),
        ("鈴木", ["24112"]),
        ("財政課", ["24101"]),
        ("%", []),
        ("_", []),
        ("😀", []),
        ("\x00", []),
    ],
)
def test_numbers_are_found_by_their_beginning_and_by_name(
    exchange: Exchange, sato: Visitor, text: str, numbers: list[str]
) -> None:
    answer = sato.get("/api/v1/extensions", query_string={"q": text})
    assert [one["number"] for one in answer.json["extensions"]] == numbers


def test_a_list_comes_in_pages(exchange: Exchange, sato: Visitor) -> None:
    answer = sato.get("/api/v1/extensions?per_page=2&page=2").json
    assert (answer["total"], [one["number"] for one in answer["extensions"]]) == (5, ["24111", "24112"])
    assert sato.get("/api/v1/extensions?per_page=2&page=99").json["extensions"] == []
    for nonsense in ("page=0", "per_page=9999", "page=x", f"q={'x' * 10_000}"):
        assert sato.get(f"/api/v1/extensions?{nonsense}").status_code == 422


def test_a_shared_screen_finds_numbers(exchange: Exchange, signed_in: Callable[..., Visitor]) -> None:
    assert signed_in(Role.KIOSK).get("/api/v1/extensions/24112").status_code == 200


def test_the_group_of_a_whole_database_is_the_same_on_both(
    database: str, app: object, signed_in: Callable[..., Visitor]
) -> None:
    office = Exchange()
    office.put(office.suzuki, office.zone_a)
    assert groups(signed_in(person_id=office.sato))["at_seat"] == ["鈴木 一"]
