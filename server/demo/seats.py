"""The seats of the demo hall, numbered as on the signs: 18A-012, 18S-03, 18G-1-4, 18F-2."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from server.demo.geometry import Area, Layout
from server.places import service as places
from server.places.rules import SeatKind
from server.places.service import NewSeat

DESKS = "ABCD"
AT_A_GROUP_DESK = 6
IN_A_BOOTH = 4
OF_FLOOR = {"group": SeatKind.GROUP, "fixed": SeatKind.FIXED, "counter": SeatKind.COUNTER}


def seats(of: Layout) -> dict[str, list[NewSeat]]:
    """Every seat of a floor, by the code of its zone."""
    found = {area.code: list(_seats(of, area)) for area in of.areas if not area.excluded}
    return {code: placed for code, placed in found.items() if placed}


def add_seats(of: Layout, zone_ids: Mapping[str, int], now: datetime) -> None:
    """Put them there."""
    for code, placed in seats(of).items():
        places.add_seats(zone_ids[code], placed, now)


def _seats(of: Layout, area: Area) -> Iterator[NewSeat]:
    floor = of.storey.code
    letter = area.code.removeprefix(floor)
    if letter in DESKS:
        kind = OF_FLOOR[of.storey.kind]
        for number, spot in enumerate(area.spots, 1):
            yield NewSeat(f"{area.code}-{number:03}", kind, spot.x, spot.y)
    elif letter == "S":
        for number, spot in enumerate(area.spots, 1):
            yield NewSeat(f"{area.code}-{number:02}", SeatKind.SOLO, spot.x, spot.y)
    elif letter == "G":
        at_desks = len(area.spots) - IN_A_BOOTH * len(of.booths)
        for number, spot in enumerate(area.spots[:at_desks]):
            desk, place = divmod(number, AT_A_GROUP_DESK)
            yield NewSeat(f"{floor}G-{desk + 1}-{place + 1}", SeatKind.GROUP_DESK, spot.x, spot.y)
        for number, booth in enumerate(of.booths, 1):
            yield NewSeat(f"{floor}F-{number}", SeatKind.BOOTH, *booth.centre)
