"""Reads for the search what the map does not keep in memory already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server.people import queries as people
from server.people.queries import UnitView
from server.phones import queries as phones
from server.phones.queries import HeldNumber
from server.places import queries as places
from server.places.queries import SeatView


@dataclass(frozen=True, slots=True)
class Lists:
    """The units, numbers and seats of a day."""

    units: Mapping[int, UnitView]
    numbers: Sequence[HeldNumber]
    seats: Sequence[SeatView]


def read(building_id: int, day: date) -> Lists:
    """All of them, as they are that day."""
    return Lists(people.units_on(day), phones.all_numbers(day), places.seats(building_id))
