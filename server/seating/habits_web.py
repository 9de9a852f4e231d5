"""How I choose my seats: for myself alone, and only if I like."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import clock, db
from server.access import local_path
from server.bookings import own_choices
from server.bookings.lines import zone_name
from server.people import login
from server.people import queries as people
from server.people.login import current_account, current_person_id
from server.places import queries as places
from server.seating import find_desk, fixation, fixation_months, nudges
from server.seating.fixation import Fixation
from server.seating.nudges import Nudge

pages = Blueprint("habits", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class OfZone:
    """My seats in one zone; `of_me` is None where the days are too few to say anything."""

    name: str
    seats: tuple[tuple[str, int], ...]  # code and days, the most first
    n_days: int
    n_seats: int
    of_me: Fixation | None

    @property
    def most(self) -> int:
        """Days on the seat used most."""
        return self.seats[0][1]

    @property
    def pct(self) -> int:
        """The index in whole percent, as a bar shows it: never below nothing."""
        return 0 if self.of_me is None else round(100 * min(1.0, max(0.0, self.of_me.index)))


@pages.app_context_processor
def _for_every_page() -> dict[str, Callable[..., object]]:
    return {"seat_nudge": _nudge, "find_zone": lambda: find_desk.building().zone}


@pages.get("/seats/habits")
def mine() -> ResponseReturnValue:
    """The seats I used, and how varied they are."""
    me, now, building = current_person_id(), clock.now(), find_desk.building()
    wanted = own_choices.is_nudged(me)
    return render_template(
        "seating/habits.html",
        wanted=wanted,
        manages=bool(
            people.viewer_of(current_account().account_id, now.astimezone(building.zone).date()).heads_unit_ids
        ),
        zones=_zones(me) if wanted else [],
        least_days=fixation.LEAST_DAYS,
        since=(now - fixation_months.PERIOD).astimezone(building.zone).date() + timedelta(days=1),
    )


@pages.post("/seats/habits")
def choose() -> ResponseReturnValue:
    """Be told that a seat is the one of last time, or not."""
    wanted = request.form.get("nudge") == "on"
    with db.transaction():
        own_choices.be_nudged(current_person_id(), wanted)
    flash(_("You will be told when a seat is the one of last time.") if wanted else _("You will not be told any more."))
    return redirect(local_path(request.form.get("next"), url_for("habits.mine")))


def _zones(me: int) -> list[OfZone]:
    now, building = clock.now(), find_desk.building()
    today = now.astimezone(building.zone).date()
    used = fixation_months.days_on_seats(me, now, building.zone)
    n_seats = fixation_months.n_seats_of(used.keys(), today)
    codes = places.seats_by_id([seat_id for days in used.values() for seat_id in days])
    zones = {zone.id: zone for zone in places.zones_of_building(building.id)}
    found = [
        OfZone(
            zone_name(zones[zone_id]),
            tuple((codes[seat_id].code, n) for seat_id, n in sorted(days.items(), key=lambda one: (-one[1], one[0]))),
            sum(days.values()),
            max(n_seats.get(zone_id, 0), len(days)),
            fixation.of_person(list(days.values()), n_seats.get(zone_id, 0)),
        )
        for zone_id, days in used.items()
        if zone_id in zones
    ]
    return sorted(found, key=lambda one: -one.n_days)


def _nudge() -> Nudge | None:
    account = login.signed_in()
    if account is None or account.person_id is None or db.is_silent():
        return None
    return nudges.nudge(account.person_id, clock.now())
