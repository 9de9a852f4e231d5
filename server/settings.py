"""All settings of the server: read from the environment once, checked at start, passed on."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.errors import Misconfigured

SYSLOG = re.compile(r"/[^\0\s]+|(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}(?:/udp)?")
SITE = re.compile(r"[A-Za-z0-9_-]{1,32}")
NAMESPACE = re.compile(r"([a-z0-9]{1,4})=(?:(ibeacon):([0-9a-f]{32})|(eddystone-uid):([0-9a-f]{20}))")
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:]{2,45}")
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
SAMPLES = ("changeme", "changethis", "secretkey", "password", "example", "sample", "geheim", "12345678")
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
class Ldap:
    """A directory that knows passwords, and which of its entries and attributes are whose."""

    host: str
    port: int
    tls: bool  # from the first byte; else StartTLS, or neither on this machine itself
    start_tls: bool
    ca_file: str | None
    base_dn: str
    bind_dn: str | None  # who may search; None: whoever signs in searches, after binding as `principal`
    bind_password: str = field(repr=False)
    principal: str | None  # such as {login}@city.example
    filter: str  # with {login}
    staff_no: str  # the attribute

    @property
    def issuer(self) -> str:
        """What identities of this directory are called."""
        return f"ldap:{self.host}:{self.port}/{self.base_dn}"[:255]


@dataclass(frozen=True, slots=True)
class Oidc:
    """An OpenID Connect provider, the only one asked."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    staff_no: str  # the claim
    name: str  # on the button
    scopes: str
    ca_file: str | None
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Proxy:
    """A reverse proxy that knows who is there and says so in a header."""

    header: str
    peers: tuple[IPv4Network | IPv6Network, ...]

    def trusts(self, address: str | None) -> bool:
        """Whether a connection from there may be believed."""
        try:
            peer = ip_address(address or "")
        except ValueError:
            return False
        return any(peer in network for network in self.peers)


