"""Signing in and out, and the session behind every request: the cookie holds a key, the database the session (SR-07).

Before signing in there is nothing to keep but a form's token and a language: those travel in a signed cookie, so a
visitor costs no row.
"""

import hashlib
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta, tzinfo
from typing import cast
from urllib.parse import urlsplit

import flask
from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from flask_login import LoginManager
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server import clock, db
from server.access import local_path
from server.errors import Refused
from server.people import factors, failures, ldap, linking, passwords, queries, rules, service, sessions, tokens
from server.people.factors import Seal
from server.people.linking import Outsider
from server.people.rules import Scope
from server.people.sessions import Found
from server.people.sessions import SignedIn as SignedIn  # rooms above take it from here
from server.settings import Settings

log = logging.getLogger(__name__)

VISITOR_FOR_S = 12 * 3600
BROWSER_FOR_S = 365 * 24 * 3600
PROOF_FOR = timedelta(minutes=10)
KEY_LENGTH = 43  # characters of 256 bits in URL-safe base64
MEMORY_S = 600.0  # RP-10: how long a session seen before may still read while the database is away
MEMORY_SIZE = 10_000
API = "/api/v1/"  # the only paths on which a token counts
UNWATCHED = ("/static/", "/healthz", "/metrics")  # paths that ask nobody who they are


class Session(SecureCookieSession):
    """A request's session: of an account (`account` set), of a visitor, or unknown while the database is away."""

    account: SignedIn | None = None
    pending: SignedIn | None = None  # half-way in: the second factor is still owed, and nothing else opens
    found: Found | None = None
    key_hash: bytes | None = None
    new_key: str | None = None  # to be handed to the browser
    unverified: bool = False  # the database is away and this worker does not know the session
    remembered: bool = False  # the database is away and this worker saw the session minutes ago
    forget_cookie: bool = False
    scopes: frozenset[Scope] | None = None  # what the API token of this request may do; None: it is a browser
    token_refused: bool = False  # a token was shown that opens nothing

    @property
    def is_program(self) -> bool:
        """Whether a token was shown, whatever it is worth: nothing of a browser counts then, no cookie either."""
        return self.scopes is not None or self.token_refused


