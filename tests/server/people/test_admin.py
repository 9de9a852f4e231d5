"""Accounts as a system administrator keeps them; and what they may not touch (SR-19)."""

import re
from datetime import timedelta

import make
import pyotp
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from server import audit, clock, db
from server.people import factors, queries, service, tokens
from server.people.models import Account, LoginSession, Person
from server.people.rules import Role, Scope


@pytest.fixture
def admin(signed_in):
    """A system administrator who has just proven who they are."""
    return signed_in(Role.SYSTEM_ADMIN)


@pytest.fixture
def takanami(app) -> int:
    """A member of staff with a second factor and a token."""
    secret, now = factors.new_secret(), clock.now()
    with db.transaction():
        account_id = make.account("takanami", person_id=make.person())
        factors.confirm(account_id, secret, pyotp.TOTP(secret).at(now), factors.Seal("x" * 40), now)
        tokens.issue(account_id, "x", [Scope.READ_PHONES], 30, now)
    return account_id


def written(action: str) -> int:
    with db.reading():
        return len([line for line in audit.entries(50) if line.action == action])


@pytest.mark.parametrize("role", [Role.STAFF, Role.SECTION_ADMIN, Role.FACILITIES, Role.PRIVACY_OFFICER, Role.KIOSK])
def test_only_a_system_administrator_gets_in(signed_in, takanami, role):
    other = signed_in(role)

    assert other.get("/admin/accounts").status_code == 403
    assert other.get(f"/admin/accounts/{takanami}").status_code == 403
    for action in ("close", "reopen", "sessions/end", "factor/reset", "role"):
        assert other.send(f"/admin/accounts/{takanami}/{action}", role="staff").status_code == 403
    with db.reading():
        assert queries.account(takanami).active


def test_accounts_are_found_by_login_name_and_staff_number(admin, takanami):
    with db.transaction():
        make.account("zz-other")
        staff_no = db.session.get(Person, queries.account(takanami).person_id).staff_no

    for text in ("KANAMI", "髙波", "髙波 真琴", staff_no):
        page = admin.get("/admin/accounts", query_string={"q": text}).text
        assert ">takanami<" in page, text
        assert ">zz-other<" not in page
    assert "該当するアカウントはありません" in admin.get("/admin/accounts?q=%25").text
    assert ">takanami<" in admin.get("/admin/accounts?role=staff").text
    assert ">takanami<" not in admin.get("/admin/accounts?role=kiosk").text


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%ED%A0%80", f"q={'x' * 10_000}", "role=x", "page=0", "page=-1", f"page={'9' * 5000}", "page=²"],
)
def test_a_strange_filter_is_answered(admin, query):
    assert admin.get(f"/admin/accounts?{query}").status_code == 200


def test_many_accounts_come_in_pages(admin):
    with db.transaction():
        for number in range(60):
            db.session.add(Account(login=f"many-{number:02}", created_at=clock.now()))

    first, second = (admin.get(f"/admin/accounts?q=many&page={page}").text for page in (1, 2))

    assert first.count(">many-") == 50
    assert second.count(">many-") == 10
    assert admin.get("/admin/accounts?q=many&page=99").text.count(">many-") == 10


def test_a_local_account_is_made_for_a_person_with_a_password_shown_once(admin, client):
    with db.transaction():
        person_id = make.person()
        staff_no = db.session.get(Person, person_id).staff_no

    made = admin.send("/admin/accounts", login=" Suzuki", staff_no=staff_no, role="section_admin")

    password = re.findall(r'<code class="secret">([^<]+)</code>', made.text)[1]
    assert client.sign_in("suzuki", password).status_code == 302
    with db.reading():
        account = queries.account_by_login("suzuki")
    assert (account.person_id, account.role) == (person_id, Role.SECTION_ADMIN)
    assert written("account_created") == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"login": "", "role": "staff"}, 422),
        ({"login": "a b", "role": "staff"}, 422),
        ({"login": "x" * 65, "role": "staff"}, 422),
        ({"login": "x", "role": "emperor"}, 422),
        ({"login": "x"}, 422),
        ({"login": "x", "role": "staff", "staff_no": "nobody"}, 422),
        ({"login": "x", "role": "staff", "staff_no": "\0"}, 422),
        ({"login": "takanami", "role": "staff"}, 409),
        ({"login": "x", "role": "privacy_officer"}, 403),
    ],
)
def test_an_account_that_will_not_do_is_refused_in_a_sentence(admin, takanami, fields, status):
    refused = admin.send("/admin/accounts", **fields)

    assert refused.status_code == status
    assert 'role="alert"' in refused.text
    assert written("account_created") == 0


