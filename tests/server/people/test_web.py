"""Signing in and out, and what a stranger meets instead."""

import re

import make
import pytest

from server import clock, db
from server.people import queries, service, sessions


def test_a_person_signs_in_and_out(database, client):
    with db.transaction():
        make.account("takanami")

    came_in = client.sign_in("Takanami ", make.PASSWORD, next="/password")

    assert came_in.status_code == 302
    assert came_in.location == "/password"
    assert client.get("/password").status_code == 200


def test_a_copied_cookie_ends_with_the_sign_out_sr_07(database, app, signed_in):
    mine = signed_in()
    thief = app.test_client()
    thief.take_session(mine.signed)
    assert thief.get("/password").status_code == 200

    mine.send("/sign-out")

    assert thief.get("/password").status_code == 302


@pytest.fixture
def takanami(app) -> int:
    """An account with this name."""
    with db.transaction():
        return make.account("takanami")


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("takanami", "not the password"),
        ("nobody", make.PASSWORD),
        ("", make.PASSWORD),
        ("takanami", ""),
        ("x" * 65, make.PASSWORD),
        ("takanami", "x" * 257),
        ("takanami", f"{make.PASSWORD}\0"),
    ],
    ids=["password", "name", "no name", "no password", "long name", "long password", "a zero byte"],
)
def test_whatever_is_wrong_the_answer_is_the_same_sr_11(app, takanami, client, login, password):
    """SR-11: a guesser does not learn which names exist."""
    refused = client.sign_in(login, password)

    assert refused.status_code == 401
    assert "ログイン名またはパスワードが正しくありません。" in refused.text
    assert client.get("/password").status_code == 302


def test_ten_wrong_passwords_close_the_door_for_a_while_sr_11(app, takanami, client):
    """SR-11: also for the right password, and it is said how long."""
    for _ in range(10):
        assert client.sign_in("takanami", "not the password").status_code == 401

    closed = client.sign_in("takanami", make.PASSWORD)

    assert closed.status_code == 429
    assert 0 < int(closed.headers["Retry-After"]) <= 600
    assert re.search(r"試行回数が多すぎます。\d+分お待ちください。", closed.text)


def test_the_owner_s_own_browser_gets_in_while_strangers_guess_sr_11(app, takanami):
    """SR-11: nobody can lock somebody else out."""
    mine, stranger = app.test_client(), app.test_client()
    mine.sign_in("takanami", make.PASSWORD)
    mine.send("/sign-out")
    for _ in range(10):
        stranger.environ_base["REMOTE_ADDR"] = "192.0.2.1"
        stranger.sign_in("takanami", "not the password")

    assert stranger.sign_in("takanami", make.PASSWORD).status_code == 429
    assert mine.sign_in("takanami", make.PASSWORD).status_code == 302


def test_a_success_takes_no_try_away_sr_11(app, takanami, client):
    """SR-11: whoever signs in often is no guesser."""
    for _ in range(12):
        assert client.sign_in("takanami", make.PASSWORD).status_code == 302
        client.send("/sign-out")


def test_an_account_that_was_closed_opens_nothing_sr_07(app, takanami, client):
    client.sign_in("takanami", make.PASSWORD)
    assert client.get("/password").status_code == 200

    with db.transaction():
        service.deactivate(takanami, clock.now())

    assert client.get("/password").status_code == 302
    assert client.sign_in("takanami", make.PASSWORD).status_code == 401


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_our_own_pages_only(app, takanami, client, target):
    assert client.sign_in("takanami", make.PASSWORD, next=target).location == "/"


def test_a_new_password_ends_every_other_session_and_keeps_this_one_sr_07(app, takanami, signed_in):
    mine, other = signed_in(account_id=takanami), signed_in(account_id=takanami)

    changed = mine.send("/password", old=make.PASSWORD, new="another battery staple", again="another battery staple")

    assert changed.status_code == 302
    assert other.get("/password").status_code == 302
    mine.signed = None  # the browser has a new key now
    assert mine.get("/password").status_code == 200
    with db.reading():
        assert service.verify("takanami", "another battery staple") == takanami


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"old": "not the password"}, "今のパスワードが正しくありません。"),
        ({"again": "something else entirely"}, "新しいパスワードが一致しません。"),
        ({"new": "short", "again": "short"}, "パスワードは12文字以上で"),
        ({"new": "aaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaa"}, "パスワードは12文字以上で"),
        ({"new": "x1" * 129, "again": "x1" * 129}, "パスワードは"),
    ],
    ids=["present one wrong", "differing", "short", "plain", "long"],
)
def test_a_password_that_will_not_do_is_told_in_a_sentence_and_changes_nothing(app, takanami, signed_in, fields, says):
    given = {"old": make.PASSWORD, "new": "another battery staple", "again": "another battery staple"}

    refused = signed_in(account_id=takanami).send("/password", **(given | fields))

    assert refused.status_code == 422
    assert says in refused.text
    with db.reading():
        assert service.verify("takanami", make.PASSWORD) == takanami


def test_a_visitor_chooses_a_language_and_takes_it_along(app, takanami, client):
    client.send("/language", language="en", next="/sign-in")
    assert "Log in" in client.get("/sign-in").text

    client.sign_in("takanami", make.PASSWORD)

    with db.reading():
        assert queries.account(takanami).language == "en"
    assert "My login" in client.get("/me").text


def test_a_language_we_do_not_speak_is_refused_in_a_sentence(client):
    refused = client.send("/language", language="tlh")

    assert refused.status_code == 422
    assert "その言語には対応していません。" in refused.text


def test_the_address_may_ask_for_a_language_once(client):
    assert '<html lang="en">' in client.get("/sign-in?lang=en", headers={"Accept-Language": "ja"}).text
    assert '<html lang="ja">' in client.get("/sign-in?lang=fr", headers={"Accept-Language": "fr"}).text


def test_whoever_is_signed_in_is_not_asked_again(signed_in):
    mine = signed_in()

    assert mine.get("/sign-in?next=/me").location == "/me"
    assert mine.get("/sign-in?again=1").status_code == 200


def test_a_login_checked_before_the_password_changed_begins_no_session_sr_07(app, takanami, client, monkeypatch):
    """SR-07: else a thief’s login that was under way would outlive the change."""
    check = service.matched

    def overtaken(*given):
        found = check(*given)
        with db.transaction():
            service.set_password(takanami, "another battery staple", clock.now())
        return found

    monkeypatch.setattr(service, "matched", overtaken)
    refused = client.sign_in("takanami", make.PASSWORD)

    assert refused.status_code == 409
    assert "もう一度ログインしてください。" in refused.text
    assert client.get("/password").status_code == 302
    with db.reading():
        assert sessions.listed(takanami, None, clock.now()) == []


def test_a_session_that_ended_meanwhile_changes_no_password_sr_07(app, takanami, signed_in, monkeypatch):
    mine, check = signed_in(account_id=takanami), service.verify

    def overtaken(*given):
        found = check(*given)
        with db.transaction():
            service.set_password(takanami, "another battery staple", clock.now())
        return found

    monkeypatch.setattr(service, "verify", overtaken)
    refused = mine.send("/password", old=make.PASSWORD, new="a third battery staple", again="a third battery staple")

    assert refused.status_code == 401
    with db.reading():
        assert check("takanami", "another battery staple") == takanami
        assert sessions.listed(takanami, None, clock.now()) == []
