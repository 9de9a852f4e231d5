"""Pages of the account: sign in and out, password, language."""

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import clock, db
from server.access import PUBLIC, local_path, only
from server.errors import Refused
from server.people import failures, login, passwords, queries, service
from server.people.login import current_account

LANGUAGES = ("ja", "en")

pages = Blueprint("people", __name__, template_folder="templates")


@pages.get("/sign-in")
@only(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """The form."""
    if login.signed_in() is not None and request.args.get("again") is None:
        return redirect(local_path(request.args.get("next")))
    return render_template("people/sign_in.html", next=local_path(request.args.get("next")), error=_why(), login="")


@pages.post("/sign-in")
@only(PUBLIC)
def open_session() -> ResponseReturnValue:
    """Check name and password; ten failures in ten minutes close the door for a while (SR-11)."""
    name, password = request.form.get("login", ""), request.form.get("password", "")
    target = local_path(request.form.get("next"))
    if not (0 < len(name) <= 64 and name.isprintable() and passwords.is_usable(password)):
        return _refused(name, target)
    interface = login.sessions_in_use()
    nonce = interface.known_browser(name)
    scopes = [
        failures.account_scope(name) if nonce is None else failures.browser_scope(nonce),
        failures.address_scope(request.remote_addr or ""),
    ]
    tried_at = clock.now()
    with db.transaction():
        wait_s = failures.reserve(scopes, tried_at)
    if wait_s is not None:
        return _too_many(name, target, wait_s)
    account_id = service.verify(name, password)
    if account_id is None:
        return _refused(name, target)
    chosen = login.current_session().get("language")
    with db.transaction():
        failures.take_back(scopes, tried_at)
        service.renew_hash(account_id, password)
        if chosen in LANGUAGES:
            service.set_language(account_id, chosen)
        login.sign_in(account_id)
    response = make_response(redirect(target))
    interface.mark_browser(response, name)
    return response


@pages.post("/sign-out")
@only(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End this session at once, in every worker (SR-07)."""
    if login.signed_in() is not None:
        with db.transaction():
            login.sign_out()
    return redirect(url_for("people.sign_in"))


@pages.get("/password")
def password() -> ResponseReturnValue:
    """The form for a new password."""
    return render_template("people/password.html", error=None)


@pages.post("/password")
def change_password() -> ResponseReturnValue:
    """Set a new password; every other session of the account ends, this one gets a new key (SR-07)."""
    account = current_account()
    old, new, again = (request.form.get(field, "") for field in ("old", "new", "again"))
    found = queries.account(account.account_id)
    if found is None:
        abort(404)
    scopes, tried_at = [failures.account_scope(found.login)], clock.now()
    with db.transaction():
        wait_s = failures.reserve(scopes, tried_at)
    if wait_s is not None:
        return _waiting(render_template("people/password.html", error=_wait_sentence(wait_s)), wait_s)
    if not passwords.is_usable(old) or service.verify(found.login, old) != account.account_id:
        return render_template("people/password.html", error=_("The present password is not right.")), 422
    if new != again:
        return render_template("people/password.html", error=_("The new passwords differ.")), 422
    try:
        with db.transaction():
            failures.take_back(scopes, tried_at)
            service.set_password(account.account_id, new, clock.now())
            login.sign_in(account.account_id)
    except Refused as refused:
        return render_template("people/password.html", error=_(refused.sentence)), refused.status
    flash(_("Saved."))
    return redirect(url_for("people.password"))


@pages.post("/language")
@only(PUBLIC)
def language() -> ResponseReturnValue:
    """Choose the language of every page: for the account, or for this browser before signing in."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Refused("unknown_language", "There is no such language here.", 422)
    account = login.signed_in()
    if account is None:
        login.current_session()["language"] = chosen
    else:
        with db.transaction():
            service.set_language(account.account_id, chosen)
    return redirect(local_path(request.form.get("next")))


def _why() -> str | None:
    if request.args.get("ended") is not None:
        return str(_("You were logged out after a time without activity. Log in again."))
    if request.args.get("again") is not None:
        return str(_("This page asks for your password again after 30 minutes without activity."))
    return None


def _refused(name: str, target: str) -> ResponseReturnValue:
    error = _("The name or the password is not right.")
    return render_template("people/sign_in.html", next=target, error=error, login=name[:64]), 401


def _too_many(name: str, target: str, wait_s: int) -> ResponseReturnValue:
    page = render_template("people/sign_in.html", next=target, error=_wait_sentence(wait_s), login=name[:64])
    return _waiting(page, wait_s)


def _waiting(page: str, wait_s: int) -> ResponseReturnValue:
    return page, 429, {"Retry-After": str(wait_s)}


def _wait_sentence(wait_s: int) -> str:
    return str(_("Too many tries. Please wait %(minutes)s minutes.", minutes=-(-wait_s // 60)))