class LocalLogin(StrEnum):
    """Which accounts open with a password kept here (SR-12)."""

    ON = "on"  # every account that has one
    NEEDED = "needed"  # those that no other way opens: administrators, privacy officers, what is nobody's own
    EMERGENCY = "emergency"  # shared screens, and the others while somebody on the server's console allows it


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server that takes our letters."""

    host: str
    port: int
    tls: bool  # from the first byte; else StartTLS, or neither on this machine itself
    start_tls: bool
    ca_file: str | None
    user: str | None
    password: str = field(repr=False)
    sender: str  # the address our letters come from


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
    reads_per_minute: int = 600  # IRUKA_READS_PER_MINUTE
    writes_per_minute: int = 60  # IRUKA_WRITES_PER_MINUTE
    namespaces: tuple[tuple[str, str, str], ...] = ()  # IRUKA_BADGE_NAMESPACES: alias, kind, identifier
    ldap: Ldap | None = None  # IRUKA_LDAP_URL and what follows it
    oidc: Oidc | None = None  # IRUKA_OIDC_ISSUER and what follows it
    proxy: Proxy | None = None  # IRUKA_PROXY_USER_HEADER, IRUKA_PROXY_USER_FROM
    local_login: LocalLogin = LocalLogin.ON  # IRUKA_LOCAL_LOGIN
    syslog: str | None = None  # IRUKA_SYSLOG: where the audit log's lines go, too
    smtp: Smtp | None = None  # IRUKA_SMTP_HOST and what follows it; None: nothing is mailed

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https; cookies are then Secure and __Host-."""
        return self.base_url.startswith("https://")


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from IRUKA_* variables, or Misconfigured with a sentence naming the variable."""
    state_dir = Path(environment.get("IRUKA_STATE_DIR", "var")).absolute()
    database_url = environment.get("IRUKA_DATABASE_URL", f"sqlite:///{state_dir / 'iruka.db'}")
    base_url = _base_url(environment.get("IRUKA_BASE_URL", "http://127.0.0.1:8000"))
    _refuse_debug(environment, base_url)
    ldap, oidc, proxy = _ldap(environment), _oidc(environment, base_url), _proxy(environment)
    return Settings(
        database_url=_database_url(database_url),
        broker=_broker(environment),
        site=_site(environment.get("IRUKA_SITE", "main")),
        base_url=base_url,
        state_dir=state_dir,
        secret_key=_secret_key(environment, state_dir),
        metrics_token=_metrics_token(environment),
        trusted_proxies=_whole_number(environment, "IRUKA_TRUSTED_PROXIES", 0, 0, 5),
        streams_per_account=_whole_number(environment, "IRUKA_STREAMS_PER_ACCOUNT", 8, 1, 100_000),
        reads_per_minute=_whole_number(environment, "IRUKA_READS_PER_MINUTE", 600, 1, 60_000),
        writes_per_minute=_whole_number(environment, "IRUKA_WRITES_PER_MINUTE", 60, 1, 60_000),
        namespaces=_namespaces(environment.get("IRUKA_BADGE_NAMESPACES", DEFAULT_NAMESPACES)),
        syslog=syslog(environment),
        smtp=_smtp(environment),
        ldap=ldap,
        oidc=oidc,
        proxy=proxy,
        local_login=_local_login(environment, elsewhere=any((ldap, oidc, proxy))),
    )


def syslog(environment: Mapping[str, str] = os.environ) -> str | None:
    """Where the audit log is sent, too; read alone by commands that need no other setting."""
    address = environment.get("IRUKA_SYSLOG") or None
    if address is not None and not SYSLOG.fullmatch(address):
        raise Misconfigured("IRUKA_SYSLOG must be a path such as /dev/log, or look like log.city.example:514/udp.")
    return address


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
        if len(given) < 32 or len(set(given)) < 8 or _is_sample(given):
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
    if token is not None and (len(token) < 20 or len(set(token)) < 6 or _is_sample(token)):
        raise Misconfigured("IRUKA_METRICS_TOKEN must have at least 20 characters drawn at random.")
    return token


def _ldap(environment: Mapping[str, str]) -> Ldap | None:
    url = environment.get("IRUKA_LDAP_URL")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Misconfigured("IRUKA_LDAP_URL has a port that is not a number from 1 to 65535.") from None
    if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path.strip("/"):
        raise Misconfigured("IRUKA_LDAP_URL must look like ldaps://dc1.city.example.")
    tls, start_tls = parts.scheme == "ldaps", _is_on(environment, "IRUKA_LDAP_START_TLS")
    if not (tls or start_tls or _is_loopback(parts.hostname)):
        raise Misconfigured(
            "IRUKA_LDAP_URL must use ldaps://, or IRUKA_LDAP_START_TLS=1, unless the directory is on this machine."
        )
    bind_dn, principal = environment.get("IRUKA_LDAP_BIND_DN") or None, environment.get("IRUKA_LDAP_UPN") or None
    if (bind_dn is None) == (principal is None):
        raise Misconfigured("Set IRUKA_LDAP_BIND_DN with IRUKA_LDAP_BIND_PASSWORD, or IRUKA_LDAP_UPN, and not both.")
    password = environment.get("IRUKA_LDAP_BIND_PASSWORD", "")
    if bind_dn is not None and (not password or _is_sample(password)):
        raise Misconfigured("IRUKA_LDAP_BIND_PASSWORD must be the password of IRUKA_LDAP_BIND_DN.")
    if principal is not None and principal.count("{login}") != 1:
        raise Misconfigured("IRUKA_LDAP_UPN must look like {login}@city.example.")
    wanted = environment.get("IRUKA_LDAP_FILTER", "(uid={login})")
    if "{login}" not in wanted or not (wanted.startswith("(") and wanted.endswith(")")):
        raise Misconfigured("IRUKA_LDAP_FILTER must look like (sAMAccountName={login}).")
    attribute = environment.get("IRUKA_LDAP_STAFF_NO", "employeeNumber")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", attribute):
        raise Misconfigured("IRUKA_LDAP_STAFF_NO must be the name of one attribute, such as employeeNumber.")
    return Ldap(
        host=parts.hostname,
        port=port or (636 if tls else 389),
        tls=tls,
        start_tls=start_tls and not tls,
        ca_file=_file(environment, "IRUKA_LDAP_CA_FILE"),
        base_dn=_needed(environment, "IRUKA_LDAP_BASE_DN", "IRUKA_LDAP_URL"),
        bind_dn=bind_dn,
        bind_password=password,
        principal=principal,
        filter=wanted,
        staff_no=attribute,
    )


def _oidc(environment: Mapping[str, str], base_url: str) -> Oidc | None:
    issuer = environment.get("IRUKA_OIDC_ISSUER")
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured("IRUKA_OIDC_ISSUER must look like https://login.city.example.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise Misconfigured("IRUKA_OIDC_ISSUER must use https:// unless it is an address of this machine.")
    secret = _needed(environment, "IRUKA_OIDC_CLIENT_SECRET", "IRUKA_OIDC_ISSUER")
    if _is_sample(secret):
        raise Misconfigured("IRUKA_OIDC_CLIENT_SECRET must be the secret that the provider gave this server.")
    scopes = environment.get("IRUKA_OIDC_SCOPES", "openid profile").split()
    if "openid" not in scopes:
        raise Misconfigured("IRUKA_OIDC_SCOPES must name openid, such as: openid profile.")
    return Oidc(
        issuer=issuer,
        client_id=_needed(environment, "IRUKA_OIDC_CLIENT_ID", "IRUKA_OIDC_ISSUER"),
        client_secret=secret,
        staff_no=environment.get("IRUKA_OIDC_STAFF_NO", "employee_number"),
        name=environment.get("IRUKA_OIDC_NAME", "OpenID Connect"),
        scopes=" ".join(scopes),
        ca_file=_file(environment, "IRUKA_OIDC_CA_FILE"),
        redirect_uri=f"{base_url}/sign-in/oidc/callback",
    )


def _proxy(environment: Mapping[str, str]) -> Proxy | None:
    header, peers = environment.get("IRUKA_PROXY_USER_HEADER"), environment.get("IRUKA_PROXY_USER_FROM")
    if not header and not peers:
        return None
    if not header or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,63}", header):
        raise Misconfigured("IRUKA_PROXY_USER_HEADER must be the name of a header, such as X-Remote-User.")
    try:
        networks = tuple(ip_network(part.strip()) for part in (peers or "").split(","))
    except ValueError:
        raise Misconfigured(
            "IRUKA_PROXY_USER_FROM must list the proxy's addresses, such as 10.1.2.3,10.1.2.4."
        ) from None
    if any(network.prefixlen == 0 for network in networks):
        raise Misconfigured("IRUKA_PROXY_USER_FROM must not trust every address.")
    return Proxy(header, networks)


def _smtp(environment: Mapping[str, str]) -> Smtp | None:
    host = environment.get("IRUKA_SMTP_HOST", "").strip()
    if not host:
        return None
    if not HOST.fullmatch(host):
        raise Misconfigured("IRUKA_SMTP_HOST must be the name of a mail server, such as mail.city.example.")
    security = environment.get("IRUKA_SMTP_TLS", "starttls")
    if security not in ("starttls", "tls", "off"):
        raise Misconfigured(f"IRUKA_SMTP_TLS must be starttls, tls or off, not {security!r}.")
    if security == "off" and not _is_loopback(host):
        raise Misconfigured("IRUKA_SMTP_TLS must not be off unless the mail server is on this machine.")
    sender = _needed(environment, "IRUKA_SMTP_FROM", "IRUKA_SMTP_HOST")
    if not MAIL.fullmatch(sender):
        raise Misconfigured("IRUKA_SMTP_FROM must be one mail address, such as iruka@city.example.")
    user, password_file = environment.get("IRUKA_SMTP_USER") or None, _file(environment, "IRUKA_SMTP_PASSWORD_FILE")
    if (user is None) != (password_file is None):
        raise Misconfigured("Set IRUKA_SMTP_USER with IRUKA_SMTP_PASSWORD_FILE, or neither.")
    return Smtp(
        host=host,
        port=_whole_number(environment, "IRUKA_SMTP_PORT", 465 if security == "tls" else 587, 1, 65_535),
        tls=security == "tls",
        start_tls=security == "starttls",
        ca_file=_file(environment, "IRUKA_SMTP_CA_FILE"),
        user=user,
        password="" if password_file is None else _line(password_file, "IRUKA_SMTP_PASSWORD_FILE"),
        sender=sender,
    )


def _line(file: str, name: str) -> str:
    try:
        value = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"{name} names {file}, which cannot be read.") from None
    if not value or "\n" in value:
        raise Misconfigured(f"{name} names {file}, which must hold one line.")
    return value


def _local_login(environment: Mapping[str, str], *, elsewhere: bool) -> LocalLogin:
    value = environment.get("IRUKA_LOCAL_LOGIN", LocalLogin.ON)
    if value not in set(LocalLogin):
        raise Misconfigured(f"IRUKA_LOCAL_LOGIN must be on, needed or emergency, not {value!r}.")
    if value != LocalLogin.ON and not elsewhere:
        raise Misconfigured(f"IRUKA_LOCAL_LOGIN={value} needs a directory, a login service or a proxy to log in with.")
    return LocalLogin(value)


def _needed(environment: Mapping[str, str], name: str, because: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise Misconfigured(f"{name} is needed since {because} is set.")
    return value


def _file(environment: Mapping[str, str], name: str) -> str | None:
    file = environment.get(name) or None
    if file is not None and not Path(file).is_file():
        raise Misconfigured(f"{name} names {file}, which is not a file.")
    return file


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "0")
    if value not in ("0", "1"):
        raise Misconfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def _is_sample(value: str) -> bool:
    """Whether a secret was copied from an example instead of drawn."""
    plain = re.sub(r"[^a-z0-9]", "", value.lower())
    return any(word in plain for word in SAMPLES)


def _refuse_debug(environment: Mapping[str, str], base_url: str) -> None:
    """Flask's debugger runs whatever a browser types into it (SR-41)."""
    is_on = environment.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no")
    if is_on and not _is_loopback(urlsplit(base_url).hostname or ""):
        raise Misconfigured("FLASK_DEBUG must not be set where IRUKA_BASE_URL is not an address of this machine.")


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
