"""What every request passes: who may enter, cookies, forged changes, headers, and how errors are told."""

import json
import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import make
import pytest
from flask import Blueprint, Flask
from visitor import Visitor

from server import clock, db
from server.access import PUBLIC, SIGNED_IN, Room, UndeclaredRoute
from server.app import create_app
from server.openapi.document import document, operations
from server.people import tokens
from server.people.rules import Role, Scope
from server.rooms import ROOMS

HOME = "https://iruka.city.example"


@pytest.fixture
def secure(sqlite, tmp_path) -> Flask:
    """The application as a building runs it, behind https."""
    app = create_app(make.settings(sqlite, tmp_path, BASE_URL=HOME))
    app.test_client_class = Visitor
    return app


# -- who may enter


def test_sr_05_a_route_that_declares_nothing_stops_the_start(sqlite, tmp_path):
    pages = Blueprint("loose", __name__)
    pages.add_url_rule("/loose", "loose", lambda: "open")

    with pytest.raises(UndeclaredRoute, match="/loose"):
        create_app(make.settings(sqlite, tmp_path), [*ROOMS, Room(pages, None, None)])  # type: ignore[arg-type]


def test_sr_05_a_stranger_gets_into_no_room(app, client):
    open_to_all = {
        "static",
        "people.sign_in",
        "people.open_session",
        "people.sign_out",
        "people.language",
        "health.healthz",
        "entrance.leave",
        "entrance.come_back",
    }
    for route in app.url_map.iter_rules():
        if "GET" not in (route.methods or ()) or route.endpoint in open_to_all or route.endpoint.startswith("health."):
            continue
        path = re.sub(r"<[^>]+>", "18", re.sub(r"<int[^>]+>", "1", route.rule))

        answer = client.get(path)

        assert answer.status_code in (302, 401), path


def test_sr_05_staff_do_not_reach_the_fleet(signed_in):
    assert signed_in(Role.STAFF).get("/fleet").status_code == 403
    assert signed_in(Role.FACILITIES).get("/fleet").status_code == 200


# -- tokens


def test_sr_05_sr_16_every_route_of_the_api_names_its_scopes_or_is_for_browsers_on_purpose(app):
    silent = [
        route.rule
        for route in app.url_map.iter_rules()
        if route.rule.startswith("/api/v1/") and not hasattr(app.view_functions[route.endpoint], "token_scopes")
    ]

    assert silent == []


def test_sr_05_every_operation_is_closed_to_strangers_and_says_how_to_come_in(app, client):
    for path, method in _operations(app):
        answer = client.open(path, method=method, json={} if method != "GET" else None)

        assert answer.status_code == 401, path
        assert set(answer.json) == {"code", "message", "id"}
        way = 'Basic realm="iruka", charset="UTF-8"' if "/phonebook/" in path else 'Bearer realm="iruka"'
        assert answer.headers["WWW-Authenticate"] == way, path  # telephones know passwords only


def test_sr_16_a_token_opens_what_its_scopes_say_and_nothing_else(app, client):
    token = _token(Scope.READ_PHONES)

    assert client.get("/api/v1/extensions", headers=token).status_code == 200
    refused = client.get("/api/v1/memos", headers=token)
    assert (refused.status_code, refused.json["code"]) == (403, "missing_scope")
    assert "memos:read" in refused.json["message"]
    assert 'scope="memos:read"' in refused.headers["WWW-Authenticate"]


def test_sr_16_a_token_opens_no_page_and_no_stream(client):
    token = _token(*Scope)

    assert client.get("/me", headers=token).status_code == 302
    assert client.get("/fleet", headers=token).status_code == 302
    assert client.get("/api/v1/stream", headers=token).status_code == 403


@pytest.mark.parametrize("token", ["", "iruka_", "iruka_" + "a" * 43, "something else", "\xe9" * 43], ids=repr)
def test_sr_16_an_unknown_token_is_refused_even_beside_a_good_session(signed_in, token):
    answer = signed_in().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json["code"]) == (401, "bad_token")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_sr_16_a_token_that_has_ended_is_refused(client):
    token = _token(Scope.READ_PHONES, days=1, since=clock.now() - timedelta(days=2))

    assert client.get("/api/v1/me", headers=token).status_code == 401


def test_sr_16_a_token_starts_no_session(client):
    answer = client.get("/api/v1/me", headers=_token(Scope.READ_PHONES))

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert client.get("/api/v1/me").status_code == 401


def test_sr_09_a_program_needs_no_form_s_token_and_a_browser_still_does(signed_in, client):
    me = signed_in(person_id=_person())

    by_program = client.post("/api/v1/memos", json={}, headers=_token(Scope.WRITE_MEMOS))
    by_browser = me.post("/api/v1/memos", json={}, headers={"Origin": "http://localhost"})

    assert by_program.status_code == 422
    assert (by_browser.status_code, by_browser.json["code"]) == (400, "form_expired")


