"""Seven days of scheduled jobs in seconds: four background processes, of which one works, that die and come back.

Each is a process of its own with the timetable as it is, on a clock that the test turns: it stands still while jobs
run, and jumps from one due time to the next.
"""

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import apscheduler.schedulers.base
import make
import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_SUBMITTED
from apscheduler.triggers.cron import CronTrigger
from desks import Desks
from gunicorns import until
from sqlalchemy import select, text
from watching import TOKYO

from server import background, clock, db, timetable
from server.bookings import news, series, waits
from server.bookings.models import Booking, HouseRule, Series
from server.bookings.news import News, What
from server.bookings.rules import State
from server.bookings.series import Plan
from server.places import queries as places
from server.timetable import JOBS

PROCESSES, DAYS = 4, 7
MONDAY = date(2026, 11, 9)  # a week without a holiday
BEGINS = datetime.combine(MONDAY - timedelta(days=1), time(23, 30), TOKYO)
ENDS = BEGINS + timedelta(days=DAYS)
DOWN_FROM, DOWN_UNTIL = (datetime.combine(MONDAY + timedelta(days=2), at, TOKYO) for at in (time(6, 30), time(9, 40)))
# Wednesday morning: nobody asks, warns, releases or offers; then nobody is warned of what is released already.
LATE_BY = timedelta(seconds=60)
DAY_HOURS = ("08:30", "09:00", "09:30", "09:45", "10:00", "10:15", "12:00", "17:15")
TABLES = (
    "CREATE TABLE told (what varchar(20), thing integer, person integer, at varchar(40))",
    "CREATE TABLE ran (job varchar(80), at varchar(40), process integer)",
)  # what jobs did, kept in the transaction that did it, and which were over when
TELL = text("INSERT INTO told VALUES (:what, :thing, :person, :at)")
NOTE = text("INSERT INTO ran VALUES (:job, :at, :process)")


def now_of(shared: Any) -> datetime:
    """What the clock shows that all processes share."""
    return datetime.fromtimestamp(shared.value, UTC)


def background_process(url: str, folder: Path, shared: Any, pipe: Connection) -> None:
    """`server.background` as it is, but for the clock; says whether it is at work, and when it has done what is due."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return now_of(shared).astimezone(tz)

    clock.now = lambda: now_of(shared)
    apscheduler.schedulers.base.datetime = Clock  # type: ignore[attr-defined]
    running: list[Any] = []
    under_way: Counter[str] = Counter()
    start, run = timetable.start, timetable.run

    def start_and_tell(*given: Any) -> Any:
        scheduler = start(*given)
        scheduler.add_listener(lambda event: under_way.update({event.job_id: 1}), EVENT_JOB_SUBMITTED)
        scheduler.add_listener(lambda event: under_way.subtract([event.job_id]), EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
        running.append(scheduler)
        return scheduler

    def run_and_note(job: Any, *given: Any) -> None:
        run(job, *given)
        if job.is_at_an_hour:
            with db.transaction():
                db.session.execute(NOTE, {"job": job.name, "at": clock.now().isoformat(), "process": os.getpid()})

    def tell(told: News) -> None:
        row = {"what": told.what.value, "thing": told.thing_id, "person": told.person_id, "at": told.now.isoformat()}
        db.session.execute(TELL, row)

    timetable.start, timetable.run = start_and_tell, run_and_note
    news.when_told(tell)
    db.connect(url, pool_size=4)
    threading.Thread(target=_answer, args=(pipe, running, under_way), daemon=True).start()
    background.run(make.settings(url, folder, MQTT_URL="mqtt://127.0.0.1:9"), threading.Event())


def _answer(pipe: Connection, running: list[Any], under_way: Counter[str]) -> None:
    """To every question: whether this process is at work and everything due by now is done."""
    while True:
        pipe.recv()
        for scheduler in running[-1:]:
            scheduler.wakeup()
        due = running and any(job.next_run_time <= clock.now() for job in running[-1].get_jobs())
        pipe.send(bool(running) and not due and not any(under_way.values()))


class Office:
    """Four background processes and the clock."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._fork = multiprocessing.get_context("fork")
        self._clock = self._fork.Value("d", BEGINS.timestamp())
        self._running: list[tuple[Any, Connection]] = []
        self.up_since = [BEGINS]

    def start(self) -> None:
        """As many as are missing."""
        while len(self._running) < PROCESSES:
            ours, theirs = self._fork.Pipe()
            process = self._fork.Process(
                target=background_process, args=(self._url, self._folder, self._clock, theirs), daemon=True
            )
            process.start()
            self._running.append((process, ours))

    def _are_done(self) -> list[bool]:
        for _process, pipe in self._running:
            pipe.send("done?")
        return [pipe.recv() for _process, pipe in self._running]

    def go_to(self, at: datetime) -> None:
        """Turn the clock, and wait until whoever is at work has done what is due."""
        self._clock.value = at.timestamp()
        done = until(lambda: any(found := self._are_done()) and found)
        assert sum(done) == 1, "two are at work"

    def kill_at_work(self) -> None:
        """`kill -9` of the one at work; another takes over, and a fifth waits in its place."""
        (at_work,) = [one for one, is_at_work in zip(self._running, self._are_done(), strict=True) if is_at_work]
        self._end(at_work)
        until(lambda: any(self._are_done()))
        self.up_since.append(datetime.fromtimestamp(self._clock.value, TOKYO))
        self.start()

    def go_down(self) -> None:
        """`kill -9` of all."""
        for one in list(self._running):
            self._end(one)

    def come_up(self, at: datetime) -> None:
        """Start them at that instant."""
        self._clock.value = at.timestamp()
        self.up_since.append(at)
        self.start()
        until(lambda: any(self._are_done()))

    def _end(self, one: tuple[Any, Connection]) -> None:
        process, pipe = one
        self._running.remove(one)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        pipe.close()


