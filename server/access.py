"""Who may enter: the rule every room and route declares, and where a redirect may lead (SR-05, SR-13)."""

import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, request

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a route; `roles` empty means every role."""

    name: str
    roles: frozenset[str] = frozenset()


PUBLIC = Rule("public")
SIGNED_IN = Rule("signed_in")  # anybody but a shared screen
KIOSK_TOO = Rule("kiosk_too")  # a shared screen as well: finding people and numbers
LOOPBACK_OR_TOKEN = Rule("loopback_or_token")  # this machine, or the bearer of IRUKA_METRICS_TOKEN


def roles(*allowed: str) -> Rule:
    """Accounts with one of these roles; such pages also ask for the password again after 30 idle minutes (SR-07)."""
    return Rule("roles", frozenset(allowed))


@dataclass(frozen=True, slots=True)
class Room:
    """A blueprint, where it lives and who may enter."""

    blueprint: Blueprint
    url_prefix: str | None
    who: Rule


class UndeclaredRoute(Exception):  # noqa: N818  it stops the start, nobody catches it
    """A route that says nothing about who may call it."""


def only(rule: Rule) -> Callable[[View], View]:
    """Give one route another rule than its room's; goes below the route's own decorator."""

    def declare(view: View) -> View:
        view.access_rule = rule  # type: ignore[attr-defined]
        return view

    return declare


def scope(*needed: str) -> Callable[[View], View]:
    """Let an API token in that has all of these scopes; none named: any token. Goes below the route's own decorator.

    A route without it is closed to tokens.
    """

    def declare(view: View) -> View:
        view.token_scopes = frozenset(needed)  # type: ignore[attr-defined]  # a function has no declared fields
        return view

    return declare


def session_only(view: View) -> View:
    """Say that a route of the API is for browsers on purpose."""
    view.token_scopes = None  # type: ignore[attr-defined]  # as in scope()
    return view


def unmetered(view: View) -> View:
    """What a page of ours asks by itself does not count against the person in front of it (SR-18)."""
    view.is_unmetered = True  # type: ignore[attr-defined]  # as in scope()
    return view


def is_unmetered(view: Callable[..., object]) -> bool:
    """Whether a view was declared so."""
    return getattr(view, "is_unmetered", False)


def scopes_needed(view: Callable[..., object]) -> frozenset[str] | None:
    """The scopes a token needs for a view; None when no token opens it."""
    needed: frozenset[str] | None = getattr(view, "token_scopes", None)
    return needed


def rules_of(app: Flask, rooms: Iterable[Room]) -> dict[str, Rule]:
    """The rule of every endpoint, or UndeclaredRoute: what is not declared does not start (SR-05)."""
    of_room = {room.blueprint.name: room.who for room in rooms}
    found: dict[str, Rule] = {"static": PUBLIC}
    for route in app.url_map.iter_rules():
        room, _, _ = route.endpoint.rpartition(".")
        declared = getattr(app.view_functions[route.endpoint], "access_rule", None)
        rule = declared or of_room.get(room) or found.get(route.endpoint)
        if not isinstance(rule, Rule):
            raise UndeclaredRoute(f"{route.rule} ({route.endpoint}) does not say who may call it")
        found[route.endpoint] = rule
    return found


def is_operator(token: str | None) -> bool:
    """Whether this request comes from this machine itself or, when there is a token, bears it."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token is not None and scheme.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), token.encode())
    # A proxy on this machine calls from loopback for everybody outside; it says so in a header.
    came_by_proxy = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
    try:
        return not came_by_proxy and ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\\]")


def local_path(target: str | None, otherwise: str = "/") -> str:
    """The target when it is a path of this site, else `otherwise`; normalising leads nowhere else (SR-13)."""
    if target is None or not target.startswith("/") or len(target) > 1000:
        return otherwise
    plain = target
    for _ in range(3):  # a proxy may decode once, a browser again
        if UNPRINTABLE.search(plain) or plain.startswith("//"):
            return otherwise
        plain = unquote(plain)
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target
