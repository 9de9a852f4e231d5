"""Gathers what "find me a seat" decides by: seats that can be had, where the team sits, what the person used."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.bookings import barred, queries, rules
from server.bookings.floor_days import FloorDay
from server.bookings.queries import BookingView
from server.bookings.rules import NOT_YOURS, Facts, How, State, Verdict, Wish
from server.errors import Refused
from server.people import queries as people
from server.people.queries import UnitView
from server.people.rules import Level, Signal, Viewer, visible_level
from server.places.queries import SeatView
from server.places.rules import SeatKind
from server.seating import find
from server.seating.building_day import BuildingDay
from server.seating.find import Candidate, Found, Person, Spot, Whose, Wishes

MOST_AHEAD = 60  # days; no zone looks further for the same seat


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for.

    near_id   a colleague to sit near; whoever calls has written down that they were looked for (P11)
    instead   a booking of theirs whose seat counts as free: they would move
    """

    starts_at: datetime
    ends_at: datetime
    wishes: Wishes
    near_id: int | None = None
    instead: BookingView | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, the best first.

    home_zones        zones of the person's own units
    is_home_full      none of their seats can be had, so the overflow order was followed
    has_musts         only seats with what the person needs counted
    floor_lacks       how many wishes the best free seat of the floor wished for leaves open; None: it has none free
    barred            where nothing was found although seats are free: the house rules in the way
    colleague_shown   whether where the colleague sits may be told and is known
    """

    asked: Asked
    found: Sequence[Found]
    on: BuildingDay
    units: Sequence[UnitView]
    home_zones: frozenset[int]
    is_home_full: bool
    has_musts: bool
    colleague_shown: bool
    hints: Mapping[int, Verdict]
    floor_lacks: int | None = None
    barred: tuple[Refused, ...] = ()

    def of(self, seat_id: int) -> Found | None:
        """One seat of those found."""
        return next((one for one in self.found if one.seat.seat_id == seat_id), None)

    def only(self, seat_id: int) -> "Answer":
        """The same with one seat alone, or with none when it cannot be had."""
        return replace(self, found=[one for one in self.found if one.seat.seat_id == seat_id])


def search(person_id: int, viewer: Viewer, asked: Asked, on: BuildingDay, now: datetime) -> Answer:
    """Every seat this person could book for that time, in the order of `find`; Refused when nobody could then."""
    rules.check_term(asked.starts_at, asked.ends_at, now, on.opening, has_begun=asked.instead is not None)
    needs = queries.needs([person_id]).get(person_id, frozenset())
    midnight = next(iter(on.floors.values())).midnight if on.floors else asked.starts_at
    used = queries.recent_seats(person_id, midnight, queries.LOOKBACK_DAYS, on.opening.zone)
    ahead = queries.next_seats(person_id, midnight + timedelta(days=1), MOST_AHEAD, on.opening.zone)
    home, whose, home_level = _zones(viewer, on)
    mask = on.mask(asked.starts_at, asked.ends_at)
    judge = _Judge(person_id, viewer.unit_ids, needs, used, ahead, asked, now)
    candidates: list[Candidate] = []
    verdicts: dict[int, Verdict] = {}
    for floor in on.floors.values():
        for seat, verdict, busy in _free(floor, on, mask, judge, asked, needs):
            others = any(sentence == NOT_YOURS for sentence, _values in verdict.hints)
            verdicts[seat.id] = verdict
            candidates.append(
                Candidate(
                    seat.id, seat.code, SeatKind(seat.kind), frozenset(seat.equipment), floor.floor.id,
                    floor.floor.level, seat.zone_id, seat.x_m, seat.y_m,
                    seat.is_priority and not judge.may_priority(seat), on.free_until(busy, mask),
                    Whose.OTHERS if others else whose.get(seat.zone_id, Whose.EVERYBODYS),
                )
            )  # fmt: skip
    wishes = asked.wishes
    team = _team(person_id, viewer, on, mask, now) if wishes.near_team else []
    if not team:
        team = [Spot(of.floor.level, zone_id, None) for of in on.floors.values() for zone_id in of.zones.keys() & home]
    colleague = [] if asked.near_id is None else _spots({asked.near_id}, viewer, on, mask, now, also_other_times=True)
    if wishes.floor_id is not None and wishes.floor_id in on.floors:
        home_level = on.floors[wishes.floor_id].floor.level
    found = find.ranked(
        candidates,
        replace(wishes, equipment=wishes.equipment & find.WISHABLE),
        Person(f"{person_id}:{on.day}", Counter(used), used[: find.LAST_SEATS], team, colleague, home_level),
    )
    units = _units(on)
    return Answer(
        asked=asked,
        found=found,
        on=on,
        units=[units[i] for i in sorted(viewer.unit_ids) if i in units],
        home_zones=home,
        is_home_full=bool(home) and home.isdisjoint({one.zone_id for one in candidates} | judge.refused.keys()),
        has_musts=_has_musts(asked, needs),
        colleague_shown=bool(colleague),
        hints=verdicts,
        floor_lacks=min(
            (len(one.lacks) for one in found if one.seat.floor_id == wishes.floor_id and not one.seat.is_priority),
            default=None,
        ),
        barred=() if found else barred.reasons([one for every in judge.refused.values() for one in every], on.day),
    )


def _free(
    floor: FloorDay, on: BuildingDay, mask: int, judge: "_Judge", asked: Asked, needs: Collection[str]
) -> Iterator[tuple[SeatView, Verdict, int]]:
    """The seats of a floor that the person can have all that time."""
    all_busy = on.busy(floor.floor.id)
    if asked.instead is not None and asked.instead.floor_id == floor.floor.id:
        own = on.mask(asked.instead.starts_at, asked.instead.ends_at)
        all_busy = on.without(asked.instead.seat_id, own, floor.floor.id)
    has_musts = _has_musts(asked, needs)
    for seat in floor.seats.values():
        busy = all_busy.get(seat.id, -1)
        if busy & mask or seat.capacity > 1 or seat.kind not in find.FOR_WORK:
            continue
        if has_musts and not find.has_musts(seat.equipment, asked.wishes.equipment, needs):
            continue
        verdict = judge(floor, seat)
        if verdict is not None:
            yield seat, verdict, busy


def _has_musts(asked: Asked, needs: Collection[str]) -> bool:
    return bool(needs) or not find.MUSTS.isdisjoint(asked.wishes.equipment)


class _Judge:
    """What the house rules say, asked once for all seats they treat alike."""

    def __init__(
        self,
        person_id: int,
        unit_ids: frozenset[int],
        needs: frozenset[str],
        used: Sequence[int],
        ahead: Sequence[int],
        asked: Asked,
        now: datetime,
    ) -> None:
        self._person_id, self._unit_ids, self._needs = person_id, unit_ids, needs
        self._used, self._ahead, self._asked, self._now = used, ahead, asked, now
        self._lately = frozenset((*used, *ahead))
        self._said: dict[object, Verdict | None] = {}
        self._n_in_week: Counter[int] | None = None
        self.refused: defaultdict[int, list[Refused]] = defaultdict(list)  # by zone

    def may_priority(self, seat: SeatView) -> bool:
        """Whether a priority seat is for this person, who needs what it has."""
        return seat.is_priority and rules.is_met(self._needs, seat.equipment)

    def __call__(self, floor: FloorDay, seat: SeatView) -> Verdict | None:
        holder = floor.holders.get(seat.id)
        key = (
            seat.zone_id,
            seat.kind,
            seat.is_priority and (seat.equipment, True),
            holder if holder in (None, self._person_id) else 0,
            seat.id if seat.id in self._lately else 0,
        )
        if key not in self._said:
            self._said[key] = self._judge(floor, seat, holder)
        return self._said[key]

    def _judge(self, floor: FloorDay, seat: SeatView, holder: int | None) -> Verdict | None:
        asked, held = self._asked, floor.house_rules(seat)
        facts = Facts(
            place=floor.place(seat),
            person_id=self._person_id,
            unit_ids=self._unit_ids,
            opening=floor.opening,
            rules=held,
            holder_id=holder,
            n_in_week=self._in_week(floor, seat.zone_id) if held.quota_per_week else 0,
            recent_seats=self._used,
            next_seats=self._ahead,
            may_priority=self.may_priority(seat),
        )
        wish = Wish(seat.id, asked.starts_at, asked.ends_at, How.FIND, has_begun=asked.instead is not None)
        try:
            return rules.judge(wish, facts, self._now)
        except Refused as refused:
            if refused.code not in barred.NOT_FREE:
                self.refused[seat.zone_id].append(refused)
            return None

    def _in_week(self, floor: FloorDay, zone_id: int) -> int:
        """As `queries.n_in_week`, for all zones in one read."""
        if self._n_in_week is None:
            monday = floor.midnight - timedelta(days=floor.day.weekday())
            week = queries.of_person(self._person_id, monday, monday + timedelta(days=7), holding=False)
            moved_id = None if self._asked.instead is None else self._asked.instead.id
            self._n_in_week = Counter(
                one.zone_id
                for one in week
                if one.state not in (State.CANCELLED, State.RELEASED) and one.starts_at >= monday and one.id != moved_id
            )
        return self._n_in_week[zone_id]


def _zones(viewer: Viewer, on: BuildingDay) -> tuple[frozenset[int], dict[int, int], int]:
    """One's own zones, every zone's place in the order, and the floor that distances count from."""
    home = {
        zone.id: floor
        for floor in on.floors.values()
        for zone in floor.zones.values()
        if not viewer.unit_ids.isdisjoint(zone.unit_ids)
    }
    whose: dict[int, int] = dict.fromkeys(home, Whose.OWN)
    by_code: dict[str, list[int]] = {}
    for floor in on.floors.values():
        for zone in floor.zones.values():
            by_code.setdefault(zone.code, []).append(zone.id)
    for zone_id, floor in home.items():
        order = floor.rules.of(floor.zones[zone_id], SeatKind.GROUP).overflow
        for place, code in enumerate(order, 1):
            called = by_code.get(code, [])
            for other in [one for one in called if one in floor.zones] or called:
                whose[other] = min(whose.get(other, Whose.EVERYBODYS), place)
    levels = sorted(floor.floor.level for floor in home.values())
    return frozenset(home), whose, levels[0] if levels else 0


def _team(person_id: int, viewer: Viewer, on: BuildingDay, mask: int, now: datetime) -> list[Spot]:
    """Where those of one's own units sit then, as far as they show it (P4)."""
    if not viewer.unit_ids:
        return []
    return _spots(people.members_of(viewer.unit_ids, on.day) - {person_id}, viewer, on, mask, now)


