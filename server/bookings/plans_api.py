"""The API of what reaches further than one booking: absences, weekly series and waiting lists."""

from datetime import UTC, date, datetime, time
from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import AwareDateTime, Boolean, Date, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server import clock, db
from server.access import scope
from server.bookings import absence, queries, series, service, waits
from server.bookings import given as forms
from server.bookings.rules import WaitState
from server.bookings.schemas import LARGEST_ID, SOON, WHAT_FOR
from server.bookings.series import Day, Plan, SeriesView
from server.bookings.waits import WaitView
from server.errors import Refused
from server.people import login
from server.people.login import current_person_id
from server.people.rules import Scope
from server.places import queries as places
from server.places.queries import BuildingView
from server.places.rules import Equipment, SeatKind
from server.presence import lengths, statuses
from server.presence.rules import StatusKind

AWAY = (StatusKind.LEAVE, StatusKind.TRIP, StatusKind.TELEWORK)
CLOCK = [Length(5, 5), Regexp(r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
MOST_DAYS = 370

api = APIBlueprint("plans_api", __name__, url_prefix="/api/v1", tag="Seats")


class AbsenceIn(Schema):
    """Days on which I am away."""

    kind = String(required=True, validate=OneOf([kind.value for kind in AWAY]))
    first_day = Date(required=True)
    last_day = Date(load_default=None, allow_none=True, metadata={"description": "The first one when it is left out."})


class AbsenceOut(Schema):
    """When I am away by my own word."""

    kind = String(required=True, validate=OneOf([kind.value for kind in AWAY]))
    starts_at = DateTime(required=True)
    ends_at = DateTime(required=True)


class GivenBackOut(Schema):
    """A booking that was given back for an absence and is still free."""

    id = Integer(required=True)
    seat = String(required=True, metadata={"example": "18A-012"})
    starts_at = DateTime(required=True)
    ends_at = DateTime(required=True)


class AbsencesOut(Schema):
    """My absences, what can be taken back, and what came of the last change."""

    absences = List(Nested(AbsenceOut), required=True)
    given_back = List(Nested(GivenBackOut), required=True)
    told = List(String(), required=True, metadata={"description": "What was given back or shortened, as a sentence."})


class AbsenceQuery(Schema):
    """Which absence."""

    starts_at = AwareDateTime(required=True, validate=SOON)


class PlanIn(Schema):
    """The same place every week."""

    seat_id = Integer(required=True, validate=Range(1, LARGEST_ID))
    weekdays = List(Integer(validate=Range(0, 6)), required=True, validate=Length(1, 7), metadata={
        "description": "Monday is 0."})  # fmt: skip
    starts = String(required=True, validate=CLOCK, metadata={"example": "08:30"})
    ends = String(required=True, validate=CLOCK, metadata={"example": "17:15"})
    first_day = Date(required=True)
    last_day = Date(required=True)
    subject = String(load_default="", validate=Length(0, 100), metadata={"description": WHAT_FOR})


class ChosenIn(Schema):
    """Which seat on which day."""

    day = Date(required=True)
    seat_id = Integer(required=True, validate=Range(1, LARGEST_ID))


class SeriesIn(PlanIn):
    """A series to make: all days, or the chosen ones."""

    days = List(
        Nested(ChosenIn), load_default=None, allow_none=True, validate=Length(max=MOST_DAYS),
        metadata={"description": "Without it every day that can be booked now, or nothing when one of them cannot."},
    )  # fmt: skip


class PlannedDayOut(Schema):
    """One day of a plan, and what is in the way."""

    day = Date(required=True)
    free = Boolean(required=True)
    books_itself = Boolean(required=True, metadata={"description": "In time: nobody can book it yet."})
    clash = String(required=True, metadata={"description": "Why not, as a sentence; empty when it can be had."})
    instead_seat_id = Integer(required=True, allow_none=True, metadata={"description": "The nearest seat that works."})


class PlannedOut(Schema):
    """Every day of a plan; nothing has been made."""

    days = List(Nested(PlannedDayOut), required=True)


class SeriesOut(Schema):
    """A series that goes on."""

    id = Integer(required=True)
    seat_id = Integer(required=True)
    seat = String(required=True)
    weekdays = List(Integer(), required=True)
    starts = String(required=True)
    ends = String(required=True)
    first_day = Date(required=True)
    last_day = Date(required=True)
    booked_until = Date(required=True, metadata={"description": "Later days book themselves in time."})
    answer_by = DateTime(
        required=True, allow_none=True, metadata={"description": "Of “still needed?”; null: not asked."}
    )
    subject = String(required=True)


class SeriesListOut(Schema):
    """My series, and those I made for others."""

    series = List(Nested(SeriesOut), required=True)


class AnswerIn(Schema):
    """Whether a series is still needed."""

    needed = Boolean(required=True)


class FromQuery(Schema):
    """From which day on."""

    from_day = Date(load_default=None, metadata={"description": "Today when it is left out."})


class WaitIn(Schema):
    """A place to wait for."""

    floor = String(required=True, validate=Length(1, 16), metadata={"example": "18"})
    zone_id = Integer(load_default=None, allow_none=True, validate=Range(1, LARGEST_ID))
    kind = String(load_default="", validate=OneOf(["", *(kind.value for kind in SeatKind)]))
    equipment = List(String(validate=OneOf([one.value for one in Equipment])), load_default=list)
    starts_at = AwareDateTime(required=True, validate=SOON)
    ends_at = AwareDateTime(required=True, validate=SOON)


class WaitOut(Schema):
    """What I wait for, and what is kept for me now."""

    id = Integer(required=True)
    floor_id = Integer(required=True)
    zone_id = Integer(required=True, allow_none=True)
    kind = String(required=True)
    equipment = List(String(), required=True)
    starts_at = DateTime(required=True)
    ends_at = DateTime(required=True)
    state = String(required=True, validate=OneOf([WaitState.WAITING.value, WaitState.OFFERED.value]))
    offered_seat = String(required=True, metadata={"description": "Empty while nothing is offered."})
    offered_until = DateTime(required=True, allow_none=True)


class WaitsOut(Schema):
    """What I wait for."""

    waits = List(Nested(WaitOut), required=True)


class TakenOut(Schema):
    """The booking that came of it."""

    booking_id = Integer(required=True)


@api.get("/absences")
@scope(Scope.READ_BOOKINGS)
@api.output(AbsencesOut)
@api.doc(responses=[404])
def list_absences() -> ResponseReturnValue:
    """When I am away, and what I can take back"""
    return _absences(current_person_id(), clock.now())


@api.post("/absences")
@scope(Scope.WRITE_BOOKINGS, Scope.WRITE_STATUS)
@api.input(AbsenceIn)
@api.output(AbsencesOut, status_code=201)
@api.doc(responses=[409])
def add_absence(json_data: dict[str, Any]) -> ResponseReturnValue:
    """Be away on days; what I have booked then is free at once"""
    person_id, now, zone = current_person_id(), clock.now(), _building().zone
    first = json_data["first_day"]
    try:
        starts_at, ends_at = lengths.days(first, json_data["last_day"] or first, zone)
    except OverflowError:
        raise Refused("bad_term", "A status is for a year at most, and begins within a year.", 422) from None
    with db.transaction():
        told = statuses.set_status(person_id, StatusKind(json_data["kind"]), starts_at, ends_at, "", now)
    return _absences(person_id, now) | {"told": [gettext(sentence, **values) for sentence, values in told]}


@api.delete("/absences")
@scope(Scope.WRITE_BOOKINGS, Scope.WRITE_STATUS)
@api.input(AbsenceQuery, location="query")
@api.output({}, status_code=204)
@api.doc(responses=[404])
def end_absence(query_data: dict[str, datetime]) -> ResponseReturnValue:
    """Be back, or not away after all"""
    person_id, now, starts_at = current_person_id(), clock.now(), query_data["starts_at"].astimezone(UTC)
    with db.transaction():
        if starts_at not in {one.starts_at for one in absence.absences(person_id, now)}:
            raise Refused("no_status", "There is no such status any more.", 404)
        statuses.end_status(person_id, now, starts_at)
    return "", 204


@api.post("/bookings/<int(max=9007199254740991):booking_id>/take-back")
@scope(Scope.WRITE_BOOKINGS)
@api.output(TakenOut)
@api.doc(responses=[404, 409])
def take_back(booking_id: int) -> ResponseReturnValue:
    """Have again what I gave back for an absence"""
    person_id, now = current_person_id(), clock.now()
    with db.transaction():
        one = queries.booking(booking_id)
        if one is None or one.person_id != person_id:
            raise Refused("no_booking", service.GONE, 404)
        service.take_back(booking_id, now)
    return {"booking_id": booking_id}


@api.get("/series")
@scope(Scope.READ_BOOKINGS)
@api.output(SeriesListOut)
@api.doc(responses=[404])
def list_series() -> ResponseReturnValue:
    """My weekly series"""
    return {"series": [_shown_series(one) for one in series.of_person(current_person_id(), clock.now())]}


@api.post("/series/plan")
@scope(Scope.READ_BOOKINGS)
@api.input(PlanIn)
@api.output(PlannedOut)
@api.doc(responses=[404, 409])
def plan_series(json_data: dict[str, Any]) -> ResponseReturnValue:
    """What is in the way of a weekly series, before anything is made"""
    return {"days": [_shown_day(day) for day in series.plan(current_person_id(), _plan(json_data), clock.now())]}


@api.post("/series")
@scope(Scope.WRITE_BOOKINGS)
@api.input(SeriesIn)
@api.output(SeriesListOut, status_code=201)
@api.doc(responses=[404, 409])
def make_series(json_data: dict[str, Any]) -> ResponseReturnValue:
    """Book every week: all days or the chosen ones, at once or not at all"""
    person_id, now = current_person_id(), clock.now()
    with db.transaction():
        made = series.make(person_id, _plan(json_data), now, chosen=_chosen(json_data))
    return {"series": [_shown_series(one) for one in series.of_person(person_id, now) if one.id == made]}


@api.put("/series/<int:series_id>")
@scope(Scope.WRITE_BOOKINGS)
@api.input(SeriesIn)
@api.output(SeriesListOut)
@api.doc(responses=[404, 409])
def change_series(series_id: int, json_data: dict[str, Any]) -> ResponseReturnValue:
    """Change a series from the first day on that is given, at once or not at all"""
    person_id, now = current_person_id(), clock.now()
    with db.transaction():
        made = series.change(_known(series_id), person_id, _plan(json_data), now, _chosen(json_data))
    return {"series": [_shown_series(one) for one in series.of_person(person_id, now) if one.id == made]}


@api.post("/series/<int:series_id>/answer")
@scope(Scope.WRITE_BOOKINGS)
@api.input(AnswerIn)
@api.output({}, status_code=204)
@api.doc(responses=[404])
def answer_series(series_id: int, json_data: dict[str, bool]) -> ResponseReturnValue:
    """Say whether a series is still needed"""
    with db.transaction():
        series.answer(_known(series_id), current_person_id(), is_needed=json_data["needed"], now=clock.now())
    return "", 204


@api.delete("/series/<int:series_id>")
@scope(Scope.WRITE_BOOKINGS)
@api.input(FromQuery, location="query")
@api.output({}, status_code=204)
@api.doc(responses=[404])
def end_series(series_id: int, query_data: dict[str, date | None]) -> ResponseReturnValue:
    """End a series from a day on"""
    with db.transaction():
        series.end(_known(series_id), current_person_id(), query_data["from_day"], clock.now())
    return "", 204


@api.get("/waits")
@scope(Scope.READ_BOOKINGS)
@api.output(WaitsOut)
@api.doc(responses=[404])
def list_waits() -> ResponseReturnValue:
    """What I wait for"""
    return {"waits": [_shown_wait(one) for one in waits.of_person(current_person_id(), clock.now())]}


@api.post("/waits")
@scope(Scope.WRITE_BOOKINGS)
@api.input(WaitIn)
@api.output(WaitsOut, status_code=201)
@api.doc(responses=[404, 409])
def wait(json_data: dict[str, Any]) -> ResponseReturnValue:
    """Wait for a place; it is offered as soon as there is one"""
    person_id, now = current_person_id(), clock.now()
    floor = places.floor_by_code(_building().id, json_data["floor"]) if json_data["floor"].isprintable() else None
    if floor is None:
        raise Refused("no_floor", "There is no such floor.", 404)
    starts_at, ends_at = json_data["starts_at"].astimezone(UTC), json_data["ends_at"].astimezone(UTC)
    with db.transaction():
        made = waits.ask(
            person_id, floor, starts_at, ends_at, now, zone_id=json_data["zone_id"], kind=json_data["kind"],
            equipment=set(json_data["equipment"]),
        )  # fmt: skip
    return {"waits": [_shown_wait(one) for one in waits.of_person(person_id, now) if one.id == made]}


@api.post("/waits/<int(max=2147483647):wait_id>/accept")
@scope(Scope.WRITE_BOOKINGS)
@api.output(TakenOut)
@api.doc(responses=[404, 409])
def accept_offer(wait_id: int) -> ResponseReturnValue:
    """Take what is offered"""
    with db.transaction():
        return {"booking_id": waits.accept(wait_id, current_person_id(), clock.now())}


@api.delete("/waits/<int(max=2147483647):wait_id>")
@scope(Scope.WRITE_BOOKINGS)
@api.output({}, status_code=204)
@api.doc(responses=[404])
def give_up(wait_id: int) -> ResponseReturnValue:
    """Wait no longer; what was offered goes to the next one"""
    with db.transaction():
        waits.give_up(wait_id, current_person_id(), clock.now())
    return "", 204


def _absences(person_id: int, now: datetime) -> dict[str, Any]:
    return {
        "absences": [
            {"kind": one.kind.value, "starts_at": one.starts_at, "ends_at": one.ends_at}
            for one in absence.absences(person_id, now)
        ],
        "given_back": [
            {"id": one.id, "seat": one.seat_code, "starts_at": one.starts_at, "ends_at": one.ends_at}
            for one in absence.given_back(person_id, now)
        ],
        "told": [],
    }


def _known(series_id: int) -> int:
    """The id, unless no database can hold it; a limit in the address would answer 405."""
    if series_id > LARGEST_ID:
        raise Refused("no_series", series.GONE, 404)
    return series_id


def _plan(given: dict[str, Any]) -> Plan:
    starts, ends = time.fromisoformat(given["starts"]), time.fromisoformat(given["ends"])
    weekdays, subject = frozenset(given["weekdays"]), forms.subject(given["subject"])
    return Plan(given["seat_id"], weekdays, starts, ends, given["first_day"], given["last_day"], subject)


def _chosen(given: dict[str, Any]) -> dict[date, int] | None:
    return None if given["days"] is None else {one["day"]: one["seat_id"] for one in given["days"]}


def _shown_day(day: Day) -> dict[str, Any]:
    return {
        "day": day.day,
        "free": day.clash is None and not day.is_later,
        "books_itself": day.is_later,
        "clash": "" if day.clash is None else gettext(day.clash.sentence, **day.clash.values),
        "instead_seat_id": None if day.instead is None else day.instead.seat.id,
    }


def _shown_series(one: SeriesView) -> dict[str, Any]:
    return {
        "id": one.id,
        "seat_id": one.seat_id,
        "seat": one.seat_code,
        "weekdays": sorted(one.weekdays),
        "starts": one.starts.strftime("%H:%M"),
        "ends": one.ends.strftime("%H:%M"),
        "first_day": one.first_day,
        "last_day": one.last_day,
        "booked_until": one.made_until,
        "answer_by": one.answer_by,
        "subject": one.subject,
    }


def _shown_wait(one: WaitView) -> dict[str, Any]:
    return {
        "id": one.id,
        "floor_id": one.floor_id,
        "zone_id": one.zone_id,
        "kind": one.kind,
        "equipment": list(one.equipment),
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "state": one.state.value,
        "offered_seat": one.seat_code,
        "offered_until": one.offered_until,
    }


def _building() -> BuildingView:
    found = places.building(login.settings_in_use().site)
    if found is None:
        raise Refused("no_building", "There is no building yet.", 404)
    return found
