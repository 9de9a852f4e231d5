"""Everything held about me: nothing is missing, nothing is anybody else's (P23)."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import make
import pytest
from sqlalchemy import insert, select
from watching import TOKYO, Office

from server import audit, clock, db
from server.bookings import models as bookings
from server.calendars import models as calendars
from server.db import Base
from server.fleet import service as fleet
from server.memos.models import Memo
from server.people import models as people
from server.people import protection, service
from server.people.failures import account_scope
from server.people.rules import Audience, Level, PauseLength, Role
from server.phones.models import Extension, ExtensionTerm
from server.places import models as places
from server.presence import alerts
from server.presence import models as presence
from server.presence.alerts import Crossed
from server.privacy.held import everything
from server.privacy.held_words import FIELDS
from server.privacy.inventory import INVENTORY
from server.seating import models as seating
from server.seating.lottery import Facts, Ticket

BY_CONTENT = {"sign_in_failure", "change", "audit_entry"}  # they refer to people without a foreign key


def tables_about_people() -> set[str]:
    """Tables with a foreign key to a person or an account, and those that name them otherwise."""
    found = {"person", "account"} | BY_CONTENT
    for table in Base.metadata.tables.values():
        if any(key.column.table.name in ("person", "account") for key in table.foreign_keys):
            found.add(table.name)
    return found


def seats(office: Office, account_id: int, now: datetime) -> Iterator[tuple[type[Base], dict[str, object]]]:
    """A row in every table about seats."""
    seat = make.seat(office.zone_a, "18A-901")
    mine = {"person_id": office.suzuki}
    term = {"starts_at": now, "ends_at": now + timedelta(hours=1)}
    days = {"first_day": make.DAY, "last_day": make.DAY}
    yield places.SeatHolder, mine | {"seat_id": seat, "valid_from": make.DAY}
    yield places.SeatReport, {"seat_id": seat, "what": "monitor", "reported_by_id": office.suzuki, "reported_at": now}
    yield bookings.Booking, mine | term | {"id": 1, "seat_id": seat, "changed_at": now}
    yield bookings.Slot, mine | {"seat_id": seat, "quarter": 1, "booking_id": 1, "exclusive": "desk"}
    weekly = {"weekdays": "0", "starts": "08:30", "ends": "12:00", "made_until": make.DAY,
              "answered_on": make.DAY}  # fmt: skip
    yield bookings.Series, mine | days | weekly | {"seat_id": seat}
    yield bookings.Wait, mine | term | {"floor_id": office.floor, "asked_at": now}
    kept = {"account_id": account_id, "key": "k", "asked": b"x" * 32, "status": 201, "answer": "{}", "at": now}
    yield bookings.KeptAnswer, kept
    yield bookings.SeatChoice, mine
    yield seating.SeatNeed, mine | {"equipment": "wheelchair"}
    yield seating.Pairing, mine | days | {"other_id": office.sato, "kind": "together"}
    yield seating.LotteryChoice, mine | {"part": "never"}
    drawn = Facts((), (Ticket(without=1),)).stored()
    yield seating.Draw, term | {"id": 1, "zone_id": office.zone_a, "day": make.DAY, "seed": 1, "facts": drawn,
                                "drawn_at": now}  # fmt: skip
    yield seating.DrawResult, mine | {"draw_id": 1, "seat_id": seat, "ticket": 0, "reasons": [["first", 1]]}
    yield calendars.CalendarFeed, mine | {"key_hash": b"geheim", "created_at": now}
    yield calendars.Letter, mine | {"message_id": "m", "subject": "予約", "body": "予約しました", "written_at": now,
                                    "due_at": now, "drop_at": now}  # fmt: skip
    yield calendars.MailChoice, mine | {"notices": True}


class Held:
    """鈴木 with a row in every table that can refer to a person."""

    def __init__(self, office: Office) -> None:
        now = clock.now()
        self.person = office.suzuki
        with db.transaction():
            self.account = make.account("suzuki", person_id=office.suzuki)
            self.officer = make.account("officer", role=Role.PRIVACY_OFFICER, person_id=office.stranger)
            service.set_visibility(office.suzuki, {Audience.EVERYONE: Level.FLOOR}, now)
            service.pause(office.suzuki, PauseLength.HOUR, now, TOKYO)
            fleet.hand_over_tag(fleet.add_tag("s-1-4711"), office.suzuki, now)
            request = protection.ask(office.suzuki, self.account, "鈴木 一", now, protect=True)
            protection.decide(request, self.officer, "田中 一", now, granted=False)
            protection.ask(office.sato, self.account, "鈴木 一", now, protect=True)
            alerts.write(Crossed("one", self.officer, "田中 一", office.suzuki, 20), now)
            alerts.write(Crossed("many", self.account, "鈴木 一", None, 30), now)
            number = db.session.scalar(insert(Extension).values(number="4711").returning(Extension.id))
            term = {"extension_id": number, "person_id": office.suzuki, "valid_from": make.DAY}
            audit.record(
                audit.account(self.officer, "田中 一"), "role_set", audit.account(self.account, "鈴木"), {}, now
            )
            audit.record(audit.account(self.account, "鈴木"), "list_exported", "", {}, now)
            call = {"taken_by_name": "佐藤 一", "taken_at": now, "caller": "市民", "matter": "給付金の件"}
            for table, values in (
                (ExtensionTerm, term),
                (Memo, call | {"person_id": office.suzuki}),
                (Memo, call | {"person_id": office.sato, "taken_by_id": self.account, "matter": "他人あて"}),
                (presence.Whereabouts, {"person_id": office.suzuki, "state": "present", "floor_id": office.floor,
                                        "zone_id": office.zone_a, "heard_at": now}),
                (presence.Status, {"person_id": office.suzuki, "kind": "telework", "starts_at": now, "set_at": now,
                                   "ends_at": now + timedelta(hours=1)}),
                (presence.Dispute, {"person_id": office.suzuki, "floor_id": office.floor, "until": now}),
                (presence.LookUp, {"subject_id": office.suzuki, "viewer_name": "田中 一", "screen": "map", "at": now}),
                (presence.LookUp, {"subject_id": office.sato, "viewer_account_id": self.account,
                                   "viewer_name": "鈴木 一", "screen": "map", "at": now}),
                (people.SignInFailure, {"scope": account_scope("suzuki"), "at": now}),
                (people.Identity, {"issuer": "proxy", "subject": "suzuki", "account_id": self.account,
                                   "linked_at": now}),
                (people.SecondFactor, {"account_id": self.account, "secret": "geheim", "last_step": 1}),
                (people.RecoveryCode, {"account_id": self.account, "code_hash": b"geheim"}),
                (people.ApiToken, {"account_id": self.account, "name": "集計", "prefix": "iruka_abc",
                                   "token_hash": hashlib.sha256(b"x").digest(), "scopes": "people:read",
                                   "created_at": now, "expires_at": now + timedelta(days=1)}),
                *seats(office, self.account, now),
            ):  # fmt: skip
                db.session.execute(insert(table).values(**values))
        make.session(account_id=self.account)


@pytest.fixture
def held(database, app) -> Held:
    return Held(Office())


def rows_about(table: str, held: Held) -> int:
    """How many rows of a table name the person or the account by a foreign key."""
    found = 0
    for key in Base.metadata.tables[table].foreign_keys:
        owner = {"person": held.person, "account": held.account}.get(key.column.table.name)
        if owner is not None:
            found += len(db.session.execute(select(key.parent).where(key.parent == owner)).all())
    return found


def test_every_table_that_refers_to_a_person_gives_what_it_holds_p23(held):
    """P23: a new table fails here until it has a row in this test and a place in a room's personal_data."""
    with db.reading():
        found = everything(held.person)
        unfilled = {name for name in tables_about_people() - BY_CONTENT - {"person"} if not rows_about(name, held)}

    assert unfilled == set(), "give these a row in this test"
    assert {name for name in tables_about_people() if not found.get(name)} == set()


