"""Where everything stands on a floor of the demo hall: core, zones, desk islands, rooms, booths, lockers, receivers.

Metres, x to the east, y to the south, as on the plan. The core is in the middle; zones A to D lie south-west,
south-east, north-east and north-west of it.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from server.demo.city import Storey

WIDTH_M, HEIGHT_M = 48.0, 32.0
SLAB_DB = 18.0
LIFTS = ((24.0, 16.0),)
PORTALS = ((24.0, 16.0), (19.2, 16.0), (28.8, 14.0))  # lift lobby and the two stairs
ENTRANCE = (24.0, 30.5)  # on the ground floor
DESK_M = (1.4, 0.7)
CEILING_M = 2.6


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    w: float
    h: float

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def corners(self) -> list[list[float]]:
        """Its outline."""
        return [
            [self.x, self.y],
            [self.x + self.w, self.y],
            [self.x + self.w, self.y + self.h],
            [self.x, self.y + self.h],
        ]


class Spot(NamedTuple):
    """A place where somebody sits; `facing` is −1 with the back to the south, +1 to the north."""

    x: float
    y: float
    facing: int = 1


@dataclass(frozen=True, slots=True)
class Area:
    """A zone of the floor."""

    code: str
    name: str
    name_en: str
    kind: str
    box: Box
    spots: tuple[Spot, ...] = ()
    capacity: int = 0
    excluded: bool = False
    counts_only: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A floor as it is built."""

    storey: Storey
    areas: tuple[Area, ...]
    islands: tuple[Box, ...] = ()  # desks, as the block they form
    tables: tuple[Box, ...] = ()
    rooms: tuple[Box, ...] = ()  # with walls and a door
    booths: tuple[Box, ...] = ()
    lockers: tuple[Box, ...] = ()
    receivers: tuple[tuple[str, float, float], ...] = ()
    solid: tuple[Box, ...] = field(default=())  # nobody goes there

    def area(self, letter: str) -> Area:
        """The zone of this letter."""
        return next(area for area in self.areas if area.code == f"{self.storey.code}{letter}")


CORE = Box(18.0, 12.0, 12.0, 8.0)
TOILETS = Box(26.5, 16.6, 3.5, 3.4)
QUARTERS = {
    "A": Box(0.0, 20.5, 17.0, 11.5),
    "B": Box(31.0, 20.5, 17.0, 11.5),
    "C": Box(31.0, 0.0, 17.0, 11.5),
    "D": Box(0.0, 0.0, 17.0, 11.5),
}
QUARTER_NAMES = {
    "A": ("南西", "south-west"),
    "B": ("南東", "south-east"),
    "C": ("北東", "north-east"),
    "D": ("北西", "north-west"),
}
NORTH, SOUTH = Box(17.0, 0.0, 14.0, 11.5), Box(17.0, 20.5, 14.0, 11.5)
WEST, EAST = Box(0.0, 11.5, 10.0, 9.0), Box(38.0, 11.5, 10.0, 9.0)


def layout(storey: Storey) -> Layout:
    """The floor of a storey."""
    build = {
        "group": _office,
        "fixed": _office,
        "counter": _counter,
        "shared": _shared,
        "public": _lobby,
        "excluded": _closed,
    }[storey.kind]
    return build(storey)


def _office(storey: Storey) -> Layout:
    """Desks around the core, shared kinds of work place north and south; fixed floors have fewer of them."""
    code, group = storey.code, storey.kind == "group"
    areas, islands = _quarters(storey)
    rooms = [Box(0.0, 11.5, 10.0, 4.5), Box(0.0, 16.0, 10.0, 4.5)]
    areas.append(_room_area(code, "M1", "会議室1・2", "Rooms 1 and 2", WEST, rooms))
    if group:
        east = [Box(38.0, 11.5, 10.0, 4.5), Box(38.0, 16.0, 10.0, 4.5)]
        areas.append(_room_area(code, "M3", "会議室3・4", "Rooms 3 and 4", EAST, east))
        rooms += east
    tables, booths = [_table(room) for room in rooms], []
    if group:
        group_tables = [Box(18.6, 1.4, 3.6, 1.4), Box(25.8, 1.4, 3.6, 1.4)]
        booths = [Box(17.6 + 3.3 * i, 7.4, 2.6, 2.4) for i in range(4)]
        spots = [spot for table in group_tables for spot in _around(table, 3)]
        spots += [spot for booth in booths for spot in _in_booth(booth)]
        areas.append(
            Area(f"{code}G", "グループデスク・ブース", "Group desks and booths", "group", NORTH, tuple(spots), 28)
        )
        tables += group_tables
        desks = [Box(18.0 + 2.0 * i, 28.6, 1.2, 0.7) for i in range(6)]
        solo = tuple(Spot(box.centre[0], box.y - 0.5, 1) for box in desks)
        areas.append(Area(f"{code}S", "ソロワークスペース", "Solo work space", "group", SOUTH, solo, 6))
        tables += desks
    areas.append(_toilets(code))
    lockers = [
        Box(box.x + 1.5, 10.7 if letter in "CD" else 20.7, 12.0, 0.5) for letter, box in QUARTERS.items()
    ] if storey.staff > 60 else [Box(1.5, 20.7, 12.0, 0.5)]  # fmt: skip
    places = [QUARTERS[letter].centre for letter in "ABCD"] + [(24.0, 5.5), (24.0, 26.0)]
    if not group:
        places = [QUARTERS["A"].centre, QUARTERS["B"].centre, (24.0, 5.5)]
    return Layout(
        storey,
        tuple(areas),
        tuple(islands),
        tuple(tables),
        tuple(rooms),
        tuple(booths),
        tuple(lockers),
        _receivers(storey, places),
        (CORE,),
    )


