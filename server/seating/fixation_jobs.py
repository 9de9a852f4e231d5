"""What the timetable asks of the fixation index; takes the site it is for."""

from server import clock, db
from server.places import queries as places
from server.seating import fixation_months


def keep_months(site: str) -> None:
    """Work out the months that are over, before their bookings forget their people (P10)."""
    with db.transaction():
        building = places.building(site)
        if building is not None:
            fixation_months.compute(building, clock.now())
