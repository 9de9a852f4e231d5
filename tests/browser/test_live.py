"""A page that stays open: people move, hide and come back, and the page says how old it is when it is old."""

import re
from collections.abc import Iterator
from datetime import UTC, timedelta

import make
import pytest
from playwright.sync_api import expect
from screens import PATIENCE_MS, STALE, chip, settled

from server import clock, db
from server.people import service as people
from server.people import sessions
from server.people.rules import Level, PauseLength
from server.places import service as places
from server.presence.rules import State

WAIT = {"timeout": PATIENCE_MS}
SIGNED_OUT = "status of 401"  # what the browser itself says of a question asked after the session ended


def row(page, name):
    """The person's line in the panel."""
    return page.locator("#people .people__person").filter(has_text=name)


@pytest.fixture
def person(hall) -> Iterator[int]:
    """雲類鷲 of zone 18B, there again and with nothing hidden when the test is over."""
    yield (person_id := hall.in_zone_b[0])
    hall.show(person_id, everyone=Level.ZONE, own_section=Level.SEAT, managers=Level.ZONE)
    with db.transaction():
        people.resume(person_id, clock.now())
    hall.put(person_id, hall.zone_b)


def test_a_person_who_moves_appears_in_the_other_zone_by_themselves(open_page, hall, person):
    page = settled(open_page("/floors/18", hall.stranger))
    expect(row(page, "雲類鷲 凪")).to_contain_text("B区画（南東）")

    hall.put(person, hall.zone_c)

    expect(row(page, "雲類鷲 凪")).to_contain_text("C区画（北東）", **WAIT)
    expect(chip(page, "雲類鷲 凪")).to_have_attribute("aria-label", re.compile("C区画（北東）"))
    expect(page.locator("#zones .zones__count")).to_have_text(["8 / 12", "5 / 6", "4 / 20", "1"], **WAIT)


def test_a_person_who_leaves_the_floor_leaves_the_page(open_page, hall, person):
    page = settled(open_page("/floors/18", hall.stranger))
    expect(chip(page, "雲類鷲 凪")).to_be_visible()

    hall.put(person, hall.zone_17, hall.other_floor)

    expect(chip(page, "雲類鷲 凪")).to_have_count(0, **WAIT)
    expect(page.locator("#tower [data-floor='17'] .tower__count")).to_have_text("4", **WAIT)
    expect(page.locator("#summary")).to_have_text("在館 18・定員 38")


def test_somebody_who_falls_silent_is_shown_as_such(open_page, hall, person):
    page = settled(open_page("/floors/18", hall.stranger))

    hall.put(person, hall.zone_b, state=State.SILENT, heard_at=clock.now())

    expect(row(page, "雲類鷲 凪")).to_contain_text("最終確認：B区画（南東）", **WAIT)
    expect(row(page, "雲類鷲 凪")).to_contain_text("不明（受信なし）")


@pytest.mark.parametrize("level", [Level.HIDDEN, Level.BUILDING], ids=str)
def test_showing_less_takes_the_chip_off_a_page_that_is_already_open_p4(open_page, hall, person, level):
    page = settled(open_page("/floors/18"))
    expect(chip(page, "雲類鷲 凪")).to_be_visible()

    hall.show(person, everyone=level)

    expect(chip(page, "雲類鷲 凪")).to_have_count(0, **WAIT)
    expect(row(page, "雲類鷲 凪")).to_have_count(0)


def test_showing_the_floor_only_moves_the_chip_out_of_the_zone_p4(open_page, hall, person):
    page = settled(open_page("/floors/18"))

    hall.show(person, everyone=Level.FLOOR)

    expect(page.locator("#somewhere .chip").filter(has_text="雲類鷲")).to_be_visible(**WAIT)
    expect(row(page, "雲類鷲 凪")).to_contain_text("18階のどこか")


