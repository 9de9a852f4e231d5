"""What others see of me at this moment, for every choice that I could make (P4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.bookings.claims import claims_at
from server.people.rules import LEVELS, Audience, Choices, Level, Signal
from server.places import queries as places
from server.places.queries import BuildingView
from server.presence import queries as presence
from server.presence.fusion import Found, Granted, Source, fuse
from server.presence.rules import Shown
from server.presence.words import status_words

AUDIENCES = {
    Audience.OWN_SECTION: _l("My section"),
    Audience.MANAGERS: _l("Heads of my line"),
    Audience.EVERYONE: _l("Everyone else who works here"),
    Audience.KIOSK: _l("Shared screens"),
}
SIGNALS = {Signal.BEACON: _l("From the beacon"), Signal.BOOKING: _l("From bookings")}
Sentences = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """What one audience may see by each signal, and what that means at this moment."""

    audience: Audience
    name: str
    levels: Mapping[Signal, Level]
    now: str

    def field(self, signal: Signal) -> str:
        """The form's name of a choice."""
        return field_of(self.audience, signal)


def field_of(audience: Audience, signal: Signal) -> str:
    """The form's name of a choice."""
    return audience.value if signal is Signal.BEACON else f"{signal.value}_{audience.value}"


def rows(choices: Choices, sentences: Sentences) -> list[AudienceRow]:
    """Every audience with what it is granted."""
    return [
        AudienceRow(
            audience,
            str(name),
            {signal: choices.level_for(audience, signal) for signal in Signal},
            sentences[_effective(choices, audience, Signal.BEACON)][_effective(choices, audience, Signal.BOOKING)],
        )
        for audience, name in AUDIENCES.items()
    ]


def sentences(person_id: int, choices: Choices, building: BuildingView | None, now: datetime) -> Sentences:
    """What somebody else reads, by the level of the beacon and then of bookings."""
    where = presence.whereabouts([person_id]).get(person_id)
    if not presence.is_shown(where, now):
        where = None
    counts_only = where is not None and presence.is_counts_only(where.zone_id)
    status = presence.statuses_at(now, [person_id]).get(person_id)
    said = None if status is None else status.said
    is_open = building is not None and places.opening(building).is_open(now)
    claims = claims_at(now, [person_id]).get(person_id, ()) if is_open else ()
    is_hidden = choices.protected or choices.is_paused(now)

    def read(beacon: Level, booking: Level) -> str:
        granted = Granted(Level.HIDDEN, Level.HIDDEN) if is_hidden else Granted(beacon, booking)
        found = fuse(where, said, claims, granted, now, zone_is_counts_only=counts_only)
        return _sentence(found, building, now)

    return {beacon: {booking: read(beacon, booking) for booking in LEVELS} for beacon in LEVELS}


def _effective(choices: Choices, audience: Audience, signal: Signal) -> Level:
    """What an audience reads in the end: nobody sees less for being closer."""
    own = choices.level_for(audience, signal)
    if audience is Audience.KIOSK:
        return own
    return max(own, choices.level_for(Audience.EVERYONE, signal), key=lambda level: level.rank)


def _sentence(found: Found, building: BuildingView | None, now: datetime) -> str:
    said = found.status
    status = "" if said is None or building is None else status_words(said.kind, said.ends_at, now, building.zone)
    if found.source is Source.STATUS:
        return status
    return " · ".join(part for part in (_place(found), status) if part)


def _place(found: Found) -> str:
    match found.state:
        case Shown.HIDDEN:
            return str(_("Location not shown"))
        case Shown.AWAY:
            return str(_("No information"))
        case Shown.BUILDING:
            return str(_("In the building"))
    floor, zone = _names(found)
    if found.zone_id is not None:
        return str(_("%(floor)s, %(zone)s", floor=floor, zone=zone))
    return str(_("somewhere on %(floor)s", floor=floor))


def _names(found: Found) -> tuple[str, str]:
    """Floor and zone of a place as people call them."""
    if found.floor_id is None:
        return "", ""
    floor = places.floor(found.floor_id)
    zones = [zone for zone in places.zones(found.floor_id) if zone.id == found.zone_id]
    name = "" if not zones else ((str(get_locale()) == "en" and zones[0].name_en) or zones[0].name)
    return str(_("%(floor)sF", floor="" if floor is None else floor.code)), name
