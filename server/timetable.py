"""Every scheduled job and its hour, in one table; the background process runs it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from server import changes, clock, db
from server.people import failures, sessions
from server.people import service as people
from server.presence import jobs as presence

KEEP_FAILURES = timedelta(hours=24)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What runs when, on the building's clock; every job may run twice without harm."""

    name: str
    run: Callable[[str], None]  # takes the site
    at: Mapping[str, str] = field(default_factory=dict)  # CronTrigger's fields


def _expire_changes(_site: str) -> None:
    with db.transaction():
        changes.expire(clock.now())


def _expire_pauses(_site: str) -> None:
    with db.transaction():
        people.expire_pauses(clock.now())


def _expire_sessions(_site: str) -> None:
    now = clock.now()
    with db.transaction():
        sessions.expire(now)
        failures.expire(now - KEEP_FAILURES)


JOBS = (
    Job("forget outbox lines older than an hour", _expire_changes, {"minute": "7"}),
    Job("end pauses that are over", _expire_pauses, {"minute": "*"}),
    Job("forget sessions that are over, and old failed sign-ins", _expire_sessions, {"minute": "23"}),
    Job("forget whereabouts once the building has closed", presence.clear_when_closed, {"minute": "*/10"}),
    Job("forget look-ups older than a year", presence.expire_look_ups, {"hour": "3", "minute": "10"}),
)


def start(site: str, zone: tzinfo) -> BackgroundScheduler:
    """Run the table until the scheduler is shut down; a late job runs once, not once for every hour missed."""
    scheduler = BackgroundScheduler(
        timezone=zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in JOBS:
        scheduler.add_job(job.run, CronTrigger(timezone=zone, **job.at), args=(site,), id=job.name, name=job.name)
    scheduler.add_listener(_failed, EVENT_JOB_ERROR)
    scheduler.start()
    return scheduler


def _failed(event: JobExecutionEvent) -> None:
    log.error("job failed: %s: %s", event.job_id, type(event.exception).__name__)
