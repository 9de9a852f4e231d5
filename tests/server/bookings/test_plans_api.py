"""The API of absences, weekly series and waiting lists."""

from datetime import timedelta

import make
import pytest
from desks import Desks, at_clock

from server.bookings.rules import State

SEVEN = make.at("07:05")
DAY = make.THURSDAY.isoformat()


@pytest.fixture
def desks(app, monkeypatch) -> Desks:
    made = Desks()
    at_clock(monkeypatch, SEVEN)
    return made


def plan(desks: Desks, **more: object) -> dict[str, object]:
    last = (make.THURSDAY + timedelta(weeks=3)).isoformat()
    wanted = {"seat_id": desks.seats[0], "weekdays": [3], "starts": "08:30", "ends": "12:00"}
    return wanted | {"first_day": DAY, "last_day": last} | more


def test_being_away_frees_tells_and_can_be_taken_back(desks, signed_in):
    mine = desks.book(desks.sato, desks.seats[0])
    visitor = signed_in(person_id=desks.sato)

    said = visitor.send_json("/api/v1/absences", {"kind": "leave", "first_day": DAY})

    assert said.status_code == 201
    assert "18A-001" in said.json["told"][0] and [one["id"] for one in said.json["given_back"]] == [mine]
    starts_at = said.json["absences"][0]["starts_at"]
    assert visitor.send_json(f"/api/v1/bookings/{mine}/take-back", None).status_code == 200
    assert desks.state(mine) is State.BOOKED
    answer = visitor.delete(
        "/api/v1/absences", query_string={"starts_at": starts_at}, headers={"X-CSRFToken": visitor.token}
    )
    assert answer.status_code == 204 and visitor.get("/api/v1/absences").json["absences"] == []


def test_somebody_elses_booking_is_none_to_take_back(desks, signed_in):
    mine = desks.book(desks.sato, desks.seats[0])
    signed_in(person_id=desks.sato).send_json("/api/v1/absences", {"kind": "trip", "first_day": DAY})
    answer = signed_in(person_id=desks.suzuki).send_json(f"/api/v1/bookings/{mine}/take-back", None)
    assert (answer.status_code, desks.state(mine)) == (404, State.CANCELLED)


def test_a_series_lists_its_clashes_is_made_answered_and_ended(desks, signed_in):
    desks.book(desks.suzuki, desks.seats[0], "09:00", "10:00", day=make.THURSDAY + timedelta(weeks=1))
    visitor = signed_in(person_id=desks.sato)
    planned = visitor.send_json("/api/v1/series/plan", plan(desks)).json["days"]
    assert [(day["free"], day["books_itself"]) for day in planned] == [
        (True, False),
        (False, False),
        (True, False),
        (False, True),
    ]
    assert planned[1]["instead_seat_id"] == desks.seats[1]
    refused = visitor.send_json("/api/v1/series", plan(desks))
    assert (refused.status_code, refused.json["code"]) == (409, "seat_taken")

    days = [
        {"day": planned[0]["day"], "seat_id": desks.seats[0]},
        {"day": planned[1]["day"], "seat_id": desks.seats[1]},
    ]
    (made,) = visitor.send_json("/api/v1/series", plan(desks, days=days)).json["series"]

    assert len(visitor.get("/api/v1/bookings").json["bookings"]) == 2
    assert visitor.send_json(f"/api/v1/series/{made['id']}/answer", {"needed": True}).status_code == 204
    assert visitor.send_json(f"/api/v1/series/{made['id']}", None, method="DELETE").status_code == 204
    assert visitor.get("/api/v1/series").json["series"] == []
    assert visitor.get("/api/v1/bookings").json["bookings"] == []


def test_a_wait_is_asked_offered_accepted_and_given_up(desks, signed_in):
    wanted = {"floor": "18", "starts_at": make.at("09:00").isoformat(), "ends_at": make.at("12:00").isoformat()}
    visitor = signed_in(person_id=desks.sato)
    (wait,) = visitor.send_json("/api/v1/waits", wanted).json["waits"]
    assert wait["state"] == "offered" and wait["offered_seat"]

    taken = visitor.send_json(f"/api/v1/waits/{wait['id']}/accept", None)

    assert desks.state(taken.json["booking_id"]) is State.BOOKED
    assert visitor.get("/api/v1/waits").json["waits"] == []
    assert visitor.send_json(f"/api/v1/waits/{wait['id']}", None, method="DELETE").status_code == 404


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("absences", {"kind": "meeting", "first_day": DAY}),
        ("absences", {"kind": "leave", "first_day": "9999-12-31"}),
        ("series/plan", {}),
        ("waits", {"floor": "18", "starts_at": "2026-11-19T09:07:00+09:00", "ends_at": "2026-11-19T12:00:00+09:00"}),
        ("waits", {"floor": "18\u0000", "starts_at": "now", "ends_at": "later"}),
    ],
)
def test_bad_input_is_refused_with_a_sentence(desks, signed_in, path, document):
    assert signed_in(person_id=desks.sato).send_json(f"/api/v1/{path}", document).status_code == 422
