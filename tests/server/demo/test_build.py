"""The city in its database: everything the table and the names promise, and the day that is made of it."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from edge_agent import scenario as simulated
from server import clock, db
from server.demo.build import SITE, Resident, build_city
from server.demo.city import PEOPLE, STOREYS
from server.demo.day import SILENT, scenario
from server.demo.geometry import HEIGHT_M, TOILETS, WIDTH_M
from server.demo.statuses import say_today
from server.fleet import queries as fleet
from server.people import queries as people
from server.people.rules import Audience
from server.places import queries as places
from server.presence import queries as presence
from server.presence.rules import StatusKind


class City(NamedTuple):
    """A built city and what its builder said."""

    url: str
    residents: list[Resident]
    said: list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def built(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> City:
    """Built once: it takes seconds."""
    file = tmp_path_factory.mktemp("city") / "iruka.db"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{file}"
    said: list[tuple[str, int, int]] = []
    db.connect(url)
    residents = build_city(clock.now(), lambda *progress: said.append(progress))
    db.disconnect()
    return City(url, residents, said)


@pytest.fixture
def city(built: City) -> Iterator[City]:
    """The city, with this process connected to its database."""
    db.connect(built.url)
    yield built
    db.disconnect()


def test_the_city_has_everything_of_the_table(city):
    with db.reading():
        building = places.building(SITE)
        floors = places.floors(building.id)
        zones = places.zones_of_building(building.id)
        receivers = fleet.receivers(building.id)
        cards = people.cards(clock.now().date())

    assert [floor.code for floor in floors] == [storey.code for storey in STOREYS]
    assert all(floor.plan is not None and floor.plan.media == "image/svg+xml" for floor in floors)
    assert Counter(receiver.floor_code for receiver in receivers) == {
        storey.code: storey.receivers for storey in STOREYS if storey.receivers
    }
    assert len(cards) == len(city.residents) == PEOPLE
    assert sum(zone.capacity for zone in zones if zone.code[-1] in "ABCD") == 1918
    assert {floor.code for floor in floors if floor.excluded} == {"24", "23"}


def test_everybody_has_a_post_in_a_section_and_every_section_a_zone_and_a_head(city):
    with db.reading():
        day = clock.now().date()
        cards, units = people.cards(day).values(), people.units_on(day)
        zones = places.zones_of_building(places.building(SITE).id, day)
    owners = {unit_id for zone in zones for unit_id in zone.unit_ids}

    assert [card for card in cards if card.unit_id is None or not card.title] == []
    sections = {unit.id for unit in units.values() if unit.kind == "section"}
    assert owners >= sections
    assert {units[i].kind for i in owners - sections} == {"bureau"}  # solo places, group desks and rooms
    assert {card.unit_id for card in cards if card.title == "課長"} == sections
    finance = Counter(card.unit_name for card in cards if card.unit_path[1:2] == ("財務局",))
    assert 20 <= finance["財政課"] <= 24


def test_the_first_resident_is_who_signs_in_as_a_guide(city):
    guide = city.residents[0]

    assert (guide.name.family, guide.storey.code, guide.section.name, guide.title) == ("髙波", "18", "財政課", "課長")
    assert guide.tag is not None
    with db.reading():
        choices = people.choices_of([guide.person_id])[guide.person_id]
    assert choices.notice_read and not choices.paused and not choices.levels


def test_badges_are_voluntary_and_say_nothing_about_their_carrier_p6_p20(city):
    with db.reading():
        carriers = fleet.carriers(clock.now())
    carrying = [one for one in city.residents if one.tag is not None]

    assert carriers == {one.tag: one.person_id for one in carrying}
    assert 0.75 < len(carrying) / PEOPLE < 0.9
    minors = [int(one.tag.rsplit("-", 1)[1]) for one in carrying]
    assert minors != sorted(minors)


def test_some_have_not_read_the_notice_some_hide_and_some_show_less_p2_p4_p5(city):
    with db.reading():
        choices = people.choices_of()
    with_badge = {one.person_id for one in city.residents if one.tag is not None}

    unread = [i for i in with_badge if not choices[i].notice_read]
    paused = [one for one in choices.values() if one.paused]
    less = [one for one in choices.values() if Audience.EVERYONE in one.levels]

    assert 10 < len(unread) < 150
    assert 20 < len(paused) < 120
    assert 100 < len(less) < 350


def test_names_survive_the_database_unchanged(city):
    with db.reading():
        cards = people.cards(clock.now().date())

    kept = {i: (card.family_name, card.given_name) for i, card in cards.items()}
    assert kept == {one.person_id: (one.name.family, one.name.given) for one in city.residents}


def test_the_builder_says_how_far_it_is(city):
    floors = [(done, total) for what, done, total in city.said if what == "floors"]
    built = [(done, total) for what, done, total in city.said if what == "people"]

    assert floors == [(n, 25) for n in range(1, 26)]
    assert built[-1] == (PEOPLE, PEOPLE)
    assert built == sorted(built)


@pytest.fixture(scope="module")
def day(built: City) -> dict:
    """A day of the city as the file the simulator reads."""
    return json.loads(json.dumps(scenario(built.residents, "Asia/Tokyo"), ensure_ascii=False))


def test_the_day_is_a_scenario_that_the_simulator_accepts(day, tmp_path):
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(day, ensure_ascii=False), "utf-8")

    loaded = simulated.load(file)

    assert loaded.site == SITE
    assert len(loaded.receivers) == 118
    assert len(loaded.floor_ids) == 25
    assert loaded.silent == set(SILENT)
    assert 1300 < len(loaded.tags) < 1600


def test_the_same_residents_have_the_same_day(built, day):
    again = scenario(built.residents, "Asia/Tokyo")

    assert json.loads(json.dumps(again)) == day


def test_everybodys_stops_follow_each_other_inside_the_hall(day):
    assert day["people"]
    for person in day["people"]:
        seconds = [stop[0] for stop in person["stops"]]
        assert seconds == sorted(set(seconds)), person["tag"]
        assert all(0 <= x <= WIDTH_M and 0 <= y <= HEIGHT_M for _at, _floor, x, y, _kind in person["stops"])
        assert person["stops"][0][4] == "entrance"
        assert person["stops"][-1][4] == "away"


def test_nobody_goes_to_the_council_or_the_lobby(day):
    assert not {stop[1] for person in day["people"] for stop in person["stops"]} & {"25", "24", "23"}


def test_four_in_ten_arrive_between_quarter_past_and_half_past_eight(day):
    arrivals = [person["stops"][0][0] for person in day["people"]]

    share = sum(8 * 3600 + 15 * 60 <= at <= 8 * 3600 + 30 * 60 for at in arrivals) / len(arrivals)

    assert 0.38 < share < 0.7


def test_the_guide_is_there_before_the_day_is_shown(built, day):
    (stops,) = (one["stops"] for one in day["people"] if one["tag"] == built.residents[0].tag)

    assert stops[0][0] == 8 * 3600
    assert stops[1][1] == "18"


def test_toilets_are_gone_to_so_that_it_shows_that_nothing_is_recorded_p8(day):
    spots = [(x, y) for person in day["people"] for _at, _floor, x, y, kind in person["stops"] if kind == "toilet"]

    assert len(spots) > 500
    assert all(TOILETS.x <= x <= TOILETS.x + TOILETS.w and TOILETS.y <= y <= TOILETS.y + TOILETS.h for x, y in spots)


def test_the_scenario_holds_no_name(built, day):
    text = json.dumps(day, ensure_ascii=False)

    assert not [one.name.family for one in built.residents if len(one.name.family) > 1 and one.name.family in text]


def test_whoever_works_at_home_or_is_on_leave_does_not_come_in(city):
    now, day = clock.now(), scenario(city.residents, "Asia/Tokyo")
    say_today(day, "10:10", [], now)

    with db.reading():
        said = presence.statuses_at(now)
        carriers = fleet.carriers(now)
    come = {carriers[one["tag"]] for one in day["people"]}
    kinds = Counter(status.kind for status in said.values())
    at_home = {i for i, status in said.items() if status.kind in (StatusKind.TELEWORK, StatusKind.LEAVE)}

    assert not at_home & come
    assert set(carriers.values()) - come <= at_home
    assert 0.06 * PEOPLE < kinds[StatusKind.TELEWORK] < 0.12 * PEOPLE
    assert 0.03 * PEOPLE < kinds[StatusKind.LEAVE] < 0.09 * PEOPLE
    assert kinds[StatusKind.TRIP] > 20 and kinds[StatusKind.MEETING] > 5
