"""The floor's page: map, list and card say the same, in both languages."""

import re

import pytest
from playwright.sync_api import expect
from screens import WIDE, Size, chip, settled, zone_of

from server import clock, db
from server.presence import queries as presence

LIVE = {"ja": re.compile(r"更新中$"), "en": re.compile(r"^Live, ")}


@pytest.mark.parametrize(
    ("language", "heading", "summary", "zone"),
    [
        ("ja", "18階 財務局", "在館 19・定員 38", "A区画（南西） 8人、定員 12"),
        ("en", "18F Finance Bureau", "19 here, room for 38", "Zone A (south-west): 8 here, room for 12"),
    ],
)
def test_a_floor_shows_its_zones_with_count_and_capacity(open_page, hall, language, heading, summary, zone):
    page = settled(open_page("/floors/18", hall.sato, language=language))

    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.locator("#summary")).to_have_text(summary)
    expect(page.locator("#live")).to_have_text(LIVE[language])
    expect(page.locator("#map").get_by_role("button", name=zone)).to_be_visible()
    expect(page.locator("#map img.leaflet-image-layer")).to_have_js_property("naturalWidth", 960)
    expect(page.locator("#zones .zones__count")).to_have_text(["8 / 12", "6 / 6", "3 / 20", "1"])


def test_a_place_that_records_nothing_says_so_p8(open_page, hall):
    page = settled(open_page("/floors/18", hall.sato))

    expect(page.locator("#map").get_by_role("button", name="化粧室 所在は記録しません")).to_be_visible()
    page.goto("/floors/24")
    expect(page.locator("#summary")).to_have_text("ここでは所在を記録しません")
    expect(page.locator("#zones-empty")).to_be_visible()


def test_a_floor_without_a_plan_says_so_and_shows_its_zones(open_page, hall):
    page = settled(open_page("/floors/17", hall.sato))

    expect(page.get_by_text("この階の図面はまだ登録されていません。")).to_be_visible()
    expect(page.locator("#map").get_by_role("button", name="17A区画 3人、定員 30")).to_be_visible()
    page.goto("/floors/18")
    settled(page)
    expect(page.get_by_text("この階の図面はまだ登録されていません。")).to_be_hidden()


def test_people_stand_in_the_row_of_their_zone_and_the_uncertain_one_beside_the_map(open_page, hall):
    page = settled(open_page("/floors/18", hall.sato))

    assert zone_of(page, "鈴木 一").startswith("A区画")
    assert zone_of(page, "入江 岳").startswith("B区画")
    expect(chip(page, "林 一")).to_have_attribute("aria-label", re.compile("おそらくここ"))
    expect(page.locator("#somewhere .chip")).to_have_count(1)
    expect(chip(page, "田中 一")).to_be_visible()
    expect(chip(page, "瀬名 一")).to_have_count(0)  # the refresh corner names nobody
    expect(page.locator("#summary")).to_have_text("在館 19・定員 38")  # and counts all the same


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_list_has_the_same_people_as_the_map_behind_a_key_and_a_switch(open_page, hall, language):
    page = settled(open_page("/floors/18", hall.sato, language=language))
    on_map = {label.split(", ")[0] for label in page.locator("#stage .chip[aria-label]").evaluate_all(
        "chips => chips.map((chip) => chip.getAttribute('aria-label'))")}  # fmt: skip
    beside = page.locator("#people .people__name").all_inner_texts()

    page.keyboard.press("t")

    table = page.locator("#people-table tbody")
    expect(table.locator("tr")).to_have_count(18)
    expect(page.locator("#map")).to_be_hidden()
    listed = table.locator("th").all_inner_texts()
    assert listed == beside
    assert on_map == set(listed)
    zone_rows = page.locator("#zone-table tbody tr")
    expect(zone_rows).to_have_count(5)
    page.locator("#show-map").click()
    expect(page.locator("#map")).to_be_visible()
    expect(page.locator("#listing")).to_be_hidden()
    page.locator("#show-table").click()
    expect(table).to_be_visible()


def test_people_are_listed_by_their_reading(open_page, hall):
    page = settled(open_page("/floors/18", hall.sato))

    names = page.locator("#people .people__name").all_inner_texts()

    assert names[:5] == ["東 樹", "入江 岳", "雲類鷲 凪", "榎並 紬", "大砂 蓮"]
    assert names.index("東 樹", 1) == names.index("林 一") + 1  # あずま comes first, ひがし after はやし


