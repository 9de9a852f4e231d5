"""The API of what people say of their day."""

from datetime import UTC, datetime
from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import AwareDateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from server import clock, db
from server.access import scope
from server.errors import Refused
from server.people import queries as people
from server.people.login import current_account, current_person_id
from server.people.rules import Scope
from server.presence import queries, statuses, visible
from server.presence.queries import StatusView
from server.presence.rules import StatusKind

LARGEST_ID = 2**31 - 1
MOST_PEOPLE = 100
KIND = OneOf([kind.value for kind in StatusKind])

api = APIBlueprint("presence_api", __name__, url_prefix="/api/v1", tag="Presence")


class StatusesQuery(Schema):
    """Whose statuses."""

    person_id = List(
        Integer(validate=Range(1, LARGEST_ID)),
        load_default=None,
        validate=Length(1, MOST_PEOPLE),
        metadata={
            "description": "May be given several times; people of other sections can read that the caller asked."
            " Without it everybody of the caller's sections."
        },
    )


class PersonStatusOut(Schema):
    """What somebody says of now; nobody reads since when, or which kind of leave."""

    person_id = Integer(required=True)
    kind = String(required=True, validate=KIND, metadata={"example": "telework"})
    ends_at = AwareDateTime(required=True)
    note = String(required=True)


class StatusesOut(Schema):
    """The statuses that the caller may read."""

    statuses = List(Nested(PersonStatusOut), required=True)


class StatusIn(Schema):
    """What to say of oneself."""

    kind = String(required=True, validate=KIND, metadata={"example": "telework"})
    starts_at = AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "With an offset; now when it is left out."}
    )
    ends_at = AwareDateTime(required=True, metadata={"description": "With an offset."})
    note = String(load_default="", validate=Length(max=statuses.LONGEST_NOTE))


class MyStatusOut(Schema):
    """A status of the caller's own."""

    kind = String(required=True, validate=KIND)
    starts_at = AwareDateTime(required=True)
    ends_at = AwareDateTime(required=True)
    note = String(required=True)


class MyStatusesOut(Schema):
    """What the caller says of now and of the time ahead."""

    statuses = List(Nested(MyStatusOut), required=True)


@api.get("/statuses")
@scope(Scope.READ_PRESENCE)
@api.input(StatusesQuery, location="query")
@api.output(StatusesOut)
def list_statuses(query_data: dict[str, Any]) -> ResponseReturnValue:
    """What colleagues say of now, as far as they show it to me"""
    now = clock.now()
    day = now.astimezone(get_timezone()).date()
    account, asked = current_account(), query_data["person_id"]
    viewer = people.viewer_of(account.account_id, day)
    if asked is None:
        found = visible.visible_statuses(viewer, None, now, day)
    else:
        with db.transaction():
            found = visible.look_up_statuses(viewer, account.account_id, account.name, asked, now, day)
    return {
        "statuses": [
            {"person_id": i, "kind": one.kind.value, "ends_at": one.ends_at, "note": one.note}
            for i, one in sorted(found.items())
        ]
    }


@api.get("/me/status")
@scope(Scope.READ_PRESENCE)
@api.output(MyStatusesOut)
@api.doc(responses=[404])
def my_statuses() -> ResponseReturnValue:
    """What I say of now and of the time ahead"""
    return {"statuses": [_mine(one) for one in queries.statuses_of(current_person_id(), clock.now())]}


@api.put("/me/status")
@scope(Scope.WRITE_STATUS)
@api.input(StatusIn)
@api.output(MyStatusesOut)
def put_status(json_data: dict[str, Any]) -> ResponseReturnValue:
    """Say what I am until when; what I said before of that time gives way"""
    person_id, now = current_person_id(), clock.now()
    starts_at, ends_at = _in_utc(json_data["starts_at"] or now), _in_utc(json_data["ends_at"])
    with db.transaction():
        statuses.set_status(person_id, StatusKind(json_data["kind"]), starts_at, ends_at, json_data["note"], now)
    return {"statuses": [_mine(one) for one in queries.statuses_of(person_id, now)]}


@api.delete("/me/status")
@scope(Scope.WRITE_STATUS)
@api.output({}, status_code=204)
def delete_status() -> ResponseReturnValue:
    """End what I say of now"""
    with db.transaction():
        statuses.end_status(current_person_id(), clock.now())
    return "", 204


def _mine(one: StatusView) -> dict[str, object]:
    return {"kind": one.kind.value, "starts_at": one.starts_at, "ends_at": one.ends_at, "note": one.note}


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # in the year 1 or 9999
        raise Refused("bad_term", "A status is for a year at most, and begins within a year.", 422) from None
