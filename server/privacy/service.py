"""Publishes the notice, and keeps what the nightly jobs forgot (P2, P10); the caller commits."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import delete, insert, select, update

from server import audit, db
from server.people import service as people
from server.presence import service as presence
from server.privacy.models import RetentionRun


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A version of the notice that is to be published."""

    text_ja: str
    text_en: str
    officer: str
    rules_document: str
    union_consulted_on: date | None


def publish_notice(notice: NewNotice, actor: str, now: datetime) -> int:
    """Put a new version in force and forget every place, since nobody has read it yet (P2); returns its number.

    actor   as the audit log names who does it
    """
    version = people.publish_notice(
        notice.text_ja, notice.text_en, notice.officer, notice.rules_document, now, notice.union_consulted_on
    )
    presence.clear_everyone(now)
    audit.record(actor, "notice_published", "", {"version": version}, now)
    return version


def note_run(job: str, deleted: int, now: datetime, zone: tzinfo) -> None:
    """The job ran and deleted so many rows, if any: one line a job and day of the building, however often it runs."""
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
