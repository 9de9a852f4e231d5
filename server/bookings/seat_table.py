"""The list of seats as a file, for facilities: to take away, and to bring back changed."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import audit, cells, clock, db
from server.bookings import admin
from server.bookings.desk import Desk, desk
from server.errors import Refused
from server.places import seat_table

pages = Blueprint("seat_table", __name__, template_folder="templates")


def N_(message: str) -> str:  # noqa: N802  the name by which the catalogue finds it
    """Mark a message for translation where it is used."""
    return message


HEADINGS = {
    "floor": N_("Floor"),
    "zone": N_("Zone"),
    "seat": N_("Which seat"),
    "kind": N_("Kind"),
    "capacity": N_("For how many people"),
    "priority": N_("Priority seat"),
    "monitor": N_("External monitor"),
    "standing": N_("Standing desk"),
    "dock": N_("Docking station"),
    "wheelchair": N_("Wheelchair access"),
    "quiet": N_("Quiet"),
    "no_confidential": N_("No confidential material"),
    "x_m": N_("x in metres"),
    "y_m": N_("y in metres"),
    "table": N_("Part of group desk"),
    "short_code": N_("Short code"),
    "retired_on": N_("Retired from"),
}


@pages.get("/admin/seats/table")
def page() -> ResponseReturnValue:
    """What the file holds, and where to bring it."""
    return _page(_desk())


@pages.get("/admin/seats/table.csv")
def take_away() -> ResponseReturnValue:
    """Every seat, with headings in the reader's language."""
    at, encoding = _desk(), request.args.get("encoding", "utf-8")
    heads = [str(_(HEADINGS[column])) for column in seat_table.COLUMNS]
    text = cells.csv_text([heads, *seat_table.rows(at.building.id)])
    cp932 = encoding == "cp932"
    data = text.encode("cp932", "replace") if cp932 else ("\ufeff" + text).encode()
    response = Response(data, mimetype="text/csv")
    response.headers["Content-Type"] = f"text/csv; charset={'Shift_JIS' if cp932 else 'utf-8'}"
    response.headers["Content-Disposition"] = f'attachment; filename="seats-{at.today:%Y%m%d}.csv"'
    return response


@pages.post("/admin/seats/table")
def bring() -> ResponseReturnValue:
    """The file as it was changed: all of it, or nothing and every mistake."""
    at, now = _desk(), clock.now()
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise Refused("no_file", "Choose a file.", 422)
        with db.transaction():
            found = seat_table.read(at.building.id, seat_table.text_of(given.read()), _names())
            if found.mistakes:
                return _page(at, mistakes=found.mistakes), 422
            n = seat_table.write(found, now)
            audit.record(at.actor, "seats_imported", "", {"seats": n}, now)
    except Refused as refused:
        return _page(at, error=_(refused.sentence, **refused.values)), refused.status
    flash(_("%(n)s seats have been changed.", n=n))
    return redirect(url_for("seat_table.page"))


def _desk() -> Desk:
    at = desk()
    if not at.keeper.is_everybodys:
        abort(403)
    return at


def _page(at: Desk, error: str = "", mistakes: tuple[seat_table.Mistake, ...] = ()) -> str:
    return render_template(
        "bookings/admin/table.html",
        **admin.frame(at, None),
        error=error,
        mistakes=[(one, _(HEADINGS[one.column]), _(one.why)) for one in mistakes],
        headings=[(column, _(HEADINGS[column])) for column in seat_table.COLUMNS],
        most=seat_table.MOST_MISTAKES,
    )


def _names() -> dict[str, str]:
    """Headings in the reader's language and in English."""
    found = {english.lower(): column for column, english in HEADINGS.items()}
    return found | {str(_(english)).lower(): column for column, english in HEADINGS.items()}
