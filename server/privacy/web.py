"""A person's own page: the notice, who sees how much, the pause, and who looked (P1, P2, P4, P5, P10, P11)."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, tzinfo
from itertools import product
from typing import NamedTuple

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, get_locale, get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from server import clock, db, paging, retention_terms
from server.access import local_path
from server.errors import Refused
from server.people import login, queries, service
from server.people.login import current_account, current_person_id
from server.people.queries import NoticeView
from server.people.rules import LEVELS, Audience, Choices, Level, PauseLength, Role, Signal
from server.places import queries as places
from server.places.queries import BuildingView
from server.presence import queries as presence
from server.presence import service as presence_service
from server.privacy import inventory, kept, preview
from server.privacy.look_ups import page as look_ups_page
from server.retention_terms import Term
from server.settings import Settings

log = logging.getLogger(__name__)

pages = Blueprint("privacy", __name__, template_folder="templates")

LEVEL_NAMES = {
    Level.HIDDEN: _l("Nothing"),
    Level.BUILDING: _l("In building or not"),
    Level.FLOOR: _l("Floor only"),
    Level.ZONE: _l("Zone"),
    Level.SEAT: _l("Seat"),
}
PAUSES = {
    PauseLength.QUARTER: _l("15 minutes"),
    PauseLength.HOUR: _l("1 hour"),
    PauseLength.TODAY: _l("Today"),
    PauseLength.UNTIL_ENDED: _l("Until I show it again"),
}
SCREENS = {
    "map": _l("floor map"),
    "list": _l("floor list"),
    "home": _l("start page"),
    "search": _l("search"),
    "person": _l("person page"),
    "status": _l("status"),
    "answering": _l("section’s number"),
    "seats": _l("seat search"),
}


@pages.get("/me")
def me() -> ResponseReturnValue:
    """Everything I decide, and everything others did with it."""
    person_id, now = current_account().person_id, clock.now()
    notice = queries.newest_notice()
    page = paging.asked(request.args.get("page", ""))
    about_me = {} if person_id is None else _about(person_id, notice, page, now)
    return render_template(
        "privacy/me.html",
        is_person=person_id is not None,
        notice=notice,
        notice_text=None if notice is None else notice.text(str(get_locale())),
        levels=[(level, LEVEL_NAMES[level]) for level in reversed(LEVELS)],
        screens=SCREENS,
        inventory=inventory.in_words(),
        **about_me,
    )


def _about(person_id: int, notice: NoticeView | None, page: int, now: datetime) -> dict[str, object]:
    building = _building()
    today = now.astimezone(UTC if building is None else building.zone).date()
    look_ups = presence.look_ups_of(person_id, now - (term := retention_terms.keep(Term.LOOK_UPS)))
    choices = queries.choices_of([person_id])[person_id]
    sentences = preview.sentences(person_id, choices, building, now)
    return {
        "notice_read_at": None if notice is None else queries.notice_read_at(person_id, notice.version),
        "audiences": preview.rows(choices, sentences),
        "signals": list(preview.SIGNALS.items()),
        "preview": {"sentences": sentences, "levels": list(LEVELS), "reads": str(_("They see now: %(place)s"))},
        "paused": _paused_sentence(choices, now),
        "map_views": sum(presence.map_views(today, today).values()),
        "look_ups_kept": kept.spoken(term),
        "look_ups": look_ups_page(look_ups, UTC if building is None else building.zone, page),
    }


@pages.post("/me/visibility")
def set_visibility() -> ResponseReturnValue:
    """Choose how much each audience sees by each signal; what is not asked about stays."""
    person_id = current_person_id()
    chosen: dict[Signal, dict[Audience, Level]] = {signal: {} for signal in Signal}
    for audience, signal in product(Audience, Signal):
        given = request.form.get(preview.field_of(audience, signal))
        if given is None:
            continue
        try:
            chosen[signal][audience] = Level(given)
        except ValueError:
            raise Refused("unknown_level", "There is no such level of visibility.", 422) from None
    with db.transaction():
        for signal, levels in chosen.items():
            service.set_visibility(person_id, levels, clock.now(), signal)
    flash(_("Saved."))
    return redirect(url_for("privacy.me") + "#visibility")


@pages.post("/me/pause")
def pause() -> ResponseReturnValue:
    """Hide my place from everyone at once; no reason is asked (P5)."""
    person_id = current_person_id()
    try:
        length = PauseLength(request.form.get("length", ""))
    except ValueError:
        raise Refused("unknown_length", "Choose for how long your location is hidden.", 422) from None
    with db.transaction():
        service.pause(person_id, length, clock.now(), _zone())
        presence_service.clear([person_id], clock.now())  # hidden means not kept either
    flash(_("Your location is hidden from everyone now."))
    return redirect(local_path(request.form.get("next"), url_for("privacy.me")))


@pages.post("/me/resume")
def resume() -> ResponseReturnValue:
    """Show my place again, as far as I chose."""
    person_id = current_person_id()
    with db.transaction():
        service.resume(person_id, clock.now())
    flash(_("Your location is shown again."))
    return redirect(local_path(request.form.get("next"), url_for("privacy.me")))


@pages.post("/me/notice")
def read_notice() -> ResponseReturnValue:
    """I have read the notice; from now on something may be recorded about me (P2)."""
    person_id = current_person_id()
    version = request.form.get("version", "")
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise Refused("notice_changed", "The notice has changed. Read the new version first.")
    with db.transaction():
        service.read_notice(person_id, int(version), clock.now())
    flash(_("Thank you. You can hide your location or leave the beacon in your locker at any time."))
    return redirect(url_for("privacy.me"))


@pages.app_context_processor
def _for_templates() -> dict[str, Callable[[], object]]:
    """What pages say of my own choices."""
    return {
        "my_pause": _my_pause,
        "header_pause": _header_pause,
        "must_read_notice": _must_read_notice,
        "pauses": PAUSES.items,
    }


def _my_pause() -> str | None:
    person_id = current_person_id()
    return _paused_sentence(queries.choices_of([person_id])[person_id], clock.now())


class HeaderPause(NamedTuple):
    """What every page's header says of my pause; empty texts while I am shown."""

    sentence: str = ""
    state: str = ""


