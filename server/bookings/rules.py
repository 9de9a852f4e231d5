"""What may be booked, by whom, for how long and how often: a zone's house rules and whether a wish keeps them. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from server.errors import Refused
from server.places.rules import Opening, SeatKind

QUARTER = timedelta(minutes=15)  # one grid for everything that can be booked
QUARTER_S = 900
FURTHEST = timedelta(days=366)  # ahead
LONGEST = timedelta(days=1)  # one booking; more days are a series or several bookings


class AtLength(NamedTuple):
    """A sentence that tells a length of time, for full hours, hours and minutes, and minutes alone."""

    hours: str
    both: str
    minutes: str

    def of(self, n: int) -> tuple[str, dict[str, int]]:
        """The one for so many minutes, and its values: `n` of all, `h` and `m` of hours and the rest."""
        hours, rest = divmod(n, 60)
        sentence = self.hours if not rest else self.both if hours else self.minutes
        return sentence, {"n": n, "h": hours, "m": rest}


LONGEST_HERE = AtLength(
    "%(seat)s can be had for %(h)s h at most.",
    "%(seat)s can be had for %(h)s h %(m)s min at most.",
    "%(seat)s can be had for %(n)s min at most.",
)


class State(StrEnum):
    """What has become of a booking."""

    OFFERED = "offered"  # kept for somebody who waited, until they answer
    BOOKED = "booked"
    IN_USE = "in_use"  # whoever has it came
    CANCELLED = "cancelled"
    RELEASED = "released"  # nobody came (未着席)
    LEFT = "left"  # given back before its end


WITH_SUBJECT = frozenset({SeatKind.ROOM, SeatKind.BOOTH, SeatKind.GROUP_DESK})  # whoever books one may say what for
HOLDING = frozenset({State.OFFERED, State.BOOKED, State.IN_USE})  # states that keep the place for somebody


class How(StrEnum):
    """How a booking came about."""

    MAP = "map"
    FIND = "find"  # "find me a seat"
    WALK_UP = "walk_up"
    CODE = "code"  # a sign's code, scanned or typed
    KIOSK = "kiosk"
    LOTTERY = "lottery"
    SERIES = "series"
    OFFER = "offer"
    BEHALF = "behalf"  # by a section administrator
    API = "api"


class WaitState(StrEnum):
    """What has become of somebody's waiting."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    OVER = "over"  # given up, or the time has come without a place


class Who(StrEnum):
    """Who may sit in a zone."""

    MEMBERS = "members"  # of the units that own it
    BUREAU = "bureau"
    EVERYONE = "everyone"


class Repeat(StrEnum):
    """What a zone makes of sitting on the same seat again."""

    OFF = "off"
    HINT = "hint"
    LOTTERY_ONLY = "lottery_only"  # only the lottery avoids it
    BLOCK = "block"


ONE_AT_A_TIME = {
    SeatKind.ROOM: "room"
}  # besides a desk somebody may have a room; of everything else one place at a time
DESK = "desk"


def exclusive_group(kind: SeatKind) -> str:
    """One person has one place of a group at a time."""
    return ONE_AT_A_TIME.get(kind, DESK)


@dataclass(frozen=True, slots=True)
class HouseRules:
    """What holds for a kind of place in a zone; the defaults are those of a city hall's group address.

    who                 who may sit here
    open_to_all_from    local time from which everybody may, on the day itself; None: never
    is_soft             who may not is warned, and may
    ahead_days          how many days ahead may be booked; 0: on the day itself only, by walking up
    longest_min         longest stay in minutes; 0: as long as the building is open
    quota_per_week      bookings of one person in a calendar week in this zone; 0: any number
    grace_min           a booking is released when nobody has come so long after its start; 0: never
    repeat              what is made of sitting on the same seat again
    lookback_days       how many working days back that looks
    draws_at            local time at which the next working day’s seats are drawn by lot; None: when somebody does
    overflow            codes of zones to look in, in this order, when this one is full
    seat_ratio_pct      seats for every hundred people of the zone, as planned
    clear_desk_at       local time by which desks are cleared
    away_release_min    leaving early gives the seat back after so many minutes away, for people who chose that
    checklist           what to do at the end of the day
    """

    who: Who = Who.MEMBERS
    open_to_all_from: time | None = time(9, 30)
    is_soft: bool = False
    ahead_days: int = 14
    longest_min: int = 0
    quota_per_week: int = 0
    grace_min: int = 60
    repeat: Repeat = Repeat.HINT
    lookback_days: int = 1
    draws_at: time | None = None
    overflow: tuple[str, ...] = ()
    seat_ratio_pct: int = 90
    clear_desk_at: time = time(17, 15)
    away_release_min: int = 120
    checklist: tuple[str, ...] = ()


