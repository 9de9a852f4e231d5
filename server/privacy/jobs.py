"""What the timetable asks of privacy; each takes the site it is for."""

from datetime import UTC

from server import clock, db, retention_terms
from server.places import queries as places
from server.privacy import leavers
from server.retention_terms import Term


def forget_leavers(site: str) -> int:
    """Forget everybody whose last post ended longer ago than their term (P10); returns how many rows."""
    now = clock.now()
    with db.transaction():
        building = places.building(site)
        today = now.astimezone(UTC if building is None else building.zone).date()
        return leavers.forget_leavers(today - retention_terms.keep(Term.LEAVERS), now)
