"""axe-core finds nothing serious on any page, in either language, on a desk or a phone."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from screens import PATIENCE_MS, PHONE, STALE, WIDE, check, chip, settled

from server import clock
from server.people.rules import Level, Role


@pytest.fixture(params=["ja", "en"])
def language(request):
    return request.param


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def size(request):
    return request.param


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in?ended=1"])
def test_the_sign_in_page_is_accessible(open_page, axe, path, language, size):
    page = open_page(path, role=None, language=language, size=size)

    check(page, axe)


@pytest.mark.parametrize("path", ["/me", "/fleet", "/password"])
def test_pages_without_a_map_are_accessible(open_page, axe, path, language, size):
    page = open_page(path, role=Role.FACILITIES, language=language, size=size)

    check(page, axe)


@pytest.mark.parametrize("path", ["/find", "/directory", "/directory/units", "/directory?q=東", "/directory?q=qqqqq"])
def test_the_directory_is_accessible(open_page, hall, axe, path, language, size):
    page = open_page(path, hall.sato, language=language, size=size)

    check(page, axe)


@pytest.mark.parametrize("query", ["", "?by=rank", "?edit=1"])
def test_a_units_page_is_accessible(open_page, hall, axe, query, language, size):
    page = open_page(f"/directory/units/{hall.section}{query}", hall.sato, language=language, size=size)

    check(page, axe)


@pytest.mark.parametrize("path", ["/find", "/directory"])
@pytest.mark.parametrize("typed", ["き", "qqqqqqq"], ids=["results", "nothing found"])
def test_the_open_search_box_is_accessible(open_page, hall, axe, path, typed, language, size):
    page = open_page(path, hall.sato, language=language, size=size)
    page.get_by_role("combobox").fill(typed)
    expect(page.locator(".finder__popup")).to_be_visible()
    page.keyboard.press("ArrowDown")

    check(page, axe)


def test_my_page_is_accessible_with_all_that_a_person_has(open_page, hall, axe, language, size):
    settled(open_page(f"/floors/18?person={hall.sato}", hall.stranger))
    page = open_page("/me", hall.sato, language=language, size=size)

    check(page, axe)


def test_the_start_page_is_accessible(open_page, hall, axe, language, size):
    page = open_page("/", hall.sato, language=language, size=size)
    expect(page.locator("#team .people__name")).to_have_count(7)
    expect(page.locator("#live time")).to_be_attached()

    check(page, axe)


@pytest.mark.parametrize("path", ["/floors/18", "/floors/17", "/floors/24"])
def test_a_floors_map_is_accessible(open_page, hall, axe, path, language, size):
    page = settled(open_page(path, hall.sato, language=language, size=size))

    check(page, axe)


def test_a_floors_list_is_accessible(open_page, hall, axe, language, size):
    page = settled(open_page("/floors/18", hall.sato, language=language, size=size))
    page.locator("#show-table").click()
    expect(page.locator("#people-table tbody tr")).to_have_count(18)

    check(page, axe)


@pytest.mark.parametrize("hidden", [False, True], ids=["shown", "hidden"])
def test_an_open_card_is_accessible(open_page, hall, axe, language, size, hidden):
    person = hall.in_zone_b[4]
    hall.show(person, everyone=Level.HIDDEN if hidden else Level.ZONE)
    page = settled(open_page(f"/floors/18?person={person}", hall.stranger, language=language, size=size))
    expect(page.locator("#card").get_by_role("heading")).to_be_visible()

    check(page, axe)
    hall.show(person, everyone=Level.ZONE)


def test_a_zone_seen_close_is_accessible(open_page, hall, axe, language, size):
    page = settled(open_page("/floors/18", hall.sato, language=language, size=size))
    page.locator("#zones button").first.click()
    expect(chip(page, "鈴木 一")).to_be_visible()

    check(page, axe)


def test_a_page_that_is_not_current_is_accessible(open_page, hall, axe, language, size):
    page = settled(open_page("/floors/18", hall.sato, language=language, size=size))
    page.locator("#pause").click()
    expect(page.locator("#live")).to_have_class(re.compile("live--paused"))
    check(page, axe)
    page.locator("#pause").click()

    hall.beats(clock.now() - timedelta(minutes=3))

    expect(page.locator("#live")).to_have_class(STALE, timeout=PATIENCE_MS)
    check(page, axe)


def test_an_error_page_is_accessible(open_page, trouble, axe, language, size):
    trouble.expect("status of 404")
    page = open_page("/no-such-page", language=language, size=size)

    check(page, axe)