def test_the_inventory_and_what_is_handed_out_are_the_same_tables_p23(held):
    with db.reading():
        found = everything(held.person)

    assert {table for one in INVENTORY for table in one.tables} == set(found)


def test_every_column_has_a_name_that_people_understand_p23(held):
    with db.reading():
        found = everything(held.person)

    assert {name for rows in found.values() for row in rows for name in row} - set(FIELDS) == set()


def test_somebody_of_whom_nothing_is_held_but_the_name_gets_that_p23(held):
    with db.transaction():
        newcomer = make.person("新人")

    with db.reading():
        found = everything(newcomer)

    assert {name for name, rows in found.items() if rows} == {"person"}


def test_what_opens_doors_is_told_but_not_handed_out_p23(held):
    with db.reading():
        text = json.dumps(everything(held.person), default=str, ensure_ascii=False)

    assert "geheim" not in text
    assert "argon2" not in text
    assert '"password_hash": "***"' in text
    assert '"prefix": "iruka_abc"' in text


def test_nothing_of_others_gets_in_but_who_looked_and_who_took_a_call_p23(held, signed_in):
    with db.reading():
        text = json.dumps(everything(held.person), default=str, ensure_ascii=False)

    assert "他人あて" not in text
    assert "給付金の件" in text
    assert "i_looked_at" in text
    assert "i_took_a_call_at" in text
    assert "i_asked_at" in text
    assert '"taken_by_name": "佐藤 一"' in text
    assert text.count("佐藤") == 1, "the person looked up and asked for is not named"


def test_the_page_shows_every_kind_in_words_p23(held, signed_in):
    mine = signed_in(account_id=held.account)

    japanese = mine.get("/me/held?lang=ja")
    english = mine.get("/me/held?lang=en")

    assert japanese.status_code == english.status_code == 200
    assert "給付金の件" in japanese.text
    assert "在宅勤務" in japanese.text or "テレワーク" in japanese.text
    assert "Looked up by" in english.text
    assert 'href="/me/held"' in mine.get("/me").text


def test_the_csv_opens_in_a_spreadsheet_and_holds_no_formula_p23_sr_24(held, signed_in):
    with db.transaction():
        db.session.execute(insert(Memo).values(
            person_id=held.person, caller="=1+1", taken_by_name="+81", taken_at=clock.now()
        ))  # fmt: skip
    mine = signed_in(account_id=held.account)

    file = mine.get("/me/held.csv?lang=ja")

    assert file.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in file.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert rows[0] == ["情報の種類", "保存期間", "番号", "項目", "内容"]
    assert {len(row) for row in rows} == {5}
    values = [row[4] for row in rows]
    assert "'=1+1" in values
    assert "'+81" in values


def test_the_json_holds_everything_and_the_download_is_logged_p23(held, signed_in):
    mine = signed_in(account_id=held.account)

    file = mine.get("/me/held.json")

    assert set(file.json) == {table for one in INVENTORY for table in one.tables}
    with db.reading():
        (line,) = audit.entries(1)
    assert (line.action, line.subject, line.details) == (
        "held_exported", audit.person(held.person), {"format": "json"},
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/me/held", "/me/held.csv", "/me/held.json"])
def test_an_account_of_nobody_is_told_so_p23(held, signed_in, path):
    assert signed_in(Role.SYSTEM_ADMIN).get(path).status_code == 404
