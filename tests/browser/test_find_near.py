"""Near a colleague: a box that searches where scripts run, a list and a field where they do not."""

import re

import pytest
from playwright.sync_api import Page, expect
from screens import PHONE, WIDE, check, overflow_px


@pytest.fixture
def form(open_page, hall, seats):
    """`form("/seats")`: the page with the wishes for another time open."""

    def opened(path: str, **more) -> Page:
        page = open_page(path, hall.sato, **more)
        page.locator(".find-form summary").click()
        return page

    return opened


@pytest.mark.parametrize("path", ["/seats", "/seats/find"])
def test_anybody_is_found_by_typing_and_the_wish_names_them(form, hall, path):
    page = form(path)
    expect(page.locator("select[name=near]")).to_have_count(0)
    box = page.locator("#find-who")
    box.fill("たなか")
    expect(page.locator("#find-who-list [role=option]").first).to_contain_text("田中")
    box.press("Enter")
    expect(box).to_have_value(re.compile("田中"))

    page.locator("button[value=show]").click()

    page.wait_for_url(re.compile(rf"near={hall.stranger}(&|$)"))
    assert "who=" not in page.url
    expect(page.locator("#found-title")).to_be_visible()


def test_ones_own_section_is_offered_before_anything_is_typed_and_emptying_the_box_takes_the_wish_back(form, hall):
    page = form("/seats")
    box = page.locator("#find-who")
    box.focus()
    expect(page.locator("#find-who-list [role=option]").first).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    expect(page.locator("input[name=near]")).to_have_value(re.compile(r"\d+"))
    box.fill("")
    expect(page.locator("input[name=near]")).to_have_value("")


def test_a_name_that_was_only_typed_is_looked_up_by_the_server(form, trouble):
    trouble.expect("422")
    page = form("/seats/find")
    page.locator("#find-who").fill("無名")
    expect(page.locator(".find-near .finder__note")).to_be_visible()
    page.locator("button[value=show]").click()
    expect(page.get_by_role("alert")).to_contain_text("「無名」という職員は見つかりません")


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=str)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_box_and_its_list_are_accessible_and_fit(form, axe, size, language):
    page = form("/seats/find", size=size, language=language)
    page.locator("#find-who").fill("たなか")
    expect(page.locator("#find-who-list [role=option]").first).to_be_visible()
    assert overflow_px(page) == 0
    check(page, axe)