def _spots(
    person_ids: Collection[int],
    viewer: Viewer,
    on: BuildingDay,
    mask: int,
    now: datetime,
    *,
    also_other_times: bool = False,
) -> list[Spot]:
    """Where these people have a booking then; a seat, or a zone, as each of them shows the viewer (P4)."""
    then: list[tuple[int, int, int]] = []
    that_day: list[tuple[int, int, int]] = []
    for floor_id, sitting in on.sitting.items():
        for person_id, seat_id, bits in sitting:
            if person_id in person_ids:
                (then if bits & mask else that_day).append((floor_id, person_id, seat_id))
    chosen = then or (that_day if also_other_times else [])
    ids = {person_id for _floor_id, person_id, _seat_id in chosen}
    if not ids:
        return []
    choices, units = people.choices_of(ids), people.units_of_people(on.day, ids)
    spots = []
    for floor_id, person_id, seat_id in chosen:
        if person_id not in choices:
            continue
        floor = on.floors[floor_id]
        seat = floor.seats[seat_id]
        if floor.zones[seat.zone_id].counts_only:
            continue
        level = visible_level(viewer, choices[person_id], units.get(person_id, frozenset()), now, Signal.BOOKING)
        if level.rank >= Level.ZONE.rank:
            at = (seat.x_m, seat.y_m) if level is Level.SEAT else None
            spots.append(Spot(floor.floor.level, seat.zone_id, at))
    return spots


def _units(on: BuildingDay) -> Mapping[int, UnitView]:
    return next((floor.units for floor in on.floors.values()), {})
