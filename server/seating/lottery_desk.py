"""What the lottery's pages show: my results with their reasons, a zone's list as its reader may see it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import abort
from flask_babel import get_locale

from server.bookings import choice
from server.bookings import queries as bookings
from server.errors import Refused
from server.people import login
from server.people import queries as people
from server.people.login import SignedIn
from server.people.queries import PersonCard
from server.people.rules import Level, Signal, visible_level
from server.places import keepers
from server.places import queries as places
from server.places.queries import BuildingView, FloorView, ZoneView
from server.places.rules import Opening
from server.seating import lottery_queries as queries
from server.seating import lottery_round, lottery_words
from server.seating.lottery_queries import DrawView, PairingView, ResultView
from server.seating.lottery_round import Round, Term


@dataclass(frozen=True, slots=True)
class Place:
    """A zone with its floor and building."""

    building: BuildingView
    floor: FloorView
    zone: ZoneView
    opening: Opening
    today: date

    @property
    def name(self) -> str:
        """What people call the zone."""
        return (str(get_locale()) == "en" and self.zone.name_en) or self.zone.name


@dataclass(frozen=True, slots=True)
class Overflow:
    """A zone to look in when one got nothing."""

    zone: str
    floor: str
    n_free: int


@dataclass(frozen=True, slots=True)
class Mine:
    """A result of mine.

    booking_id   what keeps the seat for me; None: nothing, or not any more
    """

    day: date
    starts: str
    ends: str
    zone: str
    floor: str
    seat: str
    why: str
    booking_id: int | None
    overflow: Sequence[Overflow] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A seat of a lottery on the wall; `name` is empty for who does not show it."""

    seat: str
    name: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """A lottery as its zone's people may read it."""

    draw: DrawView
    rows: Sequence[Row]
    n_people: int
    n_without: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody I am, or am to be, beside; `mine` says that I asked."""

    pairing: PairingView
    name: str
    mine: bool


def building() -> BuildingView:
    """The building of this site, or 404."""
    return places.building(login.settings_in_use().site) or abort(404)


def place(code: str, today: date, of: BuildingView) -> Place:
    """A zone by what it is called, or 404."""
    zone = next((one for one in places.zones_of_building(of.id, today) if one.code == code), None)
    floor = None if zone is None else places.floor(zone.floor_id)
    if zone is None or floor is None or zone.excluded or floor.excluded:
        abort(404)
    return Place(of, floor, zone, places.opening(of), today)


def minds(account: SignedIn, at: Place) -> bool:
    """Whether this account looks after the zone and may draw for its people."""
    return keepers.keeper(account.role, account.person_id, at.today).minds(at.zone)


def is_member(person_id: int | None, at: Place, day: date) -> bool:
    """Whether somebody has a post in a section of the zone."""
    if person_id is None:
        return False
    return not people.units_of_people(day, [person_id]).get(person_id, frozenset()).isdisjoint(at.zone.unit_ids)


def my_zones(person_id: int, of: BuildingView, day: date) -> list[ZoneView]:
    """The zones of somebody's sections that have seats to draw for."""
    units = people.units_of_people(day, [person_id]).get(person_id, frozenset())
    drawn = {seat.zone_id for seat in places.seats(of.id) if seat.kind in lottery_round.DRAWN and seat.table_id is None}
    return [
        zone
        for zone in places.zones_of_building(of.id, day)
        if zone.id in drawn and not zone.excluded and not units.isdisjoint(zone.unit_ids)
    ]


def preview(of: Term, now: datetime) -> Round | Refused:
    """Who would take part; or why nothing can be drawn."""
    try:
        return lottery_round.for_day(of, now)
    except Refused as refused:
        return refused


