"""Calendar and mails: an address is made and withdrawn by keyboard, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect
from screens import NARROW, PHONE, WIDE, check, overflow_px

ADDRESS = re.compile(r"^http://127\.0\.0\.1:\d+/calendar/[\w-]{43}\.ics$")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [WIDE, PHONE, NARROW], ids=["wide", "phone", "narrow"])
def test_an_address_is_made_and_withdrawn_by_keyboard(open_page, hall, axe, language, size):
    page = open_page("/seats/calendar", hall.sato, language=language, size=size)
    check(page, axe)
    page.locator("#feed-name").focus()
    page.keyboard.type(f"Outlook {language} {size.width}")
    page.keyboard.press("Enter")

    expect(page.locator("#address")).to_have_value(ADDRESS)
    assert overflow_px(page) == 0
    check(page, axe)

    page.goto("/seats/calendar")
    row = page.locator(".rows__row").filter(has_text=f"Outlook {language} {size.width}")
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(row).to_have_count(0)
    assert overflow_px(page) == 0
