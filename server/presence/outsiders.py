"""People of other sections, when several are asked for at once: who they are, and that they can read it (P11, P12)."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from server.people import queries as people
from server.people.rules import Viewer
from server.presence import queries, service

ONE_LOOK_UP = timedelta(minutes=10)  # whoever asks for the same person again within it writes no second line


def outsiders(viewer: Viewer, person_ids: Collection[int], day: date) -> frozenset[int]:
    """Who of these works in no section of the viewer's; one's own sections are on one's start page anyway."""
    units = people.units_of_people(day, person_ids)
    others = (i for i in person_ids if units.get(i, frozenset()).isdisjoint(viewer.unit_ids))
    return frozenset(others) - {viewer.person_id}


def look_up(account_id: int, name: str, person_ids: Collection[int], screen: str, now: datetime) -> None:
    """Write down that somebody asked for these, once in ten minutes; refused for all when for one (P12)."""
    for i in sorted(frozenset(person_ids) - queries.looked_up(account_id, screen, now - ONE_LOOK_UP)):
        service.write_down(account_id, name, i, screen, now)
