"""My browsers and tokens; and proof before what matters."""

import re
from datetime import timedelta

import make
import pytest
from sqlalchemy import update

from server import clock, db
from server.people import tokens
from server.people.models import LoginSession
from server.people.rules import Role, Scope

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def takanami(app) -> int:
    """A member of staff."""
    with db.transaction():
        make.building()  # days are shown by its clock
        return make.account("takanami", person_id=make.person())


def prove_long_ago(account_id: int) -> None:
    with db.transaction():
        db.session.execute(
            update(LoginSession)
            .where(LoginSession.account_id == account_id)
            .values(proven_at=clock.now() - timedelta(minutes=11))
        )


def tags(page) -> list[str]:
    return re.findall(r"/me/sign-in/sessions/([0-9a-f]{16})/end", page.text)


def test_i_see_where_i_am_signed_in_and_end_one_sr_07(app, takanami):
    mine, other = app.test_client(), app.test_client()
    mine.sign_in("takanami", make.PASSWORD)
    other.post(
        "/sign-in", headers={"User-Agent": FIREFOX, "Origin": "http://localhost"},
        data={"csrf_token": other.token, "login": "takanami", "password": make.PASSWORD},
    )  # fmt: skip

    page = mine.get("/me/sign-in")
    assert "Firefox, Windows" in page.text
    assert len(tags(page)) == 1  # not this one, which signs out as usual

    mine.send(f"/me/sign-in/sessions/{tags(page)[0]}/end")

    assert other.get("/me").status_code == 302
    assert mine.get("/me").status_code == 200


def test_i_end_all_others_at_once_sr_07(takanami, signed_in):
    mine, *others = (signed_in(account_id=takanami) for _ in range(3))

    mine.send("/me/sign-in/others/end")

    assert [other.get("/me").status_code for other in others] == [302, 302]
    assert mine.get("/me").status_code == 200


def test_somebody_else_s_session_is_as_unknown_as_none_sr_07(takanami, signed_in):
    mine, stranger = signed_in(account_id=takanami), signed_in()
    tag = tags(signed_in(account_id=takanami).get("/me/sign-in"))[0]

    refused, none = (stranger.send(f"/me/sign-in/sessions/{one}/end") for one in (tag, "0" * 16))

    assert refused.status_code == none.status_code == 404
    assert mine.get("/me").status_code == 200


def test_whatever_a_token_may_be_made_for_can_be_chosen_sr_16(takanami, signed_in):
    offered = re.findall(
        r'name="scope" value="([^"]+)"', signed_in(account_id=takanami).get("/me/sign-in/tokens/new").text
    )

    assert offered == [scope.value for scope in Scope]


def test_a_token_is_made_shown_once_and_withdrawn_sr_16(takanami, signed_in):
    mine = signed_in(account_id=takanami)

    made = mine.send("/me/sign-in/tokens", name="掲示板", scope="phones:read", days="30")
    plain = re.search(r'value="(iruka_[^"]+)"', made.text)[1]

    assert tokens.find(plain, clock.now(), lambda: None)[1] == {Scope.READ_PHONES}
    page = mine.get("/me/sign-in")
    assert "掲示板" in page.text
    assert plain not in page.text

    token_id = re.search(r"/tokens/(\d+)/withdraw", page.text)[1]
    mine.send(f"/me/sign-in/tokens/{token_id}/withdraw")
    assert tokens.find(plain, clock.now(), lambda: None) is None


def test_nobody_withdraws_another_s_token_sr_16(takanami, signed_in):
    with db.transaction():
        token_id, plain = tokens.issue(takanami, "x", [Scope.READ_PHONES], 30, clock.now())

    assert signed_in().send(f"/me/sign-in/tokens/{token_id}/withdraw").status_code == 404
    assert signed_in().send(f"/me/sign-in/tokens/{'9' * 20}/withdraw").status_code == 404
    assert tokens.find(plain, clock.now(), lambda: None) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "scope": "phones:read", "days": "30"},
        {"name": "x", "scope": "everything", "days": "30"},
        {"name": "x", "scope": "phones:read", "days": "366"},
        {"name": "x", "scope": "phones:read", "days": "-1"},
        {"name": "x", "scope": "phones:read", "days": "³"},
        {"name": "x" * 10_000, "scope": "phones:read", "days": "9" * 10_000},
        {},
    ],
)
def test_a_token_that_will_not_do_is_refused_in_a_sentence_sr_16(takanami, signed_in, fields):
    refused = signed_in(account_id=takanami).send("/me/sign-in/tokens", **fields)

    assert refused.status_code == 422
    assert 'role="alert"' in refused.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/me/sign-in/tokens/new"),
        ("send", "/me/sign-in/tokens"),
        ("get", "/me/sign-in/factor"),
        ("get", "/me/sign-in/factor.svg"),
        ("send", "/me/sign-in/factor"),
        ("send", "/me/sign-in/factor/remove"),
        ("send", "/me/sign-in/factor/codes"),
    ],
)
def test_what_matters_asks_for_proof_again_after_ten_minutes_sr_19(takanami, signed_in, method, path):
    mine = signed_in(account_id=takanami)
    prove_long_ago(takanami)

    asked = getattr(mine, method)(path)

    assert asked.status_code == 302
    assert asked.location.startswith("/prove?next=")


def test_proof_holds_for_ten_minutes_and_leads_back_sr_19(takanami, signed_in):
    mine = signed_in(account_id=takanami)
    prove_long_ago(takanami)

    assert mine.send("/prove", proof="not the password", next="/me/sign-in/tokens/new").status_code == 422
    assert mine.get("/me/sign-in/tokens/new").status_code == 302
    assert mine.send("/prove", proof=make.PASSWORD, next="/me/sign-in/tokens/new").location == "/me/sign-in/tokens/new"

    assert mine.get("/me/sign-in/tokens/new").status_code == 200


def test_guessing_at_proof_has_the_same_limit_sr_11(takanami, signed_in):
    mine = signed_in(account_id=takanami)
    for _ in range(10):
        assert mine.send("/prove", proof="not the password").status_code == 422

    closed = mine.send("/prove", proof=make.PASSWORD)

    assert closed.status_code == 429
    assert int(closed.headers["Retry-After"]) > 0


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_proof_leads_to_our_own_pages_only(takanami, signed_in, target):
    assert signed_in(account_id=takanami).send("/prove", proof=make.PASSWORD, next=target).location == "/"


def test_a_shared_screen_has_no_such_page(signed_in):
    screen = signed_in(Role.KIOSK)

    assert screen.get("/me/sign-in").status_code == 403
    assert screen.get("/prove").status_code == 403
