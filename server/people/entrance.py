"""On the way in: the provider's login page and back, and the second factor after the first."""

from datetime import datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import audit, clock, db
from server.access import PUBLIC, local_path, only
from server.errors import Refused
from server.people import factors, failures, linking, login, oidc, proof, sessions
from server.people.linking import Outsider
from server.people.oidc import Provider
from server.people.sessions import SignedIn

pages = Blueprint("entrance", __name__, template_folder="templates")


@pages.get("/sign-in/oidc")
@only(PUBLIC)
def leave() -> ResponseReturnValue:
    """Send the browser to the provider; with `prove` somebody signed in shows again who they are (SR-19)."""
    prove = "prove" in request.args and login.signed_in() is not None
    try:
        begun = _provider().begin(local_path(request.args.get("next")), prove=prove)
    except Refused as refused:
        return _back(refused)
    login.current_session()["oidc"] = dict(begun.kept)
    return redirect(begun.url)


@pages.get("/sign-in/oidc/callback")
@only(PUBLIC)
def come_back() -> ResponseReturnValue:
    """Whoever comes back with all that belongs to it is signed in under a new key (SR-12)."""
    session = login.current_session()
    kept = session.pop("oidc", None)
    scope = failures.address_scope(request.remote_addr or "")
    try:
        tried_at = login.try_once(scope)
        outsider = _provider().finish(kept, request.args)
        target = local_path(kept["next"] if kept else None)
        account = login.signed_in()
        if kept and kept["prove"]:
            return _proven(account, outsider, target, scope, tried_at)
        account_id = login.linked(outsider)
    except Refused as refused:
        if refused.code == "oidc_away":  # nobody guessed anything, and others sign in from the same address
            with db.transaction():
                failures.take_back([scope], tried_at)
        return _back(refused)
    with db.transaction():
        failures.take_back([scope], tried_at)
        return redirect(login.admit(account_id, "oidc", target))


@pages.get("/sign-in/code")
@only(PUBLIC)
def code() -> ResponseReturnValue:
    """Ask for the second factor."""
    return _code_form() if login.current_session().pending is not None else redirect(url_for("people.sign_in"))


@pages.post("/sign-in/code")
@only(PUBLIC)
def accept_code() -> ResponseReturnValue:
    """Check the second factor; the session begins under a new key."""
    pending = login.current_session().pending
    if pending is None:
        return redirect(url_for("people.sign_in", ended=1))
    try:
        is_right = proof.check_code(pending.account_id, request.form.get("code", ""))
    except Refused as refused:
        return _code_form(_(refused.sentence, **refused.values)), refused.status, _later(refused)
    if not is_right:
        return _code_form(_("The code is not right, or it has been used. Wait for the next one.")), 422
    with db.transaction():
        return redirect(local_path(proof.pass_factor(pending.account_id)))


@pages.get("/sign-in/enrol")
@only(PUBLIC)
def enrol() -> ResponseReturnValue:
    """Whoever must have a second factor and has none sets it up before anything else opens."""
    pending = _must_enrol()
    return redirect(url_for("people.sign_in")) if pending is None else _enrol_form()


@pages.get("/sign-in/enrol.svg")
@only(PUBLIC)
def picture() -> ResponseReturnValue:
    """What the app reads."""
    pending = _must_enrol()
    if pending is None:
        raise Refused("signed_out", "Log in first.", 401)
    return Response(proof.offered_picture(pending.account_id), mimetype="image/svg+xml")


@pages.post("/sign-in/enrol")
@only(PUBLIC)
def accept_enrolment() -> ResponseReturnValue:
    """A first code proves that the app has the secret; the session begins, and the recovery codes are shown once."""
    pending = _must_enrol()
    if pending is None:
        return redirect(url_for("people.sign_in", ended=1))
    scope = failures.factor_scope(pending.account_id)
    try:
        tried_at = login.try_once(scope)
        secret = proof.offered_secret()
        with db.transaction():
            now = clock.now()
            failures.take_back([scope], tried_at)
            given = request.form.get("code", "")
            codes = factors.confirm(pending.account_id, secret, given, proof.seal(), now, replace=False)
            who = audit.account(pending.account_id, pending.name)
            audit.record(who, "factor_set", who, {}, now)
            target = local_path(proof.pass_factor(pending.account_id))
    except Refused as refused:
        return _enrol_form(_(refused.sentence, **refused.values)), refused.status, _later(refused)
    return render_template("people/codes.html", codes=codes, target=target)


def _provider() -> Provider:
    given = login.settings_in_use().oidc
    if given is None:
        raise Refused("no_provider", "There is no such page.", 404)
    return oidc.provider(given)


def _proven(
    account: SignedIn | None, outsider: Outsider, target: str, scope: str, tried_at: datetime
) -> ResponseReturnValue:
    session = login.current_session()
    with db.reading():
        is_theirs = account is not None and linking.is_theirs(account.account_id, outsider)
    if account is None or session.key_hash is None or not is_theirs:
        raise Refused("somebody_else", "That was somebody else’s login. Nothing has been changed.", 403)
    with db.transaction():
        failures.take_back([scope], tried_at)
        sessions.prove(session.key_hash, clock.now())
    return redirect(target)


def _back(refused: Refused) -> ResponseReturnValue:
    """The sign-in page with the sentence."""
    given = login.settings_in_use()
    page = render_template(
        "people/sign_in.html",
        next="/",
        error=_(refused.sentence, **refused.values),
        login="",
        directory=given.ldap is not None,
        provider=given.oidc.name if given.oidc is not None else None,
        proxied=False,
        local=given.local_login,
    )
    return page, refused.status, _later(refused)


def _later(refused: Refused) -> dict[str, str]:
    return {} if refused.retry_after_s is None else {"Retry-After": str(refused.retry_after_s)}


def _must_enrol() -> SignedIn | None:
    session = login.current_session()
    return session.pending if session.found is not None and not session.found.has_factor else None


def _code_form(error: str | None = None) -> str:
    return render_template("people/code.html", error=error)


def _enrol_form(error: str | None = None) -> str:
    return render_template(
        "people/enrol.html",
        error=error,
        secret=proof.offered_secret(),
        picture=url_for("entrance.picture"),
        action=url_for("entrance.accept_enrolment"),
        must=True,
    )
