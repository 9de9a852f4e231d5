"""The same place every week: planned with its clashes first, then made as far ahead as the house rules let.

Days further ahead book themselves on the day from which the zone lets them be booked. Every eight weeks, and two weeks
before the end, its person is asked whether it is still needed; without an answer within a week what is ahead ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, delete, or_, select

from server import changes, db
from server.bookings import absence, choice, facts, news, queries, rules, service
from server.bookings.choice import Option
from server.bookings.models import Booking, Series
from server.bookings.news import What
from server.bookings.queries import BookingView
from server.bookings.rules import FURTHEST, HOLDING, How, State, Wish, exclusive_group
from server.changes import Thing
from server.errors import Refused
from server.places import queries as places
from server.places.models import Seat
from server.places.rules import Opening, SeatKind

ASK_EVERY = timedelta(weeks=8)
ASK_BEFORE_END = timedelta(weeks=2)
ANSWER_WITHIN = timedelta(weeks=1)
RUNS_ON = timedelta(weeks=8)  # by a yes near its end
MOST = 20  # of one person
LATER = "too_early"  # the code of a day that the zone does not let be booked yet
GONE = "There is no such series."


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody wants every week: Monday is 0, both days included, times on the building's clock."""

    seat_id: int
    weekdays: frozenset[int]
    starts: time
    ends: time
    first_day: date
    last_day: date
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a plan.

    clash     why the place cannot be had that day; None: it can
    instead   the nearest place that can be had instead
    is_later  nobody can book that day yet; it books itself when its time comes
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    clash: Refused | None = None
    instead: Option | None = None
    is_later: bool = False


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series as its person reads it."""

    id: int
    person_id: int | None
    booked_by_id: int | None
    seat_id: int
    seat_code: str
    weekdays: frozenset[int]
    starts: time
    ends: time
    first_day: date
    last_day: date
    made_until: date
    asked_at: datetime | None
    subject: str

    @property
    def answer_by(self) -> datetime | None:
        """Until when "still needed?" waits for an answer."""
        return None if self.asked_at is None else self.asked_at + ANSWER_WITHIN


def plan(person_id: int, wanted: Plan, now: datetime, *, but: int | None = None) -> list[Day]:
    """Every day of it still ahead, on which the building is open and the person there; what is in the way of each.

    but   a series of theirs, or that they made for somebody, that this one takes the place of
    """
    if but is not None:
        _check_own(but, person_id)
    opening, days = _days(wanted, now)
    away = absence.absences(person_id, now)
    found: list[Day] = []
    for day in days:
        starts_at, ends_at = _term(wanted, day, opening)
        if starts_at < rules.begun_quarter(now) or absence.is_away(away, starts_at, ends_at):
            continue
        if found and found[-1].is_later:
            found.append(Day(day, starts_at, ends_at, is_later=True))
            continue
        clash = _clash(person_id, Wish(wanted.seat_id, starts_at, ends_at, How.SERIES), now, but)
        if clash is not None and clash.code == LATER:
            found.append(Day(day, starts_at, ends_at, is_later=True))
        else:
            instead = None if clash is None else _instead(person_id, wanted.seat_id, starts_at, ends_at, now, clash)
            found.append(Day(day, starts_at, ends_at, clash, instead))
    return found


def make(
    person_id: int,
    wanted: Plan,
    now: datetime,
    *,
    chosen: Mapping[date, int] | None = None,
    booked_by_id: int | None = None,
) -> int:
    """Make a series; the days are booked at once or none is. Returns its id.

    chosen   which seat to book on which day, of those that can be booked now; None: the place itself, every day of it
    """
    facts.one_at_a_time(person_id)
    if len(of_person(person_id, now)) >= MOST:
        raise Refused("too_many_series", "You can have %(n)s weekly series at most.", n=MOST)
    days = [day for day in plan(person_id, wanted, now) if not day.is_later]
    seats = {day.day: wanted.seat_id for day in days} if chosen is None else dict(chosen)
    known = {day.day: day for day in days}
    if not known.keys() >= seats.keys():
        raise Refused("not_of_series", "One of these days does not belong to the series, or cannot be booked.", 422)
    today = now.astimezone(_opening(wanted.seat_id).zone).date()
    row = Series(
        person_id=person_id,
        booked_by_id=booked_by_id,
        seat_id=wanted.seat_id,
        weekdays="".join(str(one) for one in sorted(wanted.weekdays)),
        starts=wanted.starts.strftime("%H:%M"),
        ends=wanted.ends.strftime("%H:%M"),
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        made_until=max([wanted.first_day - timedelta(days=1), *known]),
        answered_on=today,
        asked_at=None,
        subject=wanted.subject,
    )
    db.session.add(row)
    db.session.flush()
    for day, seat_id in sorted(seats.items()):
        wish = Wish(seat_id, known[day].starts_at, known[day].ends_at, How.SERIES, wanted.subject)
        service.book(person_id, wish, now, booked_by_id=booked_by_id, series_id=row.id)
    changes.record(Thing.BOOKING, person_id, now)
    return row.id


def change(series_id: int, person_id: int, wanted: Plan, now: datetime, chosen: Mapping[date, int] | None) -> int:
    """From the plan's first day on it is this instead, at once or not at all; returns the new series' id."""
    row = _own(series_id, person_id)
    if row.person_id is None:
        raise Refused("no_series", GONE, 404)
    end(series_id, person_id, wanted.first_day, now)
    return make(row.person_id, wanted, now, chosen=chosen, booked_by_id=row.booked_by_id)


def end(series_id: int, person_id: int, first_day: date | None, now: datetime) -> int:
    """Nothing of it from that day on (None: from today on); returns how many bookings were given back."""
    return _end(_own(series_id, person_id), first_day, now, by_id=person_id)


def answer(series_id: int, person_id: int, *, is_needed: bool, now: datetime) -> date | None:
    """ "Still needed?": yes lets it run on, no ends what is ahead. Returns its last day, None once it has ended."""
    row = _own(series_id, person_id)
    today = now.astimezone(_opening(row.seat_id).zone).date()
    if not is_needed:
        _end(row, today, now, by_id=person_id)
        return None
    if row.last_day - today <= ASK_BEFORE_END:
        row.last_day = min(row.last_day + RUNS_ON, today + FURTHEST)
    row.asked_at, row.answered_on = None, today
    changes.record(Thing.BOOKING, person_id, now)
    extend([row.id], now)
    return row.last_day


def of_person(person_id: int, now: datetime) -> list[SeriesView]:
    """Somebody's series that go on, and those they made for others."""
    mine = or_(Series.person_id == person_id, Series.booked_by_id == person_id)
    rows = db.session.execute(
        select(Series, Seat.code)
        .join(Seat, Seat.id == Series.seat_id)
        .where(mine, ~Series.is_over, Series.last_day >= (now - timedelta(days=1)).date())
        .order_by(Series.weekdays, Series.starts, Series.id)
    )
    return [_view(row, code) for row, code in rows]


