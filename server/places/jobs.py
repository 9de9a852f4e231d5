"""Scheduled work on seats: what is put right or over is forgotten (P10)."""

from datetime import timedelta

from server import clock, db
from server.places import queries, reports, seats

KEEP_REPORTS = timedelta(days=90)


def forget_reports(_site: str) -> int:
    """Reports on seats that were put right long ago."""
    with db.transaction():
        return reports.forget(clock.now() - KEEP_REPORTS)


def forget_holders(site: str) -> int:
    """Whose own seats were that are not theirs any more."""
    with db.transaction():
        building = queries.building(site)
        if building is None:
            return 0
        return seats.forget_holders(clock.today(building.zone) + timedelta(days=1))
