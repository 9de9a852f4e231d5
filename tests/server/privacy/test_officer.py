"""The privacy officer's desk: alerts, retention, the audit log; and nothing of anybody's place."""

import html
import re
from datetime import timedelta

import make
import pytest
from watching import TOKYO, Office

from server import audit, changes, clock, db, timetable
from server.people.rules import Role, Viewer
from server.presence import alerts, statistics
from server.presence import service as presence
from server.presence.alerts import Crossed
from server.privacy import retention, service

PAGES = ("/officer", "/officer/protection", "/officer/retention", "/officer/audit", "/officer/notice")


@pytest.fixture
def office(app) -> Office:
    return Office()


@pytest.fixture
def officer(office, signed_in):
    """A privacy officer's browser."""
    return signed_in(Role.PRIVACY_OFFICER)


def text(response) -> str:
    """What a page says, without markup."""
    assert response.status_code == 200, response.text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text)))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
def test_only_privacy_officers_open_these_pages_not_even_administrators_sr_19(office, signed_in, role, path):
    assert signed_in(role).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_desk_opens_and_is_a_tab(officer, path):
    page = officer.get(f"{path}?lang=ja")

    assert page.status_code == 200, page.text
    assert '<a href="/officer" aria-current="page">個人情報</a>' in page.text


def test_others_have_no_such_tab(office, signed_in):
    assert 'href="/officer"' not in signed_in(Role.SYSTEM_ADMIN).get("/me").text


@pytest.mark.parametrize("path", PAGES)
def test_a_privacy_officer_reads_nobodys_place_on_these_pages_sr_02(office, officer, path):
    for person in (office.suzuki, office.head, office.stranger):
        office.put(person, office.zone_a)

    page = text(officer.get(f"{path}?q=鈴木"))

    assert "18A" not in page
    assert "18階" not in page


def test_an_alert_is_shown_until_it_is_handled_and_that_is_logged_p12(office, officer, signed_in):
    with db.transaction():
        account = make.account("irie")
        alerts.write(Crossed("one", account, "入江 葵", office.suzuki, 20), clock.now())
        alerts.write(Crossed("many", account, "入江 葵", None, 30), clock.now())
    page = officer.get("/officer?lang=ja").text
    assert "鈴木 一 財政課さんを24時間以内に20回調べ、さらに調べようとしました" in page
    assert "10分以内に30件調べ、さらに調べようとしました" in page
    with db.reading():
        first, _second = alerts.waiting()

    done = officer.send(f"/officer/alerts/{first.id}")

    assert done.location == "/officer"
    with db.reading():
        assert [one.id for one in alerts.handled(5)] == [first.id]
        (line,) = audit.entries(1)
    assert (line.action, line.subject) == ("alert_handled", audit.person(office.suzuki))
    assert officer.send(f"/officer/alerts/{first.id}").status_code == 404
    assert officer.send(f"/officer/alerts/{10**30}").status_code == 404


def test_look_ups_are_told_as_numbers_of_a_month_and_only_of_five_people_p14(office, officer):
    with db.transaction():
        accounts = [make.account(f"a{i}") for i in range(5)]
        people = [make.person(f"人{i}") for i in range(5)]
        start = make.at("10:00").replace(day=1)
        for account, person in zip(accounts, people, strict=True):
            _look_up(account, person, "map", start)
        for person in people:
            _look_up(accounts[0], person, "home", start)
        for account in accounts:
            _look_up(account, people[0], "list", start)
        _look_up(accounts[0], people[0], "map", start + timedelta(days=40))

    with db.reading():
        found = statistics.look_ups_by_screen(start - timedelta(days=1), start + timedelta(days=30))

    assert {one.screen: one.n for one in found} == {"map": 5, "home": None, "list": None}


def _look_up(account: int, person: int, screen: str, at) -> None:
    presence.look_up(Viewer(None), account, "誰か", person, screen, at)


def test_the_report_names_the_rule_the_last_run_what_was_deleted_and_the_oldest_p10(office, officer, signed_in):
    with db.transaction():
        service.note_run("forget old look-ups", 7, clock.now(), TOKYO)
    signed_in(person_id=office.stranger).get(f"/api/v1/people/{office.suzuki}?screen=map")

    page = officer.get("/officer/retention?lang=ja").text

    row = re.search(r"<tr>\s*<th scope=\"row\">閲覧履歴</th>.*?</tr>", page, re.S)[0]
    cells = [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.S)]
    assert cells[0:2] == ["1年", "正常"]
    assert cells[3:5] == ["7", "7"]
    assert re.match(r"\d{4}/\d\d/\d\d", cells[5])
    assert "要確認" in page, "the other jobs have not run"


def test_every_job_that_forgets_is_in_the_report_and_nothing_else_p10(sqlite):
    forgetting = {job.name for job in timetable.JOBS if job.run("main") is not None}
    assert {kind.job for kind in retention.KINDS} == forgetting != set()


def test_a_job_that_has_not_run_for_two_days_or_left_something_is_marked_p10(office):
    now = clock.now()
    with db.transaction():
        changes.expire(now)
        for kind in retention.KINDS:
            service.note_run(kind.job, 0, now, TOKYO)
        assert [line.kind.job for line in retention.report(now) if line.is_overdue] == []
        account = make.account("irie")
        alerts.write(Crossed("many", account, "入江 葵", None, 30), now - timedelta(days=370))
        assert [line.kind.table for line in retention.report(now) if line.is_overdue] == ["look_up_alert"]
        assert all(line.is_overdue for line in retention.report(now + timedelta(days=3)))


def fill(n: int, action: str = "list_exported", subject: str = "") -> None:
    for i in range(n):
        with db.transaction():
            audit.record("入江 葵 (account 1)", action, subject, {"n": i}, clock.now())


def test_the_audit_log_is_paged_and_can_be_picked_by_action(office, officer):
    fill(60)
    fill(1, "token_issued")

    newest = officer.get("/officer/audit").text
    older = officer.get(re.search(r'rel="next" href="([^"]+)"', newest)[1].replace("&amp;", "&")).text
    picked = officer.get("/officer/audit?action=token_issued").text

    assert newest.count("入江 葵 (account 1)") == 50
    assert older.count("入江 葵 (account 1)") == 11
    assert picked.count("入江 葵 (account 1)") == 1
    assert officer.get("/officer/audit?action=nothing").status_code == 200
    for odd in ("-1", "x", "9" * 40):
        assert officer.get(f"/officer/audit?before={odd}").status_code == 200


def test_the_audit_log_is_exported_without_formulas_and_the_export_is_a_line_of_it_sr_24(office, officer):
    fill(1, subject="=1+1")

    file = officer.send("/officer/audit.csv", action="")

    assert file.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    rows = file.data.decode("utf-8-sig").split("\r\n")
    assert "audit_log_exported" in rows[1]
    assert "'=1+1" in rows[2]
    assert file.data.startswith(b"\xef\xbb\xbf")
