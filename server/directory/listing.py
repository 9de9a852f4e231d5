"""Reads of the directory's lists: who stands under which kana, the units with their numbers, who works in a unit.

A list is a phone book: it holds no places, and nobody is in it who is protected, except for themselves (P13).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from server import paging
from server.directory.order import INDEX, index_row, title_rank
from server.paging import Page
from server.people import posts
from server.people import queries as people
from server.people.posts import Named, Post
from server.people.queries import UnitView
from server.phones import queries as phones
from server.phones.queries import NumberView

PAGE = 250


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list: a person, the post they are listed for, how to reach them, and their further posts."""

    person_id: int
    name: str
    kana: str
    mail: str
    post: Post | None
    further: tuple[Post, ...]
    numbers: tuple[NumberView, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit in the tree, with everybody in it and below it."""

    unit: UnitView
    count: int
    children: tuple["Branch", ...]


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A page of one tab of the index; `counts` says how many stand under each tab."""

    row: str
    counts: Mapping[str, int]
    page: Page
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit and the people in it and below it."""

    unit: UnitView
    path: tuple[UnitView, ...]  # the units above it, from the top
    children: tuple[Branch, ...]
    numbers: tuple[NumberView, ...]  # the unit's own, the main one first
    page: Page
    entries: tuple[Entry, ...]


def index_page(row: str | None, number: int, me: int | None, day: date) -> IndexPage:
    """One tab of the index over all people; None: the first one that has anybody."""
    everyone = [(index_row(key[0]), key) for key in posts.listed(me, day)]
    counts = Counter(found for found, _key in everyone)
    shown = row if row in INDEX else next((one for one in INDEX if counts[one]), INDEX[0])
    ids = [key[-1] for _found, key in sorted(one for one in everyone if one[0] == shown)]
    page = paging.page(number, len(ids), PAGE)
    return IndexPage(shown, {one: counts[one] for one in INDEX}, page, _entries(ids[page.slice], {}, day))


def tree(me: int | None, day: date) -> tuple[Branch, ...]:
    """Every unit under its parent, with how many people work in it and below it; nobody counts twice in a unit."""
    units = people.units_on(day)
    return _branches(None, units, _members(posts.listed_in(units, me, day)))


def unit_page(unit_id: int, by_rank: bool, number: int, me: int | None, day: date) -> UnitPage | None:
    """A unit's people, in the order of their readings or with heads first; None when there is no such unit that day."""
    units = people.units_on(day)
    if unit_id not in units:
        return None
    below = people.units_below([unit_id], units)
    found = posts.listed_in(below, me, day)
    depth_first = {unit: place for place, unit in enumerate(_depth_first(unit_id, units))}
    keys: dict[int, str] = {}
    best: dict[int, Post] = {}
    for person_id, key, post in found:
        keys[person_id] = key
        was = best.get(person_id)
        if was is None or _standing(post, depth_first) < _standing(was, depth_first):
            best[person_id] = post

    def place(person_id: int) -> tuple[Any, ...]:
        rank = _standing(best[person_id], depth_first) if by_rank else ()
        return (*rank, keys[person_id], person_id)

    order = sorted(best, key=place)
    page = paging.page(number, len(order), PAGE)
    return UnitPage(
        unit=units[unit_id],
        path=people.unit_path(unit_id, units)[:-1],
        children=_branches(unit_id, units, _members(found)),
        numbers=phones.numbers_of_units(day, [unit_id]).get(unit_id, ()),
        page=page,
        entries=_entries(order[page.slice], best, day),
    )


def listed_in(unit_id: int, me: int | None, day: date) -> frozenset[int]:
    """Who is listed with a post in this very unit."""
    return frozenset(person_id for person_id, _key, _post in posts.listed_in([unit_id], me, day))


def _standing(post: Post, depth_first: Mapping[int, int]) -> tuple[int, bool, int]:
    """Who stands before whom: the upper unit, then its head, then the higher title."""
    return depth_first.get(post.unit_id, len(depth_first)), not post.is_head, title_rank(post.title)


def _depth_first(unit_id: int, units: Mapping[int, UnitView]) -> list[int]:
    children = _children(units)
    found: list[int] = []
    waiting = [unit_id]
    while waiting:
        unit = waiting.pop()
        if unit not in found:
            found.append(unit)
            waiting.extend(reversed([child.id for child in children[unit]]))
    return found


def _children(units: Mapping[int, UnitView]) -> defaultdict[int | None, list[UnitView]]:
    """The units under each unit, in their order; under None those whose parent does not exist that day."""
    children: defaultdict[int | None, list[UnitView]] = defaultdict(list)
    for unit in units.values():
        children[unit.parent_id if unit.parent_id in units else None].append(unit)
    return children


def _members(held: Iterable[tuple[int, str, Post]]) -> Mapping[int, frozenset[int]]:
    members: defaultdict[int, set[int]] = defaultdict(set)
    for person_id, _key, post in held:
        members[post.unit_id].add(person_id)
    return {unit_id: frozenset(found) for unit_id, found in members.items()}


def _branches(
    top: int | None, units: Mapping[int, UnitView], members: Mapping[int, frozenset[int]]
) -> tuple[Branch, ...]:
    children = _children(units)

    def grow(unit: UnitView, above: frozenset[int]) -> tuple[Branch, frozenset[int]]:
        above |= {unit.id}
        grown = [grow(child, above) for child in children[unit.id] if child.id not in above]
        inside = members.get(unit.id, frozenset()).union(*(found for _branch, found in grown))
        return Branch(unit, len(inside), tuple(branch for branch, _found in grown)), inside

    return tuple(grow(unit, frozenset())[0] for unit in children[top])


def _entries(person_ids: Collection[int], listed_for: Mapping[int, Post], day: date) -> tuple[Entry, ...]:
    """The lines of these people, in the order given; without a post to be listed for, for their primary one."""
    held: defaultdict[int, list[Post]] = defaultdict(list)
    for person_id, post in posts.posts_of(person_ids, day):
        held[person_id].append(post)
    names = posts.names_of(person_ids)
    numbers = phones.numbers_of_people(day, person_ids)
    return tuple(_entry(names[i], listed_for.get(i), held[i], numbers.get(i, ())) for i in person_ids if i in names)


def _entry(named: Named, listed_for: Post | None, held: list[Post], numbers: tuple[NumberView, ...]) -> Entry:
    primary_first = sorted(held, key=lambda post: not post.is_primary)
    post = listed_for or next(iter(primary_first), None)
    return Entry(
        person_id=named.person_id,
        name=named.name,
        kana=named.kana,
        mail=named.mail,
        post=post,
        further=tuple(one for one in primary_first if one != post),
        numbers=numbers,
    )
