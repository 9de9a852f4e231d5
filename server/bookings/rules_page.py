"""The house rules of a zone as a page to read, and to print and pin to the wall."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import clock
from server.bookings import desk, house, sentences
from server.bookings.house import Scope
from server.bookings.rules import HouseRules
from server.bookings.sentences import Here, Paragraph
from server.people import login
from server.people import queries as people
from server.places import queries as places
from server.places.queries import FloorView, SeatView, ZoneView
from server.places.rules import SeatKind
from server.places.words import KINDS

pages = Blueprint("house_rules", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What holds for one kind of place of a zone.

    changes_on   the next day on which something changes, and what then holds
    """

    kind: str
    n_seats: int
    paragraphs: list[Paragraph]
    changes_on: date | None = None
    changed: tuple[str, ...] = ()


@pages.get("/zones/<code>/rules")
def rules_of_zone(code: str) -> ResponseReturnValue:
    """The page."""
    building = places.building(login.settings_in_use().site) or abort(404)
    today = clock.today(building.zone)
    zone = next((one for one in places.zones_of_building(building.id, today) if one.code == code), None)
    floor = None if zone is None else places.floor(zone.floor_id)
    if zone is None or floor is None or zone.excluded or floor.excluded:
        abort(404)
    scope = Scope(building.id, floor, zone)
    shown = sheets(scope, zone, floor, today)
    since, by = house.since(scope, [SeatKind(one) for one in _kinds(zone)], today)
    return render_template(
        "bookings/rules.html",
        zone=zone,
        zone_name=desk.zone_name(zone),
        owners=desk.owners(zone),
        floor=floor,
        sheets=shown,
        since=since,
        responsible=by,
        today=today,
    )


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"end_of_day": _end_of_day}


def _end_of_day(zone: ZoneView, floor: FloorView, kind: str, day: date) -> Paragraph:
    """What is to be done before one goes."""
    scope = Scope(floor.building_id, floor, zone)
    return sentences.end_of_day(house.holding(scope, SeatKind(kind), day))


def sheets(scope: Scope, zone: ZoneView, floor: FloorView, today: date) -> list[Sheet]:
    """One for each kind of place that the zone has."""
    found = []
    for kind, n_seats in _kinds(zone).items():
        of = SeatKind(kind)
        now_holds, like = house.holding(scope, of, today), here(zone, of, today)
        next_day = house.changes_on(scope, of, today)
        changed: tuple[str, ...] = ()
        if next_day is not None:
            changed = tuple(_changed(now_holds, house.holding(scope, of, next_day), of, like))
        found.append(
            Sheet(
                str(_(KINDS[of])),
                n_seats,
                sentences.paragraphs(now_holds, of, like),
                next_day if changed else None,
                changed,
            )
        )
    return found


def here(zone: ZoneView, kind: SeatKind, day: date) -> Here:
    """What the sentences tell of the zone itself."""
    of_kind = [seat for seat in _seats(zone) if seat.kind == kind]
    staff = people.members_of(people.units_below(zone.unit_ids, people.units_on(day)), day) if zone.unit_ids else ()
    return Here(desk.owners(zone), len(of_kind), len(staff), any(seat.is_priority for seat in of_kind))


def _changed(old: HouseRules, new: HouseRules, kind: SeatKind, like: Here) -> list[str]:
    before = {one.text for part in sentences.paragraphs(old, kind, like) for one in part.sentences}
    after = sentences.paragraphs(new, kind, like)
    told = [one.text for part in after for one in part.sentences if one.text not in before]
    return told + ([*new.checklist] if new.checklist != old.checklist else [])


def _kinds(zone: ZoneView) -> dict[str, int]:
    """How many places of each kind the zone has; a table's places are not counted beside it."""
    found: dict[str, int] = {}
    for seat in _seats(zone):
        found[seat.kind] = found.get(seat.kind, 0) + 1
    return found


def _seats(zone: ZoneView) -> list[SeatView]:
    return [
        seat
        for seat in places.seats_on_floor(zone.floor_id)
        if seat.zone_id == zone.id and seat.table_id is None and seat.retired_on is None
    ]