def outcomes(account: SignedIn, at: Place, first_day: date, now: datetime) -> list[Outcome]:
    """The zone's lotteries from that day on: names only as their people show them (P4), who went without never."""
    viewer = people.viewer_of(account.account_id, at.today)
    found = []
    for draw in queries.draws(at.zone.id, first_day):
        results = queries.results(draw.id)
        won = [one for one in results if one.seat_id is not None]
        held = queries.holding(won)
        kept = [one for one in won if (one.person_id, one.seat_id) in held]
        ids = [one.person_id for one in kept]
        choices, units, cards = (
            people.choices_of(ids),
            people.units_of_people(at.today, ids),
            people.cards(draw.day, ids),
        )
        shown = {
            i: cards[i]
            for i in ids
            if not at.zone.counts_only
            and i in cards
            and visible_level(viewer, choices[i], units.get(i, ()), now, Signal.BOOKING) is Level.SEAT
        }
        names = _short_names(shown)
        rows = [Row(one.seat_code, names.get(one.person_id, ""), one.person_id == account.person_id) for one in kept]
        found.append(Outcome(draw, rows, len(results), len(results) - len(won)))
    return found


def my_results(person_id: int, of: BuildingView, first_day: date, now: datetime) -> list[Mine]:
    """What I got from that day on, the newest first."""
    results = queries.results_of(person_id, first_day)
    units = lottery_words.near_units([one.reasons for one in results])
    zones = {zone.id: zone for zone in places.zones_of_building(of.id)}
    floors = {floor.id: floor for floor in places.floors(of.id)}
    made = []
    for one in results:
        zone = zones.get(one.draw.zone_id)
        if zone is None:
            continue
        starts_at, ends_at = one.draw.starts_at.astimezone(of.zone), one.draw.ends_at.astimezone(of.zone)
        held = next(
            (b.id for b in bookings.of_person(person_id, starts_at, ends_at) if b.seat_id == one.seat_id), None
        ) if ends_at > now else None  # fmt: skip
        is_open = one.seat_id is None and ends_at > now
        made.append(
            Mine(
                one.draw.day, _clock(starts_at), _clock(ends_at), zone.code, floors[zone.floor_id].code, one.seat_code,
                lottery_words.explanation(one.reasons, units), held,
                overflow(person_id, of, zone, one, now) if is_open else (),
            )
        )  # fmt: skip
    return made


def overflow(person_id: int, of: BuildingView, zone: ZoneView, one: ResultView, now: datetime) -> list[Overflow]:
    """The zones to look in, in the order of the zone's rules, with how many seats the person could have there."""
    floor = places.floor(zone.floor_id)
    if floor is None:
        return []
    term = lottery_round.term(zone, floor, of, one.draw.starts_at, one.draw.ends_at)
    every = {other.code: other for other in places.zones_of_building(of.id, one.draw.day)}
    found = []
    for code in term.house_rules.overflow:
        there = places.floor(every[code].floor_id) if code in every else None
        if there is None:
            continue
        try:
            options = choice.options(person_id, there, one.draw.starts_at, one.draw.ends_at, now)
        except Refused:
            continue
        n_free = sum(option.zone.code == code for option in options)
        if n_free:
            found.append(Overflow(code, there.code, n_free))
    return found


def neighbours(person_id: int, day: date) -> list[Neighbour]:
    """Everybody I am to sit beside, agreed or asked."""
    found = queries.pairings_of(person_id, day)
    others = [one.other_id if one.person_id == person_id else one.person_id for one in found]
    cards = people.cards(day, others)
    return [
        Neighbour(one, cards[other].name, one.person_id == person_id)
        for one, other in zip(found, others, strict=True)
        if other in cards
    ]


def _short_names(cards: Mapping[int, PersonCard]) -> dict[int, str]:
    """Family names, the whole name where two have the same."""
    counts = Counter(card.family_name for card in cards.values())
    return {i: card.name if counts[card.family_name] > 1 else card.family_name for i, card in cards.items()}


def _clock(at: datetime) -> str:
    return f"{at.hour}:{at.minute:02}"
