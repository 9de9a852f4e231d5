"""Protected people: two people set it, two lift it, and meanwhile nobody finds them anywhere (P13)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import make
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from watching import Office

from server import audit, db
from server.errors import Refused
from server.people import models, protection
from server.people import queries as people
from server.people.rules import Role
from server.presence import queries as presence
from server.retention_terms import BOUNDS, Term

NOW = make.at("10:00")
NOTICE = re.compile(r'role="status"[^>]*>\s*(?:<[^>]+>)*([^<]+)<')


@pytest.fixture
def office(database, app) -> Office:
    return Office()


@pytest.fixture
def anna(office, signed_in):
    """One privacy officer."""
    return signed_in(Role.PRIVACY_OFFICER)


@pytest.fixture
def bert(office, signed_in):
    """Another one."""
    return signed_in(Role.PRIVACY_OFFICER)


def the_request() -> protection.RequestView:
    with db.reading():
        (found,) = protection.waiting()
    return found


def is_protected(person: int) -> bool:
    with db.reading():
        return people.choices_of([person])[person].protected


def ask(office, browser, protect="yes", person=None):
    return browser.send("/officer/protection", person=str(person or office.suzuki), protect=protect)


def decide(browser, granted="yes", request_id=None):
    return browser.send(f"/officer/protection/{request_id or the_request().id}", granted=granted)


def test_two_officers_protect_somebody_and_two_lift_it_p13(office, anna, bert):
    office.put(office.suzuki, office.zone_a)

    assert ask(office, anna).location == "/officer/protection"
    assert not is_protected(office.suzuki), "asking alone changes nothing"
    assert decide(bert).location == "/officer/protection"

    assert is_protected(office.suzuki)
    with db.reading():
        assert presence.whereabouts([office.suzuki]) == {}, "nothing is kept of a place that nobody may read"
    ask(office, bert, "no")
    assert is_protected(office.suzuki)
    decide(anna)
    assert not is_protected(office.suzuki)
    with db.reading():
        lines = [(line.action, line.subject, line.details["protect"]) for line in reversed(audit.entries(10))]
    subject = audit.person(office.suzuki)
    assert lines == [
        ("protection_asked", subject, True), ("protection_granted", subject, True),
        ("protection_asked", subject, False), ("protection_granted", subject, False),
    ]  # fmt: skip


def test_whoever_asked_cannot_grant_but_may_take_it_back_p13(office, anna):
    ask(office, anna)

    refused = decide(anna)

    assert refused.status_code == 403
    assert "ご自身の申請です。承認は別の人が行ってください。" in refused.text
    assert not is_protected(office.suzuki)
    assert ">取り下げる<" in anna.get("/officer/protection?lang=ja").text
    assert decide(anna, "no").status_code == 302
    assert not is_protected(office.suzuki)
    with db.reading():
        assert protection.waiting() == []


def test_a_request_that_is_turned_down_changes_nothing_p13(office, anna, bert):
    ask(office, anna)

    decide(bert, "no")

    assert not is_protected(office.suzuki)
    with db.reading():
        (done,) = protection.decided(5)
    assert (done.granted, done.decided_by_name) == (False, done.decided_by_name)


def test_the_database_itself_refuses_one_person_in_both_parts_p13(office):
    with db.transaction():
        account = make.account("irie")
        request = protection.ask(office.suzuki, account, "入江 葵", NOW, protect=True)

    table = models.ProtectionRequest
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(update(table).where(table.id == request).values(decided_by_id=account))
    again = {"person_id": office.suzuki, "protect": True, "asked_by_name": "x", "asked_at": NOW}
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.execute(insert(table).values(**again))


def test_when_the_account_that_asked_is_gone_nobody_can_grant_p13(office, bert):
    """P13: else the same human could ask, have the account closed for good, and grant with a new one."""
    with db.transaction() as session:
        account = make.account("irie")
        request = protection.ask(office.suzuki, account, "入江 葵", NOW, protect=True)
        session.delete(session.get(models.Account, account))

    assert decide(bert, request_id=request).status_code == 409
    assert not is_protected(office.suzuki)
    assert decide(bert, "no", request_id=request).status_code == 302


def test_of_two_who_decide_at_once_one_wins_p13(office):
    with db.transaction():
        request = protection.ask(office.suzuki, make.account("irie"), "入江 葵", NOW, protect=True)
        deciders = [make.account(f"officer-{i}") for i in range(4)]

    def work(account: int) -> bool:
        try:
            with db.transaction():
                protection.decide(request, account, f"{account}", NOW, granted=True)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, deciders)) == 1


def test_of_two_who_ask_at_once_one_wins_p13(office):
    with db.transaction():
        askers = [make.account(f"officer-{i}") for i in range(4)]

    def work(account: int) -> bool:
        try:
            with db.transaction():
                protection.ask(office.suzuki, account, f"{account}", NOW, protect=True)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, askers)) == 1


@pytest.mark.parametrize(
    ("person", "protect", "status"),
    [("0", "yes", 404), ("999999999", "yes", 404), ("x", "yes", 404), ("", "yes", 404), ("9" * 40, "yes", 404),
     ("²", "yes", 404), (None, "no", 409), (None, "perhaps", 422)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_a_sentence_and_changes_nothing_p13(office, anna, person, protect, status):
    given = str(office.suzuki) if person is None else person

    refused = anna.send("/officer/protection", person=given, protect=protect)

    assert refused.status_code == status
    with db.reading():
        assert protection.waiting() == []


@pytest.mark.parametrize("request_id", ["0", "999999", "9" * 30])
def test_a_request_that_is_none_is_refused_p13(office, anna, request_id):
    assert decide(anna, request_id=request_id).status_code == 404
    assert decide(anna, "perhaps", request_id=request_id).status_code == 422


def test_a_section_administrator_asks_for_their_own_bureau_only_p13(office, signed_in, bert):
    with db.transaction():
        bureau, other = make.unit("財務局", kind="bureau"), make.unit("環境局", kind="bureau")
        inside, outside = make.unit("主計課", parent_id=bureau), make.unit("ごみ課", parent_id=other)
        clerk = make.person("庶務", unit_id=make.unit("庶務課", parent_id=bureau))
        mine, foreign = make.person("内田", unit_id=inside), make.person("外山", unit_id=outside)
    clerk_browser = signed_in(Role.SECTION_ADMIN, person_id=clerk)

    assert "内田" in clerk_browser.get("/protection?q=内田").text
    assert "外山 真琴" not in clerk_browser.get("/protection?q=外山").text
    assert clerk_browser.send("/protection", person=str(foreign)).status_code == 404
    assert clerk_browser.send("/protection", person=str(mine)).location == "/protection"
    assert decide(bert).status_code == 302
    assert is_protected(mine)
    assert "内田 真琴" not in clerk_browser.get("/protection?q=内田").text, "not even there"
    assert (
        clerk_browser.send("/protection", person=str(mine)).text
        == (clerk_browser.send("/protection", person="999999").text)
        or clerk_browser.send("/protection", person=str(mine)).status_code == 404
    )
    assert clerk_browser.get("/officer/protection").status_code == 403
    assert 'href="/protection"' in clerk_browser.get("/me").text


@pytest.fixture
def section(office, signed_in):
    """A section's administrator and somebody of the same bureau."""
    with db.transaction():
        bureau = make.unit("財務局", kind="bureau")
        clerk = make.person("庶務", unit_id=make.unit("庶務課", parent_id=bureau))
        person = make.person("内田", unit_id=make.unit("主計課", parent_id=bureau))
    return signed_in(Role.SECTION_ADMIN, person_id=clerk), person


