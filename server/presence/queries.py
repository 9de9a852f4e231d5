"""Reads of the whereabouts and of who looked; the only door to these tables besides `service`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from server import db
from server.people.queries import CHUNK
from server.places import queries as places
from server.places.models import Floor, Zone
from server.presence import models
from server.presence.fusion import Said
from server.presence.rules import State, StatusKind, Whereabouts

_COLUMNS = (
    models.Whereabouts.person_id,
    models.Whereabouts.state,
    models.Whereabouts.floor_id,
    models.Whereabouts.zone_id,
    models.Whereabouts.confidence,
    models.Whereabouts.heard_at,
    models.Whereabouts.source,
)


@dataclass(frozen=True, slots=True)
class LookUpView:
    """One look-up as the person looked up reads it."""

    at: datetime
    viewer_account_id: int | None  # None once the account is gone
    viewer_name: str
    screen: str


@dataclass(frozen=True, slots=True)
class StatusView:
    """What a person says of their own day, for a period."""

    kind: StatusKind
    starts_at: datetime
    ends_at: datetime
    note: str
    set_at: datetime

    @property
    def said(self) -> Said:
        """As the rule of "where now" takes it."""
        return Said(self.kind, self.ends_at, self.note, max(self.set_at, self.starts_at))


@dataclass(frozen=True, slots=True)
class Excluded:
    """Floors and zones where nobody's presence may be kept (P8)."""

    floor_ids: frozenset[int]
    zone_ids: frozenset[int]


def whereabouts(person_ids: Collection[int] | None = None) -> dict[int, Whereabouts]:
    """What is known of these people (None: of everyone); nobody's row means nothing is known."""
    return _by_person(_rows_for(select(*_COLUMNS), models.Whereabouts.person_id, person_ids))


def on_floor(floor_id: int) -> dict[int, Whereabouts]:
    """Everyone whose last place is on this floor."""
    return _by_person(db.session.execute(select(*_COLUMNS).where(models.Whereabouts.floor_id == floor_id)))


def statuses_at(now: datetime, person_ids: Collection[int] | None = None) -> dict[int, StatusView]:
    """The status that holds now of these people (None: of everyone); where two overlap, the one said last."""
    table = models.Status
    wanted = select(table.person_id, table.kind, table.starts_at, table.ends_at, table.note, table.set_at).where(
        table.starts_at <= now, table.ends_at > now
    )
    found: dict[int, StatusView] = {}
    for person_id, kind, *rest in _rows_for(wanted, table.person_id, person_ids):
        status = StatusView(StatusKind(kind), *rest)
        if person_id not in found or (found[person_id].set_at, found[person_id].starts_at) < (
            status.set_at,
            status.starts_at,
        ):
            found[person_id] = status
    return found


def statuses_of(person_id: int, now: datetime) -> list[StatusView]:
    """What a person says of now and of the time ahead, in order; for the person."""
    table = models.Status
    rows = db.session.execute(
        select(table.kind, table.starts_at, table.ends_at, table.note, table.set_at)
        .where(table.person_id == person_id, table.ends_at > now)
        .order_by(table.starts_at)
    )
    return [StatusView(StatusKind(row[0]), row[1], row[2], row[3], row[4]) for row in rows]


def status_turns(after: datetime, until: datetime) -> frozenset[int]:
    """Whose status begins or ends after `after` and not after `until`."""
    table = models.Status
    begins = (table.starts_at > after) & (table.starts_at <= until)
    ends = (table.ends_at > after) & (table.ends_at <= until)
    return frozenset(db.session.scalars(select(table.person_id).where(begins | ends)))


def excluded() -> Excluded:
    """Every place that refuses presence."""
    floors = db.session.scalars(select(Floor.id).where(Floor.excluded))
    zones = db.session.scalars(select(Zone.id).where(Zone.excluded))
    return Excluded(frozenset(floors), frozenset(zones))


