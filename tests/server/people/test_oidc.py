"""Signing in at a provider: a real one, and one that lies (SR-12)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import false_provider
import make
import oidc_provider
import pytest
from flask import Flask
from sqlalchemy import select, update
from visitor import Visitor

from server import clock, db
from server.app import create_app
from server.errors import Misconfigured, Refused
from server.people import oidc, queries, service
from server.people.models import Account, Identity, LoginSession, Person
from server.people.oidc import Provider
from server.people.rules import Role
from server.settings import Oidc


@pytest.fixture(scope="module")
def provider() -> Iterator[oidc_provider.Provider]:
    """oidc-provider with three people, one of whom is on nobody's list."""
    oidc_provider.needed()
    with oidc_provider.provider({"takanami": "000777", "kanri": "000778", "stranger": "999999"}) as running:
        yield running


def made(url: str, folder: Path, issuer: str, **variables: str) -> Flask:
    app = create_app(
        make.settings(
            url, folder, OIDC_ISSUER=issuer, OIDC_CLIENT_ID=oidc_provider.CLIENT_ID,
            OIDC_CLIENT_SECRET=oidc_provider.CLIENT_SECRET, OIDC_NAME="職員認証", **variables,
        )
    )  # fmt: skip
    app.test_client_class = Visitor
    return app


@pytest.fixture
def client(sqlite, tmp_path, provider) -> Visitor:
    """A browser that nobody has signed in with, where the provider is one way in."""
    return made(sqlite, tmp_path, provider.issuer).test_client()


def add_person(staff_no: str = "000777", **fields) -> int:
    with db.transaction():
        person_id = make.person(**fields)
        db.session.execute(update(Person).where(Person.id == person_id).values(staff_no=staff_no))
    return person_id


def come_back(client: Visitor, provider: oidc_provider.Provider, login: str, start: str = "/sign-in/oidc?next=/me"):
    """Go to the provider, log in there and come back."""
    back = urlsplit(provider.log_in(client.get(start).location, login))
    return client.get(f"{back.path}?{back.query}")


def test_somebody_on_the_list_comes_in_and_gets_an_account_sr_12(client, provider):
    person_id = add_person()

    came = come_back(client, provider, "takanami")

    assert came.location == "/me"
    assert client.get("/me").status_code == 200
    with db.reading():
        account = db.session.scalars(select(Account)).one()
        link = db.session.scalars(select(Identity)).one()
    assert (account.login, account.role, account.person_id, account.password_hash) == ("000777", "staff", person_id, "")
    assert (link.issuer, link.subject) == (provider.issuer, "takanami")


def test_the_button_is_named_and_the_address_carries_pkce_state_and_nonce_sr_12(client, provider):
    assert "職員認証" in client.get("/sign-in").text

    asked = parse_qs(urlsplit(client.get("/sign-in/oidc").location).query)

    assert asked["redirect_uri"] == [oidc_provider.CALLBACK]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("code_challenge", "state", "nonce"))
    again = parse_qs(urlsplit(client.get("/sign-in/oidc").location).query)
    assert asked["state"] != again["state"]


def test_somebody_who_is_not_on_the_list_is_told_so_sr_12(client, provider):
    refused = come_back(client, provider, "stranger")

    assert refused.status_code == 403
    assert "職員番号" in refused.text
    assert client.get("/me").status_code == 302


def test_whoever_has_left_does_not_come_in_again(client, provider):
    person_id = add_person()
    come_back(client, provider, "takanami")
    client.send("/sign-out")
    with db.transaction():
        today = clock.now().date()
        db.session.execute(update(Person).where(Person.id == person_id).values(active_to=today - timedelta(days=2)))

    assert come_back(client, provider, "takanami").status_code == 403


def test_a_session_begins_under_a_new_key_sr_07(client, provider):
    add_person()
    client.get("/sign-in")
    client.send("/language", language="ja", next="/sign-in")
    before = client.get_cookie("iruka").value

    come_back(client, provider, "takanami")

    assert client.get_cookie("iruka").value != before


def test_no_link_leads_into_an_administrator_s_account_sr_19(client, provider):
    person_id = add_person("000778")
    with db.transaction():
        make.account("kanri", role=Role.SYSTEM_ADMIN, person_id=person_id)

    assert come_back(client, provider, "kanri").status_code == 403
    with db.reading():
        assert db.session.scalar(select(Identity)) is None


