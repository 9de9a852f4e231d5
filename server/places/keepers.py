"""Who looks after a zone: section administrators of the units that own it, and facilities, who look after all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from server.people import queries as people
from server.people.rules import Role
from server.places.queries import ZoneView


@dataclass(frozen=True, slots=True)
class Keeper:
    """What an account looks after.

    unit_ids   the units of the administrator's posts and all units above them: a bureau's zone is theirs, too
    """

    is_everybodys: bool
    unit_ids: frozenset[int]

    def minds(self, zone: ZoneView) -> bool:
        """Whether this zone is looked after here."""
        return self.is_everybodys or not self.unit_ids.isdisjoint(zone.unit_ids)


def keeper(role: Role, person_id: int | None, day: date) -> Keeper:
    """What an account of this role and person looks after on a day."""
    if role is Role.FACILITIES:
        return Keeper(True, frozenset())
    if role is not Role.SECTION_ADMIN or person_id is None:
        return Keeper(False, frozenset())
    return Keeper(False, _with_above(people.units_of_people(day, [person_id]).get(person_id, frozenset()), day))


def keeper_of(zone: ZoneView, day: date) -> int | None:
    """The section administrator who answers for a zone with its owners of that day; None: facilities do."""
    administrators = people.people_with_role(Role.SECTION_ADMIN)
    units = people.units_of_people(day, administrators) if administrators else {}
    minding = [i for i in sorted(units) if not _with_above(units[i], day).isdisjoint(zone.unit_ids)]
    nearest = [i for i in minding if not units[i].isdisjoint(zone.unit_ids)]
    return next(iter(nearest or minding), None)


def _with_above(unit_ids: Iterable[int], day: date) -> frozenset[int]:
    units = people.units_on(day)
    above = (unit for unit_id in unit_ids for unit in people.unit_path(unit_id, units))
    return frozenset(unit.id for unit in above if unit.kind != "city")
