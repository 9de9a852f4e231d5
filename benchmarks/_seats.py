"""A building for benchmarks of bookings: 25 floors of 100 seats, 2,500 people signed in, and months of bookings."""

import hashlib
import http.client
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from itsdangerous import URLSafeTimedSerializer
from jpholiday import is_holiday
from sqlalchemy import insert, text

from benchmarks._hall import make, postgres  # before the next line: it makes the tests' builders importable
from migrations.upgrade import upgrade
from server import clock, db
from server.bookings import rules
from server.demo.names import names
from server.people import passwords, sessions
from server.people.models import Account
from server.people.rules import Role
from server.places import queries as places_queries
from server.places import service as places
from server.places.seats import NewSeat, add_seats

TOKYO = ZoneInfo("Asia/Tokyo")
FLOORS, ZONES, SEATS_A_ZONE = 25, 4, 25
PAST_DAYS, DAYS_AHEAD = 112, 10  # 2,500 × 112 past bookings, and half of the people on each of the next ten days
SECRET = "a secret of this benchmark, and of nothing else"
STARTS, ENDS = time(8, 30), time(17, 15)

PAST = """
INSERT INTO booking (seat_id, person_id, booked_by_id, starts_at, ends_at, state, how, is_confirmed, is_warned,
                     subject, sequence, changed_at, is_for_absence)
SELECT s.id, p.id, NULL, d.at, d.at + interval '8 hours 45 minutes', 'in_use', 'map', true, false, '', 0, d.at, false
FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM person) p
CROSS JOIN (SELECT n, CAST(:first AS timestamptz) + n * interval '1 day' AS at FROM generate_series(0, :days - 1) n) d
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM seat) s ON s.n = (p.n + d.n * 7) % :n_seats
"""
AHEAD = """
WITH made AS (
  INSERT INTO booking (seat_id, person_id, booked_by_id, starts_at, ends_at, state, how, is_confirmed, is_warned,
                       subject, sequence, changed_at, is_for_absence)
  SELECT s.id, p.id, NULL, CAST(:at AS timestamptz), CAST(:at AS timestamptz) + interval '8 hours 45 minutes',
         'booked', 'map', false, false, '', 0, now(), false
  FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM person) p
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM seat) s ON s.n = p.n
  WHERE p.n % 2 = 0 RETURNING id, seat_id, person_id)
INSERT INTO booking_slot (seat_id, quarter, booking_id, person_id, exclusive)
SELECT seat_id, q, id, person_id, 'desk' FROM made CROSS JOIN generate_series(:first_quarter, :last_quarter) q
"""


@dataclass
class Building:
    """The building, and who may book where; every second of `people` has nothing ahead."""

    url: str
    floor_codes: list[str]
    seat_ids: list[int]  # in the order of the people who have them ahead
    people: list[int]
    keys: dict[int, str] = field(default_factory=dict)
    csrf: dict[int, str] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)

    def headers(self, person_id: int) -> dict[str, str]:
        """What a signed-in browser of this person sends."""
        return {
            "Cookie": f"iruka={self.keys[person_id]}",
            "X-CSRFToken": self.csrf[person_id],
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
        }


@contextmanager
def building(past_days: int = PAST_DAYS) -> Iterator[Building]:
    """The building with all its bookings, on a PostgreSQL server of its own with PostgreSQL's own settings."""
    with postgres.server(durable=True) as server:
        built = build(server.create("seats"))
        db.connect(built.url)
        _book(built, past_days)
        db.disconnect()
        yield built


def build(url: str) -> Building:
    """The building in an empty database, without any booking."""
    db.connect(url)
    upgrade()
    codes = []
    with db.transaction():
        notice, house = make.notice(), make.building(**make.ALWAYS)
        places.set_exceptions(house, {})
        called = names(20261123)
        people: list[int] = []
        for level in range(FLOORS, 0, -1):
            floor = make.floor(house, str(level), portals=[[24.0, 16.0]])
            codes.append(str(level))
            for letter in range(ZONES):
                code = f"{level}{'ABCD'[letter]}"
                zone = make.zone(floor, code, x_m=12.0 * letter, capacity=SEATS_A_ZONE)
                section = make.unit(f"第{code}課")
                places.own_zone(zone, section, make.DAY)
                has = (("monitor",), ("dock", "monitor"), (), ("quiet",))
                add_seats(
                    zone,
                    [
                        NewSeat(
                            f"{code}-{i + 1:03}", "group", 12.0 * letter + 1 + i % 5 * 2, 1 + i // 5 * 2,
                            equipment=has[i % 4],
                        )
                        for i in range(SEATS_A_ZONE)
                    ],
                    clock.now(),
                )  # fmt: skip
                people += [
                    make.person(name.family, name.given, family_kana=name.family_kana, given_kana=name.given_kana,
                                unit_id=section, has_read=notice)
                    for name in islice(called, SEATS_A_ZONE)
                ]  # fmt: skip
        seat_ids = [seat.id for seat in sorted(places_queries.seats(house), key=lambda seat: seat.id)]
    built = Building(url, codes, seat_ids, people, days=_working_days(clock.now().astimezone(TOKYO).date()))
    _sign_in(built)
    db.disconnect()
    return built


def _working_days(today: date) -> list[date]:
    found, day = [], today
    while len(found) < DAYS_AHEAD:
        day += timedelta(days=1)
        if day.weekday() < 5 and not is_holiday(day):
            found.append(day)
    return found


def _sign_in(built: Building) -> None:
    now, password, signer = (
        clock.now(),
        passwords.hashed(make.PASSWORD),
        URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token"),
    )
    with db.transaction():
        for person in built.people:
            key, csrf = secrets.token_urlsafe(32), secrets.token_hex(20)
            account = insert(Account).values(
                login=f"p{person}", password_hash=password, role=Role.STAFF.value, person_id=person, created_at=now
            )
            account_id = db.session.execute(account.returning(Account.id)).scalar_one()
            sessions.start(hashlib.sha256(key.encode()).digest(), account_id, {"csrf_token": csrf}, now)
            built.keys[person], built.csrf[person] = key, signer.dumps(csrf)


def _book(built: Building, past_days: int) -> None:
    today = clock.now().astimezone(TOKYO).date()
    first = datetime.combine(today - timedelta(days=past_days), STARTS, TOKYO)
    with db.transaction() as session:
        session.execute(text(PAST), {"first": first, "days": past_days, "n_seats": len(built.seat_ids)})
        for day in built.days:
            at, until = datetime.combine(day, STARTS, TOKYO), datetime.combine(day, ENDS, TOKYO)
            quarters = rules.quarters(at, until)
            session.execute(text(AHEAD), {"at": at, "first_quarter": quarters.start, "last_quarter": quarters.stop - 1})
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def connection_to(port: int, worker_id: int) -> http.client.HTTPConnection:
    """A connection held by this worker: both clients on one of them, as chance has it, would measure half the site."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert ask(connection, "GET", "/static/none", {})[0] == 404
        if _socket(port, connection.sock.getsockname()[1]) in _sockets(worker_id):
            return connection
        connection.close()


def _socket(port: int, of_port: int) -> str:
    """What Linux calls the server's end of a connection."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, ours, theirs, *_rest = parts = line.split()
        if ours.endswith(f":{port:04X}") and theirs.endswith(f":{of_port:04X}"):
            return f"socket:[{parts[9]}]"
    return ""


def _sockets(process_id: int) -> set[str]:
    found = set()
    for entry in Path(f"/proc/{process_id}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found.add(str(entry.readlink()))
    return found


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: bytes | None = None
):
    """One request on a kept connection: status and body."""
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()
