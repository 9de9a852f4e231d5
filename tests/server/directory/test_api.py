"""The API of search and units: what is found, in whose words, and whose place is said to whom."""

import make
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import clock, db
from server.people import service as people
from server.people import tokens
from server.people.rules import Level, Role, Scope, Viewer
from server.phones import service as phones
from server.presence import alerts, rules, service
from server.presence import queries as presence
from server.presence.rules import StatusKind


def find(visitor, q, **more):
    answer = visitor.get("/api/v1/search", query_string={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return answer.json


def titles(found):
    return [(one["kind"], one["title"]) for one in found["results"]]


@pytest.fixture
def suzuki(office, turn, signed_in):
    """鈴木 of 財政課 at a browser."""
    return signed_in(person_id=office.suzuki)


@pytest.fixture
def stranger(office, turn, signed_in):
    """田中 of 税務課 at a browser."""
    return signed_in(person_id=office.stranger)


def looked_up(person_id):
    with db.reading():
        return [line.screen for line in presence.look_ups_of(person_id, make.at("00:00", make.DAY))]


def test_a_person_is_found_with_what_tells_them_apart(office, turn, suzuki):
    with db.transaction():
        make.extension("24117", outside="044-000-2417", person_id=office.sato)
    turn()

    found = find(suzuki, "さとう")

    assert found == {
        "query": "さとう",
        "results": [
            {
                "kind": "person",
                "id": office.sato,
                "title": "佐藤 一",
                "ruby": "さとう",
                "detail": "財政課",
                "number": "24117",
                "outside_number": "044-000-2417",
                "href": f"/people/{office.sato}",
                "own": True,
                "place": None,
            }
        ],
        "more": 0,
    }


def test_units_zones_seats_and_numbers_are_found_and_lead_to_their_pages(office, turn, suzuki):
    with db.transaction():
        make.extension("24101", kind="section", is_main=True, unit_id=office.section)
        seat = make.seat(office.zone_a, "18A-012")
    turn()

    unit, zone = find(suzuki, "財政課")["results"][0], find(suzuki, "18a", limit=50)["results"]
    assert (unit["kind"], unit["href"], unit["number"]) == ("unit", f"/directory/units/{office.section}", "24101")
    assert ("zone", "/floors/18?zone=18A") in [(one["kind"], one["href"]) for one in zone]
    assert find(suzuki, "１８Ａ０１２")["results"][0] == {
        "kind": "seat", "id": seat, "title": "18A-012", "ruby": "", "detail": "18階 18A区画", "number": None,
        "outside_number": None, "href": "/floors/18?seat=18A-012", "own": False, "place": None,
    }  # fmt: skip
    number = find(suzuki, "内線 24101")["results"][0]
    assert (number["kind"], number["title"], number["href"]) == (
        "extension",
        "24101",
        f"/directory/units/{office.section}",
    )


def test_a_number_that_has_moved_says_where_to(office, turn, suzuki):
    told = {"actor": "operator", "now": clock.now()}
    with db.transaction():
        old = make.extension("24117")
        make.extension("24118", person_id=office.sato)
        phones.retire(old, clock.now().date(), moved_to="24118", **told)
    turn()

    found = find(suzuki, "24117")["results"][0]

    assert found["title"] == "24117"
    assert found["detail"] == "24118 に変わりました"
    assert found["href"] == f"/people/{office.sato}"


def test_the_answer_is_in_the_callers_language(office, turn, suzuki):
    assert find(suzuki, "18B", lang="en")["results"][0]["detail"].startswith("18F")
    assert find(suzuki, "18B", lang="ja")["results"][0]["title"] == "18B 18B区画"


# -- privacy


def test_a_list_of_names_is_a_phone_book_and_carries_no_place_p11(office, turn, suzuki):
    office.put(office.sato, office.zone_a)
    turn()

    found = find(suzuki, "さとう")

    assert found["results"][0]["place"] is None
    assert looked_up(office.sato) == []


def test_a_place_is_said_when_few_are_found_and_each_of_them_can_read_that_p11(office, turn, suzuki):
    office.put(office.sato, office.zone_a)
    turn()

    place = find(suzuki, "さとう", place=1)["results"][0]["place"]

    assert place["text"] == "18階 18A区画"
    assert (place["state"], place["source"]) == ("present", "beacon")
    assert place["age_s"] < 60
    assert looked_up(office.sato) == ["search"]


def test_asking_again_is_one_look_up_and_answered_with_what_holds_then_p5(office, turn, suzuki):
    office.put(office.sato, office.zone_a)
    turn()
    find(suzuki, "さとう", place=1)

    office.pause(office.sato)
    turn()
    again = find(suzuki, "さとう", place=1)["results"][0]["place"]

    assert again == {"text": "所在非表示", "state": "hidden", "source": None, "age_s": None}
    assert looked_up(office.sato) == ["search"]


def test_more_people_than_a_look_up_is_of_have_no_place_p11(office, turn, suzuki):
    for person in (office.head, office.suzuki, office.sato, office.stranger):
        office.put(person, office.zone_a)
    turn()

    found = find(suzuki, "一", place=1)  # everybody's given name

    assert len(found["results"]) == 4
    assert [one["place"] for one in found["results"]] == [None] * 4
    assert looked_up(office.sato) == []


def test_a_place_shows_no_more_than_the_person_shows_the_caller_p4(office, turn, stranger):
    office.put(office.sato, office.zone_a)
    office.show(office.sato, everyone=Level.FLOOR)
    turn()

    place = find(stranger, "さとう", place=1)["results"][0]["place"]

    assert (place["text"], place["state"]) == ("18階のどこか", "floor")


def test_a_status_that_says_elsewhere_is_the_place(office, turn, suzuki):
    office.say(office.sato, StatusKind.TRIP)
    turn()

    place = find(suzuki, "さとう", place=1, lang="en")["results"][0]["place"]

    assert place["text"].startswith("Business trip")
    assert (place["state"], place["source"]) == ("away", "status")


def test_a_protected_person_is_found_by_nobody_but_themselves_p13(office, turn, suzuki, signed_in):
    with db.transaction():
        make.extension("24117", person_id=office.sato)
    office.protect(office.sato)
    turn()

    assert find(suzuki, "さとう") == {"query": "さとう", "results": [], "more": 0}
    assert find(suzuki, "24117")["results"] == []
    assert titles(find(signed_in(person_id=office.sato), "さとう")) == [("person", "佐藤 一")]


def test_a_shared_screen_finds_names_and_shows_no_place_unless_somebody_says_so_p4(office, turn, signed_in):
    office.put(office.sato, office.zone_a)
    office.put(office.suzuki, office.zone_a)
    office.show(office.suzuki, kiosk=Level.FLOOR)
    turn()
    kiosk = signed_in(Role.KIOSK, person_id=office.head)  # whoever set it up

    assert find(kiosk, "さとう", place=1)["results"][0]["place"]["state"] == "hidden"
    assert find(kiosk, "すずき", place=1)["results"][0]["place"]["state"] == "floor"
    assert find(kiosk, "たかなみ", place=1)["results"][0]["place"]["state"] == "hidden"
    assert find(kiosk, "さとう")["results"][0]["own"] is False


def test_whoever_looks_too_many_people_up_still_finds_names_and_the_officer_is_told_p12(office, turn, stranger):
    office.put(office.sato, office.zone_a)
    now, n = clock.now(), rules.LIMIT_OF_PEOPLE.n
    account_id = stranger.signed.account_id
    with db.transaction():
        others = [make.person(f"他{i}", "人") for i in range(n)]
        for person in others:
            service.look_up(Viewer(None), account_id, "田中", person, "search", now)
    turn()

    found = find(stranger, "さとう", place=1)

    assert titles(found) == [("person", "佐藤 一")]
    assert found["results"][0]["place"] is None
    assert looked_up(office.sato) == []
    with db.reading():
        assert [alert.kind for alert in alerts.waiting()] == ["many"]


def test_a_token_reads_places_only_with_the_scope_for_them_sr_16(app, office, turn):
    office.put(office.sato, office.zone_a)
    turn()
    answers = {}
    for scopes in ((Scope.READ_DIRECTORY,), (Scope.READ_DIRECTORY, Scope.READ_PRESENCE)):
        with db.transaction():
            account = make.account(f"script{len(scopes)}")
            token = tokens.issue(account, "script", scopes, 30, clock.now())[1]
        answer = app.test_client().get("/api/v1/search?q=さとう&place=1", headers={"Authorization": f"Bearer {token}"})
        answers[len(scopes)] = answer.json["results"][0]["place"]

    assert answers[1] is None
    assert answers[2]["state"] == "present"


def test_without_the_database_names_are_found_from_memory_and_nobody_is_looked_up_anew_rp_10(office, turn, suzuki):
    office.put(office.sato, office.zone_a)
    turn()
    assert find(suzuki, "すず")["results"]

    db.set_silent(True)
    found = find(suzuki, "さとう", place=1)

    assert titles(found) == [("person", "佐藤 一")]
    assert found["results"][0]["place"] is None


# -- what changes shows


def test_a_new_number_a_new_name_and_a_leaver_show_with_the_next_reading(office, turn, suzuki):
    with db.transaction():
        make.extension("24117", person_id=office.sato)
        make.seat(office.zone_a, "18A-099")
    office.leave(office.stranger)
    turn()

    assert find(suzuki, "24117")["results"][0]["href"] == f"/people/{office.sato}"
    assert titles(find(suzuki, "18A-099")) == [("seat", "18A-099")]
    assert find(suzuki, "たなか")["results"] == []


# -- bad input


@pytest.mark.parametrize(
    "q", ["", " ", "%", "_", "a" * 10_000, "\x00\x07\x1b[2J", "🐬", "'; DROP TABLE person; --", "\u200b", "ー" * 500]
)
def test_whatever_is_typed_is_answered(office, turn, suzuki, q):
    found = find(suzuki, q, place=1)

    assert len(found["query"]) <= 100
    assert found["query"].isprintable()


def test_a_lone_surrogate_is_answered(suzuki):
    assert suzuki.get("/api/v1/search?q=%ED%A0%80abc&place=1").status_code == 200


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(q=st.text(max_size=200))
def test_nothing_that_is_typed_fails(suzuki, q):
    assert suzuki.get("/api/v1/search", query_string={"q": q.encode("utf-8", "replace")}).status_code == 200


@pytest.mark.parametrize("more", [{"limit": 0}, {"limit": 51}, {"limit": "x"}, {"place": 2}])
def test_a_limit_that_will_not_do_is_refused(suzuki, more):
    assert suzuki.get("/api/v1/search", query_string={"q": "さとう", **more}).status_code == 422


def test_nobody_searches_without_signing_in(app, turn):
    assert app.test_client().get("/api/v1/search?q=a").status_code == 401


# -- units


def test_units_are_listed_with_their_parents_and_main_numbers(office, turn, suzuki):
    with db.transaction():
        below = people.add_unit("B1", "係", "subsection", make.DAY, parent_id=office.section)
        make.extension("24101", kind="section", is_main=True, unit_id=office.section)

    units = {unit["id"]: unit for unit in suzuki.get("/api/v1/units").json["units"]}

    assert units[below]["parent_id"] == office.section
    assert (units[office.section]["main_number"], units[office.section]["people"]) == ("24101", 3)
    assert units[below]["main_number"] is None


def test_a_units_people_come_by_their_readings_without_the_protected_p13(office, turn, suzuki):
    office.protect(office.head)

    unit = suzuki.get(f"/api/v1/units/{office.section}").json

    assert [person["kana"] for person in unit["people"]] == ["さとう", "すずき"]
    assert (unit["page"], unit["pages"], unit["total"]) == (1, 1, 2)
    assert unit["people"][0]["posts"][0]["unit"] == "財政課"


@pytest.mark.parametrize("unit_id", [999_999, 2**40])
def test_a_unit_that_is_not_there_is_404(suzuki, unit_id):
    assert suzuki.get(f"/api/v1/units/{unit_id}").status_code == 404
