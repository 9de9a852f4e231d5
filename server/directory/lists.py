"""Gathers a phone list from people and phones: whom everybody may find, and nothing of where they are (P3)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from server.directory.formats.book import Book, Entry, Group, Number
from server.directory.order import title_rank
from server.errors import Refused
from server.people import queries as people
from server.people.queries import PersonCard, UnitView
from server.phones import queries as phones
from server.phones.queries import NumberView
from server.places import queries as places

TOP_KIND = "city"  # the unit of everybody; a list is divided into what is below it


def book(site: str, unit_id: int | None, as_of: datetime, *, english: bool) -> Book:
    """The list of this unit and those below it, or of everybody; protected people are missing from it (P13).

    as_of   now, on the building's clock
    """
    head = heading(site, unit_id, as_of, english=english)
    units = people.units_on(head.day)
    wanted = people.units_below([unit_id], units) if unit_id is not None else frozenset(units)
    members = _members(head.day, wanted if unit_id is not None else None)
    of_people, of_units = phones.numbers_of_people(head.day, None), phones.numbers_of_units(head.day, None)
    groups = [
        _group(unit, units, of_units.get(unit.id, ()), members[unit.id], of_people, english)
        for unit in in_order(units)
        if unit.id in wanted
    ]
    groups.append(_group(None, units, (), members[None], of_people, english))
    return replace(head, groups=tuple(group for group in groups if group.numbers or group.entries))


def person(site: str, person_id: int, as_of: datetime, *, english: bool) -> tuple[Book, Group, Entry] | None:
    """One person with their unit and what stands over the list; None for nobody and for a protected person (P13)."""
    day = as_of.date()
    card, choices = people.cards(day, [person_id]).get(person_id), people.choices_of([person_id]).get(person_id)
    if card is None or choices is None or choices.protected:
        return None
    units = people.units_on(day)
    unit = None if card.unit_id is None else units.get(card.unit_id)
    group = _group(unit, units, (), [card], phones.numbers_of_people(day, [person_id]), english)
    return heading(site, None, as_of, english=english), group, group.entries[0]


def heading(site: str, unit_id: int | None, as_of: datetime, *, english: bool) -> Book:
    """What stands over the list: the book without its groups."""
    units = people.units_on(as_of.date())
    if unit_id is not None and unit_id not in units:
        raise Refused("no_unit", "There is no such unit.", 404)
    city = next((unit for unit in units.values() if unit.kind == TOP_KIND), None)
    if city is not None:
        name, kana = _name(city, english), "" if english else city.kana
    else:
        building = places.building(site)
        name, kana = "" if building is None else (english and building.name_en) or building.name, ""
    whom = name if unit_id is None else _name(units[unit_id], english)
    return Book(name, whom, as_of.date(), as_of, (), kana)


def _members(day: date, unit_ids: Collection[int] | None) -> defaultdict[int | None, list[PersonCard]]:
    """Whom everybody may find, by unit: the higher title first, then by reading."""
    members: defaultdict[int | None, list[PersonCard]] = defaultdict(list)
    protected = {i for i, choices in people.choices_of().items() if choices.protected}
    everybody = people.cards(day).values()
    for card in sorted(everybody, key=lambda card: (title_rank(card.title), card.kana_key, card.id)):
        if card.id not in protected and (unit_ids is None or card.unit_id in unit_ids):
            members[card.unit_id].append(card)
    return members


def in_order(units: dict[int, UnitView]) -> list[UnitView]:
    """Units as they stand in a list: each before those below it, neighbours by their place in the order."""
    children: defaultdict[int | None, list[UnitView]] = defaultdict(list)
    for unit in units.values():
        children[unit.parent_id if unit.parent_id in units else None].append(unit)
    found: list[UnitView] = []
    waiting = list(reversed(children[None]))
    while waiting:
        unit = waiting.pop()
        found.append(unit)
        waiting.extend(reversed(children[unit.id]))
    return found


def below(of: Book, unit_id: int | None, english: bool) -> list[tuple[int, str]]:
    """Id and name of the units right below a unit (None: below the city) in or under which the list has somebody."""
    units = people.units_on(of.day)
    parent = unit_id if unit_id is not None else next((i for i, unit in units.items() if unit.kind == TOP_KIND), None)
    filled = {group.unit_id for group in of.groups}
    return [
        (unit.id, _name(unit, english))
        for unit in in_order(units)
        if (unit.parent_id if unit.parent_id in units else None) == parent
        and not filled.isdisjoint(people.units_below([unit.id], units))
    ]


def units_to_choose(as_of: datetime, *, english: bool) -> list[tuple[int, int, str]]:
    """Id, depth below the city and name of every unit, in order."""
    units = people.units_on(as_of.date())
    return [
        (unit.id, len(_below_the_city(unit.id, units)) - 1, _name(unit, english))
        for unit in in_order(units)
        if unit.kind != TOP_KIND
    ]


def _group(
    unit: UnitView | None,
    units: dict[int, UnitView],
    numbers: tuple[NumberView, ...],
    cards: list[PersonCard],
    of_people: dict[int, tuple[NumberView, ...]],
    english: bool,
) -> Group:
    path = _below_the_city(None if unit is None else unit.id, units)
    return Group(
        unit_id=None if unit is None else unit.id,
        path=tuple(_name(one, english) for one in path),
        path_kana=() if english else tuple(one.kana for one in path),
        numbers=_numbers(numbers),
        entries=tuple(_entry(card, of_people.get(card.id, ())) for card in cards),
    )


def _below_the_city(unit_id: int | None, units: dict[int, UnitView]) -> list[UnitView]:
    path = list(people.unit_path(unit_id, units))
    return [one for one in path if one.kind != TOP_KIND] or path


def _entry(card: PersonCard, numbers: tuple[NumberView, ...]) -> Entry:
    return Entry(
        card.id, card.family_name, card.given_name, card.family_kana, card.given_kana, card.title, _numbers(numbers)
    )


def _numbers(numbers: tuple[NumberView, ...]) -> tuple[Number, ...]:
    return tuple(Number(one.number, one.kind, one.outside_number, one.is_main) for one in numbers)


def _name(unit: UnitView, english: bool) -> str:
    return (english and unit.name_en) or unit.name
