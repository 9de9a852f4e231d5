"""The page where it is decided how long things are kept, and everything that follows from it (P10)."""

import html
import re
from datetime import timedelta

import make
import pytest
from sqlalchemy import func, select
from watching import TOKYO, Office

from server import audit, clock, db, retention_terms, timetable
from server.memos import service as memos
from server.memos.rules import Recipient, draft
from server.people.rules import Role, Viewer
from server.presence import models
from server.presence import service as presence
from server.retention_terms import DAY, YEAR, Term
from server.timetable import JOBS


@pytest.fixture
def office(app) -> Office:
    return Office()


@pytest.fixture
def officer(office, signed_in):
    return signed_in(Role.PRIVACY_OFFICER)


@pytest.fixture
def administrator(office, signed_in):
    return signed_in(Role.SYSTEM_ADMIN)


def text(response) -> str:
    """What a page says, without markup."""
    assert response.status_code == 200, response.text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text)))


def kept(term: Term) -> timedelta:
    with db.reading():
        return retention_terms.keep(term)


def run(name: str) -> None:
    (job,) = [job for job in JOBS if job.name == name]
    timetable.run(job, "main", TOKYO)


@pytest.mark.parametrize("path", ["/officer/terms", "/officer/terms/look_ups"])
@pytest.mark.parametrize("role", list(Role))
def test_privacy_officers_and_system_administrators_open_the_page_p10(office, signed_in, role, path):
    allowed = role in (Role.PRIVACY_OFFICER, Role.SYSTEM_ADMIN)

    assert signed_in(role).get(path).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_lists_every_term_with_the_rule_s_p10(office, officer, administrator, language):
    page = officer.get(f"/officer/terms?lang={language}").text

    for term in Term:
        assert f'href="/officer/terms/{term.value}"' in page
    assert ("3年" if language == "ja" else "3 years") in page
    shown = administrator.get(f"/officer/terms?lang={language}").text
    assert 'href="/officer/terms/audit"' not in shown
    assert 'href="/officer"' not in shown, "the desk is the privacy officer's"


def test_a_term_that_does_not_exist_is_not_found(office, officer):
    assert officer.get("/officer/terms/coffee").status_code == 404
    assert officer.send("/officer/terms/coffee", length="1").status_code == 404


def test_the_nightly_job_uses_the_term_that_was_decided_p10(database, office, administrator):
    with db.transaction():
        account = make.account("irie")
        for days in (10, 40):
            presence.look_up(Viewer(None), account, "入江 葵", office.suzuki, "map", clock.now() - timedelta(days=days))
    run("forget old look-ups")
    with db.reading():
        assert db.session.scalar(select(func.count()).select_from(models.LookUp)) == 2

    assert administrator.send("/officer/terms/look_ups", length="30").location == "/officer/terms"
    run("forget old look-ups")

    with db.reading():
        (left,) = db.session.scalars(select(models.LookUp.at))
    assert clock.now() - left < timedelta(days=11)


def test_a_longer_term_keeps_what_the_rule_would_delete_p10(database, office, officer):
    with db.transaction():
        audit.record("入江 葵 (account 1)", "x", "", {}, clock.now() - 4 * YEAR)
    officer.send("/officer/terms/audit", length=str(5 * 365), reason="訴訟のため")

    run("forget old lines of the audit log")

    with db.reading():
        assert {"x", "term_set"} <= set(audit.actions())
        line = next(one for one in audit.entries(5) if one.action == "term_set")
    assert line.details == {"term": "audit", "from": "1095 days", "to": "1825 days", "reason": "訴訟のため"}


def test_memos_go_by_the_terms_that_were_decided_p10(database, office, administrator):
    to = Recipient(person_id=office.suzuki)
    with db.transaction():
        said = draft(to, "川崎商事", "", "", "call_back", "normal")
        memos.take(said, None, "田中 一", clock.now() - timedelta(days=8), clock.now().date())
    run("forget memos that are done")
    administrator.send("/officer/terms/memos_open", length="7")

    with db.transaction():
        assert memos.expire(clock.now()) == 1


