"""The answer to a search: the lines somebody reads, in their language, with places where they may be said.

A list of names is a phone book. Only when so few are found that it is a look-up of them is their place said, and each
of them can read that (P11).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from flask_babel import get_locale, gettext
from sqlalchemy.exc import SQLAlchemyError

from server import clock, db
from server.directory.book import Book
from server.directory.index import Found, Item, Kind, shown_query
from server.directory.place import place
from server.directory.search import Search
from server.live_map import rules
from server.live_map.feed import Feed
from server.people.login import current_account
from server.people.queries import PersonCard, PostView, UnitView
from server.people.rules import Viewer
from server.phones.queries import HeldNumber
from server.presence import alerts, look_ups

MOST_LOOKED_UP = 3
SCREEN = "search"

Line = dict[str, object]


def answer(search: Search, query: str, limit: int, *, with_places: bool) -> Mapping[str, object]:
    """The best answers to a query, for the caller."""
    search.feed.watch()
    viewer, book = search.feed.viewer(current_account().account_id), search.book()
    found = book.index.find(query, viewer.unit_ids, viewer.person_id, limit)
    lines = [_line(item, book, viewer) for item in found.items]
    if with_places and 0 < found.people <= MOST_LOOKED_UP:
        _say_places(search, viewer, found, lines)
    return {"query": shown_query(query), "results": lines, "more": found.total - len(lines)}


def _line(item: Item, book: Book, viewer: Viewer) -> Line:
    """A result without a place; what does not depend on who asks is worked out once for every language."""
    key = (item.kind, item.id, str(get_locale()))
    kept = book.lines.get(key)
    if kept is None:
        made = LINE_OF[item.kind](item.id, book)
        empty = {"ruby": "", "number": None, "outside_number": None}
        kept = book.lines[key] = {"kind": item.kind.value, "id": item.id, **empty, **made}
    return {**kept, "own": not viewer.unit_ids.isdisjoint(item.unit_ids), "place": None}


def _person(person_id: int, book: Book) -> Line:
    card = book.people[person_id].card
    return {
        "title": card.name,
        "ruby": card.kana,
        "detail": _posts(card, book),
        "href": f"/people/{person_id}",
        **_reach(book.numbers_of_person.get(person_id, ())),
    }


def _unit(unit_id: int, book: Book) -> Line:
    unit = book.units[unit_id]
    return {
        "title": _named(unit),
        "ruby": "" if _is_english() else unit.kana,
        "detail": _path(book.path(unit.parent_id)),
        "href": f"/directory/units/{unit_id}",
        **_reach(book.numbers_of_unit.get(unit_id, ())),
    }


def _extension(extension_id: int, book: Book) -> Line:
    number = book.numbers[extension_id]
    moved = number.moved_to is not None
    detail = gettext("moved to %(number)s", number=number.moved_to) if moved else _holder(number, book)
    return {
        "title": number.number,
        "detail": detail,
        "number": number.moved_to or number.number,
        "outside_number": book.holder_of(number).outside_number or None,
        "href": _page_of(book.holder_of(number), book),
    }


def _holder(number: HeldNumber, book: Book) -> str:
    person = book.people.get(number.person_id or 0)
    unit = book.units.get(number.unit_id or 0)
    zone = book.places.zone_by_id.get(number.zone_id or 0)
    if person is not None:
        return " ".join(filter(None, (person.card.name, _post(person.card.posts[:1], book))))
    if unit is not None:
        path = _path(book.path(unit.id))
        if number.kind == "fax":
            return str(gettext("%(unit)s, fax", unit=path))
        return str(gettext("%(unit)s, main number", unit=path)) if number.is_main else path
    if zone is not None:
        return _in_language(zone.name, zone.name_en)
    return number.device or ""


def _page_of(number: HeldNumber, book: Book) -> str:
    if number.person_id in book.people:
        return f"/people/{number.person_id}"
    if number.unit_id in book.units:
        return f"/directory/units/{number.unit_id}"
    return f"/directory?{urlencode({'q': number.number})}"


def _zone(zone_id: int, book: Book) -> Line:
    zone = book.places.zone_by_id[zone_id]
    floor = book.places.floor_by_id[zone.floor_id]
    owners = zone.units_en if _is_english() else zone.units
    floor_name = gettext("%(floor)sF %(name)s", floor=floor.code, name=_in_language(floor.name, floor.name_en))
    return {
        "title": f"{zone.code} {_in_language(zone.name, zone.name_en)}",
        "detail": " · ".join((floor_name, *owners)),
        "href": f"/floors/{quote(floor.code, safe='')}?{urlencode({'zone': zone.code})}",
    }


def _seat(seat_id: int, book: Book) -> Line:
    seat = book.seats[seat_id]
    zone = book.places.zone_by_id[seat.zone_id]
    floor = book.places.floor_by_id[zone.floor_id]
    floor_name = gettext("%(floor)sF", floor=floor.code)
    return {
        "title": seat.code,
        "detail": str(gettext("%(floor)s, %(zone)s", floor=floor_name, zone=_in_language(zone.name, zone.name_en))),
        "href": f"/floors/{quote(floor.code, safe='')}?{urlencode({'seat': seat.code})}",
    }


LINE_OF: Mapping[Kind, Callable[[int, Book], Line]] = {
    Kind.PERSON: _person,
    Kind.UNIT: _unit,
    Kind.EXTENSION: _extension,
    Kind.ZONE: _zone,
    Kind.SEAT: _seat,
}


def _reach(numbers: Sequence[HeldNumber]) -> Line:
    if not numbers:
        return {}
    outside = next((number.outside_number for number in numbers if number.outside_number), None)
    return {"number": numbers[0].number, "outside_number": outside}


def _posts(card: PersonCard, book: Book) -> str:
    primary = _post(card.posts[:1], book)
    others = [_post((post,), book) for post in card.posts[1:]]
    if not others:
        return primary
    return str(gettext("%(post)s, also %(others)s", post=primary, others=gettext(", ").join(others)))


def _post(posts: Sequence[PostView], book: Book) -> str:
    if not posts:
        return ""
    path = book.path(posts[0].unit_id)
    return " ".join(filter(None, (_path(path[:1] + path[1:][-1:]), posts[0].title)))


def _path(path: Sequence[UnitView]) -> str:
    return (", " if _is_english() else " ").join(_named(unit) for unit in path)


def _named(unit: UnitView) -> str:
    return _in_language(unit.name, unit.name_en)


def _in_language(japanese: str, english: str) -> str:
    return (english if _is_english() else "") or japanese


def _is_english() -> bool:
    return str(get_locale()) == "en"


# -- places


def _say_places(search: Search, viewer: Viewer, found: Found, lines: Sequence[Line]) -> None:
    people = {item.id: line for item, line in zip(found.items, lines, strict=True) if item.kind is Kind.PERSON}
    now = clock.now()
    for person_id in _written(search, viewer, people, now):
        people[person_id]["place"] = _place(search.feed, viewer, person_id, now)


def _place(feed: Feed, viewer: Viewer, person_id: int, now: datetime) -> Mapping[str, object] | None:
    """What the map would show of them at this moment."""
    with feed.lock:
        known, places = feed.model.people.get(person_id), feed.model.built()
    if known is None:
        return None
    where = known.subject.where
    entry = rules.entry(viewer, known.subject, places.closed, now)
    return place(entry, None if where is None else where.heard_at, places, now)


def _written(search: Search, viewer: Viewer, person_ids: Collection[int], now: datetime) -> Sequence[int]:
    """Those of whom it is written down that the caller looked for them, or that need not be; only they are answered."""
    account = current_account()
    new = [i for i in person_ids if i != viewer.person_id and not search.is_written(account.account_id, i)]
    if not new:
        return list(person_ids)
    written: Collection[int] = ()
    if not db.is_silent():
        try:
            with db.transaction():
                written, crossed = look_ups.write_down(account.account_id, account.name, new, SCREEN, now)
                for one in crossed:
                    alerts.write(one, now)
        except SQLAlchemyError as error:
            if not db.is_away(error):
                raise
            written = ()
    for person_id in written:
        search.note_written(account.account_id, person_id)
    return [i for i in person_ids if i not in new or i in written]
