"""The API of bookings: what it takes, what it gives, and to whom."""

import gzip
import json
import threading
from datetime import date, datetime, timedelta

import make
import pytest
from floor_with_seats import FloorWithSeats
from sqlalchemy import func, insert, select
from visitor import Visitor

from server import audit, clock, db
from server.app import create_app
from server.bookings import service
from server.bookings.models import Booking, KeptAnswer, SeatNeed
from server.bookings.rules import How
from server.changes import Thing, record
from server.people import service as people
from server.people.rules import Audience, Level, PauseLength, Role, Signal
from server.places import outages, reports
from server.places.models import SeatOutage

DAY = date(2026, 11, 19)
URL = "/api/v1/bookings"


@pytest.fixture
def now(monkeypatch) -> datetime:
    """Seven o'clock on a Thursday."""
    at = make.at("07:00", DAY)
    monkeypatch.setattr(clock, "now", lambda: at)
    return at


@pytest.fixture
def office(app, now) -> FloorWithSeats:
    return FloorWithSeats()


@pytest.fixture
def suzuki(office, signed_in):
    return signed_in(person_id=office.suzuki)


@pytest.fixture
def sato(office, signed_in):
    return signed_in(person_id=office.sato)


def wish(seat: int | None, starts: str = "08:30", ends: str = "12:00", day: date = DAY, **more) -> dict:
    term = {"starts_at": make.at(starts, day).isoformat(), "ends_at": make.at(ends, day).isoformat()}
    return ({} if seat is None else {"seat_id": seat}) | term | more


def send(visitor, method: str, path: str, document: dict | None = None, key: str | None = None):
    headers = {"Origin": "http://localhost", "X-CSRFToken": visitor.token}
    if key is not None:
        headers["Idempotency-Key"] = key
    return visitor.open(path, method=method, headers=headers, **({} if document is None else {"json": document}))


