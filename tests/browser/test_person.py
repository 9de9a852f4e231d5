"""A person's card and page, statuses in two clicks, and the preview of what others see, in a browser."""

import re
import time

import make
import pytest
from playwright.sync_api import expect
from screens import PATIENCE_MS, PHONE, WIDE, check, overflow_px, settled
from sqlalchemy import delete

from server import clock, db
from server.people import service as people
from server.people.rules import Audience, Level, Role
from server.phones import service as phones
from server.phones.rules import Holder
from server.presence.models import Dispute, Status, Whereabouts


@pytest.fixture(params=["ja", "en"])
def language(request):
    return request.param


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def size(request):
    return request.param


@pytest.fixture(scope="module")
def numbers() -> list[str]:
    """The numbers that have been given out already."""
    return []


@pytest.fixture
def hall(hall, numbers):
    """鈴木 can be called, and nobody has said anything of their day."""
    now = clock.now()
    with db.transaction():
        if not numbers:
            extension = phones.add_extension("2214", actor="test", now=now, outside_number="044-200-2214")
            phones.give(extension, Holder(person_id=hall.suzuki), make.DAY, actor="test", now=now)
            numbers.append("2214")
        for table in (Status, Dispute):
            db.session.execute(delete(table))
        db.session.execute(delete(Whereabouts).where(Whereabouts.person_id == hall.suzuki))
        people.set_visibility(hall.suzuki, {Audience.EVERYONE: Level.ZONE, Audience.KIOSK: Level.HIDDEN}, now)
    hall.put(hall.suzuki, hall.zone_a)
    return hall