class Sessions(SessionInterface):
    """Opens and saves sessions for Flask."""

    def __init__(self, settings: Settings, zone: Callable[[], tzinfo | None] = lambda: None) -> None:
        self.cookie = "__Host-iruka" if settings.secure else "iruka"
        self.browser_cookie = "__Host-iruka-browser" if settings.secure else "iruka-browser"
        self.secure = settings.secure
        self.zone = zone  # the building's clock
        self._sign = URLSafeTimedSerializer(settings.secret_key, salt="visitor")
        self._sign_browser = URLSafeTimedSerializer(settings.secret_key, salt="browser")
        self._seen: OrderedDict[bytes, tuple[Found, float]] = OrderedDict()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """The session of the cookie, asked of the database every time."""
        if (token := _bearer(request)) is not None:
            return self._of_token(token)
        value = request.cookies.get(self.cookie)
        if value is None or request.path.startswith(UNWATCHED):
            return Session()
        if value.startswith("v."):
            return self._visitor(value)
        if len(value) != KEY_LENGTH:
            return self._ended()
        key_hash = _hash(value)
        if db.is_silent():
            return self._while_away(key_hash)
        try:
            found = sessions.find(key_hash, clock.now(), self.zone)
        except SQLAlchemyError as error:
            if not database_is_away(error):
                raise
            return self._while_away(key_hash)
        if found is None:
            self._seen.pop(key_hash, None)
            return self._ended()
        self._remember(key_hash, found)
        return _opened(key_hash, found)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Hand out a new key, keep what pages left, and note once a minute that the session is in use."""
        mine = cast(Session, session)
        if mine.is_program:
            return
        if mine.new_key is not None:
            self._set(response, self.cookie, mine.new_key, None)
        elif mine.key_hash is not None:
            self._keep(mine)
        elif mine.modified and mine:
            self._set(response, self.cookie, f"v.{self._sign.dumps(dict(mine))}", VISITOR_FOR_S)
        elif mine.forget_cookie:
            response.delete_cookie(self.cookie, path="/", secure=self.secure, httponly=True, samesite="Lax")

    def forget(self, key_hash: bytes) -> None:
        """Not even this worker's memory knows the session any more."""
        self._seen.pop(key_hash, None)

    def forget_accounts(self, account_ids: Collection[int] | None) -> None:
        """Sessions of these accounts (None: of any) may have ended elsewhere: without the database they read nothing.

        Those that have not are known again with their next request.
        """
        for key_hash, (found, _seen_s) in list(self._seen.items()):
            if account_ids is None or found.account.account_id in account_ids:
                self.forget(key_hash)

    def known_browser(self, login: str) -> str | None:
        """A token of this browser when the account signed in here before, else None (SR-11)."""
        value = request.cookies.get(self.browser_cookie)
        if value is None:
            return None
        try:
            name_hash, nonce = self._sign_browser.loads(value, max_age=BROWSER_FOR_S)
        except (BadSignature, TypeError, ValueError):
            return None
        return str(nonce) if name_hash == _name_hash(login) else None

    def mark_browser(self, response: Response, login: str) -> None:
        """Let the browser show later that the account signed in here."""
        value = self._sign_browser.dumps([_name_hash(login), secrets.token_urlsafe(16)])
        self._set(response, self.browser_cookie, value, BROWSER_FOR_S)

    def _of_token(self, plain: str) -> Session:
        session = Session()
        if db.is_silent():
            session.unverified = True
            return session
        try:
            found = tokens.find(plain, clock.now(), self.zone)
        except SQLAlchemyError as error:
            if not database_is_away(error):
                raise
            session.unverified = True
            return session
        if found is None:
            session.token_refused = True
        else:
            session.account, session.scopes = found
        return session

    def _visitor(self, value: str) -> Session:
        try:
            return Session(self._sign.loads(value[2:], max_age=VISITOR_FOR_S))
        except (BadSignature, TypeError, ValueError):
            return self._ended()

    def _ended(self) -> Session:
        session = Session()
        session.forget_cookie = True
        return session

    def _while_away(self, key_hash: bytes) -> Session:
        seen = self._seen.get(key_hash)
        if seen is None or time.monotonic() - seen[1] > MEMORY_S or request.method not in ("GET", "HEAD"):
            session = Session()
            session.unverified = True
            return session
        session = _opened(key_hash, seen[0])
        session.remembered = True
        return session

    def _remember(self, key_hash: bytes, found: Found) -> None:
        self._seen[key_hash] = (found, time.monotonic())
        self._seen.move_to_end(key_hash)
        if len(self._seen) > MEMORY_SIZE:
            self._seen.popitem(last=False)

    def _keep(self, session: Session) -> None:
        if session.remembered or session.found is None or session.key_hash is None:
            return
        now = clock.now()
        # What a page fetches by itself is no sign of a person at the keyboard.
        is_use = not (request.method == "GET" and request.path.startswith("/api/"))
        is_due = is_use and now - session.found.used_at >= sessions.WRITE_EVERY
        if not (is_due or session.modified):
            return
        try:
            with db.transaction():
                if is_due:
                    sessions.touch(session.key_hash, now)
                if session.modified:
                    sessions.keep_data(session.key_hash, dict(session))
        except SQLAlchemyError as error:
            if not database_is_away(error):
                raise
            log.warning("a session's last use could not be written: the database is away")

    def _set(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(name, value, max_age, path="/", secure=self.secure, httponly=True, samesite="Lax")


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
        _forget_here(session.key_hash)
        sessions.end(session.key_hash, now)
    session.clear()
    browser = rules.browser_name(request.user_agent.string)[:60]
    data = {"csrf_token": secrets.token_hex(20), **kept}
    sessions.start(
        _hash(key), account_id, data, now, method=method, browser=browser, proven_at=proven_at, factor_at=factor_at
    )
    session.new_key = key


def who(name: str, password: str) -> tuple[int, str] | None:
    """The account that a name and a password open, and how: by its own password or the directory's; else None.

    Refused when the directory is away, or knows somebody who does not work here. Opens its own transactions.
    """
    now, zone, directory = clock.now(), sessions_in_use().zone, settings_in_use().ldap
    account_id = service.verify(name, password)
    if account_id is not None:
        with db.reading():
            return (account_id, "password") if linking.may_enter(account_id, now, zone) else None
    if directory is None:
        return None
    outsider = ldap.check(directory, name, password)
    return None if outsider is None else (linked(outsider), "ldap")


def linked(outsider: Outsider) -> int:
    """The account of somebody whom a directory or a provider vouches for; opens its own transaction."""
    for again in (True, False):
        try:
            with db.transaction():
                return linking.account_of(outsider, clock.now(), sessions_in_use().zone)
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


def check_code(account_id: int, code: str) -> bool:
    """Whether this is the account's second factor now; ten tries in ten minutes. Opens its own transactions."""
    scopes = (failures.factor_scope(account_id), failures.address_scope(request.remote_addr or ""))
    tried_at = try_once(*scopes)
    with db.transaction():
        if not factors.is_right(account_id, code, seal(), clock.now()):
            return False
        failures.take_back(scopes, tried_at)
    return True


def way_to_prove() -> str | None:
    """How the account of this session shows again who it is: code, password, directory, provider, or not at all."""
    session, given = current_session(), settings_in_use()
    account, found = session.account, session.found
    if account is None or found is None:
        return None
    if found.has_factor:
        return "code"
    if queries.password_hash(account.account_id):
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


def settings_in_use() -> Settings:
    """The settings of the running application."""
    return cast(Settings, flask.current_app.extensions["iruka"])


def pass_factor(account_id: int) -> str:
    """The second factor was right: the half-way session becomes a whole one under a new key; returns where to go on."""
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
    sessions.end_others(account_id, session.key_hash, now)
    sessions_in_use().forget_accounts([account_id])
    sign_in(account_id, method, proven_at=now, factor_at=now, name=name)


def require_proof() -> None:
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
    back = request.full_path.rstrip("?") if request.method == "GET" else urlsplit(request.referrer or "/").path
    flask.abort(flask.redirect(flask.url_for("people.prove", next=local_path(back))))


def sign_out() -> None:
    """End this browser's session at once; the caller's transaction deletes it."""
    session = current_session()
    if session.key_hash is not None:
        _forget_here(session.key_hash)
        sessions.end(session.key_hash, clock.now())
    session.clear()
    session.account = session.pending = session.found = session.key_hash = None
    session.modified = False
    session.forget_cookie = True


def database_is_away(error: BaseException | None) -> bool:
    """Whether an exception says that the database cannot be reached, rather than that we asked nonsense."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")
    )


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and request.path.startswith(API) else None


def _opened(key_hash: bytes, found: Found) -> Session:
    session = Session(found.data)
    session.found, session.key_hash = found, key_hash
    if found.owes_factor:
        session.pending = found.account
    else:
        session.account = found.account
    return session


def _forget_here(key_hash: bytes) -> None:
    sessions_in_use().forget(key_hash)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _name_hash(login: str) -> str:
    return hashlib.sha256(login.strip().lower().encode(errors="replace")).hexdigest()[:32]