def floor_of(visitor, day: date | None = DAY, **headers) -> dict:
    answer = visitor.get(f"/api/v1/floors/18/seats{f'?day={day}' if day else ''}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def seat_of(document: dict, code: str) -> dict:
    return next(seat for seat in document["seats"] if seat["code"] == code)


def stretches(document: dict, code: str) -> list[tuple]:
    found = seat_of(document, code)["stretches"]
    return [(one["from"], one["until"], one["state"]) for one in found]


def n_bookings() -> int:
    with db.reading():
        return db.session.scalar(select(func.count()).select_from(Booking))


# -- booking


def test_a_booking_is_made_read_moved_extended_and_cancelled(office, suzuki):
    made = suzuki.send_json(URL, wish(office.seat))
    assert (made.status_code, made.json["seat"], made.json["state"]) == (201, "18A-001", "booked")
    address = f"{URL}/{made.json['id']}"

    assert suzuki.get(address).json == {k: v for k, v in made.json.items() if k not in ("hints", "party")} | {
        "starts_at": "2026-11-18T23:30:00+00:00", "ends_at": "2026-11-19T03:00:00+00:00",
    }  # fmt: skip
    assert [one["id"] for one in suzuki.get(f"{URL}?from={DAY}").json["bookings"]] == [made.json["id"]]
    moved = suzuki.send_json(address, {"seat_id": office.next_seat}, method="PATCH").json
    assert (moved["seat"], moved["ends_at"], moved["sequence"]) == ("18A-002", "2026-11-19T03:00:00+00:00", 1)
    longer = suzuki.send_json(f"{address}/extend", {"ends_at": make.at("13:00", DAY).isoformat()}).json
    assert longer["ends_at"] == "2026-11-19T04:00:00+00:00"
    assert send(suzuki, "DELETE", address).status_code == 204
    assert suzuki.get(f"{URL}?from={DAY}").json["bookings"] == []


def test_what_a_booking_is_for_can_be_changed_and_cleared_and_nothing_changed_is_no_change(office, suzuki):
    made = suzuki.send_json(URL, wish(office.room, subject="定例会")).json
    address = f"{URL}/{made['id']}"

    def patched(**changed) -> tuple[str, int, str]:
        answer = suzuki.send_json(address, changed, method="PATCH")
        assert answer.status_code == 200, answer.text
        return answer.json["subject"], answer.json["sequence"], answer.json["ends_at"][11:16]

    assert patched() == ("定例会", 0, "03:00")
    assert patched(subject="定例会", ends_at=made["ends_at"]) == ("定例会", 0, "03:00")
    assert patched(subject="") == ("", 1, "03:00")
    assert patched(subject=" ") == ("", 1, "03:00")
    assert patched(subject="面談") == ("面談", 2, "03:00")
    assert patched(ends_at=make.at("11:00", DAY).isoformat()) == ("面談", 3, "02:00")
    assert patched(ends_at=make.at("12:00", DAY).isoformat(), subject="") == ("", 4, "03:00")


def test_a_colleague_who_has_a_seat_already_is_named_and_not_taken_for_the_caller(office, suzuki, signed_in):
    admin = signed_in(Role.SECTION_ADMIN, person_id=office.sato)
    theirs = suzuki.send_json(URL, wish(office.seat)).json

    for answer in (
        admin.send_json(URL, wish(office.next_seat, person_id=office.suzuki)),
        admin.send_json(
            URL,
            wish(None, seats=[{"seat_id": office.seats[2]}, {"seat_id": office.seats[3], "person_id": office.suzuki}]),
        ),
    ):
        assert (answer.status_code, answer.json["code"]) == (409, "overlap")
        assert answer.json["message"].startswith("鈴木 一さんは、同じ時間に別の席を予約しています。")
    later = admin.send_json(URL, wish(office.next_seat, "13:00", "14:00", person_id=office.suzuki)).json
    moved = admin.send_json(f"{URL}/{later['id']}", {"starts_at": theirs["starts_at"]}, method="PATCH")
    assert moved.status_code == 409 and "鈴木 一さん" in moved.json["message"]

    admin.send_json(URL, wish(office.next_seat))
    own = admin.send_json(URL, wish(office.seats[2]))
    assert own.status_code == 409 and "さん" not in own.json["message"]
    assert n_bookings() == 3


def test_what_is_said_to_be_wrong_is_told_to_whoever_looks_after_the_seat_alone(office, suzuki, signed_in, now):
    with db.transaction():
        reports.report(office.seat, "monitor", "no picture", office.sato, DAY, now)
        reports.report(office.other_seat, "other", "", office.sato, DAY, now)
    keeper = signed_in(Role.SECTION_ADMIN, person_id=office.sato)
    facilities = signed_in(Role.FACILITIES)

    def told(visitor) -> dict[str, list]:
        return {seat["code"]: seat["problems"] for seat in floor_of(visitor)["seats"] if "problems" in seat}

    of_a = {"18A-001": [{"what": "monitor", "note": "no picture"}]}
    assert told(suzuki) == {}
    assert told(keeper) == of_a
    assert told(facilities) == of_a | {"18B-001": [{"what": "other", "note": ""}]}
    with db.transaction():
        reports.settle(1, "", now)
    assert told(keeper) == {}


def test_whoever_sits_down_is_confirmed_by_the_same_request_and_a_retry_sits_down_once(office, suzuki, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: make.at("10:05", DAY))
    asked = wish(office.seat, "10:00", "17:15", sit_down=True)

    made, again = (send(suzuki, "POST", URL, asked, key="one press") for _ in range(2))

    assert (made.status_code, made.json["state"], made.json["how"]) == (201, "in_use", "walk_up")
    assert made.json["starts_at"] == make.at("10:00", DAY).isoformat()
    assert again.json == made.json and n_bookings() == 1
    assert suzuki.get(f"{URL}/{made.json['id']}").json["state"] == "in_use"


def test_nobody_sits_down_for_somebody_else_or_on_two_seats(office, suzuki, sato, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: make.at("10:05", DAY))
    two = [{"seat_id": office.seat}, {"seat_id": office.next_seat}]
    for asked in (
        wish(office.seat, "10:00", "17:15", person_id=office.sato, sit_down=True),
        wish(None, "10:00", "17:15", seats=two, sit_down=True),
    ):
        refused = suzuki.send_json(URL, asked)
        assert (refused.status_code, refused.json["code"]) == (422, "sit_down_alone")
    assert n_bookings() == 0


def test_checking_in_confirms_near_the_beginning(office, suzuki, monkeypatch):
    address = f"{URL}/{suzuki.send_json(URL, wish(office.seat)).json['id']}/check-in"
    assert suzuki.send_json(address, {}).json["code"] == "not_now"
    monkeypatch.setattr(clock, "now", lambda: make.at("08:10", DAY))

    assert suzuki.send_json(address, {}).json["state"] == "in_use"
    assert suzuki.send_json(address, {}).json["state"] == "in_use"


def test_other_peoples_bookings_answer_as_nothing_does_sr_05(office, suzuki, sato):
    """SR-05: ids count up; knowing one tells nothing."""
    mine = suzuki.send_json(URL, wish(office.seat)).json["id"]
    for number in (mine, 999_999, 2**60):
        address = f"{URL}/{number}"
        answers = [
            sato.get(address),
            sato.send_json(address, {"subject": "x"}, method="PATCH"),
            send(sato, "DELETE", address),
            sato.send_json(f"{address}/check-in", {}),
            sato.send_json(f"{address}/extend", {"ends_at": make.at("13:00", DAY).isoformat()}),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert {answer.json["code"] for answer in answers} == {"no_booking"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"starts_at": "2026-11-19T08:37:00+09:00"}, 422),
        ({"starts_at": "2026-11-19T08:30:00"}, 422),
        ({"starts_at": "yesterday"}, 422),
        ({"starts_at": "0001-01-01T00:00:00+09:00"}, 422),
        ({"starts_at": "9999-12-31T23:59:59+00:00", "ends_at": "9999-12-31T23:59:59-09:00"}, 422),
        ({"ends_at": "2026-11-19T08:30:00+09:00"}, 422),
        ({"ends_at": "2026-11-19T21:00:00+09:00"}, 422),
        ({"starts_at": "2026-11-18T08:30:00+09:00", "ends_at": "2026-11-18T12:00:00+09:00"}, 422),
        ({"starts_at": "2026-11-21T08:30:00+09:00", "ends_at": "2026-11-21T12:00:00+09:00"}, 422),
        ({"starts_at": "2026-11-23T08:30:00+09:00", "ends_at": "2026-11-23T12:00:00+09:00"}, 422),
        ({"seat_id": 999_999}, 404),
        ({"seat_id": 2**63}, 422),
        ({"seat_id": "18A-001"}, 422),
        ({"seat_id": None}, 422),
        ({"subject": "a\u0000b"}, 422),
        ({"subject": "字" * 10_000}, 422),
        ({"how": "lottery"}, 422),
        ({"person_id": 999_999}, 404),
        ({"seats": [{"seat_id": 1}]}, 422),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else None,
)
def test_bad_input_gets_one_clear_sentence_and_changes_nothing(office, suzuki, change, status):
    document = wish(office.seat) | change

    answer = suzuki.send_json(URL, document)

    assert answer.status_code == status, answer.text
    assert answer.json["message"]
    assert n_bookings() == 0


