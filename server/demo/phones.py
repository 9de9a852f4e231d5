"""Numbers of the demo city: `BBSNN`, bureau, section, 01 the section's main number, 11 to 99 people.

Outside numbers use exchanges that do not exist. A few mistakes are made on purpose, so that the report has something to
say.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count

from server.people import queries as people
from server.people.queries import UnitView
from server.phones import plan
from server.phones import service as phones
from server.phones.rules import Holder, Kind, Range, Use
from server.phones.service import NewNumber
from server.places import queries as places

ACTOR = "iruka demo"
MAIN, SECTION_PHONES, OLD, ZONE, FAX = 1, (2, 3), 5, 8, 9  # NN within a section
FIRST_PERSON, FIRST_HEAD, SPARE = 11, 91, 90
SWITCHBOARD = "044-000-2111"


def number_the_city(building_id: int, valid_from: date, today: date, now: datetime) -> None:
    """The plan and every number of the hall; units and people must be there."""
    units = people.units_on(valid_from)
    bureaus = [unit for unit in units.values() if unit.kind == "bureau"]
    for one in _plan(bureaus):
        plan.add_range(one, today=valid_from, actor=ACTOR, now=now)
    zones = {
        unit_id: zone.id
        for zone in places.zones_of_building(building_id, valid_from)
        for unit_id in zone.unit_ids
        if zone.kind == "counter"
    }
    numbers = list(_numbers(bureaus, units, _members(valid_from), zones, today))
    phones.lay_out([*numbers, *_mistakes(numbers)], valid_from, actor=ACTOR, now=now)


def prefix(bureau: UnitView) -> str:
    """BB of a bureau: 24 of the Finance Bureau."""
    return str(int(bureau.code) - 1)


def _plan(bureaus: Sequence[UnitView]) -> Iterator[Range]:
    for bureau in bureaus:
        first = prefix(bureau)
        yield Range(0, f"{first}000", f"{first}999", bureau.id, Use.ASSIGNABLE, "BBSNN")
        yield Range(0, f"{first}995", f"{first}999", bureau.id, Use.RESERVED, "災害時用")
    yield Range(0, "10000", "10099", None, Use.ASSIGNABLE, "代表・庁舎共通")
    yield Range(0, "70000", "79999", None, Use.RETIRED, "旧PHS")


def _members(day: date) -> Mapping[int, Sequence[int]]:
    """Unit → the people whose primary post it is, heads first."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for person_id, card in sorted(people.cards(day).items()):
        if card.unit_id is not None:
            found[card.unit_id].append(person_id)
    return found


def _numbers(
    bureaus: Sequence[UnitView],
    units: Mapping[int, UnitView],
    members: Mapping[int, Sequence[int]],
    zones: Mapping[int, int],
    today: date,
) -> Iterator[NewNumber]:
    mobile = (f"070-0000-{n:04}" for n in count(1))
    yield NewNumber("10001", Kind.DESK, Holder(device="代表電話（交換台）"), SWITCHBOARD)
    yield NewNumber("10009", Kind.DESK, Holder(device="防災センター 受付"))
    for bureau in bureaus:
        heads = zip(count(FIRST_HEAD), members.get(bureau.id, ()), mobile, strict=False)
        for nn, person_id, outside in heads:
            yield NewNumber(f"{prefix(bureau)}1{nn}", Kind.SMARTPHONE, Holder(person_id=person_id), outside)
        sections = sorted(unit.id for unit in units.values() if unit.parent_id == bureau.id)
        for at, unit_id in enumerate(sections, 1):
            stem = f"{prefix(bureau)}{at % 10}"
            yield from _of_section(stem, unit_id, zones.get(unit_id), today)
            of_people = zip(count(FIRST_PERSON), members.get(unit_id, ()), mobile, strict=False)
            for nn, person_id, outside in of_people:
                yield NewNumber(f"{stem}{nn}", Kind.SMARTPHONE, Holder(person_id=person_id), outside)


def _of_section(stem: str, unit_id: int, counter_id: int | None, today: date) -> Iterator[NewNumber]:
    section, main = Holder(unit_id=unit_id), f"{stem}{MAIN:02}"
    yield NewNumber(main, Kind.SECTION, section, f"044-000-{stem}0", is_main=True)
    yield from (NewNumber(f"{stem}{nn:02}", Kind.SECTION, section) for nn in SECTION_PHONES)
    yield NewNumber(f"{stem}{FAX:02}", Kind.FAX, section, f"044-000-{stem}9")
    if counter_id is not None:
        yield NewNumber(f"{stem}{ZONE:02}", Kind.DESK, Holder(zone_id=counter_id))
    if stem.endswith("1"):
        old, until = f"{stem}{OLD:02}", today + timedelta(days=60)
        yield NewNumber(old, Kind.DESK, retired_on=today - timedelta(days=30), moved_to=main, moved_until=until)


def _mistakes(numbers: Sequence[NewNumber]) -> Iterator[NewNumber]:
    """A second smartphone, a number of another bureau, an outside number given twice, a retired PHS still in use."""
    of_people = [one for one in numbers if one.holder is not None and one.holder.person_id is not None]
    finance = [one for one in of_people if one.number.startswith("241")]
    digital = [one for one in of_people if one.number.startswith("231")]
    section = next(one.holder for one in numbers if one.number == f"242{MAIN:02}")
    yield NewNumber(f"241{SPARE}", Kind.SMARTPHONE, finance[-1].holder)
    yield NewNumber(f"221{SPARE}", Kind.DESK, digital[-1].holder)
    yield NewNumber(f"232{SPARE}", Kind.DESK, digital[-2].holder, digital[-1].outside_number)
    yield NewNumber("70412", Kind.PHS, section)
