"""`iruka set-hours`: the building's hours and the days that differ."""

from datetime import date

import make
import pytest
from click.testing import CliRunner

from server import changes, db
from server.changes import Thing
from server.cli import main
from server.places import queries

THURSDAY, SATURDAY = date(2026, 11, 19), date(2026, 11, 21)


@pytest.fixture
def floor(sqlite) -> int:
    with db.transaction():
        return make.floor(make.building())


@pytest.fixture
def set_hours(floor, sqlite, tmp_path):
    """`set_hours("--opens", "08:30")` on a building that is open from 7:00 to 20:00 on working days."""

    def run(*arguments: str):
        environment = {"IRUKA_DATABASE_URL": sqlite, "IRUKA_STATE_DIR": str(tmp_path / "state")}
        done = CliRunner().invoke(main, ["set-hours", *arguments], env=environment)
        db.connect(sqlite)
        return done

    return run


def opening():
    with db.reading():
        return queries.opening(queries.building("main"))


def test_hours_weekdays_and_exceptions_are_set_and_open_maps_are_told_p7(set_hours, floor, tmp_path):
    days = tmp_path / "days.csv"
    days.write_text("day,name,open\n2026-11-19,開庁記念日,no\n2026-11-21,臨時開庁,yes\n", "utf-8-sig")

    done = set_hours(
        "--opens", "08:30", "--closes", "17:15", "--weekdays", "mon,tue,wed,thu", "--exceptions", str(days)
    )

    assert done.output == "main is open from 08:30 to 17:15 on mon, tue, wed, thu; 2 days differ.\n"
    assert not opening().is_open(make.at("12:00", THURSDAY))
    assert opening().is_open(make.at("17:14", SATURDAY))
    assert not opening().is_open(make.at("17:15", SATURDAY))
    with db.reading():
        assert (Thing.FLOOR, floor) in [(line.thing, line.thing_id) for line in changes.since(0)]


def test_a_building_may_work_on_holidays_and_keep_them_again_p7(set_hours):
    holiday = date(2026, 11, 23)
    assert not opening().is_open(make.at("12:00", holiday))

    assert set_hours("--holidays", "open").exit_code == 0
    assert opening().is_open(make.at("12:00", holiday))
    set_hours("--closes", "19:00")
    assert opening().is_open(make.at("12:00", holiday)), "what is not given stays"
    set_hours("--holidays", "closed")
    assert not opening().is_open(make.at("12:00", holiday))


def test_what_is_not_given_stays_as_it_is(set_hours):
    set_hours("--closes", "24:00")

    assert opening().is_open(make.at("23:59", THURSDAY))
    assert opening().is_open(make.at("07:00", THURSDAY))
    assert not opening().is_open(make.at("06:59", THURSDAY))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--opens", "8:30"], "'8:30' is not a time of the day such as 07:30."),
        (["--opens", "20:00"], "The building must close after it opens, not at 20:00 after 20:00."),
        (["--weekdays", "mon,day"], "'day' is not one of mon, tue, wed, thu, fri, sat, sun."),
    ],
)
def test_a_wrong_value_is_told_and_changes_nothing(set_hours, arguments, sentence):
    before = opening()

    done = set_hours(*arguments)

    assert (done.exit_code, done.output) == (2, sentence + "\n")
    assert opening() == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("day,name\n2026-11-19,x\n", "line 1: the column open is missing."),
        ("day,name,open\n19.11.2026,x,no\n", "line 2: day is '19.11.2026', not a date such as 2026-12-29."),
        ("day,name,open\n2026-11-19,x,closed\n", "line 2: open is 'closed', not yes or no."),
    ],
)
def test_a_wrong_table_of_exceptions_is_told_with_its_line(set_hours, tmp_path, text, sentence):
    days = tmp_path / "days.csv"
    days.write_text(text, "utf-8")

    done = set_hours("--exceptions", str(days))

    assert (done.exit_code, done.output) == (2, f"{days}, {sentence}\n")
