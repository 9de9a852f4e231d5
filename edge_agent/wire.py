"""What is said over MQTT between agents and the server: topics, messages, encode, decode.

Standard library only, and nothing of ours, so that the server can import it without the radio. Messages are
JSON in UTF-8, version 1, at most 64 KB. Unknown fields are ignored; a missing or wrong one is malformed.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import NamedTuple, NoReturn, TypeVar

_Value = TypeVar("_Value")

VERSION = 1
MAX_BYTES = 65_536
MAX_ROWS = 2_000
WEAKEST_DBM, STRONGEST_DBM = -115.0, -15.0  # a level outside, or on the border, is a glitch
MAX_AGE_MS = 86_400_000
MAX_SEQ = 2**53
NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
TAG = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
BOOT = re.compile(r"[0-9a-f]{16}")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


class Fault(StrEnum):
    """Why a message is refused; each is counted by its name."""

    TOPIC = "topic"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    VERSION = "version"
    MISSING = "missing"
    TYPE = "type"
    RANGE = "range"
    NOT_FINITE = "not_finite"
    FOREIGN = "foreign"
    DUPLICATE_TAG = "duplicate_tag"


class Malformed(Exception):  # noqa: N818  what arrived is malformed
    """Somebody sent rubbish; `kind` says which, the text says where."""

    def __init__(self, kind: Fault, detail: str) -> None:
        super().__init__(f"{kind.value}: {detail}")
        self.kind = kind


class Channel(StrEnum):
    """The last part of a topic."""

    SIGHTINGS = "sightings"  # agent → server, never retained
    STATUS = "status"  # agent → server, retained; also the last will
    CONFIG = "config"  # server → agent, retained
    ACK = "ack"  # server → agent


class Topic(NamedTuple):
    """A parsed topic."""

    site: str
    agent: str
    channel: Channel


class Sighting(NamedTuple):
    """What one agent heard of one tag in one window."""

    tag: str
    n: int  # packets
    mean_dbm: float
    var_db2: float  # population variance, 0.0 when n = 1
    max_dbm: float
    age_ms: int  # of the newest packet, when the batch left


@dataclass(frozen=True, slots=True)
class Sightings:
    """One closed window of one agent; no rows means "heard nothing"."""

    agent: str
    boot: str  # new at every start of the agent, 16 hexadecimal digits
    seq: int  # counts up within a boot
    sent_ms: int  # the agent's wall clock when the batch left; only judges the clock
    dt_ms: int  # length of the window
    rows: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What an agent says of itself."""

    agent: str
    boot: str
    state: str  # online, offline
    adapter: str  # ok, missing, off, lost, refused
    sent_ms: int
    pps: float  # packets a second, everybody's
    ref_pps: float | None  # of a known tag that should send once a second; None: none heard
    queue: int
    dropped: int
    strangers: int  # packets of devices that are none of ours
    clock_error_ms: int | None  # None: nobody keeps this clock
    uptime_s: int
    software: str


@dataclass(frozen=True, slots=True)
class Hours:
    """When an agent may listen: `open` ≤ local time < `close` on `days` (Monday is 0) but `closed`, and on `extra`."""

    tz: str
    open: str
    close: str
    days: tuple[int, ...]
    closed: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Namespace:
    """An identifier family that is ours: an iBeacon UUID (32 hex) or an Eddystone namespace (20 hex)."""

    kind: str  # ibeacon, eddystone-uid
    value: str


@dataclass(frozen=True, slots=True)
class Config:
    """What the server tells an agent; None in `hours` means nothing may be heard yet."""

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    window_ms: int = 1000
    hours: Hours | None = None


Message = Sightings | Status | Config

ADAPTER_STATES = ("ok", "missing", "off", "lost", "refused")
NAMESPACE_KINDS = {"ibeacon": ("uuid", 32), "eddystone-uid": ("namespace", 20)}


# Topics


