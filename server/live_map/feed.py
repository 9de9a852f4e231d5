"""Keeps one web worker's map current and tells its open streams: tails the outbox, reads what it names, fans out.

Two threads (greenlets under gevent): one talks to the database, the other only watches the clock, so that the map can
say that it is stale while the database does not answer.
"""

import gc
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, tzinfo

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from server import changes, clock, db
from server.changes import Thing
from server.errors import Refused
from server.live_map import rules
from server.live_map.fanout import Fanout
from server.live_map.model import Model, News, Nothing
from server.live_map.rules import Status
from server.live_map.slots import Slots
from server.live_map.stream import Stream
from server.live_map.wakeup import Wakeup
from server.people import queries as people
from server.people import sessions
from server.people.rules import Viewer
from server.presence import jobs as presence

log = logging.getLogger(__name__)

TURN_S = 0.1  # at most ten readings a second: what happens in between travels together
PULSE_S = 0.5
SILENT_AFTER_S = 5.0  # without a reading nobody waits for the database any more; a busy machine may take seconds
STALE_AFTER_S = 2.0  # without a reading; with PULSE_S this says so within RP-10's three seconds
RETRY_S = 0.5
SENSORS_EVERY_S = 2.0
STATUSES_EVERY_S = 1.0
COUNTS_EVERY_S = 1.0
HEARD_EVERY_S = 10.0
STATUS_EVERY_S = 15.0  # repeated, so that a page that hears nothing for longer knows that its connection is dead
LEFT_EVERY_S = 1.0  # whoever walks through nine floors must find a place for the ninth page's stream
SESSIONS_EVERY_S = 10.0  # SR-15 allows 30; ends that we cause ourselves come with a line of the outbox at once
EVERYONE_EVERY_S = 300.0  # read again, should an import have changed a post without a line
CLEAR_EVERY_S = 300.0  # while the process is dead whose task it is to forget where people were once the building closed
VIEWERS_A_TURN = 25  # how many signed-in viewers are asked anew in one turn, so that thousands do not hold it up
FIRST_READING_S = 10.0
CHUNK = 500


