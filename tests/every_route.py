"""An office in which everybody has something to hide, and a walk through every page and answer there is."""

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import make
from flask import Flask
from sqlalchemy import insert, update
from visitor import Visitor
from watching import TOKYO, Office
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from server import clock, db
from server.bookings.models import Booking
from server.bookings.rules import QUARTER, begun_quarter
from server.db import Base
from server.memos.models import Memo
from server.people.models import Account, ApiToken, LoginSession, Person
from server.people.rules import Role
from server.phones.models import Extension, ExtensionTerm, NumberRange
from server.places import queries as places
from server.presence.models import LookUp, Status
from server.seating.models import FixationMonth

QUERIES = {
    "live_map.person_card": "screen=map",
    "directory_api.find": "q=鈴木",
    "directory.find": "q=鈴木",
    "live_map.stream": None,  # endless; tests of the stream read it
    "exports.take_away": "format=csv",
    "memos.card": "q=鈴木",
    "seat_offers.instead": "day={tomorrow}&starts=09:00&ends=10:00",
}  # what a route needs besides its path
LANGUAGES = ("ja", "en")
MARKS = {
    "look_up": "調べた太郎",
    "memo": "給付金の件で折り返し",
    "browser": "秘密の閲覧ソフト",
    "token": "秘密の鍵の名",
    "booking": "秘密の会議の用件",
}  # what belongs to 鈴木 alone, and how it reads


def about_people() -> set[str]:
    """Tables from which foreign keys lead to a person or an account, over however many steps."""
    found = {Person.__tablename__, Account.__tablename__}
    while more := {
        table.name
        for table in Base.metadata.tables.values()
        if table.name not in found and any(key.column.table.name in found for key in table.foreign_keys)
    }:
        found |= more
    return found


class Answer(NamedTuple):
    """What one route said."""

    endpoint: str
    path: str
    response: TestResponse

    @property
    def text(self) -> str:
        """The body without what differs each time: tokens, numbers of errors, how much has happened in the house."""
        body = self.response.get_data(as_text=True)
        body = re.sub(r'(name="csrf[-_]token" (?:content|value)=)"[^"]*"', r'\1""', body)
        body = re.sub(r'("id": ?|番号 |number )"?[0-9a-f]{12}"?', r"\1", body)
        body = re.sub(r'"last_id": ?\d+', '"last_id":0', body)
        return html.unescape(body)

    @property
    def document(self) -> Any:
        """The JSON, None when it is none."""
        if not (self.response.mimetype or "").endswith("json"):
            return None
        return json.loads(self.response.get_data(as_text=True))


class Tenants(Office):
    """The office, in which 鈴木 has a memo, a session, a token, a number, a status and a booking, and was looked up."""

    def __init__(self) -> None:
        super().__init__()
        now = clock.now()
        with db.transaction():
            self.suzuki_account = make.account("suzuki", person_id=self.suzuki)
            extension = db.session.scalar(insert(Extension).values(number="4711").returning(Extension.id))
            self.range = db.session.scalar(
                insert(NumberRange).values(first="4000", last="4999").returning(NumberRange.id)
            )
            call = {"taken_by_name": "受けた花子", "taken_at": now, "caller": "市民", "matter": MARKS["memo"]}
            self.memo = db.session.scalar(insert(Memo).values(person_id=self.suzuki, **call).returning(Memo.id))
            self.token = db.session.scalar(
                insert(ApiToken)
                .values(
                    account_id=self.suzuki_account, name=MARKS["token"], prefix="iruka_zzz", token_hash=b"x" * 32,
                    scopes="people", created_at=now, expires_at=now + timedelta(days=1),
                )
                .returning(ApiToken.id)
            )  # fmt: skip
            self.seat = make.seat(self.zone_a, "18A-012")
            self.sign = places.seats_by_id([self.seat])[self.seat].short_code
            starts = begun_quarter(now)
            kept = {"seat_id": self.seat, "starts_at": starts, "ends_at": starts + 8 * QUARTER, "changed_at": now}
            self.booking = db.session.scalar(
                insert(Booking).values(person_id=self.suzuki, subject=MARKS["booking"], **kept).returning(Booking.id)
            )
            for table, values in (
                (ExtensionTerm, {"extension_id": extension, "person_id": self.suzuki, "valid_from": make.DAY}),
                (LookUp, {"subject_id": self.suzuki, "viewer_name": MARKS["look_up"], "screen": "map", "at": now}),
                (Status, {"person_id": self.suzuki, "kind": "meeting", "starts_at": now - timedelta(hours=1),
                          "ends_at": now + timedelta(hours=1), "set_at": now}),
                (FixationMonth, {"zone_id": self.zone_a, "month": now.astimezone(TOKYO).date().replace(day=1),
                                 "n_people": 6, "n_days": 60, "used": 3.0, "expected": 6.0, "index": 0.5}),
            ):  # fmt: skip
                db.session.execute(insert(table).values(**values))
        signed = make.session(account_id=self.suzuki_account)
        with db.transaction():
            db.session.execute(
                update(LoginSession)
                .where(LoginSession.account_id == self.suzuki_account)
                .values(browser=MARKS["browser"])
            )
        self.suzuki_session = signed
        self.put(self.suzuki, self.zone_a)
        self.put(self.sato, self.zone_b)

    def arguments(self, rule: Rule) -> dict[str, object]:
        """Something that exists for every gap of a path."""
        known = {
            "person_id": self.suzuki, "unit_id": self.section, "memo_id": self.memo, "token_id": self.token,
            "range_id": self.range, "account_id": self.suzuki_account, "version": self.notice, "number": "4711",
            "code": "18", "filename": "icon.svg", "tag": "none", "request_id": 1, "alert_id": 1, "ticket_id": 1,
            "name": "look_ups", "seat_id": self.seat, "booking_id": self.booking, "zone_id": self.zone_a, "key": "none",
        }  # fmt: skip
        if "/zones/" in rule.rule:
            known["code"] = "18A"
        elif rule.endpoint == "arrival.sign":
            known["code"] = self.sign
        return {name: known[name] for name in rule.arguments}


def walk(app: Flask, office: Tenants, visitor: Visitor, language: str = "ja") -> Iterator[Answer]:
    """What every GET route answers to this visitor; a new route with a gap of its own fails here until it is known."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        query = QUERIES.get(rule.endpoint, "")
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static" or query is None:
            continue
        with app.test_request_context():
            path = app.url_for(rule.endpoint, **office.arguments(rule))  # type: ignore[arg-type]
        tomorrow = clock.now().astimezone(TOKYO).date() + timedelta(days=1)
        query = query.format(tomorrow=tomorrow)
        address = f"{path}?{query}&lang={language}" if query else f"{path}?lang={language}"
        yield Answer(rule.endpoint, rule.rule, visitor.get(address))


def everybody(office: Tenants, signed_in: Any) -> Iterator[tuple[str, Visitor]]:
    """A browser of every role, of a colleague, of the head of 鈴木's line, and of a stranger; never 鈴木's."""
    yield "colleague", signed_in(person_id=office.sato)
    yield "head", signed_in(person_id=office.head)
    yield "stranger", signed_in(person_id=office.stranger)
    for role in Role:
        yield role.value, signed_in(role)
