"""Seats with what they have as a table for facilities: written as CSV, read from it, all of it or nothing."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.places import queries as places
from server.places import rules, seats
from server.places.models import Seat
from server.places.queries import SeatView, ZoneView
from server.places.rules import Equipment, SeatKind
from server.places.seats import NewSeat

MOST_ROWS = 10_000
MOST_MISTAKES = 50
YES = frozenset({"1", "○", "〇", "◯", "yes", "y", "true", "はい", "有", "あり"})
NO = frozenset({"", "0", "no", "n", "false", "いいえ", "無", "なし", "-", "－"})
COLUMNS = ("floor", "zone", "seat", "kind", "capacity", "priority", *(one.value for one in Equipment),
           "x_m", "y_m", "table", "short_code", "retired_on")  # fmt: skip
NEEDED = frozenset({"floor", "seat"})
READ_ONLY = frozenset({"short_code"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a cell: a msgid with its values; `line` counts as the spreadsheet does."""

    line: int
    column: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says: changes of seats, new seats, and every mistake."""

    changed: tuple[tuple[int, Mapping[str, object]], ...]
    added: tuple[tuple[int, NewSeat], ...]  # with their zone
    mistakes: tuple[Mistake, ...]


def N_(message: str) -> str:  # noqa: N802  the name by which the catalogue finds it
    """Mark a message for translation where it is used."""
    return message


UNKNOWN_FLOOR = N_("there is no such floor")
UNKNOWN_ZONE = N_("there is no such zone on this floor")
UNKNOWN_SEAT = N_("there is no such seat; a new one needs a zone and where it stands (x_m, y_m)")
TWICE = N_("this seat has a line already")
NOT_YES_NO = N_("write 1 or 0, or leave it empty")
NOT_NUMBER = N_("not a number that will do")
NOT_KIND = N_("there is no such kind of seat")
NOT_DAY = N_("not a date such as 2026-04-01")
NOT_CODE = N_("a seat’s code has 1 to 32 letters, digits and hyphens")
NO_TABLE = N_("there is no such table in this zone")
OTHER_ZONE = N_("a seat changes its zone on the zone’s page")
OUTSIDE = N_("this lies outside the floor")


def rows(building_id: int) -> Iterator[Sequence[str]]:
    """Every seat as cells, in the order of COLUMNS."""
    floors = {floor.id: floor for floor in places.floors(building_id)}
    zones = {zone.id: zone for zone in places.zones_of_building(building_id)}
    every = places.seats(building_id)
    codes = {seat.id: seat.code for seat in every}
    for seat in every:
        zone = zones[seat.zone_id]
        yield [
            floors[zone.floor_id].code,
            zone.code,
            seat.code,
            seat.kind,
            str(seat.capacity),
            "1" if seat.is_priority else "",
            *("1" if one.value in seat.equipment else "" for one in Equipment),
            f"{seat.x_m:g}",
            f"{seat.y_m:g}",
            codes.get(seat.table_id or 0, ""),
            seat.short_code or "",
            "" if seat.retired_on is None else seat.retired_on.isoformat(),
        ]


def text_of(data: bytes) -> str:
    """The file's text, whether UTF-8 with or without its mark or Shift_JIS (CP932); Refused when it is neither."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Refused("bad_encoding", "Cannot detect the character set. Save as UTF-8 or Shift_JIS (CP932).", 422)


def read(building_id: int, text: str, names: Mapping[str, str]) -> Read:
    """What the file says; nothing is written.

    names   heading → column, in every language that files come in
    """
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error:
        raise Refused("bad_file", "This is not a file of comma-separated values.", 422) from None
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise Refused("empty_file", "This file is empty.", 422)
    if len(lines) > MOST_ROWS:
        raise Refused("too_long_file", "This file has more than %(n)s lines.", 422, n=MOST_ROWS)
    heads = [names.get(_plain(cell).lower(), _plain(cell).lower()) for cell in lines[0]]
    if missing := sorted(NEEDED - set(heads)):
        raise Refused("no_column", "Line 1: the column “%(column)s” is missing.", 422, column=missing[0])
    if unknown := next((head for head in heads if head and head not in COLUMNS), None):
        raise Refused("bad_column", "Line 1: there is no column “%(column)s”.", 422, column=unknown[:40])
    if twice := next((head for head in heads if head and heads.count(head) > 1), None):
        raise Refused("bad_column", "Line 1: the column “%(column)s” is there twice.", 422, column=twice)
    return _Reader(building_id, heads).read(lines[1:])


