"""The second factor: set up, asked for, given once, and lost (SR-11, SR-19)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import make
import pyotp
import pytest

from server import clock, db
from server.errors import Refused
from server.people import factors, proof, sessions
from server.people.rules import Role

SEAL = factors.Seal("x" * 40)
SECRET = re.compile(r'<code class="secret" id="secret">([^<]+)</code>')


def shown_secret(page) -> str:
    """The key that a page offers to an app."""
    found = SECRET.search(page.text)
    assert found, page.text
    return "".join(found[1].split())


def code_of(secret: str, steps: int = 0) -> str:
    """The app's code now, or so many steps away."""
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))


def set_up(visitor) -> str:
    """Set the second factor up on the visitor's own page; returns the secret."""
    secret = shown_secret(visitor.get("/me/sign-in/factor"))
    assert visitor.send("/me/sign-in/factor", code=code_of(secret, -1)).status_code == 200
    visitor.signed = None
    return secret


def codes_on(page) -> list[str]:
    return re.findall(r"<li><code>([^<]+)</code></li>", page.text)


@pytest.fixture
def takanami(app) -> int:
    """A member of staff."""
    with db.transaction():
        make.building()
        return make.account("takanami", person_id=make.person())


@pytest.fixture
def kanri(app) -> int:
    """A system administrator who has never signed in."""
    with db.transaction():
        return make.account("kanri", role=Role.SYSTEM_ADMIN)


def test_a_system_administrator_sets_it_up_before_anything_else_opens_sr_19(kanri, client):
    came = client.sign_in("kanri", make.PASSWORD, next="/me")
    assert came.location == "/sign-in/enrol"
    for path in ("/", "/me", "/password", "/admin/accounts", "/me/sign-in", "/fleet"):
        assert client.get(path).status_code == 302, path
    assert client.get("/api/v1/me").status_code == 401
    assert client.get("/sign-in").location == "/sign-in/enrol"

    secret = shown_secret(client.get("/sign-in/enrol"))
    assert client.get("/sign-in/enrol.svg").mimetype == "image/svg+xml"
    done = client.send("/sign-in/enrol", code=code_of(secret))

    assert len(codes_on(done)) == 10
    assert 'href="/me"' in done.text
    assert client.get("/me").status_code == 200
    assert client.get("/admin/accounts").status_code == 200


def test_the_picture_carries_no_style_and_the_key_s_address_sr_10(kanri, client):
    client.sign_in("kanri", make.PASSWORD)
    secret = shown_secret(client.get("/sign-in/enrol"))

    picture = client.get("/sign-in/enrol.svg")

    assert picture.data == factors.picture(secret, "kanri")
    assert b"style" not in picture.data
    assert "no-store" in picture.headers["Cache-Control"]


def test_a_wrong_first_code_sets_nothing_up(kanri, client):
    client.sign_in("kanri", make.PASSWORD)
    secret = shown_secret(client.get("/sign-in/enrol"))

    refused = client.send("/sign-in/enrol", code="000000")

    assert refused.status_code == 422
    assert shown_secret(refused) == secret
    assert client.get("/me").status_code == 302
    with db.reading():
        assert factors.state(kanri) is None


def test_the_code_is_asked_for_at_every_sign_in_and_opens_once(app, takanami, signed_in):
    secret = set_up(signed_in(account_id=takanami))
    first, second = app.test_client(), app.test_client()

    assert first.sign_in("takanami", make.PASSWORD, next="/me").location == "/sign-in/code"
    assert first.get("/me").status_code == 302
    before = first.get_cookie("iruka").value
    assert first.send("/sign-in/code", code=code_of(secret)).location == "/me"
    assert first.get("/me").status_code == 200
    assert first.get_cookie("iruka").value != before

    second.sign_in("takanami", make.PASSWORD)
    assert second.send("/sign-in/code", code=code_of(secret)).status_code == 422  # seen over a shoulder
    assert second.get("/me").status_code == 302


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (0, True), (1, True), (2, False)])
def test_the_clock_may_be_one_step_off(sqlite, steps, opens):
    secret, seal, now = factors.new_secret(), factors.Seal("x" * 40), make.at("10:00:10")
    with db.transaction():
        account_id = make.account()
        factors.confirm(account_id, secret, pyotp.TOTP(secret).at(now - timedelta(minutes=9)), seal,
                        now - timedelta(minutes=9))  # fmt: skip

    code = pyotp.TOTP(secret).at(now + timedelta(seconds=30 * steps))
    with db.transaction():
        assert factors.is_right(account_id, code, seal, now) is opens


def test_a_code_opens_once_and_an_older_one_never_after_it(database):
    secret, seal, now = factors.new_secret(), factors.Seal("x" * 40), make.at("10:00:10")
    with db.transaction():
        account_id = make.account()
        factors.confirm(account_id, secret, pyotp.TOTP(secret).at(now), seal, now)

    later = now + timedelta(seconds=60)
    for code, opens in [
        (pyotp.TOTP(secret).at(now), False),
        (pyotp.TOTP(secret).at(later), True),
        (pyotp.TOTP(secret).at(later), False),
        (pyotp.TOTP(secret).at(later - timedelta(seconds=30)), False),
    ]:
        with db.transaction():
            assert factors.is_right(account_id, code, seal, later) is opens


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "１２３４５６", "abcdef", "\0", "\ud800" * 6, "x" * 10_000, "%", "😀" * 16]
)
def test_what_is_no_code_opens_nothing(database, code):
    secret, seal, now = factors.new_secret(), factors.Seal("x" * 40), make.at("10:00:10")
    with db.transaction():
        account_id = make.account()
        factors.confirm(account_id, secret, pyotp.TOTP(secret).at(now), seal, now)
    with db.transaction():
        assert not factors.is_right(account_id, code, seal, now)


