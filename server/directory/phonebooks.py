"""Phone books that telephones fetch: Yealink's and Cisco's, by menus of units."""

from datetime import timedelta
from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Integer
from apiflask.validators import Range
from flask import Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _

from server import audit, clock, db
from server.access import scope
from server.directory import lists
from server.directory.formats import cisco, yealink
from server.directory.formats.book import Book, Group
from server.errors import Refused
from server.people.login import current_account
from server.people.rules import Scope
from server.settings import Settings

ACTION = "phone_book_read"
WRITTEN_DOWN_EVERY = timedelta(hours=1)  # a telephone turns pages; each of them is the same reading
LARGEST_ID = 2**31 - 1
_XML = {"content": {"text/xml": {"schema": {"type": "string"}}}, "description": "XML for a telephone"}

MENU: dict[int | str, Any] = {200: _XML}
OF_UNIT: dict[int | str, Any] = {200: _XML, 404: {"description": "There is no such unit"}}
OF_PAGE: dict[int | str, Any] = {200: _XML, 404: {"description": "There is no such unit or page"}}

api = APIBlueprint("phonebook_api", __name__, url_prefix="/api/v1/phonebook", tag="Phone books")


class PageQuery(Schema):
    """Which page."""

    page = Integer(load_default=1, validate=Range(1, LARGEST_ID))


@api.get("/yealink")
@scope(Scope.READ_PHONES)
@api.doc(responses=MENU)
def yealink_menu() -> ResponseReturnValue:
    """Yealink remote phone book: the menu of bureaus"""
    return _yealink(None)


@api.get("/yealink/units/<int:unit_id>")
@scope(Scope.READ_PHONES)
@api.doc(responses=OF_UNIT)
def yealink_unit(unit_id: int) -> ResponseReturnValue:
    """Yealink remote phone book: a unit's units, or its people where it has none"""
    return _yealink(unit_id)


@api.get("/yealink/units/<int:unit_id>/people")
@scope(Scope.READ_PHONES)
@api.doc(responses=OF_UNIT)
def yealink_people(unit_id: int) -> ResponseReturnValue:
    """Yealink remote phone book: the people of one unit, without those below it"""
    group = _group(_book(unit_id), unit_id)
    return _xml(yealink.directory(group.name, group))


@api.get("/cisco")
@scope(Scope.READ_PHONES)
@api.doc(responses=MENU)
def cisco_menu() -> ResponseReturnValue:
    """Cisco phone services: the menu of bureaus"""
    return _cisco(None)


@api.get("/cisco/units/<int:unit_id>")
@scope(Scope.READ_PHONES)
@api.doc(responses=OF_UNIT)
def cisco_unit(unit_id: int) -> ResponseReturnValue:
    """Cisco phone services: a unit's units, or the first page of its people where it has none"""
    return _cisco(unit_id)


@api.get("/cisco/units/<int:unit_id>/people")
@scope(Scope.READ_PHONES)
@api.input(PageQuery, location="query")
@api.doc(responses=OF_PAGE)
def cisco_people(unit_id: int, query_data: dict[str, Any]) -> ResponseReturnValue:
    """Cisco phone services: one page of at most 32 entries of a unit"""
    return _cisco_page(_group(_book(unit_id), unit_id), query_data["page"])


def _yealink(unit_id: int | None) -> ResponseReturnValue:
    book = _book(unit_id)
    items = _items(book, unit_id, "yealink")
    if unit_id is None or items:
        return _xml(yealink.menu(book.whom, items))
    group = _group(book, unit_id)
    return _xml(yealink.directory(group.name, group))


def _cisco(unit_id: int | None) -> ResponseReturnValue:
    book = _book(unit_id)
    items = _items(book, unit_id, "cisco")
    if unit_id is None or items:
        return _xml(cisco.menu(book.whom, str(_("Choose a unit")), items))
    return _cisco_page(_group(book, unit_id), 1)


def _cisco_page(group: Group, page: int) -> ResponseReturnValue:
    pages = cisco.pages(group)
    if page > pages:
        raise Refused("no_page", "There is no such page.", 404)
    keys = [(str(_("Dial")), "SoftKey:Dial"), (str(_("Back")), "SoftKey:Exit")]
    if page < pages:
        keys.insert(1, (str(_("Next")), _address("cisco_people", unit_id=group.unit_id, page=page + 1)))
    prompt = str(_("Page %(n)s of %(last)s", n=page, last=pages))
    return _xml(cisco.directory(group.name, prompt, group, page, keys))


def _items(book: Book, unit_id: int | None, vendor: str) -> list[tuple[str, str]]:
    """The units below a unit, after the unit itself where it has people or numbers of its own; [] when none is."""
    below = [
        (name, _address(f"{vendor}_unit", unit_id=unit)) for unit, name in lists.below(book, unit_id, _is_english())
    ]
    has_own = any(group.unit_id == unit_id for group in book.groups)
    if below and has_own and unit_id is not None:
        below.insert(0, (book.whom, _address(f"{vendor}_people", unit_id=unit_id)))
    return below


def _group(book: Book, unit_id: int) -> Group:
    """The unit's own people; an empty one where all work in units below it."""
    own = (group for group in book.groups if group.unit_id == unit_id)
    return next(own, Group(unit_id, (book.whom,)))


def _book(unit_id: int | None) -> Book:
    now = clock.now()
    account = current_account()
    actor = audit.account(account.account_id, account.name)
    book = lists.book(_settings().site, unit_id, now.astimezone(get_timezone()), english=_is_english())
    if audit.count(actor, ACTION, now - WRITTEN_DOWN_EVERY) == 0:
        with db.transaction():
            audit.record(actor, ACTION, "", {"path": request.path}, now)
    return book


def _address(endpoint: str, **values: object) -> str:
    """A telephone follows whole addresses only."""
    return _settings().base_url + url_for(f"{api.name}.{endpoint}", **values)  # type: ignore[arg-type]


def _xml(document: str) -> Response:
    return Response(document, mimetype="text/xml")


def _is_english() -> bool:
    return str(get_locale()) == "en"


def _settings() -> Settings:
    settings: Settings = current_app.extensions["iruka"]
    return settings
