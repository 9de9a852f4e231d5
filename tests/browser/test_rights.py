"""The pages of the person found and of the privacy officer: accessible, in both languages, on a desk and a phone."""

import os
from pathlib import Path

import make
import pytest
from playwright.sync_api import expect
from screens import NARROW, PHONE, WIDE, Size, overflow_px, settled

from server import audit, clock, db
from server.people import protection
from server.people.rules import Role
from server.presence import alerts
from server.presence.alerts import Crossed

OFFICER = ("/officer", "/officer/protection?q=入江", "/officer/retention", "/officer/audit", "/officer/notice")
MINE = ("/me", "/me/held", "/notice", "/notice/1")
BETWEEN = Size(1200, 800)  # the header and its tabs in one line, with little room
ENLARGED = Size(320, 256)  # 1280 × 1024 at 400 %
SHOTS = os.environ.get("IRUKA_TEST_SHOTS")


@pytest.fixture(params=["ja", "en"])
def language(request):
    return request.param


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def size(request):
    return request.param


@pytest.fixture
def busy(hall):
    """Something waits on every page of the desk."""
    with db.reading():
        if protection.waiting():
            return hall
    account = hall.account(hall.stranger)
    with db.transaction():
        now = clock.now()
        alerts.write(Crossed("one", account, "田中 一", hall.sato, 20), now)
        alerts.write(Crossed("many", account, "田中 一", None, 30), now)
        protection.ask(hall.in_zone_b[0], make.account("kojin"), "監査 花", now, protect=True)
        actor = audit.account(account, "田中 一")
        audit.record(actor, "list_exported", "", {"format": "csv", "unit": "財政課"}, now)
    return hall


def looked_at(page, axe, name: str) -> None:
    page.evaluate(axe)
    found = [
        f"{one['impact']} {one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in page.evaluate("axe.run(document)")["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:4]
    ]
    assert not found, "\n".join(found)
    assert overflow_px(page) <= 0
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("path", OFFICER)
def test_the_privacy_officers_pages_are_accessible(open_page, busy, axe, path, language, size):
    page = open_page(path, role=Role.PRIVACY_OFFICER, language=language, size=size)

    looked_at(page, axe, f"{path.strip('/').partition('?')[0].replace('/', '-')}-{language}-{size.width}")


@pytest.mark.parametrize("path", MINE)
def test_a_persons_own_pages_are_accessible(open_page, busy, axe, path, language, size):
    page = open_page(path, busy.sato, language=language, size=size)

    looked_at(page, axe, f"{path.strip('/').replace('/', '-')}-{language}-{size.width}")


def test_a_section_administrators_page_is_accessible(open_page, busy, axe, language, size):
    page = open_page("/protection?q=佐藤", busy.head, role=Role.SECTION_ADMIN, language=language, size=size)

    looked_at(page, axe, f"protection-{language}-{size.width}")


def test_a_new_notice_is_previewed_before_it_is_published_p2(open_page, busy, axe, size):
    page = open_page("/officer/notice", role=Role.PRIVACY_OFFICER, size=size)
    page.get_by_label("本文（日本語）").fill("目的\n改めた目的。")

    page.get_by_role("button", name="表示を確認する").click()

    expect(page.get_by_role("heading", name="第2版の表示の確認")).to_be_visible()
    expect(page.get_by_role("button", name="第2版を公開する")).to_be_visible()
    looked_at(page, axe, f"officer-notice-preview-{size.width}")


@pytest.mark.parametrize("measure", [WIDE, BETWEEN, PHONE, NARROW], ids=["wide", "between", "phone", "narrow"])
def test_a_place_is_hidden_and_shown_with_one_click_each_from_any_page_p5(open_page, hall, axe, measure, language):
    page = open_page("/directory", hall.stranger, language=language, size=measure)
    menu = page.locator("#pause-menu")
    length, state = {"ja": ("1時間", "停止中"), "en": ("1 hour", "Hidden until")}[language]
    expect(menu.locator("span:visible", has_text=length)).to_have_count(1)

    menu.get_by_role("button").first.click()

    expect(menu).to_have_class("pause pause--on")
    expect(menu).to_contain_text(state)
    assert page.url.endswith("/directory")
    looked_at(page, axe, f"hidden-{language}-{measure.width}")
    menu.get_by_role("button").first.click()
    expect(menu).to_have_class("pause")
    assert page.url.endswith("/directory")
    looked_at(page, axe, f"shown-{language}-{measure.width}")


@pytest.mark.parametrize("measure", [WIDE, PHONE, NARROW, ENLARGED], ids=["wide", "phone", "narrow", "enlarged"])
def test_another_length_is_chosen_beside_it_with_the_keyboard_alone_p5(open_page, hall, axe, measure, language):
    page = open_page("/directory", hall.stranger, language=language, size=measure)
    page.locator("#pause-menu button").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".pause__choices button")).to_have_count(4)
    page.locator(".pause__choices button").last.focus()
    expect(page.locator(".pause__choices button").last).to_be_in_viewport()
    looked_at(page, axe, f"lengths-{language}-{measure.width}-{measure.height}")
    page.keyboard.press("Escape")
    expect(page.locator(".pause__choices")).to_be_hidden()
    expect(page.locator("#pause-menu summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#pause-menu")).to_have_class("pause pause--on")
    page.locator("#pause-menu button").first.click()
    expect(page.locator("#pause-menu")).to_have_class("pause")


def test_the_list_of_lengths_closes_when_one_turns_elsewhere_p5(open_page, hall):
    page = open_page("/directory", hall.stranger)
    page.locator("#pause-menu summary").click()
    expect(page.locator(".pause__choices")).to_be_visible()

    page.locator("h1").click()

    expect(page.locator(".pause__choices")).to_be_hidden()


def test_a_sentence_over_a_floor_leaves_the_map_its_room(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger))
    width = page.locator("#map").bounding_box()["width"]

    page.locator("#pause-menu button").first.click()

    expect(page.locator(".notice")).to_have_text("所在表示を停止しました。")
    settled(page)
    map_box, notice = page.locator("#map").bounding_box(), page.locator(".notice").bounding_box()
    assert map_box["width"] == width
    assert notice["y"] + notice["height"] <= map_box["y"]
    page.locator("#pause-menu button").first.click()
    expect(page.locator("#pause-menu")).to_have_class("pause")


def test_hiding_needs_no_script_p5(browser, hall, site):
    window = {"width": WIDE.width, "height": WIDE.height}
    context = browser.new_context(base_url=site.url, locale="ja-JP", java_script_enabled=False, viewport=window)
    account = hall.account(hall.stranger)
    context.add_cookies([{"name": "iruka", "value": make.session(Role.STAFF, account_id=account).key, "url": site.url}])
    page = context.new_page()
    page.goto("/directory")

    page.get_by_role("button", name="所在表示を1時間止める").click()
    expect(page.locator("#pause-menu")).to_have_class("pause pause--on")
    page.locator("#pause-menu summary").click()
    page.get_by_role("button", name="自分で再開するまで").click()
    expect(page.locator(".pause__state")).to_have_text("停止中")
    page.get_by_role("button", name="再開する", exact=True).click()

    expect(page.locator("#pause-menu")).to_have_class("pause")
    context.close()