OF_KIND: Mapping[SeatKind, Mapping[str, Any]] = {
    SeatKind.SOLO: {"who": Who.EVERYONE, "longest_min": 240, "ahead_days": 7, "grace_min": 30, "repeat": Repeat.OFF},
    SeatKind.GROUP_DESK: {"who": Who.EVERYONE, "ahead_days": 14, "grace_min": 30, "repeat": Repeat.OFF},
    SeatKind.BOOTH: {"who": Who.EVERYONE, "longest_min": 120, "ahead_days": 7, "grace_min": 15, "repeat": Repeat.OFF},
    SeatKind.ROOM: {"who": Who.EVERYONE, "longest_min": 480, "ahead_days": 92, "grace_min": 15, "repeat": Repeat.OFF},
    SeatKind.COUNTER: {"open_to_all_from": None, "repeat": Repeat.OFF},
    SeatKind.FIXED: {"open_to_all_from": None, "repeat": Repeat.OFF},
}  # where a kind of place differs by itself
LIMITS: Mapping[str, tuple[int, int]] = {
    "ahead_days": (0, 366),
    "longest_min": (0, 1440),
    "quota_per_week": (0, 99),
    "grace_min": (0, 1440),
    "lookback_days": (1, 60),
    "seat_ratio_pct": (10, 200),
    "away_release_min": (15, 1440),
}
MOST_LINES = 20  # of a checklist or an overflow order
LONGEST_LINE = 100


def parsed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The values of stored or given `settings` (JSON), or Refused with what is wrong with which."""
    names = {one.name for one in fields(HouseRules)}
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in names:
            raise Refused("bad_rule", "There is no house rule “%(name)s”.", 422, name=name)
        found[name] = _parsed(name, value)
    return found


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON can hold it."""
    return {name: _stored(value) for name, value in values.items()}


def house_rules(kind: SeatKind, widest_first: Sequence[Mapping[str, Any]]) -> HouseRules:
    """What holds: the defaults of the kind, overlaid by each of the parsed settings in turn."""
    rules = replace(HouseRules(), **OF_KIND.get(kind, {}))
    for settings in widest_first:
        rules = replace(rules, **settings)
    return rules


def quarter_of(at: datetime) -> int:
    """Which quarter hour since 1970-01-01T00:00Z an instant lies in."""
    return int(at.timestamp()) // QUARTER_S


def quarters(starts_at: datetime, ends_at: datetime) -> range:
    """Every quarter of the half-open interval; both ends lie on the grid."""
    return range(quarter_of(starts_at), quarter_of(ends_at))


def is_aligned(at: datetime) -> bool:
    """Whether an instant lies on the grid of quarter hours."""
    return at.microsecond == 0 and int(at.timestamp()) % QUARTER_S == 0


def begun_quarter(now: datetime) -> datetime:
    """The beginning of the quarter that `now` lies in: from when somebody who sits down has the seat."""
    return now.replace(microsecond=0) - timedelta(seconds=int(now.timestamp()) % QUARTER_S)


@dataclass(frozen=True, slots=True)
class Wish:
    """A place and a time that somebody wants; half-open."""

    seat_id: int
    starts_at: datetime
    ends_at: datetime
    how: How = How.MAP
    subject: str = ""
    has_begun: bool = False  # a booking that runs already and is changed from now on


class Place(NamedTuple):
    """What the rules have to know of a place."""

    seat_id: int
    code: str
    kind: SeatKind
    zone_id: int
    zone_code: str
    is_excluded: bool  # the zone or the floor (P8)
    is_priority: bool
    retired_on: date | None
    owner_unit_ids: frozenset[int]  # of the zone, on the day, with all units below them
    owner_bureau_ids: frozenset[int]  # all units of the bureaus of those units


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides about one wish.

    unit_ids        of whom the place is for, on the day
    holder_id       whose fixed or priority seat it is on the day; None: nobody's
    out_of_service  the reason of an outage in that time; None: in service
    n_in_week       bookings the person holds in the zone in that calendar week, without the one that is moved
    recent_seats    seat ids of the person's last days with a desk, the newest first, one a day
    next_seats      the same of the days after, where a zone forbids the same seat again
    absent          why the person is away in that time by their own word; None: they are not
    may_priority    the person needs what this priority seat has
    """

    place: Place
    person_id: int
    unit_ids: frozenset[int]
    opening: Opening
    rules: HouseRules
    holder_id: int | None = None
    out_of_service: str | None = None
    n_in_week: int = 0
    recent_seats: Sequence[int] = ()
    next_seats: Sequence[int] = ()
    absent: str | None = None
    may_priority: bool = False
    is_administrator: bool = False  # of the zone's section: books for others
    responsible: str = ""  # who answers for the zone's rules
    floor_id: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a wish that they do not refuse: msgids with their values, which the person may ignore."""

    hints: tuple[tuple[str, Mapping[str, object]], ...] = field(default=())


