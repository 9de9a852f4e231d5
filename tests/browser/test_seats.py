"""Seats on the floor's map: booked by mouse, by keyboard and on a phone; what somebody else does shows at once."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hall import Hall
from playwright.sync_api import Locator, Page, expect
from screens import NARROW, PATIENCE_MS, PHONE, WIDE, check, overflow_px

from server import clock, db
from server.bookings import queries, service
from server.bookings.rules import Wish
from server.people.rules import Role
from server.places import queries as places
from server.places import seats as seat_service
from server.places.rules import Equipment, SeatKind
from server.places.seats import NewSeat

TOKYO = ZoneInfo("Asia/Tokyo")
SPOTS = [(2.0 + 1.4 * column, 22.0 + 2.2 * row) for row in range(3) for column in range(4)]


def tomorrow() -> date:
    return (clock.now().astimezone(TOKYO) + timedelta(days=1)).date()


def term(first: time, last: time) -> tuple[datetime, datetime]:
    return datetime.combine(tomorrow(), first, TOKYO), datetime.combine(tomorrow(), last, TOKYO)


@pytest.fixture
def seats(hall: Hall) -> dict[str, int]:
    """Twelve seats of zone 18A in three rows, the second with a monitor, nobody on any of them: code → id."""
    with db.transaction():
        found = {seat.code: seat.id for seat in places.seats_on_floor(hall.floor)}
        if not found:
            monitor = (Equipment.MONITOR.value,)
            new = [
                NewSeat(f"18A-{number:03}", SeatKind.GROUP.value, x, y, equipment=monitor if number == 2 else ())
                for number, (x, y) in enumerate(SPOTS, 1)
            ]
            seat_service.add_seats(hall.zone_a, new, clock.now())
            found = {seat.code: seat.id for seat in places.seats_on_floor(hall.floor)}
        begins, ends = term(time(0), time(23, 45))
        for one in queries.of_floor(hall.floor, begins - timedelta(days=1), ends):
            service.cancel(one.id, clock.now())
    return found


def book(person_id: int, seat_id: int, first: time = time(8, 30), last: time = time(17, 15)) -> int:
    with db.transaction():
        return service.book(person_id, Wish(seat_id, *term(first, last)), clock.now()).id


def held(person_id: int) -> list[str]:
    begins, ends = term(time(0), time(23, 45))
    with db.reading():
        return [one.seat_code for one in queries.of_person(person_id, begins, ends)]


def opened(page: Page) -> Page:
    """The map of tomorrow's seats, all day."""
    expect(page.locator("#seat-days button")).to_have_count(4)
    expect(page.locator("#seat-day")).to_have_value(tomorrow().isoformat())
    return page


def path(**more: object) -> str:
    return "/floors/18?show=seats&day=" + tomorrow().isoformat() + "".join(f"&{name}={v}" for name, v in more.items())


def seat(page: Page, code: str) -> Locator:
    return page.locator("button.seat").and_(page.get_by_role("button", name=re.compile(f"^{code} ")))


def act(page: Page, name: str) -> None:
    page.locator("#seat-actions").get_by_role("button", name=name).click()


@pytest.mark.parametrize(
    ("language", "name", "button", "said", "mine"),
    [
        ("ja", "18A-002 空席 外部モニター", "予約する", "9:30までにA区画（南西）に来れば確定します。", "自分の席"),
        ("en", "18A-002 Free seat External monitor", "Book ", "Come to Zone A (south-west) by 9:30", "My seat"),
    ],
)  # fmt: skip
def test_a_seat_is_booked_with_two_clicks_and_the_page_says_what_happens_next(
    open_page, hall, seats, language, name, button, said, mine
):
    page = opened(open_page(path(), hall.sato, language=language))
    expect(seat(page, "18A-002")).to_have_attribute("aria-label", name)

    seat(page, "18A-002").click()
    expect(page.locator("#seat-code")).to_have_text("18A-002")
    act(page, button)

    expect(page.locator("#seat-said")).to_contain_text(said)
    expect(seat(page, "18A-002")).to_have_attribute("aria-label", re.compile(mine))
    expect(page.locator("#seat-title")).to_be_focused()
    assert held(hall.sato) == ["18A-002"]


