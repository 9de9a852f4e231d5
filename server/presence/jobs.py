"""What the timetable asks of presence."""

from datetime import timedelta

from server import clock, db
from server.presence import service

KEEP_LOOK_UPS = timedelta(days=365)  # P10


def clear_everyone() -> None:
    """Forget every place; run when the building has closed (P10)."""
    with db.transaction():
        service.clear_everyone(clock.now())


def expire_look_ups() -> None:
    """Delete look-ups older than a year (P10)."""
    with db.transaction():
        service.expire_look_ups(clock.now() - KEEP_LOOK_UPS)
