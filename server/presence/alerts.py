"""Unusually many look-ups: what the privacy officer is told, and the person who was looked up (P12)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, insert, select, update

from server import db
from server.errors import Refused
from server.people.models import Account
from server.presence.models import LookUpAlert

ONCE_IN = timedelta(days=1)  # one line a day and viewer (and person): whoever tries all day makes no more of them


@dataclass(frozen=True, slots=True)
class Crossed:
    """A viewer reached a limit.

    kind        one: of looking up one and the same person; many: of looking up anybody
    subject_id  that one person, None for many
    look_ups    how many were answered within the limit's time
    """

    kind: str
    account_id: int
    viewer_name: str
    subject_id: int | None
    look_ups: int


class LookedUpTooOften(Refused):
    """A look-up that is not answered; whoever rolls back writes the alert down, in a transaction of its own."""

    def __init__(self, refusal: Refused, crossed: Crossed) -> None:
        super().__init__(
            refusal.code, refusal.sentence, refusal.status, retry_after_s=refusal.retry_after_s, **refusal.values
        )
        self.crossed = crossed


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert as the privacy officer reads it."""

    id: int
    kind: str
    viewer_name: str
    subject_id: int | None
    look_ups: int
    at: datetime
    handled_at: datetime | None
    handled_by_name: str


def write(crossed: Crossed, now: datetime) -> bool:
    """Tell the privacy officer, unless it was told within a day; returns whether it is news."""
    # The account's row is held so that two workers that refuse at once write one alert. SQLite has one writer.
    db.session.execute(select(Account.id).where(Account.id == crossed.account_id).with_for_update(key_share=True))
    told = select(LookUpAlert.id).where(
        LookUpAlert.kind == crossed.kind,
        LookUpAlert.viewer_account_id == crossed.account_id,
        LookUpAlert.subject_id.is_not_distinct_from(crossed.subject_id),
        LookUpAlert.at > now - ONCE_IN,
    )
    if db.session.scalar(told.limit(1)) is not None:
        return False
    db.session.execute(
        insert(LookUpAlert).values(
            kind=crossed.kind,
            viewer_account_id=crossed.account_id,
            viewer_name=crossed.viewer_name,
            subject_id=crossed.subject_id,
            look_ups=crossed.look_ups,
            at=now,
            handled_by_name="",
        )
    )
    return True


def waiting() -> list[AlertView]:
    """Alerts nobody has handled, oldest first."""
    return _views(select(LookUpAlert).where(LookUpAlert.handled_at.is_(None)).order_by(LookUpAlert.at, LookUpAlert.id))


def handled(n: int) -> list[AlertView]:
    """The alerts that were handled last."""
    wanted = select(LookUpAlert).where(LookUpAlert.handled_at.is_not(None))
    return _views(wanted.order_by(LookUpAlert.handled_at.desc(), LookUpAlert.id.desc()).limit(n))


def about(person_id: int, since: datetime) -> list[datetime]:
    """When somebody looked this person up unusually often, newest first; by whom is in the list of look-ups."""
    wanted = select(LookUpAlert.at).where(LookUpAlert.subject_id == person_id, LookUpAlert.at >= since)
    return list(db.session.scalars(wanted.order_by(LookUpAlert.at.desc())))


def handle(alert_id: int, officer_name: str, now: datetime) -> AlertView:
    """The privacy officer has seen to it."""
    wanted = select(LookUpAlert).where(LookUpAlert.id == alert_id, LookUpAlert.handled_at.is_(None))
    found = _views(wanted.with_for_update())
    if not found:
        raise Refused("no_such_alert", "There is no such alert, or somebody has handled it already.", 404)
    db.session.execute(
        update(LookUpAlert)
        .where(LookUpAlert.id == alert_id)
        .values(handled_at=now, handled_by_name=officer_name)
        .execution_options(synchronize_session=False)
    )
    return found[0]


def expire(before: datetime) -> int:
    """Delete alerts from before then; returns how many."""
    old = delete(LookUpAlert).where(LookUpAlert.at < before).returning(LookUpAlert.id)
    return len(list(db.session.scalars(old)))


def _views(wanted: Select[Any]) -> list[AlertView]:
    return [
        AlertView(
            row.id, row.kind, row.viewer_name, row.subject_id, row.look_ups, row.at, row.handled_at, row.handled_by_name
        )
        for row in db.session.scalars(wanted)
    ]
