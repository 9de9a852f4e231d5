"""The seats of one floor on one day, and what each kind of viewer sees of them."""

import gzip
import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple

import orjson

from server.bookings import queries, rules
from server.bookings.floor_days import FloorDay
from server.bookings.queries import BookingView
from server.bookings.rules import QUARTER_S, Facts, State
from server.people.rules import Choices, Level, Signal, Viewer, visible_level
from server.places.queries import SeatView

FREE, BOOKED, IN_USE, MINE, NOT_AVAILABLE = "free", "booked", "in_use", "mine", "not_available"
LEVEL = 5  # gzip; 9 takes twice the time and saves one byte in a hundred
ANSWERS = 400  # of one floor on one day: a kind of viewer each, and whoever has a seat there


class Answer(NamedTuple):
    """One answer, as kept."""

    etag: str
    gzipped: bytes

    def plain(self) -> bytes:
        """The JSON, for the rare client that does not take gzip."""
        return gzip.decompress(self.gzipped)


class Known(NamedTuple):
    """Somebody with a booking there, and all that decides who may read their name."""

    name: str
    choices: Choices
    unit_ids: frozenset[int]


class Run(NamedTuple):
    """A stretch of quarters of one seat; `booking` and `why` are None while it is free."""

    first: int
    stop: int
    booking: BookingView | None = None
    why: str | None = None  # a code
    note: str = ""  # what the one who closed the seat wrote


@dataclass(frozen=True, slots=True)
class DayMap:
    """A floor with its bookings on a day; answers are made when the first viewer of a kind asks, and kept.

    people        who has a booking there, by id
    valid_until   when the passing of time changes what somebody sees
    """

    on: FloorDay
    people: Mapping[int, Known]
    runs: Mapping[int, Sequence[Run]]  # by seat id
    own: Mapping[int, frozenset[int]]  # by person id: seats of theirs
    at_home: frozenset[int]  # units for whom some zone of the floor is their own or their bureau's
    posts: frozenset[int]  # units of the people who have a booking there
    valid_until: datetime
    _answers: OrderedDict[object, Answer] = field(default_factory=OrderedDict)

    @classmethod
    def read(cls, on: FloorDay, who: Callable[[set[int], date], Mapping[int, Known]], now: datetime) -> "DayMap":
        """Read the bookings of a floor on a day.

        who   tells of people by id what has to be known of them on a day
        """
        bookings = queries.of_seats(list(on.seats), on.midnight, on.ends_at)
        known = who({one.person_id for one in bookings if one.person_id is not None}, on.day)
        own: defaultdict[int, set[int]] = defaultdict(set)
        for one in bookings:
            if one.person_id is not None:
                own[one.person_id].add(one.seat_id)
        for seat_id, person_id in on.holders.items():
            own[person_id].add(seat_id)
        return cls(
            on,
            known,
            _runs(on, bookings),
            {person_id: frozenset(seats) for person_id, seats in own.items()},
            _at_home(on),
            frozenset().union(*(one.unit_ids for one in known.values())),
            _valid_until(on, bookings, known.values(), now),
        )

    def answer(
        self,
        viewer: Viewer,
        needs: frozenset[str],
        now: datetime,
        *,
        named: bool,
        minded: frozenset[int] = frozenset(),
    ) -> Answer:
        """What a viewer sees.

        needs    what their own seat must have
        named    whether any name may be told
        minded   zones whose seats they look after: what is said to be wrong with those is told to nobody else
        """
        kind = self._kind(viewer)
        key = (kind, needs, named, minded)
        kept = self._answers.get(key)
        if kept is None:
            body = _body(self, kind, needs, now, named=named, minded=minded)
            kept = Answer(hashlib.blake2b(body, digest_size=16).hexdigest(), gzip.compress(body, LEVEL, mtime=0))
            self._answers[key] = kept
            if len(self._answers) > ANSWERS:
                self._answers.popitem(last=False)
        return kept

    def _kind(self, viewer: Viewer) -> Viewer:
        """The viewer without what makes no difference here: whoever has nothing to do with the floor sees the same."""
        return Viewer(
            viewer.person_id if viewer.person_id in self.own else None,
            viewer.unit_ids & (self.at_home | self.posts),
            viewer.heads_unit_ids & self.posts,
            viewer.kiosk,
        )


