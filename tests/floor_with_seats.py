"""A floor with two zones of seats, a table with two places, a booth and a room; three sections and their people."""

import make

from server import db
from server.bookings.models import HouseRule
from server.bookings.rules import stored
from server.changes import Thing, record
from server.places import service as places
from server.places.service import NewSeat


class FloorWithSeats:
    """Zone A is 資金課's, zone B is 財政課's, both in one bureau; 税務課 is in another. Built in a transaction."""

    def __init__(self, **building: object) -> None:
        with db.transaction():
            self.building = make.building(**building)
            self.floor = make.floor(self.building)
            self.zone_a, self.zone_b = make.zone(self.floor, "18A"), make.zone(self.floor, "18B", x_m=20.0)
            self.seats = [make.seat(self.zone_a, f"18A-{n:03}", x_m=float(n)) for n in range(1, 5)]
            self.seat, self.next_seat = self.seats[:2]
            self.other_seat = make.seat(self.zone_b, "18B-001", x_m=21.0)
            table = NewSeat("18A-T1", "group_desk", 1.0, 8.0, 4)
            parts = [NewSeat(f"18A-T1{letter}", "group_desk", 1.0, 8.0, table="18A-T1") for letter in "ab"]
            rest = [
                NewSeat("18A-B1", "booth", 3.0, 8.0, 4),
                NewSeat("18A-R1", "room", 5.0, 8.0, 8),
                NewSeat("18A-P1", "group", 7.0, 8.0, is_priority=True, equipment=("wheelchair",)),
                NewSeat("18A-F1", "fixed", 9.0, 8.0),
            ]
            places.add_seats(self.zone_a, [table, *parts, *rest], make.at("07:00", make.DAY))
            ids = {seat.code: seat.id for seat in places_on(self.floor)}
            self.table, self.places = ids["18A-T1"], (ids["18A-T1a"], ids["18A-T1b"])
            self.booth, self.room = ids["18A-B1"], ids["18A-R1"]
            self.priority, self.fixed = ids["18A-P1"], ids["18A-F1"]
            bureau, elsewhere = make.unit("財政局", kind="bureau"), make.unit("税務局", kind="bureau")
            self.section = make.unit("資金課", parent_id=bureau)
            self.other_section = make.unit("財政課", parent_id=bureau)
            self.strange_section = make.unit("税務課", parent_id=elsewhere)
            places.own_zone(self.zone_a, self.section, make.DAY)
            places.own_zone(self.zone_b, self.other_section, make.DAY)
            self.suzuki = make.person("鈴木", "一", unit_id=self.section)
            self.sato = make.person("佐藤", "二", unit_id=self.section)
            self.neighbour = make.person("田中", "三", unit_id=self.other_section)
            self.stranger = make.person("山本", "四", unit_id=self.strange_section)

    def rule(self, scope: str = "", kind: str = "", **settings: object) -> None:
        """Set a house rule from the first day on, of zone A unless another scope is given; opens a transaction."""
        with db.transaction():
            where = scope or f"zone:{self.zone_a}"
            row = HouseRule(scope=where, kind=kind, valid_from=make.DAY, settings=stored(settings), set_by="資金課")
            db.session.add(row)
            record(Thing.SEATS, self.floor, make.at("07:00", make.DAY))


def places_on(floor_id: int) -> list:
    """The seats of the floor."""
    from server.places import queries

    return list(queries.seats_on_floor(floor_id))
