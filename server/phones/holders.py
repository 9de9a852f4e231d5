"""What the holders of numbers are called, and whose bureau they belong to."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select

from server import db
from server.people import queries as people
from server.people.models import Person, Unit
from server.people.queries import CHUNK, UnitView
from server.phones.rules import Holder
from server.places.models import Zone, ZoneOwner

BUREAU = "bureau"
NOT_SHOWN = "―"  # in the place of a name that nobody else may read (P13)


@dataclass(frozen=True, slots=True)
class HolderView:
    """A holder of a number as a page names it.

    unit_*       the person's or the place's unit, the unit itself; None and "" for a device
    bureau_id    the bureau above it
    is_here      works here that day, exists that day
    protected    a person whom nobody else finds (P13)
    """

    holder: Holder
    name: str
    name_en: str
    unit_id: int | None = None
    unit_name: str = ""
    unit_name_en: str = ""
    title: str = ""
    bureau_id: int | None = None
    is_here: bool = True
    protected: bool = False


def bureau_of(unit_id: int | None, units: Mapping[int, UnitView]) -> int | None:
    """The bureau above a unit, or the topmost unit where there is none."""
    path = people.unit_path(unit_id, units)
    bureau = next((unit for unit in path if unit.kind == BUREAU), path[0] if path else None)
    return None if bureau is None else bureau.id


def holders(wanted: Iterable[Holder], day: date) -> dict[Holder, HolderView]:
    """Every one of these holders as it is that day; one that never existed is missing."""
    every = set(wanted)
    units = people.units_on(day)
    found = _people([one.person_id for one in every if one.person_id is not None], day, units)
    found |= _units([one.unit_id for one in every if one.unit_id is not None], units)
    found |= _zones([one.zone_id for one in every if one.zone_id is not None], day, units)
    return found | {one: HolderView(one, one.device, one.device) for one in every if one.device is not None}


def _people(ids: Collection[int], day: date, units: Mapping[int, UnitView]) -> dict[Holder, HolderView]:
    cards = people.cards(day, ids)
    bureaus = {unit_id: bureau_of(unit_id, units) for unit_id in {card.unit_id for card in cards.values()}}
    found = {}
    for start in range(0, len(ids), CHUNK):
        rows = select(Person.id, Person.family_name, Person.given_name, Person.protected)
        chunk = sorted(ids)[start : start + CHUNK]
        for person_id, family, given, protected in db.session.execute(rows.where(Person.id.in_(chunk))):
            card, holder = cards.get(person_id), Holder(person_id=person_id)
            name = f"{family} {given}".strip()
            found[holder] = HolderView(
                holder,
                name,
                name,
                unit_id=None if card is None else card.unit_id,
                unit_name="" if card is None else card.unit_name,
                unit_name_en="" if card is None else card.unit_name_en,
                title="" if card is None else card.title,
                bureau_id=None if card is None else bureaus[card.unit_id],
                is_here=card is not None,
                protected=protected,
            )
    return found


def _units(ids: Collection[int], units: Mapping[int, UnitView]) -> dict[Holder, HolderView]:
    found = {}
    closed = sorted(i for i in ids if i not in units)
    past = db.session.execute(select(Unit.id, Unit.name, Unit.name_en, Unit.parent_id).where(Unit.id.in_(closed)))
    rows: list[tuple[int, str, str, int | None, bool]] = [
        (unit.id, unit.name, unit.name_en, unit.id, True) for i in ids if (unit := units.get(i)) is not None
    ]
    rows += [(i, name, name_en, parent_id, False) for i, name, name_en, parent_id in past]
    for unit_id, name, name_en, within, is_here in rows:
        holder = Holder(unit_id=unit_id)
        found[holder] = HolderView(
            holder,
            name,
            name_en,
            unit_id=unit_id,
            unit_name=name,
            unit_name_en=name_en,
            bureau_id=bureau_of(within, units),
            is_here=is_here,
        )
    return found


def _zones(ids: Collection[int], day: date, units: Mapping[int, UnitView]) -> dict[Holder, HolderView]:
    owned = (ZoneOwner.valid_from <= day) & (ZoneOwner.valid_to.is_(None) | (ZoneOwner.valid_to > day))
    rows = db.session.execute(
        select(Zone.id, Zone.name, Zone.name_en, ZoneOwner.unit_id)
        .join(ZoneOwner, (ZoneOwner.zone_id == Zone.id) & owned, isouter=True)
        .where(Zone.id.in_(sorted(ids)))
        .order_by(Zone.id, ZoneOwner.unit_id)
    )
    found: dict[Holder, HolderView] = {}
    for zone_id, name, name_en, unit_id in rows:
        holder, unit = Holder(zone_id=zone_id), units.get(unit_id)
        found.setdefault(
            holder,
            HolderView(
                holder,
                name,
                name_en or name,
                unit_id=unit_id,
                unit_name="" if unit is None else unit.name,
                unit_name_en="" if unit is None else unit.name_en,
                bureau_id=bureau_of(unit_id, units),
            ),
        )
    return found


def find_people(text: str, day: date, bureau_id: int | None = None) -> list[HolderView]:
    """Who works here that day and is meant: by staff number, or by parts of name, reading and unit, in any order.

    bureau_id   only people of this bureau

    A protected person is found by their staff number only (P13).
    """
    words = _folded(text)
    if not words:
        return []
    number = "".join(words)
    by_number = select(Person.id).where(func.lower(Person.staff_no) == number)
    numbered = list(db.session.scalars(by_number)) if number.isprintable() else []
    ids = numbered or [
        card.id
        for card in people.cards(day).values()
        if _has(words, f"{card.name} {card.kana} {card.unit_name} {card.unit_name_en} {card.title}")
    ]
    found = holders((Holder(person_id=i) for i in ids), day).values()
    return sorted(
        (
            one
            for one in found
            if one.is_here and (numbered or not one.protected) and bureau_id in (None, one.bureau_id)
        ),
        key=lambda one: (one.unit_name, one.name, one.holder.person_id or 0),
    )


def find_units(text: str, day: date, bureau_id: int | None = None) -> list[HolderView]:
    """The units of that day whose name or code this is, or whose name has it."""
    words, units = _folded(text), people.units_on(day)
    if not words:
        return []
    folded = "".join(words)
    exact = [
        unit.id
        for unit in units.values()
        if folded in {"".join(_folded(n)) for n in (unit.name, unit.name_en, unit.code)}
    ]
    ids = exact or [unit.id for unit in units.values() if _has(words, f"{unit.name} {unit.name_en}")]
    found = holders((Holder(unit_id=i) for i in ids), day).values()
    return [one for one in found if bureau_id in (None, one.bureau_id)]


def find_zones(text: str, day: date, bureau_id: int | None = None) -> list[HolderView]:
    """The zones whose code this is, or whose name has it."""
    words = _folded(text)
    if not words:
        return []
    rows = list(db.session.execute(select(Zone.id, Zone.code, Zone.name, Zone.name_en)))
    exact = [i for i, code, _name, _en in rows if "".join(_folded(code)) == "".join(words)]
    ids = exact or [i for i, code, name, name_en in rows if _has(words, f"{code} {name} {name_en}")]
    found = holders((Holder(zone_id=i) for i in ids), day).values()
    return [one for one in found if bureau_id in (None, one.bureau_id)]


def is_named(text: str, name: str) -> bool:
    """Whether a name has every word of a text."""
    return _has(_folded(text), name)


def veiled(holder: HolderView, viewer_person_id: int | None) -> HolderView:
    """The holder as somebody else may read them: who is protected has no name (P13)."""
    if not holder.protected or holder.holder.person_id == viewer_person_id:
        return holder
    return replace(holder, name=NOT_SHOWN, name_en=NOT_SHOWN, title="", holder=Holder(device=NOT_SHOWN))


def _has(words: Collection[str], text: str) -> bool:
    folded = "".join(_folded(text))
    return all(word in folded for word in words)


def _folded(text: str) -> list[str]:
    return unicodedata.normalize("NFKC", text).casefold().split()
