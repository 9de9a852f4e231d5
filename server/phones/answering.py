"""Who can answer a section's number now, as far as the asking person may know."""

from dataclasses import dataclass
from datetime import date, datetime

from server.people import queries as people
from server.people.queries import PersonCard
from server.people.rules import Signal, Viewer, visible_level
from server.phones import queries, rules
from server.phones.queries import NumberView
from server.phones.rules import Reach
from server.places import queries as places
from server.presence import queries as presence
from server.presence.fusion import Granted, Said, fuse


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
    units = people.units_of_people(day, members)
    cards, choices = people.cards(day, members), people.choices_of(members)
    numbers = queries.numbers_of_people(day, members)
    whereabouts, statuses = presence.whereabouts(members), presence.statuses_at(now, members)
    own_zone_ids = places.zone_ids_of(unit_id, day)
    found = []
    for person_id, card in cards.items():
        subject = choices[person_id]
        if subject.protected and person_id != viewer.person_id:
            continue  # nobody finds them, here neither (P13)
        where, status = whereabouts.get(person_id), statuses.get(person_id)
        granted = Granted(
            beacon=visible_level(viewer, subject, units[person_id], now, Signal.BEACON),
            booking=visible_level(viewer, subject, units[person_id], now, Signal.BOOKING),
        )
        said = None
        if status is not None:
            said = Said(status.kind, status.ends_at, status.note, max(status.set_at, status.starts_at))
        group = rules.reach(
            fuse(where if presence.is_shown(where, now) else None, said, (), granted, now), own_zone_ids
        )
        if group is not None:
            found.append(Answerer(group, card, next(iter(numbers.get(person_id, ())), None)))
    order = list(Reach)
    return sorted(found, key=lambda one: (order.index(one.reach), one.card.kana_key, one.card.id))
