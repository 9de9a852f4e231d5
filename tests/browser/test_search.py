"""One finds a colleague from any page: with the keyboard alone, while an input method composes, by ear, on a phone."""

import re

import pytest
from playwright.sync_api import expect
from screens import NARROW, PHONE, WIDE, overflow_px, settled

from server import changes, clock, db
from server.changes import Thing
from server.people.rules import Role
from server.places.models import Seat

API = "**/api/v1/search?*"


@pytest.fixture(scope="module")
def furnished(served):
    """The hall with a seat in zone 18A."""
    hall, _site, url = served
    db.connect(url)
    with db.transaction():
        db.session.add(Seat(zone_id=hall.zone_a, code="18A-012", x_m=3.0, y_m=30.0))
        changes.record(Thing.FLOOR, hall.floor, clock.now())
    db.disconnect()
    return hall


def box(page):
    return page.get_by_role("combobox", name=re.compile("探す|Find"))


def options(page):
    return page.locator(".finder").get_by_role("option")


def chosen(page):
    """What a screen reader would say is chosen: the option that the box points to."""
    active = box(page).get_attribute("aria-activedescendant")
    return page.locator(f"#{active} .finder__title").inner_text() if active else None


def type_in(page, text):
    box(page).click()
    page.keyboard.type(text)


def asked(page):
    """The queries that the page sends from now on, places included."""
    sent = []
    page.on("request", lambda request: "/api/v1/search?" in request.url and sent.append(request.url))
    return sent


# -- results


@pytest.mark.parametrize("language", ["ja", "en"])
def test_results_appear_while_one_types_with_reading_and_unit(open_page, hall, language):
    page = open_page("/directory", hall.sato, language=language)

    type_in(page, "すず")

    expect(options(page)).to_have_count(1)
    expect(options(page)).to_contain_text("鈴木 一")
    expect(page.locator(".finder__kana")).to_have_text("すずき")
    expect(options(page)).to_contain_text("財政課" if language == "ja" else "Fiscal Section")
    expect(page.get_by_role("group", name="職員" if language == "ja" else "Staff")).to_be_visible()
    expect(box(page)).to_have_attribute("aria-expanded", "true")


def test_a_person_row_says_where_they_are_once_typing_has_paused(open_page, hall):
    page = open_page("/directory", hall.sato)

    type_in(page, "suzuki")
    expect(options(page)).to_have_count(1)

    expect(options(page)).to_contain_text("18階 A区画（南西）")
    expect(page.locator(".finder__age")).to_contain_text("ビーコン")


def test_kinds_stand_together_under_their_names(open_page, hall):
    page = open_page("/directory", hall.sato)

    type_in(page, "18")

    expect(page.get_by_role("group", name="ゾーン")).to_be_visible()
    expect(page.get_by_role("group", name="ゾーン").get_by_role("option").first).to_contain_text("18A")