def _header_pause() -> HeaderPause | None:
    """None for who has no place to hide, and while the database is away."""
    account = login.signed_in()
    if account is None or account.person_id is None or account.role is Role.KIOSK:
        return None
    if login.current_session().remembered or db.is_silent():
        return None
    try:
        choices, now = queries.choices_of([account.person_id])[account.person_id], clock.now()
    except SQLAlchemyError as error:
        db.session.remove()
        log.warning("a pause could not be read: %s", type(error).__name__)
        return None
    sentence = _paused_sentence(choices, now)
    return HeaderPause() if sentence is None else HeaderPause(sentence, _paused_state(choices))


def _must_read_notice() -> bool:
    account = login.signed_in()
    if account is None or account.person_id is None or queries.newest_notice_version() is None:
        return False
    return not queries.choices_of([account.person_id])[account.person_id].notice_read


def _paused_sentence(choices: Choices, now: datetime) -> str | None:
    if not choices.is_paused(now):
        return None
    if choices.paused_until is None:
        return str(_("Your location is hidden until you show it again."))
    if not (ends := _clock_time(choices.paused_until)):
        return str(_("Your location is hidden for today."))
    return str(_("Your location is hidden until %(time)s.", time=ends))


def _paused_state(choices: Choices) -> str:
    """The same in two or three words."""
    if choices.paused_until is None:
        return str(_("Hidden"))
    ends = _clock_time(choices.paused_until)
    return str(_("Hidden until %(time)s", time=ends) if ends else _("Hidden today"))


def _clock_time(ends: datetime) -> str:
    """The end of a pause on the building's clock; "" at midnight, where today's pause ends."""
    return "" if ends.astimezone(get_timezone()).time() == time.min else format_datetime(ends, "H:mm")


def _zone() -> tzinfo:
    building = _building()
    if building is None:
        raise Refused("not_built", "The building has not been set up yet.", 503)
    return building.zone


def _building() -> BuildingView | None:
    config: Settings = current_app.extensions["iruka"]
    return places.building(config.site)
