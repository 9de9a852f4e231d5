"""Passwords kept here, where people sign in elsewhere: all, few, or nobody but in an emergency (SR-12)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import make
import pyotp
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update
from visitor import Visitor

from server import audit, clock, db
from server.app import create_app
from server.cli import main
from server.errors import Misconfigured
from server.people import factors, local_login
from server.people.models import LoginSession
from server.people.rules import Role
from server.settings import LocalLogin, load

ALERT = re.compile(r'role="alert">([^<]+)<')
NOW = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
ELSEWHERE = {
    "OIDC_ISSUER": "http://127.0.0.1:1/", "OIDC_CLIENT_ID": "iruka", "OIDC_CLIENT_SECRET": "n7Gq0vYb2Lr9Xw4TzE6u",
}  # fmt: skip  # a login service that is away
ROLES = {
    "kanri": Role.SYSTEM_ADMIN, "irie": Role.PRIVACY_OFFICER, "lobby": Role.KIOSK, "takanami": Role.STAFF,
}  # fmt: skip


@pytest.fixture
def at(sqlite, tmp_path) -> Callable[[str], Visitor]:
    """`at("emergency")`: a browser at a server with this setting and an account of every kind."""
    with db.transaction():
        for login, role in ROLES.items():
            make.account(login, role=role, person_id=make.person() if role is Role.STAFF else None)

    def browser(wanted: str) -> Visitor:
        app = create_app(make.settings(sqlite, tmp_path, LOCAL_LOGIN=wanted, **ELSEWHERE))
        app.test_client_class = Visitor
        return app.test_client()

    return browser


@pytest.fixture
def iruka(sqlite, tmp_path) -> Callable[..., Result]:
    """The command on this server's console."""

    def run(*arguments: str, wanted: str = "emergency") -> Result:
        given = {"DATABASE_URL": sqlite, "STATE_DIR": str(tmp_path), "LOCAL_LOGIN": wanted, **ELSEWHERE}
        return CliRunner().invoke(main, arguments, env={f"IRUKA_{name}": value for name, value in given.items()})

    return run


def opened(browser: Visitor) -> set[str]:
    return {login for login in ROLES if browser.application.test_client().sign_in(login, make.PASSWORD).location}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("on", set(ROLES)), ("needed", {"kanri", "irie", "lobby"}), ("emergency", {"lobby"})],
)
def test_passwords_kept_here_open_what_the_setting_says_sr_12(at, wanted, expected):
    assert opened(at(wanted)) == expected


def test_a_closed_account_is_answered_like_a_wrong_password_and_counted_sr_11_sr_12(at):
    browser = at("emergency")

    right, wrong = (browser.sign_in("kanri", password) for password in (make.PASSWORD, "wrong" * 4))

    assert (right.status_code, wrong.status_code) == (401, 401)
    assert ALERT.search(right.text)[1] == ALERT.search(wrong.text)[1]
    for _try in range(8):
        browser.sign_in("kanri", make.PASSWORD)
    assert browser.sign_in("kanri", make.PASSWORD).status_code == 429


def test_the_console_lets_the_emergency_administrator_in_while_the_login_service_is_away_sr_12(at, iruka):
    browser = at("emergency")
    assert browser.get("/sign-in/oidc").status_code == 503

    done = iruka("allow-local-login", "--minutes", "30")

    assert done.exit_code == 0, done.output
    assert opened(browser) == set(ROLES)
    with db.reading():
        (line,) = audit.entries(1)
        ends = list(db.session.scalars(select(LoginSession.ends_at)))
    assert (line.actor, line.action, line.details) == (
        "iruka allow-local-login", "local_login_allowed", {"minutes": 30}
    )  # fmt: skip
    assert sum(end <= clock.now() + timedelta(minutes=30) for end in ends) == 3, "all but the shared screen's"


def test_a_second_factor_does_not_lengthen_the_emergency_sr_12(at, iruka, monkeypatch):
    secret = factors.new_secret()
    browser = at("emergency")
    with db.transaction():
        kanri = make.account("kanri2", role=Role.SYSTEM_ADMIN)
        factors.confirm(
            kanri,
            secret,
            pyotp.TOTP(secret).at(clock.now()),
            factors.Seal(str(browser.application.secret_key)),
            clock.now(),
        )
    iruka("allow-local-login", "--minutes", "5")
    assert browser.sign_in("kanri2", make.PASSWORD).location == "/sign-in/code"

    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(seconds=60))
    browser.send("/sign-in/code", code=pyotp.TOTP(secret).at(clock.now()))

    assert browser.get("/admin/accounts").status_code == 200
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(minutes=6))
    assert browser.get("/admin/accounts").status_code == 302