def _counter(storey: Storey) -> Layout:
    """Offices in the north, a counter and the public's waiting room in the south."""
    code = storey.code
    areas, islands = _quarters(storey, front=True)
    public = Area(
        f"{code}P", "待合（来庁者エリア）", "Waiting room (public area)", "counter", SOUTH, (), 30, counts_only=True
    )
    both = [Box(0.0, 11.5, 10.0, 4.5), Box(0.0, 16.0, 10.0, 4.5)]
    areas += [public, _room_area(code, "M1", "会議室1・2", "Rooms 1 and 2", WEST, both), _toilets(code)]
    if storey.level == 2:
        areas.append(Area("2H", "健康管理室", "Health room", "room", EAST, (), 0, excluded=True))
    counters = (Box(18.0, 21.4, 12.0, 0.8),)
    places = [QUARTERS[letter].centre for letter in "ABCD"]
    rooms = (*both, EAST) if storey.level == 2 else tuple(both)
    return Layout(storey, tuple(areas), tuple(islands), (*counters, *map(_table, both)), rooms,
                  receivers=_receivers(storey, places), solid=(CORE,))  # fmt: skip


def _shared(storey: Storey) -> Layout:
    """Meeting rooms for everybody, solo places and booths, the canteen, a place to rest."""
    code = storey.code
    width = QUARTERS["D"].w / 3
    west = [Box(width * i, y, width, h) for y, h in ((0.0, 5.6), (5.6, 5.9)) for i in range(3)]
    east = [Box(QUARTERS["C"].x + box.x, box.y, box.w, box.h) for box in west]
    training = [Box(0.0, 11.5, 10.0, 4.5), Box(0.0, 16.0, 10.0, 4.5)]
    rooms = [*west, *east, *training]
    solo_desks = [Box(18.2 + 3.3 * i, 2.4, 1.2, 0.7) for i in range(4)]
    solo = tuple(Spot(box.centre[0], box.y - 0.5, 1) for box in solo_desks)
    booths = [Box(17.8 + 4.4 * i, y, 2.6, 2.4) for y in (4.9, 8.3) for i in range(3)]
    in_booths = tuple(spot for booth in booths for spot in _in_booth(booth))
    canteen = Box(0.0, 20.5, 31.0, 11.5)
    rest = Box(31.0, 20.5, 17.0, 11.5)
    canteen_tables = [Box(1.5 + 4.2 * i, 22.4 + 2.9 * j, 2.4, 0.9) for i in range(7) for j in range(3)]
    rest_tables = [Box(33.0 + 4.6 * i, 23.0 + 3.6 * j, 1.2, 1.2) for i in range(3) for j in range(2)]
    areas = (
        _room_area(code, "M1", "会議室1～6", "Rooms 1 to 6", QUARTERS["D"], west),
        _room_area(code, "M7", "会議室7～12", "Rooms 7 to 12", QUARTERS["C"], east),
        _room_area(code, "T", "研修室", "Training rooms", WEST, training),
        Area(f"{code}S", "ソロワークスペース", "Solo work space", "shared", Box(17.0, 0.0, 14.0, 4.5), solo, 4),
        Area(f"{code}G", "ブース", "Booths", "shared", Box(17.0, 4.5, 14.0, 7.0), in_booths, 24),
        Area(f"{code}K", "職員食堂", "Staff canteen", "refresh", canteen,
             tuple(spot for table in canteen_tables for spot in _around(table, 2)), 84, counts_only=True),
        Area(f"{code}R", "リフレッシュスペース", "Refresh space", "refresh", rest,
             tuple(spot for table in rest_tables for spot in _around(table, 1)), 24, counts_only=True),
        _toilets(code),
    )  # fmt: skip
    tables = [_table(room) for room in rooms] + solo_desks + canteen_tables + rest_tables
    places = [QUARTERS["D"].centre, QUARTERS["C"].centre, canteen.centre, rest.centre]
    return Layout(
        storey, areas, (), tuple(tables), tuple(rooms), tuple(booths),
        receivers=_receivers(storey, places), solid=(CORE,),
    )  # fmt: skip


