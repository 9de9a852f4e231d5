"""`iruka set-hours`: when the building is open, and the days that differ from the week's rule (P7)."""

import csv
import re
from datetime import date
from pathlib import Path

import click

from server import changes, clock, db, settings
from server.changes import Thing
from server.errors import Misconfigured
from server.places import queries, service

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
COLUMNS = {"day", "name", "open"}
OPEN = {"yes": True, "no": False}


@click.command()
@click.option("--opens", metavar="HH:MM", help="From then on places may be recorded, such as 07:30.")
@click.option("--closes", metavar="HH:MM", help="From then on nothing is; 24:00 is midnight.")
@click.option("--weekdays", metavar="DAYS", help="The open days of the week, such as mon,tue,wed,thu,fri.")
@click.option(
    "--holidays",
    type=click.Choice(["closed", "open"]),
    help="Whether public holidays and the days from 29 December to 3 January are closed, which they are at first.",
)
@click.option(
    "--exceptions",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The days that differ, all of them: CSV in UTF-8 with day (2026-12-29), name, open (yes or no).",
)
def set_hours(
    opens: str | None, closes: str | None, weekdays: str | None, holidays: str | None, file: Path | None
) -> None:
    """Set when the building is open; outside these hours nothing is recorded. What is not given stays as it is."""
    config = settings.load()
    db.connect(config.database_url)
    exceptions = None if file is None else _exceptions(file)
    with db.transaction():
        building = queries.building(config.site)
        if building is None:
            raise Misconfigured(f"There is no building {config.site}; IRUKA_SITE names it.")
        opens_at, closes_at = _time(opens or building.opens_at), _time(closes or building.closes_at)
        if opens_at >= closes_at:
            raise Misconfigured(f"The building must close after it opens, not at {closes_at} after {opens_at}.")
        digits = building.open_weekdays if weekdays is None else _digits(weekdays)
        keeps = None if holidays is None else holidays == "closed"
        service.set_hours(building.id, opens_at, closes_at, digits, keeps_holidays=keeps)
        if exceptions is not None:
            service.set_exceptions(building.id, exceptions)
        for floor in queries.floors(building.id):
            changes.record(Thing.FLOOR, floor.id, clock.now())  # receivers and open maps learn of it at once
        differ = len(queries.closed_days(building.id))
    days = ", ".join(WEEKDAYS[int(digit)] for digit in digits)
    click.echo(f"{building.code} is open from {opens_at} to {closes_at} on {days}; {differ} days differ.")


def _time(text: str) -> str:
    if not TIME.fullmatch(text):
        raise Misconfigured(f"'{text}' is not a time of the day such as 07:30.")
    return text


def _digits(text: str) -> str:
    given = [name.strip().lower() for name in text.split(",")]
    if unknown := [name for name in given if name not in WEEKDAYS]:
        raise Misconfigured(f"'{unknown[0]}' is not one of {', '.join(WEEKDAYS)}.")
    return "".join(sorted({str(WEEKDAYS.index(name)) for name in given}))


def _exceptions(file: Path) -> dict[date, tuple[str, bool]]:
    found: dict[date, tuple[str, bool]] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            if missing := sorted(COLUMNS - set(rows.fieldnames or ())):
                raise Misconfigured(f"{file}, line 1: the column {missing[0]} is missing.")
            for row in rows:
                day, name, is_open = row["day"] or "", row["name"] or "", row["open"] or ""
                if is_open not in OPEN:
                    raise Misconfigured(f"{file}, line {rows.line_num}: open is '{is_open}', not yes or no.")
                found[_day(day, file, rows.line_num)] = (name[:60], OPEN[is_open])
    except UnicodeDecodeError:
        raise Misconfigured(f"{file} is not text in UTF-8.") from None
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    return found


def _day(text: str, file: Path, line: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{file}, line {line}: day is '{text}', not a date such as 2026-12-29.") from None