def test_a_section_administrator_never_learns_that_a_request_waits_p13(office, section, anna):
    browser, person = section
    asked_first = browser.send("/protection", person=str(person))
    first = browser.get("/protection").text
    request = the_request()
    decide(anna, "no")
    ask(office, anna, person=person)

    asked_second = browser.send("/protection", person=str(person))
    second = browser.get("/protection").text

    assert (asked_first.status_code, asked_first.location) == (asked_second.status_code, asked_second.location)
    assert NOTICE.search(first)[1] == NOTICE.search(second)[1]
    assert the_request().id != request.id
    assert the_request().asked_by_name != request.asked_by_name, "still the officer's: two officers decide as before"
    with db.reading():
        lines = [line.details["request"] for line in audit.entries(10, action="protection_asked")]
    assert lines == [the_request().id, the_request().id, request.id], "officers can read who asked besides"


def test_an_officer_is_told_that_a_request_waits_p13(office, anna, bert):
    ask(office, anna)

    assert ask(office, bert).status_code == 409


def test_to_a_section_administrator_who_was_protected_just_now_is_nobody_p13(office, section):
    browser, person = section
    nothing = browser.send("/protection", person="999999")
    office.protect(person)
    with db.transaction(), pytest.raises(Refused) as refused:
        protection.ask_unknowing(person, 1, "庶務 真琴", NOW)

    assert (refused.value.code, refused.value.status) == ("no_such_person", 404)
    assert browser.send("/protection", person=str(person)).status_code == nothing.status_code == 404


