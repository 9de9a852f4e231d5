"""What is told when something went wrong: a code, a sentence and an id to quote (SR-14)."""

import logging
import secrets
import traceback

from apiflask import HTTPError
from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError

from server import clock, db
from server.errors import Refused
from server.openapi import invalid_input
from server.people.cookies import API
from server.presence import alerts
from server.presence.alerts import LookedUpTooOften

log = logging.getLogger(__name__)

PASSED_ON = ("Retry-After", "Allow", "WWW-Authenticate")  # headers of errors
RETRY_AFTER_S = 10  # a restarted database is back within seconds


def handle_errors(app: Flask) -> None:
    """Every error looks alike: a code, a sentence and an id to quote; never a traceback, SQL or path (SR-14)."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        db.session.remove()
        if isinstance(error, LookedUpTooOften):  # the look-up was rolled back; that it was tried stays (P12)
            with db.transaction():
                alerts.write(error.crossed, clock.now())
        later = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
        return problem(error.status, error.code, gettext(error.sentence, **error.values), later)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> ResponseReturnValue:
        return problem(400, "form_expired", gettext("This form has expired. Reload the page and try again."))

    @app.errorhandler(SecurityError)
    def misdirected(_error: SecurityError) -> ResponseReturnValue:
        # The request was not routed, so no page can be drawn; whoever came this way is no browser of ours.
        return Response("This is not the address of this server.\n", 400, mimetype="text/plain")

    @app.errorhandler(HTTPError)
    def misread(error: HTTPError) -> ResponseReturnValue:
        return problem(error.status_code, "invalid_input", invalid_input.sentence(error.detail))

    @app.errorhandler(HTTPException)
    def answered(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error  # a redirect
        return problem(error.code, _code(error), _sentence(error.code), dict(error.get_headers()))

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
        return problem(500, "failed", gettext("Something went wrong here. It has been written down."), number=number)


def problem(
    status: int, code: str, sentence: str, headers: dict[str, str] | None = None, number: str | None = None
) -> ResponseReturnValue:
    """The answer that tells it, as a page or as JSON."""
    number = number or secrets.token_hex(6)
    kept = {name: value for name, value in (headers or {}).items() if name in PASSED_ON}
    if wants_json():
        return jsonify(code=code, message=sentence, id=number), status, kept
    page = render_template("error.html", status=status, code=code, sentence=sentence, number=number)
    return page, status, kept


def wants_json() -> bool:
    """Whether whoever asks reads JSON rather than pages."""
    if request.path.startswith(API) or request.is_json:
        return True
    best = request.accept_mimetypes.best_match(("text/html", "application/json"), "text/html")
    return best == "application/json"


def _away() -> ResponseReturnValue:
    sentence = gettext("The database cannot be reached. Please try again in a moment.")
    return problem(503, "database_away", sentence, {"Retry-After": str(RETRY_AFTER_S)})


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