def test_an_account_that_exists_is_linked_and_keeps_its_role_sr_12(client, provider):
    person_id = add_person()
    with db.transaction():
        account_id = make.account("takanami", role=Role.FACILITIES, person_id=person_id)

    come_back(client, provider, "takanami")

    with db.reading():
        assert db.session.scalars(select(Identity)).one().account_id == account_id
        assert queries.account(account_id).role is Role.FACILITIES


def test_an_account_that_was_closed_stays_closed_sr_07(client, provider):
    add_person()
    come_back(client, provider, "takanami")
    with db.transaction():
        service.deactivate(db.session.scalars(select(Account.id)).one(), clock.now())

    assert come_back(client, provider, "takanami").status_code == 403


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
def test_signing_in_there_leads_to_our_own_pages_only_sr_13(client, provider, target):
    add_person()
    assert come_back(client, provider, "takanami", f"/sign-in/oidc?next={target}").location == "/"


def test_an_answer_counts_once_and_only_in_the_browser_that_asked_sr_12(client, provider):
    add_person()
    back = urlsplit(provider.log_in(client.get("/sign-in/oidc").location, "takanami"))
    other = client.application.test_client()

    assert other.get(f"{back.path}?{back.query}").status_code == 403
    assert client.get(f"{back.path}?{back.query}").status_code == 302
    client.send("/sign-out")
    assert client.get(f"{back.path}?{back.query}").status_code == 403


@pytest.mark.parametrize(
    "query", ["", "?state=x&code=y", "?error=access_denied", "?state=%ff%00", "?state=" + "x" * 5000]
)
def test_an_answer_nobody_asked_for_is_refused_in_a_sentence_sr_12(client, query):
    refused = client.get(f"/sign-in/oidc/callback{query}")

    assert refused.status_code == 403
    assert 'role="alert"' in refused.text


def test_answers_from_one_address_are_limited_too_sr_11(client):
    for _ in range(10):
        client.get("/sign-in/oidc/callback?state=x&code=y")

    closed = client.get("/sign-in/oidc/callback?state=x&code=y")

    assert closed.status_code == 429
    assert int(closed.headers["Retry-After"]) > 0


def test_a_provider_that_is_away_at_the_last_step_uses_nobody_s_tries_up_sr_11(client, provider, monkeypatch):
    """SR-11: nobody guessed anything, and the administrator's computer may have the same address."""
    with db.transaction():
        make.account("kanri", role=Role.SYSTEM_ADMIN)
    back = urlsplit(provider.log_in(client.get("/sign-in/oidc").location, "takanami"))
    away = Refused("oidc_away", "The login service cannot be reached. An administrator can still log in.", 503)

    def fail(*_given: object) -> None:
        raise away

    monkeypatch.setattr(Provider, "finish", fail)

    for _ in range(11):
        assert client.get(f"{back.path}?{back.query}").status_code == 503

    assert client.application.test_client().sign_in("kanri", make.PASSWORD).status_code == 302


def test_proving_it_often_closes_no_door_sr_11(client, provider):
    add_person()
    come_back(client, provider, "takanami")

    for _ in range(11):
        assert come_back(client, provider, "takanami", "/sign-in/oidc?prove=1&next=/me").location == "/me"


def test_proof_is_given_at_the_provider_by_the_same_person_sr_19(client, provider):
    add_person()
    come_back(client, provider, "takanami")
    asked = client.get("/me/sign-in/tokens/new")
    assert asked.location == "/prove?next=/me/sign-in/tokens/new"
    assert "職員認証" in client.get(asked.location).text

    start = "/sign-in/oidc?prove=1&next=/me/sign-in/tokens/new"
    assert come_back(client, provider, "kanri", start).status_code == 403
    assert client.get("/me/sign-in/tokens/new").status_code == 302

    assert come_back(client, provider, "takanami", start).location == "/me/sign-in/tokens/new"
    assert client.get("/me/sign-in/tokens/new").status_code == 200
    with db.reading():
        assert db.session.scalars(select(LoginSession)).one().proven_at is not None


def test_there_is_no_such_way_unless_it_is_configured(app):
    browser = app.test_client()
    assert browser.get("/sign-in/oidc").status_code == 404
    assert browser.get("/sign-in/oidc/callback").status_code == 404
    assert "/sign-in/oidc" not in browser.get("/sign-in").text


# -- a provider that lies


@pytest.fixture(scope="module")
def running() -> Iterator[false_provider.FalseProvider]:
    with false_provider.false_provider() as said:
        yield said


