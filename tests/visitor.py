"""A browser for tests: keeps cookies and sends the token of its session with every change, as our pages do."""

import re
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from make import Signed
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class Visitor(FlaskClient):
    """`get` as usual; `send` posts a form and `send_json` a document, both with the token."""

    signed: Signed | None = None

    def take_session(self, signed: Signed) -> None:
        """Hold this session from now on."""
        self.signed = signed
        name = self.application.session_interface.cookie  # type: ignore[attr-defined]
        self.set_cookie(name, signed.key, secure=name.startswith("__Host-"))

    @property
    def token(self) -> str:
        """The token of a form: the session's, or the one the sign-in page hands out."""
        if self.signed is None:
            found = TOKEN.search(self.get("/sign-in?again=1").text)
            assert found, "the sign-in page carries no token"
            return found[1]
        secret = self.application.secret_key
        token = URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(self.signed.csrf)
        return str(token)

    def send(self, path: str, **fields: str) -> TestResponse:
        """Post a form."""
        headers = {"Origin": "http://localhost"}
        return self.post(path, data={"csrf_token": self.token, **fields}, headers=headers)

    def send_json(self, path: str, document: Any, *, method: str = "POST") -> TestResponse:
        """Send JSON."""
        headers = {"Origin": "http://localhost", "X-CSRFToken": self.token}
        return self.open(path, method=method, json=document, headers=headers)

    def sign_in(self, login: str, password: str, **more: str) -> TestResponse:
        """Fill in the sign-in page."""
        return self.send("/sign-in", login=login, password=password, **more)
