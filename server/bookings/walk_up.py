"""Sitting down without having booked: free seats from now on, of a zone or a floor, and who is asked where they sit."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from server.bookings import choice, own_choices, queries, service
from server.bookings.choice import Option
from server.bookings.queries import BookingView
from server.bookings.rules import QUARTER, How, begun_quarter, exclusive_group
from server.errors import Refused
from server.people import queries as people
from server.places import queries as places
from server.places.queries import FloorView, ZoneView
from server.places.rules import Opening, SeatKind
from server.presence import queries as presence
from server.presence import rules as presence_rules

WORK_ENDS = time(17, 15)
SHORTER = (timedelta(hours=4), timedelta(hours=2), timedelta(hours=1), QUARTER)  # where nothing is free for so long
LAST_SEATS = 3  # that "give me a seat" leaves out when there are others
SOON = timedelta(minutes=30)  # whoever has a booking so soon is not asked where they sit
MOST_BUTTONS = 8  # the other seats of a zone are in a list to choose from


@dataclass(frozen=True, slots=True)
class Free:
    """Seats that somebody could sit down at, all until the same time."""

    seats: tuple[Option, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Suggestion:
    """ "Sitting at …?": the zone that a badge has settled in, and all its free seats by code.

    Which of them is nearest nobody knows: no more than the zone is kept of where somebody is (P9).
    """

    floor: FloorView
    zone: ZoneView
    free: Free

    @property
    def buttons(self) -> tuple[Option, ...]:
        """The seats with a button of their own."""
        return self.free.seats[:MOST_BUTTONS]

    @property
    def others(self) -> tuple[Option, ...]:
        """The rest."""
        return self.free.seats[MOST_BUTTONS:]


Lot = Callable[[int, Sequence[Option], FloorView, datetime, datetime], Option | None]
_lot: list[Lot] = []


def by_lot(lot: Lot) -> Lot:
    """Whoever is given a seat gets it by this from now on: person, free seats, floor, until, now; for rooms above.

    It answers None where it does not know of such seats; then plain chance decides.
    """
    _lot.append(lot)
    return lot


def free_now(person_id: int, floor: FloorView, now: datetime, zone_id: int | None = None) -> Free:
    """The seats of a floor or a zone that somebody could have from now on, until the day's end or for less.

    Only seats for one: who wants a room, a booth or a table books it.
    """
    building = places.building_of(floor.id)
    if building is None:
        return Free((), now)
    opening, begun = places.opening(building), begun_quarter(now)
    longest = until(opening, now)
    for ends_at in [longest, *(begun + shorter for shorter in SHORTER if begun + shorter < longest)]:
        try:
            found = choice.options(person_id, floor, begun, ends_at, now)
        except Refused:
            continue
        seats = tuple(
            one
            for one in found
            if (zone_id is None or one.zone.id == zone_id)
            and one.seat.capacity == 1
            and exclusive_group(SeatKind(one.seat.kind)) == exclusive_group(SeatKind.GROUP)
        )
        if seats:
            return Free(seats, ends_at)
    return Free((), longest)


def free_until(person_id: int, seat_id: int, floor: FloorView, now: datetime) -> datetime | None:
    """Until when somebody could sit on one seat from now on; None: they cannot."""
    building = places.building_of(floor.id)
    if building is None:
        return None
    begun, longest = begun_quarter(now), until(places.opening(building), now)
    for ends_at in [longest, *(begun + shorter for shorter in SHORTER if begun + shorter < longest)]:
        try:
            if any(one.seat.id == seat_id for one in choice.options(person_id, floor, begun, ends_at, now)):
                return ends_at
        except Refused:
            continue
    return None


def until(opening: Opening, now: datetime) -> datetime:
    """How long somebody who sits down now may stay: the working day's end, after it the building's."""
    local = now.astimezone(opening.zone)
    work_ends = datetime.combine(local.date(), WORK_ENDS, opening.zone)
    if local + QUARTER <= work_ends:
        return work_ends
    end = begun_quarter(now).astimezone(opening.zone) + timedelta(hours=1)
    while end > begun_quarter(now) + QUARTER and not opening.is_open(end - QUARTER):
        end -= QUARTER
    return end


def give_a_seat(
    person_id: int, floor: FloorView, how: How, now: datetime, zone_id: int | None = None
) -> tuple[Option, datetime]:
    """Somebody gets a free seat by chance, none of their last when there is another; theirs from now on."""
    _refuse_second(person_id, now)
    free = free_now(person_id, floor, now, zone_id)
    if not free.seats:
        raise Refused("no_free_seat", "No seat is free for you here now.")
    own = [one for one in free.seats if not one.is_of_others] or list(free.seats)
    chosen = _lot[-1](person_id, own, floor, free.until, now) if _lot else None
    if chosen is None:
        building = places.building_of(floor.id)
        last = set() if building is None else {*queries.recent_seats(person_id, now, LAST_SEATS, building.zone)}
        chosen = random.SystemRandom().choice([one for one in own if one.seat.id not in last] or own)
    service.sit_down(person_id, chosen.seat.id, free.until, how, now)
    return chosen, free.until


def current(person_id: int, now: datetime, soon: timedelta = timedelta(0)) -> BookingView | None:
    """The desk somebody has now, or begins to have so soon."""
    return next((one for one in _desks(person_id, now, now + soon + timedelta(seconds=1))), None)


def sitting_at(person_id: int, now: datetime) -> Suggestion | None:
    """What to ask somebody whose badge has settled in a zone without a seat of theirs; never more than the zone (P9).

    None: nothing to ask, or they do not want to be asked.
    """
    where = presence.whereabouts([person_id]).get(person_id)
    if (
        where is None
        or where.state is not presence_rules.State.PRESENT
        or where.zone_id is None
        or where.floor_id is None
        or where.heard_at is None
        or now - where.heard_at >= presence_rules.POLICY.silent_after
        or not own_choices.of(person_id).is_asked
        or current(person_id, now, SOON) is not None
    ):
        return None
    status = presence.statuses_at(now, [person_id]).get(person_id)
    barred = presence_rules.barred(people.choices_of([person_id]).get(person_id), now)
    floor = places.floor(where.floor_id)
    if (status is not None and status.said.is_elsewhere) or barred is not None or floor is None or floor.excluded:
        return None
    free = free_now(person_id, floor, now, where.zone_id)
    if not free.seats:
        return None
    by_code = sorted(free.seats, key=lambda one: one.seat.code)
    return Suggestion(floor, by_code[0].zone, Free(tuple(by_code), free.until))


def _refuse_second(person_id: int, now: datetime) -> None:
    has = current(person_id, now)
    if has is not None:
        raise Refused("has_seat", "You have a seat already: %(seat)s.", seat=has.seat_code)


def _desks(person_id: int, starts_at: datetime, ends_at: datetime) -> list[BookingView]:
    group = exclusive_group(SeatKind.GROUP)
    return [
        one for one in queries.of_person(person_id, starts_at, ends_at) if exclusive_group(SeatKind(one.kind)) == group
    ]