def test_the_filter_finds_a_name_a_reading_and_a_unit(open_page, hall):
    page = settled(open_page("/floors/18", hall.sato))
    names = page.locator("#people .people__name")

    page.locator("#filter").fill("うるわし")
    expect(names).to_have_text(["雲類鷲 凪"])
    page.locator("#filter").fill("髙波")
    expect(names).to_have_text(["髙波 一"])
    page.locator("#filter").fill("財政")
    expect(names).to_have_count(8)
    page.locator("#filter").fill("だれもいない")
    expect(page.locator("#people-empty")).to_have_text("該当する人はいません。")


@pytest.mark.parametrize(
    ("language", "unit", "place", "source"),
    [
        ("ja", "財務局 財政課", "18階 A区画（南西）", r"ビーコン、(たった今|\d+秒前|\d+分前)"),
        ("en", "Finance Bureau Fiscal Section", "18F, Zone A (south-west)", r"beacon, (just now|\d+ (s|min) ago)"),
    ],
)
def test_a_card_says_name_unit_place_source_and_age_and_writes_a_look_up_p11(
    open_page, hall, language, unit, place, source
):
    page = settled(open_page("/floors/18", hall.stranger, language=language))
    began = clock.now()

    chip(page, "髙波 一").click()

    card = page.locator("#card")
    expect(card.get_by_role("heading")).to_contain_text("髙波 一")
    expect(card.locator("rt")).to_have_text("たかなみ")
    expect(card.locator(".person-card__unit")).to_have_text(f"{unit}　課長")
    expect(card.locator(".person-card__place")).to_have_text(place)
    expect(card).to_contain_text(re.compile(source))
    expect(card.get_by_role("heading")).to_be_focused()
    with db.reading():
        seen = presence.look_ups_of(hall.head, began)
    assert [(one.viewer_name, one.screen) for one in seen] == [("田中 一", "map")]


def test_escape_closes_the_card_and_the_focus_returns(open_page, hall):
    page = settled(open_page("/floors/18", hall.sato))
    chip(page, "鈴木 一").click()
    expect(page.locator("#card")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.locator("#card")).to_be_hidden()
    expect(chip(page, "鈴木 一")).to_be_focused()


def test_a_card_opened_in_the_list_is_a_look_up_from_the_list_p11(open_page, hall):
    page = settled(open_page("/floors/18", hall.stranger))
    began = clock.now()
    page.keyboard.press("t")

    page.locator("#people-table").get_by_role("button", name="入江 岳").click()

    expect(page.locator("#card")).to_contain_text("18階 B区画（南東）")
    with db.reading():
        assert [one.screen for one in presence.look_ups_of(hall.in_zone_b[1], began)] == ["list"]


def test_one_reads_where_somebody_is_from_the_address_of_a_floor(open_page, hall):
    page = open_page(f"/floors/18?person={hall.suzuki}", hall.stranger)

    expect(page.locator("#card").get_by_role("heading")).to_contain_text("鈴木 一")
    expect(page.locator("#map .zone-shape--found")).to_have_count(1)
    expect(chip(page, "鈴木 一")).to_have_class(re.compile("chip--found"))


def test_the_floors_beside_the_map_carry_their_counts(open_page, hall):
    page = settled(open_page("/floors/18", hall.sato))
    tower = page.get_by_role("navigation", name="フロア")

    expect(tower.locator("a")).to_have_count(3)
    expect(tower.locator("[data-floor='18'] .tower__count")).to_have_text("19")
    expect(tower.locator("[data-floor='17'] .tower__count")).to_have_text("3")
    expect(tower.locator("[aria-current='page']")).to_have_attribute("data-floor", "18")
    tower.locator("[data-floor='17']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("17階 税務部")


def test_the_start_page_says_where_i_am_and_where_my_team_is(open_page, hall):
    page = open_page("/", hall.sato)

    expect(page.locator("#mine")).to_have_text("18階 A区画（南西）")
    expect(page.locator("#team .people__name")).to_have_count(7)
    expect(page.locator("#team-unknown summary")).to_have_text("ほか 2人（所在の情報なし）")
    expect(page.locator("#total")).to_have_text("庁内に 22人")
    expect(page.locator("#tower [data-floor='17'] .tower__count")).to_have_text("3")


@pytest.mark.parametrize("size", [WIDE, Size(1024, 768)], ids=["wide", "laptop"])
def test_names_of_the_same_family_are_told_apart(open_page, hall, size):
    page = settled(open_page("/floors/18", hall.sato, size=size))

    page.locator("#zones").get_by_role("button", name=re.compile("A区画")).click()

    expect(chip(page, "菊川 結衣")).to_have_text("菊川 結衣")
    expect(chip(page, "菊川 航")).to_have_text("菊川 航")