def wait_for(page, is_so) -> None:
    """Poll until it is so."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not is_so():
        assert time.monotonic() < deadline, "it never was"
        page.evaluate("new Promise(requestAnimationFrame)")


def test_the_page_says_who_where_and_how_to_reach_and_is_accessible(open_page, hall, axe, language, size):
    page = open_page(f"/people/{hall.suzuki}", hall.stranger, language=language, size=size)

    expect(page.locator("h1 ruby rt").first).to_have_text("すずき")
    expect(page.locator(".person-now__place")).to_contain_text("18")
    expect(page.locator(".mini-map__zone--there")).to_be_visible()
    expect(page.locator(".person-actions a[href='tel:2214']")).to_be_visible()
    expect(page.locator(f"a[href='/memos/new?for={hall.suzuki}']")).to_be_visible()
    assert overflow_px(page) == 0
    check(page, axe)


def test_the_card_has_the_number_the_memo_and_the_page(open_page, hall, axe, language, size):
    page = settled(open_page("/floors/18", hall.head, language=language, size=size))
    page.locator("#people .people__person", has_text="鈴木").click()

    card = page.locator("#card")
    expect(card.locator("a[href='tel:2214']")).to_be_visible()
    expect(card.locator(f"a[href='/memos/new?for={hall.suzuki}']")).to_be_visible()
    expect(card.locator(f"a[href='/people/{hall.suzuki}']")).to_be_visible()
    assert overflow_px(page) == 0
    check(page, axe)


def middle(page, locator) -> tuple[float, float]:
    """Where an element's middle is, as shares of the map's width and height."""
    box, around = locator.bounding_box(), page.locator("#map").bounding_box()
    return (
        (box["x"] + box["width"] / 2 - around["x"]) / around["width"],
        (box["y"] + box["height"] / 2 - around["y"]) / around["height"],
    )


def is_in_the_middle(page, locator) -> bool:
    x, y = middle(page, locator)
    return 0.25 < x < 0.6 and 0.4 < y < 0.6


def test_the_small_map_on_the_card_opens_the_floor_with_the_person_in_the_middle(open_page, hall, axe, language, size):
    page = open_page("/", hall.head, language=language, size=size)
    page.locator("#team .people__person", has_text="鈴木").click()
    card = page.locator("#card")
    expect(card.locator(".mini-map__zone--there")).to_be_visible()
    expect(card.locator(".mini-map image")).to_have_attribute("href", re.compile("^/floors/18/plan"))
    assert overflow_px(page) == 0
    check(page, axe)

    card.locator(".mini-map__link").click()

    settled(page)
    expect(page).to_have_url(re.compile(rf"/floors/18\?person={hall.suzuki}$"))
    expect(page.locator("#card").get_by_role("heading")).to_be_focused()
    found = page.locator("#map .chip--found")
    expect(found).to_have_count(1)
    if size is WIDE:
        wait_for(page, lambda: is_in_the_middle(page, found))


def test_beside_the_map_the_place_on_the_card_is_the_link_that_brings_the_person_to_the_middle(open_page, hall, axe):
    page = settled(open_page("/floors/18", hall.head, language="en"))
    page.locator("#people .people__person", has_text="鈴木").click()
    expect(page.locator("#card .mini-map")).to_have_count(0)
    found = page.locator("#map .chip--found")

    page.locator("#card .person-card__place a").click()

    wait_for(page, lambda: is_in_the_middle(page, found))
    check(page, axe)


def test_over_the_list_the_card_has_the_small_map_which_shows_the_map_instead(open_page, hall, axe):
    page = settled(open_page("/floors/18", hall.head, language="en"))
    page.keyboard.press("t")
    page.locator("#people-table button", has_text="鈴木").click()

    page.locator("#card .mini-map__link").click()

    expect(page.locator("#listing")).to_be_hidden()
    wait_for(page, lambda: is_in_the_middle(page, page.locator("#map .chip--found")))


def test_a_status_is_said_in_two_clicks_and_read_on_another_open_page_sr_01(open_page, hall, axe, language, size):
    colleague = open_page("/", hall.head, language="en")
    expect(colleague.locator("#team")).to_contain_text("鈴木")
    mine = open_page("/", hall.suzuki, language=language, size=size)

    mine.locator("button[name=kind][value=telework]").click()

    expect(mine.locator(".my-status__words")).to_contain_text({"ja": "テレワーク", "en": "Telework"}[language])
    row = colleague.locator("#team li", has_text="鈴木")
    expect(row.locator(".people__place")).to_have_text(re.compile("^Telework"), timeout=PATIENCE_MS)
    assert overflow_px(mine) == 0
    check(mine, axe)

    mine.locator("form[action='/me/status/end'] button").click()
    hall.put(hall.suzuki, hall.zone_a)
    expect(row.locator(".people__place")).to_have_text("18F, Zone A (south-west)", timeout=PATIENCE_MS)


def test_an_open_page_follows_what_the_person_chooses_sr_01(open_page, hall):
    page = open_page(f"/people/{hall.suzuki}", hall.stranger, language="en")
    expect(page.locator(".person-now__place")).to_have_text("18F, Zone A (south-west)")

    with db.transaction():
        people.set_visibility(hall.suzuki, {Audience.EVERYONE: Level.HIDDEN}, clock.now())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.locator(".person-now__place")).to_have_text("Location not shown")
    expect(page.locator(".mini-map")).to_have_count(0)


def test_i_am_not_there_is_one_click_from_the_start_page_p19(open_page, hall):
    page = open_page("/", hall.suzuki, language="en")
    expect(page.locator("#mine")).to_have_text("18F, Zone A (south-west)")

    page.get_by_role("button", name="I am not there").click()

    expect(page.locator("#mine")).to_have_text("My place is not known at the moment.")
    hall.put(hall.suzuki, hall.zone_a)
    expect(page.locator("#mine")).to_have_text("somewhere on 18F", timeout=PATIENCE_MS)


def test_the_preview_follows_the_form_before_it_is_saved_p4(open_page, hall, axe, language, size):
    page = open_page("/me", hall.suzuki, language=language, size=size)
    line = page.locator("#now-everyone")
    hidden, building = {"ja": ("所在非表示", "庁内"), "en": ("Location not shown", "In the building")}[language]
    expect(line).to_contain_text("18")

    page.locator("#level-everyone").select_option("building")
    expect(line).to_contain_text(building)
    page.locator("#level-everyone").select_option("hidden")
    expect(line).to_contain_text(hidden)
    expect(page.locator("#now-own_section")).to_contain_text("18")
    page.locator("#level-kiosk").select_option("building")
    expect(page.locator("#now-kiosk")).to_contain_text(building)

    assert overflow_px(page) == 0
    check(page, axe)


def test_days_ahead_are_said_on_my_page(open_page, hall):
    page = open_page("/me", hall.suzuki, language="en")
    page.get_by_text("For several days, or ahead").click()
    page.get_by_label("Status", exact=True).select_option("trip")
    page.get_by_label("First day").fill(f"{clock.now().year + 1}-01-12")
    page.locator("#status").get_by_role("button", name="Save").click()

    expect(page.locator(".my-status__ahead")).to_contain_text("Business trip")
    page.locator(".my-status__ahead").get_by_role("button").click()
    expect(page.locator(".my-status__ahead")).to_have_count(0)


def test_a_shared_screen_shows_the_page_without_a_place(open_page, hall, axe):
    page = open_page(f"/people/{hall.suzuki}", role=Role.KIOSK, language="en")

    expect(page.locator(".person-now__place")).to_have_text("Location not shown")
    expect(page.locator("a[href='tel:2214']").first).to_be_visible()
    check(page, axe)