@pytest.mark.parametrize("login", ["yamada\u00a0", "\u3000Yamada\n", "yamada"])
def test_the_audit_log_names_the_account_that_was_made_sr_42(admin, login):
    """SR-42: whatever stood around the name, nobody makes one account and has another written down."""
    admin.send("/admin/accounts", login=login, role="staff", staff_no="")

    with db.reading():
        made = queries.account_by_login("yamada")
        (entry,) = audit.entries(1, action="account_created")
    assert made is not None
    assert entry.subject == f"yamada (account {made.id})"


@pytest.mark.parametrize("login", ["ya\u200bmada", "\x00", "ya\u202emada"])
def test_a_name_that_cannot_be_read_makes_no_account_sr_42(admin, login):
    with db.reading():
        before = len(queries.accounts())

    assert admin.send("/admin/accounts", login=login, role="staff", staff_no="").status_code == 422
    with db.reading():
        assert len(queries.accounts()) == before


def test_a_person_has_one_account_only(admin, takanami):
    with db.reading():
        staff_no = db.session.get(Person, queries.account(takanami).person_id).staff_no

    assert admin.send("/admin/accounts", login="second", role="staff", staff_no=staff_no).status_code == 409


def test_closing_ends_sessions_and_tokens_and_keeps_the_second_factor_sr_07(admin, takanami, signed_in):
    theirs = signed_in(account_id=takanami)

    admin.send(f"/admin/accounts/{takanami}/close")

    assert theirs.get("/me").status_code == 302
    with db.reading():
        assert tokens.listed(takanami, clock.now()) == []
    assert written("account_closed") == 1

    admin.send(f"/admin/accounts/{takanami}/reopen")
    with db.reading():
        assert queries.account(takanami).active
        assert factors.state(takanami) is not None


@pytest.mark.parametrize(("action", "fields"), [("role", {"role": "facilities"}), ("sessions/end", {})])
def test_no_change_wipes_a_second_factor_silently_sr_19(admin, takanami, signed_in, action, fields):
    theirs = signed_in(account_id=takanami)

    admin.send(f"/admin/accounts/{takanami}/{action}", **fields)

    assert theirs.get("/me").status_code == 302
    with db.reading():
        assert factors.state(takanami) is not None


def test_resetting_a_second_factor_is_an_act_of_its_own_and_written_down_sr_19(admin, takanami):
    admin.send(f"/admin/accounts/{takanami}/factor/reset")

    with db.reading():
        assert factors.state(takanami) is None
    assert written("factor_reset") == 1
    assert admin.send(f"/admin/accounts/{takanami}/factor/reset").status_code == 409


def test_the_privacy_officer_is_neither_made_nor_touched_here_sr_19(admin, takanami):
    with db.transaction():
        officer = make.account("hogo", role=Role.PRIVACY_OFFICER)

    assert admin.send(f"/admin/accounts/{takanami}/role", role="privacy_officer").status_code == 403
    for action in ("close", "reopen", "sessions/end", "factor/reset", "role"):
        assert admin.send(f"/admin/accounts/{officer}/{action}", role="staff").status_code == 403
    with db.reading():
        assert queries.account(officer).role is Role.PRIVACY_OFFICER
        assert queries.account(officer).active
        assert queries.account(takanami).role is Role.STAFF
    assert "変更できません" in admin.get(f"/admin/accounts/{officer}").text


def test_nobody_closes_or_promotes_their_own_account(admin):
    own = admin.signed.account_id

    assert admin.send(f"/admin/accounts/{own}/close").status_code == 403
    assert admin.send(f"/admin/accounts/{own}/role", role="staff").status_code == 403


