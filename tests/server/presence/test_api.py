"""The API of statuses: what it answers to whom, and what it refuses."""

from datetime import timedelta

import pytest
from watching import Office

from server import clock, db
from server.people.rules import Role
from server.presence import alerts, queries, statuses
from server.presence.rules import LIMIT_OF_PEOPLE, StatusKind

MINE, ALL = "/api/v1/me/status", "/api/v1/statuses"


@pytest.fixture
def office(sqlite) -> Office:
    return Office()


@pytest.fixture
def me(office, signed_in):
    return signed_in(person_id=office.suzuki)


def later(minutes: int) -> str:
    return (clock.now() + timedelta(minutes=minutes)).isoformat()


def ids(answer) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["person_id"] for one in answer.json["statuses"]]


def test_a_status_is_said_read_and_ended(me):
    said = me.send_json(MINE, method="PUT", document={"kind": "trip", "ends_at": later(60), "note": "県庁"})
    assert said.status_code == 200
    (mine,) = said.json["statuses"]
    assert (mine["kind"], mine["note"]) == ("trip", "県庁")

    ahead = me.send_json(MINE, method="PUT", document={"kind": "leave", "starts_at": later(120), "ends_at": later(180)})
    assert [one["kind"] for one in ahead.json["statuses"]] == ["trip", "leave"]
    assert me.get(MINE).json == ahead.json

    assert me.send_json(MINE, {}, method="DELETE").status_code == 204
    assert [one["kind"] for one in me.get(MINE).json["statuses"]] == ["leave"]
    assert me.send_json(MINE, {}, method="DELETE").status_code == 404


def test_without_an_id_everybody_of_my_sections_is_meant(office, me):
    for person in (office.sato, office.head, office.stranger):
        office.say(person, StatusKind.MEETING)

    assert ids(me.get(ALL)) == sorted([office.sato, office.head])
    assert ids(me.get(f"{ALL}?person_id={office.stranger}&person_id={office.sato}")) == sorted(
        [office.stranger, office.sato]
    )


def test_only_what_holds_now_is_answered_and_never_since_when_p3(office, me):
    now = clock.now()
    with db.transaction():
        statuses.set_status(office.sato, StatusKind.LEAVE, now + timedelta(hours=1), now + timedelta(hours=2), "", now)
    office.say(office.head, StatusKind.LEAVE)

    (one,) = me.get(ALL).json["statuses"]

    assert one["person_id"] == office.head
    assert set(one) == {"person_id", "kind", "ends_at", "note"}


@pytest.mark.parametrize("how", ["pause", "hide", "protect", "leave"])
def test_whoever_shows_nothing_says_nothing_sr_01(office, me, how):
    office.say(office.sato, StatusKind.MEETING)
    getattr(office, how)(office.sato)

    assert ids(me.get(ALL)) == []
    assert ids(me.get(f"{ALL}?person_id={office.sato}")) == []


def asked_for(person_id: int) -> list[str]:
    with db.reading():
        return [line.screen for line in queries.look_ups_of(person_id, clock.now() - timedelta(hours=1))]


def test_asking_for_somebody_by_id_is_a_look_up_that_they_can_read_p11(office, me):
    """P11: once in ten minutes; one's own sections, oneself and people who are not there are no look-up."""
    office.say(office.stranger, StatusKind.TELEWORK)
    office.protect(office.head)
    everybody = "&".join(f"person_id={i}" for i in (office.stranger, office.sato, office.suzuki, office.head, 987654))

    for _ in range(2):
        assert ids(me.get(f"{ALL}?{everybody}")) == [office.stranger]

    assert asked_for(office.stranger) == ["status"]
    assert [asked_for(i) for i in (office.sato, office.suzuki, office.head)] == [[], [], []]


def test_nobody_reads_a_whole_house_by_ids_p12(office, me):
    """P12: statuses of more people than may be looked up are refused, written down for nobody, and the officer told."""
    with db.transaction():
        many = [office.somebody("甲", "こう", office.other_section) for _ in range(LIMIT_OF_PEOPLE.n + 1)]

    answer = me.get(f"{ALL}?" + "&".join(f"person_id={i}" for i in many))

    assert answer.status_code == 429
    assert asked_for(many[0]) == []
    with db.reading():
        assert [one.kind for one in alerts.waiting()] == ["many"]


def test_hidden_people_answer_like_people_that_are_not(office, me):
    office.protect(office.sato)

    assert me.get(f"{ALL}?person_id={office.sato}").json == me.get(f"{ALL}?person_id=987654").json


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "trip"},
        {"kind": "ill", "ends_at": "2099-01-01T00:00:00Z"},
        {"kind": "trip", "ends_at": "tomorrow"},
        {"kind": "trip", "ends_at": "2026-11-19T10:00:00"},
        {"kind": "trip", "ends_at": "2001-01-01T00:00:00Z"},
        {"kind": "trip", "ends_at": "9999-12-31T23:59:59-12:00"},
        {"kind": "trip", "ends_at": "0001-01-01T00:00:00+12:00"},
        {"kind": "trip", "ends_at": None},
        {"kind": "trip", "ends_at": "2099-01-01T00:00:00Z", "note": "a" * 61},
        {"kind": "leave", "ends_at": 5, "note": ["x"]},
    ],
)
def test_what_cannot_be_said_is_refused(me, body):
    answer = me.send_json(MINE, method="PUT", document=body)

    assert answer.status_code == 422
    assert answer.json["message"]
    assert me.get(MINE).json == {"statuses": []}


@pytest.mark.parametrize("query", ["person_id=x", "person_id=0", f"person_id={10**20}", "person_id=1&" * 101])
def test_odd_questions_get_a_sentence(me, query):
    assert me.get(f"{ALL}?{query}").status_code == 422


def test_an_account_of_nobody_says_nothing(office, signed_in):
    operator = signed_in(Role.FACILITIES)

    assert operator.get(MINE).status_code == 404
    assert operator.send_json(MINE, method="PUT", document={"kind": "trip", "ends_at": later(5)}).status_code == 404
    assert ids(operator.get(ALL)) == []


def test_a_shared_screen_reads_no_statuses(office, signed_in):
    assert signed_in(Role.KIOSK).get(ALL).status_code == 403
