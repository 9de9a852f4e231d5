"""An OpenID Connect provider that answers whatever a test wants, for tokens no honest one would issue."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "iruka", "q8Zr1mVt0cW5uY7hLkJ2nB4x"


class FalseProvider:
    """Tests replace `about`, `keys`, `token` or `status`; `asked` lists the paths that were asked for."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.other_key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.curve = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
        self.about: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        self.keys: Any = {"keys": [self.key.as_dict(private=False), self.curve.as_dict(private=False)]}
        self.token: Callable[[], Any] = dict
        self.status = 200
        self.asked: list[str] = []

    def claims(self, nonce: str, **other: Any) -> dict[str, Any]:
        """What an honest token says; None leaves a claim out."""
        now = int(time.time())
        honest = {
            "iss": self.issuer, "sub": "subject-1", "aud": CLIENT_ID, "exp": now + 300, "iat": now, "nonce": nonce,
            "employee_number": "000123",
        }  # fmt: skip
        return {name: value for name, value in (honest | other).items() if value is not None}

    def signed(self, claims: dict[str, Any], *, alg: str = "RS256", key: Any = None, **header: Any) -> str:
        """A token signed as asked."""
        return jwt.encode(
            {"alg": alg, "kid": "one", **header}, claims, key if key is not None else self.key, algorithms=[alg]
        )

    def with_public_key(self, claims: dict[str, Any]) -> str:
        """Signed by HMAC with the public key as its secret, which a careless verifier accepts."""
        secret = OctKey.import_key(self.key.as_pem(private=False).decode().replace("-----", "").encode())
        return self.signed(claims, alg="HS256", key=secret)


@contextmanager
def false_provider() -> Iterator[FalseProvider]:
    """One for the time of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.asked.append(self.path)
            self._answer(said.about if self.path.endswith("configuration") else said.keys)

        def do_POST(self) -> None:
            said.asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer(said.token())

        def _answer(self, document: Any) -> None:
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(said.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if said.status in (301, 302):
                self.send_header("Location", f"{said.issuer}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said = FalseProvider(server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
