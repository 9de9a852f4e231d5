"""A seat that is not as described: one tap on a page, also for a phone that has read the seat's sign."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from flask_babel import gettext as _

from server import clock, db
from server.access import local_path
from server.people.login import current_account
from server.places import queries, reports, words
from server.places.queries import SeatView

LARGEST_ID = 2**31 - 1

pages = Blueprint("seat_reports", __name__, template_folder="templates")


@pages.get("/seats/<int:seat_id>/report")
def ask(seat_id: int) -> ResponseReturnValue:
    """What is missing or broken: one button each, what the seat has first."""
    seat = _seat(seat_id)
    here = [what for what in reports.WHAT if what in seat.equipment]
    others = [what for what in reports.WHAT if what not in seat.equipment]
    return render_template(
        "places/report.html",
        seat=seat,
        here=[(what, _(words.WRONG[what])) for what in here],
        others=[(what, _(words.WRONG[what])) for what in others],
        known=reports.open_of_seats([seat.id]).get(seat.id, frozenset()),
        back=local_path(request.args.get("next"), f"/floors/{_floor_code(seat)}"),
        longest=reports.LONGEST_NOTE,
    )


@pages.post("/seats/<int:seat_id>/report")
def take(seat_id: int) -> ResponseReturnValue:
    """It is said, and somebody sees to it."""
    seat = _seat(seat_id)
    with db.transaction():
        taken = reports.report(
            seat.id,
            request.form.get("what", ""),
            request.form.get("note", ""),
            current_account().person_id,
            clock.today(get_timezone()),
            clock.now(),
        )
    if taken.is_known:
        flash(_("Thank you. This is known already, and somebody is seeing to it."))
    elif taken.owner_id is None:
        flash(_("Thank you. Facilities will see to it."))
    else:
        flash(_("Thank you. The section’s administrator will see to it."))
    return redirect(local_path(request.form.get("next"), url_for("seat_reports.ask", seat_id=seat.id)))


def _seat(seat_id: int) -> SeatView:
    seat = queries.seats_by_id([seat_id]).get(seat_id) if 0 < seat_id <= LARGEST_ID else None
    floor = None if seat is None else queries.floor_of_zone(seat.zone_id)
    if seat is None or floor is None or floor.excluded:
        abort(404)
    if next(zone for zone in queries.zones(floor.id) if zone.id == seat.zone_id).excluded:
        abort(404)
    return seat


def _floor_code(seat: SeatView) -> str:
    floor = queries.floor_of_zone(seat.zone_id)
    return "" if floor is None else floor.code
