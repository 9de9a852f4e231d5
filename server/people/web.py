"""Pages of the account: sign in and out, password, language."""

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import clock, db
from server.access import PUBLIC, local_path, only
from server.errors import Refused
from server.people import failures, login, passwords, proof, proxy, queries, service, sessions
from server.people.login import current_account

LANGUAGES = ("ja", "en")

pages = Blueprint("people", __name__, template_folder="templates")


@pages.get("/sign-in")
@only(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """The form and the other ways in; whom a trusted proxy names comes in at once, unless they have just signed out."""
    target, asked = local_path(request.args.get("next")), request.args
    if "again" not in asked:
        if login.signed_in() is not None:
            return redirect(target)
        if (step := login.next_step()) is not None:
            return redirect(step)
    given = login.settings_in_use()
    name = proxy.name_from(request, given.proxy)
    if name is None or (("again" in asked or "out" in asked) and "proxy" not in asked):
        return _form(target, _why(), proxied=name is not None)
    try:
        account_id = login.named(name)
        with db.transaction():
            return redirect(login.admit(account_id, "proxy", target))
    except Refused as refused:
        return _form(target, _(refused.sentence)), refused.status


@pages.post("/sign-in")
@only(PUBLIC)
def open_session() -> ResponseReturnValue:
    """Check name and password, here and in the directory; ten failures in ten minutes close the door (SR-11)."""
    name, password = request.form.get("login", ""), request.form.get("password", "")
    target = local_path(request.form.get("next"))
    if not (0 < len(name) <= 64 and name.isprintable() and passwords.is_usable(password)):
        return _refused(name, target)
    interface = login.sessions_in_use()
    nonce = interface.known_browser(name)
    scopes = (
        failures.account_scope(name) if nonce is None else failures.browser_scope(nonce),
        failures.address_scope(request.remote_addr or ""),
    )
    try:
        tried_at = login.try_once(*scopes)
        found = login.who(name, password)
    except Refused as refused:
        return _form_again(name, target, refused)
    if found is None:
        return _refused(name, target)
    chosen = login.current_session().get("language")
    try:
        with db.transaction():
            service.hold(found.account_id, found.password_hash)
            failures.take_back(scopes, tried_at)
            if found.password_hash is not None:
                service.renew_hash(found.account_id, password)
            if chosen in LANGUAGES:
                service.set_language(found.account_id, chosen)
            target = login.admit(found.account_id, found.method, target, name)
    except Refused as refused:
        return _form_again(name, target, refused)
    response = make_response(redirect(target))
    interface.mark_browser(response, name)
    return response


@pages.post("/sign-out")
@only(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End this session at once, in every worker (SR-07)."""
    if login.current_session().key_hash is not None:
        with db.transaction():
            login.sign_out()
    return redirect(url_for("people.sign_in", out=1))


@pages.get("/prove")
def prove() -> ResponseReturnValue:
    """Ask again who is there, before something that matters (SR-19)."""
    return _proof_form(local_path(request.args.get("next")))


@pages.post("/prove")
def accept_proof() -> ResponseReturnValue:
    """Check the code or the password; as many tries as for signing in."""
    target = local_path(request.form.get("next"))
    session = login.current_session()
    try:
        is_right = proof.proves(request.form.get("proof", ""))
    except Refused as refused:
        return _waiting(_proof_form(target, _(refused.sentence, **refused.values)), refused)
    if not is_right or session.key_hash is None:
        return _proof_form(target, _("That is not right. Please try again.")), 422
    with db.transaction():
        sessions.prove(session.key_hash, clock.now())
    return redirect(target)


@pages.get("/password")
def password() -> ResponseReturnValue:
    """The form for a new password."""
    _refuse_closed_password()
    return render_template("people/password.html", error=None)


@pages.post("/password")
def change_password() -> ResponseReturnValue:
    """Set a new password; every other session of the account ends, this one gets a new key (SR-07)."""
    _refuse_closed_password()
    account, session = current_account(), login.current_session()
    old, new, again = (request.form.get(field, "") for field in ("old", "new", "again"))
    found = queries.account(account.account_id)
    if found is None or session.found is None:
        abort(404)
    scopes = (failures.account_scope(found.login),)
    try:
        tried_at = login.try_once(*scopes)
    except Refused as refused:
        error = _(refused.sentence, **refused.values)
        return _waiting(render_template("people/password.html", error=error), refused)
    if not passwords.is_usable(old) or service.verify(found.login, old) != account.account_id:
        return render_template("people/password.html", error=_("The present password is not right.")), 422
    if new != again:
        return render_template("people/password.html", error=_("The new passwords differ.")), 422
    try:
        with db.transaction():
            login.hold_session(account.account_id)
            failures.take_back(scopes, tried_at)
            service.set_password(account.account_id, new, clock.now())
            login.sign_in(account.account_id, proven_at=clock.now(), factor_at=session.found.factor_at)
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


def _refuse_closed_password() -> None:
    """A password that opens nothing is not asked for either (SR-12)."""
    if login.own_password_until(current_account().account_id, clock.now()) is None:
        raise Refused("password_closed", "Your account does not open with a password of this server.", 403)


def _why() -> str | None:
    if request.args.get("ended") is not None:
        return str(_("You were logged out after a time without activity. Log in again."))
    if request.args.get("again") is not None:
        return str(_("This page asks for your password again after 30 minutes without activity."))
    return None


def _form(target: str, error: str | None, name: str = "", *, proxied: bool = False) -> str:
    given = login.settings_in_use()
    return render_template(
        "people/sign_in.html",
        next=target,
        error=error,
        login=name[:64],
        directory=given.ldap is not None,
        provider=given.oidc.name if given.oidc is not None else None,
        proxied=proxied,
        local=given.local_login,
    )


def _refused(name: str, target: str) -> ResponseReturnValue:
    return _form(target, _("The name or the password is not right."), name), 401


def _form_again(name: str, target: str, refused: Refused) -> ResponseReturnValue:
    return _waiting(_form(target, _(refused.sentence, **refused.values), name), refused)


def _proof_form(target: str, error: str | None = None) -> str:
    given = login.settings_in_use()
    return render_template(
        "people/prove.html",
        next=target,
        error=error,
        way=proof.way_to_prove(),
        provider=given.oidc.name if given.oidc is not None else None,
    )


def _waiting(page: str, refused: Refused) -> ResponseReturnValue:
    wait_s = refused.retry_after_s
    return page, refused.status, {} if wait_s is None else {"Retry-After": str(wait_s)}
