"""Builders with good defaults, so that a test shows only what matters. Each writes in the open transaction."""

import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from server import clock, db
from server import settings as server_settings
from server.bookings import service as bookings
from server.bookings.rules import How, Wish
from server.fleet import service as fleet
from server.people import passwords, sessions
from server.people import service as people
from server.people.models import Account
from server.people.rules import Role
from server.phones import service as phones
from server.phones.rules import Holder
from server.places import service as places

DAY = date(2026, 4, 1)
THURSDAY = date(2026, 11, 19)
PASSWORD = "correct horse battery"
_number = count(1)


def at(clock: str, day: date = THURSDAY) -> datetime:
    """An instant of a working Thursday on the building's clock (UTC+9)."""
    hour, minute, *second = (int(part) for part in clock.split(":"))
    tokyo_minutes = hour * 60 + minute - 9 * 60
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start + timedelta(minutes=tokyo_minutes, seconds=second[0] if second else 0)


def notice(now: datetime | None = None) -> int:
    """A published notice; returns its version."""
    return people.publish_notice("目的", "Purpose", "情報統括", "規程1号", now or at("07:00", DAY))


def unit(name: str = "財政課", *, parent_id: int | None = None, kind: str = "section") -> int:
    """A section."""
    return people.add_unit(f"U{next(_number)}", name, kind, DAY, parent_id=parent_id)


def person(
    family: str = "髙波",
    given: str = "真琴",
    *,
    unit_id: int | None = None,
    is_head: bool = False,
    has_read: int | None = None,
    **fields: object,
) -> int:
    """A person, with a post when a unit is given; `has_read` is the notice version they read."""
    number = next(_number)
    person_id = people.add_person(f"{number:06}", family, given, DAY, **fields)
    if unit_id is not None:
        people.add_membership(person_id, unit_id, DAY, is_head=is_head)
    if has_read is not None:
        people.read_notice(person_id, has_read, at("07:30", DAY))
    return person_id


def extension(number: str, kind: str = "smartphone", *, is_main: bool = False, outside: str = "", **holder: int) -> int:
    """A number, of somebody when a `person_id`, `unit_id` or `zone_id` is given."""
    told = {"actor": "operator", "now": at("07:00", DAY)}
    extension_id = phones.add_extension(number, kind=kind, outside_number=outside, **told)
    if holder:
        phones.give(extension_id, Holder(**holder), DAY, is_main=is_main, **told)
    return extension_id


def account(login: str = "takanami", *, role: Role = Role.STAFF, person_id: int | None = None) -> int:
    """A sign-in with the password PASSWORD, hashed once a process: a hash is made to take its time."""
    made = Account(
        login=login, password_hash=_hash(), role=role.value, person_id=person_id, created_at=at("07:00", DAY)
    )
    db.session.add(made)
    db.session.flush()
    return made.id


@cache
def _hash() -> str:
    return passwords.hashed(PASSWORD)


class Signed(NamedTuple):
    """A session as a browser holds it."""

    account_id: int
    key: str
    csrf: str


def session(role: Role = Role.STAFF, person_id: int | None = None, account_id: int | None = None) -> Signed:
    """A session that starts now with everything proven, of a new account unless one is given; opens a transaction."""
    key, csrf = secrets.token_urlsafe(32), secrets.token_hex(20)
    with db.transaction():
        if account_id is None:
            account_id = account(f"{role.value}-{next(_number)}", role=role, person_id=person_id)
        now = clock.now()
        sessions.start(
            hashlib.sha256(key.encode()).digest(), account_id, {"csrf_token": csrf}, now, proven_at=now, factor_at=now
        )
    return Signed(account_id, key, csrf)


def settings(database_url: str, state_dir: Path, **variables: str) -> server_settings.Settings:
    """Settings of a laptop, with other IRUKA_ variables as given (`BASE_URL="https://…"`)."""
    given = {"IRUKA_DATABASE_URL": database_url, "IRUKA_STATE_DIR": str(state_dir)}
    return server_settings.load(given | {f"IRUKA_{name}": value for name, value in variables.items()})


ALWAYS = {"opens_at": "00:00", "closes_at": "24:00", "open_weekdays": "0123456", "keeps_holidays": False}
# Of buildings on the real clock.


def building(code: str = "main", **fields: object) -> int:
    """A building that is open from 7:00 to 20:00 on working days."""
    return places.add_building(code, "本庁舎", name_en="Main building", **fields)


def floor(building_id: int, code: str = "18", *, level: int | None = None, **fields: object) -> int:
    """A floor of 48 × 32 m."""
    given = {"width_m": 48.0, "height_m": 32.0} | fields
    return places.add_floor(building_id, code, level if level is not None else int(code), f"{code}階", **given)


def zone(
    floor_id: int, code: str = "18A", *, x_m: float = 0.0, y_m: float = 0.0, size_m: float = 12.0, **fields
) -> int:
    """A square zone."""
    polygon = [[x_m, y_m], [x_m + size_m, y_m], [x_m + size_m, y_m + size_m], [x_m, y_m + size_m]]
    return places.add_zone(floor_id, code, f"{code}区画", polygon, **({"capacity": 30} | fields))


def seat(zone_id: int, code: str = "18A-012", *, kind: str = "group", x_m: float = 1.0, y_m: float = 1.0) -> int:
    """A seat in a zone."""
    return places.add_seat(zone_id, code, kind, x_m, y_m, at("07:00", DAY))


def booking(
    person_id: int,
    seat_id: int,
    starts: str = "08:30",
    ends: str = "17:15",
    *,
    day: date = THURSDAY,
    now: datetime | None = None,
    how: How = How.MAP,
    **more: Any,
) -> int:
    """Somebody's booking of a seat, made at 7:00 on that day unless `now` is given; `more` as for `book`."""
    wish = Wish(seat_id, at(starts, day), at(ends, day), how)
    return bookings.book(person_id, wish, now or at("07:00", day), **more).id


def receiver(floor_id: int, agent: str = "RX-18-01", *, x_m: float = 6.0, y_m: float = 6.0) -> int:
    """A receiver under the ceiling."""
    return fleet.add_receiver(agent, floor_id, x_m, y_m)


def badge(person_id: int, wire_id: str | None = None) -> str:
    """A badge that the person carries; returns its id on the wire."""
    wire = wire_id or f"s-1-{next(_number)}"
    fleet.hand_over_tag(fleet.add_tag(wire), person_id, at("07:00", DAY))
    return wire