def bookings_of(series_id: int, now: datetime) -> list[BookingView]:
    """What of a series is booked from now on, the earliest first."""
    wanted = select(Booking.id).where(Booking.series_id == series_id, Booking.ends_at > now, _holds())
    ids = list(db.session.scalars(wanted.order_by(Booking.starts_at)))
    return [one for i in ids if (one := queries.booking(i)) is not None]


def n_to_answer(person_id: int) -> int:
    """How many series somebody is asked about."""
    wanted = select(Series.id).where(Series.person_id == person_id, ~Series.is_over, Series.asked_at.is_not(None))
    return len(list(db.session.scalars(wanted)))


def growing() -> list[int]:
    """Series with days that have not been made yet."""
    wanted = select(Series.id).where(
        ~Series.is_over, Series.made_until < Series.last_day, Series.person_id.is_not(None)
    )
    return list(db.session.scalars(wanted.order_by(Series.id)))


def extend(series_ids: Iterable[int], now: datetime) -> int:
    """Book the days that can be booked by now, in the caller's transaction; returns how many days were made."""
    n = 0
    for row in _locked(series_ids):
        if row.is_over or row.person_id is None:
            continue
        wanted = _plan_of(row, max(row.made_until + timedelta(days=1), row.first_day))
        if wanted.first_day > wanted.last_day:
            continue
        opening, days = _days(wanted, now, may_be_past=True)
        away = absence.absences(row.person_id, now)
        for day in days:
            starts_at, ends_at = _term(wanted, day, opening)
            row.made_until = day
            if ends_at <= now or absence.is_away(away, starts_at, ends_at):
                continue
            try:
                with db.session.begin_nested():
                    wish = Wish(row.seat_id, starts_at, ends_at, How.SERIES, row.subject)
                    service.book(row.person_id, wish, now, booked_by_id=row.booked_by_id, series_id=row.id)
                n += 1
            except Refused as refused:
                if refused.code == LATER:
                    row.made_until = day - timedelta(days=1)
                    break
        db.session.flush()
    return n


