"""What the live map answers, as the API's document describes it; the answers themselves come from `snapshots`."""

from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, Float, Integer, List, Nested, String
from apiflask.validators import OneOf

from server.live_map.card import SCREENS
from server.presence.fusion import Source
from server.presence.rules import Shown, StatusKind, Sure

POINT = {"description": "x and y in metres on the plan, x to the right, y down."}


class StatusOut(Schema):
    """What somebody says of their own day; nobody reads since when, or which kind of leave."""

    kind = String(validate=OneOf([kind.value for kind in StatusKind]), metadata={"example": "telework"})
    until = Integer(metadata={"description": "Unix seconds.", "example": 1764000000})
    note = String(metadata={"example": ""})


class PersonOut(Schema):
    """A person as far as they show themselves to the caller."""

    id = Integer(metadata={"example": 123})
    name = String(metadata={"example": "髙波 真琴"})
    family = String(metadata={"example": "髙波"})
    kana = String(metadata={"example": "たかなみ まこと"})
    unit = String(metadata={"example": "財政課"})
    unit_en = String(metadata={"example": "Fiscal Section"})
    title = String(metadata={"example": "課長"})
    floor = String(allow_none=True, metadata={"description": "Code; null when no place is shown.", "example": "18"})
    zone = String(allow_none=True, metadata={"description": "Code; null when no zone is shown.", "example": "18A"})
    state = String(
        validate=OneOf([shown.value for shown in Shown]),
        metadata={"description": "`hidden` is all that is said, whatever the reason.", "example": "present"},
    )
    sure = String(
        allow_none=True,
        validate=OneOf([*(sure.value for sure in Sure), None]),
        metadata={"description": "How sure the place is; null without one.", "example": "here"},
    )
    heard_at = Integer(
        allow_none=True,
        metadata={"description": "When the badge was last heard, Unix seconds; null without a place."},
    )
    source = String(
        validate=OneOf([source.value for source in Source]),
        metadata={"description": "From what the place is known.", "example": "beacon"},
    )
    status = Nested(StatusOut, allow_none=True)
    own = Boolean(metadata={"description": "Has a post in one of my units."})
    me = Boolean(metadata={"description": "Is the caller."})


class SnapshotOut(Schema):
    """How current an answer is."""

    as_of = Integer(metadata={"description": "Unix seconds.", "example": 1764000000})
    stale = Boolean(metadata={"description": "Something is old."})
    reasons = List(
        String(),
        metadata={"description": "`database`, `background`, `broker` or `receivers:<floor code>`.", "example": []},
    )
    last_id = Integer(metadata={"description": "The newest change that the answer contains.", "example": 4711})


class FloorLineOut(Schema):
    """A floor in the list."""

    code = String(metadata={"example": "18"})
    level = Integer(metadata={"example": 18})
    name = String(metadata={"example": "財務局"})
    name_en = String(metadata={"example": "Finance Bureau"})
    kind = String(metadata={"example": "group"})
    excluded = Boolean(metadata={"description": "Nobody is ever shown there."})
    count = Integer(metadata={"description": "How many people are shown there.", "example": 84})
    capacity = Integer(metadata={"example": 122})
    own = Boolean(metadata={"description": "One of my units has its zone there."})


class FloorsOut(SnapshotOut):
    """Every floor, the top one first."""

    count = Integer(metadata={"description": "How many people are shown at least as in the building."})
    floors = List(Nested(FloorLineOut))


class PlanOut(Schema):
    """A floor's picture and where it lies."""

    url = String(metadata={"example": "/floors/18/plan?v=3f2a"})
    x_m = Float()
    y_m = Float()
    width_m = Float()
    height_m = Float()


class FloorHeadOut(Schema):
    """The floor itself."""

    code = String(metadata={"example": "18"})
    level = Integer()
    name = String()
    name_en = String()
    kind = String()
    width_m = Float(metadata={"example": 48.0})
    height_m = Float(metadata={"example": 32.0})
    excluded = Boolean()
    portals = List(List(Float(), metadata=POINT), metadata={"description": "Lifts and stairs."})
    plan = Nested(PlanOut, allow_none=True)


