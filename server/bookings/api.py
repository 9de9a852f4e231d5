"""The API of bookings, and of the seats of a floor on a day."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from apiflask import APIBlueprint
from flask import Response, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server import clock, db
from server.access import KIOSK_TOO, only, scope, unmetered
from server.bookings import kept_answers, parties, queries, schemas, service
from server.bookings.day_map import Answer as FloorAnswer
from server.bookings.kept_answers import Answer
from server.bookings.memory import Memory
from server.bookings.queries import BookingView
from server.bookings.rules import FURTHEST, How, State, Verdict, Wish, begun_quarter
from server.bookings.service import Booked
from server.errors import Refused
from server.people.login import current_account, current_person_id, current_session, may
from server.people.rules import Role, Scope
from server.places.queries import BuildingView
from server.settings import Settings

NOT_BUILT = "The building has not been set up yet."
AHEAD = timedelta(days=28)

api = APIBlueprint("bookings_api", __name__, url_prefix="/api/v1", tag="Seats")


@api.record
def _install(state: BlueprintSetupState) -> None:
    config: Settings = state.app.extensions["iruka"]
    state.app.extensions["iruka.bookings"] = Memory(config.site)


def memory() -> Memory:
    """What this worker remembers of floors and people; catch up before relying on it."""
    return cast(Memory, current_app.extensions["iruka.bookings"])


@api.get("/floors/<code>/seats")
@only(KIOSK_TOO)
@scope(Scope.READ_BOOKINGS)
@unmetered
@api.input(schemas.DayQuery, location="query")
@api.output(schemas.FloorSeatsOut)
@api.doc(responses=[304, 404])
def floor_seats(code: str, query_data: dict[str, date | None]) -> ResponseReturnValue:
    """The seats of a floor over a day"""
    known, now, account, found = memory(), clock.now(), current_account(), current_session().found
    known.catch_up(None if found is None else found.newest_change_id)
    building = _building()
    floor = known.floor(code)
    if floor is None or floor.excluded:
        raise Refused("no_floor", "There is no such floor.", 404)
    today = now.astimezone(building.zone).date()
    day = query_data["day"] or today
    if not abs(day - today) <= FURTHEST:
        raise Refused("too_far", "Choose a day within a year.", 422)
    day_map = known.day_map(floor, building, day, now)
    viewer = known.viewer(account, today)
    needs: frozenset[str] = frozenset()
    if viewer.person_id is not None and any(seat.is_priority for seat in day_map.on.seats.values()):
        needs = known.needs(viewer.person_id)
    named = account.role is not Role.KIOSK and may(Scope.READ_DIRECTORY)
    minded = known.minded(account, day_map.on, today)
    return _floor_answered(day_map.answer(viewer, needs, now, named=named, minded=minded))


@api.get("/bookings")
@scope(Scope.READ_BOOKINGS)
@api.input(schemas.BookingsQuery, location="query")
@api.output(schemas.BookingsOut)
@api.doc(responses=[404])
def list_bookings(query_data: dict[str, date | None]) -> ResponseReturnValue:
    """My bookings"""
    memory().catch_up()
    zone = _building().zone
    today = clock.now().astimezone(zone).date()
    first = query_data["first"] or today
    last = query_data["last"] or first + AHEAD
    if not timedelta() <= last - first <= 2 * FURTHEST or not abs(first - today) <= 2 * FURTHEST:
        raise Refused("bad_days", "Choose a first and a last day, two years apart at most.", 422)
    starts_at = datetime.combine(first, time(), zone).astimezone(UTC)
    ends_at = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    found = queries.of_person(current_person_id(), starts_at, ends_at)
    return {"bookings": [_shown(one) for one in found]}


@api.get("/bookings/<int:booking_id>")
@scope(Scope.READ_BOOKINGS)
@api.output(schemas.BookingOut)
@api.doc(responses=[404])
def get_booking(booking_id: int) -> ResponseReturnValue:
    """One booking of mine, or that I made"""
    return _shown(_booking(booking_id))


@api.post("/bookings")
@scope(Scope.WRITE_BOOKINGS)
@api.input(schemas.KeyHeader, location="headers")
@api.input(schemas.BookingIn)
@api.output(schemas.BookedOut, status_code=201)
@api.doc(responses=[404, 409])
def book(headers_data: dict[str, str | None], json_data: dict[str, Any]) -> ResponseReturnValue:
    """Book a seat, or several side by side"""
    key, account_id, now = headers_data["key"], current_account().account_id, clock.now()
    asked = kept_answers.digest(json_data)
    memory().catch_up()
    try:
        with db.transaction():
            answer = Answer(201, json.dumps(_book(json_data, now), ensure_ascii=False))
            if key is not None:
                kept_answers.keep(account_id, key, asked, answer, now)
    except Refused:
        with db.reading():
            kept = None if key is None else kept_answers.find(account_id, key, asked)
        if kept is None:
            raise
        answer = kept
    return Response(answer.text, answer.status, mimetype="application/json")


@api.patch("/bookings/<int:booking_id>")
@scope(Scope.WRITE_BOOKINGS)
@api.input(schemas.BookingPatch)
@api.output(schemas.BookedOut)
@api.doc(responses=[404, 409])
def change_booking(booking_id: int, json_data: dict[str, Any]) -> ResponseReturnValue:
    """Change a booking's seat or time, at once or not at all"""
    return _moved(booking_id, json_data)


