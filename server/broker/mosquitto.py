"""The text of Mosquitto's files: password lines, access list, listeners. Pure but for the salt.

Formats: mosquitto_passwd(1) and mosquitto.conf(5) of Mosquitto 2.0.
"""

import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import pbkdf2_hmac
from pathlib import Path

from server.broker.access_list import rights

ITERATIONS = 101
# What mosquitto_passwd uses. Our passwords are 192 random bits, which no number of iterations makes any harder to
# guess; more of them would only keep a restarted broker busy while every receiver of a building signs in at once.
SALT_BYTES = 12
PASSWORD_LINE = re.compile(r"([A-Za-z0-9_-]{1,32}):(\$7\$[0-9]+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+)")
MAX_BYTES = 65_536  # edge_agent.wire refuses more
LIMITS = {
    "use_username_as_clientid": "true",  # nobody ends or takes over a session by naming its client id
    "max_connections": "1000",
}
GLOBAL_LIMITS = {
    "max_packet_size": str(MAX_BYTES),
    "max_keepalive": "120",
    "max_queued_messages": "1000",
    "memory_limit": str(256 * 1024 * 1024),
    "set_tcp_nodelay": "true",  # without it a message waits up to 40 ms for the one before
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """The broker's certificate and key, as Mosquitto finds them."""

    certfile: Path
    keyfile: Path


def new_password() -> str:
    """192 random bits (SR-30 asks for 128)."""
    return secrets.token_urlsafe(24)


def password_hash(password: str) -> str:
    """PBKDF2-SHA512 as Mosquitto stores it: `$7$iterations$salt$hash`, both in base64."""
    salt = secrets.token_bytes(SALT_BYTES)
    key = pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${b64encode(salt).decode()}${b64encode(key).decode()}"


def passwords(hashes: Mapping[str, str]) -> str:
    """The password file: one `user:hash` a line."""
    return "".join(f"{user}:{hashed}\n" for user, hashed in sorted(hashes.items()))


def parse_passwords(text: str) -> dict[str, str]:
    """user → hash of a password file; lines of another form are passed over."""
    found = (PASSWORD_LINE.fullmatch(line) for line in text.splitlines())
    return {match[1]: match[2] for match in found if match is not None}


def access_list(site: str, users: Iterable[str]) -> str:
    """The access list: what is not named is forbidden."""
    lines = ["# Written by `iruka broker-acl`."]
    for user in sorted(users):
        granted = rights(site, user)
        lines += ["", f"user {user}"]
        lines += [f"topic write {topic}" for topic in granted.writes]
        lines += [f"topic read {topic}" for topic in granted.reads]
    return "\n".join(lines) + "\n"


def configuration(password_file: Path, acl_file: Path, port: int, certificate: Certificate | None) -> str:
    """A file for /etc/mosquitto/conf.d: a listener on loopback for the server, and one with TLS for everybody else."""
    lines = [
        "# Written by `iruka broker-acl`; a change takes effect when Mosquitto is restarted.",
        "allow_anonymous false",
        f"password_file {password_file}",
        f"acl_file {acl_file}",
        *_options(GLOBAL_LIMITS),
        "",
        "listener 1883 127.0.0.1",
        *_options(LIMITS),
    ]
    if certificate is not None:
        lines += [
            "",
            f"listener {port}",
            *_options(LIMITS),
            f"certfile {certificate.certfile}",
            f"keyfile {certificate.keyfile}",
            "tls_version tlsv1.2",  # the oldest it accepts
        ]
    return "\n".join(lines) + "\n"


def _options(options: Mapping[str, str]) -> list[str]:
    return [f"{name} {value}" for name, value in options.items()]
