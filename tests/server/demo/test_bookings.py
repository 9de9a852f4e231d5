"""The demo's seats in use: house rules that differ, own seats, two months of bookings, and today's."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server import db
from server.bookings import queries
from server.bookings.models import Booking, Slot
from server.bookings.queries import RulesOfDay
from server.bookings.rules import How, Repeat
from server.demo.bookings import book_the_city, book_today
from server.demo.build import SITE, Resident, build_city
from server.demo.day import scenario
from server.demo.house import say_what_is_wrong
from server.places import queries as places
from server.places import reports
from server.places.rules import SeatKind

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
        book_the_city(places.building(SITE).id, residents, NOW)
        say_what_is_wrong(places.building(SITE).id, residents[0].person_id, NOW.date(), NOW)
    day = json.loads(json.dumps(scenario(residents, "Asia/Tokyo")))
    book_today(day, "08:20", [residents[0].person_id], NOW)
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

    assert [one.seat_code[:3] for one in mine] == ["18A"]
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
