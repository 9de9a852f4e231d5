"""What I say of my own day, and that I am not there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import clock, db
from server.access import local_path
from server.errors import Refused
from server.people import login
from server.people import queries as people
from server.people.login import current_person_id
from server.places import queries as places
from server.places.queries import BuildingView
from server.presence import disputes, lengths, queries, statuses
from server.presence.lengths import Length
from server.presence.queries import StatusView
from server.presence.rules import StatusKind
from server.presence.statuses import Told
from server.presence.words import KINDS, LENGTHS, status_words
from server.settings import Settings

OF_DAYS = (StatusKind.TELEWORK, StatusKind.TRIP, StatusKind.LEAVE)

pages = Blueprint("presence", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class MyStatus:
    """A status of mine, in words."""

    words: str
    note: str
    first_day: date
    starts_at: str  # ISO 8601, to name it by
    is_now: bool


@pages.post("/me/status")
def set_status() -> ResponseReturnValue:
    """Say what I am until when, or on which days."""
    person_id, now = current_person_id(), clock.now()
    kind = _kind()
    starts_at, ends_at = _days() if request.form.get("first_day") else (now, _end(kind, person_id, now))
    with db.transaction():
        told = statuses.set_status(person_id, kind, starts_at, ends_at, request.form.get("note", ""), now)
    flash(_("Saved."))
    _tell(told)
    return _back()


@pages.post("/me/status/end")
def end_status() -> ResponseReturnValue:
    """End what holds now, or take back what was said of another time."""
    person_id, given = current_person_id(), request.form.get("starts_at")
    try:
        starts_at = None if given is None else datetime.fromisoformat(given)
    except ValueError:
        raise Refused("no_status", "There is no such status any more.", 404) from None
    if starts_at is not None and starts_at.tzinfo is None:
        raise Refused("no_status", "There is no such status any more.", 404)
    with db.transaction():
        told = statuses.end_status(person_id, clock.now(), starts_at)
    flash(_("The status is taken back."))
    _tell(told)
    return _back()


@pages.post("/me/not-there")
def not_there() -> ResponseReturnValue:
    """I am not where I am shown (P19)."""
    person_id, now = current_person_id(), clock.now()
    with db.transaction():
        disputes.deny(person_id, now, now.astimezone(_building().zone).date())
    flash(_("Thank you. That place is not shown any more, and the receivers there will be looked at."))
    return _back()


@pages.app_context_processor
def _for_templates() -> dict[str, Callable[[], object]]:
    """What the start page and My page show of my statuses."""
    return {
        "my_statuses": _my_statuses,
        "status_kinds": lambda: [(kind.value, name) for kind, name in KINDS.items()],
        "status_kinds_of_days": lambda: [(kind.value, KINDS[kind]) for kind in OF_DAYS],
        "status_lengths": lambda: [(length.value, name) for length, name in LENGTHS.items()],
        "my_place_is_known": _my_place_is_known,
    }


def _my_statuses() -> list[MyStatus]:
    account = login.signed_in()
    if account is None or account.person_id is None:
        return []
    now = clock.now()
    found = queries.statuses_of(account.person_id, now)
    return [_mine(status, now, _building()) for status in found]  # nobody has one before there is a building


def _mine(status: StatusView, now: datetime, building: BuildingView) -> MyStatus:
    return MyStatus(
        status_words(status.kind, status.ends_at, max(now, status.starts_at), building.zone),
        status.note,
        status.starts_at.astimezone(building.zone).date(),
        status.starts_at.isoformat(),
        status.starts_at <= now,
    )


def _my_place_is_known() -> bool:
    account = login.signed_in()
    if account is None or account.person_id is None:
        return False
    return queries.is_shown(queries.whereabouts([account.person_id]).get(account.person_id), clock.now())


def _kind() -> StatusKind:
    try:
        return StatusKind(request.form.get("kind", ""))
    except ValueError:
        raise Refused("unknown_status", "Choose what your status is.", 422) from None


def _end(kind: StatusKind, person_id: int, now: datetime) -> datetime:
    try:
        length = Length(request.form.get("until", Length.USUAL))
    except ValueError:
        raise Refused("unknown_length", "Choose until when.", 422) from None
    building = _building()
    _opens, closes = people.schedules([person_id]).get(person_id, (None, None))
    end = lengths.ends_at(length, kind, now, building.zone, closes or building.closes_at)
    if end is None:
        raise Refused("noon_is_over", "Noon is over. Choose another time.", 422)
    return end


def _days() -> tuple[datetime, datetime]:
    try:
        first = date.fromisoformat(request.form.get("first_day", ""))
        last = date.fromisoformat(request.form.get("last_day") or first.isoformat())
        return lengths.days(first, last, _building().zone)
    except (ValueError, OverflowError):
        raise Refused("bad_day", "Give the days as 2026-11-24.", 422) from None


def _tell(told: Sequence[Told]) -> None:
    for sentence, values in told:
        flash(_(sentence, **values))


def _building() -> BuildingView:
    config: Settings = current_app.extensions["iruka"]
    building = places.building(config.site)
    if building is None:
        raise Refused("not_built", "The building has not been set up yet.", 503)
    return building


def _back() -> ResponseReturnValue:
    return redirect(local_path(request.form.get("next"), url_for("privacy.me") + "#status"))
