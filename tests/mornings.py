"""Somebody's browser in the morning: the sign-in page, name and password, the first page, and a seat."""

import http.client
import json
import time
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from visitor import TOKEN

PATIENCE_S = 60.0


class Browser:
    """One connection, one PC: behind a reverse proxy each has an address of its own.

    took    told after every answer what was asked for and how many seconds it took
    """

    def __init__(self, port: int, address: str, took: Callable[[str, float], None]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self._origin, self._address, self._took = f"http://127.0.0.1:{port}", address, took
        self._cookies: dict[str, str] = {}
        self._token = ""

    def sign_in(self, login: str, password: str) -> None:
        """As a person does, until the first page is there."""
        page = self._ask("sign-in page", "GET", "/sign-in", 200)
        fields = {"csrf_token": _token(page), "login": login, "password": password}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self._ask("sign in", "POST", "/sign-in", 302, urlencode(fields), form)
        self._token = _token(self._ask("first page", "GET", "/", 200))

    def book(self, wish: dict[str, Any]) -> int:
        """Book a seat; returns the booking's id."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._token}
        answer = self._ask("book", "POST", "/api/v1/bookings", 201, json.dumps(wish), headers)
        return int(json.loads(answer)["id"])

    def close(self) -> None:
        """Turn it off."""
        self._connection.close()

    def _ask(self, what: str, verb: str, path: str, expected: int, body: str | None = None, more: Any = None) -> str:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Origin": self._origin,
            "X-Forwarded-For": self._address,
        }
        began_s = time.perf_counter()
        self._connection.request(verb, path, body, headers | (more or {}))
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self._took(what, time.perf_counter() - began_s)
        for line in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: one.value for name, one in SimpleCookie(line).items()}
        if answer.status != expected:
            raise Unexpected(f"{what}: {answer.status} {text[:200]}")
        return text


class Unexpected(Exception):  # noqa: N818  it is what came
    """An answer that nobody asked for."""


def _token(page: str) -> str:
    found = TOKEN.search(page)
    if found is None:
        raise Unexpected(f"a page without a token: {page[:200]}")
    return found[1]
