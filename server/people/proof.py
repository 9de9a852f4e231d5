"""Showing who sits there: the second factor on the way in, and proof again before what matters (SR-19)."""

from datetime import timedelta
from urllib.parse import urlsplit

import flask
from flask import request

from server import clock, db
from server.access import local_path
from server.errors import Refused
from server.people import factors, failures, ldap, linking, login, passwords, queries, service, sessions
from server.people.cookies import Session
from server.people.factors import Seal
from server.people.login import current_account, current_session, settings_in_use, sign_in, try_once

PROOF_FOR = timedelta(minutes=10)


def check_code(account_id: int, code: str) -> bool:
    """Whether this is the account's second factor now; ten tries in ten minutes. Opens its own transactions."""
    scopes = (failures.factor_scope(account_id), failures.address_scope(request.remote_addr or ""))
    tried_at = try_once(*scopes)
    with db.transaction():
        if not factors.is_right(account_id, code, seal(), clock.now()):
            return False
        failures.take_back(scopes, tried_at)
    return True


def pass_factor(account_id: int) -> str:
    """The second factor was right: the half-way session becomes a whole one under a new key; returns where to go on."""
    login.hold_session(account_id)
    session, now = current_session(), clock.now()
    target, name = session.get("next", "/"), session.get("name", "")
    method = session.found.method if session.found is not None else "password"
    sign_in(account_id, method, proven_at=now, factor_at=now, name=name)
    return str(target)


def renew_after_factor(account_id: int) -> None:
    """The account has a new second factor, given in this browser just now: a new key here, every other session ends."""
    session, now = current_session(), clock.now()
    method = session.found.method if session.found is not None else "password"
    name = str(session.get("name", ""))
    login.hold_session(account_id)
    sessions.end_others(account_id, session.key_hash, now)
    login.sessions_in_use().forget_accounts([account_id])
    sign_in(account_id, method, proven_at=now, factor_at=now, name=name)


def require() -> None:
    """Go on only if a password or a code has shown within ten minutes who sits here; else ask for it (SR-19).

    Call it first in a view, of the form as of the change. A browser is led to /prove and comes back; a program gets
    403 `proof_needed`, and a token never proves anything.
    """
    session = current_session()
    proven_at = None if session.found is None else session.found.proven_at
    if proven_at is not None and clock.now() - proven_at < PROOF_FOR:
        return
    if session.is_program or request.is_json or request.path.startswith("/api/"):
        raise Refused("proof_needed", "Confirm who you are first.", 403)
    came_from = urlsplit(request.referrer or "/")
    back = request.full_path if request.method == "GET" else f"{came_from.path}?{came_from.query}"
    flask.abort(flask.redirect(flask.url_for("people.prove", next=local_path(back.rstrip("?")))))


def way_to_prove() -> str | None:
    """How the account of this session shows again who it is: code, password, directory, provider, or not at all."""
    session, given = current_session(), settings_in_use()
    account, found = session.account, session.found
    if account is None or found is None:
        return None
    if found.has_factor:
        return "code"
    if queries.password_hash(account.account_id) and login.own_password_until(account.account_id, clock.now()):
        return "password"
    if given.ldap is not None and found.data.get("name") and linking.is_linked(account.account_id, given.ldap.issuer):
        return "directory"
    if given.oidc is not None and linking.is_linked(account.account_id, given.oidc.issuer):
        return "provider"
    return None


def proves(given: str) -> bool:
    """Whether a code or a password shows who sits here; Refused after ten tries. Opens its own transactions."""
    way, session, account = way_to_prove(), current_session(), current_account()
    if way == "code":
        return check_code(account.account_id, given)
    if way not in ("password", "directory"):
        return False
    scopes = (failures.factor_scope(account.account_id), failures.address_scope(request.remote_addr or ""))
    tried_at = try_once(*scopes)
    if not passwords.is_usable(given) or not _knows(way, account.account_id, session, given):
        return False
    with db.transaction():
        failures.take_back(scopes, tried_at)
    return True


def _knows(way: str, account_id: int, session: Session, password: str) -> bool:
    if way == "password":
        with db.reading():
            account = queries.account(account_id)
        return account is not None and service.verify(account.login, password) == account_id
    directory, name = settings_in_use().ldap, session.found.data.get("name", "") if session.found else ""
    outsider = None if directory is None else ldap.check(directory, name, password)
    with db.reading():
        return outsider is not None and linking.is_theirs(account_id, outsider)


def seal() -> Seal:
    """What second factors are encrypted with."""
    return Seal(settings_in_use().secret_key)


def offered_secret() -> str:
    """The secret that this session offers to an app; kept in the session until a code proves that the app has it."""
    session = current_session()
    if "offered" not in session:
        session["offered"] = seal().close(factors.new_secret())
    return seal().open(session["offered"])


def offered_picture(account_id: int) -> bytes:
    """The same as a picture for the app."""
    account = queries.account(account_id)
    return factors.picture(offered_secret(), "" if account is None else account.login)