class ZoneOut(Schema):
    """A zone of a floor with its number of people."""

    code = String(metadata={"example": "18A"})
    name = String()
    name_en = String()
    kind = String()
    polygon = List(List(Float(), metadata=POINT))
    count = Integer()
    capacity = Integer()
    units = List(String())
    units_en = List(String())
    own = Boolean()
    counts_only = Boolean(metadata={"description": "Its number is shown and nobody's name."})
    excluded = Boolean()


class PathOut(Schema):
    """A recorded walk that is replayed on the floor, and what positioning makes of it; of nobody who works here."""

    track = String()
    started_at = Float(allow_none=True)
    points = List(List(Float(), metadata={"description": "Seconds, x and y in metres."}))
    estimate = List(List(Float(), metadata={"description": "Seconds, x and y in metres."}))


class FloorOut(SnapshotOut):
    """One floor with its people."""

    people = List(Nested(PersonOut), metadata={"description": "By kana."})
    floor = Nested(FloorHeadOut)
    zones = List(Nested(ZoneOut))
    count = Integer(
        metadata={"description": "Everyone on the floor: those listed, and those in zones that only count."}
    )
    others = Integer(metadata={"description": "Those listed without a zone."})
    path = Nested(PathOut, allow_none=True)


class TeamOut(SnapshotOut):
    """The caller and everyone with a post in one of their units."""

    me = Nested(PersonOut, allow_none=True)
    people = List(Nested(PersonOut), metadata={"description": "Without the caller, by kana."})


class ScreenQuery(Schema):
    """From where somebody is looked up."""

    screen = String(
        required=True,
        validate=OneOf(sorted(SCREENS)),
        metadata={"description": "Written down for the person who is looked up.", "example": "search"},
    )


class CardFloorOut(Schema):
    """The floor of somebody's place, with what a small map of it needs."""

    code = String(metadata={"example": "18"})
    name = String()
    name_en = String()
    width_m = Float(metadata={"example": 48.0})
    height_m = Float(metadata={"example": 32.0})
    plan = Nested(PlanOut, allow_none=True)


class CardZoneOut(Schema):
    """The zone of somebody's place."""

    code = String(metadata={"example": "18A"})
    name = String()
    name_en = String()
    centre = List(Float(), metadata=POINT)
    polygon = List(List(Float(), metadata=POINT))


class CardPostOut(Schema):
    """A post that somebody holds."""

    unit_path = List(String(), metadata={"example": ["財務局", "財政部", "財政課"]})
    unit_path_en = List(String())
    title = String(metadata={"example": "課長"})
    duties = String(metadata={"description": "What they do there, as the section says."})
    primary = Boolean()


class CardNumberOut(Schema):
    """A number under which somebody is called."""

    number = String(metadata={"example": "2214"})
    kind = String(metadata={"example": "smartphone"})
    outside_number = String(metadata={"description": "From outside; empty when there is none.", "example": ""})
    main = Boolean(metadata={"description": "The section is called under it."})


class CardOut(Schema):
    """A named look-up's answer."""

    person = Nested(PersonOut)
    unit_path = List(String(), metadata={"example": ["財務局", "財政部", "財政課"]})
    unit_path_en = List(String())
    title = String()
    kana = String()
    floor = Nested(CardFloorOut, allow_none=True)
    zone = Nested(CardZoneOut, allow_none=True)
    portal = List(Float(), allow_none=True, metadata={"description": "The lift or stairs nearest to the zone."})
    hidden = Boolean(metadata={"description": "The person shows no place, whatever the reason."})
    posts = List(Nested(CardPostOut), metadata={"description": "The primary one first."})
    mail = String(metadata={"example": "takanami@city.example.jp"})
    numbers = List(Nested(CardNumberOut))
    seat = String(metadata={"description": "Of a check-in or booking; empty unless it may be shown.", "example": ""})
    until = Integer(allow_none=True, metadata={"description": "When the check-in or booking ends, Unix seconds."})
    sensors_down = Boolean(metadata={"description": "No badge can be heard there now; the rest is all that is known."})


STREAM: dict[int | str, Any] = {
    200: {
        "description": "Events as they happen, for browsers; docs/live-map-protocol.md describes each.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