def test_ending_it_early_logs_out_who_came_in_by_it_and_nobody_else_sr_12(at, iruka):
    browser, screen = at("emergency"), at("emergency")
    iruka("allow-local-login")
    browser.sign_in("takanami", make.PASSWORD)
    screen.sign_in("lobby", make.PASSWORD)
    assert browser.get("/me").status_code == 200

    done = iruka("allow-local-login", "--minutes", "0")

    assert done.exit_code == 0, done.output
    assert browser.get("/me").status_code == 302
    assert screen.get("/find").status_code == 200
    assert opened(browser) == {"lobby"}
    with db.reading():
        (line,) = audit.entries(1)
    assert (line.action, line.details) == ("local_login_ended", {"logged_out": 1})


def test_a_login_from_before_the_setting_ends_with_it_sr_07_sr_12(at):
    before = at("on")
    before.sign_in("takanami", make.PASSWORD)
    cookie = before.get_cookie("iruka")
    after = at("needed")
    after.set_cookie("iruka", cookie.value)

    assert after.get("/me").status_code == 302


def test_a_closed_password_proves_nothing_and_cannot_be_changed_sr_12_sr_19(at):
    browser = at("needed")
    with db.transaction():
        account_id = make.account("suzuki", person_id=make.person())
    browser.take_session(make.session(account_id=account_id))
    with db.transaction():
        db.session.execute(update(LoginSession).values(method="oidc"))

    assert browser.get("/password").status_code == 403
    assert browser.send("/password", old=make.PASSWORD, new="x" * 5, again="x").status_code == 403
    assert browser.send("/prove", proof=make.PASSWORD).status_code == 422
    assert "/password" not in browser.get("/me/sign-in").text


def test_the_form_says_who_logs_in_this_way_sr_12(at):
    assert "管理者と共用端末だけ" in at("needed").get("/sign-in").text
    assert "緊急時にサーバーのコンソールで" in at("emergency").get("/sign-in").text
    assert "共用端末" not in at("on").get("/sign-in").text


@pytest.mark.parametrize(
    ("written", "is_open"),
    [
        (NOW + timedelta(minutes=1), True), (NOW + local_login.LONGEST, True), (NOW, False),
        (NOW - timedelta(days=1), False), (NOW + local_login.LONGEST + timedelta(seconds=1), False),
        ("", False), ("tomorrow", False), ("2026-10-06T01:30:00", False), ("\N{SNOWMAN}", False), (None, False),
    ],
)  # fmt: skip
def test_the_door_is_open_only_for_a_while_that_a_command_may_have_said_sr_12(tmp_path: Path, written, is_open):
    if isinstance(written, datetime):
        local_login.allow(tmp_path, written)
    elif written is not None:
        (tmp_path / local_login.FILE).write_text(written, "utf-8")

    assert (local_login.allowed_until(tmp_path, NOW) is not None) == is_open
    local_login.forbid(tmp_path)
    assert local_login.allowed_until(tmp_path, NOW) is None


@pytest.mark.parametrize(
    ("variables", "names"),
    [({"LOCAL_LOGIN": "maybe"}, "on, needed or emergency"), ({"LOCAL_LOGIN": "emergency"}, "a login service"),
     ({"LOCAL_LOGIN": "needed"}, "a login service")],
)  # fmt: skip
def test_nobody_locks_themselves_out_by_the_setting_sr_12_sr_41(tmp_path, variables, names):
    with pytest.raises(Misconfigured, match=names):
        make.settings("sqlite:///x", tmp_path, **variables)


def test_without_the_setting_every_account_opens(tmp_path):
    assert load({"IRUKA_STATE_DIR": str(tmp_path)}).local_login is LocalLogin.ON


def test_the_command_tells_when_nothing_was_closed(iruka):
    assert "since IRUKA_LOCAL_LOGIN is on" in iruka("allow-local-login", wanted="on").output
    assert iruka("allow-local-login", "--minutes", "241").exit_code == 2
