"""What the timetable asks of presence; each takes the site it is for."""

from datetime import datetime

from server import clock, db, retention_terms
from server.places import queries as places
from server.presence import alerts, service
from server.retention_terms import Term


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
    """Delete look-ups that are older than their term (P10)."""
    with db.transaction():
        return service.expire_look_ups(clock.now() - retention_terms.keep(Term.LOOK_UPS))


def expire_alerts(_site: str) -> int:
    """Delete alerts about look-ups that are older than theirs (P10)."""
    with db.transaction():
        return alerts.expire(clock.now() - retention_terms.keep(Term.ALERTS))
