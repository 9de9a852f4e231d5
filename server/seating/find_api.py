"""The API of "find me a seat"."""

import json
from datetime import UTC, datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from server import clock, db
from server.access import scope
from server.bookings import kept_answers, schemas
from server.bookings.kept_answers import Answer as KeptAnswer
from server.bookings.rules import State
from server.bookings.service import Booked
from server.errors import Refused
from server.people.login import current_account, current_person_id, may
from server.people.rules import Scope
from server.places import queries as places
from server.seating import find, find_desk, find_schemas, find_words
from server.seating.building_day import BuildingDays
from server.seating.find import Found
from server.seating.find_desk import Colleague
from server.seating.find_search import Answer, Asked
from server.settings import Settings

api = APIBlueprint("find_api", __name__, url_prefix="/api/v1", tag="Seats")


@api.record
def _install(state: BlueprintSetupState) -> None:
    config: Settings = state.app.extensions["iruka"]
    state.app.extensions[find_desk.EXTENSION] = BuildingDays(config.site)


@api.post("/seats/find")
@scope(Scope.READ_BOOKINGS)
@api.input(schemas.KeyHeader, location="headers")
@api.input(find_schemas.FindIn)
@api.output(find_schemas.FoundOut)
@api.doc(responses=[404, 409])
def find_a_seat(headers_data: dict[str, str | None], json_data: dict[str, Any]) -> ResponseReturnValue:
    """Find me a seat, and book it when told to

    Answers 200 with no suggestion when there is none, and 409 when one was to be booked. Booking needs the scope
    `bookings:write`, a colleague `directory:read`.
    """
    now = clock.now()
    current_person_id()
    if json_data["take"] and not may(Scope.WRITE_BOOKINGS):
        raise Refused("not_allowed", "This token may not book.", 403)
    asked, near = _asked(json_data, now)
    key = headers_data["key"] if json_data["take"] else None
    if key is not None:
        return _once(key, kept_answers.digest(json_data), asked, near, now)
    answer = find_desk.look(asked, now)
    if not json_data["take"]:
        return _told(answer, near, None)
    taken = find_desk.take(asked, answer, now)
    return _told(taken.answer, near, _booking(taken.one, taken.booked, taken.answer), taken.one)


def _once(key: str, digest: bytes, asked: Asked, near: Colleague | None, now: datetime) -> ResponseReturnValue:
    """A request with a key books once; its retry reads the same answer."""
    account_id = current_account().account_id
    with db.reading():
        kept = kept_answers.find(account_id, key, digest)
    if kept is None:

        def keep(one: Found, booked: Booked, answer: Answer) -> None:
            told = _told(answer, near, _booking(one, booked, answer), one)
            text = json.dumps(told, ensure_ascii=False, default=datetime.isoformat)
            kept_answers.keep(account_id, key, digest, KeptAnswer(200, text), now)

        try:
            find_desk.take(asked, find_desk.look(asked, now), now, meanwhile=keep)
        except Refused:
            with db.reading():
                kept = kept_answers.find(account_id, key, digest)
            if kept is None:
                raise
        else:
            with db.reading():
                kept = kept_answers.find(account_id, key, digest)
    assert kept is not None, "it was kept a moment ago"  # noqa: S101  tells the type checker
    return Response(kept.text, kept.status, mimetype="application/json")


def _asked(given: dict[str, Any], now: datetime) -> tuple[Asked, Colleague | None]:
    if given["ends_at"] is not None and given["minutes"] is not None:
        raise Refused("two_ends", "Say until when, or for how long, but not both.", 422)
    opening = places.opening(find_desk.building())
    starts_at, ends_at = find_desk.term(now, opening, given["starts_at"], given["ends_at"], given["minutes"])
    wishes = find_desk.wishes(
        frozenset(given["equipment"]), given["floor"], near_team=given["near_team"], not_last=given["not_last"]
    )
    near = find_desk.colleague(given["near_person_id"])
    return Asked(starts_at, ends_at, wishes, None if near is None else near.id), near


def _told(
    answer: Answer, near: Colleague | None, booking: dict[str, Any] | None, taken: Found | None = None
) -> dict[str, Any]:
    name = "" if near is None else near.name
    ranked = answer.found if taken is None else [taken, *(one for one in answer.found if one is not taken)]
    return {
        "starts_at": answer.asked.starts_at.astimezone(UTC),
        "ends_at": answer.asked.ends_at.astimezone(UTC),
        "suggestions": [
            {
                "seat_id": one.seat.seat_id,
                "seat": one.seat.code,
                "floor": find_words.floor_code(one, answer),
                "zone": find_words.zone_of(one, answer).code,
                "kind": one.seat.kind.value,
                "equipment": sorted(one.seat.equipment),
                "lacks": sorted(one.lacks),
                "free_until": find_words.free_until(one, answer).astimezone(UTC),
                "sentence": find_words.sentence(one, answer, name),
                "hints": find_words.hints(one, answer),
            }
            for one in find.suggestions(ranked, floor_id=answer.asked.wishes.floor_id)
        ],
        "unmet": find_words.unmet(answer, name),
        "booking": booking,
    }


def _booking(one: Found, booked: Booked, answer: Answer) -> dict[str, Any]:
    seat, asked = one.seat, answer.asked
    return {
        "id": booked.id,
        "seat_id": seat.seat_id,
        "seat": seat.code,
        "kind": seat.kind.value,
        "zone_id": seat.zone_id,
        "floor_id": seat.floor_id,
        "person_id": current_person_id(),
        "mine": True,
        "starts_at": asked.starts_at.astimezone(UTC),
        "ends_at": asked.ends_at.astimezone(UTC),
        "state": State.BOOKED.value,
        "how": "find",
        "series_id": None,
        "party_id": None,
        "subject": "",
        "sequence": 0,
        "hints": [gettext(sentence, **values) for sentence, values in booked.verdict.hints],
        "party": [],
    }
