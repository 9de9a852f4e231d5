"""Forgetting people who left, room by room (P10); the caller commits.

What others need stays: who looked them up, for its year; who they looked up, what they did and whom they took calls
for, with the name that is written there, for as long as those records are kept.
"""

from datetime import date, datetime

from server.fleet import service as fleet
from server.memos import service as memos
from server.people import leavers
from server.phones import service as phones
from server.presence import service as presence


def forget_leavers(day: date, now: datetime) -> int:
    """Delete what is held of everybody whose last post had ended by that day; returns how many rows."""
    gone = leavers.left_by(day)
    deleted = 0
    if gone:
        deleted += presence.forget_people(gone, now) + memos.forget_people(gone, now)
        deleted += phones.forget_people(gone, now) + fleet.forget_carriers(gone, now)
        deleted += leavers.forget(gone, day, now)
    empty = set(leavers.emptied())
    return deleted + leavers.remove(empty - presence.looked_up_among(empty))