class Feed:
    """The map of one building in one web worker, and who watches it.

    forget_sessions   told of accounts (None: of any) whose sessions may have ended in another worker
    """

    def __init__(self, site: str, slots: Slots, forget_sessions: Callable[[Collection[int] | None], None]) -> None:
        self.site = site
        self.model = Model(site)
        self.fanout = Fanout(self.model)
        self._slots = slots
        self._forget_sessions = forget_sessions
        self.lock = threading.RLock()  # whoever reads or changes the map's memory holds it, and waits for nothing
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._tried = threading.Event()  # the first reading is over, whatever came of it
        self._engine: Engine | None = None
        self._threads: list[threading.Thread] = []
        self._wakeup: Wakeup | None = None
        self._due: defaultdict[str, float] = defaultdict(lambda: float("-inf"))
        self._viewers_due: list[int] = []
        self._status_sent: tuple[str, ...] = ()
        self._failing = False

    # -- for requests

    def watch(self) -> None:
        """Make sure the map is there; the first viewer starts it and waits for the first reading."""
        if self.model.places is not None:
            return
        with self._starting:
            if not self._threads:
                self._start()
        self._tried.wait(FIRST_READING_S)
        if self.model.places is None:
            raise Refused("not_ready", "The map is not ready yet. Please try again in a moment.", 503)

    def viewer(self, account_id: int) -> Viewer:
        """Who this account is when it looks at others; asked once, then kept current by the feed."""
        known = self.model.viewers.get(account_id)
        if known is None:
            if db.is_silent():
                raise Refused("database_away", "The database cannot be reached. Please try again in a moment.", 503)
            known = people.viewer_of(account_id, self.model.today())
            self.model.viewers[account_id] = known
        return known

    def status(self) -> Status:
        """How current the map is."""
        age = self.model.age()
        if age is None:
            return Status(clock.now(), ("database",))
        return rules.status(age, database_answers=time.monotonic() - self.model.read_s <= STALE_AFTER_S)

    def status_of(self, floor_code: str | None) -> Status:
        """How current one floor is (None: the whole building)."""
        return self.status().for_floor(floor_code, self.model.read_at or clock.now())

    def subscribe(self, stream: Stream, last_id: int | None) -> None:
        """Take in a stream and tell it where things stand; Refused when the account has enough of them (SR-15).

        last_id   the last change the page has seen, None when it reads the snapshot anyway
        """
        with self.lock:
            if not self._slots.take(stream.account_id):
                raise Refused("too_many_streams", "This account has too many open pages. Close some of them.", 429)
            self.fanout.add(stream, last_id, clock.now())
            self.fanout.send_status(stream, self.status_of(self._code(stream)))

    def unsubscribe(self, stream: Stream) -> None:
        """The stream has ended, however it did."""
        with self.lock:
            stream.is_over = True
            if self.fanout.remove(stream):
                self._slots.give_back(stream.account_id)

    def stop(self) -> None:
        """End both threads, and every stream; they connect again, to another worker."""
        self._stopping.set()
        if self._wakeup is not None:
            self._wakeup.interrupt()
        with self.lock:
            self.fanout.say_goodbye(self.fanout.streams, "renew")
        for thread in self._threads:
            thread.join(5)

    # -- the two threads

    def _start(self) -> None:
        self._engine = db.engine()
        self._wakeup = Wakeup(self._engine)
        self._threads = [
            threading.Thread(target=self._tail, args=(self._wakeup,), name="map-tail", daemon=True),
            threading.Thread(target=self._watch_clock, name="map-clock", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _may_go_on(self) -> bool:
        """Whether to go on: not told to stop, and still on the database it was started on."""
        try:
            return not self._stopping.is_set() and db.engine() is self._engine
        except RuntimeError:
            return False

    def _tail(self, wakeup: Wakeup) -> None:
        is_first = True
        while self._may_go_on():
            started = time.monotonic()
            try:
                self.turn(clock.now())
                if self._failing:
                    log.warning("the database answers again")
                self._failing = False
                if is_first:
                    is_first = False
                    gc.collect()
                    gc.freeze()  # all that was read stays: looking through it for garbage would hold everybody up
            except Nothing:
                self._stopping.wait(RETRY_S)
            except (SQLAlchemyError, OSError) as error:
                if not self._failing:
                    log.warning("the database does not answer: %s", type(error).__name__)
                self._failing = True
                self._stopping.wait(RETRY_S)
            except Exception:  # the map must not stay as it is for ever because of one odd row
                log.exception("a turn of the map failed")
                self._stopping.wait(RETRY_S)
            self._tried.set()
            self._stopping.wait(max(0.0, TURN_S - (time.monotonic() - started)))
            wakeup.wait()
        wakeup.close()

    def _watch_clock(self) -> None:
        while self._may_go_on():
            try:
                self.pulse(clock.now())
            except Exception:
                log.exception("a pulse of the map failed")
            self._stopping.wait(PULSE_S)

    # -- one turn of each; tests call these by themselves

    def turn(self, now: datetime) -> None:
        """Read what changed and tell the streams."""
        with db.reading():
            news = self._read(now)
            ended = self._ended_sessions(news, now)
        if news.lines:
            self._forget_sessions(_accounts(news))
        elif news.last_id != self.model.last_id:  # all was read anew, past lines that nobody has looked at
            self._forget_sessions(None)
        with self.lock:
            changed = self.model.take(news, time.monotonic())
            self.fanout.tell(changed, news, now)
            self.fanout.say_goodbye(ended, "session")
            if news.everyone:
                self._ask_viewers_anew()
        is_alone = "background" in self.model.sensors.reasons
        if is_alone and not self.model.is_open and self._is_due("clear", CLEAR_EVERY_S):
            presence.clear_unless_open(self.site, now)

    def pulse(self, now: datetime) -> None:
        """Say what follows from the passing of time; asks nobody."""
        if self.model.places is None:
            return
        db.set_silent(time.monotonic() - self.model.read_s > SILENT_AFTER_S)
        status = self.status()
        with self.lock:
            news = self.model.closing(now)
            if news is not None:
                self.fanout.tell(self.model.take(news, self.model.read_s), news, now)
            if status.reasons != self._status_sent or self._is_due("status", STATUS_EVERY_S):
                self._status_sent = status.reasons
                for stream in self.fanout.streams:
                    self.fanout.send_status(stream, self.status_of(self._code(stream)))
            if self._is_due("counts", COUNTS_EVERY_S):
                self.fanout.send_counts(now)
            if self._is_due("heard", HEARD_EVERY_S):
                self.fanout.send_heard(now)
                self.model.forget_views(self.fanout.kinds())
            if self._is_due("left", LEFT_EVERY_S):
                for stream in [stream for stream in self.fanout.streams if stream.was_left()]:
                    stream.cut()
            over = [stream for stream in self.fanout.streams if stream.session_ends_at <= now]
            self.fanout.say_goodbye(over, "session")

    def _read(self, now: datetime) -> News:
        if self._failing and self.model.places is not None and changes.latest_id() < self.model.last_id:
            return self.model.read_all(now)  # another database than before: restored from a backup
        everyone_due = self._is_due("everyone", EVERYONE_EVERY_S)
        due, self._viewers_due = self._viewers_due[:VIEWERS_A_TURN], self._viewers_due[VIEWERS_A_TURN:]
        sensors_due = self._is_due("sensors", SENSORS_EVERY_S)
        return self.model.read(
            now,
            sensors_due=sensors_due,
            statuses_due=self._is_due("statuses", STATUSES_EVERY_S),
            everyone_due=everyone_due,
            viewers_due=due,
        )

    def _ask_viewers_anew(self) -> None:
        """Posts may be others, as on another day: those who watch are asked about soon, the rest when they come."""
        watching = self.fanout.accounts()
        self.model.viewers = {i: viewer for i, viewer in self.model.viewers.items() if i in watching}
        self._viewers_due = list(watching)

    def _ended_sessions(self, news: News, now: datetime) -> list[Stream]:
        """Streams whose session has ended: all are asked about now and then, those of a named account at once."""
        accounts = _accounts(news)
        every = self._is_due("sessions", SESSIONS_EVERY_S)
        asked = [s for s in list(self.fanout.streams) if every or s.account_id in accounts]
        keys = list({stream.session_key for stream in asked})
        alive: set[bytes] = set()
        for start in range(0, len(keys), CHUNK):
            alive |= sessions.alive(keys[start : start + CHUNK], now, self._zone)
        return [stream for stream in asked if stream.session_key not in alive]

    def _zone(self) -> tzinfo | None:
        return None if self.model.places is None else self.model.places.building.zone

    def _is_due(self, what: str, every_s: float) -> bool:
        now_s = time.monotonic()
        if now_s - self._due[what] < every_s:
            return False
        self._due[what] = now_s
        return True

    def _code(self, stream: Stream) -> str | None:
        if stream.floor_id is None or self.model.places is None:
            return None
        floor = self.model.places.floor_by_id.get(stream.floor_id)
        return None if floor is None else floor.code


def _accounts(news: News) -> set[int]:
    """The accounts of which a session has ended."""
    return {line.thing_id for line in news.lines if line.thing is Thing.SESSION}
