"""The one place that asks what time it is; rules and services are told."""

from datetime import UTC, date, datetime, tzinfo


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today(zone: tzinfo) -> date:
    """The day that this instant belongs to in a building with that clock."""
    return now().astimezone(zone).date()
