"""Whoever looks after seats, at their desk: which zones are theirs, and under which name they act."""

from dataclasses import dataclass
from datetime import date

from flask import abort
from flask_babel import get_locale

from server import audit, clock
from server.people import login
from server.people.login import current_account
from server.places import keepers
from server.places import queries as places
from server.places.keepers import Keeper
from server.places.queries import BuildingView, FloorView, SeatView, ZoneView
from server.places.rules import Opening

LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Desk:
    """An account that looks after seats, today."""

    keeper: Keeper
    building: BuildingView
    opening: Opening
    floors: tuple[FloorView, ...]
    zones: tuple[ZoneView, ...]  # looked after here, with their owners of today
    actor: str
    person_id: int | None
    today: date

    def zone(self, zone_id: int) -> ZoneView:
        """One of the zones, or 404: other sections' look like none."""
        return next((zone for zone in self.zones if zone.id == zone_id), None) or abort(404)

    def zone_by_code(self, code: str) -> ZoneView:
        """The same by what it is called."""
        return next((zone for zone in self.zones if zone.code == code), None) or abort(404)

    def floor(self, floor_id: int) -> FloorView:
        """The floor of a zone."""
        return next(floor for floor in self.floors if floor.id == floor_id)

    def seat(self, seat_id: int) -> SeatView:
        """One of the seats, or 404."""
        seat = places.seats_by_id([seat_id]).get(seat_id) if 0 < seat_id <= LARGEST_ID else None
        if seat is None:
            abort(404)
        self.zone(seat.zone_id)
        return seat


def desk() -> Desk:
    """The desk of the account that asks."""
    account, building = current_account(), places.building(login.settings_in_use().site) or abort(404)
    today = clock.today(building.zone)
    mine = keepers.keeper(account.role, account.person_id, today)
    floors = tuple(floor for floor in places.floors(building.id) if not floor.excluded)
    open_floors = {floor.id for floor in floors}
    zones = tuple(
        zone
        for zone in places.zones_of_building(building.id, today)
        if not zone.excluded and zone.floor_id in open_floors and mine.minds(zone)
    )
    actor = audit.account(account.account_id, account.name)
    return Desk(mine, building, places.opening(building), floors, zones, actor, account.person_id, today)


def english() -> bool:
    """Whether the page is read in English."""
    return str(get_locale()) == "en"


def owners(zone: ZoneView) -> list[str]:
    """The units that own a zone, in the reader's language."""
    both = zip(zone.units, zone.units_en, strict=True)
    return [(english() and name_en) or name for name, name_en in both]


def zone_name(zone: ZoneView) -> str:
    """What a zone is called, in the reader's language."""
    return (english() and zone.name_en) or zone.name
