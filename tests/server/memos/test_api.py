"""Memos as programs read and write them."""

import pytest
from watching import Office

from server import clock, db
from server.people import tokens
from server.people.rules import Scope


@pytest.fixture
def office(app) -> Office:
    return Office()


@pytest.fixture
def stranger(office, signed_in):
    return signed_in(person_id=office.stranger)


@pytest.fixture
def suzuki(office, signed_in):
    return signed_in(person_id=office.suzuki)


def test_a_memo_is_taken_read_counted_handled_and_reopened(office, stranger, suzuki):
    memo = {"person_id": office.suzuki, "caller": "川崎商事", "number": "０４４（０００）２１１１", "urgency": "urgent"}

    taken = stranger.send_json("/api/v1/memos", memo)

    assert taken.status_code == 201
    shown = taken.json
    assert shown["recipient"] == {
        "person_id": office.suzuki, "unit_id": None, "name": "鈴木 一", "name_en": "鈴木 一"
    }  # fmt: skip
    assert (shown["number"], shown["wish"], shown["mine"]) == ("044-000-2111", "call_back", False)
    path = f"/api/v1/memos/{shown['id']}"
    assert suzuki.get("/api/v1/memos/count").json == {"open": 1, "urgent": 1, "newest": shown["id"]}
    assert [one["id"] for one in suzuki.get("/api/v1/memos").json["memos"]] == [shown["id"]]

    assert suzuki.send_json(f"{path}/handled", {}).json["handled_by"] == "鈴木 一"

    assert suzuki.get("/api/v1/memos/count").json == {"open": 0, "urgent": 0, "newest": 0}
    assert [one["handled"] for one in suzuki.get("/api/v1/memos?state=handled").json["memos"]] == [True]
    assert [one["handled"] for one in stranger.get("/api/v1/memos?state=taken").json["memos"]] == [True]
    assert suzuki.send_json(f"{path}/handled", {}, method="DELETE").json["handled"] is False


def test_who_took_it_down_reads_neither_that_it_was_read_nor_who_handled_it_p3(office, stranger, suzuki):
    """P3: nobody learns from their own memo that somebody is at their screen."""
    taken = stranger.send_json("/api/v1/memos", {"unit_id": office.section, "caller": "x"}).json
    suzuki.get("/memos")

    assert stranger.get(f"/api/v1/memos/{taken['id']}").json == taken

    suzuki.send_json(f"/api/v1/memos/{taken['id']}/handled", {})
    assert stranger.get(f"/api/v1/memos/{taken['id']}").json == taken | {"handled": True}


def test_the_taker_corrects_and_withdraws_while_nobody_has_handled_it(office, stranger, suzuki, signed_in):
    path = (
        f"/api/v1/memos/{stranger.send_json('/api/v1/memos', {'person_id': office.suzuki, 'caller': 'x'}).json['id']}"
    )
    other = {"caller": "幸商事", "matter": "折り返し不要", "wish": "information"}

    shown = stranger.send_json(path, other, method="PUT")

    assert shown.status_code == 200
    assert (shown.json["caller"], shown.json["number"], shown.json["wish"]) == ("幸商事", "", "information")
    assert suzuki.get(path).json["caller"] == "幸商事"
    for bad in (
        {},
        {"caller": ""},
        {"caller": "x" * 10_000},
        {"caller": "x", "number": "😀"},
        {"caller": "x", "wish": "?"},
    ):
        refused = stranger.send_json(path, bad, method="PUT")
        assert (refused.status_code, bool(refused.json["message"])) == (422, True)
    head = signed_in(person_id=office.head)
    for method in ("PUT", "DELETE"):
        assert suzuki.send_json(path, other, method=method).json["code"] == "memo_not_taken"
        hidden = head.send_json(path, other, method=method)
        assert (hidden.status_code, hidden.json["code"]) == (404, "no_memo")
    suzuki.send_json(f"{path}/handled", {})
    for method in ("PUT", "DELETE"):
        refused = stranger.send_json(path, other, method=method)
        assert (refused.status_code, refused.json["code"]) == (409, "memo_handled")
    suzuki.send_json(f"{path}/handled", {}, method="DELETE")

    assert stranger.send_json(path, {}, method="DELETE").status_code == 204

    assert stranger.get(path).status_code == 404
    assert suzuki.get("/api/v1/memos").json["memos"] == []


