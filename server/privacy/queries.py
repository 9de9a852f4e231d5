"""Reads of what the nightly jobs forgot (P10)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from server import db
from server.people.models import Account
from server.privacy.models import RetentionRun


@dataclass(frozen=True, slots=True)
class Runs:
    """What one job did: when it last ran, how much it deleted on that day, and in all the days that are kept."""

    job: str
    last_at: datetime
    last_deleted: int
    deleted: int


def began_at() -> datetime | None:
    """When the first account was made: no job can have run before."""
    return db.session.scalar(select(func.min(Account.created_at)))


def runs() -> dict[str, Runs]:
    """What every job did, by its name."""
    newest = select(RetentionRun.job, func.max(RetentionRun.at).label("at")).group_by(RetentionRun.job).subquery()
    rows = db.session.execute(
        select(RetentionRun.job, RetentionRun.at, RetentionRun.deleted).join(
            newest, (newest.c.job == RetentionRun.job) & (newest.c.at == RetentionRun.at)
        )
    ).all()
    sums = select(RetentionRun.job, func.sum(RetentionRun.deleted)).group_by(RetentionRun.job)
    in_all = {job: int(deleted) for job, deleted in db.session.execute(sums)}
    return {job: Runs(job, at, deleted, in_all[job]) for job, at, deleted in rows}
