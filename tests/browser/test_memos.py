"""Calls taken down with the keyboard alone while somebody is on the phone, and seen wherever one is."""

import re

import pytest
from playwright.sync_api import expect
from screens import NARROW, PATIENCE_MS, PHONE, WIDE, check, overflow_px

from server import clock, db
from server.memos import rules, service
from server.memos.rules import Recipient


@pytest.fixture(params=["ja", "en"])
def language(request):
    return request.param


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def size(request):
    return request.param


def take(to: Recipient, caller: str, urgency: str = "normal") -> int:
    """A call that somebody else has taken down."""
    draft = rules.draft(to, caller, "044-000-2111", "見積りについて。\n明日まで。", "call_back", urgency)
    with db.transaction():
        return service.take(draft, None, "田中 一", clock.now(), clock.now().date())


def waiting(page, n):
    """The mark in the header says so many."""
    expect(page.locator("#memo-badge .memo-badge__n")).to_have_text(str(n), timeout=PATIENCE_MS)


def test_a_call_is_taken_down_with_the_keyboard_alone(open_page, hall):
    page = open_page(f"/memos/new?for={hall.in_zone_b[0]}", hall.stranger)
    keys = page.keyboard
    expect(page.locator("#caller")).to_be_focused()

    keys.type("川崎商事 山田様")
    keys.press("Tab")
    keys.type("０４４－０００－２１１１")
    keys.press("Tab")
    keys.type("見積りの件")
    keys.press("Tab")
    expect(page.get_by_role("radio", name="折り返し電話がほしい")).to_be_focused()
    keys.press("ArrowRight")
    keys.press("Tab")
    expect(page.get_by_role("radio", name="通常")).to_be_focused()
    keys.press("ArrowRight")
    keys.press("Tab")
    expect(page.get_by_role("button", name="保存する")).to_be_focused()
    keys.press("Enter")

    expect(page.get_by_role("status").filter(has_text="読めるのは雲類鷲 凪さんとあなただけです。")).to_be_visible()
    taken = page.locator("#taken-title + .memos .memo").first
    expect(taken).to_contain_text("川崎商事 山田様")
    expect(taken).to_contain_text("044-000-2111")
    expect(taken).to_contain_text("また電話する")
    expect(taken).to_contain_text("今日")
    expect(taken).to_contain_text("未対応")


def test_whom_it_is_for_is_found_by_typing(open_page, hall):
    page = open_page("/memos/new", hall.stranger)
    box = page.get_by_role("combobox", name="あて先")
    expect(box).to_be_focused()

    page.keyboard.type("うるわし")
    option = page.get_by_role("option", name=re.compile("雲類鷲"))
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#caller")).to_be_focused()
    page.keyboard.type("若林様")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="雲類鷲 凪さん")).to_be_visible()


def test_who_types_faster_than_the_search_gets_the_only_one_found(open_page, hall):
    page = open_page("/memos/new", hall.stranger)

    page.keyboard.type("うるわし")
    page.keyboard.press("Enter")

    expect(page.locator("#caller")).to_be_focused()
    expect(page.get_by_role("combobox", name="あて先")).to_have_value(re.compile("^雲類鷲 凪"))


@pytest.mark.parametrize("narrow", [WIDE, NARROW], ids=["wide", "narrow"])
def test_who_cannot_be_found_is_said_in_sight_and_the_list_fits(open_page, hall, narrow):
    page = open_page("/memos/new", hall.suzuki, size=narrow)
    expect(page.get_by_role("option")).to_have_count(8)
    assert overflow_px(page) <= 0

    page.keyboard.type("qqqq")
    note = page.locator(".memo-form__whom .finder__note")
    expect(note).to_have_text("見つかりません")
    expect(note).to_be_visible()
    expect(page.get_by_role("combobox", name="あて先")).to_have_attribute("aria-expanded", "false")


def test_the_keys_of_whom_it_is_for_are_those_of_the_search_box(open_page, hall):
    page = open_page("/memos/new", hall.suzuki)
    options = page.get_by_role("option")
    expect(options).to_have_count(8)
    for key, at in (("ArrowUp", 7), ("ArrowDown", 0), ("End", 7), ("Home", 0)):
        page.keyboard.press(key)
        expect(options.nth(at)).to_have_attribute("aria-selected", "true")
        expect(page.locator('[role="option"][aria-selected="true"]')).to_have_count(1)

    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    page.keyboard.press("ArrowDown")
    options.nth(2).click()
    expect(page.locator("#caller")).to_be_focused()


def test_nothing_is_chosen_while_an_input_method_composes_whom_it_is_for(open_page, hall):
    page = open_page("/memos/new", hall.suzuki)
    client = page.context.new_cdp_session(page)
    client.send("Input.imeSetComposition", {"text": "うるわし", "selectionStart": 4, "selectionEnd": 4})
    page.keyboard.press("Enter")  # takes the conversion, as far as the person is concerned
    expect(page.locator("#whom")).to_be_focused()

    client.send("Input.insertText", {"text": "うるわし"})
    expect(page.get_by_role("option", name=re.compile("雲類鷲"))).to_be_visible()


