"""The checks every request passes: who may enter, how often, and from which page; and the headers of every answer."""

import json
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import CSRFProtect
from werkzeug.exceptions import ServiceUnavailable

from server import access, clock
from server.access import KIOSK_TOO, LOOPBACK_OR_TOKEN, PUBLIC, Rule
from server.errors import Refused
from server.limits import Counters, Lane
from server.people import login
from server.people.cookies import API, TELEPHONES, shows_password
from server.people.rules import Role, Scope
from server.problems import RETRY_AFTER_S, problem, wants_json
from server.settings import Settings

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BEARER = 'Bearer realm="iruka"'
BASIC = 'Basic realm="iruka", charset="UTF-8"'  # what a telephone understands
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


def install(app: Flask, rules: dict[str, Rule], config: Settings) -> None:
    """Put the checks before every view, in this order, and the headers after it."""
    counters = Counters(config.state_dir)
    forgery = CSRFProtect(app)
    app.before_request(lambda: _enter(rules, config))
    app.before_request(lambda: _pace(counters, config))
    app.before_request(_refuse_strangers)
    app.before_request(lambda: _refuse_forged(forgery))
    app.before_request(_refuse_unreadable)
    app.after_request(lambda response: _headed(response, config))


def _enter(rules: dict[str, Rule], config: Settings) -> ResponseReturnValue | None:
    """Let the caller in, or say why not; every route has a rule (SR-05)."""
    rule = rules.get(request.endpoint or "")
    if rule is None or rule is PUBLIC:  # None: no such page; Flask says so next
        return None
    if rule is LOOPBACK_OR_TOKEN:
        return None if access.is_operator(config.metrics_token) else abort(403)
    session = login.current_session()
    if session.token_refused:
        told = {"WWW-Authenticate": BASIC if shows_password(request) else f'{BEARER}, error="invalid_token"'}
        return problem(401, "bad_token", gettext("This token is unknown, or it has ended."), told)
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
        return problem(403, "browsers_only", gettext("This works after signing in with a browser, not with a token."))
    if missing := sorted(needed - scopes):
        sentence = gettext("This token may not do that: it lacks %(scopes)s.", scopes=", ".join(missing))
        told = {"WWW-Authenticate": f'{BEARER}, error="insufficient_scope", scope="{" ".join(sorted(needed))}"'}
        return problem(403, "missing_scope", sentence, told)
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
    if wants_json():
        return problem(401, "signed_out", gettext("Log in first."))
    target = request.full_path.rstrip("?") if request.method == "GET" else access.local_path(_referring_path())
    why = "&again=1" if again else "&ended=1" if ended else ""
    return redirect(url_for("people.sign_in", next=target) + why)


def _referring_path() -> str:
    parts = urlsplit(request.referrer or "/")
    return f"{parts.path or '/'}?{parts.query}".rstrip("?")


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
    theirs, config = urlsplit(origin), login.settings_in_use()
    if config.secure:
        ours = urlsplit(config.base_url)
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)
    return theirs.netloc == request.host


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
            headers.setdefault("WWW-Authenticate", BASIC if request.path.startswith(TELEPHONES) else BEARER)
    return response
