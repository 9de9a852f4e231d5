"""Adds receivers and badges, hands badges over, writes down what receivers and ingest report; the caller commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, select, update

from edge_agent import wire
from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.fleet.models import Heartbeat, IngestCount, Receiver, SensorTicket, SurveySample, Tag, TagCarrier
from server.fleet.queries import LevelView, SampleView


def add_receiver(agent: str, floor_id: int, x_m: float, y_m: float, z_m: float = 2.4) -> int:
    """A receiver at its place, or Refused when its name cannot travel. Returns its id."""
    if not wire.NAME.fullmatch(agent):
        raise Refused("bad_receiver", "A receiver's name is 1 to 32 letters, digits, hyphens or underscores.", 422)
    row = Receiver(agent=agent, floor_id=floor_id, x_m=x_m, y_m=y_m, z_m=z_m)
    db.session.add(row)
    db.session.flush()  # the caller needs the key
    return row.id


def set_in_use(agent: str, active: bool, now: datetime) -> bool:
    """Put a receiver in or out of use; ingest builds its map anew. False when no receiver has this name."""
    floor_id = db.session.execute(
        update(Receiver).where(Receiver.agent == agent).values(active=active).returning(Receiver.floor_id)
    ).scalar()
    if floor_id is None:
        return False
    changes.record(Thing.FLOOR, floor_id, now)
    return True


def add_tag(wire_id: str, kind: str = "badge") -> int:
    """A tag by its id on the wire, or Refused when that cannot travel. Returns its id."""
    if not wire.TAG.fullmatch(wire_id):
        raise Refused("bad_tag", "A tag's id is 1 to 64 letters, digits, dots, colons, hyphens or underscores.", 422)
    row = Tag(wire_id=wire_id, kind=kind)
    db.session.add(row)
    db.session.flush()  # the caller needs the key
    return row.id


def hand_over_tag(tag_id: int, person_id: int | None, at: datetime) -> None:
    """From `at` on the tag is carried by this person (None: by nobody); who had it, or another, gives it back."""
    ending = update(TagCarrier).where(TagCarrier.valid_to.is_(None), TagCarrier.valid_from < at).values(valid_to=at)
    db.session.execute(ending.where(TagCarrier.tag_id == tag_id))
    if person_id is not None:
        db.session.execute(ending.where(TagCarrier.person_id == person_id))
        db.session.execute(insert(TagCarrier).values(tag_id=tag_id, person_id=person_id, valid_from=at))
        changes.record(Thing.CHOICES, person_id, at)


def forget_carriers(person_ids: Collection[int], now: datetime) -> int:
    """Nobody carries these people's tags any more, and who carried them is forgotten; returns how many rows."""
    forgotten = delete(TagCarrier).where(TagCarrier.person_id.in_(person_ids)).returning(TagCarrier.person_id)
    ids = list(db.session.scalars(forgotten))
    changes.record(Thing.CHOICES, sorted(set(ids)), now)
    return len(ids)


def add_survey(floor_id: int, samples: Sequence[SampleView]) -> None:
    """Replace a floor's survey; every agent named must be a receiver we know."""
    ids = dict(db.session.execute(select(Receiver.agent, Receiver.id)).all())
    unknown = sorted({sample.agent for sample in samples} - ids.keys())
    if unknown:
        raise Refused("bad_survey", "The survey names an unknown receiver: %(agent)s.", 422, agent=unknown[0])
    db.session.execute(delete(SurveySample).where(SurveySample.floor_id == floor_id))
    if samples:
        rows = [
            {
                "floor_id": floor_id,
                "point": sample.point,
                "x_m": sample.x_m,
                "y_m": sample.y_m,
                "receiver_id": ids[sample.agent],
                "mean_dbm": sample.mean_dbm,
                "var_db2": sample.var_db2,
                "n": sample.n,
            }
            for sample in samples
        ]
        db.session.execute(insert(SurveySample), rows)


