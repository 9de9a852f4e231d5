"""The overview, or the news that the database is away."""

from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from server import db
from server.fleet import rules
from server.fleet.overview import Overview, overview
from server.fleet.rules import Overall


def take(site: str, now: datetime) -> Overview | None:
    """How the building with this code is doing; None while the database cannot be asked or lacks our tables."""
    try:
        with db.reading():
            return overview(site, now)
    except SQLAlchemyError:
        return None


def summary(report: Overview | None) -> tuple[Overall, tuple[str, ...]]:
    """The system in one word, and why it is not ok."""
    if report is None:
        return rules.overall(False, ()), ("database",)
    return report.overall, report.reasons
