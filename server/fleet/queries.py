"""Reads of receivers, tags, surveys and counters; small frozen views."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from server import db
from server.fleet import rules
from server.fleet.models import Heartbeat, IngestCount, Receiver, SensorTicket, SurveySample, Tag, TagCarrier
from server.places.models import Floor, Zone


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """An agent at its place, and what it last said of itself."""

    id: int
    agent: str
    floor_id: int
    floor_code: str
    x_m: float
    y_m: float
    z_m: float
    active: bool
    state: str
    adapter: str
    boot: str
    software: str
    pps: float | None
    ref_pps: float | None
    queue: int
    dropped: int
    strangers: int
    clock_error_ms: int | None
    status_at: datetime | None
    heard_at: datetime | None

    def health(self, now: datetime) -> rules.Health:
        """How it is doing."""
        return rules.health(
            rules.Report(self.state, self.adapter, self.heard_at, self.ref_pps, self.clock_error_ms), now
        )


@dataclass(frozen=True, slots=True)
class TicketView:
    """A place where people were shown who were not there; nobody is named (P19)."""

    id: int
    floor_code: str
    zone_name: str  # "" when only the floor was shown
    zone_name_en: str
    day: date  # of the last time
    count: int


@dataclass(frozen=True, slots=True)
class LevelView:
    """What was learned of a tag's level, dB against the survey's tag."""

    offset_db: float
    sd_db: float
    n: int


@dataclass(frozen=True, slots=True)
class SampleView:
    """One receiver's mean at one survey point."""

    point: str
    x_m: float
    y_m: float
    agent: str
    mean_dbm: float
    var_db2: float
    n: int


@dataclass(frozen=True, slots=True)
class CountView:
    """How often something was met."""

    kind: str
    agent: str
    count: int  # since the database was made
    last_at: datetime
    day: date
    today: int  # on `day`

    def on(self, day: date) -> int:
        """How often on that day; 0 unless it is the last day it was met."""
        return self.today if self.day == day else 0


def receivers(building_id: int | None = None) -> list[ReceiverView]:
    """The receivers of a building (None: of all), by floor from the top and name."""
    columns = [getattr(Receiver, name) for name in _RECEIVER_COLUMNS]
    wanted = select(Floor.code, *columns).join(Floor, Floor.id == Receiver.floor_id)
    if building_id is not None:
        wanted = wanted.where(Floor.building_id == building_id)
    return [
        ReceiverView(row[1], row[2], row[3], row[0], *row[4:])
        for row in db.session.execute(wanted.order_by(Floor.level.desc(), Receiver.agent))
    ]


_RECEIVER_COLUMNS = (
    "id", "agent", "floor_id", "x_m", "y_m", "z_m", "active", "state", "adapter", "boot", "software", "pps",
    "ref_pps", "queue", "dropped", "strangers", "clock_error_ms", "status_at", "heard_at",
)  # fmt: skip


def clock_errors_ms(building_id: int) -> dict[str, int]:
    """How far ahead each receiver's clock was found to be last, where that is known."""
    return {one.agent: one.clock_error_ms for one in receivers(building_id) if one.clock_error_ms is not None}


def carriers(now: datetime) -> dict[str, int]:
    """Who carries which tag now: wire id → person id."""
    rows = db.session.execute(
        select(Tag.wire_id, TagCarrier.person_id)
        .join(TagCarrier, TagCarrier.tag_id == Tag.id)
        .where(
            Tag.active,
            TagCarrier.valid_from <= now,
            or_(TagCarrier.valid_to.is_(None), TagCarrier.valid_to > now),
        )
    )
    return dict(rows.all())


def levels() -> dict[str, LevelView]:
    """The learned level of every tag that has one."""
    rows = db.session.execute(
        select(Tag.wire_id, Tag.level_db, Tag.level_sd_db, Tag.level_n).where(Tag.level_at.is_not(None))
    )
    return {wire_id: LevelView(offset, sd, n) for wire_id, offset, sd, n in rows}


def surveys() -> dict[int, list[SampleView]]:
    """Every survey sample by floor id."""
    rows = db.session.execute(
        select(
            SurveySample.floor_id,
            SurveySample.point,
            SurveySample.x_m,
            SurveySample.y_m,
            Receiver.agent,
            SurveySample.mean_dbm,
            SurveySample.var_db2,
            SurveySample.n,
        )
        .join(Receiver, Receiver.id == SurveySample.receiver_id)
        .order_by(SurveySample.floor_id, SurveySample.point, Receiver.agent)
    )
    found: defaultdict[int, list[SampleView]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(SampleView(*row[1:]))
    return dict(found)


def counts() -> list[CountView]:
    """What ingest met, most frequent first."""
    rows = db.session.execute(
        select(
            IngestCount.kind,
            IngestCount.agent,
            IngestCount.count,
            IngestCount.last_at,
            IngestCount.day,
            IngestCount.today,
        ).order_by(IngestCount.count.desc(), IngestCount.kind, IngestCount.agent)
    )
    return [CountView(*row) for row in rows]


def met(day: date) -> list[rules.Met]:
    """What ingest met by kind, with how often on that day of the building and whom last."""
    by_kind: defaultdict[str, list[CountView]] = defaultdict(list)
    for count in counts():
        by_kind[count.kind].append(count)
    found = []
    for kind, lines in sorted(by_kind.items()):
        last = max(lines, key=lambda line: line.last_at)
        total, today = sum(line.count for line in lines), sum(line.on(day) for line in lines)
        found.append(rules.Met(kind, total, today, last.last_at, last.agent))
    return found


def beat(process: str = "background") -> rules.Beat | None:
    """The last sign of life of a process."""
    row = db.session.execute(
        select(
            Heartbeat.at,
            Heartbeat.broker_connected,
            Heartbeat.inbox,
            Heartbeat.tags,
            Heartbeat.step_ms,
            Heartbeat.broker_since,
        ).where(Heartbeat.process == process)
    ).first()
    return None if row is None else rules.Beat(*row)


def stale_reasons(now: datetime, building_id: int | None = None) -> tuple[str, ...]:
    """Why places may be old; see `rules.stale_reasons`."""
    by_floor: defaultdict[str, list[rules.Health]] = defaultdict(list)
    for receiver in receivers(building_id):
        if receiver.active:
            by_floor[receiver.floor_code].append(receiver.health(now))
    return rules.stale_reasons(beat(), by_floor.items(), now)


def open_tickets(building_id: int) -> list[TicketView]:
    """The places that somebody should look at, the most often denied first (P19)."""
    rows = db.session.execute(
        select(SensorTicket.id, Floor.code, Zone.name, Zone.name_en, SensorTicket.day, SensorTicket.count)
        .join(Floor, Floor.id == SensorTicket.floor_id)
        .outerjoin(Zone, Zone.id == SensorTicket.zone_id)
        .where(Floor.building_id == building_id, SensorTicket.closed_on.is_(None))
        .order_by(SensorTicket.count.desc(), SensorTicket.id)
    )
    return [TicketView(i, code, name or "", name_en or "", day, n) for i, code, name, name_en, day, n in rows]
