"""Everybody can use the pages: at the sign-in, with the keyboard alone, on a phone, enlarged, without motion."""

import re

import make
import pytest
from playwright.sync_api import expect
from screens import NARROW, PATIENCE_MS, PHONE, WIDE, chip, overflow_px, settled

from server.people.rules import Role

WAIT = {"timeout": PATIENCE_MS}
PAGES = (
    "/",
    "/floors/18",
    "/floors/17",
    "/floors/24",
    "/me",
    "/fleet",
    "/password",
    "/find",
    "/directory",
    "/directory/units",
    "/no-such-page",
)


def sign_in(page, login, password):
    page.get_by_label("ログイン名").fill(login)
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="ログイン").click()


def test_one_signs_in_and_out(open_page, hall):
    hall.account(hall.sato)
    page = open_page("/floors/18", role=None)
    expect(page).to_have_title("ログイン · いるか")

    sign_in(page, f"staff-{hall.sato}", make.PASSWORD)

    expect(page.get_by_role("heading", level=1)).to_have_text("18階 財務局")
    page.get_by_role("link", name="マイページ：佐藤 一").click()
    page.get_by_role("button", name="ログアウト").click()
    expect(page.get_by_label("ログイン名")).to_be_visible()
    page.goto("/me")
    expect(page.get_by_label("ログイン名")).to_be_visible()


def test_a_wrong_password_is_told_in_a_sentence_and_the_name_stays(open_page, hall, trouble):
    trouble.expect("status of 401")
    hall.account(hall.sato)
    page = open_page("/sign-in", role=None)

    sign_in(page, f"staff-{hall.sato}", "a wrong password")

    expect(page.get_by_role("alert")).to_have_text("ログイン名またはパスワードが正しくありません。")
    expect(page.get_by_label("ログイン名")).to_have_value(f"staff-{hall.sato}")


def test_the_language_is_chosen_in_the_head_and_stays_on_the_page(open_page, hall):
    page = settled(open_page("/floors/17", hall.in_zone_c[0]))

    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("17F Tax Department")
    settled(page)
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("17階 税務部")


def focused_text(page):
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
    )


def press_until(page, key, reached, at_most=80):
    """Press a key until the focus is where it should be."""
    for _ in range(at_most):
        page.keyboard.press(key)
        if reached(focused_text(page)):
            return
    raise AssertionError(f"{key} never led there; the focus is on {focused_text(page)!r}")


def test_a_colleague_is_found_with_the_keyboard_alone(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger))
    page.keyboard.press("Tab")
    assert focused_text(page) == "本文へ移動"
    page.keyboard.press("Enter")
    press_until(page, "Tab", lambda text: text.startswith("A区画"))
    press_until(page, "Tab", lambda text: text == "")  # the filter
    page.keyboard.type("すずき")
    expect(page.locator("#people .people__person")).to_have_count(1)

    press_until(page, "Tab", lambda text: text.startswith("鈴木 一"))
    page.keyboard.press("Enter")

    expect(page.locator("#card").get_by_role("heading")).to_be_focused()
    expect(page.locator("#card .person-card__place")).to_have_text("18階 A区画（南西）")
    page.keyboard.press("Escape")
    assert focused_text(page).startswith("鈴木 一")


def test_the_map_is_reached_without_walking_through_the_people_beside_it(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger))
    press_until(page, "Tab", lambda text: text == "地図へ移動", at_most=2)

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.locator("#show-people")).to_be_focused()  # the first of the map's own buttons


def test_the_maps_objects_are_reached_in_reading_order(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger))
    page.locator("#pause").focus()

    press_until(page, "Tab", lambda text: text.startswith("A区画"), at_most=3)
    press_until(page, "Tab", lambda text: text.startswith("鈴木 一, "), at_most=12)
    page.keyboard.press("Enter")

    expect(page.locator("#card").get_by_role("heading")).to_contain_text("鈴木 一")
    press_until(page, "Tab", lambda text: text == "番号と所属をすべて見る", at_most=4)
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('card').contains(document.activeElement)") is False
    press_until(page, "Shift+Tab", lambda text: text == "閉じる", at_most=6)
    page.keyboard.press("Enter")
    expect(chip(page, "鈴木 一")).to_be_focused()


