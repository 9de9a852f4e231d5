"""Seats as they are described, given to people, moved between zones and retired."""

from datetime import date, timedelta

import make
import pytest

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.places import queries, seats
from server.places.seats import NewSeat

DAY, LATER = make.DAY, date(2026, 10, 1)
NOW = make.at("09:00")


class Office:
    """Two zones of a floor with a table of two places in the first."""

    def __init__(self) -> None:
        with db.transaction():
            self.floor = make.floor(make.building(), "18")
            self.a, self.b = make.zone(self.floor, "18A"), make.zone(self.floor, "18B", x_m=20.0)
            self.one = make.seat(self.a, "18A-001")
            self.other = make.seat(self.b, "18B-001", x_m=21.0)
            places = [NewSeat(f"18G-1-{n}", "group_desk", 3.0, 3.0, table="18G-1") for n in (1, 2)]
            seats.add_seats(self.a, [NewSeat("18G-1", "group_desk", 3.0, 3.0, 2), *places], NOW)
            self.sato, self.suzuki = make.person("佐藤"), make.person("鈴木")

    def seat(self, code: str) -> queries.SeatView:
        with db.reading():
            return next(one for one in queries.seats_on_floor(self.floor) if one.code == code)


@pytest.fixture
def office(database: str) -> Office:
    return Office()


def test_a_seat_is_described_anew_and_open_maps_are_told(office: Office) -> None:
    with db.transaction():
        before = changes.latest_id()
        seats.describe(
            office.one, kind="solo", equipment=["quiet", "monitor", "quiet"], is_priority=True, capacity=1, now=NOW
        )
        told = {line.thing for line in changes.since(before)}

    seat = office.seat("18A-001")
    assert (seat.kind, seat.equipment, seat.is_priority) == ("solo", ("monitor", "quiet"), True)
    assert told == {Thing.SEATS, Thing.FLOOR}


@pytest.mark.parametrize(
    "wrong", [{"kind": "throne"}, {"equipment": ["sauna"]}, {"capacity": 0}, {"capacity": 501}], ids=str
)
def test_a_description_that_will_not_do_changes_nothing(office: Office, wrong: dict) -> None:
    given = {"kind": "group", "equipment": ["monitor"], "is_priority": False, "capacity": 1} | wrong

    with pytest.raises(Refused) as refused, db.transaction():
        seats.describe(office.one, **given, now=NOW)

    assert refused.value.status == 422
    assert office.seat("18A-001").equipment == ()


def test_a_seat_is_one_persons_at_a_time_and_back_to_back_works(office: Office) -> None:
    with db.transaction():
        first = seats.give(office.one, office.sato, DAY, LATER, NOW)
        seats.give(office.one, office.suzuki, LATER, None, NOW)

    with pytest.raises(Refused) as refused, db.transaction():
        seats.give(office.one, office.sato, LATER - timedelta(days=1), LATER, NOW)
    with db.reading():
        assert queries.holders([office.one], LATER - timedelta(days=1)) == {office.one: office.sato}
        assert queries.holders([office.one], LATER) == {office.one: office.suzuki}
    assert refused.value.code == "held_then"

    with db.transaction():
        seats.end_holding(first, office.one, date(2026, 6, 1), NOW)
    with db.reading():
        assert queries.holders([office.one], date(2026, 6, 1)) == {}


def test_a_form_cannot_end_the_holding_of_another_seat(office: Office) -> None:
    with db.transaction():
        first = seats.give(office.one, office.sato, DAY, None, NOW)

    with pytest.raises(Refused), db.transaction():
        seats.end_holding(first, office.other, LATER, NOW)


def test_who_had_a_seat_long_ago_is_forgotten_p10(office: Office) -> None:
    with db.transaction():
        seats.give(office.one, office.sato, DAY, LATER, NOW)
        seats.give(office.one, office.suzuki, LATER, None, NOW)
        assert seats.forget_holders(LATER) == 0
        assert seats.forget_holders(LATER + timedelta(days=1)) == 1


def test_a_new_short_code_ends_the_old_sign(office: Office) -> None:
    old = office.seat("18A-001").short_code
    with db.transaction():
        new = seats.renew_code(office.one, NOW)

    with db.reading():
        assert queries.seat_by_short_code(old) is None
        assert queries.seat_by_short_code(f" {new[:3]}-{new[3:].lower()}").id == office.one


def test_every_zone_has_a_short_code_of_its_own_from_the_start(office: Office) -> None:
    with db.reading():
        codes = {zone.short_code for zone in queries.zones(office.floor)}

    assert len(codes) == 2 and None not in codes
    with db.transaction():
        assert seats.renew_zone_code(office.a) not in codes


def test_a_table_retires_with_its_places_and_comes_back_with_them(office: Office) -> None:
    with db.transaction():
        seats.retire(office.seat("18G-1").id, LATER, NOW)
    assert {office.seat(code).retired_on for code in ("18G-1", "18G-1-1", "18G-1-2")} == {LATER}

    with db.transaction():
        seats.retire(office.seat("18G-1").id, None, NOW)
    assert office.seat("18G-1-2").retired_on is None


def test_two_zones_become_one_when_all_seats_of_one_move(office: Office) -> None:
    with db.transaction():
        here = [one.id for one in queries.seats_on_floor(office.floor) if one.zone_id == office.a]
        assert seats.move_to_zone(here, office.b, NOW) == 4

    with db.reading():
        assert {one.zone_id for one in queries.seats_on_floor(office.floor)} == {office.b}


def test_a_table_moves_with_its_places_and_no_place_without_it(office: Office) -> None:
    with db.transaction():
        assert seats.move_to_zone([office.seat("18G-1").id], office.b, NOW) == 3

    with pytest.raises(Refused) as refused, db.transaction():
        seats.move_to_zone([office.seat("18G-1-1").id], office.a, NOW)
    assert refused.value.code == "part_of_table"


def test_no_seat_moves_to_another_floor_or_beside_one_of_the_same_code(office: Office) -> None:
    with db.transaction():
        upstairs = make.zone(make.floor(queries.building("main").id, "19"), "19A")
        make.seat(office.b, "18A-001", x_m=22.0)

    for zone, code in ((upstairs, "other_floor"), (office.b, "seat_exists"), (999_999, "no_zone")):
        with pytest.raises(Refused) as refused, db.transaction():
            seats.move_to_zone([office.one], zone, NOW)
        assert refused.value.code == code
    assert office.seat("18A-001").zone_id in (office.a, office.b)