PRIORITY_UNTIL = time(9, 30)  # where a zone never opens to everybody
SAME_SEAT = "Same seat as last time. You can choose another."
NOT_YOURS = "This seat belongs to another section’s zone. You may sit here; please make room when they need it."


def check_term(
    starts_at: datetime, ends_at: datetime, now: datetime, opening: Opening, *, has_begun: bool = False
) -> None:
    """Refused unless the time can be booked at all, whatever the place.

    has_begun   the beginning lies in the past and stays
    """
    if not (is_aligned(starts_at) and is_aligned(ends_at)):
        raise Refused("not_aligned", "Times are full quarter hours, such as 8:30 or 8:45.", 422)
    if ends_at <= starts_at:
        raise Refused("bad_term", "The end must come after the beginning.", 422)
    if ends_at - starts_at > LONGEST:
        raise Refused("too_long", "One booking lasts a day at most; book every day of it, or a weekly series.", 422)
    if ends_at <= now or (starts_at < begun_quarter(now) and not has_begun):
        raise Refused("past", "You cannot book a time in the past.", 422)
    if starts_at - now > FURTHEST:
        raise Refused("too_far", "You can book a year ahead at most.", 422)
    first, last = starts_at.astimezone(opening.zone), (ends_at - QUARTER).astimezone(opening.zone)
    if first.date() != last.date():
        raise Refused("two_days", "A booking lies within one day.", 422)
    if not opening.is_open_on(first.date()):
        raise Refused("closed_day", "The building is closed on %(day)s.", 422, day=first.date().isoformat())
    if not (opening.is_open(starts_at) and opening.is_open(ends_at - QUARTER)):
        raise Refused("closed_hours", "The building is not open all of that time.", 422)


def judge(wish: Wish, facts: Facts, now: datetime) -> Verdict:
    """What the zone's house rules say of a wish: Refused with a sentence, or a verdict with hints."""
    check_term(wish.starts_at, wish.ends_at, now, facts.opening, has_begun=wish.has_begun)
    place, rules = facts.place, facts.rules
    day = wish.starts_at.astimezone(facts.opening.zone).date()
    if place.is_excluded or (place.retired_on is not None and day >= place.retired_on):
        raise Refused("no_seat", "There is no such seat.", 404)
    if facts.out_of_service is not None:
        raise Refused(
            "out_of_service", "%(seat)s cannot be used then: %(reason)s", seat=place.code, reason=facts.out_of_service
        )
    _check_held(facts)
    hints: list[tuple[str, Mapping[str, object]]] = []
    if facts.holder_id != facts.person_id and not facts.may_priority:
        hints += _check_who(facts, day, now)
        _check_priority(facts, day, now)
    minutes = int((wish.ends_at - wish.starts_at).total_seconds()) // 60
    if rules.longest_min and minutes > rules.longest_min:
        sentence, length = LONGEST_HERE.of(rules.longest_min)
        raise Refused("too_long_here", sentence, seat=place.code, **length)
    _check_ahead(rules, place, day, now.astimezone(facts.opening.zone).date())
    if rules.quota_per_week and facts.n_in_week >= rules.quota_per_week:
        raise Refused(
            "quota",
            "Zone %(zone)s can be booked %(n)s times a week by one person.",
            zone=place.zone_code,
            n=rules.quota_per_week,
        )
    if wish.how is not How.LOTTERY:
        hints += _check_again(facts)
    return Verdict(tuple(hints))


def _check_again(facts: Facts) -> Iterator[tuple[str, Mapping[str, object]]]:
    place, rules = facts.place, facts.rules
    is_again = place.seat_id in facts.recent_seats[: rules.lookback_days]
    if rules.repeat is Repeat.HINT and is_again:
        yield (SAME_SEAT, {})
    if rules.repeat is not Repeat.BLOCK or facts.holder_id is not None:
        return
    if is_again:
        raise Refused(
            "same_seat",
            "You had %(seat)s lately, and zone %(zone)s asks for another seat each time.",
            seat=place.code,
            zone=place.zone_code,
        )
    if place.seat_id in facts.next_seats[: rules.lookback_days]:
        raise Refused(
            "same_seat",
            "You have booked %(seat)s for soon after, and zone %(zone)s asks for another seat each time.",
            seat=place.code,
            zone=place.zone_code,
        )


def is_member(unit_ids: Collection[int], place: Place, who: Who) -> bool:
    """Whether somebody of these units belongs to those who may sit here at any time."""
    if who is Who.EVERYONE or not place.owner_unit_ids:
        return True
    return not place.owner_unit_ids.isdisjoint(unit_ids) or (
        who is Who.BUREAU and not place.owner_bureau_ids.isdisjoint(unit_ids)
    )


