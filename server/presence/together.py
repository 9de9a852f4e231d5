"""Where several people are now, as far as one viewer may know.

This writes nothing down: whoever calls it and tells of somebody of another section does (`outsiders`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from server import db
from server.people import queries as people
from server.people.rules import Signal, Viewer, visible_level
from server.places import queries as places
from server.places.models import Floor, Zone
from server.presence import queries
from server.presence.fusion import WELL, Claim, Found, Granted, Radio, fuse
from server.presence.rules import State, Whereabouts


def where_now_of(
    viewer: Viewer,
    person_ids: Collection[int],
    now: datetime,
    day: date,
    *,
    claims: Mapping[int, Sequence[Claim]] | None = None,
    radio: Radio = WELL,
) -> dict[int, Found]:
    """The same as `service.where_now` for each of them, in a few selects; those unknown to the house are missing.

    day     the building's
    claims  what their check-ins and bookings say
    radio   how the sensors are
    """
    choices, units = people.choices_of(person_ids), people.units_of_people(day, person_ids)
    statuses = queries.statuses_at(now, person_ids)
    shown = _shown(queries.whereabouts(person_ids), now)
    counts_only = frozenset(db.session.scalars(select(Zone.id).where(Zone.counts_only)))
    found = {}
    for person_id, subject in choices.items():
        where, status = shown.get(person_id), statuses.get(person_id)
        held = units.get(person_id, frozenset())
        granted = Granted(
            beacon=visible_level(viewer, subject, held, now, Signal.BEACON),
            booking=visible_level(viewer, subject, held, now, Signal.BOOKING),
            is_self=viewer.person_id == person_id,
        )
        found[person_id] = fuse(
            where,
            None if status is None else status.said,
            (claims or {}).get(person_id, ()),
            granted,
            now,
            radio,
            zone_is_counts_only=viewer.person_id != person_id and where is not None and where.zone_id in counts_only,
        )
    return found


def _shown(known: dict[int, Whereabouts], now: datetime) -> dict[int, Whereabouts]:
    """Those places that may be said now: of buildings that are open (P7), never excluded ones (P8)."""
    open_ids = {one.id for one in places.buildings() if places.opening(one).is_open(now)}
    floors = dict(db.session.execute(select(Floor.id, Floor.building_id)).all())
    refused = queries.excluded()

    def may(where: Whereabouts) -> bool:
        if where.state is State.AWAY:
            return False
        if where.floor_id is None:
            return bool(open_ids)
        is_refused = where.floor_id in refused.floor_ids or where.zone_id in refused.zone_ids
        return not is_refused and floors.get(where.floor_id) in open_ids

    return {person_id: where for person_id, where in known.items() if may(where)}
