"""What whoever signs in to the demo finds of seats: drawn by lot, every week, waited for; and a day off that frees one.

All of it is done by the services behind the pages, as people and the timetable would.
"""

from datetime import datetime, time, timedelta

from server.bookings import absence as absence  # an absence gives seats back because this room hears of it
from server.bookings import series, service, waits
from server.demo.bookings import DRAWN_ZONE, MEETING, MEETING_AHEAD, MEETING_FLOOR, MONTHS_BACK, WORKDAY
from server.demo.days import month_before, next_days
from server.demo.house import FINANCE
from server.places import queries as places
from server.places.queries import BuildingView
from server.places.rules import SeatKind
from server.presence import statuses
from server.presence.rules import StatusKind
from server.retention_terms import Term, keep
from server.seating import draws, fixation_months, lottery, lottery_round

SERIES_AHEAD, SERIES_WEEKS = 2, 8
OFF_AHEAD, OFF = 3, (time(13, 0), time(17, 15))
SEEDS_TRIED = 200


def work_out_months(building: BuildingView, now: datetime) -> None:
    """The fixation of every month that was, worked out when it was over; then names go as they would have (P10)."""
    today = now.astimezone(building.zone).date()
    for back in range(MONTHS_BACK - 2, 0, -2):  # whoever looks back 90 days sees two months that are over
        first = month_before(today, back)
        fixation_months.compute(building, datetime.combine(first, time(3), building.zone))
    fixation_months.compute(building, now)
    service.forget_names(now - keep(Term.BOOKINGS))


def prepare(building: BuildingView, guide: int, now: datetime) -> None:
    """The guide's days ahead; everybody else's bookings must be there."""
    _draw(building, guide, now)
    _every_week(building, guide, now)
    _wait(building, guide, now)


def take_an_afternoon_off(building: BuildingView, guide: int, now: datetime) -> None:
    """What the guide had booked for then is given back."""
    day = next_days(places.opening(building), now.astimezone(building.zone).date())[OFF_AHEAD]
    starts_at, ends_at = (datetime.combine(day, at, building.zone) for at in OFF)
    statuses.set_status(guide, StatusKind.LEAVE, starts_at, ends_at, "", now)


def _draw(building: BuildingView, guide: int, now: datetime) -> None:
    """The next working day's seats of the guide's zone, so that the guide got one: who reads it first sees a result."""
    day = next_days(places.opening(building), now.astimezone(building.zone).date())[0]
    zone = next(one for one in places.zones_of_building(building.id, day) if one.code == DRAWN_ZONE)
    floor = places.floor(zone.floor_id)
    if floor is None:
        return
    starts_at, ends_at = (datetime.combine(day, at, building.zone) for at in WORKDAY)
    of = lottery_round.term(zone, floor, building, starts_at, ends_at)
    made = lottery_round.for_day(of, now)
    number = made.person_ids.index(guide)
    lucky = (seed for seed in range(1, SEEDS_TRIED) if lottery.draw(made.facts, seed)[number].seat_id is not None)
    draws.draw_day(of, now, FINANCE[1], next(lucky))


def _every_week(building: BuildingView, guide: int, now: datetime) -> None:
    day = next_days(places.opening(building), now.astimezone(building.zone).date())[SERIES_AHEAD]
    zone_id = next(one.id for one in places.zones_of_building(building.id, day) if one.code == DRAWN_ZONE)
    for seat in places.seats(building.id):
        if seat.zone_id != zone_id or seat.is_priority:
            continue
        wanted = series.Plan(seat.id, frozenset({day.weekday()}), *WORKDAY, day, day + timedelta(weeks=SERIES_WEEKS))
        days = series.plan(guide, wanted, now)
        if days and days[0].clash is None:
            free = {one.day: seat.id for one in days if one.clash is None and not one.is_later}
            series.make(guide, wanted, now, chosen=free)
            return


def _wait(building: BuildingView, guide: int, now: datetime) -> None:
    """For a room of the guide's floor, at an hour when all are taken."""
    day = next_days(places.opening(building), now.astimezone(building.zone).date())[MEETING_AHEAD]
    floor = places.floor_by_code(building.id, MEETING_FLOOR)
    if floor is not None:
        starts_at, ends_at = (datetime.combine(day, at, building.zone) for at in MEETING)
        waits.ask(guide, floor, starts_at, ends_at, now, kind=SeatKind.ROOM)