def test_my_own_seat_is_changed_and_cancelled_in_place(open_page, hall, seats):
    book(hall.sato, seats["18A-001"])
    page = opened(open_page(path(), hall.sato))
    seat(page, "18A-001").click()
    expect(page.locator("#seat-actions button").first).to_have_text("予約を取り消す")

    page.get_by_role("button", name="午前").click()
    act(page, "8:30～12:00に変更する")
    expect(page.locator("#seat-said")).to_contain_text("変更しました。")
    seat(page, "18A-003").click()
    act(page, "18A-001 からこの席に変更する")
    expect(page.locator("#seat-code")).to_have_text("18A-003")
    expect(page.locator("#seat-actions")).to_contain_text("予約を取り消す")
    assert held(hall.sato) == ["18A-003"]
    act(page, "予約を取り消す")

    expect(page.locator("#seat-said")).to_have_text("予約を取り消しました。")
    assert held(hall.sato) == []


def test_a_seat_is_booked_by_keyboard_alone(open_page, hall, seats):
    page = opened(open_page(path(), hall.sato))
    page.locator("#stage").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('seat')"):
            break
    expect(seat(page, "18A-001")).to_be_focused()

    page.keyboard.press("ArrowRight")
    expect(seat(page, "18A-002")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(seat(page, "18A-006")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(seat(page, "18A-005")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#seat-code")).to_have_text("18A-005")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#seat-actions') !== null"):
            break
    page.keyboard.press("Enter")

    expect(page.locator("#seat-said")).to_contain_text("予約しました。")
    expect(seat(page, "18A-005")).to_have_attribute("aria-label", re.compile("自分の席"))
    expect(page.locator("#seat-title")).to_be_focused()
    assert held(hall.sato) == ["18A-005"]
    page.keyboard.press("Escape")
    expect(seat(page, "18A-005")).to_be_focused()


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "400 %"])
def test_a_seat_is_booked_on_a_phone_without_scrolling_sideways(open_page, hall, seats, size):
    page = opened(open_page(path(), hall.sato, size=size))
    assert overflow_px(page) == 0

    page.locator("#map .zone__head").first.click()
    seat(page, "18A-004").click()
    act(page, "予約する")

    expect(page.locator("#seat-said")).to_contain_text("予約しました。")
    assert overflow_px(page) == 0
    assert held(hall.sato) == ["18A-004"]


def test_of_two_browsers_that_want_a_seat_the_later_reads_why_and_is_offered_the_nearest(
    open_page, hall, seats, trouble
):
    trouble.expect("status of 409")
    winner = opened(open_page(path(), hall.suzuki))
    loser = opened(open_page(path(), hall.sato))
    loser.locator("#pause").click()  # a stale page
    for page in (winner, loser):
        seat(page, "18A-006").click()
        expect(page.locator("#seat-actions")).to_contain_text("予約する")
    act(winner, "予約する")
    expect(winner.locator("#seat-said")).to_contain_text("予約しました。")

    act(loser, "予約する")

    said = loser.locator("#seat-said")
    expect(said).to_contain_text("この席は、ほかの人が先に予約しました。別の席を選んでください。")
    assert held(hall.sato) == []
    said.get_by_role("button", name=re.compile("^18A-0(05|07|02|10) を予約する$")).click()
    expect(said).to_contain_text("来れば確定します。")
    assert len(held(hall.sato)) == 1 and held(hall.suzuki) == ["18A-006"]


def test_what_somebody_else_books_shows_at_once_and_takes_no_focus(open_page, hall, seats):
    page = opened(open_page(path(), hall.sato))
    expect(page.locator("#live time")).to_be_attached(timeout=PATIENCE_MS)
    seat(page, "18A-003").focus()

    book(hall.suzuki, seats["18A-008"])

    expect(seat(page, "18A-008")).to_have_attribute(
        "aria-label", "18A-008 予約あり 8:30–17:15 鈴木 一", timeout=PATIENCE_MS
    )
    expect(seat(page, "18A-003")).to_be_focused()
    expect(page.locator("#seat-zones .zones__count")).to_have_text(["空席 11 / 12"])


def test_whoever_shows_no_bookings_is_not_named_on_a_taken_seat_p4(open_page, hall, seats):
    shy = hall.in_zone_a[2]
    book(shy, seats["18A-008"])
    hall.hide(shy)
    page = opened(open_page(path(), hall.sato))

    expect(seat(page, "18A-008")).to_have_attribute("aria-label", "18A-008 予約あり 8:30–17:15")


def test_the_bar_shows_when_a_seat_is_free_and_a_press_takes_that_time(open_page, hall, seats):
    book(hall.suzuki, seats["18A-007"], time(10), time(12))
    page = opened(open_page(path(seat="18A-007"), hall.sato))
    bar = page.locator("#seat-bar")
    expect(bar.get_by_role("button")).to_have_count(2)

    bar.get_by_role("button", name="空き 12:00～17:15").click()

    expect(page.locator("#seat-from")).to_have_value("720")
    act(page, "予約する")
    expect(page.locator("#seat-said")).to_contain_text("予約しました。")


def test_wishes_make_the_other_seats_step_back(open_page, hall, seats):
    page = opened(open_page(path(), hall.sato))

    page.get_by_role("checkbox", name="外部モニター").check()

    expect(page.locator("button.seat:not(.seat--dim)")).to_have_count(1)
    expect(page.locator("#seat-count")).to_have_text("空席 1")
    page.locator("#show-table").click()
    expect(page.locator("#seat-list tbody tr")).to_have_count(1)


def test_the_list_says_the_same_and_books_the_same(open_page, hall, seats):
    book(hall.suzuki, seats["18A-001"], time(10), time(12))
    page = opened(open_page(path(), hall.sato))
    page.locator("#show-table").click()
    rows = page.locator("#seat-list tbody tr")
    expect(rows).to_have_count(12)
    expect(rows.first).to_contain_text("予約あり 10:00–12:00 鈴木 一 空き 8:30–10:00、12:00–17:15")

    rows.nth(4).get_by_role("button").click()
    act(page, "予約する")

    expect(page.locator("#seat-said")).to_contain_text("予約しました。")
    assert held(hall.sato) == ["18A-005"]


def test_whoever_walks_up_sits_down_and_leaves(open_page, hall, seats):
    local = clock.now().astimezone(TOKYO)
    if local.hour == 23 and local.minute >= 40:
        pytest.skip("the day is nearly over")
    page = open_page("/floors/18?show=seats", hall.sato)
    page.locator("#seat-now").click()
    seat(page, "18A-009").click()

    act(page, "着席する")

    expect(page.locator("#seat-said")).to_contain_text("着席しました。")
    expect(page.locator("#seat-state")).to_contain_text("着席中")
    act(page, "席を空ける")
    expect(page.locator("#seat-said")).to_have_text("席を空けました。")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("role", [Role.STAFF, Role.SECTION_ADMIN])
def test_pages_of_seats_are_accessible(open_page, hall, seats, axe, language, size, role):
    book(hall.suzuki, seats["18A-001"])
    me = hall.sato if role is Role.STAFF else hall.in_zone_a[0]
    book(me, seats["18A-002"], time(9), time(12))
    page = opened(open_page(path(seat="18A-002"), me, role=role, language=language, size=size))
    expect(page.locator("#seat-code")).to_have_text("18A-002")
    check(page, axe)
    page.locator("#show-table").click()
    check(page, axe)
    for target in ("/seats", f"/seats/free?floor=18&day={tomorrow().isoformat()}&from=09:00"):
        page.goto(target)
        check(page, axe)
        assert overflow_px(page) == 0
