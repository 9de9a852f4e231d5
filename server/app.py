"""create_app(): the table of rooms with who may enter, the checks every request passes, and error pages."""

import json
import logging
import secrets
import traceback
from collections.abc import Iterable
from datetime import tzinfo
from urllib.parse import urlsplit

from apiflask import APIFlask, HTTPError
from flask import Flask, Response, abort, current_app, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale, gettext
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError, ServiceUnavailable
from werkzeug.middleware.proxy_fix import ProxyFix

from server import access, audit, clock, db, settings
from server.access import KIOSK_TOO, LOOPBACK_OR_TOKEN, PUBLIC, SIGNED_IN, Room, Rule
from server.directory import api as directory_api
from server.directory import exports, person, phonebooks
from server.directory import web as directory
from server.errors import Refused
from server.fleet import admin as fleet
from server.health import web as health
from server.limits import Counters, Lane
from server.live_map import web as live_map
from server.memos import api as memos_api
from server.memos import web as memos
from server.openapi import invalid_input
from server.openapi import web as openapi
from server.people import admin as accounts
from server.people import api as people_api
from server.people import devices, entrance, login
from server.people import web as people
from server.people.cookies import API
from server.people.rules import Role, Scope
from server.phones import admin as numbers
from server.phones import api as phones_api
from server.phones import web as phones
from server.places import queries as places
from server.places.queries import FloorView
from server.presence import alerts
from server.presence import api as presence_api
from server.presence import web as presence
from server.presence.alerts import LookedUpTooOften
from server.privacy import held, notice, officer, protection
from server.privacy import web as privacy
from server.settings import Settings

log = logging.getLogger(__name__)

FLEET = access.roles(Role.FACILITIES, Role.SYSTEM_ADMIN)
NUMBERS = access.roles(Role.SECTION_ADMIN, Role.SYSTEM_ADMIN)
ACCOUNTS = access.roles(Role.SYSTEM_ADMIN)
OFFICER = access.roles(Role.PRIVACY_OFFICER)
ROOMS: tuple[Room, ...] = (
    Room(people.pages, None, SIGNED_IN),
    Room(entrance.pages, None, PUBLIC),
    Room(people_api.api, None, KIOSK_TOO),
    Room(live_map.pages, None, SIGNED_IN),
    Room(privacy.pages, None, SIGNED_IN),
    Room(directory.pages, None, KIOSK_TOO),
    Room(person.pages, None, KIOSK_TOO),
    Room(directory_api.api, None, KIOSK_TOO),
    Room(exports.pages, None, SIGNED_IN),
    Room(phonebooks.api, None, SIGNED_IN),
    Room(phones.pages, None, KIOSK_TOO),
    Room(phones_api.api, None, KIOSK_TOO),
    Room(numbers.pages, None, NUMBERS),
    Room(memos.pages, None, SIGNED_IN),
    Room(memos_api.api, None, SIGNED_IN),
    Room(presence.pages, None, SIGNED_IN),
    Room(presence_api.api, None, SIGNED_IN),
    Room(devices.pages, None, SIGNED_IN),
    Room(accounts.pages, None, ACCOUNTS),
    Room(officer.pages, None, OFFICER),
    Room(protection.pages, None, OFFICER),
    Room(notice.pages, None, SIGNED_IN),
    Room(held.pages, None, SIGNED_IN),
    Room(fleet.pages, None, FLEET),
    Room(openapi.pages, None, SIGNED_IN),
    Room(health.pages, None, LOOPBACK_OR_TOKEN),
)  # fmt: skip

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PASSED_ON = ("Retry-After", "Allow", "WWW-Authenticate")  # headers of errors
BEARER = 'Bearer realm="iruka"'
RETRY_AFTER_S = 10  # a restarted database is back within seconds
HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def create_app(given: Settings | None = None, rooms: Iterable[Room] = ROOMS) -> Flask:
    """The web application, connected to its database."""
    config = given if given is not None else settings.load()
    db.connect(config.database_url)
    audit.ship_to(config.syslog)
    app = APIFlask(
        "server", "Iruka", "v1", template_folder="templates", static_folder="static",
        json_errors=False, enable_openapi=False,
    )  # fmt: skip
    app.config.update(
        SECRET_KEY=config.secret_key,
        TRUSTED_HOSTS=_hosts(config),
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=128 * 1024,
        MAX_FORM_PARTS=200,
        SEND_FILE_MAX_AGE_DEFAULT=None,  # scripts import each other by name: always ask whether they have changed
        WTF_CSRF_CHECK_DEFAULT=False,  # _refuse_forged checks browsers; a program's token is sent by nobody else
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session it is bound to
        WTF_CSRF_SSL_STRICT=False,  # _refuse_strangers looks at Origin, which browsers send and proxies keep
        BABEL_DEFAULT_LOCALE="ja",
        BABEL_DEFAULT_TIMEZONE="Asia/Tokyo",
    )
    app.extensions["iruka"] = config
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.autoescape = True
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    login.install(app, config, _timezone)
    Babel(app, locale_selector=_language, timezone_selector=_timezone)
    rooms = tuple(rooms)
    for room in rooms:
        app.register_blueprint(room.blueprint, url_prefix=room.url_prefix)
    rules = access.rules_of(app, rooms)
    counters = Counters(config.state_dir)
    forgery = CSRFProtect(app)
    app.before_request(lambda: _enter(rules, config))
    app.before_request(lambda: _pace(counters, config))
    app.before_request(_refuse_strangers)
    app.before_request(lambda: _refuse_forged(forgery))
    app.before_request(_refuse_unreadable)
    app.after_request(lambda response: _headed(response, config))
    app.teardown_appcontext(lambda _error: db.session.remove())
    app.context_processor(_for_every_page)
    _handle_errors(app)
    return app


