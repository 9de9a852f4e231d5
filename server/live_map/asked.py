"""A zone or a seat that the address of a floor asks for: where it lies, and what is said of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import get_locale, gettext

from server.places import queries as places
from server.places.queries import ZoneView

LONGEST_CODE = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """What to show; no zone when there is no such place here."""

    sentence: str
    zone: str | None = None
    seat: str | None = None
    at: tuple[float, float] | None = None  # the seat's point, metres


def asked(floor_id: int, zones: Iterable[ZoneView], zone_code: str | None, seat_code: str | None) -> Asked | None:
    """The place asked for, None when none is; a seat says more than its zone."""
    here = {zone.id: zone for zone in zones if zone.floor_id == floor_id}
    if seat_code:
        code = seat_code[:LONGEST_CODE]
        seat = places.seat_on_floor(floor_id, code)
        if seat is None or seat.zone_id not in here:
            return Asked(gettext("There is no seat %(code)s on this floor.", code=code))
        zone = here[seat.zone_id]
        sentence = gettext("Seat %(seat)s in %(zone)s is shown on the map.", seat=seat.code, zone=_name(zone))
        return Asked(sentence, zone.code, seat.code, (seat.x_m, seat.y_m))
    if zone_code:
        code = zone_code[:LONGEST_CODE]
        found = next((zone for zone in here.values() if zone.code == code), None)
        if found is None:
            return Asked(gettext("There is no zone %(code)s on this floor.", code=code))
        return Asked(gettext("Zone %(zone)s is shown on the map.", zone=_name(found)), found.code)
    return None


def _name(zone: ZoneView) -> str:
    return (str(get_locale()) == "en" and zone.name_en) or zone.name