def _at_home(on: FloorDay) -> frozenset[int]:
    places = [on.place(seat) for seat in on.seats.values()]
    return frozenset().union(*(place.owner_unit_ids | place.owner_bureau_ids for place in places))


def _hours(on: FloorDay) -> tuple[int, int]:
    """The quarters in which the building is open; none when it is not."""
    if not on.opening.is_open_on(on.day):
        return 0, 0
    opens = datetime.combine(on.day, on.opening.opens, on.opening.zone)
    closes = on.ends_at if on.opening.closes == time(0) else datetime.combine(on.day, on.opening.closes, opens.tzinfo)
    return rules.quarter_of(opens), rules.quarter_of(closes)


def _runs(on: FloorDay, bookings: Iterable[BookingView]) -> dict[int, list[Run]]:
    """What keeps each seat from being had, and when; a table and its places keep each other."""
    of_table: defaultdict[int, list[int]] = defaultdict(list)
    for seat in on.seats.values():
        if seat.table_id is not None:
            of_table[seat.table_id].append(seat.id)
    blocks: defaultdict[int, list[Run]] = defaultdict(list)
    for one in bookings:
        quarters = rules.quarters(one.starts_at, one.ends_at)
        table_id = on.seats[one.seat_id].table_id
        for seat_id in (one.seat_id, *of_table[one.seat_id], *(() if table_id is None else (table_id,))):
            blocks[seat_id].append(Run(quarters.start, quarters.stop, one, "" if seat_id == one.seat_id else "table"))
    first, stop = _hours(on)
    found = {}
    for seat in on.seats.values():
        for outage in on.outages.get(seat.id, ()):
            ends = stop if outage.ends_at is None else -(-int(outage.ends_at.timestamp()) // QUARTER_S)
            begins = rules.quarter_of(outage.starts_at)
            blocks[seat.id].append(Run(begins, ends, None, "out_of_service", outage.reason))
        found[seat.id] = list(_filled(first, stop, blocks[seat.id]))
    return found


def _filled(first: int, stop: int, blocks: Sequence[Run]) -> Iterable[Run]:
    """The runs from `first` to `stop`; where blocks overlap, the first of them counts."""
    at = first
    for block in sorted(blocks, key=lambda run: (run.first, run.stop)):
        begins, ends = max(block.first, at), min(block.stop, stop)
        if ends <= begins:
            continue
        if begins > at:
            yield Run(at, begins)
        yield block._replace(first=begins, stop=ends)
        at = ends
    if at < stop:
        yield Run(at, stop)


def _valid_until(on: FloorDay, bookings: Iterable[BookingView], known: Iterable[Known], now: datetime) -> datetime:
    """When a booking begins or ends, a pause ends, a zone opens to everybody, or another day begins."""
    zone = on.opening.zone
    today = now.astimezone(zone).date()
    turns = [datetime.combine(today + timedelta(days=1), time(), zone)]
    turns += [edge for one in bookings for edge in (one.starts_at, one.ends_at)]
    turns += [one.choices.paused_until for one in known if one.choices.paused and one.choices.paused_until is not None]
    opens = {on.house_rules(seat).open_to_all_from for seat in on.seats.values()} | {rules.PRIORITY_UNTIL}
    turns += [datetime.combine(today, one, zone) for one in opens if one is not None]
    return min(turn for turn in turns if turn > now)


def _body(
    day_map: DayMap, viewer: Viewer, needs: frozenset[str], now: datetime, *, named: bool, minded: frozenset[int]
) -> bytes:
    on = day_map.on
    counts_only = {zone.id for zone in on.zones.values() if zone.counts_only}
    is_over = on.day < now.astimezone(on.opening.zone).date()  # where somebody was is nobody else's business (P3)
    shown = {
        i
        for i, one in day_map.people.items()
        if named and not is_over and visible_level(viewer, one.choices, one.unit_ids, now, Signal.BOOKING) is Level.SEAT
    }
    why_not: dict[object, str] = {}
    seats = []
    for seat in on.seats.values():
        place = on.place(seat)
        if place.is_excluded or (place.retired_on is not None and on.day >= place.retired_on):
            continue
        names = frozenset[int]() if seat.zone_id in counts_only else shown
        key = (seat.zone_id, seat.kind, seat.is_priority and seat.equipment, on.holders.get(seat.id))
        if key not in why_not:
            why_not[key] = _why_not(on, seat, viewer, needs, now)
        runs = _told(day_map.runs[seat.id], viewer.person_id, now)
        told = _seat(day_map, seat, runs, viewer, names, why_not[key], now)
        if seat.zone_id in minded and seat.id in on.problems:
            told["problems"] = [{"what": one.what, "note": one.note} for one in on.problems[seat.id]]
        seats.append(told)
    first, stop = _hours(on)
    return orjson.dumps(
        {
            "floor": on.floor.code,
            "day": on.day.isoformat(),
            "is_open": first < stop,
            "opens": _clock(on, first) if first < stop else None,
            "closes": _clock(on, stop) if first < stop else None,
            "seats": seats,
        }
    )


def _seat(
    day_map: DayMap,
    seat: SeatView,
    runs: Iterable[Run],
    viewer: Viewer,
    names: frozenset[int] | set[int],
    why_not: str,
    now: datetime,
) -> dict[str, Any]:
    on = day_map.on
    table = None if seat.table_id is None else on.seats.get(seat.table_id)
    return {
        "id": seat.id,
        "code": seat.code,
        "zone": on.zones[seat.zone_id].code,
        "kind": seat.kind,
        "x_m": seat.x_m,
        "y_m": seat.y_m,
        "table": None if table is None else table.code,
        "capacity": seat.capacity,
        "priority": seat.is_priority,
        "own": on.holders.get(seat.id) is not None and on.holders.get(seat.id) == viewer.person_id,
        "equipment": seat.equipment,
        "stretches": [_stretch(day_map, run, viewer, names, why_not, now) for run in runs],
    }


def _told(runs: Sequence[Run], person_id: int | None, now: datetime) -> Iterable[Run]:
    """The runs without since when others have had a seat: the free time before is theirs as well (P3)."""
    begins: int | None = None
    for run, following in zip_longest(runs, runs[1:]):
        if run.booking is None and run.why is None and following is not None and _has_begun(following, person_id, now):
            begins = run.first
            continue
        yield run if begins is None else run._replace(first=begins)
        begins = None


def _has_begun(run: Run, person_id: int | None, now: datetime) -> bool:
    """Whether it is a booking of somebody else whose time has come, whether or not they have (P3)."""
    one = run.booking
    return one is not None and one.starts_at <= now and (one.person_id is None or one.person_id != person_id)


def _stretch(
    day_map: DayMap, run: Run, viewer: Viewer, names: frozenset[int] | set[int], why_not: str, now: datetime
) -> dict[str, Any]:
    """What a viewer reads of it. Others' seats are in use while their time runs: by the clock, never by who came."""
    on, booking = day_map.on, run.booking
    found: dict[str, Any] = {"from": _clock(on, run.first), "until": _clock(on, run.stop)}
    if booking is None:
        why = run.why or why_not
        found |= {"state": NOT_AVAILABLE, "reason": why} if why else {"state": FREE}
        return found | {"note": run.note} if run.note else found
    if run.why:  # another place of the table has it
        return found | {"state": NOT_AVAILABLE, "reason": run.why}
    if booking.person_id is not None and booking.person_id == viewer.person_id:
        return found | {"state": MINE, "booking": booking.id, "in_use": booking.state is State.IN_USE}
    runs_now = booking.starts_at <= now < booking.ends_at and booking.state is not State.OFFERED
    found["state"] = IN_USE if runs_now else BOOKED
    if booking.person_id is not None and booking.person_id in names and booking.state is not State.OFFERED:
        found |= {"person_id": booking.person_id, "name": day_map.people[booking.person_id].name}
    return found


def _why_not(on: FloorDay, seat: SeatView, viewer: Viewer, needs: frozenset[str], now: datetime) -> str:
    """The code of what keeps a viewer from booking a seat on the day at all; "" when nothing does."""
    facts = Facts(
        place=on.place(seat),
        person_id=viewer.person_id or 0,
        unit_ids=viewer.unit_ids,
        opening=on.opening,
        rules=on.house_rules(seat),
        holder_id=on.holders.get(seat.id),
        may_priority=seat.is_priority and rules.is_met(needs, seat.equipment),
    )
    refused = rules.why_not(facts, on.day, now)
    return "" if refused is None else refused.code


def _clock(on: FloorDay, quarter: int) -> str:
    at = datetime.fromtimestamp(quarter * QUARTER_S, on.opening.zone)
    return "24:00" if at.date() > on.day else at.strftime("%H:%M")
