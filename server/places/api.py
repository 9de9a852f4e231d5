"""The API of seats as things: saying that one is not as described."""

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Boolean, Integer, String
from apiflask.validators import Length, OneOf
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from server import clock, db
from server.access import scope
from server.errors import Refused
from server.people import queries as people
from server.people.login import current_account
from server.people.rules import Scope
from server.places import reports
from server.places.seats import NO_SEAT

LARGEST_ID = 2**31 - 1

api = APIBlueprint("seats_api", __name__, url_prefix="/api/v1", tag="Seats")


class ReportIn(Schema):
    """What is missing or broken."""

    what = String(required=True, validate=OneOf(reports.WHAT), metadata={"description": "A kind of equipment."})
    note = String(load_default="", validate=Length(max=reports.LONGEST_NOTE))


class ReportOut(Schema):
    """The report that was taken."""

    id = Integer(required=True)
    seen_to_by = String(
        required=True, allow_none=True, metadata={"description": "The section administrator; null: facilities."}
    )
    already_known = Boolean(required=True, metadata={"description": "Somebody has said the same before."})


@api.post("/seats/<int:seat_id>/reports")
@scope(Scope.WRITE_BOOKINGS)
@api.input(ReportIn)
@api.output(ReportOut, status_code=201)
@api.doc(responses=[404])
def report_seat(seat_id: int, json_data: dict[str, Any]) -> ResponseReturnValue:
    """Say that a seat is not as described"""
    if not 0 < seat_id <= LARGEST_ID:
        raise Refused("no_seat", NO_SEAT, 404)
    account, today = current_account(), clock.today(get_timezone())
    with db.transaction():
        taken = reports.report(
            seat_id, json_data["what"], json_data["note"], account.person_id, today, clock.now()
        )  # fmt: skip
        owner = None if taken.owner_id is None else people.cards(today, [taken.owner_id]).get(taken.owner_id)
    return {"id": taken.id, "seen_to_by": None if owner is None else owner.name, "already_known": taken.is_known}
