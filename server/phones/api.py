"""The API of extensions: whose they are, and who can answer a section's now."""

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Boolean, Date, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from server import clock, db, telephone
from server.access import scope, unmetered
from server.people import queries as people
from server.people.login import current_account
from server.people.rules import Scope, Viewer
from server.phones import answering, lookup
from server.phones.answering import Answerer
from server.phones.lookup import Listed
from server.phones.rules import Kind, Reach

LONGEST_SEARCH = 100
MOST_ON_A_PAGE = 200
HOLDERS = ("person", "unit", "zone", "device")

api = APIBlueprint("phones_api", __name__, url_prefix="/api/v1", tag="Phones")


class ExtensionsQuery(Schema):
    """Which numbers."""

    q = String(
        load_default="",
        validate=Length(max=LONGEST_SEARCH),
        metadata={"description": "The beginning of the number, digits of the outside number, or part of the name."},
    )
    page = Integer(load_default=1, validate=Range(1, 10_000))
    per_page = Integer(load_default=50, validate=Range(1, MOST_ON_A_PAGE))


class HolderOut(Schema):
    """Whose a number is; the id is a device's only as null."""

    kind = String(required=True, validate=OneOf(HOLDERS))
    id = Integer(required=True, allow_none=True)
    name = String(required=True)
    name_en = String(required=True)
    unit = String(required=True)
    unit_en = String(required=True)


class ExtensionOut(Schema):
    """A number of the house as it is today."""

    number = String(required=True)
    kind = String(required=True, validate=OneOf([kind.value for kind in Kind]))
    outside_number = String(required=True)
    main = Boolean(required=True, metadata={"description": "The number under which the section is called."})
    holder = Nested(HolderOut, required=True, allow_none=True)
    retired = Boolean(required=True)
    moved_to = String(required=True, allow_none=True)
    moved_until = Date(required=True, allow_none=True)


class ExtensionsOut(Schema):
    """A page of numbers."""

    extensions = List(Nested(ExtensionOut), required=True)
    total = Integer(required=True)
    page = Integer(required=True)
    per_page = Integer(required=True)


class AnswererOut(Schema):
    """Somebody who may answer: nothing of their place but the group."""

    person_id = Integer(required=True)
    name = String(required=True)
    number = String(required=True, allow_none=True)
    old = Boolean(
        required=True, metadata={"description": "The sensors there are silent; the group is what was last known."}
    )


class GroupOut(Schema):
    """Those who are equally near to the phone, by reading."""

    reach = String(required=True, validate=OneOf([reach.value for reach in Reach]))
    people = List(Nested(AnswererOut), required=True)


class AnsweringOut(Schema):
    """The ring group of a section's number, nearest first."""

    number = String(required=True)
    as_of = DateTime(required=True)
    sensors_down = Boolean(required=True, metadata={"description": "No badge is heard now."})
    groups = List(Nested(GroupOut), required=True)


@api.get("/extensions")
@scope(Scope.READ_PHONES)
@api.input(ExtensionsQuery, location="query")
@api.output(ExtensionsOut)
def list_extensions(query_data: dict[str, Any]) -> ResponseReturnValue:
    """Numbers in use or lately moved, by number"""
    found = lookup.search(query_data["q"], _viewer(), clock.today(get_timezone()))
    page, per_page = query_data["page"], query_data["per_page"]
    shown = found[(page - 1) * per_page : page * per_page]
    return {"extensions": [_extension(one) for one in shown], "total": len(found), "page": page, "per_page": per_page}


@api.get("/extensions/<number>")
@scope(Scope.READ_PHONES)
@api.output(ExtensionOut)
@api.doc(responses=[404])
def get_extension(number: str) -> ResponseReturnValue:
    """One number: whose it is, or where it moved to"""
    return _extension(_found(number))


@api.get("/extensions/<number>/answering")
@scope(Scope.READ_PHONES, Scope.READ_PRESENCE)
@unmetered
@api.output(AnsweringOut)
@api.doc(responses=[404, 429])
def get_answering(number: str) -> ResponseReturnValue:
    """Who can answer a section's number now

    In three groups: at their seat, in the building, elsewhere or not known. Whoever is on leave, in focus or at a
    counter is left out, unless they hide that: those stand in the last group like everybody of whom nothing is known.
    Of a section that is not the caller's, five are named as near at most. They and those left out can read that the
    caller asked, once in ten minutes.
    """
    found = _found(number)
    if found.unit_id is None:
        abort(404)
    now, account = clock.now(), current_account()
    day = now.astimezone(get_timezone()).date()
    with db.transaction():
        ring = answering.look_up(found.unit_id, _viewer(), account.account_id, account.name, now, day)
    groups = [
        {"reach": reach.value, "people": [_answerer(one) for one in ring.people if one.reach is reach]}
        for reach in Reach
    ]
    return {"number": found.number.number, "as_of": now, "sensors_down": ring.sensors_down, "groups": groups}


def _found(number: str) -> Listed:
    digits = telephone.extension_number(number)
    day = clock.today(get_timezone())
    return (None if digits is None else lookup.one(digits, _viewer(), day)) or abort(404)


def _viewer() -> Viewer:
    return people.viewer_of(current_account().account_id, clock.today(get_timezone()))


def _extension(one: Listed) -> dict[str, object]:
    number = one.number
    return {
        "number": number.number,
        "kind": number.kind,
        "outside_number": number.outside_number,
        "main": number.is_main,
        "holder": _holder(one),
        "retired": number.retired,
        "moved_to": number.moved_to,
        "moved_until": number.moved_until,
    }


def _holder(one: Listed) -> dict[str, object] | None:
    if one.holder is None:
        return None
    of = one.holder.holder
    ids = (of.person_id, of.unit_id, of.zone_id, None)
    kind, holder_id = next(
        ((kind, i) for kind, i in zip(HOLDERS, ids, strict=True) if i is not None), (HOLDERS[-1], None)
    )
    return {
        "kind": kind,
        "id": holder_id,
        "name": one.holder.name,
        "name_en": one.holder.name_en,
        "unit": one.holder.unit_name,
        "unit_en": one.holder.unit_name_en,
    }


def _answerer(one: Answerer) -> dict[str, object]:
    return {
        "person_id": one.card.id,
        "name": one.card.name,
        "number": None if one.number is None else one.number.number,
        "old": one.is_old,
    }