def _for_every_page() -> dict[str, object]:
    return {
        "account": login.signed_in(),
        "is_kiosk": _is_kiosk(),
        "language": str(get_locale()),
        "tabs": _tabs,
        "floor_name": _floor_name,
    }


def _is_kiosk() -> bool:
    account = login.signed_in()
    return account is not None and account.role is Role.KIOSK


def _tabs() -> list[tuple[str, str, bool]]:
    """Address, label and whether we are there, of the pages this account may open."""
    account = login.signed_in()
    pages = [("/directory", gettext("Directory"))]
    if not _is_kiosk():
        pages = [("/", gettext("Now")), ("/floors", gettext("Floors")), *pages]
    if account is not None and account.role.value in NUMBERS.roles:
        pages.append(("/numbers", gettext("Numbers")))
    if account is not None and account.role.value in FLEET.roles:
        pages.append(("/fleet", gettext("Sensors")))
    if account is not None and account.role is Role.PRIVACY_OFFICER:
        pages.append(("/officer", gettext("Privacy")))
    if account is not None and account.role.value in ACCOUNTS.roles:
        pages.append(("/admin/accounts", gettext("Accounts")))
    path = request.path
    return [(target, label, path == target or (target != "/" and path.startswith(target))) for target, label in pages]


def _floor_name(floor: FloorView) -> str:
    english = str(get_locale()) == "en"
    return str(gettext("%(floor)sF %(name)s", floor=floor.code, name=floor.name_en if english else floor.name))


def _hosts(config: Settings) -> list[str]:
    host = urlsplit(config.base_url).hostname or ""
    return [host] if config.secure else [host, "localhost", "127.0.0.1", "[::1]"]


def _enter(rules: dict[str, Rule], config: Settings) -> ResponseReturnValue | None:
    """Let the caller in, or say why not; every route has a rule (SR-05)."""
    rule = rules.get(request.endpoint or "")
    if rule is None or rule is PUBLIC:  # None: no such page; Flask says so next
        return None
    if rule is LOOPBACK_OR_TOKEN:
        return None if access.is_operator(config.metrics_token) else abort(403)
    session = login.current_session()
    if session.token_refused:
        told = {"WWW-Authenticate": f'{BEARER}, error="invalid_token"'}
        return _problem(401, "bad_token", gettext("This token is unknown, or it has ended."), told)
    if session.unverified or (session.remembered and rule.roles):
        raise ServiceUnavailable(retry_after=RETRY_AFTER_S)
    if session.account is None:
        return _to_sign_in(ended=session.forget_cookie)
    if session.account.role is Role.KIOSK and rule is not KIOSK_TOO:
        return redirect(url_for("directory.find")) if request.path == "/" else abort(403)
    if rule.roles and session.account.role not in rule.roles:
        abort(403)
    if session.scopes is not None:
        return _of_program(session.scopes)
    if rule.roles and (session.found is None or clock.now() >= session.found.admin_until):
        return _to_sign_in(again=True)
    return None


