"""House rules as rows: for a building, a floor or a zone, for one kind of place or all, from a day on.

Setting a rule touches no booking: those that would not be allowed any more are listed before, and stay.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select

from server import changes, db
from server.bookings import queries, rules
from server.bookings.models import HouseRule
from server.bookings.queries import BookingView
from server.bookings.rules import FURTHEST, AtLength, HouseRules, Who
from server.changes import Thing
from server.errors import Refused
from server.people import queries as people
from server.places import queries as places
from server.places.queries import FloorView, ZoneView
from server.places.rules import Opening, SeatKind

NAMES = tuple(one.name for one in fields(HouseRules))


def N_(message: str) -> str:  # noqa: N802  the name by which the catalogue finds it
    """Mark a message for translation where it is used."""
    return message


TOO_LONG = AtLength(
    N_("It lasts longer than %(h)s h."), N_("It lasts longer than %(h)s h %(m)s min."),
    N_("It lasts longer than %(n)s min."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule holds: exactly one of a building, a floor and a zone; the narrower one wins."""

    building_id: int
    floor: FloorView | None = None
    zone: ZoneView | None = None

    @property
    def key(self) -> str:
        """As it is stored: zone:7."""
        if self.zone is not None:
            return f"zone:{self.zone.id}"
        return f"building:{self.building_id}" if self.floor is None else f"floor:{self.floor.id}"

    @property
    def keys(self) -> tuple[str, ...]:
        """This one and the wider ones, the widest first."""
        found = [f"building:{self.building_id}"]
        if self.floor is not None:
            found.append(f"floor:{self.floor.id}")
        return (*found, self.key) if self.zone is not None else tuple(found)


@dataclass(frozen=True, slots=True)
class RuleView:
    """A stored rule; `settings` hold only what differs from the wider one."""

    id: int
    scope: str
    kind: str
    valid_from: date
    settings: Mapping[str, Any]
    set_by: str


@dataclass(frozen=True, slots=True)
class Clash:
    """A booking that a new rule would not allow, and why: a msgid with its values. It stays."""

    booking: BookingView
    why: str
    values: Mapping[str, object]


def rows(scope: Scope) -> list[RuleView]:
    """What was set for this scope itself, by kind and day."""
    found = select(HouseRule).where(HouseRule.scope == scope.key).order_by(HouseRule.kind, HouseRule.valid_from)
    return [_view(row) for row in db.session.scalars(found)]


def own(scope: Scope, kind: SeatKind | None, day: date) -> RuleView | None:
    """What holds for this scope itself on a day; None: nothing was ever set, and the wider rule holds."""
    kinds = "" if kind is None else kind.value
    found = [one for one in rows(scope) if one.kind == kinds and one.valid_from <= day]
    return found[-1] if found else None


def holding(scope: Scope, kind: SeatKind, day: date) -> HouseRules:
    """What holds on a day."""
    return rules.house_rules(kind, _settings(scope, kind, day))


def since(scope: Scope, kinds: Collection[SeatKind], today: date) -> tuple[date | None, str]:
    """From when on the narrowest rule holds that anybody set for these kinds, and who answers for it."""
    kept = [""] + [kind.value for kind in kinds]
    wanted = select(HouseRule).where(
        HouseRule.scope.in_(scope.keys), HouseRule.kind.in_(kept), HouseRule.valid_from <= today
    )
    found = sorted(db.session.scalars(wanted), key=lambda row: (scope.keys.index(row.scope), row.valid_from))
    return (found[-1].valid_from, found[-1].set_by) if found else (None, "")


def changes_on(scope: Scope, kind: SeatKind, today: date) -> date | None:
    """The next day on which another rule begins to hold."""
    wanted = select(func.min(HouseRule.valid_from)).where(
        HouseRule.scope.in_(scope.keys), HouseRule.kind.in_(["", kind.value]), HouseRule.valid_from > today
    )
    return db.session.scalar(wanted)


def wider(scope: Scope, kind: SeatKind | None, day: date) -> HouseRules:
    """What would hold on a day if nothing were set for this scope and kind."""
    return rules.house_rules(kind or SeatKind.GROUP, _settings(scope, kind, day)[:-1])


