"""The agent's settings: one TOML file, read once, checked whole, passed on."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from edge_agent.wire import NAME, TAG

PASSWORD_VARIABLE = "IRUKA_AGENT_PASSWORD"  # noqa: S105  the name of a variable
KNOWN = {
    "": ("agent", "site", "broker", "radio", "outbox"),
    "broker": ("url", "ca_file", "password_file"),
    "radio": ("adapter", "reference_tag"),
    "outbox": ("keep_s",),
}


class Misconfigured(Exception):  # noqa: N818  sentences for whoever wrote the file or the command
    """Why the program does not start; one sentence for each thing to mend."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to sign in; without a username, nobody signs in."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `iruka-agent run` needs to know; the rest comes from the server over MQTT."""

    agent: str
    site: str
    broker: Broker
    adapter: str | None  # None: the first one that is on
    reference_tag: str | None
    keep_s: float


def load(file: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in a file, or Misconfigured with every mistake in it."""
    try:
        fields = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file} is not a TOML file: {error}.") from None
    return _Reading(file, fields, environment).settings()


def broker_at(url: str, username: str | None = None, password: str | None = None, ca_file: str | None = None) -> Broker:
    """The broker at mqtt://host:port or mqtts://host:port, or Misconfigured; a name in the address counts too."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Misconfigured("must have a port from 1 to 65535") from None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise Misconfigured("must look like mqtts://broker.example:8883")
    tls = parts.scheme == "mqtts"
    if not tls and not _is_loopback(parts.hostname):
        raise Misconfigured("must begin with mqtts:// unless the broker is on this machine")
    if ca_file is not None and not Path(ca_file).is_file():
        raise Misconfigured(f"needs the certificate file {ca_file}, which is not there")
    return Broker(
        host=parts.hostname,
        port=port or (8883 if tls else 1883),
        tls=tls,
        username=username or (unquote(parts.username) if parts.username else None),
        password=password or (unquote(parts.password) if parts.password else None),
        ca_file=ca_file,
    )


def password_in(file: Path) -> str:
    """The first line of a password file, or Misconfigured."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"names {file}, which cannot be read") from None
    if not lines or not lines[0].strip():
        raise Misconfigured(f"names {file}, which holds no password")
    return lines[0].strip()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Reading:
    """One file being read; mistakes are collected, not raised."""

    def __init__(self, file: Path, fields: Mapping[str, object], environment: Mapping[str, str]) -> None:
        self._file = file
        self._fields = fields
        self._environment = environment
        self._mistakes: list[str] = []

    def settings(self) -> Settings:
        self._look_for_unknown_keys()
        agent = self._text("agent", NAME, "1 to 32 letters, digits, hyphens or underscores")
        site = self._text("site", NAME, "1 to 32 letters, digits, hyphens or underscores", "main")
        broker = self._broker(agent)
        adapter = self._text("radio.adapter", re.compile(r"hci[0-9]{1,2}"), "an adapter's name such as hci0", "")
        reference_tag = self._text("radio.reference_tag", TAG, "a tag's id such as s-1-1", "")
        keep_s = self._number("outbox.keep_s", 10, 600, 300)
        if self._mistakes:
            raise Misconfigured(*self._mistakes)
        assert broker is not None  # noqa: S101  for the type checker; without one there is a mistake
        return Settings(agent, site, broker, adapter or None, reference_tag or None, keep_s)

    def _look_for_unknown_keys(self) -> None:
        for table, keys in KNOWN.items():
            there = self._fields if not table else self._fields.get(table, {})
            if not isinstance(there, Mapping):
                self._wrong(table, "must be a table of settings, written below a line with its name in brackets")
                continue
            for key in there:
                if key not in keys:
                    self._wrong(f"{table}.{key}".lstrip("."), f"is no setting; there are {', '.join(keys)}")

    def _broker(self, agent: str) -> Broker | None:
        url = self._given("broker.url")
        ca_file = self._given("broker.ca_file")
        if not isinstance(url, str):
            self._wrong("broker.url", "must be text such as mqtts://broker.example:8883")
            return None
        if "@" in url:
            self._wrong("broker.url", "must hold no name or password; the name is the agent's, the password has a file")
            return None
        if ca_file is not None and not isinstance(ca_file, str):
            self._wrong("broker.ca_file", "must be the path of a certificate file")
            return None
        password = self._password()
        try:
            return broker_at(url, agent if password else None, password, ca_file)
        except Misconfigured as wrong:
            self._wrong("broker.url", wrong.sentences[0])
            return None

    def _password(self) -> str | None:
        file = self._given("broker.password_file")
        if file is None:
            return self._environment.get(PASSWORD_VARIABLE) or None
        if not isinstance(file, str):
            self._wrong("broker.password_file", "must be the path of a file with the password in its first line")
            return None
        try:
            return password_in(self._file.parent / file)
        except Misconfigured as wrong:
            self._wrong("broker.password_file", wrong.sentences[0])
            return None

    def _text(self, key: str, pattern: re.Pattern[str], expected: str, default: str | None = None) -> str:
        value = self._given(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self._wrong(key, f"must be {expected}")
            return ""
        return value

    def _number(self, key: str, low: int, high: int, default: int) -> float:
        value = self._given(key)
        if value is None:
            return float(default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self._wrong(key, f"must be a number from {low} to {high}")
            return float(default)
        return float(value)

    def _given(self, key: str) -> object:
        table, _, name = key.rpartition(".")
        there = self._fields.get(table) if table else self._fields
        return there.get(name) if isinstance(there, Mapping) else None

    def _wrong(self, key: str, sentence: str) -> None:
        self._mistakes.append(f"{self._file}: {key} {sentence}.")