@pytest.mark.parametrize(("language", "sentence"), [("ja", "見つかりませんでした"), ("en", "Nothing was found")])
def test_nothing_found_is_said_in_a_sentence(open_page, hall, language, sentence):
    page = open_page("/directory", hall.sato, language=language)

    type_in(page, "qqqqqqq")

    expect(page.locator(".finder__note")).to_contain_text(sentence)
    expect(page.locator(".finder [role=status]")).to_contain_text(sentence)
    expect(box(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/directory$"))


def test_a_server_that_cannot_be_reached_is_said_and_the_next_letter_tries_again(open_page, hall, trouble):
    trouble.expect("ERR_FAILED")
    page = open_page("/directory", hall.sato)
    page.route(API, lambda route: route.abort())

    type_in(page, "すず")

    expect(page.locator(".finder__note")).to_have_text(
        "サーバーに接続できません。少し待ってから、もう一度試してください。"
    )
    page.unroute(API)
    page.keyboard.type("き")
    expect(options(page)).to_have_count(1)
    expect(page.locator(".finder__note")).to_be_hidden()


def test_a_refusal_of_the_server_is_read_to_the_person(open_page, hall, trouble):
    trouble.expect("status of 429")
    page = open_page("/directory", hall.sato)
    page.route(API, lambda route: route.fulfill(status=429, json={"code": "x", "message": "少しお待ちください。"}))

    type_in(page, "すず")

    expect(page.locator(".finder__note")).to_have_text("少しお待ちください。")


def test_a_slow_answer_to_an_old_question_is_never_shown(open_page, hall):
    page = open_page("/directory", hall.sato)
    old = re.compile(r"/api/v1/search\?q=%E3%81%99&")
    held = []
    page.route(old, lambda route: held.append(route))
    with page.expect_request(old):
        type_in(page, "す")
    page.keyboard.type("ずき")
    expect(options(page)).to_contain_text(["鈴木 一"])

    for route in held:
        route.fulfill(json={"query": "す", "results": [], "more": 0})
    page.keyboard.press("ArrowDown")

    expect(options(page)).to_contain_text(["鈴木 一"])
    expect(page.locator(".finder__note")).to_be_hidden()


def test_what_is_typed_is_text_and_never_markup(open_page, hall):
    page = open_page("/directory", hall.sato)

    type_in(page, "<img src=x onerror=alert(1)>")

    expect(page.locator(".finder__note")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".finder img")).to_have_count(0)


# -- the keyboard


def test_a_colleague_is_found_with_the_keyboard_alone(open_page, hall):
    page = open_page("/directory", hall.sato)
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()

    page.keyboard.type("あずま")
    expect(options(page).first).to_contain_text("東 樹")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"/people/{hall.in_zone_c[1]}$"))


def test_arrows_home_and_end_walk_the_list_and_it_begins_again(open_page, hall):
    page = open_page("/directory", hall.sato)
    type_in(page, "きくかわ")
    expect(options(page)).to_have_count(2)
    names = page.locator(".finder__title").all_inner_texts()
    assert chosen(page) is None

    found = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Home", "End"):
        page.keyboard.press(key)
        found.append(chosen(page))

    assert found == [names[i] for i in (0, 1, 0, 1, 0, 1)]
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(1)
    expect(box(page)).to_be_focused()


def test_home_and_end_belong_to_the_text_until_an_arrow_was_pressed(open_page, hall):
    page = open_page("/directory", hall.sato)
    type_in(page, "くかわ")
    expect(options(page)).to_have_count(2)

    page.keyboard.press("Home")
    page.keyboard.type("き")

    expect(box(page)).to_have_value("きくかわ")
    assert chosen(page) is None


def test_escape_closes_the_list_first_and_empties_the_box_then(open_page, hall):
    page = open_page("/directory", hall.sato)
    type_in(page, "きくかわ")
    expect(options(page)).to_have_count(2)

    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box(page)).to_have_value("きくかわ")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    expect(box(page)).to_have_value("")
    expect(box(page)).to_be_focused()
    expect(options(page)).to_have_count(0)


def test_enter_opens_the_first_result_even_before_it_has_come(open_page, hall):
    page = open_page("/directory", hall.sato)

    type_in(page, "すずき")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"/people/{hall.suzuki}$"))


def test_the_last_line_leads_to_all_results(open_page, hall):
    page = open_page("/directory", hall.sato)
    type_in(page, "税務課")
    expect(options(page).last).to_contain_text("すべての結果を見る")

    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("「税務課」の検索結果")
    expect(box(page)).to_have_value("税務課")


def test_the_slash_is_a_slash_where_one_types(open_page, hall):
    page = settled(open_page("/floors/18", hall.sato))
    page.locator("#filter").focus()

    page.keyboard.type("/")

    expect(page.locator("#filter")).to_have_value("/")
    expect(page.locator("#filter")).to_be_focused()


def test_whoever_does_not_want_single_keys_switches_them_off_for_every_page(open_page, hall):
    page = open_page("/directory", hall.sato)
    page.locator("#shortcut").uncheck()
    page.locator("#shortcut").blur()

    page.keyboard.press("/")

    expect(box(page)).not_to_be_focused()
    settled_page = page.goto("/floors/18") and settled(page)
    settled_page.keyboard.press("/")
    expect(box(page)).not_to_be_focused()
    settled_page.keyboard.press("t")
    expect(page.locator("#listing")).to_be_hidden()
    page.locator("#shortcut").check()
    page.locator("#shortcut").blur()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()