def test_a_pause_takes_the_chip_off_every_open_page_also_the_managers_p5(open_page, hall):
    colleague = settled(open_page("/floors/18", hall.sato))
    manager = settled(open_page("/floors/18", hall.head))

    hall.pause(hall.suzuki)

    for page in (colleague, manager):
        expect(chip(page, "鈴木 一")).to_have_count(0, **WAIT)
    with db.transaction():
        people.resume(hall.suzuki, clock.now())
    hall.put(hall.suzuki, hall.zone_a)
    for page in (colleague, manager):
        expect(chip(page, "鈴木 一")).to_be_visible(**WAIT)


def test_the_card_of_somebody_who_hides_says_so_and_no_more_p5(open_page, hall, person):
    with db.transaction():
        people.pause(person, PauseLength.HOUR, clock.now(), UTC)

    page = open_page(f"/floors/18?person={person}", hall.head)

    card = page.locator("#card")
    expect(card.locator(".person-card__place")).to_have_text("所在非表示")
    expect(card).not_to_contain_text("18階")
    expect(card).not_to_contain_text("ビーコン")


def test_updates_keep_scrolling_focus_and_an_open_card_where_they_are(open_page, hall, person):
    page = settled(open_page("/floors/18", hall.stranger))
    panel = page.locator(".panel")
    last = page.locator("#people .people__person").last
    last.scroll_into_view_if_needed()
    last.focus()
    scrolled = panel.evaluate("panel => panel.scrollTop")
    assert scrolled > 0

    hall.put(person, hall.zone_c)
    expect(row(page, "雲類鷲 凪")).to_contain_text("C区画（北東）", **WAIT)

    expect(last).to_be_focused()
    assert panel.evaluate("panel => panel.scrollTop") == scrolled


def test_updates_can_be_paused_and_resumed(open_page, hall, person):
    page = settled(open_page("/floors/18", hall.stranger))
    page.get_by_role("button", name="更新を止める").click()
    expect(page.locator("#live")).to_have_text(re.compile("^更新を停止中（.+時点）$"))
    other = settled(open_page("/floors/18", hall.stranger))

    hall.put(person, hall.zone_c)

    expect(row(other, "雲類鷲 凪")).to_contain_text("C区画（北東）", **WAIT)
    expect(row(page, "雲類鷲 凪")).to_contain_text("B区画（南東）")
    page.get_by_role("button", name="更新を再開する").click()
    expect(row(page, "雲類鷲 凪")).to_contain_text("C区画（北東）")
    expect(page.locator("#live")).to_have_text(re.compile("更新中$"))


@pytest.mark.parametrize(
    ("path", "language", "says"),
    [
        ("/floors/18", "ja", r"^サーバーに接続できません。表示は\d?\d:\d\d時点のものです。$"),
        ("/floors/18", "en", r"^Cannot reach the server\. Shown as of \d?\d:\d\d\.$"),
        ("/", "en", r"^Cannot reach the server\. Shown as of \d?\d:\d\d\.$"),
    ],
    ids=["ja", "en", "start page"],
)
def test_a_page_outlives_its_server_and_says_from_when_it_is(open_page, hall, site, trouble, path, language, says):
    trouble.expect(r"net::ERR_")
    page = open_page(path, hall.stranger, language=language)
    live = page.locator("#live")
    expect(live.locator("time")).to_be_attached(**WAIT)

    site.kill()

    expect(live).to_have_text(re.compile(says), **WAIT)
    expect(live).to_have_class(STALE)
    shown = chip(page, "鈴木 一") if path != "/" else page.locator("#mine")
    expect(shown).to_be_visible()
    site.start()
    expect(live.locator("time")).to_be_attached(**WAIT)
    expect(live).not_to_have_class(STALE)


