"""The pages around seats, for those who sit and who look after them: on a desk and a phone, and by keyboard alone."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from screens import NARROW, PHONE, WIDE, check, overflow_px
from watching import TOKYO

from server import clock
from server.people.rules import Role

MOST_TABS = 120
STAFF_PAGES = ["/zones/18A/rules", "/zones/18A/lottery", "/lottery", "/seats/habits", "/seats/calendar"]
KEEPERS_PAGES = [
    "/admin/seats?zone=18A",
    "/admin/seats/{seat}",
    "/admin/seats/zones/18A",
    "/admin/seats/rules?zone=18A",
    "/admin/seats/rules?building=1&kind=",
    "/admin/seats/signs?zone=18A",
    "/admin/seats/reports",
    "/reports/fixation",
]


@pytest.fixture(params=["ja", "en"])
def language(request):
    return request.param


def look(page: Page, axe: str) -> None:
    """At a desk, on a phone, and at 400 % zoom."""
    for size in (NARROW, PHONE, WIDE):
        page.set_viewport_size({"width": size.width, "height": size.height})
        assert overflow_px(page) == 0
        if size is not NARROW:
            check(page, axe)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{wanted} was not reached by {MOST_TABS} presses of Tab")


def write_over(page: Page, field: Locator, text: str) -> None:
    tab_to(page, field)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_what_staff_read_about_seats_is_accessible_and_fits(open_page, hall, seats, axe, path, language):
    look(open_page(path, hall.sato, language=language), axe)


@pytest.mark.parametrize("path", KEEPERS_PAGES)
def test_what_keepers_of_seats_work_with_is_accessible_and_fits(open_page, seats, axe, path, language):
    look(open_page(path.format(seat=seats["18A-001"]), role=Role.FACILITIES, language=language), axe)


@pytest.mark.parametrize("path", ["/zones/18A/rules", "/admin/seats/signs?zone=18A"])
def test_a_sheet_for_the_wall_prints_without_the_frame_of_the_page(open_page, seats, path, language):
    page = open_page(path, role=Role.FACILITIES, language=language)
    page.emulate_media(media="print")

    for frame in page.locator(".header, .tabs, #print").all():
        expect(frame).not_to_be_visible()
    expect(page.locator("main")).to_contain_text("18A")
    assert overflow_px(page) == 0


def test_a_refused_rule_leads_to_the_answer_and_the_field(open_page, seats, axe, trouble, language):
    trouble.expect("422")
    page = open_page("/admin/seats/rules?zone=18A", role=Role.FACILITIES, language=language)
    write_over(page, page.locator("#overflow"), "99Z")
    page.keyboard.press("Enter")

    expect(page.locator("#answer")).to_be_focused()
    expect(page.locator("#answer")).to_contain_text("99Z")
    expect(page.locator("#overflow")).to_have_attribute("aria-invalid", "true")
    look(page, axe)


def test_a_house_rule_is_changed_by_keyboard_and_hangs_on_the_wall(open_page, seats, axe, language):
    days = {"ja": "9", "en": "11"}[language]
    page = open_page("/admin/seats/rules?zone=18A", role=Role.FACILITIES, language=language)
    write_over(page, page.locator("#ahead_days"), days)
    page.keyboard.press("Enter")

    preview = page.locator("#answer")
    expect(preview).to_be_focused()
    expect(preview.locator(".preview__new")).to_contain_text(days)
    look(page, axe)
    write_over(page, page.locator("#set_by"), "庶務担当")
    page.keyboard.press("Enter")
    expect(preview).to_be_focused()
    tab_to(page, preview.get_by_role("button"))
    page.keyboard.press("Enter")

    expect(page.locator("#answer")).to_have_count(0)
    page.goto("/zones/18A/rules")
    expect(page.locator("main")).to_contain_text(days)
    expect(page.locator("main")).to_contain_text("庶務担当")


def test_a_lottery_is_drawn_for_a_day_by_keyboard_and_found_on_ones_own_page(open_page, hall, seats, axe, language):
    days_ahead = {"ja": 2, "en": 3}[language]
    day = (clock.now().astimezone(TOKYO) + timedelta(days=days_ahead)).date().isoformat()
    keeper = {"role": Role.SECTION_ADMIN, "language": language}
    page = open_page(f"/zones/18A/lottery?day={day}", hall.head, **keeper)
    draw = page.locator("form:has(#from) button")
    tab_to(page, draw)
    page.keyboard.press("Enter")

    first = page.locator(".lottery-wall .card").first.locator("li")
    expect(first.first).to_be_visible()
    assert 5 < first.count() <= len(seats)
    look(page, axe)
    page.emulate_media(media="print")
    expect(first.first).to_be_visible()
    expect(draw).not_to_be_visible()
    mine = open_page("/lottery", hall.head, **keeper)
    expect(mine.locator(".lottery-result").first).to_be_visible()
    look(mine, axe)


def test_a_seat_is_drawn_on_arrival_by_keyboard(open_page, hall, seats, axe, language):
    page = open_page("/zones/18A/lottery", hall.suzuki, language=language)
    tab_to(page, page.locator(".lottery-draw"))
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text(re.compile(r"18A-\d{3}"))
    look(page, axe)


def test_what_is_wrong_with_a_seat_is_said_and_answered_by_keyboard(open_page, hall, seats, axe, language):
    seat = {"ja": "18A-002", "en": "18A-003"}[language]
    page = open_page(f"/seats/{seats[seat]}/report", hall.sato, language=language)
    look(page, axe)
    tab_to(page, page.locator(".taps button").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_be_visible()

    desk = open_page("/admin/seats/reports", role=Role.FACILITIES, language=language)
    report = desk.locator(".card").filter(has_text=seat).filter(has=desk.get_by_role("textbox"))
    look(desk, axe)
    tab_to(desk, report.get_by_role("textbox"))
    desk.keyboard.type("交換しました")
    desk.keyboard.press("Enter")
    expect(report).to_have_count(0)
    expect(desk.locator("main")).to_contain_text("交換しました")
    look(desk, axe)