def test_an_answer_never_says_when_it_was_read_or_handled_p3(office, stranger, suzuki):
    """P3: nobody can read from a memo when somebody was at work."""
    taken = stranger.send_json("/api/v1/memos", {"person_id": office.suzuki, "caller": "x"}).json
    done = suzuki.send_json(f"/api/v1/memos/{taken['id']}/handled", {}).json

    assert [name for name in done if name.endswith("_at")] == ["taken_at"]


def test_a_stranger_s_memo_answers_like_none(office, stranger, suzuki, signed_in):
    taken = stranger.send_json("/api/v1/memos", {"person_id": office.suzuki, "caller": "x"}).json
    head = signed_in(person_id=office.head)

    for method, end in (("GET", ""), ("POST", "/handled"), ("DELETE", "/handled")):
        answers = [
            head.send_json(f"/api/v1/memos/{i}{end}", {}, method=method)
            if method != "GET"
            else head.get(f"/api/v1/memos/{i}")
            for i in (taken["id"], taken["id"] + 1, 2**31 - 1, 2**31, 10**30)
        ]
        assert {(a.status_code, a.json["code"], a.json["message"]) for a in answers} == {
            (404, "no_memo", "その取次ぎはありません。")
        }
    who_took_it = stranger.send_json(f"/api/v1/memos/{taken['id']}/handled", {})
    assert (who_took_it.status_code, who_took_it.json["code"]) == (404, "no_memo")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"caller": "x"},
        {"caller": "x", "person_id": 1, "unit_id": 1},
        {"caller": "x", "person_id": "1; DROP TABLE memo"},
        {"caller": "x", "person_id": 2**40},
        {"caller": None, "unit_id": 1},
        {"caller": ["x"], "unit_id": 1},
        {"caller": "a\0b", "unit_id": 1},
        {"caller": "x" * 10_000, "unit_id": 1},
        {"caller": "x", "unit_id": 1, "wish": "coffee"},
        {"caller": "x", "unit_id": 1, "number": "😀"},
        {"caller": "x", "unit_id": 1, "matter": "%_" * 300},
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(office, suzuki, fields):
    refused = suzuki.send_json("/api/v1/memos", fields)

    assert refused.status_code == 422
    assert refused.json["message"]
    assert suzuki.get("/api/v1/memos?state=taken").json["memos"] == []


def test_half_a_character_is_refused_in_a_sentence(office, suzuki):
    headers = {"Origin": "http://localhost", "X-CSRFToken": suzuki.token, "Content-Type": "application/json"}
    document = '{"caller": "\\ud83d", "unit_id": 1}'

    refused = suzuki.post("/api/v1/memos", data=document, headers=headers)

    assert refused.status_code in (400, 422)
    assert refused.json["message"]


def test_an_unknown_list_is_refused(office, suzuki):
    assert suzuki.get("/api/v1/memos?state=all").status_code == 422


def test_a_token_reads_memos_or_writes_them_as_its_scopes_say_sr_16(office, app, suzuki):
    """SR-16: reading is not writing."""
    with db.transaction():
        _id, token = tokens.issue(suzuki.signed.account_id, "電話", [Scope.READ_MEMOS], 30, clock.now())
    program = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}

    assert program.get("/api/v1/memos/count", headers=headers).json["open"] == 0
    refused = program.post("/api/v1/memos", json={"unit_id": office.section, "caller": "x"}, headers=headers)
    assert (refused.status_code, refused.json["code"]) == (403, "missing_scope")


def test_a_memo_for_nobody_is_not_found(office, suzuki):
    assert suzuki.send_json("/api/v1/memos", {"person_id": 99_999, "caller": "x"}).status_code == 404
    assert suzuki.send_json("/api/v1/memos", {"unit_id": 99_999, "caller": "x"}).status_code == 404