def test_each_recovery_code_opens_once(database):
    secret, seal, now = factors.new_secret(), factors.Seal("x" * 40), make.at("10:00:10")
    with db.transaction():
        account_id = make.account()
        codes = factors.confirm(account_id, secret, pyotp.TOTP(secret).at(now), seal, now)

    assert len(set(codes)) == 10
    for code, opens in [(codes[0].upper(), True), (codes[0], False), (codes[1].replace("-", " "), True)]:
        with db.transaction():
            assert factors.is_right(account_id, code, seal, now) is opens
    with db.reading():
        assert factors.state(account_id).codes_left == 8


def test_the_secret_is_encrypted_with_the_server_s_key(sqlite):
    secret, seal = factors.new_secret(), factors.Seal("x" * 40)
    assert secret not in seal.close(secret)
    assert seal.open(seal.close(secret)) == secret
    with pytest.raises(Exception, match="cannot be read"):
        factors.Seal("y" * 40).open(seal.close(secret))


def test_ten_wrong_codes_close_the_door_for_a_while_sr_11(app, takanami, signed_in):
    secret = set_up(signed_in(account_id=takanami))
    stranger = app.test_client()
    stranger.sign_in("takanami", make.PASSWORD)
    for _ in range(10):
        assert stranger.send("/sign-in/code", code="000000").status_code == 422

    closed = stranger.send("/sign-in/code", code=code_of(secret))

    assert closed.status_code == 429
    assert 0 < int(closed.headers["Retry-After"]) <= 600


def test_half_way_in_ends_after_ten_minutes(app, takanami, signed_in):
    set_up(signed_in(account_id=takanami))
    key = b"k" * 32
    now = clock.now()
    with db.transaction():
        sessions.start(key, takanami, {}, now)

    assert sessions.find(key, now, lambda: None).owes_factor
    assert sessions.find(key, now + timedelta(minutes=10), lambda: None) is None
    with db.reading():
        assert sessions.alive([key], now, lambda: None) == frozenset()


def test_setting_it_up_signs_every_other_browser_out_sr_07(app, takanami, signed_in):
    mine, other = signed_in(account_id=takanami), signed_in(account_id=takanami)

    set_up(mine)

    assert other.get("/me").status_code == 302
    assert mine.get("/me").status_code == 200


def test_another_app_replaces_the_first_only_once_it_is_proven(app, takanami, signed_in):
    mine = signed_in(account_id=takanami)
    set_up(mine)
    assert "二要素認証をやめる" in mine.get("/me/sign-in").text
    with db.reading():
        since = factors.state(takanami).since

    shown_secret(mine.get("/me/sign-in/factor"))
    assert mine.send("/me/sign-in/factor", code="000000").status_code == 422

    with db.reading():
        assert factors.state(takanami).since == since


def test_staff_may_do_without_again_but_a_system_administrator_may_not_sr_19(app, takanami, kanri, signed_in):
    mine = signed_in(account_id=takanami)
    set_up(mine)
    assert mine.send("/me/sign-in/factor/remove").status_code == 302
    with db.reading():
        assert factors.state(takanami) is None

    theirs = signed_in(account_id=kanri)
    set_up(theirs)
    refused = theirs.send("/me/sign-in/factor/remove")
    assert refused.status_code == 403
    with db.reading():
        assert factors.state(kanri) is not None


def test_new_recovery_codes_replace_the_old_ones(app, takanami, signed_in):
    mine = signed_in(account_id=takanami)
    assert mine.send("/me/sign-in/factor/codes").status_code == 409
    set_up(mine)

    shown = mine.send("/me/sign-in/factor/codes")

    assert len(codes_on(shown)) == 10
    with db.reading():
        assert factors.state(takanami).codes_left == 10


def test_of_two_who_set_up_the_first_one_at_once_one_wins_sr_19(database, app):
    """SR-19: whoever has only the password does not push aside what the owner sets up in the same moment."""
    with db.transaction():
        account_id = make.account()
    offered = [factors.new_secret() for _ in range(4)]

    def work(secret: str) -> bool:
        try:
            with db.transaction():
                factors.confirm(account_id, secret, code_of(secret), SEAL, clock.now(), replace=False)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        won = list(threads.map(work, offered))

    assert won.count(True) == 1
    with db.transaction():
        assert factors.is_right(account_id, code_of(offered[won.index(True)], 1), SEAL, clock.now())


def test_renewing_recovery_codes_in_two_windows_at_once_leaves_ten_sr_19(database, app):
    secret = factors.new_secret()
    with db.transaction():
        account_id = make.account()
        factors.confirm(account_id, secret, code_of(secret), SEAL, clock.now())

    def work(_window: int) -> None:
        with db.transaction():
            factors.renew_codes(account_id)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(12)))

    with db.reading():
        assert factors.state(account_id).codes_left == 10


def test_a_right_code_opens_nothing_once_the_half_way_session_has_ended_sr_07(
    takanami, signed_in, client, monkeypatch
):  # fmt: skip
    """SR-07: the password was changed between the code and the session."""
    secret = set_up(signed_in(account_id=takanami))
    client.sign_in("takanami", make.PASSWORD)
    check = proof.check_code

    def overtaken(*given):
        is_right = check(*given)
        with db.transaction():
            sessions.end_all(takanami, clock.now())
        return is_right

    monkeypatch.setattr(proof, "check_code", overtaken)
    refused = client.send("/sign-in/code", code=code_of(secret, 1))

    assert refused.status_code == 401
    with db.reading():
        assert sessions.listed(takanami, None, clock.now()) == []