@pytest.fixture
def liar(running) -> false_provider.FalseProvider:
    """Honest again before every test."""
    running.about = {
        "issuer": running.issuer,
        **{
            name: f"{running.issuer}/{path}"
            for name, path in (("authorization_endpoint", "auth"), ("token_endpoint", "token"), ("jwks_uri", "keys"))
        },
    }
    running.keys = {"keys": [running.key.as_dict(private=False), running.curve.as_dict(private=False)]}
    running.status, running.token = 200, dict
    running.asked.clear()
    return running


def asking(liar: false_provider.FalseProvider) -> Provider:
    return Provider(
        Oidc(
            liar.issuer, "iruka", false_provider.CLIENT_SECRET, "employee_number", "X", "openid", None,
            oidc_provider.CALLBACK,
        )
    )  # fmt: skip


def finish(liar: false_provider.FalseProvider, token, *, prove: bool = False, **answer: str):
    """Come back with a code for which the liar gives the token that `token(nonce)` makes."""
    provider = asking(liar)
    begun = provider.begin("/", prove=prove)
    liar.token = lambda: {"access_token": "a", "token_type": "Bearer", "id_token": token(begun.kept["nonce"])}
    return provider.finish(begun.kept, {"state": begun.kept["state"], "code": "c", **answer})


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
def test_an_honest_token_is_believed(liar, alg):
    key, kid = (liar.curve, "two") if alg == "ES256" else (liar.key, "one")

    found = finish(liar, lambda nonce: liar.signed(liar.claims(nonce), alg=alg, key=key, kid=kid))

    assert (found.issuer, found.subject, found.staff_no) == (liar.issuer, "subject-1", "000123")


BAD_CLAIMS = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "somebody-else"},
    "several audiences and no party": {"aud": ["iruka", "somebody-else"]},
    "no audience": {"aud": None},
    "another party": {"azp": "somebody-else"},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "a subject without end": {"sub": "x" * 256},
    "a subject with a zero byte": {"sub": "x\0"},
    "over": {"exp": 1_000_000_000},
    "no end": {"exp": None},
    "an end that is text": {"exp": "tomorrow"},
    "from the future": {"iat": 4_000_000_000},
    "from long ago": {"iat": 1_000_000_000},
    "no beginning": {"iat": None},
    "not yet valid": {"nbf": 4_000_000_000},
    "another access token's": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("bad", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
def test_a_token_that_says_something_wrong_is_refused_sr_12(liar, bad):
    with pytest.raises(Refused, match="cannot be trusted") as refused:
        finish(liar, lambda nonce: liar.signed(liar.claims(**{"nonce": nonce, **bad})))

    assert refused.value.status == 403


def none(liar: false_provider.FalseProvider, nonce: str) -> str:
    honest = liar.signed(liar.claims(nonce)).split(".")
    return f"eyJhbGciOiJub25lIn0.{honest[1]}."


def cut(liar: false_provider.FalseProvider, nonce: str) -> str:
    return liar.signed(liar.claims(nonce))[:-20]


def swapped(liar: false_provider.FalseProvider, nonce: str) -> str:
    honest, other = (liar.signed(liar.claims(nonce, sub=sub)).split(".") for sub in ("subject-1", "admin"))
    return ".".join((honest[0], other[1], honest[2]))


BAD_TOKENS = {
    "alg none": none,
    "HS256 with the public key": lambda liar, nonce: liar.with_public_key(liar.claims(nonce)),
    "another key under the same name": lambda liar, nonce: liar.signed(liar.claims(nonce), key=liar.other_key),
    "a key nobody knows": lambda liar, nonce: liar.signed(liar.claims(nonce), key=liar.other_key, kid="three"),
    "a key of another kind": lambda liar, nonce: liar.signed(liar.claims(nonce), kid="two"),
    "a signature cut short": cut,
    "another token's claims": swapped,
    "no token": lambda _liar, _nonce: None,
    "a number": lambda _liar, _nonce: 7,
    "not a token": lambda _liar, _nonce: "あ.い.う",
    "without end": lambda _liar, _nonce: "x" * 300_000,
}


@pytest.mark.parametrize("bad", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_token_that_is_not_the_provider_s_is_refused_sr_12(liar, bad):
    with pytest.raises(Refused, match="cannot be trusted") as refused:
        finish(liar, lambda nonce: bad(liar, nonce))

    assert refused.value.status == 403


def test_an_answer_of_another_issuer_is_refused_sr_12(liar):
    with pytest.raises(Refused, match="cannot be trusted"):
        finish(liar, lambda nonce: liar.signed(liar.claims(nonce)), iss="https://evil.example")


@pytest.mark.parametrize("auth_time", [None, 1_000_000_000])
def test_proof_must_be_fresh_sr_19(liar, auth_time):
    with pytest.raises(Refused, match="cannot be trusted"):
        finish(liar, lambda nonce: liar.signed(liar.claims(nonce, auth_time=auth_time)), prove=True)


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "https://evil.example/token"},
        {"authorization_endpoint": "https://evil.example/auth"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": None},
    ],
)
def test_only_the_configured_issuer_is_ever_asked_sr_17(liar, about):
    liar.about |= about
    with pytest.raises(Refused, match="cannot be trusted"):
        asking(liar).begin("/")