def test_an_account_of_nobody_books_nothing(office, signed_in):
    assert signed_in(Role.STAFF).send_json(URL, wish(office.seat)).status_code == 404
    assert signed_in(Role.KIOSK).send_json(URL, wish(office.seat)).status_code == 403


def test_a_seat_of_an_excluded_zone_is_no_seat_p8(office, suzuki):
    with db.transaction():
        closed = make.zone(office.floor, "18X", x_m=30.0, excluded=True)
        seat = make.seat(closed, "18X-001", x_m=31.0)

    assert suzuki.send_json(URL, wish(seat)).status_code == 404
    assert "18X-001" not in {one["code"] for one in floor_of(suzuki)["seats"]}


# -- a retry books nothing twice


def test_the_same_request_with_the_same_key_gets_the_first_answer_rp_03(office, suzuki, sato):
    """RP-03."""
    first = send(suzuki, "POST", URL, wish(office.seat), key="k-1")
    again = send(suzuki, "POST", URL, wish(office.seat), key="k-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert send(suzuki, "DELETE", f"{URL}/{first.json['id']}").status_code == 204
    assert send(suzuki, "POST", URL, wish(office.seat), key="k-1").json == first.json, "cancelled, and not booked anew"
    other = send(suzuki, "POST", URL, wish(office.next_seat), key="k-1")
    assert (other.status_code, other.json["code"]) == (422, "key_used")
    assert send(sato, "POST", URL, wish(office.seat), key="k-1").status_code == 201, "a key is its account's own"
    assert n_bookings() == 2


def test_a_refusal_is_not_kept_so_that_a_retry_may_work_rp_03(office, suzuki, sato):
    """RP-03."""
    taken = sato.send_json(URL, wish(office.seat)).json["id"]
    assert send(suzuki, "POST", URL, wish(office.seat), key="k-1").status_code == 409
    send(sato, "DELETE", f"{URL}/{taken}")

    assert send(suzuki, "POST", URL, wish(office.seat), key="k-1").status_code == 201


def test_sixty_four_equal_keys_at_once_make_one_booking_rp_03(database, now, tmp_path):
    """RP-03: one row, one id, and a later retry gets the same."""
    app = create_app(make.settings(database, tmp_path, WRITES_PER_MINUTE="1000"))
    app.test_client_class = Visitor
    office = FloorWithSeats()
    signed = make.session(Role.STAFF, office.suzuki)
    answers, start = [], threading.Barrier(64)

    def ask() -> None:
        visitor = app.test_client()
        visitor.take_session(signed)
        with app.test_request_context():
            token = visitor.token
        headers = {"Origin": "http://localhost", "X-CSRFToken": token, "Idempotency-Key": "same"}
        start.wait()
        answer = visitor.post(URL, json=wish(office.seat), headers=headers)
        answers.append((answer.status_code, answer.json.get("id")))

    threads = [threading.Thread(target=ask) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 201
    assert n_bookings() == 1
    late = app.test_client()
    late.take_session(signed)
    assert send(late, "POST", URL, wish(office.seat), key="same").json["id"] == answers[0][1]


def test_keys_are_forgotten_after_a_day_p10(office, suzuki, now):
    from server.bookings import kept_answers

    send(suzuki, "POST", URL, wish(office.seat), key="k-1")
    with db.transaction():
        assert kept_answers.forget(now + timedelta(hours=23)) == 0
        assert kept_answers.forget(now + timedelta(hours=25)) == 1
    with db.reading():
        assert db.session.scalar(select(func.count()).select_from(KeptAnswer)) == 0


# -- for others, and side by side


def test_a_section_administrator_books_for_the_people_of_the_section_and_it_is_written_down(office, signed_in, suzuki):
    admin = signed_in(Role.SECTION_ADMIN, office.sato)

    made = admin.send_json(URL, wish(office.seat, person_id=office.suzuki))
    assert (made.status_code, made.json["mine"], made.json["how"]) == (201, False, "behalf")
    address = f"{URL}/{made.json['id']}"
    assert suzuki.get(address).json["mine"] is True
    assert admin.send_json(address, {"seat_id": office.next_seat}, method="PATCH").status_code == 200
    assert send(admin, "DELETE", address).status_code == 204
    assert admin.send_json(URL, wish(office.seat, person_id=office.stranger)).status_code == 404

    with db.reading():
        lines = audit.lines_of(audit.person(office.suzuki), [])
    assert [line.action for line in lines] == ["booked_for", "booking_moved_for", "booking_cancelled_for"]
    assert all(set(line.details) == {"booking"} for line in lines), "never a place"


def test_whether_somebody_came_is_told_to_nobody_else_p3(office, signed_in, suzuki, monkeypatch):
    """P3: an administrator who booked the seat reads what was planned."""
    admin = signed_in(Role.SECTION_ADMIN, office.sato)
    made = admin.send_json(URL, wish(office.seat, person_id=office.suzuki)).json["id"]
    monkeypatch.setattr(clock, "now", lambda: make.at("08:31", DAY))
    before = admin.get(f"{URL}/{made}").json
    assert suzuki.send_json(f"{URL}/{made}/check-in", {}).json["state"] == "in_use"

    assert admin.get(f"{URL}/{made}").json == before
    assert admin.send_json(f"{URL}/{made}/check-in", {}).status_code == 404
    send(suzuki, "DELETE", f"{URL}/{made}")
    left = admin.get(f"{URL}/{made}").json["state"]

    made = admin.send_json(URL, wish(office.seat, "10:00", person_id=office.suzuki)).json["id"]
    send(suzuki, "DELETE", f"{URL}/{made}")
    assert admin.get(f"{URL}/{made}").json["state"] == left == "cancelled", "left early or never came: it is free"


@pytest.mark.parametrize("how", ["by person_id", "by one of seats", "two colleagues", "in another zone"])
def test_only_a_section_administrator_books_for_somebody_else_alone(office, sato, signed_in, how):
    """As the page does; side by side with oneself everybody books for colleagues of the section."""
    with db.transaction():
        third = make.person(unit_id=office.section)
    asked = {
        "by person_id": {"seat_id": office.seat, "person_id": office.suzuki},
        "by one of seats": {"seats": [{"seat_id": office.seat, "person_id": office.suzuki}]},
        "two colleagues": {"seats": [{"seat_id": office.seat, "person_id": office.suzuki},
                                     {"seat_id": office.next_seat, "person_id": third}]},
        "in another zone": {"seats": [{"seat_id": office.other_seat},
                                      {"seat_id": office.seat, "person_id": office.suzuki}]},
    }[how]  # fmt: skip

    refused = sato.send_json(URL, wish(None) | asked)

    assert (refused.status_code, refused.json["code"], n_bookings()) == (403, "not_your_section", 0)
    beside = [{"seat_id": office.next_seat}, {"seat_id": office.seat, "person_id": office.suzuki}]
    assert sato.send_json(URL, wish(None, seats=beside)).status_code == 201
    with db.reading():
        assert [line.action for line in audit.lines_of(audit.person(office.suzuki), [])] == ["booked_for"]


def test_several_people_sit_side_by_side_or_nobody_does(office, signed_in):
    admin = signed_in(Role.SECTION_ADMIN, office.sato)
    pairs = [{"seat_id": office.next_seat}, {"seat_id": office.seat, "person_id": office.suzuki}]

    made = admin.send_json(URL, wish(None, seats=pairs)).json
    assert [(one["seat"], one["mine"]) for one in made["party"]] == [("18A-002", True), ("18A-001", False)]
    assert len({one["party_id"] for one in made["party"]}) == 1
    again = [{"seat_id": office.seats[2]}, {"seat_id": office.seat, "person_id": office.suzuki}]
    late = {"starts": "13:00", "ends": "14:00"}
    assert admin.send_json(URL, wish(None, seats=again)).json["code"] in ("seat_taken", "overlap")
    assert n_bookings() == 2
    assert admin.send_json(URL, wish(None, seats=[again[0], again[0]], **late)).json["code"] == "seat_twice"


# -- a floor's day


def test_every_seat_of_a_floor_is_there_with_its_day(office, suzuki, sato, now):
    with db.transaction():
        closed = {"starts_at": make.at("13:00", DAY), "ends_at": make.at("15:07", DAY), "set_by": "施設課"}
        db.session.execute(insert(SeatOutage).values(seat_id=office.seat, reason="モニター交換", **closed))
        record(Thing.SEATS, office.floor, now)
    suzuki.send_json(URL, wish(office.seat, "08:30", "12:00"))
    place, _other = office.places
    sato.send_json(URL, wish(office.table, "09:00", "10:00"))

    mine, theirs = floor_of(suzuki), floor_of(sato)

    assert (mine["is_open"], mine["opens"], mine["closes"]) == (True, "07:00", "20:00")
    assert stretches(mine, "18A-001") == [
        ("07:00", "08:30", "free"), ("08:30", "12:00", "mine"), ("12:00", "13:00", "free"),
        ("13:00", "15:15", "not_available"), ("15:15", "20:00", "free"),
    ]  # fmt: skip
    assert seat_of(mine, "18A-001")["stretches"][3]["note"] == "モニター交換"
    shown = seat_of(theirs, "18A-001")["stretches"][1]
    assert (shown["state"], shown["name"], shown["person_id"]) == ("booked", "鈴木 一", office.suzuki)
    assert stretches(mine, "18A-T1a")[1] == ("09:00", "10:00", "not_available")
    assert stretches(mine, "18A-T1")[1] == ("09:00", "10:00", "booked")
    assert seat_of(mine, "18A-T1a")["table"] == "18A-T1"
    assert seat_of(mine, "18A-P1")["equipment"] == ["wheelchair"]
    assert len(mine["seats"]) == 12
    assert place


def test_a_name_is_read_only_as_far_as_its_person_shows_it_p4(office, suzuki, sato, signed_in, now):
    """P4, P5, P13: a kiosk reads none, whatever was chosen."""
    suzuki.send_json(URL, wish(office.seat))
    stranger, kiosk = signed_in(person_id=office.stranger), signed_in(Role.KIOSK)

    def name(visitor) -> str | None:
        return seat_of(floor_of(visitor), "18A-001")["stretches"][1].get("name")

    assert [name(one) for one in (sato, stranger, kiosk)] == ["鈴木 一", None, None], "zone level is no name on a seat"
    with db.transaction():
        everybody = dict.fromkeys(Audience, Level.SEAT)
        people.set_visibility(office.suzuki, everybody, now, Signal.BOOKING)
    assert [name(one) for one in (sato, stranger, kiosk)] == ["鈴木 一", "鈴木 一", None]
    with db.transaction():
        people.pause(office.suzuki, PauseLength.HOUR, now, now.tzinfo)
    assert [name(one) for one in (sato, stranger, kiosk)] == [None, None, None]
    assert seat_of(floor_of(suzuki), "18A-001")["stretches"][1]["state"] == "mine"


def test_a_pause_that_ends_by_itself_shows_the_name_again_p5(office, suzuki, sato, now, monkeypatch):
    suzuki.send_json(URL, wish(office.seat, "09:00", "12:00"))
    with db.transaction():
        people.pause(office.suzuki, PauseLength.HOUR, now, now.tzinfo)
    assert "name" not in seat_of(floor_of(sato), "18A-001")["stretches"][1]
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=61))

    assert seat_of(floor_of(sato), "18A-001")["stretches"][1]["name"] == "鈴木 一"


