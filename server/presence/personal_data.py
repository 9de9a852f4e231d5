"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from server import db
from server.changes import Change, Thing
from server.people.personal_data import account_ids
from server.places.models import Floor, Zone
from server.presence.models import Dispute, LookUp, LookUpAlert, Status, Whereabouts

Rows = Sequence[Mapping[str, object]]


def export(person_id: int) -> dict[str, Rows]:
    """Every table of this room with the rows about the person; of those looked up, nobody is named."""
    mine = account_ids(person_id)
    return {
        "whereabouts": _places(person_id),
        "dispute": _disputes(person_id),
        "status": _statuses(person_id),
        "look_up": _look_ups(person_id, mine),
        "look_up_alert": _alerts(person_id, mine),
        "change": _changes(person_id, mine),
    }


def _places(person_id: int) -> Rows:
    rows = db.session.execute(
        select(
            Whereabouts.state, Floor.code, Zone.name, Whereabouts.confidence, Whereabouts.source, Whereabouts.heard_at
        )
        .outerjoin(Floor, Floor.id == Whereabouts.floor_id)
        .outerjoin(Zone, Zone.id == Whereabouts.zone_id)
        .where(Whereabouts.person_id == person_id)
    )
    names = ("state", "floor", "zone", "confidence", "source", "heard_at")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _disputes(person_id: int) -> Rows:
    rows = db.session.execute(
        select(Floor.code, Zone.name, Dispute.until)
        .outerjoin(Floor, Floor.id == Dispute.floor_id)
        .outerjoin(Zone, Zone.id == Dispute.zone_id)
        .where(Dispute.person_id == person_id)
    )
    return [{"floor": floor, "zone": zone, "until": until} for floor, zone, until in rows]


def _statuses(person_id: int) -> Rows:
    rows = db.session.scalars(select(Status).where(Status.person_id == person_id).order_by(Status.starts_at))
    return [{name: getattr(row, name) for name in ("kind", "starts_at", "ends_at", "note", "set_at")} for row in rows]


def _look_ups(person_id: int, mine: Sequence[int]) -> Rows:
    of_me = select(LookUp.at, LookUp.viewer_name, LookUp.screen).where(LookUp.subject_id == person_id)
    by_me = select(LookUp.at, LookUp.screen).where(LookUp.viewer_account_id.in_(mine), LookUp.subject_id != person_id)
    rows: list[Mapping[str, object]] = [
        {"at": at, "viewer_name": viewer, "screen": screen}
        for at, viewer, screen in db.session.execute(of_me.order_by(LookUp.at.desc()))
    ]
    by_me = by_me.order_by(LookUp.at.desc())
    return rows + [{"i_looked_at": at, "screen": screen} for at, screen in db.session.execute(by_me)]


def _alerts(person_id: int, mine: Sequence[int]) -> Rows:
    wanted = select(LookUpAlert).where(
        or_(LookUpAlert.subject_id == person_id, LookUpAlert.viewer_account_id.in_(mine))
    )
    return [
        {("at" if row.subject_id == person_id else "i_looked_too_often_at"): row.at, "handled_at": row.handled_at}
        for row in db.session.scalars(wanted.order_by(LookUpAlert.at))
    ]


def _changes(person_id: int, mine: Sequence[int]) -> Rows:
    about_me = Change.thing.in_((Thing.PRESENCE, Thing.CHOICES, Thing.STATUS, Thing.BOOKING)) & (
        Change.thing_id == person_id
    )
    sessions = (Change.thing == Thing.SESSION) & Change.thing_id.in_(mine)
    rows = db.session.execute(select(Change.thing, Change.at).where(or_(about_me, sessions)).order_by(Change.id))
    return [{"kind": thing, "at": at} for thing, at in rows]