def write(found: Read, now: datetime) -> int:
    """Do what a file without mistakes says; returns how many seats are different now."""
    if found.mistakes:
        raise Refused("mistakes", "This file has mistakes; nothing has been changed.", 422)
    for seat_id, values in found.changed:
        seat = places.seats_by_id([seat_id])[seat_id]
        seats.describe(
            seat_id,
            kind=str(values.get("kind", seat.kind)),
            equipment=_equipment(values, seat),
            is_priority=bool(values.get("priority", seat.is_priority)),
            capacity=int(str(values.get("capacity", seat.capacity))),
            now=now,
        )
        if "x_m" in values or "y_m" in values:
            seats.place_at(
                seat_id, float(str(values.get("x_m", seat.x_m))), float(str(values.get("y_m", seat.y_m))), now
            )
        if "retired_on" in values:
            db.session.execute(update(Seat).where(Seat.id == seat_id).values(retired_on=values["retired_on"]))
    by_zone: dict[int, list[NewSeat]] = {}
    for zone_id, new in found.added:
        by_zone.setdefault(zone_id, []).append(new)
    for zone_id, several in by_zone.items():
        seats.add_seats(zone_id, several, now)
    changes.record(Thing.SEATS, 0, now)
    return len(found.changed) + len(found.added)


