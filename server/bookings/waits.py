"""Waiting for a place: whoever asked first is offered what becomes free, for a while; an offer holds the place."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import delete, func, or_, select

from server import changes, db
from server.bookings import choice, facts, news, queries, service
from server.bookings.choice import Option
from server.bookings.models import Booking, Wait
from server.bookings.news import What
from server.bookings.rules import DESK, How, State, WaitState, Wish, begun_quarter, check_term, exclusive_group
from server.changes import Thing
from server.errors import Refused
from server.places import queries as places
from server.places.queries import FloorView, SeatView
from server.places.rules import Opening, SeatKind, check_equipment, check_kind

OFFER = timedelta(minutes=15)  # how long an offer lasts in working hours
WORK_STARTS, WORK_ENDS = time(8, 30), time(17, 15)
MOST = 10  # that one person waits for
OPEN = (WaitState.WAITING.value, WaitState.OFFERED.value)
GONE = "You do not wait for this any more."


@dataclass(frozen=True, slots=True)
class WaitView:
    """What somebody waits for, and what they are offered now."""

    id: int
    person_id: int
    floor_id: int
    zone_id: int | None
    kind: str
    equipment: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    state: WaitState
    booking_id: int | None
    seat_code: str = ""
    offered_until: datetime | None = None


def ask(
    person_id: int,
    floor: FloorView,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    *,
    zone_id: int | None = None,
    kind: str = "",
    equipment: Collection[str] = (),
) -> int:
    """Somebody waits for such a place; it is offered at once when there is one. Returns the wait's id."""
    building = places.building_of(floor.id)
    if building is None or floor.excluded:
        raise Refused("no_floor", "There is no such floor.", 404)
    check_term(starts_at, ends_at, now, places.opening(building))
    check_equipment(equipment)
    if kind:
        check_kind(kind)
    if zone_id is not None and zone_id not in {zone.id for zone in places.zones(floor.id) if not zone.excluded}:
        raise Refused("no_zone", "There is no such zone.", 404)
    facts.one_at_a_time(person_id)
    mine = of_person(person_id, now)
    if any((one.floor_id, one.zone_id, one.kind, one.starts_at, one.ends_at)
           == (floor.id, zone_id, kind, starts_at, ends_at) for one in mine):  # fmt: skip
        raise Refused("waiting_already", "You wait for this already.")
    if len(mine) >= MOST:
        raise Refused("too_many_waits", "You can wait for %(n)s places at most.", n=MOST)
    if _has_place(person_id, kind, starts_at, ends_at):
        raise Refused("overlap", service.OVERLAP)
    in_the_way = choice.why_none(person_id, floor, starts_at, ends_at, now, _suits(zone_id, kind, equipment))
    if in_the_way:  # places are free, and waiting would bring none
        raise in_the_way[0]
    row = Wait(
        person_id=person_id,
        floor_id=floor.id,
        zone_id=zone_id,
        kind=kind,
        equipment=" ".join(sorted(equipment)),
        starts_at=starts_at,
        ends_at=ends_at,
        asked_at=now,
    )
    db.session.add(row)
    db.session.flush()
    changes.record(Thing.BOOKING, person_id, now)
    serve(floor.id, starts_at, ends_at, now)
    return row.id


def of_person(person_id: int, now: datetime) -> list[WaitView]:
    """What somebody waits for or is offered, the earliest first."""
    rows = db.session.scalars(
        select(Wait)
        .where(Wait.person_id == person_id, Wait.state.in_(OPEN), Wait.ends_at > now)
        .order_by(Wait.starts_at, Wait.id)
    )
    found = []
    for row in rows:
        offer = queries.booking(row.booking_id) if row.booking_id is not None else None
        until = None if offer is None else db.session.scalar(
            select(Booking.offered_until).where(Booking.id == offer.id)
        )  # fmt: skip
        is_offered = offer is not None and offer.state is State.OFFERED and until is not None and until > now
        found.append(
            WaitView(
                row.id, row.person_id, row.floor_id, row.zone_id, row.kind, tuple(row.equipment.split()),
                row.starts_at, row.ends_at, WaitState.OFFERED if is_offered else WaitState.WAITING,
                offer.id if offer is not None and is_offered else None,
                offer.seat_code if offer is not None and is_offered else "", until if is_offered else None,
            )
        )  # fmt: skip
    return found


