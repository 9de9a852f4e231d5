"""What the API of bookings takes and gives."""

from datetime import UTC, datetime

from apiflask import Schema
from apiflask.fields import AwareDateTime, Boolean, Date, DateTime, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from server.bookings.rules import How, State
from server.places.reports import WHAT
from server.places.rules import Equipment, SeatKind

LARGEST_ID = 2**31 - 1
LARGEST_BOOKING_ID = 2**53 - 1
MOST_TOGETHER = 12
SEAT_STATES = ("free", "booked", "in_use", "mine", "not_available")
HOWS = (How.MAP, How.FIND, How.CODE, How.API)  # that a caller may say; what others would mean the house knows itself
WHAT_FOR = "Of a room, a booth or a group desk: what for. Read by its person, and whoever may change the booking."
SOON = Range(datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC))  # that clocks everywhere can show
WHERE_TRUE: dict[str, object] = {"x_optional": True}  # left out of a long answer otherwise
CLOCK = {"example": "08:30", "description": "On the building's clock; 24:00 is the end of the day."}


class KeyHeader(Schema):
    """A key of the caller's own making, so that a retry books nothing twice."""

    key = String(
        data_key="Idempotency-Key", load_default=None, validate=Length(1, 100),
        metadata={"description": "Kept for a day. The same request with the same key gets the first answer."},
    )  # fmt: skip


class SeatOfIn(Schema):
    """One seat of several, and whose it is to be."""

    seat_id = Integer(required=True, validate=Range(1, LARGEST_ID))
    person_id = Integer(load_default=None, allow_none=True, validate=Range(1, LARGEST_ID))


class BookingIn(Schema):
    """A seat and a time, half-open, in quarter hours; or several seats at once, all or none."""

    seat_id = Integer(load_default=None, allow_none=True, validate=Range(1, LARGEST_ID))
    person_id = Integer(
        load_default=None, allow_none=True, validate=Range(1, LARGEST_ID),
        metadata={"description": "For somebody else whom the caller may book for."},
    )  # fmt: skip
    seats = List(
        Nested(SeatOfIn), load_default=None, allow_none=True, validate=Length(1, MOST_TOGETHER),
        metadata={"description": "Several people side by side, instead of `seat_id` and `person_id`."},
    )  # fmt: skip
    starts_at = AwareDateTime(required=True, validate=SOON, metadata={"example": "2026-11-24T08:30:00+09:00"})
    ends_at = AwareDateTime(required=True, validate=SOON, metadata={"example": "2026-11-24T12:00:00+09:00"})
    subject = String(load_default="", validate=Length(0, 100), metadata={"description": WHAT_FOR})
    how = String(load_default=None, allow_none=True, validate=OneOf([how.value for how in HOWS]))
    sit_down = Boolean(
        load_default=False,
        metadata={
            "description": "I sit there: from the quarter hour that runs, whatever `starts_at` says, and confirmed."
            " Of one seat, for oneself."
        },
    )


class BookingPatch(Schema):
    """What is to be different; what is not named stays."""

    seat_id = Integer(validate=Range(1, LARGEST_ID))
    starts_at = AwareDateTime(validate=SOON)
    ends_at = AwareDateTime(validate=SOON)
    subject = String(validate=Length(0, 100), metadata={"description": WHAT_FOR})


class ExtendIn(Schema):
    """Until when."""

    ends_at = AwareDateTime(required=True, validate=SOON)


class BookingOut(Schema):
    """A booking as somebody sees it who may."""

    id = Integer(required=True)
    seat_id = Integer(required=True)
    seat = String(required=True, metadata={"example": "18A-012"})
    kind = String(required=True, validate=OneOf([kind.value for kind in SeatKind]))
    zone_id = Integer(required=True)
    floor_id = Integer(required=True)
    person_id = Integer(required=True, allow_none=True)
    mine = Boolean(required=True)
    starts_at = DateTime(required=True)
    ends_at = DateTime(required=True)
    state = String(
        required=True, validate=OneOf([state.value for state in State]),
        metadata={"description": "Of another person's booking, whether they came is not told."},
    )  # fmt: skip
    how = String(required=True, validate=OneOf([how.value for how in How]))
    series_id = Integer(required=True, allow_none=True)
    party_id = Integer(required=True, allow_none=True, metadata={"description": "Of several side by side."})
    subject = String(required=True)
    sequence = Integer(required=True, metadata={"description": "How often it has been changed."})


class BookedOut(BookingOut):
    """A booking that has just been made or changed."""

    hints = List(String(), required=True, metadata={"description": "What the rules say, and the caller may ignore."})
    party = List(Nested(BookingOut), required=True, metadata={"description": "All, when several were booked."})


class BookingsOut(Schema):
    """A list of bookings."""

    bookings = List(Nested(BookingOut), required=True)


class BookingsQuery(Schema):
    """Which of them, by the building's days, both included."""

    first = Date(data_key="from", load_default=None)
    last = Date(data_key="until", load_default=None)


class DayQuery(Schema):
    """Which day of the building; today when it is not given."""

    day = Date(load_default=None)


class StretchOut(Schema):
    """What a seat is for a while."""

    begins = String(data_key="from", required=True, metadata=CLOCK)
    until = String(required=True, metadata=CLOCK)
    state = String(
        required=True,
        validate=OneOf(SEAT_STATES),
        metadata={
            "description": "Others' seats are in_use while a booking's time runs, whether or not its person came."
        },
    )
    reason = String(
        metadata={"description": "Why it is not available: the code of the refusal, or out_of_service."} | WHERE_TRUE
    )
    note = String(metadata={"description": "What the one who closed the seat wrote."} | WHERE_TRUE)
    booking = Integer(metadata={"description": "Of mine."} | WHERE_TRUE)
    in_use = Boolean(metadata={"description": "Of mine."} | WHERE_TRUE)
    person_id = Integer(
        metadata={"description": "As far as the person shows the caller what they have booked."} | WHERE_TRUE
    )
    name = String(metadata=WHERE_TRUE)


class ProblemOut(Schema):
    """What somebody said is not as described and nobody has answered yet."""

    what = String(required=True, validate=OneOf(WHAT))
    note = String(required=True)


class SeatDayOut(Schema):
    """A seat over a day, while the building is open."""

    id = Integer(required=True)
    code = String(required=True)
    zone = String(required=True)
    kind = String(required=True, validate=OneOf([kind.value for kind in SeatKind]))
    x_m = Float(required=True)
    y_m = Float(required=True)
    table = String(required=True, allow_none=True, metadata={"description": "The table this is a place of."})
    capacity = Integer(required=True)
    priority = Boolean(required=True)
    own = Boolean(required=True, metadata={"description": "The caller's own seat."})
    equipment = List(String(validate=OneOf([one.value for one in Equipment])), required=True)
    problems = List(
        Nested(ProblemOut), metadata={"description": "Told to whoever looks after the seat's zone alone."} | WHERE_TRUE
    )
    stretches = List(Nested(StretchOut), required=True)


class FloorSeatsOut(Schema):
    """All seats of a floor on a day."""

    floor = String(required=True)
    day = Date(required=True)
    is_open = Boolean(required=True)
    opens = String(required=True, allow_none=True, metadata=CLOCK)
    closes = String(required=True, allow_none=True, metadata=CLOCK)
    seats = List(Nested(SeatDayOut), required=True)
