"""Every scheduled job and its hour, in one table; the background process runs it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from server import audit, changes, clock, db, retention_terms
from server.bookings import jobs as seats
from server.bookings import kept_answers
from server.bookings import service as booked
from server.calendars import jobs as mails
from server.memos import jobs as memos
from server.people import failures, protection, sessions
from server.people import service as people
from server.phones import jobs as phones
from server.places import jobs as places_jobs
from server.presence import disputes, statuses
from server.presence import jobs as presence
from server.privacy import jobs as privacy_jobs
from server.privacy import queries as privacy_queries
from server.privacy import service as privacy
from server.retention_terms import Term
from server.seating import fixation_jobs, lottery_jobs

KEEP_FAILURES = timedelta(hours=24)
KEEP_SLOTS = timedelta(days=1)  # nobody can take them any more
SOON = timedelta(seconds=30)  # after a start, or after it failed, a job that was missed runs (RP-17)
THREADS = 4  # of jobs that run at once: the process has that many connections to the database
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

    @property
    def is_at_an_hour(self) -> bool:
        """Whether it runs once a day: who misses it waits for a day."""
        return "hour" in self.at


def _forgetting(expire: Callable[[datetime], int], keep: timedelta | Term = timedelta(0)) -> Callable[[str], int]:
    """A job that deletes what is older than `keep`, or than that term is when it runs, in one transaction."""

    def run(_site: str) -> int:
        with db.transaction():
            return expire(clock.now() - (retention_terms.keep(keep) if isinstance(keep, Term) else keep))

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
    Job("work out how fixed the seats of each zone were", fixation_jobs.keep_months, {"hour": "2", "minute": "30"}),
    Job("draw seats by lot where a rule says so", lottery_jobs.draw_by_rule, {"minute": "*/5"}),
    Job("forget old seat lotteries and pairings that are over", lottery_jobs.forget, {"hour": "2", "minute": "50"}),
    Job("take names off old bookings", _forgetting(booked.forget_names, Term.BOOKINGS), {"hour": "2", "minute": "45"}),
    Job("forget answers kept for retries", _forgetting(kept_answers.forget), {"minute": "41"}),
    Job("confirm bookings whose person has come", seats.confirm_arrivals, {"second": "*/2"}),
    Job("release bookings that nobody has come to", seats.release_missed, {"minute": "*"}),
    Job("give back the seats of those who left early and chose that", seats.release_left, {"minute": "*"}),
    Job("offer what is free to those who wait for it", seats.offer_places, {"minute": "*"}),
    Job("book the next days of weekly series", seats.extend_series, {"hour": "0", "minute": "1"}),
    Job("ask whether weekly series are still needed", seats.ask_for_series, {"hour": "7", "minute": "0"}),
    Job("forget waits and weekly series that are over", seats.forget_waits, {"hour": "2", "minute": "20"}),
    Job("send mails", mails.send_letters, {"second": "*/5"}),
    Job("forget mails that could not be sent in time", mails.forget_letters, {"minute": "43"}),
    Job("forget memos that are done", memos.expire, {"hour": "3", "minute": "5"}),
    Job("forget who held a number long ago", phones.forget_holders, {"hour": "3", "minute": "6"}),
    Job("forget seats put right long ago", places_jobs.forget_reports, {"hour": "3", "minute": "2"}),
    Job("forget whose own seats were", places_jobs.forget_holders, {"hour": "3", "minute": "3"}),
    Job("forget people who left", privacy_jobs.forget_leavers, {"hour": "3", "minute": "8"}),
    Job("forget old look-ups", presence.expire_look_ups, {"hour": "3", "minute": "10"}),
    Job("forget old alerts about look-ups", presence.expire_alerts, {"hour": "3", "minute": "11"}),
    Job(
        "forget old requests to protect somebody",
        _forgetting(protection.expire, Term.PROTECTION),
        {"hour": "3", "minute": "12"},
    ),
    Job(
        "forget old lines of the audit log",
        _forgetting(audit.expire, Term.AUDIT),
        {"hour": "3", "minute": "13"},
    ),
    Job(
        "forget what these jobs did long ago",
        _forgetting(privacy.expire_runs, Term.REPORT),
        {"hour": "3", "minute": "14"},
    ),
)


def start(site: str, zone: tzinfo) -> BackgroundScheduler:
    """Run the table until the scheduler is shut down; a late job runs once, not once for every hour missed.

    What was due while nothing ran, runs soon (RP-17): of jobs of a certain hour we know when they ran last, the others
    come round often enough to run at every start.
    """
    with db.reading():
        ran_at = {name: ran.last_at for name, ran in privacy_queries.runs().items()}
    scheduler = BackgroundScheduler(
        timezone=zone,
        executors={"default": {"type": "threadpool", "max_workers": THREADS}},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    now = clock.now()
    for job in JOBS:
        trigger = CronTrigger(timezone=zone, **job.at)
        first_at = trigger.get_next_fire_time(None, now)
        if _is_missed(job, trigger, ran_at.get(job.name), now):
            first_at = min(first_at, now + SOON)
        scheduler.add_job(run, trigger, args=(job, site, zone), id=job.name, name=job.name, next_run_time=first_at)
    scheduler.add_listener(lambda event: _failed(scheduler, event), EVENT_JOB_ERROR)
    scheduler.start()
    return scheduler


def run(job: Job, site: str, zone: tzinfo) -> None:
    """Run a job and write down that it has run, and how much it deleted, which the privacy officer reads (P10)."""
    deleted = job.run(site)
    if deleted is None and not job.is_at_an_hour:
        return
    with db.transaction():
        privacy.note_run(job.name, deleted or 0, clock.now(), zone)


def _is_missed(job: Job, trigger: CronTrigger, ran_at: datetime | None, now: datetime) -> bool:
    return ran_at is None or not job.is_at_an_hour or trigger.get_next_fire_time(ran_at, ran_at) <= now


def _failed(scheduler: BackgroundScheduler, event: JobExecutionEvent) -> None:
    log.error("job failed: %s: %s", event.job_id, type(event.exception).__name__)
    job, soon = scheduler.get_job(event.job_id), clock.now() + SOON
    if job is not None and job.next_run_time > soon:
        job.modify(next_run_time=soon)
