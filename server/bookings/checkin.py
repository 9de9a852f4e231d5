"""Coming without effort, not coming, and leaving early: what the background process makes of bookings near their time.

Only that somebody came is written down; when they came, left or were missed is not (P3).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, select

from server import changes, db
from server.bookings import news, own_choices, service
from server.bookings.models import Booking
from server.bookings.news import What
from server.bookings.queries import RulesOfDay
from server.bookings.rules import LONGEST, HouseRules, State
from server.changes import Thing
from server.people import queries as people
from server.places import queries as places
from server.places.models import Floor, Seat, Zone
from server.places.queries import ZoneView
from server.places.rules import SeatKind
from server.presence import queries as presence
from server.presence import rules as presence_rules
from server.presence.fusion import WELL, Radio
from server.presence.rules import Whereabouts

EARLY = timedelta(minutes=15)  # before its beginning a badge in the zone confirms a booking
BATCH = 100  # bookings in one transaction: others write in between


@dataclass(frozen=True, slots=True)
class Due:
    """A booking whose person has not come yet."""

    id: int
    person_id: int
    zone_id: int
    floor_id: int
    building_id: int
    kind: SeatKind
    starts_at: datetime
    is_warned: bool


def due(now: datetime, among: Collection[int] | None = None) -> list[Due]:
    """The bookings that nobody has come to, from a quarter of an hour before their time until their end."""
    these = () if among is None else (Booking.id.in_(among),)
    return _found(Booking.state == State.BOOKED.value, Booking.starts_at <= now + EARLY, *these, now=now)


def arrived(now: datetime, among: Collection[int] | None = None) -> list[int]:
    """Which bookings a badge says their person has come to: settled in the zone, heard just now.

    among   only of these
    """
    waiting = due(now, among)
    where = presence.whereabouts([one.person_id for one in waiting]) if waiting else {}
    there = [one for one in waiting if is_there(where.get(one.person_id), one, now)]
    if not there:
        return []
    ids = [one.person_id for one in there]
    said, choices = presence.statuses_at(now, ids), people.choices_of(ids)
    return [
        one.id
        for one in there
        if (one.person_id not in said or not said[one.person_id].said.is_elsewhere)
        and presence_rules.barred(choices.get(one.person_id), now) is None
    ]


def is_there(where: Whereabouts | None, of: Due, now: datetime) -> bool:
    """Whether a badge is settled in the booking's zone: not passing by, not gone quiet, not on the floor somewhere."""
    return (
        where is not None
        and where.state is presence_rules.State.PRESENT
        and where.zone_id == of.zone_id
        and where.heard_at is not None
        and where.heard_at >= of.starts_at - EARLY
        and now - where.heard_at < presence_rules.POLICY.silent_after
    )


def confirm(booking_ids: Sequence[int], now: datetime) -> int:
    """Confirm those that still wait, in the caller's transaction; returns how many."""
    rows = {row.id for row in _locked(booking_ids)}
    still = [i for i in arrived(now, rows) if i in rows] if rows else []  # their person may have moved them meanwhile
    for booking_id in still:
        service.confirm(booking_id, now)
    return len(still)


def missed(now: datetime, among: Collection[int] | None = None) -> tuple[list[int], list[int]]:
    """Which bookings to warn of, half of their grace being over, and which to release, all of it being over."""
    to_warn, to_release = [], []
    rules = _Rules()
    for one in due(now, among):
        grace = timedelta(minutes=rules.of(one).grace_min)
        if not grace or now < one.starts_at + grace / 2:
            continue
        if now >= one.starts_at + grace:
            to_release.append(one.id)
        elif not one.is_warned:
            to_warn.append(one.id)
    return to_warn, to_release


def warn(booking_ids: Sequence[int], now: datetime) -> int:
    """Tell people that their place will be free again soon, in the caller's transaction; returns how many."""
    rows = {row.id: row for row in _locked(booking_ids)}
    still = (
        [rows[i] for i in missed(now, rows)[0]] if rows else []
    )  # moved to later, or warned of by another, meanwhile
    for row in still:
        row.is_warned = True
        news.tell(What.WARNED, row.id, row.person_id, now)
    changes.record(Thing.BOOKING, sorted({row.person_id for row in still if row.person_id is not None}), now)
    return len(still)