def _of_program(scopes: frozenset[Scope]) -> ResponseReturnValue | None:
    """A token opens what declares a scope it has, and nothing else (SR-16)."""
    needed = access.scopes_needed(current_app.view_functions[request.endpoint or ""])
    if needed is None:
        return _problem(403, "browsers_only", gettext("This works after signing in with a browser, not with a token."))
    if missing := sorted(needed - scopes):
        sentence = gettext("This token may not do that: it lacks %(scopes)s.", scopes=", ".join(missing))
        told = {"WWW-Authenticate": f'{BEARER}, error="insufficient_scope", scope="{" ".join(sorted(needed))}"'}
        return _problem(403, "missing_scope", sentence, told)
    return None


def _pace(counters: Counters, config: Settings) -> None:
    """Nobody asks without end, and no list of everybody is read in a minute (SR-18)."""
    session, view = login.current_session(), current_app.view_functions.get(request.endpoint or "")
    if session.account is None or view is None or request.endpoint == "static":
        return
    by_token, writes = session.scopes is not None, request.method in UNSAFE
    if access.is_unmetered(view) and not by_token:
        return
    if by_token:
        lane = Lane.TOKEN_WRITES if writes else Lane.TOKEN_READS
    else:
        lane = Lane.BROWSER_WRITES if writes else Lane.BROWSER_READS
    limit = config.writes_per_minute if writes else config.reads_per_minute
    wait_s = counters.wait_s(session.account.account_id, lane, limit, clock.now().timestamp())
    if wait_s is not None:
        raise Refused("too_many_requests", "Too many requests. Please wait a moment.", 429, retry_after_s=wait_s)


def _to_sign_in(*, ended: bool = False, again: bool = False) -> ResponseReturnValue:
    if _wants_json():
        return _problem(401, "signed_out", gettext("Log in first."))
    target = request.full_path.rstrip("?") if request.method == "GET" else access.local_path(_referring_path())
    why = "&again=1" if again else "&ended=1" if ended else ""
    return redirect(url_for("people.sign_in", next=target) + why)


def _referring_path() -> str:
    parts = urlsplit(request.referrer or "/")
    return parts.path or "/"


def _refuse_strangers() -> ResponseReturnValue | None:
    """A change asked for by another site's page is refused, whatever token it carries (SR-09).

    Browsers send Origin with every change; a program without a browser sends neither header and still needs the token.
    """
    if request.method not in UNSAFE:
        return None
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site not in (None, "same-origin", "none") or (origin is not None and not _is_ours(origin)):
        raise Refused("foreign_origin", "This request came from another site.", 403)
    has_body = bool(request.content_type or request.content_length or request.headers.get("Transfer-Encoding"))
    if request.path.startswith(API) and has_body and request.mimetype != "application/json":
        raise Refused("not_json", "Send JSON.", 415)
    return None


def _refuse_forged(forgery: CSRFProtect) -> None:
    if not login.current_session().is_program:
        forgery.protect(apply_exemptions=True)


def _refuse_unreadable() -> None:
    """JSON that is none, or too deep, or holds half a character, is refused before a room reads it."""
    if not request.path.startswith(API) or not request.is_json or not (body := request.get_data()):
        return
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused("bad_json", "The body is not JSON that can be read.", 400) from None


def _is_ours(origin: str) -> bool:
    theirs, config = urlsplit(origin), _settings()
    if config.secure:
        ours = urlsplit(config.base_url)
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)
    return theirs.netloc == request.host


def _settings() -> Settings:
    config: Settings = current_app.extensions["iruka"]
    return config


def _headed(response: Response, config: Settings) -> Response:
    """Headers of SR-10; a room that set its own, such as the plan's sandbox, keeps it."""
    headers = response.headers
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if config.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("Cookie", "Accept-Language"))
    if request.path.startswith(API):
        response.vary.add("Authorization")
        if response.status_code == 401:
            headers.setdefault("WWW-Authenticate", BEARER)
    return response


