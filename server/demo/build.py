"""Fills an empty database with the demo city: hall, units, people, badges, receivers; says how far it is."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from server import db
from server.demo.city import BUILDING, BUILDING_EN, CITY, CITY_EN, PEOPLE, STOREYS, Section, Storey
from server.demo.days import close_days, stay_awake
from server.demo.duties import READINGS, duties
from server.demo.geometry import CEILING_M, HEIGHT_M, PORTALS, SLAB_DB, WIDTH_M, Layout, layout
from server.demo.house import keep_house
from server.demo.memos import take_calls
from server.demo.names import Name, names
from server.demo.notice import TEXT_EN, TEXT_JA
from server.demo.phones import number_the_city
from server.demo.plan import plan
from server.demo.seats import add_seats
from server.fleet import service as fleet
from server.people import queries as people_queries
from server.people import service as people
from server.people.rules import Audience, Level, PauseLength
from server.places import queries as places_queries
from server.places import service as places

SITE = "demo"
FISCAL_YEAR = date(2026, 4, 1)
SEED = 20260401
CARRIES_BADGE = 0.82
HAS_READ_NOTICE = 0.97  # of those with a badge; nothing is recorded of the rest (P2)
PAUSED = 0.03
CONCURRENT_EVERY, CONCURRENT_STEP = 50, 30  # who also works for another section, and how far on in the list that is
SHOWS_LESS = ((Level.FLOOR, 0.05), (Level.BUILDING, 0.03), (Level.HIDDEN, 0.02))  # to other sections
PEOPLE_A_TRANSACTION = 100

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Resident:
    """A person of the demo as the simulator needs them."""

    person_id: int
    name: Name
    storey: Storey
    section: Section | None  # None: heads the bureau or a department
    title: str
    tag: str | None


@dataclass(frozen=True, slots=True)
class Post:
    """A place in the hall that somebody will fill."""

    storey: Storey
    section: Section | None
    unit_id: int
    title: str
    is_head: bool


def build_city(now: datetime, progress: Progress) -> list[Resident]:
    """Build everything; the database must be migrated and empty."""
    with db.transaction():
        building_id = places.add_building(
            SITE,
            BUILDING,
            name_en=BUILDING_EN,
            opens_at="00:00",
            closes_at="24:00",
        )  # whoever starts a demo at night wants to see somebody; a real building keeps its hours (P7)
        _keep_days(now)
        version = people.publish_notice(
            TEXT_JA,
            TEXT_EN,
            "潮川市 総務人事局 情報管理責任者 / Information officer",
            "潮川市庁舎所在情報取扱要綱",
            now,
            FISCAL_YEAR,
        )
    layouts = [layout(storey) for storey in STOREYS]
    for done, one in enumerate(layouts, 1):
        with db.transaction():
            _add_floor(building_id, one, now)
        progress("floors", done, len(layouts))
    with db.transaction():
        posts = _add_units(places_queries.floors(building_id))
    residents = list(_add_people(posts, version, now, progress))
    with db.transaction():
        number_the_city(building_id, FISCAL_YEAR, now.date(), now)
        take_calls([one.person_id for one in residents[:2]], now, now.date())
    with db.transaction():
        today = now.astimezone(_hall().zone).date()
        keep_house(building_id, _members(residents, now.date()), FISCAL_YEAR, today, now)
    return residents


def _keep_days(now: datetime) -> None:
    close_days(_hall(), now)
    stay_awake(_hall(), now)


def _hall() -> places_queries.BuildingView:
    found = places_queries.building(SITE)
    if found is None:
        raise RuntimeError("the demo's building is not there")
    return found


def _add_floor(building_id: int, of: Layout, now: datetime) -> None:
    storey = of.storey
    floor_id = places.add_floor(
        building_id,
        storey.code,
        storey.level,
        storey.name,
        name_en=storey.name_en,
        width_m=WIDTH_M,
        height_m=HEIGHT_M,
        kind=storey.kind,
        excluded=storey.kind == "excluded",
        portals=[list(portal) for portal in PORTALS],
        slab_db=SLAB_DB,
    )
    places.set_plan(floor_id, plan(of), "image/svg+xml", now, width_m=WIDTH_M, height_m=HEIGHT_M)
    zone_ids: dict[str, int] = {}
    for sort, area in enumerate(of.areas):
        zone_ids[area.code] = places.add_zone(
            floor_id,
            area.code,
            area.name,
            area.box.corners,
            name_en=area.name_en,
            kind=area.kind,
            capacity=area.capacity,
            excluded=area.excluded,
            counts_only=area.counts_only,
            sort=sort,
        )
    add_seats(of, zone_ids, now)
    for agent, x_m, y_m in of.receivers:
        fleet.add_receiver(agent, floor_id, x_m, y_m, CEILING_M)


def _add_units(floors: list[places_queries.FloorView]) -> list[Post]:
    """Bureaus and their sections, the zones they own, and every post in them."""
    zone_ids = {zone.code: zone.id for floor in floors for zone in places_queries.zones(floor.id)}
    top = people.add_unit("000", CITY, "city", FISCAL_YEAR, name_en=CITY_EN, kana=READINGS[CITY])
    bureaus: dict[str, int] = {}
    posts: list[Post] = []
    for storey in STOREYS:
        if not storey.sections:
            continue
        is_new = storey.bureau not in bureaus
        if is_new:
            number = len(bureaus) + 21
            bureaus[storey.bureau] = people.add_unit(
                str(number), storey.bureau, "bureau", FISCAL_YEAR,
                name_en=storey.bureau_en, kana=READINGS[storey.bureau], parent_id=top, sort=number,
            )  # fmt: skip
        bureau = bureaus[storey.bureau]
        heads = [Post(storey, None, bureau, "局長", True)] if is_new and storey.staff > 30 else []
        if storey.staff > 60:
            heads.append(Post(storey, None, bureau, "部長", False))
        left, weight = storey.staff - len(heads), sum(section.share for section in storey.sections)
        posts += heads
        for sort, section in enumerate(storey.sections):
            count = round(left * section.share / weight)
            left, weight = left - count, weight - section.share
            unit = people.add_unit(
                f"{storey.level}-{sort + 1}", section.name, "section", FISCAL_YEAR,
                name_en=section.name_en, kana=READINGS[section.name], parent_id=bureau, sort=sort,
            )  # fmt: skip
            places.own_zone(zone_ids[f"{storey.code}{section.zone}"], unit, FISCAL_YEAR)
            titles = ["課長", "課長補佐", "係長", "係長", "主任", "主任", "主任"]
            posts += [
                Post(storey, section, unit, titles[i] if i < len(titles) else "職員", i == 0) for i in range(count)
            ]
    if len(posts) != PEOPLE:
        raise RuntimeError(f"the sections have {len(posts)} posts, the floors {PEOPLE}")
    return sorted(
        posts, key=lambda post: post.section is None or post.section.name != "財政課"
    )  # the guide's section first


def _add_people(posts: list[Post], notice: int, now: datetime, progress: Progress) -> Iterator[Resident]:
    rng = random.Random(SEED)
    drawn = list(islice(names(SEED), len(posts)))
    minors = rng.sample(range(1, 65_536), len(posts))  # a badge's number says nothing of who carries it (P20)
    for start in range(0, len(posts), PEOPLE_A_TRANSACTION):
        batch = range(start, min(start + PEOPLE_A_TRANSACTION, len(posts)))
        with db.transaction():
            found = [_add_person(i, posts[i], drawn[i], minors[i], notice, now, rng) for i in batch]
            for i in batch:
                _add_concurrent_post(i, found[i - start].person_id, posts)
        yield from found
        progress("people", batch.stop, len(posts))


def _add_person(
    number: int, post: Post, name: Name, minor: int, notice: int, now: datetime, rng: random.Random
) -> Resident:
    employment = rng.choices(("regular", "reappointed", "fixed_term", "agency"), (78, 6, 15, 1))[0]
    person_id = people.add_person(
        f"{100_000 + number * 7}",
        name.family,
        name.given,
        FISCAL_YEAR,
        family_kana=name.family_kana,
        given_kana=name.given_kana,
        employment="regular" if post.is_head else employment,
        mail=f"m{number + 1:04}@city.shiokawa.example",
    )
    people.add_membership(
        person_id,
        post.unit_id,
        FISCAL_YEAR,
        title=post.title,
        is_head=post.is_head,
        duties=duties(None if post.section is None else post.section.name, post.title, random.Random(number)),
    )
    tag = None
    is_guide = number == 0  # who signs in first should see how it works
    if is_guide or rng.random() < CARRIES_BADGE:
        tag = f"s-{1001 + number // 500}-{minor}"
        handed_over_at = datetime(2026, 4, 1, tzinfo=UTC)
        fleet.hand_over_tag(fleet.add_tag(tag), person_id, handed_over_at)
        if is_guide or rng.random() < HAS_READ_NOTICE:
            people.read_notice(person_id, notice, now - timedelta(hours=1))
    if not is_guide:
        _choose(person_id, now, rng)
    return Resident(person_id, name, post.storey, post.section, post.title, tag)


def _members(residents: Sequence[Resident], day: date) -> dict[int, list[int]]:
    """Unit → those whose primary post it is, in the order of their titles."""
    cards = people_queries.cards(day, [one.person_id for one in residents])
    found: dict[int, list[int]] = {}
    for one in residents:
        unit_id = cards[one.person_id].unit_id
        if unit_id is not None:
            found.setdefault(unit_id, []).append(one.person_id)
    return found


def _add_concurrent_post(number: int, person_id: int, posts: list[Post]) -> None:
    """One in fifty also works for another section (兼務)."""
    post, other = posts[number], posts[(number + CONCURRENT_STEP) % len(posts)]
    if number % CONCURRENT_EVERY or post.is_head or other.section is None or other.unit_id == post.unit_id:
        return
    people.add_membership(person_id, other.unit_id, FISCAL_YEAR, title=post.title, is_primary=False)


def _choose(person_id: int, now: datetime, rng: random.Random) -> None:
    """Some show less than the default to other sections, a few have paused."""
    draw = rng.random()
    for level, share in SHOWS_LESS:
        if draw < share:
            people.set_visibility(person_id, {Audience.EVERYONE: level}, now)
            break
        draw -= share
    if rng.random() < PAUSED:
        people.pause(person_id, rng.choice((PauseLength.HOUR, PauseLength.UNTIL_ENDED)), now, UTC)
