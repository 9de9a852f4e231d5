"""What the timetable asks of bookings; each takes the site it is for.

Every pass asks first what is due, then writes it in transactions of a batch each: others write in between, and what
another process holds at that moment it sees to. Running one again, or two at once, changes nothing more.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from server import clock, db, retention_terms
from server.bookings import checkin, series, waits
from server.places import queries as places
from server.presence.radio import radio_at
from server.retention_terms import Term

BATCH = 100
LEAVING = checkin.Leaving()


def confirm_arrivals(_site: str) -> None:
    """Confirm the bookings whose person's badge is settled in their zone."""
    now = clock.now()
    with db.reading():
        found = checkin.arrived(now)
    _each(found, checkin.confirm, now)


def release_missed(site: str) -> None:
    """Warn of bookings that nobody has come to, and release them when their grace is over."""
    confirm_arrivals(site)
    now = clock.now()
    with db.reading():
        to_warn, to_release = checkin.missed(now)
    _each(to_release, checkin.release, now)
    _each(to_warn, checkin.warn, now)


def release_left(_site: str) -> None:
    """Give back the seats of those who have gone early and chose that."""
    now = clock.now()
    with db.reading():
        gone = LEAVING.gone(now, radio_at(now))
    _each(gone, checkin.leave, now)


def offer_places(_site: str) -> None:
    """End offers without an answer, and offer what is free to those who wait."""
    now = clock.now()
    with db.reading():
        over, waiting = waits.expired(now), waits.waiting_for(now)
    _each(over, waits.expire, now)
    for floor_id, starts_at, ends_at in waiting:
        with db.transaction():
            waits.serve(floor_id, starts_at, ends_at, now)


def extend_series(_site: str) -> None:
    """Book the days of weekly series that can be booked by now."""
    now = clock.now()
    with db.reading():
        growing = series.growing()
    for one in growing:  # a transaction each: a series may book many days
        with db.transaction():
            series.extend([one], now)


def ask_for_series(site: str) -> None:
    """End series that nobody has answered for, and ask whether others are still needed."""
    now = clock.now()
    with db.reading():
        building = places.building(site)
        if building is None:
            return
        silent, to_ask = series.unanswered(now), series.to_ask(now, now.astimezone(building.zone).date())
    _each(silent, series.end_unanswered, now)
    _each(to_ask, series.ask, now)


def forget_waits(_site: str) -> int:
    """Delete waits and series that are over (P10); returns how many."""
    now = clock.now()
    with db.transaction():
        return waits.forget(now) + series.forget(now - retention_terms.keep(Term.BOOKINGS))


def _each(ids: Sequence[int], act: Callable[[Sequence[int], datetime], object], now: datetime) -> None:
    for batch in _batches(ids):
        with db.transaction():
            act(batch, now)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