def to_ask(now: datetime, today: date) -> list[int]:
    """Series whose people are to be asked whether they still need them."""
    wanted = select(Series.id).where(
        ~Series.is_over,
        Series.person_id.is_not(None),
        Series.asked_at.is_(None),
        Series.last_day >= today,
        or_(
            Series.answered_on <= today - ASK_EVERY,
            (Series.last_day <= today + ASK_BEFORE_END) & (Series.answered_on <= today - ASK_BEFORE_END),
        ),
    )
    return list(db.session.scalars(wanted.order_by(Series.id)))


def ask(series_ids: Iterable[int], now: datetime) -> int:
    """Ask on their people's pages, in the caller's transaction; returns how many."""
    asked = [row for row in _locked(series_ids) if row.asked_at is None and not row.is_over]
    for row in asked:
        row.asked_at = now
        news.tell(What.ASKED, row.id, row.person_id, now)
    changes.record(Thing.BOOKING, sorted({row.person_id for row in asked if row.person_id is not None}), now)
    return len(asked)


def unanswered(now: datetime) -> list[int]:
    """Series that nobody has answered for within a week."""
    wanted = select(Series.id).where(~Series.is_over, Series.asked_at <= now - ANSWER_WITHIN)
    return list(db.session.scalars(wanted.order_by(Series.id)))


def end_unanswered(series_ids: Iterable[int], now: datetime) -> int:
    """End what is ahead of them, in the caller's transaction; returns how many bookings were given back."""
    rows = [row for row in _locked(series_ids) if row.asked_at is not None and row.asked_at <= now - ANSWER_WITHIN]
    return sum(_end(row, None, now) for row in rows if not row.is_over)


def forget(before: datetime) -> int:
    """Delete series that have ended, or whose last day lies before then (P10); returns how many."""
    ended = or_(Series.is_over, Series.last_day < before.date())
    return len(list(db.session.scalars(delete(Series).where(ended).returning(Series.id))))


def _clash(person_id: int, wish: Wish, now: datetime, but: int | None) -> Refused | None:
    try:
        known = facts.gather(person_id, wish, now)
        rules.judge(wish, known, now)
    except Refused as refused:
        return refused
    group = exclusive_group(known.place.kind)
    own = queries.of_person(person_id, wish.starts_at, wish.ends_at)
    if any(exclusive_group(SeatKind(one.kind)) == group and (but is None or one.series_id != but) for one in own):
        return Refused("overlap", service.OVERLAP)
    at_table = _with_table(wish.seat_id)
    taken = queries.of_seats(at_table, wish.starts_at, wish.ends_at)
    if any(but is None or one.series_id != but for one in taken):
        return Refused("seat_taken", service.TAKEN)
    return None


def _with_table(seat_id: int) -> list[int]:
    """The seat, its table, and its places: whatever keeps it from being booked."""
    table_id = select(Seat.table_id).where(Seat.id == seat_id).scalar_subquery()
    return list(
        db.session.scalars(
            select(Seat.id).where(or_(Seat.id == seat_id, Seat.table_id == seat_id, Seat.id == table_id))
        )
    )


def _instead(
    person_id: int, seat_id: int, starts_at: datetime, ends_at: datetime, now: datetime, clash: Refused
) -> Option | None:
    seat = places.seats_by_id([seat_id]).get(seat_id)
    floor = None if seat is None else places.floor_of_zone(seat.zone_id)
    if seat is None or floor is None or clash.code == "overlap":
        return None
    try:
        return choice.nearest(seat, choice.options(person_id, floor, starts_at, ends_at, now))
    except Refused:
        return None


