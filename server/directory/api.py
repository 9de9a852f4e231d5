"""The API of search and units."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import orjson
from apiflask import APIBlueprint
from flask import Response, abort, current_app
from flask.blueprints import BlueprintSetupState
from flask_babel import get_timezone

from server import clock
from server.access import scope
from server.directory import listing, results
from server.directory.listing import Branch, Entry
from server.directory.schemas import SearchIn, SearchOut, UnitPageIn, UnitPageOut, UnitsOut
from server.directory.search import Search
from server.live_map.feed import Feed
from server.people.login import current_account, may
from server.people.posts import Post
from server.people.queries import UnitView
from server.people.rules import Scope
from server.phones import queries as phones
from server.phones.queries import NumberView

LARGEST_ID = 2**31 - 1

api = APIBlueprint("directory_api", __name__, url_prefix="/api/v1", tag="Directory")


@api.record
def _install(state: BlueprintSetupState) -> None:
    state.app.extensions["iruka.search"] = Search(cast(Feed, state.app.extensions["iruka.feed"]))


@api.get("/search")
@scope(Scope.READ_DIRECTORY)
@api.input(SearchIn, location="query")
@api.output(SearchOut)
def find(query_data: dict[str, Any]) -> Response:
    """Find people, units, extensions, zones and seats."""
    with_places = query_data["place"] == 1 and may(Scope.READ_PRESENCE)
    found = results.answer(_search(), query_data["q"], query_data["limit"], with_places=with_places)
    return Response(orjson.dumps(found), mimetype="application/json")  # asked for with every key: no second look


@api.get("/units")
@scope(Scope.READ_DIRECTORY)
@api.output(UnitsOut)
def units() -> Mapping[str, object]:
    """List today's units."""
    today = clock.today(get_timezone())
    numbers = phones.numbers_of_units(today)
    tree = listing.tree(current_account().person_id, today)
    return {"units": [_line(branch, numbers.get(branch.unit.id, ())) for branch in _in_order(tree)]}


@api.get("/units/<int:unit_id>")
@scope(Scope.READ_DIRECTORY)
@api.input(UnitPageIn, location="query")
@api.output(UnitPageOut)
def unit(unit_id: int, query_data: dict[str, Any]) -> Mapping[str, object]:
    """Give a unit and its people in the order of their readings."""
    if unit_id > LARGEST_ID:
        abort(404)
    today = clock.today(get_timezone())
    found = listing.unit_page(unit_id, False, query_data["page"], current_account().person_id, today)
    if found is None:
        abort(404)
    return {
        "unit": _unit(found.unit),
        "path": [_unit(one) for one in found.path],
        "numbers": [number.as_json() for number in found.numbers],
        "people": [_member(entry) for entry in found.entries],
        "page": found.page.number,
        "pages": found.page.last,
        "total": found.page.total,
    }


def _search() -> Search:
    return cast(Search, current_app.extensions["iruka.search"])


def _in_order(branches: Iterable[Branch]) -> Iterable[Branch]:
    for branch in branches:
        yield branch
        yield from _in_order(branch.children)


def _line(branch: Branch, numbers: Iterable[NumberView]) -> Mapping[str, object]:
    main = next((number.number for number in numbers if number.is_main), None)
    return {**_unit(branch.unit), "people": branch.count, "main_number": main}


def _unit(unit: UnitView) -> Mapping[str, object]:
    return {
        "id": unit.id,
        "code": unit.code,
        "name": unit.name,
        "name_en": unit.name_en,
        "kana": unit.kana,
        "kind": unit.kind,
        "parent_id": unit.parent_id,
    }


def _member(entry: Entry) -> Mapping[str, object]:
    posts = (*(() if entry.post is None else (entry.post,)), *entry.further)
    return {
        "id": entry.person_id,
        "name": entry.name,
        "kana": entry.kana,
        "mail": entry.mail,
        "posts": [_post(post) for post in posts],
        "numbers": [number.as_json() for number in entry.numbers],
    }


def _post(post: Post) -> Mapping[str, object]:
    return {
        "unit_id": post.unit_id,
        "unit": post.unit,
        "unit_en": post.unit_en,
        "title": post.title,
        "duties": post.duties,
        "primary": post.is_primary,
        "head": post.is_head,
    }
