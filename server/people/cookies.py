"""The session behind every request: the cookie holds a key, the database the session (SR-07).

Before signing in there is nothing to keep but a form's token and a language: those travel in a signed cookie, so a
visitor costs no row.
"""

import hashlib
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import timedelta, tzinfo
from typing import cast

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import SQLAlchemyError

from server import clock, db
from server.people import local_login, sessions, tokens
from server.people.rules import Scope
from server.people.sessions import Found, SignedIn
from server.settings import Settings

log = logging.getLogger(__name__)

VISITOR_FOR_S = 12 * 3600
BROWSER_FOR_S = 365 * 24 * 3600
KEY_LENGTH = 43  # characters of 256 bits in URL-safe base64
MEMORY_S = 600.0  # RP-10: how long a session seen before may still read while the database is away
MEMORY_SIZE = 10_000
API = "/api/v1/"  # the only paths on which a token counts
TELEPHONES = f"{API}phonebook/"  # there it may also be the password of HTTP Basic: telephones send no other
UNWATCHED = ("/static/", "/healthz", "/metrics")  # paths that ask nobody who they are


class Session(SecureCookieSession):
    """A request's session: of an account (`account` set), of a visitor, or unknown while the database is away."""

    account: SignedIn | None = None
    pending: SignedIn | None = None  # half-way in: the second factor is still owed, and nothing else opens
    found: Found | None = None
    key_hash: bytes | None = None
    new_key: str | None = None  # to be handed to the browser
    new_key_for: timedelta | None = None  # how long it keeps it; None: until it is closed
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
        self._settings = settings
        self.zone = zone  # the building's clock
        self._sign = URLSafeTimedSerializer(settings.secret_key, salt="visitor")
        self._sign_browser = URLSafeTimedSerializer(settings.secret_key, salt="browser")
        self._seen: OrderedDict[bytes, tuple[Found, float]] = OrderedDict()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """The session of the cookie, asked of the database every time."""
        if (token := _token(request)) is not None:
            return self._of_token(token)
        value = request.cookies.get(self.cookie)
        if value is None or request.path.startswith(UNWATCHED):
            return Session()
        if value.startswith("v."):
            return self._visitor(value)
        if len(value) != KEY_LENGTH:
            return self._ended()
        key_hash = hash_of(value)
        if db.is_silent():
            return self._while_away(key_hash)
        try:
            found = sessions.find(key_hash, clock.now(), self.zone)
        except SQLAlchemyError as error:
            if not db.is_away(error):
                raise
            return self._while_away(key_hash)
        if found is None or self._is_shut_out(found):
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
            keep_s = None if mine.new_key_for is None else int(mine.new_key_for.total_seconds())
            self._set(response, self.cookie, mine.new_key, keep_s)
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
            if not db.is_away(error):
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

    def _is_shut_out(self, found: Found) -> bool:
        """Whether the session began with a password kept here that opens its account no longer (SR-12)."""
        account = found.account
        if found.method != "password":
            return False
        return local_login.open_until(self._settings, account.role, account.person_id, clock.now()) is None

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
            if not db.is_away(error):
                raise
            log.warning("a session's last use could not be written: the database is away")

    def _set(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(name, value, max_age, path="/", secure=self.secure, httponly=True, samesite="Lax")


def hash_of(key: str) -> bytes:
    """What the database keeps of a session's key."""
    return hashlib.sha256(key.encode()).digest()


def shows_password(request: Request) -> bool:
    """Whether a telephone shows its token as a password, under whatever name."""
    return request.path.startswith(TELEPHONES) and _scheme(request) == "basic"


def _token(request: Request) -> str | None:
    """The API token that a program shows; "" when it shows something that is none."""
    if shows_password(request):
        given = request.authorization
        return "" if given is None else (given.password or "").strip()
    if _scheme(request) != "bearer" or not request.path.startswith(API):
        return None
    return request.headers["Authorization"].partition(" ")[2].strip()


def _scheme(request: Request) -> str:
    return request.headers.get("Authorization", "").partition(" ")[0].lower()


def _opened(key_hash: bytes, found: Found) -> Session:
    session = Session(found.data)
    session.found, session.key_hash = found, key_hash
    if found.owes_factor:
        session.pending = found.account
    else:
        session.account = found.account
    return session


def _name_hash(login: str) -> str:
    return hashlib.sha256(login.strip().lower().encode(errors="replace")).hexdigest()[:32]