def topic(site: str, agent: str, channel: Channel) -> str:
    """`office/v1/<site>/agents/<agent>/<channel>`."""
    return f"office/v1/{site}/agents/{agent}/{channel.value}"


def sightings_topic(site: str, agent: str) -> str:
    """Where an agent's windows go; `+` for the agent subscribes to all."""
    return topic(site, agent, Channel.SIGHTINGS)


def status_topic(site: str, agent: str) -> str:
    """Where an agent's status goes."""
    return topic(site, agent, Channel.STATUS)


def config_topic(site: str, agent: str) -> str:
    """Where an agent reads its configuration."""
    return topic(site, agent, Channel.CONFIG)


def ack_topic(site: str, agent: str) -> str:
    """Where an agent reads what the server has stored."""
    return topic(site, agent, Channel.ACK)


def parse_topic(text: str) -> Topic:
    """The parts of a topic, or Malformed."""
    parts = text.split("/")
    if len(parts) != 6 or parts[0] != "office" or parts[1] != "v1" or parts[3] != "agents":
        raise Malformed(Fault.TOPIC, "not one of ours")
    site, agent = parts[2], parts[4]
    if not NAME.fullmatch(site) or not NAME.fullmatch(agent):
        raise Malformed(Fault.TOPIC, "site and agent are 1 to 32 letters, digits, hyphens or underscores")
    try:
        return Topic(site, agent, Channel(parts[5]))
    except ValueError:
        raise Malformed(Fault.TOPIC, "no such channel") from None


# Encoding


def encode(message: Message) -> bytes:
    """The message as it travels."""
    match message:
        case Sightings():
            return _dump(
                {
                    "v": VERSION,
                    "agent": message.agent,
                    "boot": message.boot,
                    "seq": message.seq,
                    "sent_ms": message.sent_ms,
                    "dt_ms": message.dt_ms,
                    "s": message.rows,
                }
            )
        case Status():
            return _dump({"v": VERSION} | {name: getattr(message, name) for name in Status.__slots__})
        case Config():
            return _dump(_config_fields(message))


def _config_fields(config: Config) -> dict[str, object]:
    namespaces = {
        alias: {"kind": space.kind, NAMESPACE_KINDS[space.kind][0]: space.value}
        for alias, space in config.namespaces.items()
    }
    hours = config.hours and {name: getattr(config.hours, name) for name in Hours.__slots__}
    return {"v": VERSION, "namespaces": namespaces, "window_ms": config.window_ms, "hours": hours}


def _dump(fields: object) -> bytes:
    return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


# Decoding


def decode(where: Topic, payload: bytes) -> Message:
    """The message that arrived on a topic, or Malformed; never another exception, whatever the bytes."""
    fields = _load(payload)
    match where.channel:
        case Channel.SIGHTINGS:
            return _sightings(where, fields)
        case Channel.STATUS:
            return _status(where, fields)
        case Channel.CONFIG:
            return _config(fields)
        case Channel.ACK:
            raise Malformed(Fault.TOPIC, "nothing is decoded on this channel")


def _load(payload: bytes) -> dict[str, object]:
    if len(payload) > MAX_BYTES:
        raise Malformed(Fault.TOO_LARGE, f"{len(payload)} bytes")
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise Malformed(Fault.NOT_UTF8, f"byte {error.start}") from None
    try:
        fields = json.loads(text, parse_constant=_not_finite)
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise Malformed(Fault.NOT_JSON, "not JSON") from None
    if not isinstance(fields, dict):
        raise Malformed(Fault.TYPE, "the message is not an object")
    version = fields.get("v")
    if type(version) is not int or version != VERSION:
        raise Malformed(Fault.VERSION, "v is not 1")
    return fields


def _not_finite(word: str) -> NoReturn:
    raise Malformed(Fault.NOT_FINITE, word)


