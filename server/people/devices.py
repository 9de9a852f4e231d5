"""How I sign in: where I am signed in, my second factor and my API tokens."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server import audit, clock, db
from server.errors import Refused
from server.people import factors, failures, login, proof, queries, rules, sessions, tokens
from server.people.login import current_account
from server.people.rules import Scope

METHODS = {
    "password": _l("Password"),
    "ldap": _l("Password of the directory"),
    "oidc": _l("Login service"),
    "proxy": _l("Login of the computer"),
}
SCOPES = {
    Scope.READ_DIRECTORY: _l("Find people and sections"),
    Scope.READ_PRESENCE: _l("Read where people are, as far as I may see it"),
    Scope.READ_PHONES: _l("Read phone numbers"),
    Scope.WRITE_STATUS: _l("Set my status"),
    Scope.READ_MEMOS: _l("Read my call memos"),
    Scope.WRITE_MEMOS: _l("Leave call memos"),
    Scope.READ_BOOKINGS: _l("Read my bookings and which seats are free"),
    Scope.WRITE_BOOKINGS: _l("Book seats for me, change and cancel"),
}
TERMS_DAYS = (30, 90, 180, 365)

pages = Blueprint("devices", __name__, template_folder="templates")


@pages.get("/me/sign-in")
def overview() -> ResponseReturnValue:
    """Everything that opens my account."""
    return _overview()


@pages.post("/me/sign-in/sessions/<tag>/end")
def end_session(tag: str) -> ResponseReturnValue:
    """Sign one of my browsers out."""
    with db.transaction():
        key_hash = sessions.end_one(current_account().account_id, tag, clock.now())
    login.sessions_in_use().forget(key_hash)
    flash(_("That browser is logged out."))
    return redirect(url_for("devices.overview"))


@pages.post("/me/sign-in/others/end")
def end_others() -> ResponseReturnValue:
    """Sign every browser out but this one."""
    account, session = current_account(), login.current_session()
    with db.transaction():
        sessions.end_others(account.account_id, session.key_hash, clock.now())
    login.sessions_in_use().forget_accounts([account.account_id])
    flash(_("Every other browser is logged out."))
    return redirect(url_for("devices.overview"))


@pages.get("/me/sign-in/tokens/new")
def token_form() -> ResponseReturnValue:
    """The form for a new token."""
    proof.require()
    return _token_form()


@pages.post("/me/sign-in/tokens")
def issue_token() -> ResponseReturnValue:
    """Make a token and show it, this once (SR-16)."""
    proof.require()
    account, form = current_account(), request.form
    try:
        given = form.get("days", "")
        days = int(given) if given.isascii() and given.isdigit() and len(given) <= 3 else 0
        scopes = [Scope(name) for name in form.getlist("scope") if name in set(Scope)]
        with db.transaction():
            now = clock.now()
            token_id, plain = tokens.issue(account.account_id, form.get("name", ""), scopes, days, now)
            _record("token_issued", {"token": token_id, "scopes": sorted(scopes), "days": days})
    except Refused as refused:
        return _token_form(_(refused.sentence)), refused.status
    return render_template("people/token.html", plain=plain)


@pages.post("/me/sign-in/tokens/<int(max=2147483647):token_id>/withdraw")
def withdraw_token(token_id: int) -> ResponseReturnValue:
    """The token opens nothing any more."""
    with db.transaction():
        tokens.revoke(current_account().account_id, token_id, clock.now())
        _record("token_withdrawn", {"token": token_id})
    flash(_("The token is withdrawn."))
    return redirect(url_for("devices.overview"))


@pages.get("/me/sign-in/factor")
def factor_form() -> ResponseReturnValue:
    """Offer a secret to an app."""
    _ask_for_proof()
    return _factor_form()


@pages.get("/me/sign-in/factor.svg")
def picture() -> ResponseReturnValue:
    """What the app reads."""
    _ask_for_proof()
    return Response(proof.offered_picture(current_account().account_id), mimetype="image/svg+xml")


@pages.post("/me/sign-in/factor")
def set_factor() -> ResponseReturnValue:
    """From now on the app's codes are asked for; a factor set before holds until this one is proven."""
    _ask_for_proof()
    account, scope = current_account(), failures.factor_scope(current_account().account_id)
    try:
        tried_at = login.try_once(scope)
        secret = proof.offered_secret()
        with db.transaction():
            now = clock.now()
            failures.take_back([scope], tried_at)
            codes = factors.confirm(account.account_id, secret, request.form.get("code", ""), proof.seal(), now)
            _record("factor_set", {})
            proof.renew_after_factor(account.account_id)
    except Refused as refused:
        return _factor_form(_(refused.sentence, **refused.values)), refused.status
    return render_template("people/codes.html", codes=codes, target=url_for("devices.overview"))


@pages.post("/me/sign-in/factor/remove")
def remove_factor() -> ResponseReturnValue:
    """Do without; not for those who must have one."""
    proof.require()
    account = current_account()
    if rules.needs_factor(account.role):
        raise Refused("factor_needed", "Your role needs a second factor. You can set up another one.", 403)
    with db.transaction():
        factors.remove(account.account_id)
        _record("factor_removed", {})
    flash(_("The second factor is removed."))
    return redirect(url_for("devices.overview"))


@pages.post("/me/sign-in/factor/codes")
def renew_codes() -> ResponseReturnValue:
    """Ten new recovery codes; the old ones open nothing any more."""
    proof.require()
    account = current_account()
    if factors.state(account.account_id) is None:
        raise Refused("no_factor", "Set up the second factor first.", 409)
    with db.transaction():
        codes = factors.renew_codes(account.account_id)
        _record("recovery_codes_renewed", {})
    return render_template("people/codes.html", codes=codes, target=url_for("devices.overview"))


def _ask_for_proof() -> None:
    """Whoever has nothing to show yet, since a proxy signs them in, may set up their first factor."""
    if proof.way_to_prove() is not None:
        proof.require()


def _record(action: str, details: dict[str, object]) -> None:
    account = current_account()
    who = audit.account(account.account_id, account.name)
    audit.record(who, action, who, details, clock.now())


def _overview() -> str:
    account, now = current_account(), clock.now()
    found = queries.account(account.account_id)
    return render_template(
        "people/devices.html",
        sessions=sessions.listed(account.account_id, login.current_session().key_hash, now),
        methods=METHODS,
        factor=factors.state(account.account_id),
        must_have_factor=rules.needs_factor(account.role),
        has_password=bool(found and queries.password_hash(found.id) and login.own_password_until(found.id, now)),
        tokens=tokens.listed(account.account_id, now),
        scopes=SCOPES,
    )


def _token_form(error: str | None = None) -> str:
    return render_template("people/new_token.html", error=error, scopes=SCOPES, terms=TERMS_DAYS, given=request.form)


def _factor_form(error: str | None = None) -> str:
    return render_template(
        "people/enrol.html",
        error=error,
        secret=proof.offered_secret(),
        picture=url_for("devices.picture"),
        action=url_for("devices.set_factor"),
        must=False,
    )
