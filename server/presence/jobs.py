"""What the timetable asks of presence; each takes the site it is for."""

from datetime import datetime, timedelta

from server import clock, db
from server.places import queries as places
from server.presence import alerts, service

KEEP_LOOK_UPS = timedelta(days=365)  # P10
KEEP_ALERTS = timedelta(days=365)


def clear_when_closed(site: str) -> int:
    """Forget every place unless the building is open (P7, P10)."""
    return clear_unless_open(site, clock.now())


def clear_unless_open(site: str, now: datetime) -> int:
    """The same at a given instant; returns of how many people."""
    with db.transaction():
        building = places.building(site)
        if building is None or places.opening(building).is_open(now):
            return 0
        return service.clear_everyone(now)


def expire_look_ups(_site: str) -> int:
    """Delete look-ups older than a year (P10)."""
    with db.transaction():
        return service.expire_look_ups(clock.now() - KEEP_LOOK_UPS)


def expire_alerts(_site: str) -> int:
    """Delete alerts about look-ups older than a year (P10)."""
    with db.transaction():
        return alerts.expire(clock.now() - KEEP_ALERTS)
