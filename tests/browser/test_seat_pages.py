"""The pages of seats: nothing serious for axe in either language, nothing sideways at 400 %, no need for a mouse."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from screens import NARROW, PHONE, WIDE, Size, check, overflow_px

from server import clock, db
from server.bookings import queries, service
from server.bookings.rules import Wish
from server.people.rules import Role
from server.places import queries as places

TOKYO = ZoneInfo("Asia/Tokyo")
Where = Callable[["Floor"], str]


class Floor:
    """The hall's seats and what stands in the addresses of their pages."""

    def __init__(self, hall, seats: dict[str, int]) -> None:
        self.hall, self.seats = hall, seats
        self.day = (clock.now().astimezone(TOKYO) + timedelta(days=1)).date()
        with db.reading():
            self.signs = {seat.code: seat.short_code for seat in places.seats_on_floor(hall.floor)}
            self.entrance = next(zone.short_code for zone in places.zones(hall.floor, self.day) if zone.code == "18A")

    def at(self, hour: int, minute: int = 0, day: date | None = None) -> datetime:
        """A time of the building, tomorrow unless another day is named."""
        return datetime.combine(day or self.day, time(hour, minute), TOKYO)

    def book(self, person_id: int, code: str, first: int = 9, last: int = 17) -> None:
        """Tomorrow, from one full hour to another."""
        with db.transaction():
            service.book(person_id, Wish(self.seats[code], self.at(first), self.at(last)), clock.now())

    def held(self, person_id: int) -> list[str]:
        """What somebody has booked from now until the end of tomorrow."""
        with db.reading():
            found = queries.of_person(person_id, clock.now(), self.at(23, 45))
        return [one.seat_code for one in found]


@pytest.fixture
def floor(hall, seats) -> Floor:
    """Two of twelve seats are booked tomorrow, one of them by 佐藤, who looks at the pages."""
    made = Floor(hall, seats)
    made.book(hall.suzuki, "18A-001")
    made.book(hall.sato, "18A-002")
    return made


def plan(page: Page, floor: Floor) -> None:
    """Ask what is in the way of a weekly seat."""
    page.goto("/seats/series?seat=18A-001")
    page.locator("#s-first").fill(floor.day.isoformat())
    page.locator("#s-last").fill((floor.day + timedelta(days=14)).isoformat())
    page.locator(f"input[name=weekday][value='{floor.day.weekday()}']").check()
    page.locator("main form button").first.click()
    expect(page.locator(".plan-table tbody tr").first).to_be_visible()


def three(page: Page, floor: Floor) -> None:
    """See three seats before choosing."""
    page.goto(f"/seats/find?day={floor.day.isoformat()}&from=18:00&long=1")
    page.locator("button[value=show]").click()
    expect(page.locator(".found__seat")).to_have_count(3)


def full(page: Page, floor: Floor) -> None:
    """A list with nothing in it."""
    page.goto(f"/seats/free?floor=17&day={floor.day.isoformat()}&from=09:00&to=12:00")
    expect(page.locator("main .empty")).to_be_visible()


def refused(page: Page, floor: Floor) -> None:
    """A seat that somebody else took meanwhile, and the nearest one instead."""
    page.goto(f"/seats/free?floor=18&day={floor.day.isoformat()}&from=18:00&to=19:00")
    floor.book(floor.hall.suzuki, "18A-003", 18, 19)
    page.locator(f"button[name=seat][value='{floor.seats['18A-003']}']").click()
    expect(page.get_by_role("alert")).to_be_visible()


STATES = (plan, three, full, refused)
PATHS: dict[str, Where] = {
    "start page": lambda floor: "/",
    "my seats": lambda floor: "/seats",
    "free seats": lambda floor: f"/seats/free?floor=18&day={floor.day.isoformat()}&from=09:00&to=12:00",
    "find": lambda floor: "/seats/find",
    "series": lambda floor: "/seats/series",
    "seat sign": lambda floor: f"/s/{floor.signs['18A-005']}",
    "zone entrance": lambda floor: f"/s/{floor.entrance}",
}


@pytest.fixture(params=["ja", "en"])
def language(request) -> str:
    return request.param


@pytest.fixture(params=[WIDE, PHONE, NARROW], ids=["wide", "phone", "400 %"])
def size(request) -> Size:
    return request.param


def look(page: Page, axe: str, size: Size) -> None:
    """Nothing is wider than the window; at 400 % the page is the phone's, which axe has seen."""
    page.wait_for_load_state("load")  # with its style sheets
    assert overflow_px(page) == 0, page.url
    if size is not NARROW:
        check(page, axe)


def test_the_pages_of_seats_are_accessible_and_never_wider_than_the_window(open_page, hall, floor, axe, language, size):
    page = open_page("/seats", hall.sato, language=language, size=size)
    for where in PATHS.values():
        page.goto(where(floor))
        expect(page.locator("h1").first).to_be_visible()
        look(page, axe, size)


def test_what_the_pages_of_seats_answer_is_so_too(open_page, hall, floor, axe, trouble, language, size):
    trouble.expect("status of 409")
    page = open_page("/seats", hall.sato, language=language, size=size)
    for show in STATES:
        show(page, floor)
        look(page, axe, size)


def test_a_shared_screen_with_free_seats_is_so_too_and_says_that_a_number_is_not_known(
    open_page, floor, axe, trouble, language, size
):
    trouble.expect("status of 404")
    page = open_page("/kiosk/seats?floor=18", role=Role.KIOSK, language=language, size=size)
    expect(page.locator(".free-codes li").first).to_be_visible()
    look(page, axe, size)

    page.locator("#staff-no").fill("000000")
    page.locator("main form button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, axe, size)


def press_until(page: Page, key: str, reached: str, at_most: int = 90) -> None:
    """Press a key until the focus is on what the selector finds."""
    for _ in range(at_most):
        page.keyboard.press(key)
        if page.evaluate("(one) => document.activeElement.matches(one)", reached):
            return
    raise AssertionError(f"{key} never led to {reached}")


def test_a_seat_is_found_booked_and_cancelled_by_keyboard_alone(open_page, hall, floor):
    me = hall.in_zone_a[1]
    page = open_page(f"/seats/find?day={floor.day.isoformat()}&from=18:00&long=1", me)
    press_until(page, "Tab", "button[value=take]")
    page.keyboard.press("Enter")
    expect(page.locator("#found-title")).to_be_visible()
    assert len(floor.held(me)) == 1

    press_until(page, "Tab", "form[action$='/cancel'] button")
    page.keyboard.press("Enter")

    expect(page.get_by_text("予約を取り消しました。")).to_be_visible()
    assert floor.held(me) == []


def test_a_free_seat_is_booked_in_the_list_and_given_back_on_my_page_by_keyboard_alone(open_page, hall, floor):
    me = hall.in_zone_a[1]
    page = open_page(f"/seats/free?floor=18&day={floor.day.isoformat()}&from=09:00&to=12:00", me)
    press_until(page, "Tab", f"button[name=seat][value='{floor.seats['18A-004']}']")
    page.keyboard.press("Enter")
    expect(page.locator("#ahead .booking__seat")).to_contain_text("18A-004")
    assert floor.held(me) == ["18A-004"]

    press_until(page, "Tab", "#ahead summary")
    page.keyboard.press("Enter")
    press_until(page, "Tab", "#ahead form[action$='/cancel'] button")
    page.keyboard.press("Enter")

    expect(page.get_by_text("予約を取り消しました。")).to_be_visible()
    assert floor.held(me) == []