def test_sr_09_a_token_beside_a_foreign_origin_changes_nothing(client):
    headers = _token(Scope.WRITE_MEMOS) | {"Origin": "https://evil.example"}

    assert client.post("/api/v1/memos", json={}, headers=headers).status_code == 403


def test_sr_19_a_kiosk_s_token_opens_no_more_than_the_kiosk(client):
    token = _token(*Scope, role=Role.KIOSK)

    assert client.get("/api/v1/me", headers=token).status_code == 200
    assert client.get("/api/v1/memos", headers=token).status_code == 403


def test_sr_10_an_answer_to_a_token_is_kept_by_nobody_else(client):
    answer = client.get("/api/v1/me", headers=_token(Scope.READ_PHONES))

    assert answer.headers["Cache-Control"] == "no-store"
    assert {"Authorization", "Cookie"} <= set(answer.vary.as_set(preserve_casing=True))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_sr_09_the_api_reads_json_only(client, content_type):
    headers = _token(Scope.WRITE_MEMOS) | {"Content-Type": content_type}

    assert client.post("/api/v1/memos", data=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize(
    "body",
    [b"{", b"[" * 100_000, b"1" * 5000, b'{"caller": "\\ud800"}', b"\xff"],
    ids=["cut off", "too deep", "too long a number", "half a character", "not UTF-8"],
)
def test_sr_14_json_that_cannot_be_read_is_refused(client, body):
    headers = _token(Scope.WRITE_MEMOS) | {"Content-Type": "application/json"}

    answer = client.post("/api/v1/memos", data=body, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (400, "bad_json")


# -- how often


def test_sr_18_writes_are_limited_by_the_minute(sqlite, tmp_path):
    me = _hurried(sqlite, tmp_path, WRITES_PER_MINUTE="2")

    answers = [me.send_json("/api/v1/memos", {}) for _ in range(3)]

    assert [a.status_code for a in answers] == [422, 422, 429]
    assert (answers[2].json["code"], 1 <= int(answers[2].headers["Retry-After"]) <= 65) == ("too_many_requests", True)


def test_sr_18_reads_are_limited_by_the_minute_and_pages_count(sqlite, tmp_path):
    me = _hurried(sqlite, tmp_path, READS_PER_MINUTE="2")

    assert [me.get(path).status_code for path in ("/api/v1/me", "/directory", "/api/v1/me")] == [200, 200, 429]
    assert me.get("/directory").status_code == 429


def test_sr_18_what_the_map_and_files_ask_does_not_count(sqlite, tmp_path):
    me = _hurried(sqlite, tmp_path, READS_PER_MINUTE="1")

    for _ in range(3):
        assert me.get("/api/v1/floors").status_code != 429
        me.get("/static/css/base.css").close()
    assert me.get("/api/v1/me").status_code == 200


def test_sr_18_the_tokens_of_an_account_count_together_and_apart_from_its_browsers(sqlite, tmp_path):
    me = _hurried(sqlite, tmp_path, READS_PER_MINUTE="1")
    client = me.application.test_client()
    first, second = (_token(Scope.READ_PHONES, account_id=me.signed.account_id) for _ in range(2))

    assert me.get("/api/v1/me").status_code == 200
    assert client.get("/api/v1/me", headers=first).status_code == 200
    assert client.get("/api/v1/me", headers=second).status_code == 429


# -- cookies


def test_sr_08_behind_https_the_cookie_is_host_bound_secure_and_out_of_scripts_reach(secure):
    with db.transaction():
        make.account("takanami")
    browser = secure.test_client()
    page = browser.get("/sign-in", base_url=HOME)
    token = page.text.split('name="csrf-token" content="')[1].split('"')[0]

    came_in = browser.post(
        "/sign-in",
        base_url=HOME,
        data={"login": "takanami", "password": make.PASSWORD, "csrf_token": token},
        headers={"Origin": HOME, "Referer": f"{HOME}/sign-in"},
    )

    assert came_in.status_code == 302
    cookies = [line for line in came_in.headers.getlist("Set-Cookie") if line.startswith("__Host-iruka=")]
    assert cookies
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookies[0]
    assert "Domain" not in cookies[0]


def test_sr_07_the_key_changes_when_somebody_signs_in(client):
    with db.transaction():
        make.account("takanami")
    client.get("/sign-in")
    before = client.get_cookie("iruka")

    client.sign_in("takanami", make.PASSWORD)

    after = client.get_cookie("iruka")
    assert after is not None
    assert before is None or after.value != before.value


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "\ud800", "x" * 65, ""])
def test_a_name_nobody_can_have_is_refused_like_a_wrong_one(database, client, name):
    assert client.sign_in(name.encode("utf-8", "surrogatepass").decode("latin-1"), make.PASSWORD).status_code == 401


# -- forged changes


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
def test_sr_09_a_form_of_another_site_changes_nothing_even_with_the_token(signed_in, headers):
    me = signed_in(person_id=_person())

    answer = me.post("/me/pause", data={"length": "1h", "csrf_token": me.token}, headers=headers)

    assert answer.status_code == 403
    assert "Show my location again" not in me.get("/me?lang=en").text


