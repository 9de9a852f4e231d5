"""The API's page in a browser: under our policy, in both languages, on a phone, by keyboard."""

import pytest
from playwright.sync_api import expect
from screens import NARROW, PATIENCE_MS, PHONE, WIDE, check, overflow_px

WAIT = {"timeout": PATIENCE_MS}


@pytest.fixture
def api(open_page, hall):
    """`api(language="en", size=PHONE)`: the page, drawn."""

    def opened(**how):
        page = open_page("/api/docs", hall.head, **how)
        expect(page.locator("#api .opblock").first).to_be_visible(**WAIT)
        return page

    return opened


def test_the_operations_are_drawn_without_a_word_against_the_policy_sr_10(api):
    page = api(language="en")

    expect(page.get_by_role("heading", level=1)).to_have_text("API")
    expect(page.locator("#operations-Me-whoami")).to_be_visible()


def test_an_operation_is_tried_as_oneself(api, hall):
    page = api(language="en")

    page.locator("#operations-Me-whoami .opblock-summary-control").press("Enter")
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator("#operations-Me-whoami .live-responses-table")).to_contain_text("髙波", **WAIT)


@pytest.mark.parametrize("size", [WIDE, PHONE, NARROW], ids=["wide", "phone", "narrow"])
def test_nothing_is_wider_than_the_window(api, size):
    assert overflow_px(api(size=size)) == 0


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_is_accessible(api, axe, language):
    page = api(language=language)
    check(page, axe)

    page.locator("#operations-Me-whoami .opblock-summary-control").press("Enter")
    expect(page.locator("#operations-Me-whoami .responses-wrapper")).to_be_visible()
    check(page, axe)
