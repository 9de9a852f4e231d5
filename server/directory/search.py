"""One web worker's search: the book, kept current, and which look-ups have been written down already."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from datetime import date

from sqlalchemy.exc import SQLAlchemyError

from server import db
from server.changes import Thing
from server.directory import queries
from server.directory.book import Book, Listed
from server.directory.queries import Lists
from server.live_map.feed import Feed

LOOK_EVERY_S = 1.0  # whether the book is still right; changes show within five seconds
WRITTEN_FOR_S = 600.0
WRITTEN_SIZE = 50_000


class Search:
    """The book of one building.

    feed   the map, whose memory of people and places is used here too
    """

    def __init__(self, feed: Feed, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.feed = feed
        self._monotonic = monotonic
        self._one_at_a_time = threading.Lock()
        self._book: Book | None = None
        self._lists_of: Hashable = None  # as of what the lists were read
        self._people_of: Hashable = None
        self._looked_s = float("-inf")
        self._written: OrderedDict[tuple[int, int], float] = OrderedDict()

    def book(self) -> Book:
        """The book as it is now, or a second ago. The map must have been read; see `Feed.watch`."""
        if self._book is None:
            with self._one_at_a_time:
                return self._book or self.refresh()
        if self._monotonic() - self._looked_s > LOOK_EVERY_S and self._one_at_a_time.acquire(blocking=False):
            try:
                return self.refresh()  # whoever else asks meanwhile has the old one
            except SQLAlchemyError:
                return self._book  # without the database everything is as it was (RP-10)
            finally:
                self._one_at_a_time.release()
        return self._book

    def refresh(self) -> Book:
        """Look what has changed, and make a new book if anything has."""
        self._looked_s = self._monotonic()
        model = self.feed.model
        with self.feed.lock:
            day, places = model.today(), model.built()
            lists_of = (day, places.building.id, model.versions[Thing.PHONES], model.versions[Thing.FLOOR])
            people_of = model.versions[Thing.CHOICES]
            was = self._book
            people = was.people if was is not None and people_of == self._people_of else self._people()
        lists = self._lists(day, places.building.id, lists_of)
        if was is None or was.lists is not lists or was.places is not places or was.people != people:
            self._book = was = Book(day, people, lists, places)
        self._people_of = people_of
        return was

    def _people(self) -> Mapping[int, Listed]:
        return {
            i: Listed(known.card, known.subject.unit_ids, known.subject.choices.protected)
            for i, known in self.feed.model.people.items()
        }

    def _lists(self, day: date, building_id: int, lists_of: Hashable) -> Lists:
        if self._book is not None and (lists_of == self._lists_of or db.is_silent()):
            return self._book.lists
        with db.reading():
            lists = queries.read(building_id, day)
        self._lists_of = lists_of
        return lists

    def is_written(self, account_id: int, person_id: int) -> bool:
        """Whether this worker has written down within ten minutes that this account looked for this person (P11)."""
        at = self._written.get((account_id, person_id))
        return at is not None and self._monotonic() - at < WRITTEN_FOR_S

    def note_written(self, account_id: int, person_id: int) -> None:
        """It has just been written down."""
        self._written[account_id, person_id] = self._monotonic()
        self._written.move_to_end((account_id, person_id))
        if len(self._written) > WRITTEN_SIZE:
            self._written.popitem(last=False)
