"""Ways in besides the local password: the directory on the same form, and a proxy that knows who is there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import make
import pytest
import slapd
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from visitor import Visitor

from server import audit, clock, db, settings
from server.app import create_app
from server.errors import Misconfigured
from server.people import linking, passwords, queries, service
from server.people.models import Account, Identity, Person
from server.people.rules import Role

OWN = "takanami's own password"


@pytest.fixture(scope="module")
def directory() -> Iterator[slapd.Directory]:
    """A directory with two people."""
    slapd.needed()
    with slapd.directory(slapd.person("takanami", OWN, "000777"), slapd.person("stranger", OWN, "999999")) as running:
        yield running


def made(url: str, folder: Path, **variables: str) -> Flask:
    app = create_app(make.settings(url, folder, **variables))
    app.test_client_class = Visitor
    return app


@pytest.fixture
def with_directory(database, tmp_path, directory) -> Flask:
    """The application with the directory as a way in."""
    return made(
        database, tmp_path, LDAP_URL=directory.ldap, LDAP_BASE_DN=slapd.BASE, LDAP_BIND_DN=slapd.READER,
        LDAP_BIND_PASSWORD=slapd.READER_PASSWORD,
    )  # fmt: skip


def add_person(staff_no: str = "000777", **fields) -> int:
    with db.transaction():
        person_id = make.person(**fields)
        db.session.execute(update(Person).where(Person.id == person_id).values(staff_no=staff_no))
    return person_id


def test_the_directory_s_password_opens_on_the_same_form_and_makes_the_account(with_directory):
    person_id = add_person()
    browser = with_directory.test_client()

    assert browser.sign_in("takanami", OWN, next="/me").location == "/me"

    assert browser.get("/me").status_code == 200
    with db.reading():
        account = db.session.scalars(select(Account)).one()
        assert (account.person_id, account.role, account.password_hash) == (person_id, "staff", "")
        assert db.session.scalars(select(Identity)).one().issuer.startswith("ldap:")
        assert audit.count("sign-in", "account_created", clock.now() - timedelta(minutes=5)) == 1


def test_a_second_time_it_is_the_same_account_whatever_the_staff_number_says_now_sr_12(with_directory):
    person_id = add_person()
    with_directory.test_client().sign_in("takanami", OWN)
    with db.transaction():
        db.session.execute(update(Person).where(Person.id == person_id).values(staff_no="000778"))

    assert with_directory.test_client().sign_in("takanami", OWN).status_code == 302
    with db.reading():
        assert len(db.session.scalars(select(Account)).all()) == 1


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.PRIVACY_OFFICER])
def test_a_link_from_before_opens_no_account_that_has_become_privileged_sr_19(with_directory, role):
    add_person()
    with_directory.test_client().sign_in("takanami", OWN)
    with db.transaction():
        account_id = db.session.scalars(select(Account.id)).one()
        service.set_role(account_id, role, clock.now())
        service.set_password(account_id, make.PASSWORD, clock.now())
        login = queries.account(account_id).login

    refused = with_directory.test_client().sign_in("takanami", OWN)

    assert refused.status_code == 403
    assert with_directory.test_client().sign_in(login, make.PASSWORD).status_code == 302


@pytest.mark.parametrize("password", ["", "not the password", "\0", "x" * 257, "x" * 100_000])
def test_whatever_is_wrong_the_answer_is_the_same_sr_11(with_directory, password):
    add_person()
    browser = with_directory.test_client()
    answers = [browser.sign_in(name, password) for name in ("takanami", "nobody", "*)(uid=*")]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert all("ログイン名またはパスワードが正しくありません。" in answer.text for answer in answers)
    assert browser.get("/me").status_code == 302


def test_ten_wrong_passwords_close_this_door_too_sr_11(with_directory):
    add_person()
    browser = with_directory.test_client()
    for _ in range(10):
        browser.sign_in("takanami", "not the password")

    assert browser.sign_in("takanami", OWN).status_code == 429


def test_somebody_who_is_not_on_the_list_is_told_so(with_directory):
    refused = with_directory.test_client().sign_in("stranger", OWN)

    assert refused.status_code == 403
    assert "本日の職員名簿にありません" in refused.text


def test_while_the_directory_is_away_local_accounts_open_and_others_are_told(with_directory, directory):
    with db.transaction():
        make.account("emergency", role=Role.SYSTEM_ADMIN)
    directory.stop()
    try:
        browser = with_directory.test_client()
        away = browser.sign_in("takanami", OWN)
        opened = browser.sign_in("emergency", make.PASSWORD)
    finally:
        directory.start()

    assert away.status_code == 503
    assert "庁内ディレクトリに接続できません" in away.text
    assert opened.location == "/sign-in/enrol"


def test_an_account_without_a_password_here_costs_as_much_as_nobody_s_sr_11(sqlite, monkeypatch):
    """The time of a hash is spent on every name: what tells them apart is counted, not timed."""
    with db.transaction():
        db.session.add(Account(login="outsider", created_at=clock.now()))
    asked = []
    monkeypatch.setattr(passwords, "is_right", lambda stored, _password: asked.append(stored) or False)
    for name in ("outsider", "nobody"):
        assert service.verify(name, make.PASSWORD) is None

    assert asked == [None, None]


# -- a proxy


@pytest.fixture
def with_proxy(sqlite, tmp_path) -> Flask:
    """A proxy at 10.1.2.3 says who is there; another one stands behind it."""
    return made(
        sqlite, tmp_path, PROXY_USER_HEADER="X-Remote-User", PROXY_USER_FROM="10.1.2.3, 10.9.0.0/16",
        TRUSTED_PROXIES="1",
    )  # fmt: skip


def visit(app: Flask, peer: str, headers: dict[str, str], path: str = "/sign-in?next=/me"):
    browser = app.test_client()
    browser.environ_base["REMOTE_ADDR"] = peer
    return browser, browser.get(path, headers=headers)


@pytest.mark.parametrize("peer", ["10.1.2.3", "10.9.7.7"])
def test_the_proxy_names_somebody_by_staff_number_and_they_are_in(with_proxy, peer):
    person_id = add_person()

    browser, answer = visit(with_proxy, peer, {"X-Remote-User": "000777"})

    assert answer.location == "/me"
    assert browser.get("/me").status_code == 200
    with db.reading():
        account = db.session.scalars(select(Account)).one()
    assert (account.person_id, account.role) == (person_id, "staff")


def test_whoever_comes_for_the_first_time_in_two_windows_at_once_comes_in_with_both(with_proxy):
    add_person()

    def work(_window: int) -> int:
        return visit(with_proxy, "10.1.2.3", {"X-Remote-User": "000777"})[1].status_code

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [302] * 4
    with db.reading():
        assert len(list(db.session.scalars(select(Account)))) == 1


def test_an_account_made_in_the_same_moment_is_found_the_second_time(with_proxy, monkeypatch):
    person_id = add_person()
    look = linking.account_named

    def overtaken(*given):
        monkeypatch.setattr(linking, "account_named", look)
        raise IntegrityError("INSERT", {}, Exception("person_id"))

    monkeypatch.setattr(linking, "account_named", overtaken)

    assert visit(with_proxy, "10.1.2.3", {"X-Remote-User": "000777"})[1].location == "/me"
    with db.reading():
        assert db.session.scalars(select(Account)).one().person_id == person_id


def test_the_proxy_names_somebody_by_login(with_proxy):
    with db.transaction():
        make.account("takanami", person_id=make.person())

    assert visit(with_proxy, "10.1.2.3", {"X-Remote-User": "Takanami"})[1].location == "/me"


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("192.0.2.1", {"X-Remote-User": "000777"}),
        ("192.0.2.1", {"X-Remote-User": "000777", "X-Forwarded-For": "10.1.2.3"}),
        ("127.0.0.1", {"X-Remote-User": "000777"}),
        ("10.1.2.3", {}),
        ("10.1.2.3", {"X-Remote-User": "000777,000778"}),
        ("10.1.2.3", {"X-Remote-User": "x" * 65}),
        ("", {"X-Remote-User": "000777"}),
    ],
)
def test_from_anywhere_else_the_header_means_nothing(with_proxy, peer, headers):
    add_person()

    browser, answer = visit(with_proxy, peer, headers)

    assert answer.status_code == 200
    assert browser.get("/me").status_code == 302


def test_the_connection_counts_and_not_what_it_forwards(with_proxy):
    """The proxy forwards the browser's own address, which must not take the trust away."""
    add_person()
    headers = {"X-Remote-User": "000777", "X-Forwarded-For": "192.0.2.1"}

    assert visit(with_proxy, "10.1.2.3", headers)[1].status_code == 302