def _sightings(where: Topic, fields: dict[str, object]) -> Sightings:
    agent = _own_name(where, fields)
    boot = _text(fields, "boot", BOOT)
    seq = _whole(fields, "seq", 0, MAX_SEQ)
    sent_ms = _whole(fields, "sent_ms", 0, MAX_SEQ)
    dt_ms = _whole(fields, "dt_ms", 100, 60_000)
    rows = _need(fields, "s")
    if type(rows) is not list:
        raise Malformed(Fault.TYPE, "s is not a list")
    if len(rows) > MAX_ROWS:
        raise Malformed(Fault.RANGE, f"s has more than {MAX_ROWS} rows")
    heard = tuple([_sighting(row) for row in rows])
    if len({row[0] for row in heard}) != len(heard):
        raise Malformed(Fault.DUPLICATE_TAG, "a tag appears twice in one window")
    return Sightings(agent, boot, seq, sent_ms, dt_ms, heard)


def _sighting(row: object) -> Sighting:
    # The hot path: a building sends tens of thousands of rows a second, so a good row passes one expression
    # and only a bad one is asked what is wrong with it.
    if type(row) is list and len(row) >= 6:
        tag, n, mean, var, top, age = row[:6]
        if (
            type(tag) is str
            and type(n) is int
            and (type(mean) is float or type(mean) is int)
            and (type(var) is float or type(var) is int)
            and (type(top) is float or type(top) is int)
            and type(age) is int
            and 1 <= n <= 65_535
            and WEAKEST_DBM < mean < STRONGEST_DBM
            and 0 <= var <= 10_000
            and WEAKEST_DBM < top < STRONGEST_DBM
            and 0 <= age <= MAX_AGE_MS
            and TAG.fullmatch(tag)
        ):
            return Sighting(tag, n, mean, var, top, age)
    raise _row_fault(row)


def _row_fault(row: object) -> Malformed:
    if not isinstance(row, list):
        return Malformed(Fault.TYPE, "a row of s is not a list")
    if len(row) < 6:
        return Malformed(Fault.MISSING, "a row of s has fewer than six fields")
    tag, n, *levels, age = row[:6]
    if type(tag) is not str or type(n) is not int or type(age) is not int:
        return Malformed(Fault.TYPE, "a row of s holds a wrong type")
    if any(type(level) not in (int, float) for level in levels):
        return Malformed(Fault.TYPE, "a row of s holds a wrong type")
    if not all(type(level) is int or isfinite(level) for level in levels):
        return Malformed(Fault.NOT_FINITE, "a row of s holds no finite number")
    return Malformed(Fault.RANGE, "a row of s holds a value out of range")


def _status(where: Topic, fields: dict[str, object]) -> Status:
    return Status(
        agent=_own_name(where, fields),
        boot=_text(fields, "boot", BOOT),
        state=_choice(fields, "state", ("online", "offline")),
        adapter=_choice(fields, "adapter", ADAPTER_STATES),
        sent_ms=_whole(fields, "sent_ms", 0, MAX_SEQ),
        pps=_number(fields, "pps", 0.0, 1e6),
        ref_pps=_or_none(fields, "ref_pps", lambda: _number(fields, "ref_pps", 0.0, 1e6)),
        queue=_whole(fields, "queue", 0, MAX_SEQ),
        dropped=_whole(fields, "dropped", 0, MAX_SEQ),
        strangers=_whole(fields, "strangers", 0, MAX_SEQ),
        clock_error_ms=_or_none(fields, "clock_error_ms", lambda: _whole(fields, "clock_error_ms", -MAX_SEQ, MAX_SEQ)),
        uptime_s=_whole(fields, "uptime_s", 0, MAX_SEQ),
        software=_text(fields, "software", re.compile(r"[ -~]{0,32}")),
    )


def _config(fields: dict[str, object]) -> Config:
    spaces = _need(fields, "namespaces")
    if not isinstance(spaces, dict):
        raise Malformed(Fault.TYPE, "namespaces is not an object")
    hours = _or_none(fields, "hours", lambda: _hours(_object(fields, "hours")))
    namespaces = {alias: _namespace(alias, space) for alias, space in spaces.items()}
    return Config(namespaces, _whole(fields, "window_ms", 1000, 2000), hours)