def _language() -> str:
    """Asked for in the address, chosen for the account or this browser, or what the browser prefers."""
    asked = request.args.get("lang")
    if asked in people.LANGUAGES:
        return asked
    session = login.current_session()
    chosen = session.account.language if session.account is not None else session.get("language")
    if chosen in people.LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(people.LANGUAGES, "ja")


def _timezone() -> tzinfo | None:
    """The building's clock."""
    if "timezone" not in g:
        try:
            building = places.building(_settings().site)
        except SQLAlchemyError:
            db.session.remove()
            building = None
        g.timezone = None if building is None else building.zone
    zone: tzinfo | None = g.timezone
    return zone


def _wants_json() -> bool:
    if request.path.startswith(API) or request.is_json:
        return True
    best = request.accept_mimetypes.best_match(("text/html", "application/json"), "text/html")
    return best == "application/json"


def _handle_errors(app: Flask) -> None:
    """Every error looks alike: a code, a sentence and an id to quote; never a traceback, SQL or path (SR-14)."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        db.session.remove()
        if isinstance(error, LookedUpTooOften):  # the look-up was rolled back; that it was tried stays (P12)
            with db.transaction():
                alerts.write(error.crossed, clock.now())
        later = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
        return _problem(error.status, error.code, gettext(error.sentence, **error.values), later)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> ResponseReturnValue:
        return _problem(400, "form_expired", gettext("This form has expired. Reload the page and try again."))

    @app.errorhandler(SecurityError)
    def misdirected(_error: SecurityError) -> ResponseReturnValue:
        # The request was not routed, so no page can be drawn; whoever came this way is no browser of ours.
        return Response("This is not the address of this server.\n", 400, mimetype="text/plain")

    @app.errorhandler(HTTPError)
    def misread(error: HTTPError) -> ResponseReturnValue:
        return _problem(error.status_code, "invalid_input", invalid_input.sentence(error.detail))

    @app.errorhandler(HTTPException)
    def answered(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error  # a redirect
        return _problem(error.code, _code(error), _sentence(error.code), dict(error.get_headers()))

    @app.errorhandler(SQLAlchemyError)
    def stored(error: SQLAlchemyError) -> ResponseReturnValue:
        db.session.remove()
        if not db.is_away(error):
            return failed(error)
        log.warning("the database is away: %s", type(error).__name__)
        return _away()

    @app.errorhandler(Exception)
    def failed(error: Exception) -> ResponseReturnValue:
        number = secrets.token_hex(6)
        where = request.url_rule.rule if request.url_rule is not None else "no page of ours"
        # The lines that failed, never the message: a database's says which row it minded.
        lines = "".join(traceback.format_tb(error.__traceback__))
        log.error("error %s at %s %s: %s\n%s", number, request.method, where, type(error).__name__, lines)
        return _problem(500, "failed", gettext("Something went wrong here. It has been written down."), number=number)


def _away() -> ResponseReturnValue:
    sentence = gettext("The database cannot be reached. Please try again in a moment.")
    return _problem(503, "database_away", sentence, {"Retry-After": str(RETRY_AFTER_S)})


def _code(error: HTTPException) -> str:
    return error.name.lower().replace(" ", "_").replace("-", "_").replace("'", "")


def _sentence(status: int) -> str:
    sentences = {
        401: gettext("Log in first."),
        403: gettext("You may not do this. Ask your section’s administrator."),
        404: gettext("There is no such page."),
        405: gettext("This cannot be done here."),
        413: gettext("This is too large."),
        415: gettext("Send JSON."),
        429: gettext("Too many requests. Please wait a moment."),
        503: gettext("The database cannot be reached. Please try again in a moment."),
    }
    return str(sentences.get(status, gettext("This request cannot be answered.")))


def _problem(
    status: int, code: str, sentence: str, headers: dict[str, str] | None = None, number: str | None = None
) -> ResponseReturnValue:
    number = number or secrets.token_hex(6)
    kept = {name: value for name, value in (headers or {}).items() if name in PASSED_ON}
    if _wants_json():
        return jsonify(code=code, message=sentence, id=number), status, kept
    page = render_template("error.html", status=status, code=code, sentence=sentence, number=number)
    return page, status, kept
