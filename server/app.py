"""create_app(): the web application, put together from the rooms, the gate and the frame."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import Flask
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from server import access, audit, db, frame, gate, problems, settings
from server.access import Room
from server.calendars import letters
from server.people import login
from server.rooms import ROOMS
from server.settings import Settings


def create_app(given: Settings | None = None, rooms: Iterable[Room] = ROOMS) -> Flask:
    """The web application, connected to its database."""
    config = given if given is not None else settings.load()
    db.connect(config.database_url)
    audit.ship_to(config.syslog)
    letters.use(config)
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
        WTF_CSRF_CHECK_DEFAULT=False,  # the gate checks browsers; a program's token is sent by nobody else
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session it is bound to
        WTF_CSRF_SSL_STRICT=False,  # the gate looks at Origin, which browsers send and proxies keep
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
    login.install(app, config, frame.timezone)
    Babel(app, locale_selector=frame.language, timezone_selector=frame.timezone)
    rooms = tuple(rooms)
    for room in rooms:
        app.register_blueprint(room.blueprint, url_prefix=room.url_prefix)
    gate.install(app, access.rules_of(app, rooms), config)
    app.teardown_appcontext(lambda _error: db.session.remove())
    app.context_processor(frame.for_every_page)
    problems.handle_errors(app)
    return app


def _hosts(config: Settings) -> list[str]:
    host = urlsplit(config.base_url).hostname or ""
    return [host] if config.secure else [host, "localhost", "127.0.0.1", "[::1]"]
