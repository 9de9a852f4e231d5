"""A number's page: whose it is, where it moved to, and who can answer it now; for everybody."""

from datetime import date, datetime

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _

from server import clock, db, telephone
from server.people import queries as people
from server.people.login import current_account
from server.people.rules import Role, Viewer
from server.phones import answering, lookup, words
from server.phones.answering import Answering
from server.phones.rules import Reach
from server.presence import alerts
from server.presence.alerts import LookedUpTooOften
from server.presence.outsiders import ONE_LOOK_UP

pages = Blueprint("phones", __name__, template_folder="templates")


@pages.get("/numbers/<number>")
def number(number: str) -> ResponseReturnValue:
    """The page; every way of writing a number leads to one address."""
    digits = telephone.extension_number(number) or abort(404)
    account, now = current_account(), clock.now()
    day = now.astimezone(get_timezone()).date()
    viewer = people.viewer_of(account.account_id, day)
    found = lookup.one(digits, viewer, day) or abort(404)
    if digits != number:
        return redirect(url_for("phones.number", number=digits))
    ring, is_refused = (None, False) if found.unit_id is None else _ring(found.unit_id, viewer, now, day)
    groups = None
    if ring is not None:
        groups = [(reach, words.REACHES[reach], [one for one in ring.people if one.reach is reach]) for reach in Reach]
    return render_template(
        "phones/number.html",
        found=found,
        groups=groups,
        ring=ring,
        is_refused=is_refused,
        kept_s=int(ONE_LOOK_UP.total_seconds()),
        now=now,
        kinds=words.KINDS,
        english=str(get_locale()) == "en",
        sentences={name: str(_(sentence)) for name, sentence in words.LIVE.items()},
        timezone=str(get_timezone()),
        is_kiosk=account.role is Role.KIOSK,
        may_edit=account.role in (Role.SECTION_ADMIN, Role.SYSTEM_ADMIN),
    )


def _ring(unit_id: int, viewer: Viewer, now: datetime, day: date) -> tuple[Answering, bool]:
    """Who answers, and whether this account has looked up too many to be told more than names and numbers (P12)."""
    account = current_account()
    try:
        with db.transaction():
            return answering.look_up(unit_id, viewer, account.account_id, account.name, now, day), False
    except LookedUpTooOften as refused:
        with db.transaction():
            alerts.write(refused.crossed, now)
        return answering.names_only(unit_id, viewer, now, day), True
