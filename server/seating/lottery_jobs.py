"""What the timetable asks of the lottery; each takes the site it is for."""

import logging
from datetime import date, datetime

from server import clock, db, retention_terms
from server.bookings.queries import RulesOfDay
from server.errors import Refused
from server.places import queries as places
from server.places.queries import BuildingView, FloorView, ZoneView
from server.places.rules import SeatKind
from server.retention_terms import Term
from server.seating import companions, draws, lottery_round
from server.seating import lottery_queries as queries
from server.seating.draws import TAKEN_MEANWHILE
from server.seating.lottery_round import DAY_ENDS, DAY_STARTS, next_day

log = logging.getLogger(__name__)


def draw_by_rule(site: str) -> None:
    """Draw the next working day's seats of the zones whose rules say so, once; another time if somebody was quicker."""
    now = clock.now()
    with db.reading():
        building = places.building(site)
        due = [] if building is None else _due(building, now)
    for zone, floor, of, day in due:
        try:
            with db.transaction():
                starts_at = datetime.combine(day, DAY_STARTS, of.zone)
                ends_at = datetime.combine(day, DAY_ENDS, of.zone)
                draws.draw_day(lottery_round.term(zone, floor, of, starts_at, ends_at), now, "")
        except Refused as refused:
            if refused.code in TAKEN_MEANWHILE:
                log.info("zone %s is drawn again: somebody booked meanwhile", zone.code)


def forget(_site: str) -> int:
    """Delete old lotteries, and who sat beside whom once it is over (P10); returns how many."""
    now = clock.now()
    with db.transaction():
        return draws.forget(now - retention_terms.keep(Term.BOOKINGS)) + companions.forget(now.date())


def _due(building: BuildingView, now: datetime) -> list[tuple[ZoneView, FloorView, BuildingView, date]]:
    opening, local = places.opening(building), now.astimezone(building.zone)
    if not opening.is_open_on(local.date()):
        return []
    day = next_day(opening, local.date())
    rules = RulesOfDay(building.id, day)
    floors = {floor.id: floor for floor in places.floors(building.id) if not floor.excluded}
    found = []
    for zone in places.zones_of_building(building.id, day):
        at = rules.of(zone, SeatKind.GROUP).draws_at
        if zone.excluded or zone.floor_id not in floors or not zone.unit_ids or at is None or local.time() < at:
            continue
        if not any(one.day == day for one in queries.draws(zone.id, day)):
            found.append((zone, floors[zone.floor_id], building, day))
    return found
