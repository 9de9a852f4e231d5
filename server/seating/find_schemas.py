"""What "find me a seat" takes and gives over the API."""

from apiflask import Schema
from apiflask.fields import AwareDateTime, Boolean, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from server.bookings.schemas import LARGEST_ID, SOON, BookedOut
from server.places.rules import Equipment, SeatKind
from server.seating import find

WISHES = sorted(one.value for one in find.WISHABLE)
EQUIPMENT = [one.value for one in Equipment]


class FindIn(Schema):
    """A time and wishes; nothing given: from now on until the building closes, any seat."""

    starts_at = AwareDateTime(
        load_default=None, allow_none=True, validate=SOON, metadata={"description": "Now when not given."}
    )
    ends_at = AwareDateTime(load_default=None, allow_none=True, validate=SOON)
    minutes = Integer(
        load_default=None, allow_none=True, validate=Range(15, 1440),
        metadata={"description": "Instead of `ends_at`; neither: until the building closes."},
    )  # fmt: skip
    equipment = List(
        String(validate=OneOf(WISHES)), load_default=list, validate=Length(0, len(WISHES)),
        metadata={"description": "As much of it as possible; wheelchair access is a must."},
    )  # fmt: skip
    floor = String(load_default=None, allow_none=True, validate=Length(1, 16), metadata={"example": "18"})
    near_team = Boolean(load_default=False, metadata={"description": "Near my section."})
    near_person_id = Integer(
        load_default=None, allow_none=True, validate=Range(1, LARGEST_ID),
        metadata={"description": "Near a colleague, as far as they show where they sit; they can read that you asked."},
    )  # fmt: skip
    not_last = Boolean(load_default=False, metadata={"description": "None of my last three seats."})
    take = Boolean(load_default=False, metadata={"description": "Book the first that can be had."})


class SuggestionOut(Schema):
    """A seat that can be had, and why it was chosen."""

    seat_id = Integer(required=True)
    seat = String(required=True, metadata={"example": "18A-031"})
    floor = String(required=True)
    zone = String(required=True)
    kind = String(required=True, validate=OneOf([kind.value for kind in SeatKind]))
    equipment = List(String(validate=OneOf(EQUIPMENT)), required=True)
    lacks = List(String(validate=OneOf(WISHES)), required=True, metadata={"description": "Of what was wished for."})
    free_until = DateTime(required=True)
    sentence = String(
        required=True,
        metadata={"example": "18A-031: External monitor, free until 17:15, not one of your last 3 seats"},
    )
    hints = List(String(), required=True, metadata={"description": "What the house rules ask of whoever sits there."})


class FoundOut(Schema):
    """The best seat first, then two other choices."""

    starts_at = DateTime(required=True)
    ends_at = DateTime(required=True)
    suggestions = List(Nested(SuggestionOut), required=True)
    unmet = List(String(), required=True, metadata={"description": "Wishes that no seat can fulfil, and why."})
    booking = Nested(BookedOut, required=True, allow_none=True, metadata={"description": "With `take`: what is yours."})
