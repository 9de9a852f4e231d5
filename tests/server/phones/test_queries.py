"""Who holds which number on a day."""

from datetime import date

import make

from server import db
from server.phones import queries, service
from server.phones.rules import Holder

NOW = make.at("10:00")
NOBODY = {"actor": "operator", "now": NOW}


def test_a_section_s_main_number_comes_first(database: str) -> None:
    with db.transaction():
        unit = make.unit()
        make.extension("24102", "fax", unit_id=unit)
        make.extension("24109", "section", unit_id=unit, is_main=True, outside="０４４（０００）２４０１")
    first, second = queries.numbers_of_units(make.DAY, [unit])[unit]
    assert (first.number, first.is_main, first.outside_number) == ("24109", True, "044-000-2401")
    assert (second.number, second.kind) == ("24102", "fax")


def test_a_number_is_held_from_the_first_day_to_the_one_before_the_last(database: str) -> None:
    with db.transaction():
        person = make.person()
        extension = service.add_extension("24117", **NOBODY)
        service.give(extension, Holder(person_id=person), date(2026, 5, 1), valid_to=date(2026, 6, 1), **NOBODY)
    held = {day: queries.numbers_of_people(day) for day in (date(2026, 4, 30), date(2026, 5, 1), date(2026, 6, 1))}
    assert [person in found for found in held.values()] == [False, True, False]


def test_numbers_nobody_holds_are_among_all_numbers(database: str) -> None:
    with db.transaction():
        person = make.person()
        make.extension("24118")
        make.extension("24117", person_id=person)
    mine, free = queries.all_numbers(make.DAY)
    assert mine.holder == Holder(person_id=person)
    assert (free.number, free.holder) == ("24118", None)