def is_met(needs: Collection[str], equipment: Collection[str]) -> bool:
    """Whether somebody needs something of a seat, and the seat has it all."""
    return bool(needs) and set(needs) <= set(equipment)


def why_not(facts: Facts, day: date, now: datetime) -> Refused | None:
    """What keeps somebody from booking a place at any time of a day, now; None when nothing does."""
    today = now.astimezone(facts.opening.zone).date()
    try:
        if day < today:
            raise Refused("past", "You cannot book a time in the past.", 422)
        _check_held(facts)
        if facts.holder_id != facts.person_id and not facts.may_priority:
            _check_who(facts, day, now)
            _check_priority(facts, day, now)
        _check_ahead(facts.rules, facts.place, day, today)
    except Refused as refused:
        return refused
    return None


def _check_held(facts: Facts) -> None:
    if facts.holder_id not in (None, facts.person_id) and not facts.place.is_priority:
        raise Refused("held", "%(seat)s is somebody’s own seat.", seat=facts.place.code)


def _check_who(facts: Facts, day: date, now: datetime) -> list[tuple[str, Mapping[str, object]]]:
    place, rules = facts.place, facts.rules
    if (
        place.kind in (SeatKind.FIXED, SeatKind.COUNTER)
        and facts.holder_id is None
        and not is_member(facts.unit_ids, place, Who.MEMBERS)
    ):
        raise Refused("members_only", "%(seat)s is for the section it belongs to.", seat=place.code)
    if is_member(facts.unit_ids, place, rules.who):
        return []
    if rules.is_soft:
        return [(NOT_YOURS, {})]
    local = now.astimezone(facts.opening.zone)
    if rules.open_to_all_from is not None:
        if local.date() == day and local.time() >= rules.open_to_all_from:
            return [(NOT_YOURS, {})]
        raise Refused(
            "members_first", "Zone %(zone)s is open to other sections on the day itself from %(time)s.",
            zone=place.zone_code, time=rules.open_to_all_from.strftime("%-H:%M"),
        )  # fmt: skip
    raise Refused("members_only", "%(seat)s is for the section it belongs to.", seat=place.code)


def _check_priority(facts: Facts, day: date, now: datetime) -> None:
    """A priority seat (配慮席) waits for those who need it until everybody may; then whoever comes by has it."""
    if not facts.place.is_priority:
        return
    local, until = now.astimezone(facts.opening.zone), facts.rules.open_to_all_from or PRIORITY_UNTIL
    if local.date() != day or local.time() < until:
        raise Refused(
            "priority", "%(seat)s is kept for colleagues who need it, until %(time)s on the day itself.",
            seat=facts.place.code, time=until.strftime("%-H:%M"),
        )  # fmt: skip


def _check_ahead(rules: HouseRules, place: Place, day: date, today: date) -> None:
    if day == today:
        return
    if rules.ahead_days == 0:
        raise Refused("walk_up_only", "%(seat)s cannot be booked ahead. Just sit down on the day.", seat=place.code)
    if (day - today).days > rules.ahead_days:
        raise Refused("too_early", "%(seat)s can be booked %(n)s days ahead.", seat=place.code, n=rules.ahead_days)


def _parsed(name: str, value: Any) -> Any:
    match name:
        case "who":
            return _enum(Who, name, value)
        case "repeat":
            return _enum(Repeat, name, value)
        case "is_soft":
            if not isinstance(value, bool):
                raise _bad(name)
            return value
        case "open_to_all_from" | "draws_at" if value is None:
            return None
        case "open_to_all_from" | "draws_at" | "clear_desk_at":
            return value if isinstance(value, time) else _time(name, value)
        case "overflow" | "checklist":
            return _lines(name, value)
    least, most = LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(
            "bad_rule",
            "“%(name)s” is a whole number from %(least)s to %(most)s.",
            422,
            name=name,
            least=least,
            most=most,
        )
    return value


def _stored(value: Any) -> Any:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, StrEnum) else value


def _enum(kind: type[StrEnum], name: str, value: Any) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise _bad(name) from None


def _time(name: str, value: Any) -> time:
    try:
        found = time.fromisoformat(value)
    except (TypeError, ValueError):
        raise _bad(name) from None
    if found.tzinfo is not None or found.second or found.microsecond:
        raise _bad(name)
    return found


def _lines(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST_LINES:
        raise _bad(name)
    lines = tuple(" ".join(line.split()) if isinstance(line, str) else "" for line in value)
    if any(not line or len(line) > LONGEST_LINE or not line.isprintable() for line in lines):
        raise _bad(name)
    return lines


def _bad(name: str) -> Refused:
    return Refused("bad_rule", "The value of “%(name)s” will not do.", 422, name=name)