@pytest.mark.parametrize("token", [None, "", "forged", "of another session"])
def test_sr_09_a_form_without_this_session_s_token_changes_nothing(signed_in, token):
    me = signed_in(person_id=_person())
    given = signed_in().token if token == "of another session" else token
    data = {"length": "1h"} if given is None else {"length": "1h", "csrf_token": given}

    answer = me.post("/me/pause", data=data, headers={"Origin": "http://localhost"})

    assert answer.status_code == 400
    assert "expired" in me.get("/me?lang=en").text or "Show my location again" not in me.get("/me?lang=en").text


def test_sr_09_signing_in_needs_a_token_too(client):
    with db.transaction():
        make.account("takanami")

    answer = client.post("/sign-in", data={"login": "takanami", "password": make.PASSWORD})

    assert answer.status_code == 400


def test_sr_09_a_get_changes_nothing(signed_in):
    me = signed_in(person_id=_person())

    assert me.get("/me/pause").status_code == 405


# -- headers


def test_sr_10_every_page_forbids_inline_scripts_frames_and_other_hosts(secure):
    answer = secure.test_client().get("/sign-in", base_url=HOME)
    policy = answer.headers["Content-Security-Policy"]

    for part in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_foreign_host_header_is_refused(secure):
    assert secure.test_client().get("/sign-in", base_url="https://evil.example").status_code == 400


# -- errors


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1", b"null", b'"text"', b"\xff\xfe", b"\x00" * 100, b"[" * 5000, b'{"a": NaN}', b"{} trailing"],
    ids=repr,
)
def test_sr_14_a_malformed_body_is_refused_in_one_sentence(signed_in, body):
    me = signed_in(person_id=_person())
    headers = {"Origin": "http://localhost", "X-CSRFToken": me.token, "Content-Type": "application/json"}

    answer = me.post("/me/pause", data=body, headers=headers)

    assert 400 <= answer.status_code < 500
    told = json.loads(answer.data)
    assert set(told) == {"code", "message", "id"}
    for leak in ("Traceback", "SELECT", "site-packages", "server/"):
        assert leak not in answer.text


def test_sr_14_a_fault_is_told_by_a_number_and_written_down_with_it(sqlite, tmp_path, caplog):
    pages = Blueprint("broken", __name__)

    def fail() -> str:
        raise RuntimeError(" ".join(("SELECT", "secret")))

    pages.add_url_rule("/broken", "broken", fail)
    app = create_app(make.settings(sqlite, tmp_path), [*ROOMS, Room(pages, None, PUBLIC)])

    answer = app.test_client().get("/broken?lang=en")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    number = answer.text.split("number ")[1][:12]
    assert number in caplog.text
    assert "in fail" in caplog.text
    assert "SELECT secret" not in caplog.text


def test_sr_14_an_unknown_page_says_so_in_the_reader_s_language(signed_in):
    assert "ページが見つかりません。" in signed_in().get("/nowhere?lang=ja").text
    assert "There is no such page." in signed_in().get("/nowhere?lang=en").text


def test_the_rules_of_a_room_hold_for_its_routes(sqlite, tmp_path):
    pages = Blueprint("inner", __name__)
    pages.add_url_rule("/inner", "inner", lambda: "inside")
    app = create_app(make.settings(sqlite, Path(tmp_path)), [*ROOMS, Room(pages, None, SIGNED_IN)])

    assert app.test_client().get("/inner").status_code == 302


def _person() -> int:
    with db.transaction():
        make.building()
        notice = make.notice()
        return make.person(unit_id=make.unit(), has_read=notice)


def _token(
    *scopes: Scope,
    days: int = 90,
    since: datetime | None = None,
    role: Role = Role.STAFF,
    account_id: int | None = None,
) -> dict[str, str]:
    """The header of a program with a new token."""
    with db.transaction():
        account_id = account_id or make.account(f"{role.value}-{secrets.token_hex(4)}", role=role)
        _id, plain = tokens.issue(account_id, "script", scopes, days, since or clock.now())
    return {"Authorization": f"Bearer {plain}"}


def _hurried(url: str, folder: Path, **limits: str) -> Visitor:
    """A browser of somebody whom an application with these limits serves."""
    app = create_app(make.settings(url, folder, **limits))
    app.test_client_class = Visitor
    visitor: Visitor = app.test_client()
    visitor.take_session(make.session(person_id=_person()))
    return visitor


def _operations(app: Flask) -> list[tuple[str, str]]:
    """Path and method of everything the API's document describes."""
    with app.test_request_context():
        described = document(app)  # type: ignore[arg-type]
    return [
        (re.sub(r"{\w*_id}", "1", path).replace("{code}", "18").replace("{number}", "1"), method.upper())
        for path, method, _operation in operations(described)
    ]
