"""What the timetable asks of phones; each takes the site it is for."""

from datetime import UTC

from server import clock, db, retention_terms
from server.phones import service
from server.places import queries as places
from server.retention_terms import Term


def forget_holders(site: str) -> int:
    """Forget who held a number long ago (P10); returns how many rows."""
    now = clock.now()
    with db.transaction():
        building = places.building(site)
        today = now.astimezone(UTC if building is None else building.zone).date()
        return service.forget_holders(today - retention_terms.keep(Term.NUMBERS), now=now)
