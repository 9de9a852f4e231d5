"""Seats on the floor's map: booked by mouse, by keyboard and on a phone; what somebody else does shows at once."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import make
import pytest
from gunicorns import until
from playwright.sync_api import Locator, Page, expect
from screens import NARROW, PATIENCE_MS, PHONE, WIDE, check, overflow_px

from server import clock, db
from server.bookings import queries, service
from server.bookings.rules import QUARTER, How, Wish, begun_quarter
from server.changes import Thing, record
from server.people.rules import Role
from server.places import reports
from server.places import seats as seat_service
from server.places import service as places
from server.places.rules import SeatKind

TOKYO = ZoneInfo("Asia/Tokyo")


def tomorrow() -> date:
    return (clock.now().astimezone(TOKYO) + timedelta(days=1)).date()


def term(first: time, last: time) -> tuple[datetime, datetime]:
    return datetime.combine(tomorrow(), first, TOKYO), datetime.combine(tomorrow(), last, TOKYO)


def book(person_id: int, seat_id: int, first: time = time(8, 30), last: time = time(17, 15)) -> int:
    with db.transaction():
        return service.book(person_id, Wish(seat_id, *term(first, last)), clock.now()).id


def soon() -> datetime:
    """The end of the quarter hour that runs."""
    return begun_quarter(clock.now()) + QUARTER


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


@pytest.fixture
def room(hall) -> Iterator[int]:
    """A meeting room beside a seat on floor 17, while a test runs."""
    with db.transaction():
        room = make.seat(hall.zone_17, "17R-01", kind=SeatKind.ROOM.value, x_m=5, y_m=5)
        made = room, make.seat(hall.zone_17, "17A-001", x_m=8, y_m=5)
    yield made[0]
    with db.transaction():
        for seat_id in made:
            seat_service.retire(seat_id, tomorrow() - timedelta(days=1), clock.now())


def test_a_room_is_booked_with_what_for_and_the_panel_leads_to_having_it_every_week(open_page, hall, seats, room, axe):
    page = opened(open_page(path(seat="17R-01").replace("/18?", "/17?"), hall.sato, size=PHONE))
    page.get_by_role("button", name="午前").click()
    seat(page, "17R-01").click()
    what_for = page.get_by_role("textbox", name="用件")
    what_for.fill("予算査定の打合せ")
    expect(page.locator("#seat-what-for")).to_contain_text("用件を読めるのは、予約した本人")
    check(page, axe)
    weekly = page.locator("#seat-weekly a").get_attribute("href")

    act(page, "予約する")

    expect(page.locator("#seat-said")).to_contain_text("予約しました。")
    expect(what_for).to_be_hidden()
    with db.reading():
        (one,) = queries.of_person(hall.sato, *term(time(0), time(23, 45)))
    assert (one.seat_code, one.subject) == ("17R-01", "予算査定の打合せ")
    page.goto(page.url.partition("/floors/")[0] + weekly)
    expect(page.get_by_label("席番号")).to_have_value("17R-01")
    expect(page.get_by_label("最初の日")).to_have_value(tomorrow().isoformat())
    expect(page.locator(f'[name="weekday"][value="{tomorrow().weekday()}"]')).to_be_checked()
    page.goto(page.url.partition("/seats/")[0] + f"/seats/free?floor=17&from=09:00&to=12:00&day={tomorrow()}")
    expect(page.get_by_role("textbox", name="用件")).to_have_count(0)  # it is taken
    with db.transaction():
        service.cancel(one.id, clock.now())
    page.reload()
    expect(page.get_by_role("textbox", name="用件")).to_have_count(1)
    check(page, axe)
    page.goto(page.url.partition("/seats/")[0] + path(seat="18A-002"))
    expect(page.locator("#seat-actions button")).to_contain_text("予約する")
    expect(page.locator("#seat-what-for")).to_be_hidden()  # a seat is for work


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
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method != "GET" else None)

    act(page, "着席する")

    expect(page.locator("#seat-said")).to_contain_text("着席しました。")
    expect(page.locator("#seat-state")).to_contain_text("着席中")
    assert [url.rsplit("/", 1)[-1] for url in asked] == ["bookings"], "one press, one request"
    act(page, "席を空ける")
    expect(page.locator("#seat-said")).to_have_text("席を空けました。")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("role", [Role.STAFF, Role.SECTION_ADMIN])
def test_the_seats_of_a_floor_are_accessible(open_page, hall, seats, axe, language, size, role):
    book(hall.suzuki, seats["18A-001"])
    me = hall.sato if role is Role.STAFF else hall.in_zone_a[0]
    book(me, seats["18A-002"], time(9), time(12))
    page = opened(open_page(path(seat="18A-002"), me, role=role, language=language, size=size))
    expect(page.locator("#seat-code")).to_have_text("18A-002")
    check(page, axe)
    page.locator("#show-table").click()
    check(page, axe)
    assert overflow_px(page) == 0


def press_until(page: Page, key: str, reached: str, at_most: int = 90) -> None:
    """Press a key until the focus is on what the selector finds."""
    for _ in range(at_most):
        page.keyboard.press(key)
        if page.evaluate("(one) => document.activeElement.matches(one)", reached):
            return
    raise AssertionError(f"{key} never led to {reached}")


def test_a_seat_is_found_booked_and_cancelled_in_the_list_by_keyboard_alone(open_page, hall, seats):
    page = opened(open_page(path(), hall.sato))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # to the map
    page.keyboard.press("t")
    press_until(page, "Tab", "#seat-list button")
    press_until(page, "Tab", "#seat-list tr:nth-child(3) button")
    page.keyboard.press("Enter")
    press_until(page, "Tab", "#seat-actions button")
    page.keyboard.press("Enter")
    expect(page.locator("#seat-said")).to_contain_text("予約しました。")
    assert held(hall.sato) == ["18A-003"]

    expect(page.locator("#seat-title")).to_be_focused()
    press_until(page, "Tab", "#seat-actions button:nth-child(1)")
    expect(page.locator("#seat-actions button").first).to_have_text("予約を取り消す")
    page.keyboard.press("Enter")

    expect(page.locator("#seat-said")).to_have_text("予約を取り消しました。")
    assert held(hall.sato) == []


def test_a_booking_is_cancelled_on_the_map_by_keyboard_alone(open_page, hall, seats):
    book(hall.sato, seats["18A-005"])
    page = opened(open_page(path(), hall.sato))
    press_until(page, "Tab", "button.seat")
    page.keyboard.press("ArrowDown")
    expect(seat(page, "18A-005")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "Tab", "#seat-actions button")
    page.keyboard.press("Enter")

    expect(page.locator("#seat-said")).to_have_text("予約を取り消しました。")
    assert held(hall.sato) == []


@pytest.fixture
def closed(hall) -> Iterator[date]:
    """The day after tomorrow, on which this building is closed."""
    day = tomorrow() + timedelta(days=1)
    with db.transaction():
        places.set_exceptions(hall.building, {day: ("設備点検", False)})
        record(Thing.FLOOR, hall.floor, clock.now())
    yield day
    with db.transaction():
        places.set_exceptions(hall.building, {})
        record(Thing.FLOOR, hall.floor, clock.now())


def open_days(page: Page) -> list[str]:
    """As the page has them when it is opened again."""
    page.reload()
    return page.evaluate("JSON.parse(document.getElementById('page').textContent).seats.open_days")


def test_the_days_step_over_one_on_which_the_building_is_closed(open_page, hall, seats, closed):
    page = open_page("/floors/18?show=seats&day=" + tomorrow().isoformat(), hall.sato)
    until(lambda: closed.isoformat() not in open_days(page))
    expect(page.locator("#seat-day")).to_have_value(tomorrow().isoformat())

    page.get_by_role("button", name="次の開庁日").click()
    expect(page.locator("#seat-day")).to_have_value((closed + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="前の開庁日").click()
    expect(page.locator("#seat-day")).to_have_value(tomorrow().isoformat())

    shown = page.locator("#seat-days button")
    expect(shown).to_have_count(4)
    assert not any(
        f"月{closed.day}日" in (name or "") for name in shown.evaluate_all("all => all.map(a => a.ariaLabel)")
    )


def test_a_closed_day_says_so_and_lets_nothing_be_booked(open_page, hall, seats, axe, closed):
    page = open_page(f"/floors/18?show=seats&day={closed.isoformat()}&seat=18A-001", hall.sato)

    expect(page.locator("#seat-closed")).to_have_text("閉庁日のため予約できません。")
    expect(page.locator("#seat-state")).to_contain_text("使用不可")
    expect(page.locator("#seat-actions button")).to_have_count(0)
    check(page, axe)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_what_needs_attention_is_marked_for_whoever_looks_after_the_seats(open_page, hall, seats, axe, size):
    with db.transaction():
        said = reports.report(seats["18A-004"], "monitor", "映りません", hall.sato, tomorrow(), clock.now())
    keeper = opened(open_page(path(seat="18A-004"), role=Role.FACILITIES, size=size))
    staff = opened(open_page(path(seat="18A-004"), hall.sato, size=size))

    expect(keeper.locator("#seat-problem")).to_have_text("要対応：外部モニター（映りません）")
    expect(keeper.get_by_role("link", name="要対応の席 1")).to_have_attribute("href", "/admin/seats/reports")
    expect(seat(keeper, "18A-004")).to_have_attribute("aria-label", re.compile("要対応：外部モニター（映りません）$"))
    mark = "getComputedStyle(document.querySelector('.seat--problem'), '::after').content"
    assert keeper.evaluate(mark) == '"!"'
    check(keeper, axe)
    keeper.locator("#show-table").click()
    expect(keeper.locator("#seat-list tr.is-chosen .seat-problems")).to_have_text("要対応：外部モニター（映りません）")
    expect(keeper.locator("#seat-list .seat-problems:visible")).to_have_count(1)
    keeper.locator("#show-map").click()
    keeper.locator("#seat-close").click()
    expect(keeper.locator(".seat-legend")).to_contain_text("要対応")
    expect(staff.locator("#seat-code")).to_have_text("18A-004")
    expect(staff.locator("#seat-problem")).to_be_hidden()
    expect(staff.locator(".seat--problem")).to_have_count(0)
    with db.transaction():
        reports.settle(said.id, "", clock.now())
    expect(keeper.locator(".seat--problem")).to_have_count(0, timeout=PATIENCE_MS)


def test_the_start_page_shows_at_once_what_was_booked_and_given_back_elsewhere(open_page, hall, seats):
    local = clock.now().astimezone(TOKYO)
    if local.hour == 23 and local.minute >= 40:
        pytest.skip("the day is nearly over")
    page = open_page("/", hall.sato)
    card = page.locator("#my-seat")
    expect(card).to_contain_text("今日の席はまだありません。")
    expect(page.locator("#live time")).to_be_attached(timeout=PATIENCE_MS)
    card.get_by_role("link", name="希望を選んで探す").focus()

    with db.transaction():
        made = service.sit_down(hall.sato, seats["18A-010"], soon(), How.WALK_UP, clock.now())

    expect(card).to_contain_text("18A-010", timeout=PATIENCE_MS)
    expect(page.locator("#my-seat-news")).to_contain_text("18A-010")
    expect(card.get_by_role("link", name="希望を選んで探す")).to_be_focused()
    with db.transaction():
        service.cancel(made.id, clock.now())
    expect(card).to_contain_text("今日の席はまだありません。", timeout=PATIENCE_MS)