@api.post("/bookings/<int:booking_id>/extend")
@scope(Scope.WRITE_BOOKINGS)
@api.input(schemas.ExtendIn)
@api.output(schemas.BookedOut)
@api.doc(responses=[404, 409])
def extend_booking(booking_id: int, json_data: dict[str, Any]) -> ResponseReturnValue:
    """Keep a seat longer, when nobody follows"""
    return _moved(booking_id, json_data)


@api.post("/bookings/<int:booking_id>/check-in")
@scope(Scope.WRITE_BOOKINGS)
@api.output(schemas.BookingOut)
@api.doc(responses=[404, 409])
def check_in(booking_id: int) -> ResponseReturnValue:
    """I have come"""
    with db.transaction():
        if _booking(booking_id).person_id != current_person_id():
            raise Refused("no_booking", service.GONE, 404)
        service.confirm(booking_id, clock.now())
        return _shown(service.view(booking_id))


@api.delete("/bookings/<int:booking_id>")
@scope(Scope.WRITE_BOOKINGS)
@api.output({}, status_code=204)
@api.doc(responses=[404])
def cancel_booking(booking_id: int) -> ResponseReturnValue:
    """Cancel a booking; a seat in use is left"""
    account, now = current_account(), clock.now()

    def check(person_id: int | None, booked_by_id: int | None) -> None:
        parties.check_may_change(account, person_id, booked_by_id, _today(now), now)
        parties.write_down(account, parties.CANCELLED, person_id, booking_id, now)

    _check_id(booking_id)
    with db.transaction():
        service.cancel(booking_id, now, by_id=account.person_id, check=check)
    return "", 204