def test_the_list_takes_the_keyboard_too(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger))
    page.locator("#filter").focus()
    page.keyboard.type("t")
    expect(page.locator("#listing")).to_be_hidden()  # whoever types a t means a t

    page.locator("#show-table").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#show-table")).to_have_attribute("aria-pressed", "true")
    page.locator("#filter").fill("")
    page.locator("#show-table").focus()
    press_until(page, "Tab", lambda text: text == "東 樹")
    page.keyboard.press("Enter")
    expect(page.locator("#card").get_by_role("heading")).to_contain_text("東 樹")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "400 % zoom"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways(open_page, trouble, path, size, language):
    trouble.expect("status of 404")
    page = open_page(path, role=Role.FACILITIES, language=language, size=size)
    page.wait_for_load_state("load")
    if path.startswith("/floors"):
        settled(page)

    assert overflow_px(page) == 0


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "narrow"])
def test_all_tabs_of_a_system_administrator_fit_a_phone_with_whole_words(open_page, size, language):
    page = open_page("/directory", role=Role.SYSTEM_ADMIN, language=language, size=size)

    tabs = page.locator(".tabs a").evaluate_all(
        "all => all.map(a => [a.textContent, a.scrollWidth > a.clientWidth, a.getBoundingClientRect().height])"
    )
    assert len(tabs) == 7
    assert [text for text, cut, _height in tabs if cut] == []
    assert len({height for _text, _cut, height in tabs}) == 1
    assert overflow_px(page) == 0


def test_a_phone_has_its_tabs_at_the_bottom_and_the_other_floors_behind_a_button(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger, size=PHONE))
    tabs = page.get_by_role("navigation", name="ページ").locator("ul")
    box = tabs.bounding_box()
    assert (box["x"], box["y"] + box["height"], box["width"]) == (0, PHONE.height, PHONE.width)
    tower = page.locator("#tower")
    expect(tower).to_be_hidden()

    button = page.get_by_role("button", name="ほかの階")
    button.click()

    expect(tower).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(tower.locator("[aria-current]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tower).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    tower.locator("[data-floor='17']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("17階 税務部")


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "400 % zoom"])
def test_a_card_on_a_phone_is_read_in_full_and_closed(open_page, hall, size):
    page = settled(open_page("/floors/18", hall.stranger, size=size))

    page.locator("#people").get_by_role("button", name=re.compile("^グエン・ティ・ラン")).click()

    card = page.locator("#card")
    expect(card.get_by_role("heading")).to_be_in_viewport()
    box = card.bounding_box()
    assert box["x"] == 0
    assert box["width"] == size.width
    assert box["y"] + box["height"] <= size.height
    assert overflow_px(page) == 0
    card.get_by_role("button", name="閉じる").click()
    expect(card).to_be_hidden()


def test_what_is_tapped_on_a_phone_is_large_enough(open_page, hall):
    """24 CSS pixels at least, or apart from its neighbours (WCAG 2.2, 2.5.8)."""
    page = settled(open_page("/floors/18", hall.stranger, size=PHONE))
    page.locator("#zones").get_by_role("button", name=re.compile("A区画")).click()
    expect(chip(page, "鈴木 一")).to_be_visible(**WAIT)

    small = page.locator("button:visible, a:visible, input:visible, select:visible").evaluate_all(
        """found => found.filter((one) => !one.classList.contains("skip")).map((one) => [one.textContent.trim(),
             one.getBoundingClientRect()]).filter(([, box]) => box.width < 24 || box.height < 24)
           .map(([text, box]) => `${text} ${box.width} × ${box.height}`)"""
    )

    assert small == []


def count_animations(page):
    """From now on `window.animated` says how many have been started."""
    page.evaluate("""() => {
        window.animated = 0;
        const was = Element.prototype.animate;
        Element.prototype.animate = function (...given) { window.animated += 1; return was.apply(this, given); };
    }""")


def test_nothing_moves_for_those_who_asked_for_no_motion(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger, size=WIDE, reduced_motion=True))
    count_animations(page)

    hall.put(hall.in_zone_b[2], hall.zone_c)

    expect(chip(page, "榎並 紬")).to_have_attribute("aria-label", re.compile("C区画"), **WAIT)
    assert page.evaluate("window.animated") == 0
    moving = page.evaluate(
        """[...document.querySelectorAll("*")].filter((one) => {
             const { transitionDuration, animationName } = getComputedStyle(one);
             return transitionDuration.split(", ").some((time) => parseFloat(time) > 0) || animationName !== "none";
           }).map((one) => one.className)"""
    )
    assert moving == []
    hall.put(hall.in_zone_b[2], hall.zone_b)


def test_somebody_who_moves_glides_for_everybody_else(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger))
    count_animations(page)

    hall.put(hall.in_zone_b[2], hall.zone_c)

    expect(chip(page, "榎並 紬")).to_have_attribute("aria-label", re.compile("C区画"), **WAIT)
    assert page.evaluate("window.animated") == 1
    hall.put(hall.in_zone_b[2], hall.zone_b)
