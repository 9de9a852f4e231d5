"""Signing in and out, and who is calling."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import cast

import flask
from flask import Flask, request
from flask_login import LoginManager
from sqlalchemy.exc import IntegrityError

from server import clock, db
from server.errors import Refused
from server.people import factors, failures, ldap, linking, local_login, queries, rules, service, sessions
from server.people.cookies import Session, Sessions, hash_of
from server.people.linking import Outsider
from server.people.rules import Scope
from server.people.sessions import SignedIn as SignedIn  # rooms above take it from here
from server.settings import Settings


def install(app: Flask, settings: Settings, zone: Callable[[], tzinfo | None] = lambda: None) -> None:
    """Give an application our sessions, and Flask-Login the account they belong to.

    zone   tells the building's time zone when it is asked
    """
    app.session_interface = Sessions(settings, zone)
    app.config["SESSION_PROTECTION"] = None  # its fingerprint of the browser adds nothing to a server-side session
    manager = LoginManager(app)
    manager.request_loader(lambda _request: current_session().account)


def current_session() -> Session:
    """This request's session."""
    return cast(Session, flask.session._get_current_object())  # type: ignore[attr-defined]


def sessions_in_use() -> Sessions:
    """The sessions of the running application."""
    return cast(Sessions, flask.current_app.session_interface)


def signed_in() -> SignedIn | None:
    """Who is calling, None for a visitor."""
    return current_session().account


def may(scope: Scope) -> bool:
    """Whether the caller may have this as well: a browser may, a token with that scope may."""
    scopes = current_session().scopes
    return scopes is None or scope in scopes


def current_account() -> SignedIn:
    """Who is calling; only behind a rule that asks for a sign-in."""
    account = current_session().account
    if account is None:
        raise Refused("signed_out", "Sign in first.", 401)
    return account


def current_person_id() -> int:
    """The person behind the account that is calling; Refused for an account of nobody."""
    person_id = current_account().person_id
    if person_id is None:
        raise Refused("no_person", "This account belongs to no person, so there is nothing to show here.", 404)
    return person_id


def sign_in(
    account_id: int,
    method: str = "password",
    *,
    proven_at: datetime | None = None,
    factor_at: datetime | None = None,
    **kept: str,
) -> None:
    """Start a session with a new key for this browser; the caller's transaction writes it.

    proven_at  when a password or a code showed who it is
    factor_at  when the second factor was given; without, the session of an account that needs one opens nothing
    kept       what the next pages need
    """
    session, now = current_session(), clock.now()
    key = secrets.token_urlsafe(32)
    if session.key_hash is not None:
        sessions_in_use().forget(session.key_hash)
        sessions.end(session.key_hash, now)
    session.clear()
    latest = own_password_until(account_id, now) or now if method == "password" else None
    browser = rules.browser_name(request.user_agent.string)[:60]
    data = {"csrf_token": secrets.token_hex(20), **kept}
    session.new_key_for = sessions.start(
        hash_of(key), account_id, data, now, method=method, browser=browser, proven_at=proven_at, factor_at=factor_at,
        latest=latest,
    )  # fmt: skip
    session.new_key = key


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whose password was right.

    password_hash   what it fitted; None when the directory knows it
    """

    account_id: int
    method: str
    password_hash: str | None = None


def who(name: str, password: str) -> Known | None:
    """Whose account a name and a password open, and how: by its own password or the directory's; else None.

    Refused when the directory is away, or knows somebody who does not work here. Opens its own transactions.
    """
    now, zone, directory = clock.now(), sessions_in_use().zone, settings_in_use().ldap
    matched = service.matched(name, password)
    if matched is not None:
        account_id, password_hash = matched
        with db.reading():
            if own_password_until(account_id, now) is not None:
                is_in = linking.may_enter(account_id, now, zone)
                return Known(account_id, "password", password_hash) if is_in else None
    if directory is None:
        return None
    outsider = ldap.check(directory, name, password)
    return None if outsider is None else Known(linked(outsider), "ldap")


def own_password_until(account_id: int, now: datetime) -> datetime | None:
    """Until when the account's own password opens it (SR-12); None: not now."""
    account = queries.account(account_id)
    if account is None:
        return None
    return local_login.open_until(settings_in_use(), account.role, account.person_id, now)


def linked(outsider: Outsider) -> int:
    """The account of somebody whom a directory or a provider vouches for; opens its own transaction."""
    return _found_or_made(lambda: linking.account_of(outsider, clock.now(), sessions_in_use().zone))


def named(name: str) -> int:
    """The account of somebody whom a trusted proxy names; opens its own transaction."""
    return _found_or_made(lambda: linking.account_named(name, clock.now(), sessions_in_use().zone))


def _found_or_made(account: Callable[[], int]) -> int:
    for again in (True, False):
        try:
            with db.transaction():
                return account()
        except IntegrityError:
            if not again:
                raise  # else: in another window they have just come in for the first time, too
    raise AssertionError


def admit(account_id: int, method: str, target: str, name: str = "") -> str:
    """Start the session of an account whose password was right; returns where to go now: on, or to a second factor."""
    proven_at = clock.now() if method in ("password", "ldap") else None
    sign_in(account_id, method, proven_at=proven_at, next=target, name=name)
    account = queries.account(account_id)
    if factors.state(account_id) is not None:
        return flask.url_for("entrance.code")
    if account is not None and rules.needs_factor(account.role):
        return flask.url_for("entrance.enrol")
    return target


def hold_session(account_id: int) -> None:
    """Before a new key takes the place of this browser's: Refused when the session has ended meanwhile (SR-07)."""
    session = current_session()
    sessions.lock(account_id)
    if session.key_hash is None or not sessions.is_open(session.key_hash):
        raise Refused("signed_out", "Log in first.", 401)


def next_step() -> str | None:
    """Where somebody half-way in goes on; None when nobody is."""
    session = current_session()
    if session.pending is None or session.found is None:
        return None
    return flask.url_for("entrance.code" if session.found.has_factor else "entrance.enrol")


def try_once(*scopes: str) -> datetime:
    """Count a try before it is made; Refused when there were too many (SR-11). Opens its own transaction."""
    tried_at = clock.now()
    with db.transaction():
        wait_s = failures.reserve(scopes, tried_at)
    if wait_s is not None:
        sentence = "Too many tries. Please wait %(minutes)s minutes."
        raise Refused("too_many_tries", sentence, 429, retry_after_s=wait_s, minutes=-(-wait_s // 60))
    return tried_at


def settings_in_use() -> Settings:
    """The settings of the running application."""
    return cast(Settings, flask.current_app.extensions["iruka"])


def sign_out() -> None:
    """End this browser's session at once; the caller's transaction deletes it."""
    session = current_session()
    if session.key_hash is not None:
        sessions_in_use().forget(session.key_hash)
        sessions.end(session.key_hash, clock.now())
    session.clear()
    session.account = session.pending = session.found = session.key_hash = None
    session.modified = False
    session.forget_cookie = True