def test_what_is_kept_for_longer_is_told_to_everybody_with_reason_and_day_p10(office, officer, signed_in):
    officer.send("/officer/terms/look_ups", length="730", reason="情報公開請求の審査のため")
    suzuki = signed_in(person_id=office.suzuki)

    for path in ("/me", "/me/held", "/notice"):
        page = text(suzuki.get(f"{path}?lang=ja"))
        assert re.search(r"閲覧履歴：\d{4}年\d+月\d+日から、1年ではなく2年。理由：情報公開請求の審査のため", page), path
    assert "情報公開請求の審査のため" in text(officer.get("/officer/retention?lang=ja"))


def test_every_text_that_names_a_term_follows_it_p10(office, officer, signed_in):
    for term, days in (("look_ups", 100), ("memos_done", 11), ("memos_open", 22), ("leavers", 33), ("numbers", 44),
                       ("alerts", 55), ("protection", 66), ("audit", 77), ("report", 88)):  # fmt: skip
        assert officer.send(f"/officer/terms/{term}", length=str(days)).status_code == 302
    suzuki = signed_in(person_id=office.suzuki)

    for path in ("/me", "/me/held"):
        page = text(suzuki.get(f"{path}?lang=ja"))
        for days in (100, 11, 22, 33, 44, 55, 66, 77):
            assert f"{days}日" in page, (path, days)
        assert "規則より長く" not in page
    assert "調べた記録の保存期間は100日です" in text(suzuki.get("/me?lang=ja"))
    assert "担当者が77日間確認できます" in text(suzuki.get("/directory/export?lang=ja"))
    table = suzuki.get("/me/held.csv?lang=ja").data.decode("utf-8-sig")
    assert "最後の在職から33日まで" in table
    assert "対応済みになってから11日" in text(suzuki.get("/memos?lang=ja"))
    report = text(officer.get("/officer/retention?lang=ja"))
    for days in (100, 11, 22, 33, 44, 55, 66, 77, 88):
        assert f"{days}日" in report, days


@pytest.mark.parametrize(
    ("term", "fields", "status", "says"),
    [
        ("look_ups", {"length": ""}, 422, "整数を入力"),
        ("look_ups", {"length": "一年"}, 422, "整数を入力"),
        ("look_ups", {"length": "-1"}, 422, "整数を入力"),
        ("look_ups", {"length": "1.5"}, 422, "整数を入力"),
        ("look_ups", {"length": "0"}, 422, "1以上の数"),
        ("look_ups", {"length": "9" * 9, "reason": "x"}, 422, "10年より長く"),
        ("look_ups", {"length": "9" * 10_000}, 422, "整数を入力"),
        ("look_ups", {"length": "366"}, 422, "長く保存する理由"),
        ("look_ups", {"length": "366", "reason": "あ" * 301}, 422, "300文字以内"),
        ("look_ups", {"length": "366", "reason": "a\0b"}, 422, "保存できない文字"),
        ("radio", {"length": "16", "reason": "x"}, 422, "15分より長く"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence_and_changes_nothing_p10(office, officer, term, fields, status, says):
    before = kept(Term(term))

    refused = officer.send(f"/officer/terms/{term}?lang=ja", **fields)

    assert refused.status_code == status
    assert says in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert kept(Term(term)) == before


def test_an_administrator_reads_what_only_a_privacy_officer_may_do_p10(office, administrator):
    longer = administrator.send("/officer/terms/look_ups?lang=ja", length="366", reason="x")
    watched = administrator.send("/officer/terms/audit?lang=ja", length="1")

    assert (longer.status_code, watched.status_code) == (403, 403)
    assert "個人情報保護担当者だけです" in longer.text
    assert "管理者の操作を確かめるための記録です" in watched.text
    assert (kept(Term.LOOK_UPS), kept(Term.AUDIT)) == (YEAR, 3 * YEAR)


def test_radio_in_memory_is_shortened_in_minutes_p10(office, administrator):
    administrator.send("/officer/terms/radio", length="5")

    assert kept(Term.RADIO) == timedelta(minutes=5)
    assert "5分" in text(administrator.get("/officer/terms?lang=ja"))


def test_who_it_was_decided_by_is_in_the_audit_log_p10(office, administrator):
    administrator.send("/officer/terms/alerts", length="1")

    with db.reading():
        (line,) = audit.entries(1)
    assert (line.action, line.details) == ("term_set", {"term": "alerts", "from": "365 days", "to": "1 days"})
    assert line.actor.endswith(f"(account {administrator.signed.account_id})")
    assert kept(Term.ALERTS) == DAY
