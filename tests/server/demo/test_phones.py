"""The demo city's numbers: everybody has one, and the report finds exactly the mistakes made on purpose."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from server import clock, db
from server.demo.build import FISCAL_YEAR, build_city
from server.demo.city import PEOPLE
from server.people import queries as people
from server.phones import queries, report
from server.phones.rules import Wrong


@pytest.fixture(scope="module")
def city(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[date]:
    """The built city, connected; yields today."""
    file = tmp_path_factory.mktemp("city") / "iruka.db"
    file.write_bytes(sqlite_template.read_bytes())
    db.connect(f"sqlite:///{file}")
    build_city(clock.now(), lambda *_progress: None)
    yield clock.now().date()
    db.disconnect()


def test_everybody_and_every_section_has_a_number(city: date) -> None:
    units = people.units_on(city)
    sections = [unit.id for unit in units.values() if unit.kind == "section"]
    of_units = queries.numbers_of_units(city)
    assert len(queries.numbers_of_people(city)) == PEOPLE
    assert all(of_units[unit_id][0].is_main for unit_id in sections)


def test_the_finance_section_is_called_under_24101(city: date) -> None:
    units = people.units_on(FISCAL_YEAR)
    (finance,) = [unit.id for unit in units.values() if unit.name == "財政課"]
    main = queries.numbers_of_units(city, [finance])[finance][0]
    assert (main.number, main.outside_number) == ("24101", "044-000-2410")
    assert queries.number("24117", city) is not None


def test_the_report_finds_the_mistakes_made_on_purpose_and_no_others(city: date) -> None:
    found = [one.wrong for one in report.findings(report.numbers(city))]
    assert found == [Wrong.TWO_OF_A_KIND, Wrong.SAME_OUTSIDE, Wrong.OTHER_BUREAU, Wrong.RETIRED]


def test_retired_numbers_say_where_they_moved_to(city: date) -> None:
    moved = [one for one in queries.all_numbers(city) if one.moved_to is not None]
    assert moved
    assert all(one.moved_to == f"{one.number[:3]}01" for one in moved)