def n_offered(person_id: int, now: datetime) -> int:
    """How many places are kept for somebody who waited, until they answer."""
    wanted = (
        select(func.count())
        .select_from(Wait)
        .join(Booking, Booking.id == Wait.booking_id)
        .where(
            Wait.person_id == person_id,
            Wait.state == WaitState.OFFERED.value,
            Booking.state == State.OFFERED.value,
            Booking.offered_until > now,
        )
    )
    return db.session.scalar(wanted) or 0


def accept(wait_id: int, person_id: int, now: datetime) -> int:
    """The person takes what is offered; returns the booking's id."""
    wait = _own(wait_id, person_id)
    row = _offer_of(wait)
    if row is None or row.offered_until is None or row.offered_until <= now:
        raise Refused("offer_over", "This offer is over.")
    row.state, row.offered_until = State.BOOKED.value, None
    wait.state = WaitState.TAKEN.value
    db.session.flush()
    changes.record_all([(Thing.SLOTS, wait.floor_id), (Thing.BOOKING, person_id)], now)
    news.tell(What.MADE, row.id, person_id, now)
    return row.id


def give_up(wait_id: int, person_id: int, now: datetime) -> None:
    """The person waits no longer; what was offered goes to the next one."""
    wait = _own(wait_id, person_id)
    row = _offer_of(wait)
    wait.state, wait.booking_id = WaitState.OVER.value, None
    db.session.flush()
    changes.record(Thing.BOOKING, person_id, now)
    if row is not None:
        service.cancel(row.id, now)


