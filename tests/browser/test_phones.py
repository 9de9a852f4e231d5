"""A number's page and the administrators' pages in a browser: kept current, usable by keyboard, in any window."""

from datetime import timedelta

import make
import pytest
from playwright.sync_api import expect
from screens import NARROW, PATIENCE_MS, PHONE, WIDE, check, overflow_px

from server import clock, db
from server.people.rules import Role
from server.phones import plan, queries, service
from server.phones.rules import NEAREST, Holder, Kind, Range, Use
from server.phones.service import NewNumber

TOLD = {"actor": "operator", "now": clock.now()}


@pytest.fixture(autouse=True)
def numbers(hall):
    """Numbers of the Finance Bureau; one has moved, one is nobody's, and the plan has its mistakes."""
    today = clock.now().date()
    if queries.all_numbers(today):
        return
    with db.transaction():
        for first, last, use in (("24000", "24999", Use.ASSIGNABLE), ("24990", "24999", Use.RESERVED)):
            plan.add_range(Range(0, first, last, None, use), today=today, **TOLD)
        people = [hall.head, hall.suzuki, hall.sato, *hall.in_zone_a]
        service.lay_out(
            [
                NewNumber("24101", Kind.SECTION, Holder(unit_id=hall.section), "044-000-2410", is_main=True),
                *(NewNumber(f"241{n}", Kind.SMARTPHONE, Holder(person_id=i)) for n, i in enumerate(people, 11)),
                NewNumber("24190", Kind.SMARTPHONE, Holder(person_id=hall.sato), "044-000-2410"),
                NewNumber("24995", Kind.FAX, Holder(device="FAX 18-1")),
                NewNumber("24105", Kind.DESK, retired_on=today - timedelta(days=1), moved_to="24101",
                          moved_until=today + timedelta(days=60)),
                NewNumber("24180", Kind.PHS),
            ],
            make.DAY,
            **TOLD,
        )  # fmt: skip


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("number", ["24101", "24111", "24105", "24180"])
def test_a_number_s_page_is_accessible(open_page, hall, axe, number, language, size):
    page = open_page(f"/numbers/{number}", hall.sato, language=language, size=size)

    check(page, axe)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(
    "path", ["/numbers", "/numbers/new?number=24150", "/numbers/24111/edit", "/numbers/plan", "/numbers/report"]
)
def test_the_administrators_pages_are_accessible(open_page, axe, path, language, size):
    page = open_page(path, role=Role.SYSTEM_ADMIN, language=language, size=size)

    check(page, axe)


@pytest.mark.parametrize("path", ["/numbers/24101", "/numbers", "/numbers/24111/edit", "/numbers/report"])
def test_nothing_runs_out_of_a_narrow_window(open_page, path):
    page = open_page(path, role=Role.SYSTEM_ADMIN, size=NARROW)

    assert overflow_px(page) == 0


def test_the_page_of_a_section_s_number_keeps_itself_current_and_the_focus_in_place(open_page, hall):
    page = open_page("/numbers/24101", hall.sato, language="en")
    link = page.get_by_role("link", name="Call 佐藤 一")
    link.focus()
    expect(page.locator("[data-reach=at_seat]")).to_contain_text("鈴木")

    hall.pause(hall.suzuki)

    expect(page.locator("[data-reach=elsewhere]")).to_contain_text("鈴木", timeout=PATIENCE_MS)
    expect(page.locator("[data-reach=at_seat]")).not_to_contain_text("鈴木")
    expect(link).to_be_focused()


def test_the_page_of_another_section_s_number_asks_no_longer_than_one_look_up_lasts(open_page, hall):
    page = open_page("/numbers/24101", hall.stranger, language="en")
    expect(page.locator("[data-reach=at_seat] li, [data-reach=in_building] li")).to_have_count(NEAREST)
    expect(page.locator("#answering")).to_contain_text("can read that you looked")

    page.clock.install()
    page.reload()
    page.clock.fast_forward("11:00")

    expect(page.locator("#answering-live")).to_contain_text("Open this page again")
    expect(page.get_by_role("button", name="Pause updates")).to_have_count(0)


def test_updates_can_be_paused(open_page, hall):
    page = open_page("/numbers/24101", hall.sato, language="en")

    page.get_by_role("button", name="Pause updates").click()

    expect(page.locator("#answering-live")).to_contain_text("Updates paused")
    expect(page.get_by_role("button", name="Pause updates")).to_have_attribute("aria-pressed", "true")


def test_of_several_with_one_name_one_is_chosen_by_keyboard_and_nothing_typed_is_lost(open_page, hall, trouble):
    trouble.expect("422")
    with db.transaction():
        hall.somebody("佐藤", "さとう", hall.section)
    page = open_page("/numbers/new?number=24151", role=Role.SYSTEM_ADMIN, language="en")
    page.get_by_label("Note").fill("窓際")
    page.get_by_role("radio", name="Person").check()
    page.get_by_label("Who or what").fill("佐藤 財政課")
    with_trouble = page.locator(".notice--error")

    page.get_by_label("Who or what").press("Enter")

    expect(with_trouble).to_contain_text("Several have this name.")
    expect(page.get_by_label("Note")).to_have_value("窓際")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("24151")
    expect(page.locator(".terms")).to_contain_text("佐藤")
