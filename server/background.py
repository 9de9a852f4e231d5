"""The second process: MQTT in, whereabouts out, scheduled jobs. Exactly one runs: `python -m server.background`."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from datetime import date, datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from edge_agent import wire
from server import audit, changes, clock, db, retention_terms, settings, timetable
from server.calendars import letters
from server.errors import Misconfigured
from server.fleet import queries as fleet_queries
from server.fleet import service as fleet
from server.ingest.alone import Alone
from server.ingest.building import Register
from server.ingest.counts import Met
from server.ingest.inbox import Inbox
from server.ingest.loading import Building, load_building, load_register
from server.ingest.pace import Pace
from server.ingest.pending import Pending, write
from server.ingest.pipeline import Pipeline
from server.ingest.watch import Watch
from server.mqtt import Connection
from server.presence import queries as presence
from server.retention_terms import Term
from server.settings import Settings

log = logging.getLogger(__name__)

BEAT_S = 2.0  # how often a sign of life is written; the map calls itself stale after five of them
RELOAD_S = 60.0  # everything is read again this often, should a line of the outbox have been missed
LEVELS_S = 300.0  # a badge's learned level changes over hours; a crash loses at most this much of it
RETRY_S = 1.0
THREADS = "OPENBLAS_NUM_THREADS"
# Read when NumPy loads, hence the second start. A floor's matrices are small: a second thread waits, spinning, more
# than it works, and doubles what a step costs (218 ms of processor time instead of 109 for 3,000 badges).
TAKE = 2000  # messages read at once, so that a flood does not hold up the next step


class Background:
    """The loop and what it owns; everything runs in one thread except paho's and the scheduler's."""

    def __init__(self, given: Settings, building: Building, register: Register, alone: Alone) -> None:
        self._settings = given
        self._building = building
        self._alone = alone
        self._inbox = Inbox()
        self._pipeline = Pipeline(building.site, register, building.opening, given.site)
        self._connection = Connection(
            given.broker, f"iruka-{given.site}", _filters(given.site), self._inbox.put, self._broker_turned
        )
        self._broker_since: datetime | None = None
        self._configs_due = threading.Event()
        self._pace = Pace(time.monotonic())
        self._watch = Watch(changes.latest_id())
        self._reloaded_s = self._levels_s = time.monotonic()
        self._beat_s = 0.0
        self._step_ms = 0.0
        self._fault: str | None = None

    def run(self, stopping: threading.Event) -> None:
        """Serve until told to stop."""
        now = clock.now()
        with db.reading():
            clocks = fleet_queries.clock_errors_ms(self._building.view.id)
            self._pipeline.restore(presence.whereabouts(), fleet_queries.levels(), clocks, now)
            self._keep_as_decided()
        jobs = timetable.start(self._settings.site, self._building.view.zone)
        self._connection.start()
        gc.freeze()  # the model and the register stay; scanning them again and again is most of what gc costs here
        log.info("ready: %d receivers, %d floors", len(self._building.site.agents), len(self._building.site.floor_ids))
        try:
            while not stopping.is_set():
                self._inbox.wait(0.05)
                self._turn(clock.now(), time.monotonic())
            self._say_goodbye()
        finally:
            jobs.shutdown(wait=True)
            self._connection.stop()
            self._alone.release()

    def _turn(self, now: datetime, now_s: float) -> None:
        """Take what arrived and, when it is time, step and write; the one place where any error ends."""
        try:
            self._take(now, now_s)
            if self._pace.is_due(now_s, self._pipeline.reported):
                self._pace.step(now_s, self._pipeline.reported)
                self._step(now, now_s)
                self._exchange(now, now_s)
                self._recovered()
        except (DBAPIError, PoolTimeout) as error:
            self._failed("database", error)
        except Replaced:
            raise
        except Exception as error:
            self._failed("step", error)
            self._pipeline.start_over()

    def _take(self, now: datetime, now_s: float) -> None:
        deliveries = self._inbox.take(TAKE)
        self._pipeline.tally.add(Met.INBOX_FULL, n=self._inbox.dropped())
        for topic in self._pipeline.take(deliveries, now, now_s):
            self._connection.publish(topic, b"", retain=True)
        if self._configs_due.is_set():
            self._configs_due.clear()
            self._publish_configs()

    def _step(self, now: datetime, now_s: float) -> None:
        began_s = time.monotonic()
        self._pipeline.step(now, now_s)
        self._step_ms = (time.monotonic() - began_s) * 1000
        if now_s - self._levels_s >= LEVELS_S:
            self._levels_s = now_s
            self._pipeline.ask_for_levels()

    def _exchange(self, now: datetime, now_s: float) -> None:
        """Read what changed, write what came of the step."""
        beat_due = now_s - self._beat_s >= BEAT_S
        if beat_due and not self._alone.take():
            raise Replaced
        with db.reading():
            self._learn(now, now_s)
        pending = self._pipeline.pending(now_s)
        if not beat_due and pending == Pending():
            return
        try:
            with db.transaction():
                write(pending, now, self._day(now))
                if beat_due:
                    self._beat(now)
        except Exception:
            self._pipeline.not_written(pending)
            self._reloaded_s = 0.0  # a row we point at may be gone
            raise
        self._pipeline.written(pending, now_s)
        if beat_due:
            self._beat_s = now_s

    def _learn(self, now: datetime, now_s: float) -> None:
        """Read again what has changed in the rooms below."""
        news = self._watch.news()
        everything = now_s - self._reloaded_s >= RELOAD_S
        if everything or news.building:
            was, self._building = self._building, load_building(self._settings.site, self._building)
            self._pipeline.renew_site(self._building.site, self._building.opening)
            if was.opening != self._building.opening or was.site.agents != self._building.site.agents:
                self._configs_due.set()
        if everything or news.everybody:
            self._pipeline.renew_register(load_register(now, self._building.view))
        elif news.people:
            self._pipeline.renew_register(load_register(now, self._building.view, self._pipeline.register, news.people))
        if everything:
            self._keep_as_decided()
            self._reloaded_s = now_s

    def _keep_as_decided(self) -> None:
        """How long the radio stays in memory (P10)."""
        keep_s = retention_terms.keep(Term.RADIO).total_seconds()
        self._inbox.keep_for(keep_s)
        self._pipeline.keep_for(keep_s)

    def _beat(self, now: datetime) -> None:
        fleet.record_beat(
            "background",
            now,
            broker_connected=self._connection.is_connected,
            broker_since=self._broker_since,
            inbox=len(self._inbox),
            tags=self._pipeline.tags,
            step_ms=self._step_ms,
        )

    def _publish_configs(self) -> None:
        namespaces = {alias: wire.Namespace(kind, value) for alias, kind, value in self._settings.namespaces}
        payload = wire.encode(wire.Config(namespaces, 1000, _hours(self._building)))
        for agent in sorted(self._building.site.agents):
            self._connection.publish(wire.config_topic(self._settings.site, agent), payload, retain=True)

    def _broker_turned(self, there: bool) -> None:
        """Called in the connection's thread."""
        self._broker_since = clock.now()
        if there:
            self._configs_due.set()

    def _failed(self, what: str, error: Exception) -> None:
        fault = f"{what}: {type(error).__name__}"
        if fault != self._fault:
            log.error("%s; places are kept in memory until it works again", fault, exc_info=what != "database")
        self._fault = fault

    def _recovered(self) -> None:
        if self._fault is not None:
            log.info("working again after %s", self._fault)
            self._fault = None

    def _say_goodbye(self) -> None:
        """The last places and levels, so that the next start begins with them."""
        self._pipeline.ask_for_levels()
        pending = self._pipeline.pending(time.monotonic())
        now = clock.now()
        try:
            with db.transaction():
                write(pending, now, self._day(now))
        except DBAPIError as error:
            self._failed("database", error)

    def _day(self, now: datetime) -> date:
        return now.astimezone(self._building.view.zone).date()


