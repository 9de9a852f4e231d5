"""Where somebody is, as sentences: for pages that are drawn by the server. The scripts say the same from `words`."""

from datetime import datetime, tzinfo
from math import atan2, pi

from flask_babel import format_time, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.live_map.card import middle, nearest
from server.live_map.look_up import LookedUp
from server.places.queries import FloorView, ZoneView
from server.presence.fusion import Found, Source
from server.presence.rules import Shown, Sure
from server.presence.words import CLOCK, status_words

DIRECTIONS = (
    _l("to the right of"),
    _l("to the lower right of"),
    _l("below"),
    _l("to the lower left of"),
    _l("to the left of"),
    _l("to the upper left of"),
    _l("above"),
    _l("to the upper right of"),
)


def place(of: LookedUp) -> str:
    """Where, or that nothing is shown or known; what they say when that is elsewhere."""
    found = of.found
    if found.source is Source.STATUS:
        return status(of)
    match found.state:
        case Shown.HIDDEN:
            return str(_("Location not shown"))
        case Shown.AWAY:
            return str(_("No information"))
        case Shown.BUILDING:
            return str(_("In the building"))
    floor, zone = floor_of(of), zone_of(of)
    floor_name = "" if floor is None else str(_("%(floor)sF", floor=floor.code))
    if zone is None:
        return str(_("somewhere on %(floor)s", floor=floor_name))
    where = str(_("%(floor)s, %(zone)s", floor=floor_name, zone=_named(zone)))
    return str(_("last known: %(place)s", place=where)) if found.state is Shown.SILENT else where


def source(of: LookedUp) -> str:
    """Who says so, and how old it is: "beacon, 20 s ago", "booked 18A-012 until 12:00", "as they say"."""
    found = of.found
    parts = []
    if found.state is Shown.PASSING:
        parts.append(_("on the move"))
    elif found.sure is Sure.PROBABLY:
        parts.append(_("probably here"))
    match found.source:
        case Source.STATUS:
            parts.append(_("as they say"))
        case Source.CHECK_IN:
            parts.append(_("checked in at %(place)s", place=found.place) if found.place else _("checked in"))
        case Source.BOOKING:
            parts.append(_booked(found))
        case Source.BEACON if found.heard_at is not None:
            age = _age(found.heard_at, of.now)
            parts += [_("no recent signal"), age] if found.state is Shown.SILENT else [_("beacon, %(age)s", age=age)]
    return " · ".join(str(part) for part in parts)


def status(of: LookedUp) -> str:
    """What they say of the day, "" when nothing."""
    said = of.found.status
    return "" if said is None else status_words(said.kind, said.ends_at, of.now, zone_of_building(of))


def way(of: LookedUp) -> str:
    """How to get there from the nearest lift, "" without a zone."""
    floor, zone = floor_of(of), zone_of(of)
    if of.is_me or floor is None or zone is None:
        return ""
    portal = nearest(floor.portals, zone)
    if portal is None:
        return ""
    return str(
        _(
            "Take the lift to %(floor)s; on the plan, %(zone)s is %(direction)s the lift.",
            floor=_("%(floor)sF", floor=floor.code),
            zone=_named(zone),
            direction=_direction(middle(zone), portal),
        )
    )


def floor_of(of: LookedUp) -> FloorView | None:
    """The floor that is shown."""
    return None if of.found.floor_id is None else of.places.floor_by_id.get(of.found.floor_id)


def zone_of(of: LookedUp) -> ZoneView | None:
    """The zone that is shown."""
    return None if of.found.zone_id is None else of.places.zone_by_id.get(of.found.zone_id)


def zone_of_building(of: LookedUp) -> tzinfo:
    """The building's clock."""
    return of.places.building.zone


def _booked(found: Found) -> str:
    time = "" if found.until is None else format_time(found.until, CLOCK)
    if found.place:
        return str(_("booked %(place)s until %(time)s", place=found.place, time=time))
    return str(_("booked until %(time)s", time=time))


def _age(heard_at: datetime, now: datetime) -> str:
    seconds = max(0, round((now - heard_at).total_seconds()))
    if seconds < 10:
        return str(_("just now"))
    if seconds < 60:
        return str(_("%(n)s s ago", n=seconds // 10 * 10))
    if seconds < 3600:
        return str(_("%(n)s min ago", n=seconds // 60))
    return str(_("at %(time)s", time=format_time(heard_at, CLOCK)))


def _direction(there: tuple[float, float], here: tuple[float, float]) -> str:
    eighth = round(atan2(there[1] - here[1], there[0] - here[0]) / (pi / 4))
    return str(DIRECTIONS[eighth % 8])


def _named(zone: ZoneView) -> str:
    return (str(get_locale()) == "en" and zone.name_en) or zone.name