def test_what_a_viewer_may_not_book_says_why_and_opens_by_the_clock(office, signed_in, monkeypatch):
    stranger = signed_in(person_id=office.stranger)

    def why(code: str) -> str | None:
        return seat_of(floor_of(stranger), code)["stretches"][0].get("reason")

    assert (why("18A-001"), why("18A-B1"), why("18A-P1")) == ("members_first", None, "members_first")
    monkeypatch.setattr(clock, "now", lambda: make.at("09:30", DAY))
    assert (why("18A-001"), why("18A-P1")) == (None, None)


def test_a_priority_seat_waits_for_those_who_need_it(office, suzuki, sato, monkeypatch):
    with db.transaction():
        db.session.execute(insert(SeatNeed).values(person_id=office.sato, equipment="wheelchair"))

    assert suzuki.send_json(URL, wish(office.priority, day=DAY + timedelta(days=1))).json["code"] == "priority"
    assert seat_of(floor_of(suzuki), "18A-P1")["stretches"][0]["reason"] == "priority"
    assert seat_of(floor_of(sato), "18A-P1")["stretches"][0]["state"] == "free"
    assert sato.send_json(URL, wish(office.priority, day=DAY + timedelta(days=1))).status_code == 201
    monkeypatch.setattr(clock, "now", lambda: make.at("09:30", DAY))
    assert suzuki.send_json(URL, wish(office.priority, "09:30", "12:00")).status_code == 201, "whoever comes by"


