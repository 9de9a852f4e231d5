"""Seats that are not as they are described: said in one tap, seen to by whoever looks after the zone."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, select

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.places import keepers, rules
from server.places import queries as places
from server.places.models import Seat, SeatReport, Zone
from server.places.rules import Equipment
from server.places.seats import NO_SEAT

OTHER = "other"
WHAT = (*(one.value for one in Equipment), OTHER)
LONGEST_NOTE = LONGEST_ANSWER = 200


@dataclass(frozen=True, slots=True)
class ReportView:
    """What somebody said of a seat, and what came of it; who said it is told to nobody here."""

    id: int
    seat_id: int
    seat_code: str
    zone_id: int
    zone_code: str
    what: str
    note: str
    reported_at: datetime
    owner_id: int | None  # None: facilities
    done_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is said to be wrong with a seat and waits for an answer; `what` is equipment or `OTHER`."""

    what: str
    note: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A report that was taken; `owner_id` None: facilities see to it."""

    id: int
    owner_id: int | None
    is_known: bool  # somebody has said the same already


def report(seat_id: int, what: str, note: str, person_id: int | None, day: date, now: datetime) -> Reported:
    """Somebody says that something of a seat is missing or broken; what is open already is not opened twice."""
    zone_id = db.session.scalar(select(Seat.zone_id).where(Seat.id == seat_id))
    floor = None if zone_id is None else places.floor_of_zone(zone_id)
    zone = None if floor is None else next(one for one in places.zones(floor.id, day) if one.id == zone_id)
    if floor is None or zone is None or floor.excluded or zone.excluded:
        raise Refused("no_seat", NO_SEAT, 404)
    if what not in WHAT:
        raise Refused("bad_equipment", "There is no equipment “%(what)s”.", 422, what=what[:40])
    text = rules.one_line(note, LONGEST_NOTE)
    known = db.session.execute(
        select(SeatReport.id, SeatReport.owner_id).where(
            SeatReport.seat_id == seat_id,
            SeatReport.what == what,
            SeatReport.note == text,
            SeatReport.done_at.is_(None),
        )
    ).first()
    if known is not None:
        return Reported(known[0], known[1], True)
    owner_id = keepers.keeper_of(zone, day)
    row = SeatReport(
        seat_id=seat_id, what=what, note=text, reported_by_id=person_id, reported_at=now, owner_id=owner_id
    )
    db.session.add(row)
    db.session.flush()  # gives the id
    changes.record(Thing.SEATS, floor.id, now)
    return Reported(row.id, owner_id, False)


def settle(report_id: int, answer: str, now: datetime) -> None:
    """It has been seen to; whoever said it reads the answer."""
    row = db.session.get(SeatReport, report_id)
    if row is None or row.done_at is not None:
        raise Refused("no_report", "This has been changed by somebody else meanwhile. Look again.")
    row.done_at, row.answer = now, rules.one_line(answer, LONGEST_ANSWER)
    floor = places.floor_of_zone(db.session.scalars(select(Seat.zone_id).where(Seat.id == row.seat_id)).one())
    if floor is not None:
        changes.record(Thing.SEATS, floor.id, now)


def one(report_id: int) -> ReportView | None:
    """One report."""
    return next(iter(_views(SeatReport.id == report_id)), None)


def open_in(zone_ids: Collection[int]) -> list[ReportView]:
    """What waits in these zones, the oldest first."""
    return _views(Seat.zone_id.in_(zone_ids), SeatReport.done_at.is_(None)) if zone_ids else []


def settled_in(zone_ids: Collection[int], since: datetime) -> list[ReportView]:
    """What has been seen to there since then, the latest first."""
    return _views(Seat.zone_id.in_(zone_ids), SeatReport.done_at >= since)[::-1] if zone_ids else []


def open_of_seats(seat_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """What is said to be wrong with these seats now; others are missing."""
    rows = _views(SeatReport.seat_id.in_(seat_ids), SeatReport.done_at.is_(None)) if seat_ids else []
    return {row.seat_id: frozenset(two.what for two in rows if two.seat_id == row.seat_id) for row in rows}


def problems(seat_ids: Collection[int]) -> dict[int, tuple[Problem, ...]]:
    """The same with what was added in words, the oldest first."""
    rows = _views(SeatReport.seat_id.in_(seat_ids), SeatReport.done_at.is_(None)) if seat_ids else []
    found: defaultdict[int, list[Problem]] = defaultdict(list)
    for row in rows:
        found[row.seat_id].append(Problem(row.what, row.note))
    return {seat_id: tuple(of_seat) for seat_id, of_seat in found.items()}


def by_person(person_id: int, since: datetime) -> list[ReportView]:
    """What somebody said themselves, the latest first; with the answers."""
    return _views(SeatReport.reported_by_id == person_id, SeatReport.reported_at >= since)[::-1]


def forget(before: datetime) -> int:
    """Delete reports that were seen to before then; returns how many."""
    over = delete(SeatReport).where(SeatReport.done_at < before).returning(SeatReport.id)
    return len(list(db.session.scalars(over)))


def _views(*conditions: ColumnElement[bool]) -> list[ReportView]:
    wanted = (
        select(
            SeatReport.id,
            SeatReport.seat_id,
            Seat.code,
            Zone.id,
            Zone.code,
            SeatReport.what,
            SeatReport.note,
            SeatReport.reported_at,
            SeatReport.owner_id,
            SeatReport.done_at,
            SeatReport.answer,
        )
        .join(Seat, Seat.id == SeatReport.seat_id)
        .join(Zone, Zone.id == Seat.zone_id)
        .where(*conditions)
        .order_by(SeatReport.reported_at, SeatReport.id)
    )
    return [ReportView(*row) for row in db.session.execute(wanted)]
