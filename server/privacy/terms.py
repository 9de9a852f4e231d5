"""How long things are kept: shortened by administrators and privacy officers, lengthened by officers alone (P10)."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import audit, clock, db, retention_terms
from server.errors import Refused
from server.people import proof
from server.people.login import current_account
from server.people.rules import Role
from server.privacy import kept
from server.privacy.kept import Longer
from server.retention_terms import BOUNDS, DAY, MINUTE, REASON_LENGTH, Term

NUMBER = re.compile(r"[0-9]{1,9}")
FIELDS = {"term_reason_missing": "reason", "term_reason": "reason", "unreadable": "reason"}

pages = Blueprint("terms", __name__, template_folder="templates")


@pages.app_context_processor
def _for_every_page() -> dict[str, Callable[[], list[Longer]]]:
    return {"kept_longer": kept.longer}


@pages.get("/officer/terms")
def overview() -> ResponseReturnValue:
    """Every term with the rule's and what was decided."""
    is_officer = current_account().role is Role.PRIVACY_OFFICER
    decided, now = retention_terms.decisions(), kept.words()
    rows = [
        {
            "term": term.value,
            "name": kept.NAMES[term],
            "rule": kept.spoken(bounds.default),
            "now": now[term.value],
            "decision": decided.get(term),
            "may_change": is_officer or not bounds.watches,
        }
        for term, bounds in BOUNDS.items()
    ]
    return render_template("privacy/terms.html", rows=rows, is_officer=is_officer)


@pages.get("/officer/terms/<name>")
def one(name: str) -> ResponseReturnValue:
    """The form for one term."""
    term = _term(name)
    decision = retention_terms.decisions().get(term)
    length = str(retention_terms.keep(term) // BOUNDS[term].unit)
    return _form(term, length, "" if decision is None else decision.reason)


@pages.post("/officer/terms/<name>")
def decide(name: str) -> ResponseReturnValue:
    """Keep it so long from now on; what was typed stays in the form when it cannot be."""
    proof.require()
    term = _term(name)
    length, reason = request.form.get("length", "").strip(), request.form.get("reason", "").strip()
    account, now = current_account(), clock.now()
    actor = audit.account(account.account_id, account.name)
    try:
        if not NUMBER.fullmatch(length):
            raise Refused("term_unreadable", "Enter a whole number, such as 30.", 422)
        wanted = min(int(length), retention_terms.LONGEST // MINUTE) * BOUNDS[term].unit
        with db.transaction():
            was = retention_terms.decide(
                term, wanted, reason, is_officer=account.role is Role.PRIVACY_OFFICER, decided_by=actor, now=now
            )
            decision = retention_terms.decisions()[term]
            details = {"term": term.value, "from": _plain(was), "to": _plain(wanted)}
            if decision.reason:
                details["reason"] = decision.reason
            audit.record(actor, "term_set", "", details, now)
    except Refused as refused:
        return _form(term, length, reason, refused), refused.status
    flash(_("Saved. It holds from the next deletion on."))
    return redirect(url_for("terms.overview"))


def _form(term: Term, length: str, reason: str, refused: Refused | None = None) -> str:
    bounds = BOUNDS[term]
    is_officer = current_account().role is Role.PRIVACY_OFFICER
    return render_template(
        "privacy/term.html",
        term=term.value,
        name=kept.NAMES[term],
        rule=kept.spoken(bounds.default),
        now=kept.words()[term.value],
        length=length,
        unit=kept.unit(term),
        reason=reason,
        reason_length=REASON_LENGTH,
        may_change=is_officer or not bounds.watches,
        may_lengthen=is_officer and bounds.longest > bounds.default,
        is_hard=bounds.longest == bounds.default,
        error=None if refused is None else _(refused.sentence, **refused.values),
        error_field=None if refused is None else FIELDS.get(refused.code, "length"),
    )


def _term(name: str) -> Term:
    try:
        return Term(name)
    except ValueError:
        abort(404)


def _plain(length: timedelta) -> str:
    """A term as the audit log keeps it."""
    return f"{length // DAY} days" if length % DAY == timedelta(0) else f"{length // MINUTE} minutes"