def release(booking_ids: Sequence[int], now: datetime) -> int:
    """Nobody came to these: the places are free again, in the caller's transaction; returns how many."""
    rows = {row.id for row in _locked(booking_ids)}
    still = missed(now, rows)[1] if rows else []  # their person may have moved them to later meanwhile
    for booking_id in still:
        service.release(booking_id, now)
    return len(still)


class Leaving:
    """Who has gone early, for people who chose that their seat is given back then.

    Since when a badge has not been heard is known only to this object, in the memory of the background process; after a
    restart it begins anew. Without a badge, while hidden, or while the receivers are silent nothing is given back.
    """

    def __init__(self) -> None:
        self._heard_at: dict[int, datetime] = {}

    def gone(self, now: datetime, radio: Radio = WELL) -> list[int]:
        """The bookings to end, as it is now."""
        sitting = _sitting(now)
        where = presence.whereabouts([one.person_id for one in sitting]) if sitting else {}
        rules, gone, heard = _Rules(), [], {}
        for one in sitting:
            seen = where.get(one.person_id)
            if seen is None or radio.is_deaf_on(one.floor_id):
                continue
            heard[one.person_id] = since = self._last_heard(one.person_id, seen, now)
            if now - since >= timedelta(minutes=rules.of(one).away_release_min):
                gone.append(one.id)
        self._heard_at = heard
        return gone

    def _last_heard(self, person_id: int, seen: Whereabouts, now: datetime) -> datetime:
        if seen.state in (presence_rules.State.SILENT, presence_rules.State.AWAY):
            known = [at for at in (self._heard_at.get(person_id), seen.heard_at) if at is not None]
            return max(known, default=now)
        return now


def leave(booking_ids: Sequence[int], now: datetime) -> int:
    """End these, in the caller's transaction; returns how many."""
    rows = list(_locked(booking_ids, State.IN_USE))
    for row in rows:
        service.leave(row.id, now)
    return len(rows)


def _sitting(now: datetime) -> list[Due]:
    """The bookings of such people that they sit on."""
    ids = own_choices.leaving_by_themselves()
    if not ids:
        return []
    return _found(Booking.person_id.in_(ids), Booking.state == State.IN_USE.value, Booking.starts_at <= now, now=now)


def _found(*conditions: ColumnElement[bool], now: datetime) -> list[Due]:
    rows = db.session.execute(
        select(
            Booking.id,
            Booking.person_id,
            Seat.zone_id,
            Zone.floor_id,
            Floor.building_id,
            Seat.kind,
            Booking.starts_at,
            Booking.is_warned,
        )
        .join(Seat, Seat.id == Booking.seat_id)
        .join(Zone, Zone.id == Seat.zone_id)
        .join(Floor, Floor.id == Zone.floor_id)
        .where(*conditions, Booking.starts_at > now - LONGEST, Booking.ends_at > now)
        .order_by(Booking.id)
    )
    return [
        Due(i, person_id, zone_id, floor_id, building_id, SeatKind(kind), starts_at, is_warned)
        for i, person_id, zone_id, floor_id, building_id, kind, starts_at, is_warned in rows
        if person_id is not None
    ]


def _locked(booking_ids: Collection[int], state: State = State.BOOKED) -> Iterator[Booking]:
    """Those that are still so, each held until the transaction ends; whoever else holds one will see to it."""
    wanted = select(Booking).where(Booking.id.in_(sorted(booking_ids)), Booking.state == state.value)
    yield from db.session.scalars(wanted.order_by(Booking.id).with_for_update(skip_locked=True))


class _Rules:
    """House rules, read once a building and day, and zones once a floor."""

    def __init__(self) -> None:
        self._of_day: dict[tuple[int, date], RulesOfDay] = {}
        self._zones: dict[int, dict[int, ZoneView]] = {}
        self._clocks = {one.id: one.zone for one in places.buildings()}

    def of(self, one: Due) -> HouseRules:
        """What holds for a booking's place on its day."""
        day = one.starts_at.astimezone(self._clocks[one.building_id]).date()
        if (one.building_id, day) not in self._of_day:
            self._of_day[one.building_id, day] = RulesOfDay(one.building_id, day)
        if one.floor_id not in self._zones:
            self._zones[one.floor_id] = {zone.id: zone for zone in places.zones(one.floor_id)}
        return self._of_day[one.building_id, day].of(self._zones[one.floor_id][one.zone_id], one.kind)