@pytest.fixture
def week(database, tmp_path) -> Iterator[tuple[Desks, Office]]:
    """佐藤 has a seat on every working day and never comes; 鈴木 and 髙波 wait for it, and never answer."""
    desks = Desks()
    before = BEGINS - timedelta(hours=1)
    with db.transaction() as session:
        for statement in TABLES:
            session.execute(text(statement))
        rule = {"who": "everyone", "repeat": "off", "ahead_days": 3}
        session.add(HouseRule(scope=f"zone:{desks.zone}", kind="", valid_from=make.DAY, settings=rule, set_by=""))
    working_days = [MONDAY + timedelta(days=n) for n in range(5)]
    with db.transaction():
        last = MONDAY + timedelta(days=20)
        plan = Plan(desks.seats[0], frozenset(range(5)), time(8, 30), time(17, 15), MONDAY, last)
        series_id = series.make(desks.sato, plan, before)
        db.session.get_one(Series, series_id).answered_on = MONDAY - series.ASK_EVERY + timedelta(days=2)
    with db.transaction():
        sitting = [make.person(unit_id=desks.section) for _ in desks.seats[1:]]
    for day in working_days:
        for person, seat in zip(sitting, desks.seats[1:], strict=True):
            now = datetime.combine(day - timedelta(days=3), time(12), TOKYO)
            with db.transaction():
                taken = db.session.get_one(Booking, make.booking(person, seat, day=day, now=now))
                taken.state, taken.is_confirmed = State.IN_USE.value, True
    db.disconnect()
    office = Office(database, tmp_path)
    office.start()
    yield desks, office
    office.go_down()


def ask_for_a_seat(desks: Desks, url: str, now: datetime) -> None:
    """Two ask for a seat of the day while all are taken."""
    db.connect(url)
    day = now.date()
    for n, person in enumerate((desks.suzuki, desks.takanami)):
        with db.transaction():
            term = make.at("13:00", day), make.at("15:00", day)
            waits.ask(person, places.floor(desks.floor), *term, now + timedelta(seconds=n), zone_id=desks.zone)
    db.disconnect()  # a process that is forked must not share the connection


