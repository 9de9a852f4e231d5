"""Who can answer a section's number now, as far as the asking person may know."""

from dataclasses import dataclass
from datetime import date, datetime

from server.people import queries as people
from server.people.queries import PersonCard
from server.people.rules import Viewer
from server.phones import queries, rules
from server.phones.queries import NumberView
from server.phones.rules import Reach
from server.places import queries as places
from server.presence import together


@dataclass(frozen=True, slots=True)
class Answerer:
    """Somebody of the ring group: nothing of their place but the group."""

    reach: Reach
    card: PersonCard
    number: NumberView | None


def who_answers(unit_id: int, viewer: Viewer, now: datetime, day: date) -> list[Answerer]:
    """The ring group of a section, nearest to the phone first, then by reading.

    This is no named look-up: it says of nobody where they are, only who is worth ringing first.
    """
    members = people.members_of(people.units_below([unit_id], people.units_on(day)), day)
    cards, choices = people.cards(day, members), people.choices_of(members)
    numbers = queries.numbers_of_people(day, members)
    places_now = together.where_now_of(viewer, members, now, day)
    own_zone_ids = places.zone_ids_of(unit_id, day)
    found = []
    for person_id, card in cards.items():
        if choices[person_id].protected and person_id != viewer.person_id:
            continue  # nobody finds them, here neither (P13)
        group = rules.reach(places_now[person_id], own_zone_ids)
        if group is not None:
            found.append(Answerer(group, card, next(iter(numbers.get(person_id, ())), None)))
    order = list(Reach)
    return sorted(found, key=lambda one: (order.index(one.reach), one.card.kana_key, one.card.id))
