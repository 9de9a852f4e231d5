"""Every scheduled job and its hour, in one table; the background process runs it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from server import audit, changes, clock, db
from server.bookings import jobs as seats
from server.bookings import kept_answers
from server.bookings import service as booked
from server.memos import jobs as memos
from server.people import failures, protection, sessions
from server.people import service as people
from server.phones import jobs as phones
from server.presence import disputes, statuses
from server.presence import jobs as presence
from server.privacy import service as privacy

KEEP_FAILURES = timedelta(hours=24)
KEEP_SLOTS = timedelta(days=1)  # nobody can take them any more
KEEP_AUDIT_LOG = timedelta(days=3 * 365)  # P10, and what follows
KEEP_PROTECTION_REQUESTS = timedelta(days=3 * 365)
KEEP_RUNS = timedelta(days=3 * 365)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What runs when, on the building's clock; every job may run twice without harm.

    run   takes the site, and returns how many rows it deleted, which the privacy officer reads (P10); None when it is
          not there to delete
    """

    name: str
    run: Callable[[str], int | None]
    at: Mapping[str, str] = field(default_factory=dict)  # CronTrigger's fields


def _forgetting(expire: Callable[[datetime], int], keep: timedelta = timedelta(0)) -> Callable[[str], int]:
    """A job that deletes what is older than `keep`, in one transaction."""

    def run(_site: str) -> int:
        with db.transaction():
            return expire(clock.now() - keep)

    return run


JOBS = (
    Job("forget outbox lines older than an hour", _forgetting(changes.expire), {"minute": "7"}),
    Job("end pauses that are over", _forgetting(people.expire_pauses), {"minute": "*"}),
    Job("forget sessions that are over", _forgetting(sessions.expire), {"minute": "23"}),
    Job("forget failed sign-ins older than a day", _forgetting(failures.expire, KEEP_FAILURES), {"minute": "24"}),
    Job("forget whereabouts once the building has closed", presence.clear_when_closed, {"minute": "*/10"}),
    Job(
        "forget what people said of days that are over",
        _forgetting(statuses.forget_ended),
        {"hour": "0", "minute": "5"},
    ),
    Job("forget which places people have denied", _forgetting(disputes.expire), {"minute": "*/10"}),
    Job(
        "forget slots of days that are over",
        _forgetting(booked.forget_slots, KEEP_SLOTS),
        {"hour": "2", "minute": "40"},
    ),
    Job("take names off old bookings", _forgetting(booked.forget_people), {"hour": "2", "minute": "45"}),
    Job("forget answers kept for retries", _forgetting(kept_answers.forget), {"minute": "41"}),
    Job("confirm bookings whose person has come", seats.confirm_arrivals, {"second": "*/2"}),
    Job("release bookings that nobody has come to", seats.release_missed, {"minute": "*"}),
    Job("give back the seats of those who left early and chose that", seats.release_left, {"minute": "*"}),
    Job("offer what is free to those who wait for it", seats.offer_places, {"minute": "*"}),
    Job("book the next days of weekly series", seats.extend_series, {"hour": "0", "minute": "1"}),
    Job("ask whether weekly series are still needed", seats.ask_for_series, {"hour": "7", "minute": "0"}),
    Job("forget waits and weekly series that are over", seats.forget_waits, {"hour": "2", "minute": "20"}),
    Job("forget memos that are done", memos.expire, {"hour": "3", "minute": "5"}),
    Job("forget who held a number long ago", phones.forget_holders, {"hour": "3", "minute": "6"}),
    Job("forget look-ups older than a year", presence.expire_look_ups, {"hour": "3", "minute": "10"}),
    Job("forget alerts about look-ups older than a year", presence.expire_alerts, {"hour": "3", "minute": "11"}),
    Job(
        "forget requests to protect somebody older than three years",
        _forgetting(protection.expire, KEEP_PROTECTION_REQUESTS),
        {"hour": "3", "minute": "12"},
    ),
    Job(
        "forget lines of the audit log older than three years",
        _forgetting(audit.expire, KEEP_AUDIT_LOG),
        {"hour": "3", "minute": "13"},
    ),
    Job(
        "forget what these jobs did more than three years ago",
        _forgetting(privacy.expire_runs, KEEP_RUNS),
        {"hour": "3", "minute": "14"},
    ),
)


def start(site: str, zone: tzinfo) -> BackgroundScheduler:
    """Run the table until the scheduler is shut down; a late job runs once, not once for every hour missed."""
    scheduler = BackgroundScheduler(
        timezone=zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in JOBS:
        trigger = CronTrigger(timezone=zone, **job.at)
        scheduler.add_job(run, trigger, args=(job, site, zone), id=job.name, name=job.name)
    scheduler.add_listener(_failed, EVENT_JOB_ERROR)
    scheduler.start()
    return scheduler


def run(job: Job, site: str, zone: tzinfo) -> None:
    """Run a job and write down how much it deleted, which the privacy officer reads (P10)."""
    deleted = job.run(site)
    if deleted is None:
        return
    with db.transaction():
        privacy.note_run(job.name, deleted, clock.now(), zone)


def _failed(event: JobExecutionEvent) -> None:
    log.error("job failed: %s: %s", event.job_id, type(event.exception).__name__)