def due_times(job: timetable.Job) -> list[datetime]:
    """When a job is due in these days."""
    trigger, found, last = CronTrigger(timezone=TOKYO, **job.at), [], None
    while (at := trigger.get_next_fire_time(last, last or BEGINS + timedelta(minutes=2))) < ENDS:
        found.append(at)
        last = at
    return found


def test_seven_days_of_jobs_run_once_each_with_four_processes_restarts_and_downtime_rp_17(week, database):
    """RP-17: exactly once per due time; after downtime late by 60 s at most, and once for all that was missed."""
    desks, office = week
    due = {job.name: due_times(job) for job in JOBS if job.is_at_an_hour}
    of_people = [make.at(at, MONDAY + timedelta(days=day)) for day in range(5) for at in DAY_HOURS]
    kills = [datetime.combine(MONDAY + timedelta(days=n), time(2, 35), TOKYO) for n in (1, 3, 4)]
    asking = [datetime.combine(MONDAY + timedelta(days=day), time(6), TOKYO) for day in range(5)]
    stops = sorted({at for times in due.values() for at in times} | {*of_people, *kills, *asking})

    office.go_to(BEGINS + timedelta(seconds=1))
    office.go_to(BEGINS + LATE_BY)
    for at in stops:
        if DOWN_FROM <= at < DOWN_UNTIL:
            continue
        if at > DOWN_UNTIL and office.up_since[-1] < DOWN_UNTIL:
            office.go_down()
            office.come_up(DOWN_UNTIL)
            office.go_to(DOWN_UNTIL + LATE_BY)
        office.go_to(at)
        if at in asking:
            ask_for_a_seat(desks, database, at)
        if at in kills:
            office.kill_at_work()
            office.go_to(at + LATE_BY)
    office.go_down()

    db.connect(database)
    with db.reading() as session:
        ran = [(job, datetime.fromisoformat(at)) for job, at in session.execute(text("SELECT job, at FROM ran"))]
        processes = session.scalar(text("SELECT count(DISTINCT process) FROM ran"))
        told = [News(What(what), thing, person, None, datetime.fromisoformat(at)) for what, thing, person, at in
                session.execute(text("SELECT what, thing, person, at FROM told"))]  # fmt: skip
        booked = session.scalars(
            select(Booking).where(Booking.series_id.is_not(None)).order_by(Booking.starts_at)
        ).all()
    assert processes == 1 + len(kills) + 1
    for job, times in due.items():
        runs = sorted(at for name, at in ran if name == job and at > BEGINS + LATE_BY)
        assert len(runs) == len(times), (job, times, runs)
        for due_at, ran_at in zip(times, runs, strict=True):
            first_up = DOWN_UNTIL if DOWN_FROM <= due_at < DOWN_UNTIL else due_at
            assert first_up <= ran_at <= first_up + LATE_BY, (job, due_at, ran_at)

    def happened(what: What) -> list[datetime]:
        return sorted(one.now for one in told if one.what is what and one.now > BEGINS)

    days = [MONDAY + timedelta(days=n) for n in range(5)]
    with_downtime = {days[2]: DOWN_UNTIL}
    assert happened(What.WARNED) == [make.at("09:00", day) for day in days if day not in with_downtime]
    released = happened(What.RELEASED)
    assert [at.astimezone(TOKYO).date() for at in released] == days
    for day, at in zip(days, released, strict=True):
        first_up = with_downtime.get(day, make.at("09:30", day))
        assert first_up <= at <= first_up + LATE_BY
    offered = [(one.person_id, one.now.astimezone(TOKYO).date()) for one in told if one.what is What.OFFERED]
    assert sorted(offered) == sorted((person, day) for day in days for person in (desks.suzuki, desks.takanami))
    assert [one.starts_at.astimezone(TOKYO).date() for one in booked] == [
        *days,
        *(MONDAY + timedelta(days=n) for n in (7, 8, 9)),
    ]
    asked = happened(What.ASKED)
    assert len(asked) == 1 and DOWN_UNTIL <= asked[0] <= DOWN_UNTIL + LATE_BY