def with_settings(scope: Scope, kind: SeatKind | None, day: date, settings: Mapping[str, Any]) -> HouseRules:
    """What would hold on a day with these settings for this scope and kind."""
    return rules.house_rules(kind or SeatKind.GROUP, [*_settings(scope, kind, day)[:-1], settings])


def differing(given: Mapping[str, Any], from_: HouseRules) -> dict[str, Any]:
    """Those of the given values that a rule of its own is needed for."""
    return {name: value for name, value in given.items() if value != getattr(from_, name)}


def check(scope: Scope, valid_from: date, settings: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The settings as they would be kept; Refused when one will not do, or the day is over."""
    if valid_from < today:
        raise Refused("past", "A rule holds from today at the earliest.", 422, name="valid_from")
    if (valid_from - today) > FURTHEST:
        raise Refused("too_far", "A rule begins within a year.", 422, name="valid_from")
    values = rules.parsed(settings)
    _check_overflow(scope, values.get("overflow", ()))
    return values


def set_rule(
    scope: Scope, kind: SeatKind | None, valid_from: date, settings: Mapping[str, Any], set_by: str,
    today: date, now: datetime,
) -> None:  # fmt: skip
    """From that day on this holds; Refused when a value will not do, or the day is over."""
    values = check(scope, valid_from, settings, today)
    _drop(scope, kind, valid_from)
    db.session.execute(
        insert(HouseRule).values(
            scope=scope.key,
            kind="" if kind is None else kind.value,
            valid_from=valid_from,
            settings=rules.stored(values),
            set_by=set_by,
        )
    )
    _tell(scope, now)


def take_back(scope: Scope, rule_id: int, today: date, now: datetime) -> RuleView:
    """A rule that has not begun yet will not; what held before it goes on."""
    found = next((one for one in rows(scope) if one.id == rule_id), None)
    if found is None or found.valid_from <= today:
        raise Refused("no_rule", "This has been changed by somebody else meanwhile. Look again.")
    db.session.execute(delete(HouseRule).where(HouseRule.id == rule_id))
    _tell(scope, now)
    return found


def zones_of(scope: Scope, day: date) -> list[ZoneView]:
    """The zones that a rule of this scope reaches."""
    if scope.zone is not None:
        return [scope.zone]
    every = places.zones_of_building(scope.building_id, day)
    return every if scope.floor is None else [zone for zone in every if zone.floor_id == scope.floor.id]


def clashes(
    scope: Scope, kind: SeatKind | None, valid_from: date, settings: Mapping[str, Any], opening: Opening, now: datetime
) -> list[Clash]:
    """The bookings from that day on that would not be allowed any more, the earliest first."""
    starts_at = max(datetime.combine(valid_from, time(), opening.zone), now)
    zones = {zone.id: zone for zone in zones_of(scope, valid_from)}
    seats = [seat for seat in places.seats(scope.building_id) if seat.zone_id in zones]
    wanted = {seat.id: SeatKind(seat.kind) for seat in seats if kind is None or seat.kind == kind}
    found = queries.of_seats(sorted(wanted), starts_at, now + FURTHEST)
    if not found:
        return []
    units = people.units_on(valid_from)
    own_units = people.units_of_people(valid_from, {one.person_id for one in found if one.person_id is not None})
    held = places.holders(sorted(wanted), valid_from)
    new: dict[tuple[int, SeatKind], HouseRules] = {}
    for one in found:
        key = (one.zone_id, wanted[one.seat_id])
        if key not in new:
            narrower = Scope(scope.building_id, places.floor(zones[one.zone_id].floor_id), zones[one.zone_id])
            new[key] = _as_if(scope, kind, valid_from, settings, narrower, key[1])
    members = {
        zone.id: people.units_below(zone.unit_ids, units) | queries.bureau_units(zone.unit_ids, units)
        for zone in zones.values()
    }
    of_owner = {zone.id: people.units_below(zone.unit_ids, units) for zone in zones.values()}
    today = now.astimezone(opening.zone).date()
    result = []
    for one in found:
        zone, now_holds = zones[one.zone_id], new[one.zone_id, wanted[one.seat_id]]
        reach = members[zone.id] if now_holds.who is Who.BUREAU else of_owner[zone.id]
        is_guest = (
            one.person_id is not None
            and bool(zone.unit_ids)
            and now_holds.who is not Who.EVERYONE
            and not now_holds.is_soft
            and held.get(one.seat_id) != one.person_id
            and reach.isdisjoint(own_units.get(one.person_id, frozenset()))
        )
        why = _why(one, now_holds, is_guest, (one.starts_at.astimezone(opening.zone).date() - today).days)
        if why is not None:
            result.append(Clash(one, *why))
    return result


def _why(one: BookingView, of: HouseRules, is_guest: bool, days_ahead: int) -> tuple[str, Mapping[str, object]] | None:
    minutes = (one.ends_at - one.starts_at) // timedelta(minutes=1)
    if is_guest:
        return N_("Whoever booked does not belong to those who may sit there."), {}
    if of.longest_min and minutes > of.longest_min:
        return TOO_LONG.of(of.longest_min)
    if of.ahead_days == 0 and days_ahead > 0:
        return N_("Nothing could be booked ahead any more."), {}
    if days_ahead > of.ahead_days:
        return N_("It is further ahead than %(n)s days."), {"n": of.ahead_days}
    return None


def _as_if(
    scope: Scope, kind: SeatKind | None, day: date, settings: Mapping[str, Any], narrow: Scope, of_kind: SeatKind
) -> HouseRules:
    """What would hold in a zone if these settings were stored for the wider scope."""
    layers = dict(_layers(narrow, of_kind, day))
    layers[scope.key, "" if kind is None else kind.value] = settings
    order = [(key, one) for key in narrow.keys for one in ("", of_kind.value)]
    return rules.house_rules(of_kind, [layers[key] for key in order if key in layers])


def _layers(scope: Scope, kind: SeatKind | None, day: date) -> dict[tuple[str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    wanted = select(HouseRule).where(HouseRule.scope.in_(scope.keys), HouseRule.valid_from <= day)
    for row in db.session.scalars(wanted.order_by(HouseRule.valid_from)):
        if row.kind in ("", "" if kind is None else kind.value):
            found[row.scope, row.kind] = rules.parsed(row.settings)
    return found


def _settings(scope: Scope, kind: SeatKind | None, day: date) -> Sequence[Mapping[str, Any]]:
    """The layers that make up a rule, the widest first; the last one is this scope's and kind's own, {} when unset."""
    layers = _layers(scope, kind, day)
    mine = (scope.key, "" if kind is None else kind.value)
    kinds = ("",) if kind is None else ("", kind.value)
    order = [(key, one) for key in scope.keys for one in kinds]
    return [*(layers[key] for key in order if key in layers and key != mine), layers.get(mine, {})]


def _drop(scope: Scope, kind: SeatKind | None, valid_from: date) -> None:
    db.session.execute(
        delete(HouseRule).where(
            HouseRule.scope == scope.key,
            HouseRule.kind == ("" if kind is None else kind.value),
            HouseRule.valid_from == valid_from,
        )
    )


def _check_overflow(scope: Scope, codes: Sequence[str]) -> None:
    known = {zone.code for zone in places.zones_of_building(scope.building_id) if not zone.excluded}
    unknown = next((code for code in codes if code not in known), None)
    if unknown is not None:
        raise Refused("bad_overflow", "There is no zone %(zone)s.", 422, zone=unknown)
    if scope.zone is not None and scope.zone.code in codes:
        raise Refused("bad_overflow", "A zone cannot be the next one when it is full itself.", 422)


def _view(row: HouseRule) -> RuleView:
    return RuleView(row.id, row.scope, row.kind, row.valid_from, rules.parsed(row.settings), row.set_by)


def _tell(scope: Scope, now: datetime) -> None:
    floor_id = scope.zone.floor_id if scope.zone is not None else 0 if scope.floor is None else scope.floor.id
    changes.record(Thing.SEATS, floor_id, now)