class _Reader:
    """Reads line after line, and keeps every mistake."""

    def __init__(self, building_id: int, heads: Sequence[str]) -> None:
        self._heads = heads
        self._floors = {floor.code: floor for floor in places.floors(building_id)}
        every_zone = places.zones_of_building(building_id)
        self._zones = {(zone.floor_id, zone.code): zone for zone in every_zone}
        floor_of = {zone.id: zone.floor_id for zone in every_zone}
        self._every = {(floor_of[seat.zone_id], seat.code): seat for seat in places.seats(building_id)}
        self._codes = {seat.id: seat.code for seat in self._every.values()}
        self._seen: set[tuple[int, str]] = set()
        self._mistakes: list[Mistake] = []

    def read(self, lines: Sequence[Sequence[str]]) -> Read:
        """Every line."""
        changed: list[tuple[int, Mapping[str, object]]] = []
        added: list[tuple[int, NewSeat]] = []
        for number, cells in enumerate(lines, 2):
            if not any(_plain(cell) for cell in cells):
                continue
            row = dict(zip(self._heads, (_plain(cell) for cell in cells), strict=False))
            self._line(number, row, changed, added)
            if len(self._mistakes) >= MOST_MISTAKES:
                break
        return Read(tuple(changed), tuple(added), tuple(self._mistakes))

    def _line(
        self, number: int, row: Mapping[str, str],
        changed: list[tuple[int, Mapping[str, object]]], added: list[tuple[int, NewSeat]],
    ) -> None:  # fmt: skip
        before = len(self._mistakes)
        floor = self._floors.get(row["floor"])
        if floor is None:
            return self._wrong(number, "floor", row["floor"], UNKNOWN_FLOOR)
        key = (floor.id, row.get("seat", ""))
        if key in self._seen:
            return self._wrong(number, "seat", key[1], TWICE)
        self._seen.add(key)
        zone = self._zones.get((floor.id, row.get("zone", "")))
        if row.get("zone") and zone is None:
            return self._wrong(number, "zone", row["zone"], UNKNOWN_ZONE)
        values = self._values(number, row)
        for name, limit in (("x_m", floor.width_m), ("y_m", floor.height_m)):
            if isinstance(values.get(name), float) and not 0 <= float(str(values[name])) <= limit:
                self._wrong(number, name, row[name], OUTSIDE)
        seat = self._every.get(key)
        if seat is None:
            self._new(number, key[1], zone, values, row, added, before)
            return None
        if zone is not None and zone.id != seat.zone_id:
            return self._wrong(number, "zone", row["zone"], OTHER_ZONE)
        if len(self._mistakes) == before and self._differs(seat, values):
            changed.append((seat.id, values))
        return None

    def _new(
        self, number: int, code: str, zone: ZoneView | None, values: Mapping[str, object],
        row: Mapping[str, str], added: list[tuple[int, NewSeat]], before: int,
    ) -> None:  # fmt: skip
        if zone is None or "x_m" not in values or "y_m" not in values:
            return self._wrong(number, "seat", code, UNKNOWN_SEAT)
        if not rules.SEAT_CODE.fullmatch(code):
            return self._wrong(number, "seat", code, NOT_CODE)
        table = row.get("table", "")
        here = {one.code for one in self._every.values() if one.zone_id == zone.id}
        if table and table not in here | {new.code for zone_id, new in added if zone_id == zone.id}:
            return self._wrong(number, "table", table, NO_TABLE)
        if len(self._mistakes) == before:
            kind, capacity = str(values.get("kind", SeatKind.GROUP)), int(str(values.get("capacity", 1)))
            has = tuple(one.value for one in Equipment if values.get(one.value))
            x_m, y_m = float(str(values["x_m"])), float(str(values["y_m"]))
            new = NewSeat(code, kind, x_m, y_m, capacity, bool(values.get("priority")), has, table or None)
            added.append((zone.id, new))
        return None

    def _values(self, number: int, row: Mapping[str, str]) -> dict[str, object]:
        found: dict[str, object] = {}
        for name in ("priority", *(one.value for one in Equipment)):
            if name in row:
                if row[name].lower() in YES | NO:
                    found[name] = row[name].lower() in YES
                else:
                    self._wrong(number, name, row[name], NOT_YES_NO)
        if row.get("kind"):
            if row["kind"] in set(SeatKind):
                found["kind"] = row["kind"]
            else:
                self._wrong(number, "kind", row["kind"], NOT_KIND)
        if row.get("capacity"):
            text = row["capacity"]
            if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= rules.LARGEST_CAPACITY:
                found["capacity"] = int(text)
            else:
                self._wrong(number, "capacity", text, NOT_NUMBER)
        for name in ("x_m", "y_m"):
            if row.get(name):
                metres = _metres(row[name])
                if metres is None:
                    self._wrong(number, name, row[name], NOT_NUMBER)
                else:
                    found[name] = metres
        if "retired_on" in row:
            try:
                found["retired_on"] = (
                    date.fromisoformat(row["retired_on"].replace("/", "-")) if row["retired_on"] else None
                )
            except ValueError:
                self._wrong(number, "retired_on", row["retired_on"], NOT_DAY)
        return found

    def _differs(self, seat: SeatView, values: Mapping[str, object]) -> bool:
        is_now: dict[str, object] = {
            "kind": seat.kind, "capacity": seat.capacity, "priority": seat.is_priority, "retired_on": seat.retired_on,
            **{one.value: one.value in seat.equipment for one in Equipment},
        }  # fmt: skip
        is_moved = any(
            name in values and f"{float(str(values[name])):g}" != f"{at:g}"
            for name, at in (("x_m", seat.x_m), ("y_m", seat.y_m))
        )
        return is_moved or any(values[name] != value for name, value in is_now.items() if name in values)

    def _wrong(self, line: int, column: str, value: str, why: str) -> None:
        if len(self._mistakes) < MOST_MISTAKES:
            self._mistakes.append(Mistake(line, column, value[:40], why))


def _equipment(values: Mapping[str, object], seat: SeatView) -> list[str]:
    return [one.value for one in Equipment if values.get(one.value, one.value in seat.equipment)]


def _metres(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if -1e6 < found < 1e6 else None


def _plain(cell: str) -> str:
    """The cell without the apostrophe that guards formulas."""
    text = cell.strip().strip("\u3000")
    return text[1:] if text.startswith("'") else text
