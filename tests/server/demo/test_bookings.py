"""The demo's seats in use: rules that differ, own seats, four months of bookings, today's, and what to look at."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server import db
from server.bookings import checkin, queries, series, waits
from server.bookings.models import Booking, Slot
from server.bookings.queries import RulesOfDay
from server.bookings.rules import How, Repeat, State
from server.demo.bookings import GUIDES, book_the_city, book_today
from server.demo.build import SITE, Resident, build_city
from server.demo.day import scenario
from server.demo.days import next_days
from server.demo.guide import prepare, take_an_afternoon_off, work_out_months
from server.demo.house import say_what_is_wrong
from server.demo.statuses import say_today
from server.places import queries as places
from server.places import reports
from server.places.rules import SeatKind
from server.presence import queries as presence
from server.presence.rules import StatusKind
from server.seating import draws, fixation_months
from server.seating import lottery_queries as lotteries

NOW = datetime(2026, 11, 24, 9, 5, tzinfo=ZoneInfo("Asia/Tokyo"))  # a Tuesday; build_city may run at any hour


class Hall:
    """The city with its bookings."""

    def __init__(self, url: str, residents: list[Resident]) -> None:
        self.url, self.residents = url, residents


@pytest.fixture(scope="module")
def built(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """Built once: it takes seconds."""
    file = tmp_path_factory.mktemp("booked") / "iruka.db"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{file}"
    db.connect(url)
    residents = build_city(NOW, lambda *_: None)
    with db.transaction():
        building = places.building(SITE)
        book_the_city(building.id, residents, NOW)
        work_out_months(building, NOW)
        prepare(building, residents[0].person_id, NOW)
        say_what_is_wrong(building.id, residents[0].person_id, NOW.date(), NOW)
    day = json.loads(json.dumps(scenario(residents, "Asia/Tokyo")))
    guides = [one.person_id for one in residents[:GUIDES]]
    say_today(day, "08:20", guides, NOW)
    with db.transaction():
        take_an_afternoon_off(building, guides[0], NOW)
    book_today(day, "08:20", guides, NOW)
    db.disconnect()
    return Hall(url, residents)


@pytest.fixture
def hall(built: Hall) -> Iterator[Hall]:
    db.connect(built.url)
    yield built
    db.disconnect()


def test_house_rules_differ_by_bureau(hall: Hall) -> None:
    with db.reading():
        building = places.building(SITE)
        of_day = RulesOfDay(building.id, NOW.date())
        zones = {zone.code: zone for zone in places.zones_of_building(building.id, NOW.date())}

    def rules(code: str):
        return of_day.of(zones[code], SeatKind.GROUP)

    assert (rules("19A").repeat, rules("21B").repeat, rules("20A").repeat) == (
        Repeat.LOTTERY_ONLY, Repeat.BLOCK, Repeat.HINT,
    )  # fmt: skip
    assert (rules("11C").ahead_days, rules("16D").is_soft) == (0, True)
    assert rules("18A").overflow == ("18D", "18B", "18G")
    assert len(rules("18A").checklist) == 3
    assert of_day.of(zones["18S"], SeatKind.SOLO).quota_per_week == 4


def test_fixed_and_counter_floors_have_their_own_people(hall: Hall) -> None:
    with db.reading():
        building = places.building(SITE).id
        own = [seat.id for seat in places.seats(building) if seat.kind in ("fixed", "counter")]
        holders = places.holders(own, NOW.date())

    assert len(holders) > 0.9 * len(own)
    assert len(set(holders.values())) == len(holders)


def test_some_always_take_the_same_seat_and_some_move(hall: Hall) -> None:
    used: defaultdict[int, Counter[int]] = defaultdict(Counter)
    with db.reading():
        past = select(Booking.person_id, Booking.seat_id).where(Booking.ends_at < NOW, Booking.is_confirmed)
        for person_id, seat_id in db.session.execute(past):
            used[person_id][seat_id] += 1
    shares = [seats.most_common(1)[0][1] / seats.total() for seats in used.values() if seats.total() >= 10]

    assert len(shares) > 1000
    assert 0.25 < sum(share > 0.7 for share in shares) / len(shares) < 0.45
    assert 0.2 < sum(share < 0.3 for share in shares) / len(shares) < 0.5


def test_nobody_has_two_places_and_no_seat_two_people(hall: Hall) -> None:
    with db.reading():
        ahead = list(db.session.scalars(select(Booking).where(Booking.ends_at > NOW)))
        slots = Counter(db.session.scalars(select(Slot.booking_id)))

    quarters = Counter(int((one.ends_at - one.starts_at) / timedelta(minutes=15)) for one in ahead)
    assert len(ahead) > 3000
    assert sum(n * q for q, n in quarters.items()) == sum(slots.values())
    assert len(slots) == len(ahead)


def test_whoever_signs_in_as_the_guide_has_a_booking_today_and_half_of_those_who_come(hall: Hall) -> None:
    midnight = NOW.replace(hour=0, minute=0) + timedelta(days=1)
    with db.reading():
        mine = queries.of_person(hall.residents[0].person_id, NOW, midnight)
        today = queries.of_person(hall.residents[0].person_id, NOW, midnight + timedelta(days=3))
        found = db.session.scalars(select(Booking).where(Booking.starts_at < midnight, Booking.ends_at > NOW)).all()

    assert [one.seat_code[:3] for one in mine] == ["18A", "18M"]
    assert mine[0].how == How.FIND
    assert len(today) > 1
    assert 400 < len(found) < 900


def test_nothing_is_booked_ahead_where_one_walks_up(hall: Hall) -> None:
    tomorrow = NOW.replace(hour=0, minute=0) + timedelta(days=1)
    with db.reading():
        building = places.building(SITE)
        floor = places.floor_by_code(building.id, "11")
        groups = {seat.id for seat in places.seats_on_floor(floor.id) if seat.kind == "group"}
        found = [
            one for one in queries.of_floor(floor.id, tomorrow, tomorrow + timedelta(days=10)) if one.seat_id in groups
        ]

    assert found == []


def test_there_is_something_to_see_to(hall: Hall) -> None:
    with db.reading():
        building = places.building(SITE).id
        zones = [zone.id for zone in places.zones_of_building(building)]
        seats = {seat.code: seat.id for seat in places.seats(building)}
        waiting = reports.open_in(zones)
        out = places.outages(list(seats.values()), NOW, NOW + timedelta(minutes=1))

    assert len(waiting) == 5
    assert len(out) == 4


def zones_by_code() -> dict[str, places.ZoneView]:
    return {zone.code: zone for zone in places.zones_of_building(places.building(SITE).id, NOW.date())}


def test_the_months_of_fixed_seats_are_there_and_fell_when_the_rule_of_18a_began(hall: Hall) -> None:
    with db.reading():
        zone = zones_by_code()["18A"]
        told = fixation_months.of_zones([zone.id], date(2025, 10, 1))
        changed = fixation_months.rule_changes(
            places.building(SITE).id, {zone.id: zone.floor_id}, date(2025, 10, 1), NOW.date()
        )[zone.id]

    assert [one.first for one in told] == [date(2026, month, 1) for month in (7, 8, 9, 10)]
    assert [(one.day, one.kind) for one in changed] == [(date(2026, 9, 1), "group")]
    before, after = [one.of_all.index for one in told[:2]], [one.of_all.index for one in told[2:]]
    assert min(before) > max(after) + 0.1


def test_most_zones_with_seats_to_choose_have_every_month(hall: Hall) -> None:
    with db.reading():
        ids = [zone.id for code, zone in zones_by_code().items() if code[-1] in "ABCD"]
        told = Counter(one.zone_id for one in fixation_months.of_zones(ids, date(2025, 10, 1)) if one.of_all)

    assert len(told) > 50
    assert Counter(told.values())[4] > 50


def test_bookings_older_than_ninety_days_name_nobody_p10(hall: Hall) -> None:
    with db.reading():
        old = select(Booking.person_id).where(Booking.ends_at < NOW - timedelta(days=90))
        assert set(db.session.scalars(old)) == {None}


def test_nothing_was_or_is_booked_on_weekends_holidays_and_the_citys_closed_days(hall: Hall) -> None:
    with db.reading():
        building = places.building(SITE)
        days = {at.astimezone(building.zone).date() for at in db.session.scalars(select(Booking.starts_at))}
        opening = places.opening(building)

    closed = {day for day, is_open in opening.exceptions.items() if not is_open}
    assert {day for day in days if not opening.is_open_on(day)} == set()
    assert date(2026, 11, 3) not in days and date(2026, 11, 23) not in days, "holidays"
    assert {day < NOW.date() for day in closed} == {True, False}, "one has been, one is ahead"
    assert all(day.weekday() < 5 and min(days) < day < max(days) + timedelta(days=5) for day in closed)


def test_the_next_working_days_seats_of_18a_were_drawn_and_can_be_drawn_again(hall: Hall) -> None:
    guide = hall.residents[0].person_id
    with db.reading():
        tomorrow = next_days(places.opening(places.building(SITE)), NOW.date())[0]
        (drawn,) = lotteries.draws(zones_by_code()["18A"].id, tomorrow)
        results = lotteries.results(drawn.id)
        assert draws.is_as_drawn(drawn.id)

    of_guide = [one for one in results if one.person_id == guide]
    assert len(results) > 20
    assert [one.seat_id is not None for one in of_guide] == [True]


def test_one_zones_seats_are_drawn_by_its_rule(hall: Hall) -> None:
    with db.reading():
        of_day = RulesOfDay(places.building(SITE).id, NOW.date())
        drawing = {c for c, zone in zones_by_code().items() if of_day.of(zone, SeatKind.GROUP).draws_at is not None}

    assert drawing == {"19A"}


def test_the_guide_has_a_series_waits_for_a_room_and_has_an_afternoon_off(hall: Hall) -> None:
    guide = hall.residents[0].person_id
    with db.reading():
        days = next_days(places.opening(places.building(SITE)), NOW.date())
        (every_week,) = series.of_person(guide, NOW)
        (wait,) = waits.of_person(guide, NOW)
        off = [one for one in presence.statuses_of(guide, NOW) if one.starts_at.date() == days[3]]
        (shortened,) = queries.of_person(
            guide, *(datetime.combine(days[3], at, NOW.tzinfo) for at in (time(0), time(23)))
        )
        assert len(series.bookings_of(every_week.id, NOW)) >= 1

    assert every_week.weekdays == {days[2].weekday()}
    assert (wait.kind, wait.state, wait.starts_at.astimezone(NOW.tzinfo).date()) == ("room", "waiting", days[1])
    assert [one.said.kind for one in off] == [StatusKind.LEAVE]
    assert shortened.ends_at == datetime.combine(days[3], time(13), NOW.tzinfo)


def test_when_the_section_administrator_cancels_a_room_the_guide_is_offered_it(hall: Hall) -> None:
    guide, keeper = (one.person_id for one in hall.residents[:2])
    with db.reading():
        (wait,) = waits.of_person(guide, NOW)
        has = [one for one in queries.of_person(keeper, wait.starts_at, wait.ends_at) if one.kind == "room"]

    assert [one.seat_code[:3] for one in has] == ["18M"]


def test_those_who_sign_in_are_there_today(hall: Hall) -> None:
    with db.reading():
        said = presence.statuses_at(NOW, [one.person_id for one in hall.residents[:GUIDES]])

    assert not [one for one in said.values() if one.said.is_elsewhere]


def test_within_minutes_somebody_is_warned_and_released(hall: Hall) -> None:
    guide = hall.residents[0].person_id
    with db.reading():
        warned, _released = checkin.missed(NOW)
        _warned, released = checkin.missed(NOW + timedelta(minutes=15))
        bookings = [queries.booking(i) for i in released]

    assert len(warned) >= 3
    assert set(warned) <= set(released)
    assert {one.state for one in bookings} == {State.BOOKED}
    assert {one.seat_code[:3] for one in bookings if one.person_id == guide} == {"18M"}
    assert len({one.person_id for one in bookings} - {guide}) >= 3
