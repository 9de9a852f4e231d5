"""A number's page: whose it is, where it moved to, and who can answer it now; for everybody."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _

from server import clock
from server.people import queries as people
from server.people.login import current_account
from server.people.rules import Role
from server.phones import answering, lookup, rules, words
from server.phones.rules import Reach

pages = Blueprint("phones", __name__, template_folder="templates")


@pages.get("/numbers/<number>")
def number(number: str) -> ResponseReturnValue:
    """The page; every way of writing a number leads to one address."""
    digits = rules.extension_number(number) or abort(404)
    account, now = current_account(), clock.now()
    day = now.astimezone(get_timezone()).date()
    viewer = people.viewer_of(account.account_id, day)
    found = lookup.one(digits, viewer, day) or abort(404)
    if digits != number:
        return redirect(url_for("phones.number", number=digits))
    groups = None
    if found.unit_id is not None:
        every = answering.who_answers(found.unit_id, viewer, now, day)
        groups = [(reach, words.REACHES[reach], [one for one in every if one.reach is reach]) for reach in Reach]
    return render_template(
        "phones/number.html",
        found=found,
        groups=groups,
        now=now,
        kinds=words.KINDS,
        english=str(get_locale()) == "en",
        sentences={name: str(_(sentence)) for name, sentence in words.LIVE.items()},
        timezone=str(get_timezone()),
        is_kiosk=account.role is Role.KIOSK,
        may_edit=account.role in (Role.SECTION_ADMIN, Role.SYSTEM_ADMIN),
    )
