"""Draws a floor's plan as a small SVG: light line work, no text (names are the map's, in the reader's language)."""

from collections.abc import Iterator

from server.demo.geometry import CORE, DESK_M, HEIGHT_M, TOILETS, WIDTH_M, Area, Box, Layout, Spot

SCALE = 20  # units per metre

STYLE = (
    ".f{fill:#fff}.o{fill:none;stroke:#4d4d4d;stroke-width:5}.n{fill:none;stroke:#b3b3b3;stroke-width:1.5}"
    ".w{fill:none;stroke:#8c8c8c;stroke-width:2.5}.d{fill:#fafafa;stroke:#bfbfbf;stroke-width:1.2}"
    ".s{fill:#fff;stroke:#bfbfbf;stroke-width:1.2}.c{fill:#ededed;stroke:#8c8c8c;stroke-width:2}"
    ".l{fill:#e3e3e3;stroke:#a6a6a6;stroke-width:1.2}.g{stroke:#fff;stroke-width:3}"
    ".i{fill:none;stroke:#8c8c8c;stroke-width:1.6;stroke-linecap:round}"
)


def plan(layout: Layout) -> bytes:
    """The SVG of a floor."""
    width, height = WIDTH_M * SCALE, HEIGHT_M * SCALE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width:g}" height="{height:g}">',
        f"<style>{STYLE}</style>",
        '<defs><rect id="s" class="s" x="-5" y="-5" width="10" height="9" rx="4"/></defs>',
        _rect(Box(0, 0, WIDTH_M, HEIGHT_M), "f"),
        *_windows(),
        *(_rect(room, "w") for room in layout.rooms),
        *(door for room in layout.rooms for door in _door(room)),
        *(part for island in layout.islands for part in _island(island)),
        *(_rect(table, "d", 5) for table in layout.tables),
        *(part for booth in layout.booths for part in _booth(booth)),
        *(part for bank in layout.lockers for part in _lockers(bank)),
        *(_seat(spot) for area in layout.areas for spot in area.spots if not _in_any(spot, layout.booths)),
        *_core(),
        *(part for area in layout.areas if area.excluded and area.box != TOILETS for part in _closed(area)),
        _rect(Box(0, 0, WIDTH_M, HEIGHT_M), "o", 3),
        "</svg>",
    ]
    return "".join(parts).encode()


def _n(metres: float) -> str:
    return f"{metres * SCALE:.4g}"


def _rect(box: Box, kind: str, radius: float = 0) -> str:
    rounded = f' rx="{radius:g}"' if radius else ""
    return f'<rect class="{kind}" x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" height="{_n(box.h)}"{rounded}/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"/>'


def _windows() -> Iterator[str]:
    """Short gaps in the outer wall, four metres apart, later drawn over by it as a thin double line."""
    for i in range(12):
        for y in (0.25, HEIGHT_M - 0.25):
            yield _line(0.6 + 4 * i, y, 3.4 + 4 * i, y, "n")
    for j in range(8):
        for x in (0.25, WIDTH_M - 0.25):
            yield _line(x, 0.6 + 4 * j, x, 3.4 + 4 * j, "n")


def _island(box: Box) -> Iterator[str]:
    yield _rect(box, "d", 4)
    yield _line(box.x, box.y + DESK_M[1], box.x + box.w, box.y + DESK_M[1], "n")
    for i in range(1, round(box.w / DESK_M[0])):
        yield _line(box.x + i * DESK_M[0], box.y, box.x + i * DESK_M[0], box.y + box.h, "n")


def _seat(spot: Spot) -> str:
    return f'<use href="#s" x="{_n(spot.x)}" y="{_n(spot.y)}"/>'


def _in_any(spot: Spot, boxes: tuple[Box, ...]) -> bool:
    return any(b.x <= spot.x <= b.x + b.w and b.y <= spot.y <= b.y + b.h for b in boxes)


def _door(room: Box) -> Iterator[str]:
    """On the side of the corridor, which runs around the core."""
    west = room.centre[0] < CORE.x
    x = room.x + room.w if west else room.x
    y = room.y + room.h / 2
    leaf = x - 1.0 if west else x + 1.0
    yield f'<path class="g" d="M{_n(x)} {_n(y)}V{_n(y + 1.0)}"/>'
    sweep = 0 if west else 1
    start, end = f"M{_n(leaf)} {_n(y)}", f"{_n(x)} {_n(y + 1.0)}"
    yield f'<path class="n" d="{start}H{_n(x)}{start}A{_n(1.0)} {_n(1.0)} 0 0 {sweep} {end}"/>'


def _booth(box: Box) -> Iterator[str]:
    yield _rect(box, "n", 6)
    for x in (box.x + 0.1, box.x + box.w - 0.7):
        yield _rect(Box(x, box.y + 0.15, 0.6, box.h - 0.3), "s", 5)
    yield _rect(Box(box.x + 0.85, box.y + 0.3, box.w - 1.7, box.h - 0.6), "d", 4)


def _lockers(box: Box) -> Iterator[str]:
    yield _rect(box, "l")
    for i in range(1, int(box.w / 0.6)):
        yield _line(box.x + 0.6 * i, box.y, box.x + 0.6 * i, box.y + box.h, "n")


def _core() -> Iterator[str]:
    """Lifts, stairs and toilets."""
    yield _rect(CORE, "c", 4)
    for i in range(3):
        for y in (CORE.y + 0.4, CORE.y + CORE.h - 3.0):
            car = Box(CORE.x + 2.4 + 2.0 * i, y, 1.8, 2.6)
            yield _rect(car, "s", 2)
            left, up = _n(car.centre[0] - 0.3), car.centre[1] - 0.5
            yield f'<path class="i" d="M{left} {_n(up + 0.3)}l6 -7l6 7M{left} {_n(up + 0.7)}l6 7l6 -7"/>'
    for stair in (Box(CORE.x + 0.4, CORE.y + 0.4, 1.6, 7.2), Box(CORE.x + 8.9, CORE.y + 0.4, 2.7, 3.6)):
        yield _rect(stair, "s")
        for k in range(1, int(stair.h / 0.4)):
            yield _line(stair.x, stair.y + 0.4 * k, stair.x + stair.w, stair.y + 0.4 * k, "n")
    yield _rect(TOILETS, "s")
    x, y = TOILETS.centre
    for dx in (-0.8, 0.8):  # two people, as on every door
        yield f'<circle class="i" cx="{_n(x + dx)}" cy="{_n(y - 0.7)}" r="4"/>'
        yield f'<path class="i" d="M{_n(x + dx)} {_n(y - 0.4)}v18m-6 -12h12"/>'


def _closed(area: Area) -> Iterator[str]:
    """Hatching where presence is never recorded."""
    box = area.box
    step = 1.0
    for i in range(int((box.w + box.h) / step)):
        x0, y0 = box.x + max(0.0, i * step - box.h), box.y + min(box.h, i * step)
        x1, y1 = box.x + min(box.w, i * step), box.y + max(0.0, i * step - box.w)
        yield _line(x0, y0, x1, y1, "n")