def test_several_outages_of_a_seat_overlap_follow_each_other_and_end_one_by_one(office, suzuki, signed_in, now):
    keeper = signed_in(Role.FACILITIES, office.sato)
    page = f"/admin/seats/{office.seat}"
    for starts, ends, reason in (("08", "12", "天板の修理"), ("10", "14", "照明の交換"), ("14", "15", "床の清掃")):
        term = {"from": f"{DAY}T{starts}:00", "to": f"{DAY}T{ends}:00"}
        assert keeper.send(f"{page}/outage", reason=reason, step="do", **term).status_code == 302

    def told() -> list[tuple[str, str, str, str]]:
        found = seat_of(floor_of(suzuki), "18A-001")["stretches"]
        return [(one["from"], one["until"], one["state"], one.get("note", "")) for one in found]

    assert told() == [
        ("07:00", "08:00", "free", ""), ("08:00", "12:00", "not_available", "天板の修理"),
        ("12:00", "14:00", "not_available", "照明の交換"), ("14:00", "15:00", "not_available", "床の清掃"),
        ("15:00", "20:00", "free", ""),
    ]  # fmt: skip
    assert all(reason in keeper.get(page).text for reason in ("天板の修理", "照明の交換", "床の清掃"))
    with db.reading():
        lamp = next(one.id for one in outages.of_seats([office.seat], now) if one.reason == "照明の交換")
    keeper.send(f"{page}/outage/end", outage=str(lamp))

    assert ("12:00", "14:00", "free", "") in told()
    assert "照明の交換" not in keeper.get(page).text.partition("outage-title")[2].partition("</section>")[0]
    assert suzuki.send_json(URL, wish(office.seat, "11:00", "13:00")).json["code"] == "out_of_service"
    assert suzuki.send_json(URL, wish(office.seat, "12:00", "14:00")).status_code == 201


