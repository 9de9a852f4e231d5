"""The purpose notice: every version can be read, and a new one is published with its facts (P1, P2, P17)."""

import re

import make
import pytest
from watching import Office

from server import audit, clock, db
from server.errors import Refused
from server.people import queries as people
from server.people import service
from server.people.rules import Role
from server.presence import queries as presence

DRAFT = {
    "text_ja": "目的\n職員どうしが居場所を探すため。", "text_en": "Purpose\nTo find each other.",
    "officer": "総務課長", "rules_document": "取扱要綱第3号", "union_consulted_on": "2026-10-01",
}  # fmt: skip


@pytest.fixture
def office(app) -> Office:
    return Office()


@pytest.fixture
def officer(office, signed_in):
    return signed_in(Role.PRIVACY_OFFICER)


def publish(browser, **fields: str):
    return browser.send("/officer/notice", **(DRAFT | {"step": "publish"} | fields))


def test_every_version_can_be_read_with_its_facts_p1_p17(office, officer, signed_in):
    publish(officer)
    staff = signed_in(person_id=office.suzuki)

    newest, first = staff.get("/notice?lang=ja").text, staff.get(f"/notice/{office.notice}?lang=ja").text

    for fact in ("第2版", "総務課長", "取扱要綱第3号", "2026年10月1日", "居場所を探すため"):
        assert fact in newest
    assert "この版は現在のものではありません" in first
    assert "規程1号" in first
    assert 'href="/notice/1"' in newest
    assert staff.get("/notice/2?lang=en").text.count("To find each other") == 1


@pytest.mark.parametrize("version", ["0", "99", "9" * 30, "x", "-1"])
def test_a_version_that_is_none_is_not_found_p1(office, signed_in, version):
    assert signed_in().get(f"/notice/{version}").status_code == 404


def test_without_a_notice_the_page_says_so_p2(app, signed_in):
    assert "まだ公開されていません" in signed_in().get("/notice?lang=ja").text


def test_the_officer_sees_it_as_everybody_will_and_what_it_causes_before_publishing_p2(office, officer):
    page = officer.send("/officer/notice?lang=ja", **DRAFT, step="preview")

    assert page.status_code == 200
    assert "公開した時点で、全員が未確認になります" in page.text
    assert "第2版を公開する" in page.text
    with db.reading():
        assert people.newest_notice_version() == office.notice


def test_publishing_forgets_every_place_until_people_have_read_it_p2(office, officer, signed_in):
    office.put(office.suzuki, office.zone_a)

    assert publish(officer).location == "/notice"

    with db.reading():
        assert presence.whereabouts() == {}
        (line,) = audit.entries(1)
    assert (line.action, line.details) == ("notice_published", {"version": 2})
    office.put(office.suzuki, office.zone_a)
    with db.reading():
        assert presence.whereabouts() == {}
    signed_in(person_id=office.suzuki).send("/me/notice", version="2")
    office.put(office.suzuki, office.zone_a)
    with db.reading():
        assert set(presence.whereabouts()) == {office.suzuki}


@pytest.mark.parametrize("field", list(DRAFT))
@pytest.mark.parametrize("step", ["preview", "publish"])
def test_without_officer_rules_consultation_or_text_nothing_is_published_p17(office, officer, field, step):
    refused = publish(officer, **{field: " \r\n", "step": step})

    assert refused.status_code == 422
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', refused.text)
    assert DRAFT["officer"] in refused.text or field == "officer", "what was typed is still there"
    with db.reading():
        assert people.newest_notice_version() == office.notice


@pytest.mark.parametrize(
    ("field", "value"),
    [("union_consulted_on", "yesterday"), ("union_consulted_on", "2026-02-30"), ("officer", "x" * 201),
     ("rules_document", "x" * 201), ("text_ja", "あ" * 20_001)],
)  # fmt: skip
def test_what_does_not_fit_is_marked_and_nothing_is_published_p17(office, officer, field, value):
    assert publish(officer, **{field: value}).status_code == 422
    with db.reading():
        assert people.newest_notice_version() == office.notice


@pytest.mark.parametrize("field", range(4))
def test_the_command_line_publishes_no_incomplete_notice_either_p17(sqlite, field):
    given = ["目的", "Purpose", "総務課長", "要綱"]
    given[field] = " "

    with pytest.raises(Refused, match="needs both texts"), db.transaction():
        service.publish_notice(*given, clock.now(), make.DAY)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
def test_nobody_else_publishes_p1(office, signed_in, role):
    assert publish(signed_in(role)).status_code == 403


def test_markup_in_a_draft_stays_text_p1(office, officer):
    page = officer.send("/officer/notice", **(DRAFT | {"text_ja": "<script>alert(1)</script>"}), step="preview").text

    assert "<script>alert(1)" not in page
