"""Keeps what the nightly jobs forgot (P10); the caller commits."""

from datetime import datetime, tzinfo

from sqlalchemy import delete, insert, select, update

from server import db
from server.privacy.models import RetentionRun


def note_run(job: str, deleted: int, now: datetime, zone: tzinfo) -> None:
    """The job ran and deleted so many rows: one line a job and day of the building, however often it runs."""
    newest = select(RetentionRun.id, RetentionRun.at).where(RetentionRun.job == job)
    line = db.session.execute(newest.order_by(RetentionRun.at.desc()).limit(1)).first()
    if line is None or line.at.astimezone(zone).date() != now.astimezone(zone).date():
        db.session.execute(insert(RetentionRun).values(job=job, at=now, deleted=deleted))
        return
    values = {"at": now, "deleted": RetentionRun.deleted + deleted}
    db.session.execute(
        update(RetentionRun)
        .where(RetentionRun.id == line.id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def expire_runs(before: datetime) -> int:
    """Delete days before then; returns how many."""
    old = delete(RetentionRun).where(RetentionRun.at < before).returning(RetentionRun.id)
    return len(list(db.session.scalars(old)))
