"""Signs to print: for seats and for the entrances of zones; a QR code with the address, and a code to be typed."""

from dataclasses import dataclass

import segno
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from server.bookings import admin
from server.bookings.desk import desk
from server.people import login
from server.places import queries as places

pages = Blueprint("signs", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign; `qr` is a picture of the address."""

    code: str
    short_code: str
    address: str
    qr: Markup


@pages.get("/admin/seats/signs")
def sheet() -> ResponseReturnValue:
    """The sheets of a zone: its entrance, then its seats, eight on a page; with `seat`, that one's only."""
    at = desk()
    with_seats = {seat.zone_id for seat in places.seats(at.building.id)}
    zones = [zone for zone in at.zones if zone.id in with_seats]
    wanted, only = request.args.get("zone", ""), request.args.get("seat", "")
    zone = at.zone_by_code(wanted) if wanted else next(iter(zones), None)
    here = [] if zone is None else [seat for seat in places.seats_on_floor(zone.floor_id) if seat.zone_id == zone.id]
    seats = [
        sign(seat.code, seat.short_code)
        for seat in here
        if seat.short_code and seat.retired_on is None and (not only or seat.code == only)
    ]
    entrance = sign(zone.code, zone.short_code) if zone is not None and zone.short_code and not only else None
    return render_template(
        "bookings/admin/signs.html", **admin.frame(at, zone), zones=zones, seats=seats, entrance=entrance, only=only
    )


def sign(code: str, short_code: str) -> Sign:
    """The sign that leads to a seat or zone."""
    address = f"{login.settings_in_use().base_url.rstrip('/')}/s/{short_code}"
    picture = segno.make(address, error="m", micro=False).svg_inline(
        omitsize=True, border=4, svgclass=None, lineclass=None
    )
    return Sign(code, short_code, address, Markup(picture))  # noqa: S704  drawn by segno from our own address
