"""The seats of the demo hall, numbered as on the signs: 18A-012, 18S-03, 18G-1 with 18G-1-4, 18F-2, 18M-1."""

import random
from collections.abc import Iterator, Mapping
from datetime import datetime

from server.demo.geometry import Area, Layout
from server.places import service as places
from server.places.rules import Equipment, SeatKind
from server.places.service import NewSeat

DESKS = "ABCD"
AT_A_GROUP_DESK = 6
IN_A_BOOTH = 4
SQUARE_METRES_EACH = 3.6  # of a meeting room
OF_FLOOR = {"group": SeatKind.GROUP, "fixed": SeatKind.FIXED, "counter": SeatKind.COUNTER}
MONITOR, DOCK_BESIDE, STANDING, BY_THE_PASSAGE = 0.5, 0.7, 0.08, 0.08  # shares of the desks
QUIET_ROW = 8  # the desks of a zone's first island, by the window


def seats(of: Layout) -> dict[str, list[NewSeat]]:
    """Every seat of a floor, by the code of its zone."""
    found = {area.code: list(_seats(of, area)) for area in of.areas if not area.excluded}
    return {code: placed for code, placed in found.items() if placed}


def add_seats(of: Layout, zone_ids: Mapping[str, int], now: datetime) -> None:
    """Put them there."""
    for code, placed in seats(of).items():
        places.add_seats(zone_ids[code], placed, now)


def _seats(of: Layout, area: Area) -> Iterator[NewSeat]:
    letter = area.code.removeprefix(of.storey.code)
    if letter in DESKS:
        yield from _desks(of, area)
    elif letter == "S":
        for number, spot in enumerate(area.spots, 1):
            has = [Equipment.QUIET] + [Equipment.MONITOR] * (number % 2) + [Equipment.WHEELCHAIR] * (number == 1)
            yield NewSeat(f"{area.code}-{number:02}", SeatKind.SOLO, spot.x, spot.y, equipment=tuple(has))
    elif letter == "G":
        yield from _group_desks(of, area)
    elif area.kind == "room" and area.spots:
        yield from _rooms(of, area)


def _desks(of: Layout, area: Area) -> Iterator[NewSeat]:
    """Half of them with a monitor; the last one of a zone is a priority seat that a wheelchair reaches."""
    kind, last = OF_FLOOR[of.storey.kind], len(area.spots)
    rng = random.Random(area.code)
    for number, spot in enumerate(area.spots, 1):
        has: list[Equipment] = []
        if rng.random() < MONITOR:
            has.append(Equipment.MONITOR)
            if rng.random() < DOCK_BESIDE:
                has.append(Equipment.DOCK)
        if rng.random() < STANDING:
            has.append(Equipment.STANDING)
        if rng.random() < BY_THE_PASSAGE or kind is SeatKind.COUNTER:
            has.append(Equipment.NO_CONFIDENTIAL)
        if area.code.endswith("D") and number <= QUIET_ROW:
            has.append(Equipment.QUIET)
        is_priority = kind is SeatKind.GROUP and number == last
        if is_priority:
            has = [Equipment.WHEELCHAIR, Equipment.STANDING, Equipment.MONITOR]
        yield NewSeat(
            f"{area.code}-{number:03}", kind, spot.x, spot.y, is_priority=is_priority, equipment=tuple(sorted(set(has)))
        )


def _group_desks(of: Layout, area: Area) -> Iterator[NewSeat]:
    floor = of.storey.code
    spots = area.spots[: len(area.spots) - IN_A_BOOTH * len(of.booths)]
    for desk in range(len(spots) // AT_A_GROUP_DESK):
        around = spots[desk * AT_A_GROUP_DESK : (desk + 1) * AT_A_GROUP_DESK]
        x_m = sum(spot.x for spot in around) / len(around)
        y_m = sum(spot.y for spot in around) / len(around)
        code = f"{floor}G-{desk + 1}"
        has = (Equipment.MONITOR,) if desk == 0 else ()
        yield NewSeat(code, SeatKind.GROUP_DESK, round(x_m, 2), round(y_m, 2), AT_A_GROUP_DESK, equipment=has)
        for place, spot in enumerate(around, 1):
            yield NewSeat(f"{code}-{place}", SeatKind.GROUP_DESK, spot.x, spot.y, table=code)
    for number, booth in enumerate(of.booths, 1):
        yield NewSeat(f"{floor}F-{number}", SeatKind.BOOTH, *booth.centre, IN_A_BOOTH,
                      equipment=(Equipment.NO_CONFIDENTIAL,))  # fmt: skip


def _rooms(of: Layout, area: Area) -> Iterator[NewSeat]:
    """Numbered over all the floor, as on their doors."""
    before = 0
    for other in of.areas:
        here = [room for room in of.rooms if _is_in(room.centre, other)] if other.kind == "room" else []
        if other is area:
            for number, room in enumerate(here, before + 1):
                has = (Equipment.MONITOR, Equipment.WHEELCHAIR) if number % 2 else (Equipment.MONITOR,)
                capacity = max(4, round(room.w * room.h / SQUARE_METRES_EACH))
                x_m, y_m = (round(metres, 2) for metres in room.centre)
                yield NewSeat(f"{of.storey.code}M-{number}", SeatKind.ROOM, x_m, y_m, capacity, equipment=has)
        if not other.excluded:
            before += len(here)


def _is_in(point: tuple[float, float], area: Area) -> bool:
    box = area.box
    return box.x < point[0] < box.x + box.w and box.y < point[1] < box.y + box.h
