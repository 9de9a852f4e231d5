"""Everything held about me, to read and to take away (P23)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, get_timezone
from flask_babel import gettext as _

from server import audit, cells, clock, db, retention_terms
from server.bookings import personal_data as bookings
from server.calendars import personal_data as calendars
from server.fleet import personal_data as fleet
from server.memos import personal_data as memos
from server.people import personal_data as people
from server.people.login import current_account, current_person_id
from server.phones import personal_data as phones
from server.places import personal_data as places
from server.presence import alerts
from server.presence import personal_data as presence
from server.privacy import inventory
from server.privacy.held_words import FIELDS, WORDS
from server.retention_terms import Term
from server.seating import personal_data as seating

ROOMS = (people, places, fleet, presence, bookings, phones, memos, seating, calendars)
SHOWN = 100  # rows of one kind on the page; the files hold all of them

pages = Blueprint("held", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing that is held, with its rows; `more` of them are in the files only."""

    what: str
    kept: str
    rows: Sequence[Sequence[tuple[str, str]]]
    more: int


def everything(person_id: int) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Every table that holds something about people, with the rows about this person."""
    found: dict[str, Sequence[Mapping[str, object]]] = {}
    for room in ROOMS:
        found |= room.export(person_id)
    return found


@pages.get("/me/held")
def page() -> ResponseReturnValue:
    """The page."""
    found = everything(current_person_id())
    parts = []
    for held in inventory.in_words():
        rows = [row for table in held.tables for row in found[table]]
        shown = [[(_name(name), _text(value)) for name, value in row.items()] for row in rows[:SHOWN]]
        parts.append(Part(held.what, held.kept, shown, max(0, len(rows) - SHOWN)))
    return render_template("privacy/held.html", parts=parts)


@pages.get("/me/held.csv")
def table() -> ResponseReturnValue:
    """The same as a file that a spreadsheet opens: a line for each value."""
    person_id = current_person_id()
    text = cells.csv_text(_lines(everything(person_id)))
    _note_export(person_id, "csv")
    return _file("\ufeff" + text, "text/csv", "csv")


@pages.get("/me/held.json")
def document() -> ResponseReturnValue:
    """The same for programs; instants are in UTC, names are the tables' own."""
    person_id = current_person_id()
    text = json.dumps(everything(person_id), ensure_ascii=False, indent=1, default=_plain)
    _note_export(person_id, "json")
    return _file(text, "application/json", "json")


@pages.app_context_processor
def _for_my_page() -> dict[str, Callable[[], list[datetime]]]:
    return {"asked_often": _asked_often}


def _asked_often() -> list[datetime]:
    """When I was looked up unusually often, as long as that is kept (P12)."""
    return alerts.about(current_person_id(), clock.now() - retention_terms.keep(Term.ALERTS))


def _lines(found: Mapping[str, Sequence[Mapping[str, object]]]) -> Iterator[Sequence[str]]:
    yield [_("What is held"), _("Kept"), _("No."), _("Item"), _("Value")]
    for held in inventory.in_words():
        rows = [row for table in held.tables for row in found[table]]
        for number, row in enumerate(rows, 1):
            for name, value in row.items():
                yield [str(held.what), str(held.kept), str(number), _name(name), _text(value)]


def _note_export(person_id: int, kind: str) -> None:
    account, now = current_account(), clock.now()
    with db.transaction():
        actor = audit.account(account.account_id, account.name)
        audit.record(actor, "held_exported", audit.person(person_id), {"format": kind}, now)


def _file(text: str, media: str, ending: str) -> Response:
    response = Response(text, mimetype=media)
    name = f"iruka-{clock.now().astimezone(get_timezone()):%Y-%m-%d}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _name(name: str) -> str:
    return str(FIELDS.get(name, name))


def _text(value: object) -> str:
    """A value as a person reads it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, datetime):
        return str(format_datetime(value, "medium"))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return ", ".join(f"{_name(str(name))}: {_text(one)}" for name, one in value.items()) or "–"
    return str(WORDS.get(str(value), value))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)  # a datetime is a date