def _book(asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Carry out a request in the open transaction; what it is answered."""
    wanted = _wanted(asked)
    account, me = current_account(), current_account().person_id
    if asked["sit_down"]:
        return _sit_down(wanted, asked, now)
    if others := {person_id for _seat_id, person_id in wanted} - {me}:
        is_beside = len(others) < len(wanted) and _lie_in_one_zone(wanted, asked["starts_at"])
        parties.check_may_book_for(account, others, _today(now), now, is_beside=is_beside)
    how = How(asked["how"]) if asked["how"] else How.MAP if current_session().scopes is None else How.API
    made: dict[int, tuple[Wish, int, Booked]] = {}
    party_id: int | None = None
    for seat_id, person_id in sorted(wanted):  # in one order, so that two parties never wait for each other
        for_other = person_id != me
        wish = Wish(
            seat_id, asked["starts_at"], asked["ends_at"], How.BEHALF if for_other else how, _subject(asked["subject"])
        )
        with parties.naming(account, person_id):
            done = service.book(
                person_id, wish, now, booked_by_id=me if for_other else None, known=memory(), party_id=party_id
            )
        if len(wanted) > 1 and party_id is None:
            party_id = done.id
            service.join_party(done.id, party_id)
        parties.write_down(account, parties.BOOKED, person_id, done.id, now)
        made[seat_id] = (wish, person_id, done)
    party = [_new(*made[seat_id], party_id) for seat_id, _person_id in wanted]
    hints = [hint for seat_id, _person_id in wanted for hint in _hints(made[seat_id][2].verdict)]
    return party[0] | {"hints": hints, "party": party if party_id is not None else []}


def _sit_down(wanted: list[tuple[int, int]], asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Whoever stands before a free seat has it at once."""
    if len(wanted) > 1 or wanted[0][1] != current_person_id():
        raise Refused("sit_down_alone", "One sits down oneself, on one seat.", 422)
    seat_id, me = wanted[0]
    wish = Wish(seat_id, begun_quarter(now), asked["ends_at"], How.WALK_UP, _subject(asked["subject"]))
    done = service.sit_down(me, seat_id, wish.ends_at, wish.how, now, known=memory(), subject=wish.subject)
    made = _new(wish, me, done, None) | {"state": State.IN_USE.value}
    return made | {"hints": _hints(done.verdict), "party": []}


def _wanted(asked: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Seats and whose they are to be, as they were asked for."""
    several: Sequence[Mapping[str, int | None]] = asked["seats"] or ()
    if bool(several) == (asked["seat_id"] is not None) or (several and asked["person_id"] is not None):
        raise Refused("no_seat_named", "Say which seat, or several seats, but not both.", 422)
    pairs = [(one["seat_id"], one["person_id"]) for one in several or (asked,)]
    wanted = [(cast(int, seat_id), person_id or current_person_id()) for seat_id, person_id in pairs]
    if len({seat_id for seat_id, _person_id in wanted}) < len(wanted):
        raise Refused("seat_twice", "The same seat was asked for twice.", 422)
    return wanted


def _lie_in_one_zone(wanted: Sequence[tuple[int, int]], at: datetime) -> bool:
    found = {seat_id: memory().floor_day(seat_id, at) for seat_id, _person_id in wanted}
    return len({None if on is None else on.seats[seat_id].zone_id for seat_id, on in found.items()}) == 1


def _moved(booking_id: int, asked: Mapping[str, Any]) -> dict[str, Any]:
    now = clock.now()
    memory().catch_up()
    with db.transaction():
        was = _booking(booking_id)
        wish = Wish(
            asked.get("seat_id", was.seat_id),
            asked.get("starts_at", was.starts_at),
            asked.get("ends_at", was.ends_at),
            How(was.how),
            has_begun=asked.get("starts_at", was.starts_at) == was.starts_at <= now,
        )
        subject = _subject(asked["subject"]) if "subject" in asked else None
        with parties.naming(current_account(), was.person_id):
            verdict = service.move(
                booking_id, wish, now, known=memory(), by_id=current_account().person_id, subject=subject
            )
        is_now = service.view(booking_id)
        if is_now != was:
            parties.write_down(current_account(), parties.MOVED, was.person_id, booking_id, now)
        return _shown(is_now) | {"hints": _hints(verdict), "party": []}


def _booking(booking_id: int) -> BookingView:
    """A booking that is the caller's own, that they made, or of somebody of the section they administer."""
    _check_id(booking_id)
    now = clock.now()
    return parties.booking(current_account(), booking_id, _today(now), now)


def _check_id(booking_id: int) -> None:
    if booking_id > schemas.LARGEST_BOOKING_ID:
        raise Refused("no_booking", service.GONE, 404)


def _today(now: datetime) -> date:
    return now.astimezone(_building().zone).date()


def _building() -> BuildingView:
    found = memory().building()
    if found is None:
        raise Refused("not_built", NOT_BUILT, 404)
    return found


def _subject(text: str) -> str:
    plain = " ".join(text.split())
    if not plain.isprintable():
        raise Refused("bad_subject", "The subject has characters that cannot be kept.", 422)
    return plain


def _hints(verdict: Verdict) -> list[str]:
    return [gettext(sentence, **values) for sentence, values in verdict.hints]


def _new(wish: Wish, person_id: int, done: Booked, party_id: int | None) -> dict[str, Any]:
    """A booking that was just made, from what is known of it."""
    on = memory().floor_day(wish.seat_id, wish.starts_at)
    assert on is not None, "it was booked a moment ago"  # noqa: S101  tells the type checker
    seat = on.seats[wish.seat_id]
    return {
        "id": done.id,
        "seat_id": seat.id,
        "seat": seat.code,
        "kind": seat.kind,
        "zone_id": seat.zone_id,
        "floor_id": on.floor.id,
        "person_id": person_id,
        "mine": person_id == current_account().person_id,
        "starts_at": wish.starts_at.astimezone(UTC).isoformat(),
        "ends_at": wish.ends_at.astimezone(UTC).isoformat(),
        "state": State.BOOKED.value,
        "how": wish.how.value,
        "series_id": None,
        "party_id": party_id,
        "subject": wish.subject,
        "sequence": 0,
    }


def _shown(one: BookingView) -> dict[str, Any]:
    is_mine = one.person_id == current_account().person_id
    told = one.state if one.state is State.OFFERED else State.BOOKED if one.holds else State.CANCELLED
    state = one.state if is_mine else told
    return {
        "id": one.id,
        "seat_id": one.seat_id,
        "seat": one.seat_code,
        "kind": one.kind,
        "zone_id": one.zone_id,
        "floor_id": one.floor_id,
        "person_id": one.person_id,
        "mine": is_mine,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "state": state.value,  # whether somebody else came, came not, or left is theirs (P3)
        "how": one.how,
        "series_id": one.series_id,
        "party_id": one.party_id,
        "subject": one.subject,
        "sequence": one.sequence,
    }


def _floor_answered(answer: FloorAnswer) -> Response:
    takes_gzip = request.accept_encodings["gzip"] > 0
    tag = answer.etag if takes_gzip else f"{answer.etag}-plain"
    if request.if_none_match.contains(tag):
        response = Response(status=304)
    elif takes_gzip:
        response = Response(answer.gzipped, mimetype="application/json", headers={"Content-Encoding": "gzip"})
    else:
        response = Response(answer.plain(), mimetype="application/json")
    response.headers["ETag"] = f'"{tag}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response