def is_shown(where: Whereabouts | None, now: datetime) -> bool:
    """Whether the place may be said now: only while its building is open (P7), and never of an excluded one (P8)."""
    if where is None or where.state is State.AWAY:
        return False
    if where.floor_id is None:
        return any(places.opening(building).is_open(now) for building in places.buildings())
    refused = excluded()
    if where.floor_id in refused.floor_ids or where.zone_id in refused.zone_ids:
        return False
    building = places.building_of(where.floor_id)
    return building is not None and places.opening(building).is_open(now)


def is_counts_only(zone_id: int | None) -> bool:
    """Whether the zone shows numbers and never a name."""
    return zone_id is not None and bool(db.session.scalar(select(Zone.counts_only).where(Zone.id == zone_id)))


def look_ups_of(person_id: int, since: datetime) -> list[LookUpView]:
    """Who looked this person up since then, newest first (P11)."""
    rows = db.session.execute(
        select(models.LookUp.at, models.LookUp.viewer_account_id, models.LookUp.viewer_name, models.LookUp.screen)
        .where(models.LookUp.subject_id == person_id, models.LookUp.at >= since)
        .order_by(models.LookUp.at.desc(), models.LookUp.id.desc())
    )
    return [LookUpView(*row) for row in rows]


def has_looked_up(account_id: int, subject_id: int, screen: str, since: datetime) -> bool:
    """Whether this account opened this person on this screen since then."""
    wanted = select(models.LookUp.id).where(
        models.LookUp.viewer_account_id == account_id,
        models.LookUp.subject_id == subject_id,
        models.LookUp.screen == screen,
        models.LookUp.at >= since,
    )
    return db.session.scalar(wanted.limit(1)) is not None


def looked_up(account_id: int, screen: str, since: datetime) -> frozenset[int]:
    """Whom this account opened on this screen since then."""
    wanted = select(models.LookUp.subject_id).where(
        models.LookUp.viewer_account_id == account_id, models.LookUp.screen == screen, models.LookUp.at >= since
    )
    return frozenset(db.session.scalars(wanted))


def look_up_times(account_id: int, since: datetime, n: int, subject_id: int | None = None) -> list[datetime]:
    """When this account last looked for somebody (None: for anybody) after then, newest first, `n` at most."""
    wanted = select(models.LookUp.at).where(models.LookUp.viewer_account_id == account_id, models.LookUp.at > since)
    if subject_id is not None:
        wanted = wanted.where(models.LookUp.subject_id == subject_id)
    return list(db.session.scalars(wanted.order_by(models.LookUp.at.desc()).limit(n)))


def times_of_others_looked_up(account_id: int, since: datetime, person_id: int) -> list[datetime]:
    """When this account last looked for each other person than this one after then, newest first."""
    last = func.max(models.LookUp.at).label("last")
    rows = db.session.execute(
        select(models.LookUp.subject_id, last)
        .where(
            models.LookUp.viewer_account_id == account_id,
            models.LookUp.at > since,
            models.LookUp.subject_id != person_id,
        )
        .group_by(models.LookUp.subject_id)
        .order_by(last.desc())
    )
    return [at for _subject_id, at in rows]


def map_views(first_day: date, last_day: date) -> dict[int, int]:
    """How often each floor's map was opened from the first day to the last, both included."""
    rows = db.session.execute(
        select(models.MapView.floor_id, func.sum(models.MapView.count))
        .where(models.MapView.day.between(first_day, last_day))
        .group_by(models.MapView.floor_id)
    )
    return {floor_id: int(count) for floor_id, count in rows}


def _by_person(rows: Iterable[Any]) -> dict[int, Whereabouts]:
    return {
        person_id: Whereabouts(State(state), floor_id, zone_id, confidence, heard_at, source)
        for person_id, state, floor_id, zone_id, confidence, heard_at, source in rows
    }


def _rows_for(wanted: Any, column: Any, person_ids: Collection[int] | None) -> Iterable[Any]:
    if person_ids is None:
        return db.session.execute(wanted).all()
    ids = sorted(set(person_ids))
    return [
        row
        for start in range(0, len(ids), CHUNK)
        for row in db.session.execute(wanted.where(column.in_(ids[start : start + CHUNK])))
    ]
