"""Who can answer a section's number now, as far as the asking person may know."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date, datetime

from server.bookings.claims import claims_at
from server.people import queries as people
from server.people.queries import PersonCard
from server.people.rules import Viewer
from server.phones import queries, rules
from server.phones.queries import NumberView
from server.phones.rules import Reach
from server.places import queries as places
from server.presence import outsiders, together
from server.presence.radio import radio_at

SCREEN = "answering"


@dataclass(frozen=True, slots=True)
class Answerer:
    """Somebody of the ring group: nothing of their place but the group.

    reach    None: it does not ring for them
    is_old   the group is what their badge last said; nothing is heard there now
    """

    reach: Reach | None
    card: PersonCard
    number: NumberView | None
    is_old: bool = False


@dataclass(frozen=True, slots=True)
class Answering:
    """The ring group of a section, nearest to the phone first, then by reading.

    is_others      people of other sections than the viewer's are in it
    sensors_down   no badge is heard now
    """

    people: tuple[Answerer, ...]
    is_others: bool
    sensors_down: bool


def look_up(unit_id: int, viewer: Viewer, account_id: int, name: str, now: datetime, day: date) -> Answering:
    """The ring group of a section; people of other sections of whom it tells anything can read who asked (P11).

    LookedUpTooOften (429) as every look-up (P12). A shared screen is told of nobody.
    """
    members, sensors_down = _members(unit_id, viewer, now, day)
    others = outsiders.outsiders(viewer, members.keys(), day)
    told = frozenset() if viewer.kiosk else rules.told([(i, one.reach) for i, one in members.items() if i in others])
    outsiders.look_up(account_id, name, told, SCREEN, now)
    return _answering(members, others, told, sensors_down)


def names_only(unit_id: int, viewer: Viewer, now: datetime, day: date) -> Answering:
    """The same for whoever has looked up too many: it tells nothing of people of other sections."""
    members, sensors_down = _members(unit_id, viewer, now, day)
    return _answering(members, outsiders.outsiders(viewer, members.keys(), day), frozenset(), sensors_down)


def _members(unit_id: int, viewer: Viewer, now: datetime, day: date) -> tuple[dict[int, Answerer], bool]:
    """Everybody of a section whom the viewer finds at all, in the order of the ring, and whether the sensors are down.

    Nobody else finds the protected, here neither (P13).
    """
    ids = people.members_of(people.units_below([unit_id], people.units_on(day)), day)
    cards, choices = people.cards(day, ids), people.choices_of(ids)
    numbers, radio = queries.numbers_of_people(day, ids), radio_at(now)
    where_now = together.where_now_of(viewer, ids, now, day, claims=claims_at(now, ids), radio=radio)
    own_zone_ids = places.zone_ids_of(unit_id, day)
    found = {
        i: Answerer(
            rules.reach(where_now[i], own_zone_ids),
            card,
            next(iter(numbers.get(i, ())), None),
            rules.is_old(where_now[i]),
        )
        for i, card in cards.items()
        if i == viewer.person_id or not choices[i].protected
    }
    return dict(sorted(found.items(), key=lambda item: _order(item[1]))), radio.is_down


def _answering(
    members: dict[int, Answerer], others: frozenset[int], told: Container[int], sensors_down: bool
) -> Answering:
    known = (
        one if i in told or i not in others else replace(one, reach=Reach.ELSEWHERE, is_old=False)
        for i, one in members.items()
    )
    rung = sorted((one for one in known if one.reach is not None), key=_order)
    return Answering(tuple(rung), bool(others), sensors_down)


def _order(one: Answerer) -> tuple[int, str, int]:
    reaches = list(Reach)
    nearness = len(reaches) if one.reach is None else reaches.index(one.reach)
    return nearness, one.card.kana_key, one.card.id
