"""Asking that a person be protected, and granting it: two people each time (P13)."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from flask_babel import gettext as _

from server import access, audit, clock, db
from server.access import only
from server.errors import Refused
from server.people import proof, queries
from server.people import protection as people
from server.people.login import current_account
from server.people.protection import Candidate
from server.people.rules import Role
from server.presence import service as presence

LARGEST_ID = 2**31 - 1
SHOWN = 20  # requests that were decided last

pages = Blueprint("protection", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody a search found, with the unit that tells namesakes apart."""

    person: Candidate
    unit: str


@pages.get("/officer/protection")
def desk() -> ResponseReturnValue:
    """Who is protected, what waits, and a search for asking."""
    today = clock.today(get_timezone())
    asked = request.args.get("q", "")
    return render_template(
        "privacy/protection.html",
        asked=asked,
        found=_found(people.find(asked, today), today),
        waiting=people.waiting(),
        decided=people.decided(SHOWN),
        protected=_found(people.protected(), today),
        mine=current_account().account_id,
    )


@pages.post("/officer/protection")
def ask() -> ResponseReturnValue:
    """Ask that somebody be protected, or no longer."""
    protect = request.form.get("protect", "")
    if protect not in ("yes", "no"):
        raise Refused("no_such_choice", "There is no such choice.", 422)
    person_id, account, now = _person_id(), current_account(), clock.now()
    with db.transaction():
        if protect == "yes":  # the flag of somebody who has left may be taken away
            people.refuse_absent(person_id, clock.today(get_timezone()))
        request_id = people.ask(person_id, account.account_id, account.name, now, protect=protect == "yes")
        _record("protection_asked", person_id, request_id, now, protect=protect == "yes")
    flash(_("Your request is waiting. Another privacy officer decides it."))
    return redirect(url_for("protection.desk"))


@pages.post("/officer/protection/<int:request_id>")
def decide(request_id: int) -> ResponseReturnValue:
    """Grant a request, which takes effect at once, or turn it down."""
    proof.require()
    answer = request.form.get("granted", "")
    if answer not in ("yes", "no"):
        raise Refused("no_such_choice", "There is no such choice.", 422)
    account, now = current_account(), clock.now()
    with db.transaction():
        done = people.decide(
            min(request_id, LARGEST_ID), account.account_id, account.name, now, granted=answer == "yes"
        )
        if done.granted and done.protect:
            presence.clear([done.person_id], now)  # hidden means not kept either
        action = "protection_granted" if done.granted else "protection_declined"
        _record(action, done.person_id, done.id, now, protect=done.protect)
    flash(_("The request is granted and in effect.") if done.granted else _("The request is turned down."))
    return redirect(url_for("protection.desk"))


@pages.get("/protection")
@only(access.roles(Role.SECTION_ADMIN))
def section() -> ResponseReturnValue:
    """A section's administrator looks for somebody of their bureau to ask for."""
    today = clock.today(get_timezone())
    asked = request.args.get("q", "")
    found = people.find(asked, today, _bureau(today))
    return render_template("privacy/protection_ask.html", asked=asked, found=_found(found, today))


@pages.post("/protection")
@only(access.roles(Role.SECTION_ADMIN))
def section_ask() -> ResponseReturnValue:
    """A section's administrator asks that somebody of their bureau be protected; lifting is for officers to ask.

    They read the same when a request for that person waits already: only officers may know (P13).
    """
    person_id, account, now = _person_id(), current_account(), clock.now()
    today = clock.today(get_timezone())
    bureau = _bureau(today)
    with db.transaction():
        if not people.is_in(person_id, bureau, today):
            raise Refused("no_such_person", "There is no such person.", 404)
        people.refuse_absent(person_id, today)
        request_id = people.ask_unknowing(person_id, account.account_id, account.name, now)
        _record("protection_asked", person_id, request_id, now, protect=True)
    flash(_("Your request is waiting. A privacy officer decides it."))
    return redirect(url_for("protection.section"))


def _record(action: str, person_id: int, request_id: int, now: datetime, *, protect: bool) -> None:
    account = current_account()
    actor = audit.account(account.account_id, account.name)
    audit.record(actor, action, audit.person(person_id), {"request": request_id, "protect": protect}, now)


def _person_id() -> int:
    given = request.form.get("person", "")
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise Refused("no_such_person", "There is no such person.", 404)
    return int(given)


def _bureau(today: date) -> frozenset[int]:
    person_id = current_account().person_id
    return frozenset() if person_id is None else people.bureau_units(person_id, today)


def _found(candidates: list[Candidate], today: date) -> list[Found]:
    cards = queries.cards(today, [one.id for one in candidates])
    return [Found(one, " ".join(cards[one.id].unit_path) if one.id in cards else "") for one in candidates]