def _namespace(alias: str, space: object) -> Namespace:
    if not re.fullmatch(r"[a-z0-9]{1,4}", alias):
        raise Malformed(Fault.RANGE, "an alias is 1 to 4 lower-case letters or digits")
    if not isinstance(space, dict):
        raise Malformed(Fault.TYPE, "a namespace is not an object")
    kind = _choice(space, "kind", tuple(NAMESPACE_KINDS))
    key, digits = NAMESPACE_KINDS[kind]
    return Namespace(kind, _text(space, key, re.compile(rf"[0-9a-f]{{{digits}}}")))


def _hours(fields: dict[str, object]) -> Hours:
    days = _need(fields, "days")
    if not isinstance(days, list) or not all(type(day) is int and 0 <= day <= 6 for day in days):
        raise Malformed(Fault.RANGE, "days is not a list of numbers from 0 to 6")
    return Hours(
        tz=_text(fields, "tz", re.compile(r"[A-Za-z0-9_+/-]{1,40}")),
        open=_text(fields, "open", CLOCK),
        close=_text(fields, "close", CLOCK),
        days=tuple(days),
        closed=_dates(fields, "closed"),
        extra=_dates(fields, "extra"),
    )


def _dates(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    dates = fields.get(name, [])
    if not isinstance(dates, list) or not all(isinstance(day, str) and DATE.fullmatch(day) for day in dates):
        raise Malformed(Fault.RANGE, f"{name} is not a list of dates")
    return tuple(dates)


def _own_name(where: Topic, fields: Mapping[str, object]) -> str:
    agent = _text(fields, "agent", NAME)
    if agent != where.agent:
        raise Malformed(Fault.FOREIGN, "the message names another agent than its topic")
    return agent


def _need(fields: Mapping[str, object], name: str) -> object:
    if name not in fields:
        raise Malformed(Fault.MISSING, f"{name} is missing")
    return fields[name]


def _object(fields: Mapping[str, object], name: str) -> dict[str, object]:
    value = _need(fields, name)
    if not isinstance(value, dict):
        raise Malformed(Fault.TYPE, f"{name} is not an object")
    return value


def _text(fields: Mapping[str, object], name: str, pattern: re.Pattern[str]) -> str:
    value = _need(fields, name)
    if not isinstance(value, str):
        raise Malformed(Fault.TYPE, f"{name} is not text")
    if not pattern.fullmatch(value):
        raise Malformed(Fault.RANGE, f"{name} does not have the right form")
    return value


def _choice(fields: Mapping[str, object], name: str, choices: tuple[str, ...]) -> str:
    value = _need(fields, name)
    if not isinstance(value, str):
        raise Malformed(Fault.TYPE, f"{name} is not text")
    if value not in choices:
        raise Malformed(Fault.RANGE, f"{name} is none of {', '.join(choices)}")
    return value


def _whole(fields: Mapping[str, object], name: str, low: int, high: int) -> int:
    value = _need(fields, name)
    if type(value) is not int:
        raise Malformed(Fault.TYPE, f"{name} is not a whole number")
    if not low <= value <= high:
        raise Malformed(Fault.RANGE, f"{name} is not from {low} to {high}")
    return value


def _number(fields: Mapping[str, object], name: str, low: float, high: float) -> float:
    value = _need(fields, name)
    if type(value) not in (int, float):
        raise Malformed(Fault.TYPE, f"{name} is not a number")
    assert isinstance(value, int | float)  # noqa: S101  for the type checker; the line above refused the rest
    if isinstance(value, float) and not isfinite(value):
        raise Malformed(Fault.NOT_FINITE, f"{name} is not finite")
    if not low <= value <= high:
        raise Malformed(Fault.RANGE, f"{name} is not from {low} to {high}")
    return float(value)


def _or_none(fields: Mapping[str, object], name: str, read: Callable[[], _Value]) -> _Value | None:
    return None if _need(fields, name) is None else read()
