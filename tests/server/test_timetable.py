"""The jobs by the clock: every one may run at any time, and again."""

from datetime import timedelta

import make
import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import func, select
from watching import TOKYO

from server import clock, db, timetable
from server.people import failures
from server.people.models import LoginSession, SignInFailure
from server.privacy import queries, service
from server.privacy.queries import Runs
from server.retention_terms import BOUNDS, Term
from server.timetable import JOBS, Job


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_may_run_twice_and_before_there_is_a_building(database, job):
    job.run("main")
    job.run("main")


def test_sessions_that_are_over_and_old_failures_are_forgotten_p10(database, monkeypatch):
    make.session()
    with db.transaction():
        failures.reserve([failures.account_scope("takanami")], clock.now())
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(timetable.clock, "now", lambda: later)

    deleted = [job.run("main") for job in JOBS if "sessions" in job.name or "sign-ins" in job.name]

    assert deleted == [1, 1]

    with db.reading():
        assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 0
        assert db.session.scalar(select(func.count()).select_from(SignInFailure)) == 0


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_run_is_written_down_once_a_day_with_what_it_deleted_p10(database, job, monkeypatch):
    job = Job(job.name, lambda _site: 2, job.at)
    for time, deleted in (("08:00", 2), ("20:00", 4)):
        monkeypatch.setattr(timetable.clock, "now", lambda time=time: make.at(time))
        timetable.run(job, "main", TOKYO)
        with db.reading():
            assert queries.runs()[job.name] == Runs(job.name, make.at(time), deleted, deleted)

    monkeypatch.setattr(timetable.clock, "now", lambda: make.at("23:30") + timedelta(hours=1))
    timetable.run(job, "main", TOKYO)

    with db.reading():
        assert queries.runs()[job.name] == Runs(job.name, make.at("23:30") + timedelta(hours=1), 2, 6)


def test_a_job_that_fails_is_not_said_to_have_run_p10(database):
    def fail(_site: str) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        timetable.run(Job("fails", fail), "main", TOKYO)

    with db.reading():
        assert queries.runs() == {}


def test_runs_are_forgotten_after_three_years_p10(database):
    with db.transaction():
        service.note_run("a", 1, make.at("08:00") - timedelta(days=1096), TOKYO)
        service.note_run("a", 1, make.at("08:00"), TOKYO)

    with db.transaction():
        assert service.expire_runs(make.at("08:00") - BOUNDS[Term.REPORT].default) == 1


def test_the_table_starts_and_stops(sqlite):
    running = timetable.start("main", TOKYO)
    try:
        assert {job.id for job in running.get_jobs()} == {job.name for job in JOBS}
    finally:
        running.shutdown(wait=True)


def test_what_was_due_while_nothing_ran_runs_soon_after_the_start_rp_17(sqlite, monkeypatch):
    """RP-17: a job of a certain hour that was missed is not left for another day, and one that was not does not run."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    due = {
        job.name: CronTrigger(timezone=TOKYO, **job.at).get_next_fire_time(None, now - timedelta(days=1))
        for job in JOBS
        if job.is_at_an_hour
    }
    missed, done = sorted(due)[:2]
    with db.transaction():
        for name, at in due.items():
            service.note_run(name, 0, at - timedelta(minutes=1) if name == missed else at, TOKYO)

    running = timetable.start("main", TOKYO)
    try:
        first = {job.id: job.next_run_time for job in running.get_jobs()}
    finally:
        running.shutdown(wait=True)

    assert now < first[missed] <= now + timetable.SOON
    assert first[done] == due[done] + timedelta(days=1)
    assert max(first[job.name] for job in JOBS if not job.is_at_an_hour) <= now + timetable.SOON