def test_a_forged_header_is_written_into_the_log_without_the_name(with_proxy, caplog, monkeypatch):
    monkeypatch.setattr("server.people.proxy._told_at", float("-inf"))

    visit(with_proxy, "192.0.2.1", {"X-Remote-User": "000777"})

    assert "did not come from the proxy" in caplog.text
    assert "000777" not in caplog.text


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.PRIVACY_OFFICER])
def test_no_proxy_opens_a_privileged_account_sr_19(with_proxy, role):
    with db.transaction():
        make.account("kanri", role=role)

    assert visit(with_proxy, "10.1.2.3", {"X-Remote-User": "kanri"})[1].status_code == 403


@pytest.mark.parametrize("name", ["nobody", "%", "' OR 1=1 --", "000777 "])
def test_a_name_nobody_has_is_told_in_a_sentence(with_proxy, name):
    refused = visit(with_proxy, "10.1.2.3", {"X-Remote-User": name})[1]

    assert refused.status_code == 403
    assert 'role="alert"' in refused.text


def test_whoever_signs_out_stays_out_until_they_ask(with_proxy):
    add_person()
    browser, _answer = visit(with_proxy, "10.1.2.3", {"X-Remote-User": "000777"})
    out = browser.send("/sign-out")

    page = browser.get(out.location, headers={"X-Remote-User": "000777"})

    assert page.status_code == 200
    assert "このパソコンの利用者としてログイン" in page.text
    asked = browser.get("/sign-in?proxy=1&out=1", headers={"X-Remote-User": "000777"})
    assert asked.status_code == 302


