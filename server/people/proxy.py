"""Who a trusted reverse proxy says is there; from anywhere else the header is only counted."""

import logging
import time

from flask import Request

from server.settings import Proxy

log = logging.getLogger(__name__)

TELL_EVERY_S = 60.0
_ignored = 0
_told_at = -TELL_EVERY_S


def name_from(request: Request, given: Proxy | None) -> str | None:
    """The name in the header when the connection itself comes from the proxy, whatever it forwards; else None."""
    if given is None:
        return None
    name = request.headers.get(given.header, "").strip()
    if not name:
        return None
    before = request.environ.get("werkzeug.proxy_fix.orig", {})  # ProxyFix keeps here what it replaced
    if not given.trusts(before.get("REMOTE_ADDR", request.remote_addr)):
        _count()
        return None
    return (
        name if len(name) <= 64 and name.isprintable() and "," not in name else None
    )  # a comma: the header came twice


def _count() -> None:
    global _ignored, _told_at
    _ignored += 1
    if time.monotonic() - _told_at >= TELL_EVERY_S:
        log.warning("%d requests named a user in the proxy's header and did not come from the proxy", _ignored)
        _ignored, _told_at = 0, time.monotonic()