def test_a_changed_rule_holds_with_the_next_request(office, suzuki):
    tomorrow = DAY + timedelta(days=1)
    assert seat_of(floor_of(suzuki, tomorrow), "18A-001")["stretches"][0]["state"] == "free"
    office.rule(ahead_days=0)

    assert suzuki.send_json(URL, wish(office.seat, day=tomorrow)).json["code"] == "walk_up_only"
    assert seat_of(floor_of(suzuki, tomorrow), "18A-001")["stretches"][0]["reason"] == "walk_up_only"


def test_an_unchanged_day_is_answered_with_304(office, suzuki, sato):
    answer = suzuki.get("/api/v1/floors/18/seats", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(answer.data)) == floor_of(suzuki)
    held = {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}
    assert suzuki.get("/api/v1/floors/18/seats", headers=held).status_code == 304
    sato.send_json(URL, wish(office.seat))

    assert suzuki.get("/api/v1/floors/18/seats", headers=held).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("99/seats", 404), ("18/seats?day=x", 422), ("18/seats?day=9999-12-31", 422), ("18/seats?day=0001-01-01", 422)],
)
def test_a_floor_or_day_that_will_not_do_is_refused(office, suzuki, path, status):
    assert suzuki.get(f"/api/v1/floors/{path}").status_code == status


