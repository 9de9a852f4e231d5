"""What pages and the API of "find me a seat" share: when, who asks, the search, and taking what it found."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import cast

from flask import current_app

from server import db
from server.bookings import barred, rules, service
from server.bookings.api import memory
from server.bookings.floor_days import FloorDay
from server.bookings.memory import Memory
from server.bookings.queries import BookingView
from server.bookings.rules import QUARTER, QUARTER_S, How, Wish, begun_quarter
from server.bookings.service import Booked
from server.errors import Refused
from server.people import posts
from server.people import queries as people
from server.people.login import current_account, current_person_id, may
from server.people.rules import Scope
from server.places.queries import BuildingView
from server.places.rules import Opening
from server.presence import alerts
from server.presence import service as presence
from server.seating import unmet
from server.seating.building_day import BuildingDay, BuildingDays
from server.seating.find import Found, Wishes
from server.seating.find_search import Answer, Asked, search

EXTENSION = "iruka.building_days"
SCREEN = "seats"  # what somebody who was looked for reads of it
TRIES, ROUNDS = 8, 2  # seats that are tried one after the other when others are quicker; then all is asked anew
NONE_FREE = "No seat that you can have is free for all that time. Try another time, or fewer wishes."
NOBODY = "There is nobody with this number."
NO_SUCH_NAME = "Nobody was found as “%(name)s”. Write the whole name or the staff number of your colleague."
SEVERAL = "Several colleagues are called “%(name)s”. Write the staff number instead."


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody to sit near."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was booked, and by which search."""

    one: Found
    booked: Booked
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Known:
    """The floors as the search has just seen them; all else as this worker remembers it."""

    on: BuildingDay
    rest: Memory

    def floor_day(self, seat_id: int, at: datetime) -> FloorDay | None:
        """The seat's floor on the day of the search."""
        if at.astimezone(self.on.opening.zone).date() != self.on.day:
            return self.rest.floor_day(seat_id, at)
        return next((floor for floor in self.on.floors.values() if seat_id in floor.seats), None)

    def unit_ids(self, person_id: int, day: date) -> frozenset[int]:
        """The units somebody has a post in."""
        return self.rest.unit_ids(person_id, day)

    def needs(self, person_id: int) -> frozenset[str]:
        """What somebody's seat must have."""
        return self.rest.needs(person_id)


def building_days() -> BuildingDays:
    """This worker's memory."""
    return cast(BuildingDays, current_app.extensions[EXTENSION])


def building() -> BuildingView:
    """The building, as this worker remembers it."""
    found = memory().building()
    if found is None:
        raise Refused("no_building", "There is no building yet.", 404)
    return found


def term(
    now: datetime, opening: Opening, starts_at: datetime | None, ends_at: datetime | None, minutes: int | None
) -> tuple[datetime, datetime]:
    """From when until when: now when nothing is said, for so many minutes or until the building closes."""
    begins = begun_quarter(now) if starts_at is None else starts_at
    if ends_at is not None:
        return begins, ends_at
    rules.check_term(begins, begins + QUARTER, now, opening)
    local = begins.astimezone(opening.zone)
    last_day = local.date() if opening.closes != time(0) else local.date() + timedelta(days=1)
    closes = datetime.combine(last_day, opening.closes, opening.zone)
    if minutes is None:
        return begins, closes
    wanted = (now if starts_at is None else begins) + timedelta(minutes=minutes)
    return begins, min(closes, _ceiled(wanted))


def look(asked: Asked, now: datetime) -> Answer:
    """Search for whoever calls; a search without a seat is counted (without them)."""
    known, account = memory(), current_account()
    day = asked.starts_at.astimezone(building().zone).date()
    if asked.near_id is not None and asked.near_id != account.person_id:
        _write_down(asked.near_id, now)
    known.catch_up()
    building_days().catch_up()
    on = building_days().day(day)
    if on is None:
        raise Refused("no_building", "There is no building yet.", 404)
    answer = search(current_person_id(), known.viewer(account, day), asked, on, now)
    if not answer.found and all(one.code in barred.OF_OTHERS for one in answer.barred):
        _count(answer)
    return answer