def raise_ticket(floor_id: int, zone_id: int | None, day: date) -> None:
    """Somebody was shown here and was not; counts on while a ticket of the same place is open (P19)."""
    is_open = (SensorTicket.floor_id == floor_id) & SensorTicket.closed_on.is_(None)
    of_zone = SensorTicket.zone_id.is_(None) if zone_id is None else SensorTicket.zone_id == zone_id
    counted = update(SensorTicket).where(is_open, of_zone).values(count=SensorTicket.count + 1, day=day)
    if db.session.execute(counted.returning(SensorTicket.id)).first() is None:
        db.session.execute(insert(SensorTicket).values(floor_id=floor_id, zone_id=zone_id, day=day))


def close_ticket(ticket_id: int, name: str, day: date) -> None:
    """Somebody has looked after the receivers there; Refused when the ticket is not open."""
    closed = (
        update(SensorTicket)
        .where(SensorTicket.id == ticket_id, SensorTicket.closed_on.is_(None))
        .values(closed_on=day, closed_by_name=name)
        .returning(SensorTicket.id)
    )
    if db.session.execute(closed).first() is None:
        raise Refused("no_ticket", "There is no such ticket, or somebody has closed it.", 404)


def record_status(status: wire.Status, clock_error_ms: int | None, now: datetime) -> bool:
    """Keep what an agent says of itself; False when no receiver has its name.

    clock_error_ms   how far its clock is off, as seen here; None keeps what the agent itself says
    """
    online = status.state == "online"
    values: dict[str, object] = {"state": status.state, "status_at": now}
    if online:
        values |= {
            "adapter": status.adapter,
            "boot": status.boot,
            "software": status.software,
            "pps": status.pps,
            "ref_pps": status.ref_pps,
            "queue": status.queue,
            "dropped": status.dropped,
            "strangers": status.strangers,
            "clock_error_ms": status.clock_error_ms if clock_error_ms is None else clock_error_ms,
        }
    written = update(Receiver).where(Receiver.agent == status.agent).values(**values).returning(Receiver.id)
    return db.session.execute(written).scalar() is not None


def record_heard(heard_at: Mapping[str, datetime]) -> None:
    """When each agent's last sightings came."""
    if heard_at:
        table: Any = Receiver.__table__
        statement = (
            update(table).where(table.c.agent == bindparam("name")).values(heard_at=bindparam("seen"), state="online")
        )
        db.session.execute(statement, [{"name": agent, "seen": at} for agent, at in sorted(heard_at.items())])


def add_counts(counted: Mapping[tuple[str, str], int], now: datetime, day: date) -> None:
    """Add to the counters: (kind, agent) → how many more; agent "" when it is nobody's; `day` is the building's."""
    if not counted:
        return
    statement = db.upsert(IngestCount)
    new = statement.excluded
    today = case((IngestCount.day == new.day, IngestCount.today + new.today), else_=new.today)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "agent"],
            set_={"count": IngestCount.count + new.count, "today": today, "day": new.day, "last_at": new.last_at},
        ),
        [
            {"kind": kind, "agent": agent, "count": n, "today": n, "day": day, "last_at": now}
            for (kind, agent), n in sorted(counted.items())
        ],
    )


def save_levels(levels: Mapping[str, LevelView], now: datetime) -> None:
    """What positioning has learned of the tags' levels."""
    if levels:
        table: Any = Tag.__table__
        statement = (
            update(table)
            .where(table.c.wire_id == bindparam("wire"))
            .values(level_db=bindparam("db"), level_sd_db=bindparam("sd"), level_n=bindparam("count"), level_at=now)
        )
        rows = [
            {"wire": wire_id, "db": level.offset_db, "sd": level.sd_db, "count": level.n}
            for wire_id, level in sorted(levels.items())
        ]
        db.session.execute(statement, rows)


def record_beat(
    process: str,
    now: datetime,
    *,
    broker_connected: bool,
    broker_since: datetime | None,
    inbox: int,
    tags: int,
    step_ms: float,
) -> None:
    """A sign of life, overwriting the last one."""
    values = {
        "at": now,
        "broker_connected": broker_connected,
        "broker_since": broker_since,
        "inbox": inbox,
        "tags": tags,
        "step_ms": step_ms,
    }
    statement = db.upsert(Heartbeat).values(process=process, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["process"], set_=values))
