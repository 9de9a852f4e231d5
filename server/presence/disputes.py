""" "I am not there" (P19): that place is not said of the person until it would be another one, or for an hour."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.fleet import service as fleet
from server.presence import queries
from server.presence.models import Dispute, Whereabouts
from server.presence.rules import State
from server.presence.rules import Whereabouts as Where

HOLDS = timedelta(hours=1)


def deny(person_id: int, now: datetime, day: date) -> None:
    """The person is not where they are shown: forget that place, and have somebody look at the receivers there.

    Refused when no place is known. Who denied it is not in the ticket.
    """
    where = queries.whereabouts([person_id]).get(person_id)
    if where is None or where.floor_id is None:
        raise Refused("no_place", "No place is known of you at the moment.")
    given = {"floor_id": where.floor_id, "zone_id": where.zone_id, "until": now + HOLDS}
    row = db.upsert(Dispute).values(person_id=person_id, **given)
    db.session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=given))
    db.session.execute(delete(Whereabouts).where(Whereabouts.person_id == person_id))
    changes.record(Thing.PRESENCE, person_id, now)
    fleet.raise_ticket(where.floor_id, where.zone_id, day)


def without_denied(latest: Mapping[int, Where], now: datetime) -> dict[int, Where]:
    """What may be said of these people: of a denied zone the floor, of a denied floor the building.

    A denial is over when the place is another one, or after its hour.
    """
    denied = {row.person_id: row for row in db.session.scalars(select(Dispute)) if row.person_id in latest}
    found, over = dict(latest), []
    for person_id, row in denied.items():
        where = latest[person_id]
        if where.floor_id is None:
            continue
        if now >= row.until or _is_elsewhere(where, row):
            over.append(person_id)
        elif row.zone_id is None:
            found[person_id] = replace(where, state=_coarser(where.state), floor_id=None, zone_id=None)
        elif where.zone_id is not None:
            found[person_id] = replace(where, state=_coarser(where.state), zone_id=None)
    if over:
        db.session.execute(delete(Dispute).where(Dispute.person_id.in_(over)))
    return found


def expire(now: datetime) -> int:
    """Delete denials whose hour is over; returns how many."""
    return len(list(db.session.scalars(delete(Dispute).where(Dispute.until <= now).returning(Dispute.person_id))))


def _is_elsewhere(where: Where, denied: Dispute) -> bool:
    if where.floor_id != denied.floor_id:
        return True
    return None not in (denied.zone_id, where.zone_id) and where.zone_id != denied.zone_id


def _coarser(state: State) -> State:
    return State.SILENT if state is State.SILENT else State.FLOOR