@pytest.mark.parametrize(
    "term", [{"active_from": date(2999, 4, 1)}, {"active_from": date(2019, 4, 1), "active_to": date(2020, 4, 1)}]
)
def test_nobody_asks_for_somebody_who_has_left_or_not_started_p13(office, section, anna, term):
    browser, person = section
    with db.transaction():
        db.session.execute(update(models.Person).where(models.Person.id == person).values(**term))

    for answer in (browser.send("/protection", person=str(person)), ask(office, anna, person=person)):
        assert answer.status_code == 422
        assert "この職員は本日在籍していない" in answer.text
    with db.reading():
        assert protection.waiting() == []
        assert audit.entries(10, action="protection_asked") == []


def test_the_flag_of_somebody_who_has_left_can_be_lifted_p13(office, anna, bert):
    office.protect(office.suzuki)
    with db.transaction():
        left = {"active_from": date(2019, 4, 1), "active_to": date(2020, 4, 1)}
        db.session.execute(update(models.Person).where(models.Person.id == office.suzuki).values(**left))

    ask(office, anna, "no")
    decide(bert)

    assert not is_protected(office.suzuki)


@pytest.mark.parametrize("role", [Role.STAFF, Role.FACILITIES, Role.SYSTEM_ADMIN, Role.PRIVACY_OFFICER, Role.KIOSK])
def test_the_section_administrators_page_is_for_them_only_p13(office, signed_in, role):
    assert signed_in(role).get("/protection").status_code == 403


def test_somebody_of_no_unit_finds_nobody_to_ask_for_p13(office, signed_in):
    loose = signed_in(Role.SECTION_ADMIN)

    assert "鈴木 一" not in loose.get("/protection?q=鈴木").text
    assert loose.send("/protection", person=str(office.suzuki)).status_code == 404


@pytest.mark.parametrize("asked", ["鈴木一", "鈴木 一", "すずき", "鈴"])
def test_officers_find_people_by_name_reading_and_staff_number_protected_ones_too_p13(office, anna, asked):
    office.protect(office.suzuki)

    assert "保護の解除を申請：鈴木 一" in anna.get(f"/officer/protection?lang=ja&q={asked}").text


@pytest.mark.parametrize("asked", ["%", "_", "\\", "'", "あ" * 10_000, "\0", "😀", " "], ids=range(8))
def test_a_search_for_nonsense_finds_nobody_and_breaks_nothing_p13(office, anna, asked):
    page = anna.get("/officer/protection", query_string={"q": asked})

    assert page.status_code == 200
    assert "保護を申請：" not in page.text


def test_requests_are_forgotten_after_three_years_p10(office):
    with db.transaction():
        old = protection.ask(office.suzuki, make.account("irie"), "入江", NOW - timedelta(days=1200), protect=True)
        protection.decide(old, make.account("kiryu"), "桐生", NOW - timedelta(days=1096), granted=False)
        new = protection.ask(office.sato, make.account("ueda"), "上田", NOW, protect=True)

    with db.transaction():
        assert protection.expire(NOW - BOUNDS[Term.PROTECTION].default) == 1

    with db.reading():
        assert list(db.session.scalars(select(models.ProtectionRequest.id))) == [new]


def test_the_person_can_read_who_decided_it_p13_p23(office, anna, bert, signed_in):
    ask(office, anna)
    decide(bert)

    page = signed_in(person_id=office.suzuki).get("/me/held?lang=ja").text

    assert "決定した人" in page
