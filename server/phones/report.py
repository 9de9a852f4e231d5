"""What is wrong with the numbers: the facts behind `rules.findings`, with whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from server.people import queries as people
from server.phones import queries, rules
from server.phones.holders import HolderView, bureau_of, holders
from server.phones.queries import HeldNumber
from server.phones.rules import Fact, Finding, Holder, Range


@dataclass(frozen=True, slots=True)
class Numbers:
    """Every number of a day, whose it is, and the plan."""

    every: Mapping[str, HeldNumber]
    holders: Mapping[Holder, HolderView]
    ranges: tuple[Range, ...]

    def holder_of(self, digits: str) -> HolderView | None:
        """Whose a number is."""
        found = self.every.get(digits)
        return None if found is None or found.holder is None else self.holders.get(found.holder)

    def bureau_of(self, digits: str) -> int | None:
        """Whose bureau looks after a number: the holder's, else the one whose range it lies in."""
        holder = self.holder_of(digits)
        if holder is not None and holder.bureau_id is not None:
            return holder.bureau_id
        within = rules.range_of(digits, self.ranges)
        return None if within is None else within.unit_id


def numbers(day: date) -> Numbers:
    """All of it as it is that day."""
    every = {one.number: one for one in queries.all_numbers(day)}
    found = holders([one.holder for one in every.values() if one.holder is not None], day)
    return Numbers(every, found, tuple(queries.ranges()))


def findings(of: Numbers, bureau_id: int | None = None) -> list[Finding]:
    """What is wrong with the numbers; with a bureau, only what touches one of its own."""
    found = rules.findings([_fact(one, of) for one in of.every.values()], of.ranges)
    if bureau_id is None:
        return found
    return [one for one in found if any(of.bureau_of(digits) == bureau_id for digits in one.numbers)]


def bureaus(day: date) -> dict[int, people.UnitView]:
    """The units that numbers are given out by: every bureau, and whatever stands at the top without one."""
    units = people.units_on(day)
    ids = {bureau_of(unit_id, units) for unit_id, unit in units.items() if unit.kind != "city"}
    return {unit_id: units[unit_id] for unit_id in units if unit_id in ids}


def _fact(one: HeldNumber, of: Numbers) -> Fact:
    holder = None if one.holder is None else of.holders.get(one.holder)
    return Fact(
        one.number,
        one.kind,
        one.outside_number,
        one.holder,
        is_here=holder is None or holder.is_here,
        bureau_id=None if holder is None else holder.bureau_id,
        retired=one.retired,
        moved_to=one.moved_to,
    )