def test_keys_that_lie_elsewhere_are_not_fetched_sr_17(liar):
    liar.about["jwks_uri"] = "https://evil.example/keys"
    with pytest.raises(Refused, match="cannot be trusted"):
        finish(liar, lambda nonce: liar.signed(liar.claims(nonce)))


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_provider_that_does_not_answer_is_told_in_a_sentence_and_never_followed_elsewhere(liar, status):
    liar.status = status
    with pytest.raises(Refused, match="cannot be reached") as refused:
        asking(liar).begin("/")

    assert refused.value.status == 503
    assert liar.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b"\xff\xfe"])
def test_an_answer_that_is_no_document_is_refused(liar, said):
    liar.about = said
    with pytest.raises(Refused):
        asking(liar).begin("/")


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": [{"kty": "RSA"}]}, {"keys": ["x"]}, {"keys": 7}, []])
def test_keys_that_are_none_open_nothing_sr_12(liar, keys):
    liar.keys = keys
    with pytest.raises(Refused):
        finish(liar, lambda nonce: liar.signed(liar.claims(nonce)))


def test_a_new_key_of_the_provider_is_learnt(liar, monkeypatch):
    provider = asking(liar)
    for _ in range(2):
        begun = provider.begin("/")
        nonce = begun.kept["nonce"]
        liar.token = lambda nonce=nonce: {
            "access_token": "a", "token_type": "Bearer", "id_token": liar.signed(liar.claims(nonce)),
        }  # fmt: skip
        assert provider.finish(begun.kept, {"state": begun.kept["state"], "code": "c"}).subject == "subject-1"
        monkeypatch.setattr(oidc, "KEYS_AGAIN_S", -1.0)
        new = false_provider.RSAKey.generate_key(2048, {"kid": "new", "use": "sig"})
        liar.keys = {"keys": [new.as_dict(private=False)]}
    begun = provider.begin("/")
    nonce = begun.kept["nonce"]
    liar.token = lambda: {
        "access_token": "a", "token_type": "Bearer", "id_token": liar.signed(liar.claims(nonce), key=new, kid="new"),
    }  # fmt: skip
    assert provider.finish(begun.kept, {"state": begun.kept["state"], "code": "c"}).subject == "subject-1"


def test_a_provider_that_is_down_leaves_the_form_for_local_accounts(sqlite, tmp_path):
    with db.transaction():
        make.account("takanami")
    browser = made(sqlite, tmp_path, "http://127.0.0.1:9").test_client()

    told = browser.get("/sign-in/oidc")

    assert told.status_code == 503
    assert 'role="alert"' in told.text
    assert browser.sign_in("takanami", make.PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"OIDC_ISSUER": "http://login.city.example"}, "IRUKA_OIDC_ISSUER"),
        ({"OIDC_ISSUER": "login.city.example"}, "IRUKA_OIDC_ISSUER"),
        ({"OIDC_CLIENT_ID": ""}, "IRUKA_OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_SECRET": ""}, "IRUKA_OIDC_CLIENT_SECRET"),
        ({"OIDC_CLIENT_SECRET": "changeme"}, "IRUKA_OIDC_CLIENT_SECRET"),
        ({"OIDC_SCOPES": "profile"}, "IRUKA_OIDC_SCOPES"),
        ({"OIDC_CA_FILE": "/nowhere"}, "IRUKA_OIDC_CA_FILE"),
    ],
)
def test_a_setting_that_will_not_do_stops_the_start_and_is_named_sr_41(tmp_path, variables, names):
    whole = {"OIDC_ISSUER": "https://login.city.example", "OIDC_CLIENT_ID": "iruka", "OIDC_CLIENT_SECRET": "q8Zr1mVt0c"}

    with pytest.raises(Misconfigured, match=names):
        make.settings("sqlite:///x.db", tmp_path, **(whole | variables))
