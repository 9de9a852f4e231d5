"""What the API of search and units takes and answers, as its document describes it."""

from apiflask import Schema
from apiflask.fields import Boolean, Integer, List, Nested, String
from apiflask.validators import OneOf, Range

from server.directory.index import Kind
from server.presence.fusion import Source
from server.presence.rules import Shown

MOST_RESULTS = 50


class SearchIn(Schema):
    """What to look for."""

    q = String(
        load_default="",
        metadata={
            "description": "Words in any order: a name in kanji, kana or Latin letters, a unit, a title, duties, an"
            " extension, the code of a zone or seat. Every word must fit; the first 100 characters count.",
            "example": "たかなみ 財政",
        },
    )
    limit = Integer(load_default=8, validate=Range(1, MOST_RESULTS), metadata={"description": "How many at most."})
    place = Integer(
        load_default=0,
        validate=OneOf([0, 1]),
        metadata={
            "description": "1: say where people are, when at most three are found. Each of them can read that the"
            " caller looked for them. A token needs `presence:read` for it."
        },
    )


class PlaceOut(Schema):
    """Where a person is, as far as they show it to the caller."""

    text = String(required=True, metadata={"example": "18F, Zone A (south-west)"})
    state = String(required=True, validate=OneOf([shown.value for shown in Shown]), metadata={"example": "present"})
    source = String(
        required=True,
        allow_none=True,
        validate=OneOf([*(source.value for source in Source), None]),
        metadata={"description": "From what the place is known; null without one."},
    )
    age_s = Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Seconds since the badge was heard; null unless a floor is shown.", "example": 20},
    )


class ResultOut(Schema):
    """Somebody or something that was found."""

    kind = String(required=True, validate=OneOf([kind.value for kind in Kind]), metadata={"example": "person"})
    id = Integer(required=True, metadata={"example": 123})
    title = String(required=True, metadata={"description": "The name or number.", "example": "髙波 真琴"})
    ruby = String(required=True, metadata={"description": "How the name is read.", "example": "たかなみ まこと"})
    detail = String(
        required=True,
        metadata={
            "description": "What tells it apart: unit and title, or whose it is.",
            "example": "財務局 財政課 課長",
        },
    )
    number = String(required=True, allow_none=True, metadata={"description": "An extension.", "example": "24117"})
    outside_number = String(required=True, allow_none=True, metadata={"example": "044-000-2417"})
    href = String(required=True, metadata={"description": "The page about it.", "example": "/people/123"})
    own = Boolean(required=True, metadata={"description": "Belongs to one of the caller's units."})
    place = Nested(PlaceOut, required=True, allow_none=True)


class SearchOut(Schema):
    """The best answers first."""

    query = String(required=True, metadata={"description": "What was looked for."})
    results = List(Nested(ResultOut), required=True)
    more = Integer(required=True, metadata={"description": "How many more there are.", "example": 0})


class NumberOut(Schema):
    """A number under which somebody can be called."""

    number = String(required=True, metadata={"example": "24101"})
    kind = String(required=True, metadata={"example": "section"})
    outside_number = String(required=True, metadata={"description": "Empty without one.", "example": "044-000-2401"})
    main = Boolean(required=True, metadata={"description": "The section is called under it."})


class UnitOut(Schema):
    """A unit."""

    id = Integer(required=True, metadata={"example": 12})
    code = String(required=True, metadata={"example": "18-1"})
    name = String(required=True, metadata={"example": "財政課"})
    name_en = String(required=True, metadata={"example": "Finance Section"})
    kana = String(required=True, metadata={"example": "ざいせいか"})
    kind = String(required=True, metadata={"example": "section"})
    parent_id = Integer(required=True, allow_none=True, metadata={"example": 3})


class UnitLineOut(UnitOut):
    """A unit in the list of all."""

    people = Integer(required=True, metadata={"description": "How many work in it and below it.", "example": 24})
    main_number = String(required=True, allow_none=True, metadata={"example": "24101"})


class UnitsOut(Schema):
    """Every unit of today, each after the one above it."""

    units = List(Nested(UnitLineOut), required=True)


class PostOut(Schema):
    """What somebody is in a unit."""

    unit_id = Integer(required=True)
    unit = String(required=True, metadata={"example": "財政課"})
    unit_en = String(required=True)
    title = String(required=True, metadata={"example": "課長"})
    duties = String(required=True, metadata={"example": "予算の調整"})
    primary = Boolean(required=True)
    head = Boolean(required=True)


class MemberOut(Schema):
    """Somebody who works in a unit or below it; no place, since a list is a phone book."""

    id = Integer(required=True)
    name = String(required=True, metadata={"example": "髙波 真琴"})
    kana = String(required=True, metadata={"example": "たかなみ まこと"})
    mail = String(required=True)
    posts = List(Nested(PostOut), required=True, metadata={"description": "The one they are listed for comes first."})
    numbers = List(Nested(NumberOut), required=True)


class UnitPageIn(Schema):
    """Which piece of the list."""

    page = Integer(load_default=1, validate=Range(1, 100_000), metadata={"description": "Counts from 1."})


class UnitPageOut(Schema):
    """A unit and a page of its people."""

    unit = Nested(UnitOut, required=True)
    path = List(Nested(UnitOut), required=True, metadata={"description": "The units above it, from the top."})
    numbers = List(Nested(NumberOut), required=True)
    people = List(Nested(MemberOut), required=True)
    page = Integer(required=True)
    pages = Integer(required=True)
    total = Integer(required=True, metadata={"description": "How many people there are on all pages."})