def _days(wanted: Plan, now: datetime, *, may_be_past: bool = False) -> tuple[Opening, list[date]]:
    """The open days of a plan; Refused when it makes no sense."""
    if not wanted.weekdays or not wanted.weekdays <= frozenset(range(7)):
        raise Refused("no_weekday", "Choose at least one day of the week.", 422)
    opening = _opening(wanted.seat_id)
    today = now.astimezone(opening.zone).date()
    if any(one.second or one.microsecond or one.minute % 15 for one in (wanted.starts, wanted.ends)):
        raise Refused("not_aligned", "Times are full quarter hours, such as 8:30 or 8:45.", 422)
    if wanted.last_day < wanted.first_day or time() < wanted.ends <= wanted.starts:
        raise Refused("bad_term", "The end must come after the beginning.", 422)
    if not may_be_past and wanted.first_day < today:
        raise Refused("past", "You cannot book a time in the past.", 422)
    if wanted.last_day > today + FURTHEST:
        raise Refused("too_far", "You can book a year ahead at most.", 422)
    days = (wanted.first_day + timedelta(days=n) for n in range((wanted.last_day - wanted.first_day).days + 1))
    found = [day for day in days if day.weekday() in wanted.weekdays and opening.is_open_on(day)]
    if not found and not may_be_past:
        raise Refused("no_day", "The building is open on none of these days.", 422)
    return opening, found


def _term(wanted: Plan, day: date, opening: Opening) -> tuple[datetime, datetime]:
    return datetime.combine(day, wanted.starts, opening.zone), datetime.combine(day, wanted.ends, opening.zone)


def _opening(seat_id: int) -> Opening:
    seat = places.seats_by_id([seat_id]).get(seat_id)
    floor = None if seat is None else places.floor_of_zone(seat.zone_id)
    building = None if floor is None else places.building_of(floor.id)
    if building is None:
        raise Refused("no_seat", facts.NO_SEAT, 404)
    return places.opening(building)


def _end(row: Series, first_day: date | None, now: datetime, *, by_id: int | None = None) -> int:
    zone = _opening(row.seat_id).zone
    today = now.astimezone(zone).date()
    day = max(first_day or today, today)
    begins = max(now, datetime.combine(day, time(), zone))
    ahead = [one for one in bookings_of(row.id, now) if one.starts_at >= begins and service.is_held(one.id)]
    for one in ahead:
        service.cancel(one.id, now, by_id=by_id)
    row.asked_at = None
    if day <= max(row.first_day, today):
        row.is_over = True
    else:
        row.last_day = day - timedelta(days=1)
    row.made_until = min(row.made_until, row.last_day)
    if row.person_id is not None:
        changes.record(Thing.BOOKING, row.person_id, now)
    db.session.flush()
    return len(ahead)


def _check_own(series_id: int, person_id: int) -> None:
    mine = or_(Series.person_id == person_id, Series.booked_by_id == person_id)
    if db.session.scalar(select(Series.id).where(Series.id == series_id, ~Series.is_over, mine)) is None:
        raise Refused("no_series", GONE, 404)


def _own(series_id: int, person_id: int) -> Series:
    row = db.session.scalars(select(Series).where(Series.id == series_id, ~Series.is_over).with_for_update()).first()
    if row is None or person_id not in (row.person_id, row.booked_by_id):
        raise Refused("no_series", GONE, 404)
    return row


def _locked(series_ids: Iterable[int]) -> list[Series]:
    wanted = select(Series).where(Series.id.in_(sorted(series_ids))).order_by(Series.id)
    return list(db.session.scalars(wanted.with_for_update(skip_locked=True)))


def _plan_of(row: Series, first_day: date) -> Plan:
    weekdays = frozenset(int(one) for one in row.weekdays)
    starts, ends = time.fromisoformat(row.starts), time.fromisoformat(row.ends)
    return Plan(row.seat_id, weekdays, starts, ends, first_day, row.last_day, row.subject)


def _view(row: Series, code: str) -> SeriesView:
    wanted = _plan_of(row, row.first_day)
    return SeriesView(
        row.id, row.person_id, row.booked_by_id, row.seat_id, code, wanted.weekdays, wanted.starts, wanted.ends,
        row.first_day, row.last_day, row.made_until, row.asked_at, row.subject,
    )  # fmt: skip


def _holds() -> ColumnElement[bool]:
    return Booking.state.in_([one.value for one in HOLDING if one is not State.OFFERED])