@pytest.mark.parametrize("account_id", ["999999", "9" * 20])
def test_an_unknown_account_is_no_page(admin, account_id):
    assert admin.get(f"/admin/accounts/{account_id}").status_code == 404
    assert admin.send(f"/admin/accounts/{account_id}/close").status_code == 404


def test_every_change_asks_for_proof_after_ten_minutes_sr_19(admin, takanami):
    with db.transaction():
        db.session.execute(update(LoginSession).values(proven_at=clock.now() - timedelta(minutes=11)))

    assert admin.get("/admin/accounts").status_code == 200
    for action in ("close", "reopen", "sessions/end", "factor/reset", "role"):
        assert admin.send(f"/admin/accounts/{takanami}/{action}", role="staff").location.startswith("/prove")
    assert admin.send("/admin/accounts", login="x", role="staff").location.startswith("/prove")
    with db.reading():
        assert queries.account(takanami).active


def test_there_is_no_way_to_act_as_somebody_else_sr_19(app):
    routes = [rule.rule for rule in app.url_map.iter_rules()]

    assert not [route for route in routes if re.search("impersonat|become|switch|act-as", route)]


# -- protected people


@pytest.fixture
def protected(takanami) -> str:
    """The staff number of the same member of staff, who is protected now."""
    with db.transaction():
        person_id = queries.account(takanami).person_id
        db.session.execute(update(Person).where(Person.id == person_id).values(protected=True))
    with db.reading():
        return db.session.get(Person, person_id).staff_no


@pytest.mark.parametrize("query", ["", "?q=takanami", "?q=髙波", "?q=髙波 真琴", "?role=staff", "?page=1"])
def test_the_account_of_a_protected_person_is_in_no_list_p13(admin, protected, query):
    page = admin.get(f"/admin/accounts{query}").text

    assert ">takanami<" not in page
    assert ">髙波 真琴<" not in page
    assert protected not in page


def test_part_of_the_staff_number_does_not_find_a_protected_person_p13(admin, protected):
    for part in (protected[:-1], protected[1:], f"{protected}0", "%"):
        assert ">takanami<" not in admin.get("/admin/accounts", query_string={"q": part}).text


def test_nobody_learns_from_a_count_that_there_is_a_protected_person_p13(admin, takanami):
    with db.transaction():
        make.account("other")
    before = admin.get("/admin/accounts?role=staff").text.count('scope="row"')
    with db.transaction():
        db.session.execute(update(Person).values(protected=True))

    page = admin.get("/admin/accounts?role=staff&lang=en").text

    assert (before, page.count('scope="row"')) == (2, 1)
    assert "Accounts: 1" in page


def test_the_whole_staff_number_opens_a_protected_person_s_account_without_a_place_unit_or_phone_p13(
    admin, takanami, protected
):
    listed = admin.get("/admin/accounts", query_string={"q": protected}).text
    address = re.search(rf'href="(/admin/accounts/{takanami}\?[^"]+)"', listed)[1]

    page = admin.get(address).text.partition("<main")[2]

    assert ">takanami<" in listed
    assert "髙波 真琴" in page
    assert [word for word in ("保護", "内線", "所在", "座席") if word in page] == []
    done = admin.send(re.search(r'action="([^"]+/close[^"]*)"', page)[1])
    assert admin.get(done.location).status_code == 200
    assert not queries.account(takanami).active


@pytest.mark.parametrize("staff_no", ["", "?staff_no=", "?staff_no=0", "?staff_no=%25", "?staff_no=takanami"])
def test_a_guessed_id_of_a_protected_person_s_account_is_as_nothing_p13(admin, takanami, protected, staff_no):
    nothing = admin.get(f"/admin/accounts/999999{staff_no}")
    guessed = admin.get(f"/admin/accounts/{takanami}{staff_no}")

    assert (guessed.status_code, nothing.status_code) == (404, 404)
    assert admin.send(f"/admin/accounts/{takanami}/close{staff_no}").status_code == 404
    assert queries.account(takanami).active


def test_a_person_who_gets_an_account_in_the_same_moment_is_told_so_and_not_the_login_name(sqlite):
    with db.transaction():
        person_id = make.person()
        make.account("first", person_id=person_id)

    with pytest.raises(IntegrityError), db.transaction():
        service.create_account("second", make.PASSWORD, Role.STAFF, clock.now(), person_id)