def test_without_a_setting_the_header_means_nothing(app):
    add_person()

    assert visit(app, "127.0.0.1", {"X-Remote-User": "000777"})[1].status_code == 200


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"PROXY_USER_HEADER": "X-Remote-User"}, "IRUKA_PROXY_USER_FROM"),
        ({"PROXY_USER_FROM": "10.1.2.3"}, "IRUKA_PROXY_USER_HEADER"),
        ({"PROXY_USER_HEADER": "X_Remote User", "PROXY_USER_FROM": "10.1.2.3"}, "IRUKA_PROXY_USER_HEADER"),
        ({"PROXY_USER_HEADER": "X-Remote-User", "PROXY_USER_FROM": "proxy"}, "IRUKA_PROXY_USER_FROM"),
        ({"PROXY_USER_HEADER": "X-Remote-User", "PROXY_USER_FROM": "0.0.0.0/0"}, "IRUKA_PROXY_USER_FROM"),
    ],
)
def test_a_setting_that_will_not_do_stops_the_start_and_is_named_sr_41(tmp_path, variables, names):
    with pytest.raises(Misconfigured, match=names):
        make.settings("sqlite:///x.db", tmp_path, **variables)


def test_a_forged_address_does_not_begin_the_count_anew_sr_11(app):
    """SR-11: without a proxy in front X-Forwarded-For is what anybody likes to write."""
    with db.transaction():
        for number in range(12):
            make.account(f"somebody-{number}")
    browser = app.test_client()

    def attempt(number: int) -> int:
        data = {"csrf_token": browser.token, "login": f"somebody-{number}", "password": "not the password"}
        headers = {"Origin": "http://localhost", "X-Forwarded-For": f"198.51.100.{number}"}
        return browser.post("/sign-in", data=data, headers=headers).status_code

    assert [attempt(number) for number in range(12)] == [401] * 10 + [429] * 2


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"SECRET_KEY": "short"}, "IRUKA_SECRET_KEY"),
        ({"SECRET_KEY": "changeme-changeme-changeme-changeme-1234"}, "IRUKA_SECRET_KEY"),
        ({"SECRET_KEY": "a" * 64}, "IRUKA_SECRET_KEY"),
        ({"METRICS_TOKEN": "secretkey-secretkey-1"}, "IRUKA_METRICS_TOKEN"),
        ({"METRICS_TOKEN": "aaaaaaaaaaaaaaaaaaaaaaaa"}, "IRUKA_METRICS_TOKEN"),
    ],
)
def test_a_secret_that_is_weak_or_from_an_example_stops_the_start_sr_41(tmp_path, variables, names):
    with pytest.raises(Misconfigured, match=names):
        make.settings("sqlite:///x.db", tmp_path, **variables)


def test_a_debugger_that_others_can_reach_stops_the_start_sr_41(tmp_path):
    given = {"IRUKA_STATE_DIR": str(tmp_path), "FLASK_DEBUG": "1"}

    assert settings.load(given).secret_key
    with pytest.raises(Misconfigured, match="FLASK_DEBUG"):
        settings.load(given | {"IRUKA_BASE_URL": "https://iruka.city.example"})
