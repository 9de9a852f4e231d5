"""Signing in at an OpenID Connect provider: the code flow with PKCE, and a token that is believed only if all is right.

Only the configured issuer is ever asked, and nothing before somebody signs in that way.
"""

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException, Session
from urllib3.exceptions import HTTPError

from server.errors import Refused
from server.people.linking import Outsider
from server.settings import Oidc

PATIENCE_S = 5.0
LARGEST_BYTES = 256 * 1024
KEEP_S = 3600.0  # what the provider says of itself
KEYS_AGAIN_S = 60.0  # an unknown key is asked for at most this often
BEGUN_FOR_S = 600.0  # how long somebody may take at the provider
LEEWAY_S = 60
OLDEST_S = 600  # of a token when it arrives
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
CLIENT_WAYS = ("client_secret_basic", "client_secret_post")
PROVEN_S = 120  # how long ago the provider may have asked for the password when it was told to ask


@dataclass(frozen=True, slots=True)
class Begun:
    """What a browser keeps while somebody is at the provider."""

    url: str
    kept: Mapping[str, Any]


class Provider:
    """The configured provider; what it says of itself is remembered for an hour."""

    def __init__(self, given: Oidc) -> None:
        self.given = given
        self._about: dict[str, Any] | None = None
        self._about_at = self._keys_at = -KEEP_S
        self._keys: list[Any] | None = None

    def begin(self, target: str, *, prove: bool = False) -> Begun:
        """Where to send the browser; `prove` has the password asked for again (SR-19)."""
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        more = {"prompt": "login", "max_age": "0"} if prove else {}
        with self._client() as client:
            url, _state = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=kept["state"],
                nonce=kept["nonce"],
                code_verifier=kept["verifier"],
                **more,
            )
        return Begun(url, {**kept, "next": target, "prove": prove, "at": int(time.time())})

    def finish(self, kept: Mapping[str, Any] | None, answer: Mapping[str, str]) -> Outsider:
        """Who came back from the provider, or Refused with a sentence."""
        if (
            not kept
            or time.time() - kept["at"] > BEGUN_FOR_S
            or not hmac.compare_digest(kept["state"].encode(), answer.get("state", "").encode(errors="replace"))
        ):
            raise Refused("oidc_expired", "This login took too long or was begun elsewhere. Please try again.", 403)
        if answer.get("iss", self.given.issuer) != self.given.issuer:
            raise _doubtful()
        if "error" in answer or not answer.get("code"):
            raise Refused("oidc_refused", "The login service did not let you in. Please try again.", 403)
        claims = self._claims(self._tokens(answer["code"], kept["verifier"]), kept)
        subject, staff_no = claims["sub"], claims.get(self.given.staff_no, "")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
            raise _doubtful()
        return Outsider(self.given.issuer, subject, str(staff_no).strip())

    def _tokens(self, code: str, verifier: str) -> Mapping[str, Any]:
        try:
            with self._client() as client:
                tokens: Mapping[str, Any] = client.fetch_token(
                    self._endpoint("token_endpoint"),
                    code=code,
                    code_verifier=verifier,
                    grant_type="authorization_code",
                    timeout=PATIENCE_S,
                    allow_redirects=False,
                    verify=self.given.ca_file or True,
                )
        except RequestException:
            raise _away() from None
        except (OAuthError, ValueError, TypeError, AttributeError):
            raise _doubtful() from None
        return tokens

    def _claims(self, tokens: Mapping[str, Any], kept: Mapping[str, Any]) -> Mapping[str, Any]:
        text = tokens.get("id_token")
        if not isinstance(text, str) or len(text) > LARGEST_BYTES:
            raise _doubtful()
        try:
            header, payload = self._verified(text)
            claims = CodeIDToken(
                payload,
                header,
                {
                    "iss": {"essential": True, "value": self.given.issuer},
                    "aud": {"essential": True, "value": self.given.client_id},
                },
                {"nonce": kept["nonce"], "client_id": self.given.client_id, "access_token": tokens.get("access_token")},
            )
            claims.validate(leeway=LEEWAY_S)
            now = time.time()
            if not now - OLDEST_S <= float(payload["iat"]) <= now + LEEWAY_S:
                raise _doubtful()
            if kept["prove"] and not now - PROVEN_S <= float(payload["auth_time"]) <= now + LEEWAY_S:
                raise _doubtful()
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise _doubtful() from None
        return payload

    def _verified(self, text: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
        """Header and claims of a token that one of the provider's keys has signed."""
        kid = jws.extract_compact(text.encode("ascii")).headers().get("kid")
        keys = [key for key in self._signing_keys() if kid is None or key.kid == kid]
        if not keys and time.monotonic() - self._keys_at > KEYS_AGAIN_S:
            self._keys = None  # the provider may have a new one
            keys = [key for key in self._signing_keys() if kid is None or key.kid == kid]
        for key in keys:
            try:
                token = jwt.decode(text, key, algorithms=ALGORITHMS)
            except (JoseError, ValueError, TypeError):
                continue
            return token.header, token.claims
        raise _doubtful()

    def _signing_keys(self) -> list[Any]:
        if self._keys is None or time.monotonic() - self._keys_at > KEEP_S:
            said = self._get(self._endpoint("jwks_uri"))
            public = [
                key
                for key in said.get("keys", [])
                if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"
            ]
            try:
                self._keys = KeySet.import_key_set({"keys": public}).keys if public else []
            except (JoseError, ValueError, TypeError, KeyError):
                raise _doubtful() from None
            self._keys_at = time.monotonic()
        return self._keys

    def _endpoint(self, name: str) -> str:
        """One of the provider's addresses; they all lie where the issuer does, so that nobody else is ever asked."""
        if self._about is None or time.monotonic() - self._about_at > KEEP_S:
            about = self._get(f"{self.given.issuer.rstrip('/')}/.well-known/openid-configuration")
            if about.get("issuer") != self.given.issuer:
                raise _doubtful()
            self._about, self._about_at = about, time.monotonic()
        address = str(self._about.get(name, ""))
        if urlsplit(address)[:2] != urlsplit(self.given.issuer)[:2]:
            raise _doubtful()
        return address

    def _get(self, url: str) -> dict[str, Any]:
        with Session() as session:
            session.trust_env = False  # no proxy, no .netrc
            try:
                answer = session.get(
                    url, timeout=PATIENCE_S, allow_redirects=False, verify=self.given.ca_file or True, stream=True
                )
                text = answer.raw.read(LARGEST_BYTES + 1, decode_content=True)
            except (RequestException, HTTPError, OSError):
                raise _away() from None
        if answer.status_code != 200 or len(text) > LARGEST_BYTES:
            raise _away()
        try:
            said = json.loads(text)
        except ValueError:
            raise _doubtful() from None
        if not isinstance(said, dict):
            raise _doubtful()
        return said

    def _client(self) -> OAuth2Session:
        self._endpoint("token_endpoint")
        ways = (self._about or {}).get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        client = OAuth2Session(
            self.given.client_id,
            self.given.client_secret,
            token_endpoint_auth_method=next((way for way in CLIENT_WAYS if way in ways), CLIENT_WAYS[0]),
            scope=self.given.scopes,
            redirect_uri=self.given.redirect_uri,
            code_challenge_method="S256",
        )
        client.trust_env = False
        return client


@lru_cache(maxsize=4)
def provider(given: Oidc) -> Provider:
    """The provider of these settings; one for the whole process, which remembers what it says of itself."""
    return Provider(given)


def _away() -> Refused:
    return Refused("oidc_away", "The login service cannot be reached. An administrator can still log in.", 503)


def _doubtful() -> Refused:
    return Refused("oidc_doubtful", "What the login service answered cannot be trusted. Tell your administrator.", 403)