def test_a_closed_day_has_no_stretches(office, suzuki):
    holiday = floor_of(suzuki, date(2026, 11, 23))

    assert (holiday["is_open"], holiday["opens"]) == (False, None)
    assert stretches(holiday, "18A-001") == []


def test_what_another_worker_books_is_on_the_map_at_once(office, suzuki):
    floor_of(suzuki)
    with db.transaction():
        done = make.booking(office.sato, office.seat, day=DAY, how=How.LOTTERY)
    assert stretches(floor_of(suzuki), "18A-001")[1][2] == "booked"
    with db.transaction():
        service.release(done, make.at("09:40"))

    assert stretches(floor_of(suzuki), "18A-001") == [("07:00", "20:00", "free")]


def test_a_past_day_names_nobody_and_tells_not_whose_seat_was_used_p3(office, suzuki, sato, now):
    """P3: a floor's earlier days would else be a history of everybody's bookings."""
    day = DAY - timedelta(days=1)
    came = make.at("08:31", day)
    with db.transaction():
        made = service.sit_down(office.suzuki, office.seat, make.at("12:00", day), How.WALK_UP, came).id

    told = sato.get(f"/api/v1/floors/18/seats?day={day}").json["seats"]

    stretches = [one for seat in told if seat["id"] == office.seat for one in seat["stretches"]]
    assert any(one["state"] == "booked" for one in stretches)
    assert [one for one in stretches if "name" in one or "person_id" in one or one["state"] == "in_use"] == []
    own = suzuki.get(f"/api/v1/floors/18/seats?day={day}").json["seats"]
    assert any(one.get("booking") == made for seat in own for one in seat["stretches"]), "one's own stays one's own"


