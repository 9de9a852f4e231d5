"""My bookings in my own calendar program: private addresses, one booking as a file, and which mails I want."""

import hashlib
from datetime import datetime

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from server import clock, db
from server.access import PUBLIC, only
from server.calendars import feeds, ical, letters, queries
from server.calendars.rules import KEEP, is_ahead
from server.errors import Refused
from server.limits import Counters, Lane
from server.people import login
from server.people.login import current_account, current_person_id
from server.places import queries as places
from server.settings import Settings

NOTHING = "There is no such calendar address."
PER_ADDRESS, PER_KEY = 300, 30  # a minute; a city hall may stand behind one address
ADDRESSES = 1 << 16  # how many are counted apart
COUNTERS = "iruka.calendars"
TYPE = "text/calendar; charset=utf-8"

pages = Blueprint("calendars", __name__, template_folder="templates")


@pages.record
def _count(state: BlueprintSetupState) -> None:
    config: Settings = state.app.extensions["iruka"]
    state.app.extensions[COUNTERS] = Counters(config.state_dir, "calendars.counts")


@pages.get("/seats/calendar")
def overview() -> ResponseReturnValue:
    """My calendar addresses and my mails."""
    return _overview()


@pages.post("/seats/calendar/feeds")
def issue() -> ResponseReturnValue:
    """Make an address and show it, this once."""
    person_id, form = current_person_id(), request.form
    try:
        with db.transaction():
            _id, key = feeds.issue(person_id, form.get("name", ""), form.get("language", ""), clock.now())
    except Refused as refused:
        return _overview(_(refused.sentence)), refused.status
    address = letters.site_of(login.settings_in_use()).url + url_for("calendars.feed", key=key)
    return render_template(
        "calendars/address.html", address=address, webcal="webcal:" + address.partition(":")[2], name=form["name"]
    )


@pages.post("/seats/calendar/feeds/<int(max=999999999):feed_id>/withdraw")
def withdraw(feed_id: int) -> ResponseReturnValue:
    """The address opens nothing any more."""
    with db.transaction():
        feeds.revoke(current_person_id(), feed_id)
    flash(_("The calendar address is withdrawn."))
    return redirect(url_for("calendars.overview"))


@pages.post("/seats/calendar/mails")
def choose() -> ResponseReturnValue:
    """Which mails I want."""
    with db.transaction():
        letters.choose(
            current_person_id(), invitations="invitations" in request.form, notices="notices" in request.form
        )
    flash(_("Saved."))
    return redirect(url_for("calendars.overview") + "#mails")


@pages.get("/seats/bookings/<int(max=999999999):booking_id>.ics")
def single(booking_id: int) -> ResponseReturnValue:
    """One booking of mine as a file for my calendar program."""
    entry = queries.entry(booking_id)
    if entry is None or entry.person_id != current_person_id() or not is_ahead(entry):
        raise Refused("no_booking", "There is no such booking.", 404)
    document = ical.single(entry, str(get_locale()), letters.site_of(login.settings_in_use()))
    response = Response(document, content_type=TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="seat-{entry.booking_id}.ics"'
    return response


@pages.get("/calendar/<key>.ics")
@only(PUBLIC)
def feed(key: str) -> ResponseReturnValue:
    """A person's bookings for whoever has the address; nothing tells a wrong address from a withdrawn one."""
    now, config = clock.now(), login.settings_in_use()
    _pace(_slot(request.remote_addr or ""), Lane.BROWSER_READS, PER_ADDRESS, now)
    building = places.building(config.site)
    opened = None if building is None else feeds.find(key, now.astimezone(building.zone).date())
    if opened is None or building is None:
        raise Refused("unknown_feed", NOTHING, 404)
    _pace(opened.feed_id, Lane.TOKEN_READS, PER_KEY, now)
    entries = queries.entries(opened.person_id, now - KEEP)
    document = ical.feed(entries, opened.language, building.timezone, letters.site_of(config))
    response = Response(document, content_type=TYPE)
    response.set_etag(hashlib.sha256(document).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = 'inline; filename="seats.ics"'
    return response.make_conditional(request)


def _pace(slot: int, lane: Lane, limit: int, now: datetime) -> None:
    counters: Counters = current_app.extensions[COUNTERS]
    wait_s = counters.wait_s(slot, lane, limit, now.timestamp())
    if wait_s is not None:
        raise Refused("too_many_requests", "Too many requests. Please wait a moment.", 429, retry_after_s=wait_s)


def _slot(address: str) -> int:
    return int.from_bytes(hashlib.blake2b(address.encode(), digest_size=8).digest()) % ADDRESSES


def _overview(error: str | None = None) -> str:
    person_id = current_account().person_id
    invitations, notices = (False, False) if person_id is None else queries.wants(person_id)
    return render_template(
        "calendars/overview.html",
        has_person=person_id is not None,
        feeds=[] if person_id is None else feeds.listed(person_id),
        languages={"ja": "日本語", "en": "English"},
        given=request.form,
        error=error,
        can_mail=letters.office() is not None,
        mail="" if person_id is None else queries.address(person_id),
        invitations=invitations,
        notices=notices,
    )
