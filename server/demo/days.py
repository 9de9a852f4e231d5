"""On which days the demo's city hall works: as a real one does, but it never sleeps while somebody looks at it."""

from datetime import date, datetime, timedelta

from server.places import queries as places
from server.places import service
from server.places.queries import BuildingView
from server.places.rules import Opening

AWAKE = timedelta(hours=12)  # from its start on the demo's day goes on, whatever the calendar says
OPEN, CLOSED = "デモのため開庁", "電気設備の法定点検"
CLOSED_BACK, CLOSED_AHEAD = 40, 8  # days from today: the first working day from there on is closed by the city itself
WORKING_DAYS_WITHIN = 21


def close_days(building: BuildingView, now: datetime) -> None:
    """Two of the city's own closed days, one that was and one that can be come across when booking ahead."""
    today = now.astimezone(building.zone).date()
    for day in (today - timedelta(days=CLOSED_BACK), today + timedelta(days=CLOSED_AHEAD)):
        first = next_days(places.opening(building), day - timedelta(days=1))[0]
        service.set_exception(building.id, first, CLOSED, is_open=False)


def stay_awake(building: BuildingView, now: datetime) -> None:
    """Whoever starts the demo on a Sunday or a holiday wants to see somebody; the next Sunday stays closed."""
    opening = places.opening(building)
    for day in sorted({at.astimezone(building.zone).date() for at in (now, now + AWAKE)}):
        if not opening.is_open_on(day):
            service.set_exception(building.id, day, OPEN, is_open=True)


def next_days(opening: Opening, after: date) -> list[date]:
    """The days on which the hall works, of the three weeks after a day."""
    later = (after + timedelta(days=n) for n in range(1, WORKING_DAYS_WITHIN + 1))
    return [day for day in later if opening.is_open_on(day)]


def month_before(today: date, n: int) -> date:
    """The first of the month so many months before the one that runs."""
    ordinal = today.year * 12 + today.month - 1 - n
    return date(ordinal // 12, ordinal % 12 + 1, 1)
