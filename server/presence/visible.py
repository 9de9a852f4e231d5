"""The statuses that somebody may read: their own, and those of people of whom they may see anything."""

from collections.abc import Collection
from datetime import date, datetime

from server.people import queries as people
from server.people.rules import Level, Signal, Viewer, visible_level
from server.presence import queries
from server.presence.queries import StatusView


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