def test_since_when_somebody_sits_on_a_seat_is_read_by_nobody_else_p3(office, suzuki, sato, now, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: make.at("09:20", DAY))
    with db.transaction():
        service.sit_down(office.suzuki, office.seat, make.at("12:00", DAY), How.WALK_UP, make.at("09:20", DAY))

    def first_of(visitor) -> dict:
        seats = visitor.get(f"/api/v1/floors/18/seats?day={DAY}").json["seats"]
        return next(seat for seat in seats if seat["id"] == office.seat)["stretches"][0]

    assert (first_of(sato)["state"], first_of(sato)["until"]) == ("in_use", "12:00")
    assert first_of(suzuki)["state"] != "mine", "their own begins when they sat down"


def test_nobody_else_reads_from_the_map_whether_somebody_has_come_p3(office, suzuki, sato, signed_in, monkeypatch):
    """P3: neither beside a name nor without one, which a name on another screen would complete."""
    made = suzuki.send_json(URL, wish(office.seat)).json["id"]
    monkeypatch.setattr(clock, "now", lambda: make.at("08:20", DAY))
    with db.transaction():
        admin, late = (make.person(unit_id=office.section) for _ in range(2))
        make.booking(late, office.next_seat, ends="12:00", day=DAY)
    others = [sato, signed_in(Role.KIOSK), signed_in(Role.SECTION_ADMIN, admin)]

    def told() -> list:
        return [stretches(floor_of(one), "18A-001") for one in others]

    def tags() -> list[str]:
        return [one.get(f"/api/v1/floors/18/seats?day={DAY}").headers["ETag"] for one in others]

    early = tags()
    assert all(("08:30", "12:00", "booked") in one for one in told())
    suzuki.send_json(f"{URL}/{made}/check-in", {})
    assert tags() == early
    assert [one["in_use"] for one in seat_of(floor_of(suzuki), "18A-001")["stretches"] if "booking" in one] == [True]
    for at in ("08:30", "09:15", "11:59"):
        monkeypatch.setattr(clock, "now", lambda at=at: make.at(at, DAY))
        assert {str(one[0]) for one in told()} == {"('07:00', '12:00', 'in_use')"}, at
        kiosk = floor_of(others[1])
        assert seat_of(kiosk, "18A-001")["stretches"] == seat_of(kiosk, "18A-002")["stretches"], at


def test_an_administrator_reads_no_bookings_that_are_over_or_hidden_by_number_p3_p5(
    office, signed_in, suzuki, now, monkeypatch
):
    admin = signed_in(Role.SECTION_ADMIN, office.sato)
    made = suzuki.send_json(URL, wish(office.seat)).json["id"]
    assert admin.get(f"{URL}/{made}").status_code == 200
    with db.transaction():
        people.pause(office.suzuki, PauseLength.QUARTER, now, make.at("07:00", DAY).tzinfo)
    assert admin.get(f"{URL}/{made}").status_code == 404

    monkeypatch.setattr(clock, "now", lambda: make.at("12:00", DAY))
    assert admin.get(f"{URL}/{made}").status_code == 404
    assert suzuki.get(f"{URL}/{made}").status_code == 200
