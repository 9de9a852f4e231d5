"""The seats of the demo hall: as many as the table promises, numbered as on the signs, each on its floor."""

import re
from collections import Counter

from server.demo.city import STOREYS
from server.demo.geometry import HEIGHT_M, WIDTH_M, layout
from server.demo.seats import seats

FLOOR_18 = next(layout(storey) for storey in STOREYS if storey.code == "18")
EVERY = [seat for storey in STOREYS for placed in seats(layout(storey)).values() for seat in placed]


def test_floor_18_has_its_desks_solo_places_group_desks_and_booths():
    placed = seats(FLOOR_18)

    kinds = Counter(seat.kind for found in placed.values() for seat in found)
    assert kinds == {"group": 94, "solo": 6, "group_desk": 2 + 12, "booth": 4, "room": 4}
    codes = {seat.code for found in placed.values() for seat in found}
    assert {"18A-012", "18S-03", "18G-1", "18G-1-4", "18F-2", "18M-4"} <= codes


def test_every_code_is_one_seats_and_every_seat_stands_on_its_floor():
    assert len({seat.code for seat in EVERY}) == len(EVERY)
    signs = re.compile(r"\d+([A-D]-\d{3}|S-\d\d|G-\d(-\d)?|F-\d|M-\d+)")
    assert [seat for seat in EVERY if not signs.fullmatch(seat.code)] == []
    assert [seat for seat in EVERY if not (0 <= seat.x_m <= WIDTH_M and 0 <= seat.y_m <= HEIGHT_M)] == []


def test_nobody_sits_where_nobody_may_be_recorded():
    for storey in STOREYS:
        excluded = {area.code for area in layout(storey).areas if area.excluded}
        assert excluded.isdisjoint(seats(layout(storey)))


def test_the_hall_has_the_solo_places_booths_group_desks_and_rooms_of_the_table():
    kinds = Counter(seat.kind for seat in EVERY if seat.table is None)

    assert (kinds["solo"], kinds["booth"], kinds["group_desk"], kinds["room"]) == (100, 70, 32, 88)
    assert {seat.capacity for seat in EVERY if seat.kind == "group_desk" and seat.table is None} == {6}
    assert {seat.capacity for seat in EVERY if seat.kind == "booth"} == {4}


def test_about_half_of_the_desks_have_a_monitor_and_each_zone_a_priority_seat():
    desks = [seat for seat in EVERY if seat.kind == "group"]
    zones = {seat.code.split("-")[0] for seat in desks}

    assert 0.42 < sum("monitor" in seat.equipment for seat in desks) / len(desks) < 0.58
    assert Counter(seat.code.split("-")[0] for seat in desks if seat.is_priority) == dict.fromkeys(zones, 1)
    assert all("wheelchair" in seat.equipment for seat in desks if seat.is_priority)
