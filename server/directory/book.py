"""The phone book in memory: people, units, numbers and places of a day, and the index that finds them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from server.directory.index import Index, Item, Kind
from server.directory.names import words
from server.directory.queries import Lists
from server.live_map.queries import Places
from server.people.queries import PersonCard, UnitView, unit_path
from server.phones.queries import HeldNumber
from server.places.queries import SeatView

KIND_WORDS: Mapping[str, tuple[str, ...]] = {
    "fax": ("FAX", "ファクス", "ファックス"),
    "phs": ("PHS",),
    "section": (),
    "desk": (),
    "smartphone": (),
}
MAIN_WORDS = ("代表", "main")


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the book lists them; a protected one only for themselves (P13)."""

    card: PersonCard
    unit_ids: frozenset[int]
    protected: bool


class Book:
    """What can be found on a day. When anything in it changes there is a new one."""

    def __init__(self, day: date, people: Mapping[int, Listed], lists: Lists, places: Places) -> None:
        self.day, self.people, self.lists, self.places = day, people, lists, places
        self.units = lists.units
        self.numbers = {number.extension_id: number for number in lists.numbers}
        self.seats = {seat.id: seat for seat in lists.seats}
        self._by_number = {number.number: number for number in lists.numbers}
        self.numbers_of_person = _by_holder((n.person_id, n) for n in lists.numbers if not n.retired)
        self.numbers_of_unit = _by_holder((n.unit_id, n) for n in lists.numbers if not n.retired)
        roots = [unit.id for unit in self.units.values() if unit.parent_id not in self.units]
        self._common = frozenset(roots) if len(roots) == 1 and len(self.units) > 1 else frozenset()
        self._words_of_unit = {i: self._about_unit(i) for i in self.units}
        self.lines: dict[tuple[Kind, int, str], dict[str, object]] = {}  # as results say them, by language
        self.index = Index(self._items())

    def path(self, unit_id: int | None) -> tuple[UnitView, ...]:
        """The units from the bureau down to this one; the whole organisation goes without saying."""
        path = unit_path(unit_id, self.units)
        return tuple(unit for unit in path if unit.id not in self._common) or path

    def holder_of(self, number: HeldNumber) -> HeldNumber:
        """The number that answers now: itself, or the one it moved to."""
        return self._by_number.get(number.moved_to or "", number)

    def _items(self) -> Iterator[Item]:
        yield from (self._person(listed) for listed in self.people.values())
        yield from (self._unit(unit) for unit in self.units.values())
        yield from (self._extension(n) for n in self.lists.numbers if n.moved_to or (n.holder and not n.retired))
        yield from self._zones()
        yield from (self._seat(seat) for seat in self.lists.seats if seat.zone_id in self.places.zone_by_id)

    def _person(self, listed: Listed) -> Item:
        card = listed.card
        writing = (*words(card.family_name), *words(card.given_name))
        reading = (*words(card.family_kana), *words(card.given_kana))
        mixed = (card.family_name + card.given_kana, card.family_kana + card.given_name)
        return Item(
            kind=Kind.PERSON,
            id=card.id,
            names=(writing, reading),
            codes=tuple(code for number in self.numbers_of_person.get(card.id, ()) for code in _codes(number)),
            section=tuple(word for post in card.posts if post.is_primary for word in self._names_of(post.unit_id)),
            others=tuple(word for post in card.posts if not post.is_primary for word in self._names_of(post.unit_id)),
            about=tuple(dict.fromkeys(self._about_person(card))),
            unit_ids=listed.unit_ids,
            sort=card.kana_key,
            only_for=card.id if listed.protected else None,
            mixed=mixed if card.given_name else (),
        )

    def _about_person(self, card: PersonCard) -> Iterator[str]:
        for post in card.posts:
            yield from self._words_of_unit.get(post.unit_id, ())
            yield from words(post.title)
            yield from words(post.duties)

    def _about_unit(self, unit_id: int) -> tuple[str, ...]:
        return tuple(word for unit in self.path(unit_id) for word in self._names_of(unit.id))

    def _names_of(self, unit_id: int) -> tuple[str, ...]:
        unit = self.units.get(unit_id)
        return () if unit is None else tuple(word for word in (unit.name, unit.kana, unit.name_en) if word)

    def _unit(self, unit: UnitView) -> Item:
        return Item(
            kind=Kind.UNIT,
            id=unit.id,
            names=tuple(tuple(words(name)) for name in (unit.name, unit.kana, unit.name_en) if name),
            codes=(unit.code,),
            about=self._words_of_unit[unit.id],
            unit_ids=frozenset((unit.id,)),
            sort=unit.kana or unit.name,
        )

    def _extension(self, number: HeldNumber) -> Item:
        held = self.holder_of(number)
        person = self.people.get(held.person_id or 0)
        zone = self.places.zone_by_id.get(held.zone_id or 0)
        names = [*KIND_WORDS.get(number.kind, ()), *(MAIN_WORDS if number.is_main else ())]
        names += [held.device or "", "" if zone is None else zone.name]
        unit_ids = frozenset() if person is None else person.unit_ids
        return Item(
            kind=Kind.EXTENSION,
            id=number.extension_id,
            names=tuple(tuple(words(name)) for name in names if name),
            codes=_codes(number),
            about=self._words_of_unit.get(held.unit_id or 0, ()),
            unit_ids=unit_ids or (frozenset() if held.unit_id is None else frozenset((held.unit_id,))),
            sort=number.number,
            only_for=person.card.id if person is not None and person.protected else None,
        )

    def _zones(self) -> Iterator[Item]:
        for zone in self.places.zone_by_id.values():
            floor = self.places.floor_by_id[zone.floor_id]
            owners = [word for unit_id in zone.unit_ids for word in self._words_of_unit.get(unit_id, ())]
            yield Item(
                kind=Kind.ZONE,
                id=zone.id,
                names=tuple(tuple(words(name)) for name in (zone.name, zone.name_en) if name),
                codes=(zone.code,),
                about=(floor.name, floor.name_en, f"{floor.code}F", f"{floor.code}階", *owners),
                unit_ids=frozenset(zone.unit_ids),
                sort=zone.code,
                sign=zone.short_code or "",
            )

    def _seat(self, seat: SeatView) -> Item:
        zone = self.places.zone_by_id[seat.zone_id]
        return Item(
            kind=Kind.SEAT,
            id=seat.id,
            codes=(seat.code,),
            unit_ids=frozenset(zone.unit_ids),
            sort=seat.code,
            sign=seat.short_code or "",
        )


def _codes(number: HeldNumber) -> tuple[str, ...]:
    return (number.number, number.outside_number) if number.outside_number else (number.number,)


def _by_holder(found: Iterable[tuple[int | None, HeldNumber]]) -> Mapping[int, tuple[HeldNumber, ...]]:
    """The numbers of each, the main one first and what nobody speaks into last."""
    held: defaultdict[int, list[HeldNumber]] = defaultdict(list)
    for holder_id, number in found:
        if holder_id is not None:
            held[holder_id].append(number)
    return {i: tuple(sorted(numbers, key=lambda n: (not n.is_main, n.kind == "fax"))) for i, numbers in held.items()}
