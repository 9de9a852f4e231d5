"""The jobs by the clock: every one may run at any time, and again."""

from datetime import timedelta

import make
import pytest
from sqlalchemy import func, select

from server import clock, db, timetable
from server.people import failures
from server.people.models import LoginSession, SignInFailure
from server.timetable import JOBS


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

    next(job for job in JOBS if "sessions" in job.name).run("main")

    with db.reading():
        assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 0
        assert db.session.scalar(select(func.count()).select_from(SignInFailure)) == 0


def test_the_table_starts_and_stops(sqlite):
    from zoneinfo import ZoneInfo

    running = timetable.start("main", ZoneInfo("Asia/Tokyo"))
    try:
        assert {job.id for job in running.get_jobs()} == {job.name for job in JOBS}
    finally:
        running.shutdown(wait=True)