def test_the_own_section_is_offered_before_anything_is_typed(open_page, hall):
    page = open_page("/memos/new", hall.suzuki)

    expect(page.get_by_role("option")).to_have_count(8)
    expect(page.get_by_role("option").first).to_have_text("財政課")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.locator("#caller")).to_be_focused()
    page.keyboard.type("x")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="財政課の全員に表示されます。")).to_be_visible()


def test_ctrl_and_enter_save_from_the_matter_where_enter_begins_a_line(open_page, hall):
    page = open_page(f"/memos/new?for={hall.in_zone_b[1]}", hall.stranger)
    page.keyboard.type("若林様")
    page.locator("#matter").focus()
    page.keyboard.type("一行目")
    page.keyboard.press("Enter")
    page.keyboard.type("二行目")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#taken-title + .memos .memo__matter").first).to_have_text(
        "一行目\n二行目", use_inner_text=True
    )


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(open_page, hall, trouble):
    trouble.expect("status of 422")
    page = open_page(f"/memos/new?for={hall.in_zone_b[1]}", hall.stranger)
    page.keyboard.type("若林様")
    page.locator("#matter").fill("見積り")
    page.locator("#number").fill("あとで")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("電話番号は「044-000-2111」のように")
    expect(page.locator("#number")).to_be_focused()
    expect(page.locator("#number")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#caller")).to_have_value("若林様")
    expect(page.locator("#matter")).to_have_value("見積り")

    page.locator("#number").fill("044")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="取次ぎ", exact=True)).to_be_visible()


def test_nothing_is_lost_while_the_server_cannot_be_reached(open_page, hall, trouble):
    trouble.expect("ERR_INTERNET_DISCONNECTED")
    page = open_page(f"/memos/new?for={hall.in_zone_b[1]}", hall.stranger)
    page.keyboard.type("若林様")
    page.context.set_offline(True)
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("入力した内容は残っています。")
    expect(page.locator("#caller")).to_have_value("若林様")
    page.context.set_offline(False)
    page.locator("#caller").press("Enter")
    expect(page.get_by_role("status").filter(has_text="保存しました。")).to_be_visible()


def test_a_call_appears_on_open_pages_and_goes_when_it_is_done(open_page, hall):
    person = hall.in_zone_c[0]
    page = open_page("/", person)
    expect(page.locator("#memo-badge")).to_be_hidden()

    take(Recipient(person_id=person), "港町商店会", "urgent")
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # as when the window is looked at again

    waiting(page, 1)
    expect(page.locator("#memo-badge")).to_have_accessible_name("取次ぎ 1件（うち至急 1件）")
    expect(page.locator("#memos .memo")).to_contain_text("港町商店会")
    page.get_by_role("button", name="対応済みにする：港町商店会").click()
    expect(page.locator("#memo-badge")).to_be_hidden()
    page.get_by_role("button", name="元に戻す").click()
    waiting(page, 1)
    expect(page.locator("#memos .memo")).to_contain_text("港町商店会")


def test_a_list_somebody_works_in_is_left_alone(open_page, hall):
    person = hall.in_zone_c[1]
    take(Recipient(person_id=person), "一人目")
    page = open_page("/memos", person)
    page.get_by_role("button", name="対応済みにする：一人目").focus()

    take(Recipient(person_id=person), "二人目")
    page.evaluate("window.dispatchEvent(new Event('focus'))")

    waiting(page, 2)
    expect(page.get_by_role("button", name="対応済みにする：一人目")).to_be_focused()
    page.locator("#main").focus()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#memos .memo")).to_have_count(2)


def test_memos_are_accessible_and_fit(open_page, hall, axe, language, size):
    person = hall.in_zone_c[2]
    take(Recipient(person_id=person), "グエン・ティ・ラン様（会計年度任用職員）", "urgent")
    take(Recipient(unit_id=hall.other_section), "税務署")
    for path in ("/memos", "/"):
        page = open_page(path, person, language=language, size=size)
        expect(page.locator("#memos .memo").first).to_be_visible()
        check(page, axe)
        assert overflow_px(page) == 0


@pytest.mark.parametrize("to", ["", "?for=1"], ids=["anybody", "somebody"])
def test_the_form_is_accessible_and_fits(open_page, hall, axe, language, size, to):
    page = open_page(f"/memos/new{to}", hall.suzuki, language=language, size=size)

    check(page, axe)
    assert overflow_px(page) == 0


@pytest.mark.parametrize("path", ["/memos", "/memos/new", "/directory/export", "/directory/print"])
def test_nothing_scrolls_sideways_on_the_narrowest_screen(open_page, hall, path):
    page = open_page(path, hall.in_zone_b[2], size=NARROW)

    assert overflow_px(page) == 0


@pytest.mark.parametrize("path", ["/directory/export", "/directory/print"])
def test_phone_lists_are_accessible(open_page, hall, axe, language, size, path):
    person = hall.in_zone_a[["ja", "en"].index(language) * 2 + [WIDE, PHONE].index(size)]
    page = open_page(path, person, language=language, size=size)

    check(page, axe)
    assert overflow_px(page) == 0


def test_the_printed_list_fits_its_paper(open_page, hall):
    page = open_page("/directory/print?paper=a3", hall.in_zone_b[3])

    pdf = page.pdf(prefer_css_page_size=True)

    width_pt, height_pt = (float(side) for side in re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())
    assert (round(width_pt / 72 * 25.4), round(height_pt / 72 * 25.4)) == (420, 297)