def take(
    asked: Asked,
    answer: Answer,
    now: datetime,
    *,
    is_chosen: bool = False,
    meanwhile: Callable[[Found, Booked, Answer], None] | None = None,
) -> Taken:
    """Book the first that can be had: when somebody else was quicker, the next one.

    is_chosen   the person chose among the answers: no other will do
    meanwhile   what else is to be written in the transaction that books
    """
    person_id = current_person_id()
    for turn in range(ROUNDS):
        for one in answer.found[:TRIES]:
            wish = Wish(one.seat.seat_id, asked.starts_at, asked.ends_at, How.FIND)
            try:
                with db.transaction():
                    booked = service.book(person_id, wish, now, known=_Known(answer.on, memory()))
                    if meanwhile is not None:
                        meanwhile(one, booked, answer)
                return Taken(one, booked, answer)
            except Refused as refused:
                if refused.status == 422 or refused.code == "overlap" or is_chosen:
                    raise
        if not answer.found or turn == ROUNDS - 1:
            break
        answer = look(asked, now)
    if is_chosen:
        raise Refused("seat_taken", service.TAKEN)
    raise next(iter(answer.barred), Refused("no_seat_found", NONE_FREE))


def colleague(person_id: int | None) -> Colleague | None:
    """The colleague wished for; Refused (404) when there is none."""
    if person_id is None:
        return None
    if not may(Scope.READ_DIRECTORY):
        raise Refused("not_allowed", "This token may not look for colleagues.", 403)
    named, choices = posts.names_of([person_id]).get(person_id), people.choices_of([person_id]).get(person_id)
    is_me = person_id == current_account().person_id
    if named is None or choices is None or (choices.protected and not is_me):  # a protected person is nobody (P13)
        raise Refused("no_person", NOBODY, 404)
    return Colleague(person_id, named.name)


def colleague_called(text: str, now: datetime) -> Colleague | None:
    """The same by name or staff number; Refused when it is nobody's, or several people's."""
    if not text.strip():
        return None
    found = posts.called(text, current_account().person_id, now.astimezone(building().zone).date())
    if len(found) > 1:
        raise Refused("several_people", SEVERAL, 422, name=text)
    if not found:
        raise Refused("no_such_name", NO_SUCH_NAME, 422, name=text)
    return colleague(found[0])


def wishes(equipment: frozenset[str], floor: str | None, *, near_team: bool, not_last: bool) -> Wishes:
    """The wishes of a form or a request."""
    floor_id = None
    if floor:
        found = memory().floor(floor)
        if found is None or found.excluded:
            raise Refused("no_floor", "There is no such floor.", 404)
        floor_id = found.id
    return Wishes(equipment, floor_id, near_team, not_last)


def instead_of(asked: Asked, own: BookingView) -> Asked:
    """The same for somebody who would move from a booking of theirs."""
    return replace(asked, starts_at=own.starts_at, ends_at=own.ends_at, instead=own)


def _write_down(person_id: int, now: datetime) -> None:
    """Whoever is looked for can read it (P11); too many look-ups are refused and told (P12)."""
    account = current_account()
    try:
        with db.transaction():
            presence.write_down(account.account_id, account.name, person_id, SCREEN, now)
    except alerts.LookedUpTooOften as refused:
        with db.transaction():
            alerts.write(refused.crossed, now)
        raise


def _count(answer: Answer) -> None:
    day: date = answer.on.day
    zones = answer.home_zones
    floor_id = answer.asked.wishes.floor_id
    if not zones and floor_id is not None and floor_id in answer.on.floors:
        zones = frozenset(answer.on.floors[floor_id].zones)
    with db.transaction():
        unmet.count(zones, day)


def _ceiled(at: datetime) -> datetime:
    late_s = (int(at.timestamp()) % QUARTER_S) + at.microsecond / 1e6
    return at if not late_s else at + timedelta(seconds=QUARTER_S - late_s)
