"""How often people looked each other up: counts of a whole month, and none that a few people could be read from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from server import db
from server.presence.models import LookUp

K = 5  # P14: fewer people than this behind a number, and the number is not said


@dataclass(frozen=True, slots=True)
class LookUps:
    """How often a screen answered by name; None when fewer than K people asked or were asked for."""

    screen: str
    n: int | None


def look_ups_by_screen(start: datetime, end: datetime) -> list[LookUps]:
    """The look-ups of [start, end); no sum is given, since a hidden number could be taken from it."""
    viewers = func.count(LookUp.viewer_account_id.distinct())
    subjects = func.count(LookUp.subject_id.distinct())
    rows = db.session.execute(
        select(LookUp.screen, func.count(), viewers, subjects)
        .where(LookUp.at >= start, LookUp.at < end)
        .group_by(LookUp.screen)
        .order_by(LookUp.screen)
    )
    return [LookUps(screen, n if min(asking, asked) >= K else None) for screen, n, asking, asked in rows]