def test_tab_leaves_the_box_and_closes_the_list(open_page, hall):
    page = open_page("/directory", hall.sato)
    type_in(page, "きくかわ")
    expect(options(page)).to_have_count(2)

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")

    expect(page.get_by_role("listbox")).to_be_hidden()


def test_a_result_is_opened_with_the_mouse(open_page, hall):
    page = open_page("/directory", hall.sato)
    type_in(page, "きくかわ")

    options(page).nth(1).click()

    expect(page).to_have_url(re.compile(r"/people/\d+$"))


# -- an input method


def test_nothing_is_searched_or_opened_while_an_input_method_composes(open_page, hall):
    page = open_page("/directory", hall.sato)
    sent = asked(page)
    box(page).click()
    ime = page.context.new_cdp_session(page)

    for text in ("s", "す", "すず", "すずき"):
        ime.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    page.keyboard.press("Enter")  # takes the conversion, as far as the person is concerned
    ime.send("Input.imeSetComposition", {"text": "鈴木", "selectionStart": 2, "selectionEnd": 2})
    page.evaluate("new Promise((done) => setTimeout(done, 700))")  # longer than any pause the box waits for

    assert sent == []
    expect(page).to_have_url(re.compile("/directory$"))
    ime.send("Input.insertText", {"text": "鈴木"})
    expect(options(page)).to_have_count(1)
    expect(options(page)).to_contain_text("鈴木 一")
    expect(page).to_have_url(re.compile("/directory$"))


def test_a_key_that_the_input_method_takes_opens_nothing(open_page, hall):
    """Safari says only by the key code 229 that the Enter which ends a composition was the input method's."""
    page = open_page("/directory", hall.sato)
    type_in(page, "すずき")
    expect(options(page)).to_have_count(1)

    page.evaluate(
        """() => document.querySelector("#finder").dispatchEvent(
             new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }))"""
    )

    expect(page).to_have_url(re.compile("/directory$"))
    expect(page.get_by_role("listbox")).to_be_visible()


# -- by ear


@pytest.mark.parametrize(("language", "one", "two"), [("ja", "1件", "2件"), ("en", "1 result", "2 results")])
def test_the_number_of_results_is_announced_politely(open_page, hall, language, one, two):
    page = open_page("/directory", hall.sato, language=language)
    said = page.locator(".finder [role=status]")

    type_in(page, "きくかわ")
    expect(said).to_contain_text(two)
    page.keyboard.type(" ゆい")
    page.keyboard.press("Backspace")

    box(page).fill("すずき")
    expect(said).to_contain_text(one)


# -- phones


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "400 % zoom"])
@pytest.mark.parametrize("path", ["/find", "/directory", "/", "/floors/18"])
def test_on_a_phone_results_take_the_whole_width_and_nothing_scrolls_sideways(open_page, hall, path, size):
    page = open_page(path, hall.sato, size=size)

    type_in(page, "き")
    expect(options(page).first).to_be_visible()

    popup = page.locator(".finder__popup").bounding_box()
    assert popup["x"] >= 0
    assert popup["x"] + popup["width"] <= size.width
    assert popup["width"] >= size.width - 32
    assert overflow_px(page) == 0
    small = options(page).evaluate_all("all => all.filter((one) => one.getBoundingClientRect().height < 44).length")
    assert small == 0


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_the_rest_of_the_head_stays_within_reach_of_the_keyboard(open_page, hall, size):
    page = open_page("/directory", hall.sato, size=size)
    box(page).click()
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent")
        )

    assert "マイページ：佐藤 一" in seen
    assert any("English" in text for text in seen)


# -- a shared screen