@service.when_free
def serve(floor_id: int, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Offer what is free on a floor in that time to those who wait for it, who asked first first."""
    waiting = db.session.scalars(
        select(Wait)
        .where(
            Wait.floor_id == floor_id,
            Wait.state == WaitState.WAITING.value,
            Wait.starts_at < ends_at,
            Wait.ends_at > starts_at,
        )
        .order_by(Wait.asked_at, Wait.id)
        .with_for_update(skip_locked=True)
    ).all()
    for wait in waiting:
        if _is_over(wait, now):
            wait.state = WaitState.OVER.value
        elif _has_place(wait.person_id, wait.kind, wait.starts_at, wait.ends_at):
            wait.state = WaitState.OVER.value  # they have found one by themselves
        else:
            _offer(wait, now)
    db.session.flush()


def waiting_for(now: datetime) -> list[tuple[int, datetime, datetime]]:
    """Floors and times that somebody waits for."""
    wanted = select(Wait.floor_id, Wait.starts_at, Wait.ends_at).where(Wait.state == WaitState.WAITING.value).distinct()
    return [(floor_id, starts_at, ends_at) for floor_id, starts_at, ends_at in db.session.execute(wanted)]


def expired(now: datetime) -> list[int]:
    """Waits whose offer is over, or was given back, without an answer."""
    wanted = (
        select(Wait.id)
        .outerjoin(Booking, Booking.id == Wait.booking_id)
        .where(
            Wait.state == WaitState.OFFERED.value,
            Booking.id.is_(None) | (Booking.state != State.OFFERED.value) | (Booking.offered_until <= now),
        )
        .order_by(Wait.id)
    )
    return list(db.session.scalars(wanted))


def expire(wait_ids: Collection[int], now: datetime) -> int:
    """Who has not answered has given up; the place goes to the next one. In the caller's transaction; how many."""
    rows = db.session.scalars(
        select(Wait)
        .where(Wait.id.in_(wait_ids), Wait.state == WaitState.OFFERED.value)
        .order_by(Wait.id)
        .with_for_update(skip_locked=True)
    ).all()
    for wait in rows:
        row = _offer_of(wait)
        if row is not None and row.offered_until is not None and row.offered_until > now:
            continue
        wait.state, wait.booking_id = WaitState.OVER.value, None
        db.session.flush()
        changes.record(Thing.BOOKING, wait.person_id, now)
        if row is not None:
            service.cancel(row.id, now)
    return len(rows)


def forget(now: datetime) -> int:
    """Delete waits that were answered, given up, or whose time has passed (P10); returns how many."""
    over = or_(Wait.ends_at < now, Wait.state.in_([WaitState.TAKEN.value, WaitState.OVER.value]))
    return len(list(db.session.scalars(delete(Wait).where(over).returning(Wait.id))))


def offered_until(now: datetime, starts_at: datetime, ends_at: datetime, opening: Opening) -> datetime:
    """How long an offer lasts: a quarter of an hour in working hours, else until the next working morning."""
    local = now.astimezone(opening.zone)
    is_working = opening.is_open_on(local.date()) and WORK_STARTS <= local.time() < WORK_ENDS
    if is_working or starts_at <= now:
        return min(now + OFFER, ends_at)
    day = local.date() if local.time() < WORK_STARTS else local.date() + timedelta(days=1)
    while not opening.is_open_on(day) and day < starts_at.astimezone(opening.zone).date():
        day += timedelta(days=1)
    morning = datetime.combine(day, WORK_STARTS, opening.zone) + OFFER
    return max(now + OFFER, min(morning, starts_at + OFFER))


def _offer(wait: Wait, now: datetime) -> None:
    floor = places.floor(wait.floor_id)
    building = None if floor is None else places.building_of(floor.id)
    if floor is None or building is None:
        return
    starts_at = max(wait.starts_at, begun_quarter(now))
    until = offered_until(now, starts_at, wait.ends_at, places.opening(building))
    for one in _options(wait, floor, starts_at, now):
        try:
            with db.session.begin_nested():
                wish = Wish(one.seat.id, starts_at, wait.ends_at, How.OFFER)
                made = service.book(wait.person_id, wish, now, state=State.OFFERED.value, offered_until=until)
        except Refused:
            continue
        wait.state, wait.booking_id = WaitState.OFFERED.value, made.id
        return


def _options(wait: Wait, floor: FloorView, starts_at: datetime, now: datetime) -> list[Option]:
    try:
        found = choice.options(wait.person_id, floor, starts_at, wait.ends_at, now)
    except Refused:
        return []
    suits = _suits(wait.zone_id, wait.kind, wait.equipment.split())
    return [one for one in found if suits(one.seat)]


def _suits(zone_id: int | None, kind: str, equipment: Collection[str]) -> Callable[[SeatView], bool]:
    """Which places somebody waits for."""
    return lambda seat: (
        (zone_id is None or seat.zone_id == zone_id)
        and (seat.kind == kind if kind else exclusive_group(SeatKind(seat.kind)) == DESK)
        and set(equipment) <= set(seat.equipment)
    )


def _has_place(person_id: int, kind: str, starts_at: datetime, ends_at: datetime) -> bool:
    group = exclusive_group(SeatKind(kind) if kind else SeatKind.GROUP)
    return any(exclusive_group(SeatKind(one.kind)) == group for one in queries.of_person(person_id, starts_at, ends_at))


def _is_over(wait: Wait, now: datetime) -> bool:
    return wait.ends_at <= begun_quarter(now) + timedelta(minutes=15)


def _own(wait_id: int, person_id: int) -> Wait:
    row = db.session.scalars(
        select(Wait).where(Wait.id == wait_id, Wait.person_id == person_id, Wait.state.in_(OPEN)).with_for_update()
    ).first()
    if row is None:
        raise Refused("no_wait", GONE, 404)
    return row


def _offer_of(wait: Wait) -> Booking | None:
    if wait.booking_id is None:
        return None
    wanted = select(Booking).where(Booking.id == wait.booking_id, Booking.state == State.OFFERED.value)
    return db.session.scalars(wanted.with_for_update()).first()
