"""All settings of the server: read from the environment once, checked at start, passed on."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.errors import Misconfigured

SITE = re.compile(r"[A-Za-z0-9_-]{1,32}")
NAMESPACE = re.compile(r"([a-z0-9]{1,4})=(?:(ibeacon):([0-9a-f]{32})|(eddystone-uid):([0-9a-f]{20}))")
DEFAULT_NAMESPACES = "s=ibeacon:5fd6a3c27b184e0f9c3d86e1a4720b95"
# What the example badges of firmware_config/ send. A building sets its own, or its neighbour's badges are heard here.


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the MQTT broker is and how we sign in."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None
    ca_file: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What one server process needs to know; every field has its variable in docs/settings.md."""

    database_url: str  # IRUKA_DATABASE_URL
    broker: Broker  # IRUKA_MQTT_URL, IRUKA_MQTT_CA_FILE
    site: str  # IRUKA_SITE: the building's code, third part of its topics
    base_url: str  # IRUKA_BASE_URL: how browsers reach us
    state_dir: Path  # IRUKA_STATE_DIR: secret key, generated credentials
    secret_key: str  # IRUKA_SECRET_KEY, or generated once into the state directory
    metrics_token: str | None  # IRUKA_METRICS_TOKEN
    trusted_proxies: int  # IRUKA_TRUSTED_PROXIES: how many reverse proxies set X-Forwarded-*
    streams_per_account: int  # IRUKA_STREAMS_PER_ACCOUNT
    namespaces: tuple[tuple[str, str, str], ...] = ()  # IRUKA_BADGE_NAMESPACES: alias, kind, identifier

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https; cookies are then Secure and __Host-."""
        return self.base_url.startswith("https://")


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from IRUKA_* variables, or Misconfigured with a sentence naming the variable."""
    state_dir = Path(environment.get("IRUKA_STATE_DIR", "var")).absolute()
    database_url = environment.get("IRUKA_DATABASE_URL", f"sqlite:///{state_dir / 'iruka.db'}")
    return Settings(
        database_url=_database_url(database_url),
        broker=_broker(environment),
        site=_site(environment.get("IRUKA_SITE", "main")),
        base_url=_base_url(environment.get("IRUKA_BASE_URL", "http://127.0.0.1:8000")),
        state_dir=state_dir,
        secret_key=_secret_key(environment, state_dir),
        metrics_token=_metrics_token(environment),
        trusted_proxies=_whole_number(environment, "IRUKA_TRUSTED_PROXIES", 0, 0, 5),
        streams_per_account=_whole_number(environment, "IRUKA_STREAMS_PER_ACCOUNT", 8, 1, 100_000),
        namespaces=_namespaces(environment.get("IRUKA_BADGE_NAMESPACES", DEFAULT_NAMESPACES)),
    )


def _database_url(url: str) -> str:
    for start, becomes in (("sqlite:///", "sqlite:///"), ("postgresql+psycopg://", "postgresql+psycopg://")):
        if url.startswith(start):
            return becomes + url.removeprefix(start)
    if url.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    raise Misconfigured(
        "IRUKA_DATABASE_URL must begin with sqlite:/// or postgresql://, such as postgresql://iruka@db.example/iruka."
    )


def _broker(environment: Mapping[str, str]) -> Broker:
    url = environment.get("IRUKA_MQTT_URL", "mqtt://127.0.0.1:1883")
    ca_file = environment.get("IRUKA_MQTT_CA_FILE") or None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Misconfigured("IRUKA_MQTT_URL has a port that is not a number from 1 to 65535.") from None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise Misconfigured("IRUKA_MQTT_URL must look like mqtts://user:password@broker.example:8883.")
    tls = parts.scheme == "mqtts"
    if ca_file is not None and not Path(ca_file).is_file():
        raise Misconfigured(f"IRUKA_MQTT_CA_FILE names {ca_file}, which is not a file.")
    if not tls and not _is_loopback(parts.hostname):
        raise Misconfigured("IRUKA_MQTT_URL must use mqtts:// unless the broker is on this machine.")
    return Broker(
        host=parts.hostname,
        port=port or (8883 if tls else 1883),
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        ca_file=ca_file,
    )


def _site(value: str) -> str:
    if not SITE.fullmatch(value):
        raise Misconfigured("IRUKA_SITE must be 1 to 32 letters, digits, hyphens or underscores.")
    return value


def _namespaces(text: str) -> tuple[tuple[str, str, str], ...]:
    found = []
    for part in text.lower().split(","):
        match = NAMESPACE.fullmatch(part.strip())
        if match is None:
            raise Misconfigured(
                "IRUKA_BADGE_NAMESPACES must look like s=ibeacon:<32 hexadecimal digits>,e=eddystone-uid:<20 digits>."
            )
        alias, *families = match.groups()
        kind, identifier = (value for value in families if value is not None)
        found.append((alias, kind, identifier))
    if len({alias for alias, _kind, _identifier in found}) != len(found):
        raise Misconfigured("IRUKA_BADGE_NAMESPACES uses one alias twice.")
    return tuple(found)


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured("IRUKA_BASE_URL must look like https://iruka.city.example.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise Misconfigured("IRUKA_BASE_URL must use https:// unless it is an address of this machine.")
    return url.rstrip("/")


def _secret_key(environment: Mapping[str, str], state_dir: Path) -> str:
    if given := environment.get("IRUKA_SECRET_KEY"):
        if len(given) < 32 or len(set(given)) < 8:
            raise Misconfigured("IRUKA_SECRET_KEY must have at least 32 characters drawn at random.")
        return given
    file = state_dir / "secret_key"
    try:
        return _read_or_create(file)
    except OSError as error:
        reason = error.strerror
        raise Misconfigured(f"The secret key cannot be kept in {file} ({reason}); set IRUKA_STATE_DIR.") from None


def _read_or_create(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as out:
        key = secrets.token_urlsafe(48)
        out.write(key + "\n")
    return key


def _metrics_token(environment: Mapping[str, str]) -> str | None:
    token = environment.get("IRUKA_METRICS_TOKEN") or None
    if token is not None and len(token) < 20:
        raise Misconfigured("IRUKA_METRICS_TOKEN must have at least 20 characters.")
    return token


def _whole_number(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environment.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise Misconfigured(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
    return int(text)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