def test_what_happened_while_the_server_was_away_is_shown_when_it_is_back(open_page, hall, site, trouble, person):
    trouble.expect(r"net::ERR_")
    page = settled(open_page("/floors/18", hall.stranger))
    site.kill()
    expect(page.locator("#live")).to_have_class(STALE, **WAIT)
    hall.put(person, hall.zone_c)

    site.start()

    expect(row(page, "雲類鷲 凪")).to_contain_text("C区画（北東）", **WAIT)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("ja", r"^受信機からの情報が届いていません。表示は\d?\d:\d\d時点のものです。$"),
        ("en", r"^The sensors cannot be reached\. Shown as of \d?\d:\d\d\.$"),
    ],
    ids=["ja", "en"],
)
def test_a_dead_background_process_is_told_on_the_page_rp_11(open_page, hall, language, says):
    """RP-11: nothing that is old looks as if it were new."""
    page = settled(open_page("/floors/18", hall.stranger, language=language))

    hall.beats(clock.now() - timedelta(minutes=3))

    expect(page.locator("#live")).to_have_text(re.compile(says), **WAIT)
    expect(page.locator("#live")).to_have_class(STALE)
    hall.live()
    expect(page.locator("#live time")).to_be_attached(**WAIT)


def test_a_session_that_ends_leads_to_the_sign_in_page_and_back_sr_07(open_page, hall, trouble):
    trouble.expect(SIGNED_OUT)  # the page learns it from its stream or from its next question
    page = settled(open_page("/floors/18", hall.sato))

    with db.transaction():
        sessions.end_all(hall.account(hall.sato), clock.now())

    expect(page.get_by_label("ログイン名")).to_be_visible(**WAIT)
    expect(page.get_by_role("alert")).to_have_text(
        "一定時間操作がなかったため、ログアウトしました。もう一度ログインしてください。"
    )
    page.get_by_label("ログイン名").fill(f"staff-{hall.sato}")
    page.get_by_label("パスワード").fill(make.PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("18階 財務局")


def test_a_page_whose_stream_is_refused_learns_at_once_that_its_session_has_ended_sr_07(open_page, hall, trouble):
    trouble.expect(SIGNED_OUT)
    page, held = open_page("/directory", hall.sato), []
    page.route("**/api/v1/stream?*", lambda route: held.append(route))
    page.goto("/floors/18")
    settled(page)

    with db.transaction():
        sessions.end_all(hall.account(hall.sato), clock.now())
    held[0].continue_()

    expect(page.get_by_label("ログイン名")).to_be_visible(**WAIT)


def test_a_replayed_recording_is_drawn_beside_its_estimate(open_page, hall):
    now = clock.now()
    with db.transaction():
        walk = [(float(t), 2.0 + t / 10, 2.0) for t in range(300)]
        places.set_true_path(hall.other_floor, "walk", walk, [(t, x + 0.5, y) for t, x, y in walk])
        places.start_true_path(hall.other_floor, now - timedelta(seconds=5), now)
    page = settled(open_page("/floors/17", hall.stranger, language="en"))

    expect(page.locator("#somewhere-note")).to_have_text(re.compile(r"^Recorded walk walk, \d+ s of 299 s$"), **WAIT)
    expect(page.locator("path.path-true")).to_have_count(1)
    expect(page.locator("path.path-estimate")).to_have_count(1)
    expect(page.locator("#legend")).to_contain_text("True path")
    with db.transaction():
        places.start_true_path(hall.other_floor, None, clock.now())
    expect(page.locator("#somewhere-note")).to_have_text("The recording begins again in a moment.", **WAIT)


def test_a_recording_without_a_true_path_shows_its_estimate_alone(open_page, hall):
    now = clock.now()
    with db.transaction():
        places.set_true_path(hall.other_floor, "alone", [], [(float(t), 2.0 + t / 10, 2.0) for t in range(300)])
        places.start_true_path(hall.other_floor, now - timedelta(seconds=5), now)

    page = settled(open_page("/floors/17", hall.stranger))

    expect(page.locator("#somewhere-note")).to_have_text(re.compile(r"^記録した歩行 alone　\d+秒／299秒$"), **WAIT)
