"""The statuses that somebody may read: their own, and those of people of whom they may see anything."""

from collections.abc import Collection
from datetime import date, datetime

from server.people import queries as people
from server.people.rules import Level, Signal, Viewer, visible_level
from server.presence import outsiders, queries
from server.presence.queries import StatusView

SCREEN = "status"


def look_up_statuses(
    viewer: Viewer, account_id: int, name: str, person_ids: Collection[int], now: datetime, day: date
) -> dict[int, StatusView]:
    """The statuses of these people, whom somebody asked for by name; those of other sections can read that (P11).

    A status says who is in the building and who is not, so the limits of look-ups hold for it (P12); the viewer's own
    sections are on the viewer's start page anyway.
    """
    active, choices = people.active_ids(day), people.choices_of(person_ids)
    found = [i for i in active & choices.keys() if not choices[i].protected]
    outsiders.look_up(account_id, name, outsiders.outsiders(viewer, found, day), SCREEN, now)
    return visible_statuses(viewer, person_ids, now, day)


def visible_statuses(
    viewer: Viewer, person_ids: Collection[int] | None, now: datetime, day: date
) -> dict[int, StatusView]:
    """The statuses that hold now of these people (None: of the viewer's sections), as far as the viewer may know."""
    said = queries.statuses_at(now, person_ids)
    units = people.units_of_people(day, said)
    active = people.cards(day, list(said))
    choices = people.choices_of(list(said))
    return {
        i: status
        for i, status in said.items()
        if i in active and i in choices
        if person_ids is not None or not units.get(i, frozenset()).isdisjoint(viewer.unit_ids)
        if any(
            visible_level(viewer, choices[i], units.get(i, frozenset()), now, signal) is not Level.HIDDEN
            for signal in Signal
        )
    }