def _lobby(storey: Storey) -> Layout:
    tables = tuple(Box(4.0 + 8.0 * i, y, 2.0, 2.0) for i in range(6) for y in (3.0, 27.0))
    return Layout(storey, (), tables=tables, solid=(CORE,))


def _closed(storey: Storey) -> Layout:
    """The council decides for itself: no receivers, no presence (P8)."""
    name, name_en = storey.name, storey.name_en
    areas = (Area(f"{storey.code}X", name, name_en, "fixed", Box(0.0, 0.0, WIDTH_M, 11.5), excluded=True),)
    return Layout(storey, areas, rooms=(Box(8.0, 1.0, 32.0, 10.0),), solid=(CORE,))


def _quarters(storey: Storey, *, front: bool = False) -> tuple[list[Area], list[Box]]:
    """The zones with desks, as many desks each as their sections have people."""
    shares: dict[str, float] = {}
    for section in storey.sections:
        shares[section.zone] = shares.get(section.zone, 0.0) + section.share
    areas, islands = [], []
    left, weight = storey.desks, sum(shares.values())
    for letter in sorted(shares):
        desks = round(left * shares[letter] / weight)
        left, weight = left - desks, weight - shares[letter]
        spots, blocks = _desks(QUARTERS[letter], desks)
        islands += blocks
        names = "・".join(s.name for s in storey.sections if s.zone == letter)
        where, where_en = QUARTER_NAMES[letter]
        kind = "counter" if front else storey.kind
        name = f"{letter}区画（{where}）" if kind == "group" else names
        name_en = f"Zone {letter} ({where_en})" if kind == "group" else ", ".join(
            s.name_en for s in storey.sections if s.zone == letter
        )  # fmt: skip
        areas.append(Area(f"{storey.code}{letter}", name, name_en, kind, QUARTERS[letter], tuple(spots), desks))
    return areas, islands


def _desks(box: Box, count: int) -> tuple[list[Spot], list[Box]]:
    """Islands of two rows by four desks, filled evenly; the seats on either side."""
    width, depth = DESK_M
    needed = -(-count // 8)
    rows = -(-needed // 2)
    top, pitch = {1: (3.6, 0.0), 2: (1.6, 4.8)}.get(rows, (1.1, 3.4))
    places = [(box.x + 1.4 + column * 8.4, box.y + top + row * pitch) for row in range(rows) for column in range(2)]
    spots: list[Spot] = []
    blocks: list[Box] = []
    for i in range(needed):
        x, y = places[i]
        here = count // needed + (i < count % needed)
        columns = -(-here // 2)
        blocks.append(Box(x, y + 0.5, columns * width, 2 * depth))
        for seat in range(here):
            column, south = seat // 2, seat % 2
            spots.append(Spot(x + (column + 0.5) * width, y + (0.1 if not south else 2.3), -1 if south else 1))
    return spots, blocks


def _room_area(code: str, letter: str, name: str, name_en: str, box: Box, rooms: list[Box]) -> Area:
    spots = [spot for room in rooms for spot in _around(_table(room), 3)]
    return Area(f"{code}{letter}", name, name_en, "room", box, tuple(spots), len(spots))


def _toilets(code: str) -> Area:
    return Area(f"{code}W", "化粧室", "Toilets", "room", TOILETS, excluded=True)


def _table(room: Box) -> Box:
    return Box(room.centre[0] - room.w * 0.27, room.centre[1] - 0.7, room.w * 0.54, 1.4)


def _around(table: Box, a_side: int) -> list[Spot]:
    step = table.w / a_side
    xs = [table.x + step * (i + 0.5) for i in range(a_side)]
    return [Spot(x, table.y - 0.4, 1) for x in xs] + [Spot(x, table.y + table.h + 0.4, -1) for x in xs]


def _in_booth(booth: Box) -> list[Spot]:
    return [Spot(booth.x + dx, booth.y + dy, 1) for dx in (0.5, booth.w - 0.5) for dy in (0.8, 1.6)]


def _receivers(storey: Storey, places: list[tuple[float, float]]) -> tuple[tuple[str, float, float], ...]:
    chosen = places[: storey.receivers]
    return tuple((f"RX-{storey.level:02}-{i:02}", x, y) for i, (x, y) in enumerate(chosen, 1))
