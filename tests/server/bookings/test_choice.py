"""Which seat comes nearest to another, and which lie side by side."""

from server.bookings import choice
from server.bookings.choice import Option
from server.bookings.rules import NOT_YOURS, Verdict
from server.places.queries import SeatView, ZoneView


def option(code: str, x_m: float, zone_id: int = 1, *, others: bool = False, **fields: object) -> Option:
    given = {"kind": "group", "y_m": 0.0} | fields
    seat = SeatView(int(x_m * 10) + zone_id * 10_000, zone_id, code, x_m=x_m, **given)
    zone = ZoneView(zone_id, 1, f"Z{zone_id}", "", "", "group", (), 10, False, False)
    return Option(seat, zone, Verdict(((NOT_YOURS, {}),) if others else ()))


def codes(found: list[Option]) -> list[str]:
    return [one.seat.code for one in found]


def test_the_nearest_is_of_the_same_kind_and_zone_and_has_the_same_equipment():
    wanted = option("1", 0, equipment=("monitor",)).seat
    far, bare = option("far", 9, equipment=("monitor",)), option("bare", 1)
    next_door, booth = option("next door", 1, 2, equipment=("monitor",)), option("booth", 1, kind="booth")

    assert choice.nearest(wanted, [bare, next_door, booth, far]) is far
    assert choice.nearest(wanted, [next_door, booth, bare]) is bare
    assert choice.nearest(wanted, [booth, next_door]) is next_door
    assert choice.nearest(wanted, []) is None


def test_side_by_side_means_close_together_in_one_zone_the_own_one_first():
    spread = [option("a", 0), option("b", 4), option("c", 8)]
    others = [option("d", 0, 2, others=True), option("e", 1, 2, others=True)]
    tight = [option("f", 20), option("g", 21)]

    assert codes(choice.beside(2, [*spread, *others, *tight])) == ["f", "g"]
    assert codes(choice.beside(2, [*spread[:1], *others])) == ["d", "e"]
    assert choice.beside(3, [*others, *tight]) == []


def test_tables_are_no_seats_side_by_side():
    assert choice.beside(2, [option("table", 0, capacity=6), option("a", 1)]) == []