def test_a_kiosk_lands_on_the_box_and_forgets_after_a_minute_without_input(open_page, hall):
    page = open_page("/sign-in", role=None)
    hall.account(None, Role.KIOSK)
    page = open_page("about:blank", role=Role.KIOSK)
    page.clock.install()
    page.goto("/")
    expect(page).to_have_url(re.compile("/find$"))
    expect(box(page)).to_be_focused()
    page.keyboard.type("すずき")
    page.clock.run_for(1000)
    expect(options(page)).to_have_count(1)

    page.clock.run_for(50_000)
    page.keyboard.press("ArrowDown")
    page.clock.run_for(50_000)
    expect(box(page)).to_have_value("すずき")
    with page.expect_navigation():
        page.clock.run_for(11_000)

    expect(page).to_have_url(re.compile("/find$"))
    expect(box(page)).to_have_value("")
    expect(options(page)).to_have_count(0)


def test_a_kiosk_returns_to_the_box_from_a_list(open_page, hall):
    page = open_page("about:blank", role=Role.KIOSK)
    page.clock.install()
    page.goto("/directory")

    with page.expect_navigation():
        page.clock.run_for(61_000)

    expect(page).to_have_url(re.compile("/find$"))


def test_an_empty_box_of_a_kiosk_rests(open_page, hall):
    page = open_page("about:blank", role=Role.KIOSK)
    page.clock.install()
    page.goto("/find")
    page.evaluate("window.same = true")

    page.clock.run_for(600_000)

    assert page.evaluate("window.same") is True


def test_a_kiosk_of_seats_stays_on_its_floor_and_forgets_what_was_typed(open_page, hall):
    page = open_page("about:blank", role=Role.KIOSK)
    page.clock.install()
    page.goto("/kiosk/seats?floor=18")
    page.locator("#staff-no").fill("100007")

    with page.expect_navigation():
        page.clock.run_for(61_000)

    expect(page).to_have_url(re.compile(r"/kiosk/seats\?floor=18$"))
    expect(page.locator("#staff-no")).to_have_value("")


def test_everybody_elses_page_stays_as_it_is(open_page, hall):
    page = open_page("about:blank", hall.sato)
    page.clock.install()
    page.goto("/find")
    box(page).fill("すずき")

    page.clock.run_for(120_000)

    expect(box(page)).to_have_value("すずき")


# -- the place asked for


@pytest.mark.parametrize(
    ("query", "sentence", "row"),
    [
        ("zone=18A", "A区画（南西）を地図に示しています。", "A区画（南西） · お探しの場所"),
        ("seat=18A-012", "A区画（南西）の席 18A-012 を地図に示しています。", "A区画（南西） · 席 18A-012"),
    ],
)
def test_a_floor_shows_the_zone_or_seat_that_is_asked_for(open_page, hall, furnished, query, sentence, row):
    page = settled(open_page(f"/floors/18?{query}", hall.sato))

    expect(page.locator(".asked")).to_have_text(sentence)
    expect(page.locator("#map .zone-shape--found")).to_have_count(1)
    expect(page.locator("#zones [aria-current]")).to_contain_text("A区画")
    expect(page.locator(".seat-pin")).to_have_count(1 if "seat" in query else 0)
    page.keyboard.press("t")
    expect(page.locator("#zone-table th").first).to_be_visible()
    expect(page.locator("#zone-table tbody th")).to_contain_text([row])


@pytest.mark.parametrize("query", ["zone=99Z", "seat=99Z-999", "seat=%00", "zone=" + "x" * 2000])
def test_a_place_that_is_not_on_the_floor_is_said_so(open_page, hall, query):
    page = settled(open_page(f"/floors/18?{query}", hall.sato))

    expect(page.locator(".asked")).to_contain_text("ありません。")
    expect(page.locator("#map .zone-shape--found")).to_have_count(0)


def test_a_seat_is_found_by_its_number_and_shown_on_its_floor(open_page, hall, furnished):
    page = open_page("/directory", hall.sato)
    type_in(page, "18A-012")
    expect(page.get_by_role("group", name="席")).to_be_visible()

    page.keyboard.press("Enter")

    expect(settled(page).locator(".seat-pin")).to_have_text("18A-012")