class Replaced(Exception):  # noqa: N818  it is a state of affairs
    """Another background process holds the lock."""


def run(given: Settings, stopping: threading.Event) -> None:
    """Wait for the database and for being the only one, then serve until told to stop."""
    alone = Alone(given.site)
    while not stopping.is_set():
        try:
            if not alone.take():
                raise Replaced
            with db.reading():
                building = load_building(given.site)
                register = load_register(clock.now(), building.view)
                background = Background(given, building, register, alone)
            background.run(stopping)
            return
        except (DBAPIError, PoolTimeout) as error:
            if _has_no_tables(error):
                raise Misconfigured("The database has no tables of this version yet; run `iruka migrate`.") from None
            log.warning("waiting for the database: %s", type(error).__name__)
        except Replaced:
            log.warning("another background process is at work for site %s; waiting", given.site)
        stopping.wait(RETRY_S)


def main() -> int:
    """Run with the settings of the environment."""
    if THREADS not in os.environ:
        os.environ[THREADS] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "server.background"])  # noqa: S606  ourselves
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    try:
        given = settings.load()
        db.connect(given.database_url, pool_size=4)
        audit.ship_to(given.syslog)
        letters.use(given)
        run(given, stopping)
    except Misconfigured as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        db.disconnect()
    return 0


def _has_no_tables(error: Exception) -> bool:
    cause = getattr(error, "orig", None)
    return "no such table" in str(cause) or type(cause).__name__ in ("UndefinedTable", "UndefinedColumn")


def _filters(site: str) -> list[str]:
    return [wire.sightings_topic(site, "+"), wire.status_topic(site, "+")]


def _hours(building: Building) -> wire.Hours:
    exceptions = building.opening.exceptions
    return wire.Hours(
        tz=building.view.timezone,
        open=building.view.opens_at,
        close=building.view.closes_at,
        days=tuple(sorted(int(day) for day in building.view.open_weekdays)),
        closed=tuple(sorted(day.isoformat() for day, is_open in exceptions.items() if not is_open)),
        extra=tuple(sorted(day.isoformat() for day, is_open in exceptions.items() if is_open)),
    )


if __name__ == "__main__":
    sys.exit(main())
