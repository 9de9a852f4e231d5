"""The API of what works instead: asked by the map after a refusal."""

from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Integer, Nested, String
from apiflask.validators import Length, Range
from flask.typing import ResponseReturnValue

from server import clock
from server.access import scope
from server.bookings import answers, given, lines, queries
from server.bookings.rules import State, Wish
from server.errors import Refused
from server.people import login
from server.people.login import current_person_id
from server.people.rules import Scope
from server.places import queries as places

LARGEST_ID = 2**31 - 1

api = APIBlueprint("seat_offers", __name__, url_prefix="/api/v1", tag="Seats")


class InsteadQuery(Schema):
    """A time on the building's clock."""

    day = String(required=True, validate=Length(max=10), metadata={"example": "2026-11-24"})
    starts = String(required=True, validate=Length(max=5), metadata={"example": "09:00", "description": "Or `now`."})
    ends = String(required=True, validate=Length(max=5), metadata={"example": "17:15"})
    booking = Integer(validate=Range(1), metadata={"description": "Of mine, that would be changed."})


class OtherSeatOut(Schema):
    """A seat by its id and code."""

    id = Integer(required=True)
    code = String(required=True, metadata={"example": "18A-013"})


class InsteadOut(Schema):
    """Who answers for the rule that stands in the way, and the nearest seat that works."""

    responsible = String(required=True, metadata={"description": "Empty when no rule of a zone does."})
    seat = Nested(OtherSeatOut, required=True, allow_none=True)


@api.get("/seats/<int(max=2147483647):seat_id>/instead")
@api.input(InsteadQuery, location="query")
@api.output(InsteadOut)
@scope(Scope.READ_BOOKINGS)
def instead(seat_id: int, query_data: dict[str, Any]) -> ResponseReturnValue:
    """The nearest seat I can have at a time in place of this one"""
    person_id, now = current_person_id(), clock.now()
    building = places.building(login.settings_in_use().site)
    if building is None:
        raise Refused("no_building", "There is no building yet.", 404)
    form = {"day": query_data["day"], "from": query_data["starts"], "to": query_data["ends"]}
    term = given.term(form, now, building.zone)
    moved = queries.booking(query_data["booking"]) if query_data.get("booking") else None
    mine = moved is not None and moved.holds and moved.person_id == person_id
    has_begun = mine and moved is not None and moved.starts_at <= now
    wish = Wish(seat_id, term.starts_at, term.ends_at, has_begun=has_begun)
    found = answers.looked_into(person_id, wish, now, moved_id=moved.id if mine and moved is not None else None)
    offer = found.offer
    return {
        "responsible": found.responsible,
        "seat": None if offer is None else {"id": offer.seat.id, "code": offer.seat.code},
    }


class NextOut(Schema):
    """What happens next with a booking."""

    sentence = String(required=True, metadata={"description": "Empty once somebody has come."})


@api.get("/bookings/<int(max=9007199254740991):booking_id>/next")
@api.output(NextOut)
@scope(Scope.READ_BOOKINGS)
def next_of(booking_id: int) -> ResponseReturnValue:
    """What confirms a booking of mine, as a sentence"""
    one, person_id = queries.booking(booking_id), current_person_id()
    zone = None if one is None else next((z for z in places.zones(one.floor_id) if z.id == one.zone_id), None)
    building = None if one is None else places.building_of(one.floor_id)
    if one is None or zone is None or building is None or person_id not in (one.person_id, one.booked_by_id):
        raise Refused("no_booking", "There is no such booking.", 404)
    told = one if one.person_id == person_id else replace(one, state=State.BOOKED)  # whether they came is theirs (P3)
    return {"sentence": lines.next_step(told, zone, building)}
