"""A named look-up, as a page or the API asks for it: written down, and answered as far as the person shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import abort, current_app
from werkzeug.exceptions import ServiceUnavailable

from server import clock, db
from server.bookings.claims import claims_at
from server.errors import Refused
from server.live_map import queries
from server.live_map.feed import Feed
from server.live_map.queries import Places
from server.live_map.rules import Subject
from server.people.login import current_account
from server.people.queries import PersonCard
from server.people.rules import Viewer
from server.phones import queries as phones
from server.phones.queries import NumberView
from server.presence import queries as presence_queries
from server.presence import service as presence
from server.presence.fusion import Found
from server.presence.radio import radio_of

RETRY_AFTER_S = 10
LARGEST_ID = 2**31 - 1
KEPT_CURRENT = timedelta(minutes=10)  # how long one opening of a page may keep itself current


@dataclass(frozen=True, slots=True)
class LookedUp:
    """All that a card or page of one person shows to one viewer at one moment.

    found     what `presence` lets this viewer see; nothing else of the place gets in here
    numbers   under which the person can be called
    """

    card: PersonCard
    subject: Subject
    found: Found
    numbers: tuple[NumberView, ...]
    viewer: Viewer
    places: Places
    now: datetime

    @property
    def is_me(self) -> bool:
        """Whether the viewer looks at themselves."""
        return self.viewer.person_id == self.card.id


def look_up(feed: Feed, person_id: int, screen: str) -> LookedUp:
    """Look somebody up by name; they can read that (P11). 404 for who does not work here, and for the protected (P13).

    feed   the map, watched already
    """
    return _answer(feed, person_id, screen, is_opening=True)


def look_again(feed: Feed, person_id: int, screen: str) -> LookedUp:
    """What an opened page shows now, without another line; Refused when it was opened too long ago."""
    return _answer(feed, person_id, screen, is_opening=False)


def feed_of_app() -> Feed:
    """The map of this application."""
    return cast(Feed, current_app.extensions["iruka.feed"])


def _answer(feed: Feed, person_id: int, screen: str, *, is_opening: bool) -> LookedUp:
    if person_id > LARGEST_ID:
        abort(404)
    account, now, day = current_account(), clock.now(), feed.model.today()
    viewer, floors = feed.viewer(account.account_id), feed.model.built().floor_by_code
    radio = radio_of(feed.status().reasons, {code: floor.id for code, floor in floors.items()})
    if db.is_silent():  # a look-up that cannot be written down is not answered
        raise ServiceUnavailable(retry_after=RETRY_AFTER_S)
    with db.transaction():
        known = queries.read_people(day, [person_id], now=now, is_open=feed.model.is_open).get(person_id)
        if known is None or (known[1].choices.protected and viewer.person_id != person_id):
            abort(404)
        claims = claims_at(now, [person_id]).get(person_id, ()) if feed.model.is_open else ()
        if is_opening:
            found = presence.look_up(
                viewer, account.account_id, account.name, person_id, screen, now, day, claims=claims, radio=radio
            )
        else:
            _refuse_long_open(viewer, account.account_id, person_id, screen, now)
            found = presence.where_now(viewer, person_id, now, day, claims=claims, radio=radio)
        numbers = phones.numbers_of_people(day, [person_id]).get(person_id, ())
    return LookedUp(*known, found, numbers, viewer, feed.model.built(), now)


def _refuse_long_open(viewer: Viewer, account_id: int, person_id: int, screen: str, now: datetime) -> None:
    if viewer.person_id == person_id:
        return
    if not presence_queries.has_looked_up(account_id, person_id, screen, now - KEPT_CURRENT):
        raise Refused("opened_long_ago", "This page was opened some time ago. Open it again to see the place now.", 409)
