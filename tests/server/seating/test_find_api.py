"""POST /api/v1/seats/find: what is found, for whom, what it tells of others, and taking it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta

import make
import pytest
from sqlalchemy import insert, select
from watching import TOKYO, Office

from server import changes, clock, db
from server.bookings import queries, service
from server.bookings.models import Booking, HouseRule
from server.bookings.rules import How, Wish
from server.changes import Thing
from server.people import service as people
from server.people import tokens
from server.people.rules import Audience, Level, Scope, Signal
from server.places import outages
from server.places import service as places
from server.places.models import SeatEquipment
from server.presence.models import LookUp
from server.seating.models import UnmetSearch


class Hall(Office):
    """Five seats in 18A of 財政課, three in 18B and two in 17A, which are nobody's zones."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            self.a = [make.seat(self.zone_a, f"18A-{i:03}", x_m=2 * i, y_m=1) for i in range(1, 6)]
            self.b = [make.seat(self.zone_b, f"18B-{i:03}", x_m=20 + 3 * i, y_m=1) for i in range(1, 4)]
            self.c = [make.seat(self.zone_17, f"17A-{i:03}", x_m=3 * i, y_m=1) for i in range(1, 3)]
            places.own_zone(self.zone_a, self.section, make.DAY)
        day = (clock.now().astimezone(TOKYO) + timedelta(days=1)).date()
        self.nine, self.noon = (datetime.combine(day, time(hour), TOKYO) for hour in (9, 12))

    def book(self, person_id: int, seat_id: int, starts_at=None, ends_at=None, **more) -> int:
        with db.transaction():
            wish = Wish(seat_id, starts_at or self.nine, ends_at or self.noon)
            return service.book(person_id, wish, clock.now(), **more).id

    def sat(self, person_id: int, seat_id: int, days_ago: int) -> None:
        """They really had this seat that day."""
        at = self.nine - timedelta(days=1 + days_ago)
        with db.transaction():
            row = {
                "seat_id": seat_id, "person_id": person_id, "starts_at": at, "ends_at": at + timedelta(hours=3),
                "state": "left", "how": "map", "is_confirmed": True, "is_warned": False, "subject": "", "sequence": 0,
                "changed_at": at, "is_for_absence": False,
            }  # fmt: skip
            db.session.execute(insert(Booking).values(row))

    def set_rules(self, zone_id: int, **settings) -> None:
        with db.transaction():
            db.session.add(HouseRule(scope=f"zone:{zone_id}", kind="", valid_from=make.DAY, settings=settings))
            changes.record(Thing.SEATS, self.floor, clock.now())

    def show_bookings(self, person_id: int, **levels: Level) -> None:
        """What the person shows of their bookings from now on."""
        chosen = {Audience(name): level for name, level in levels.items()}
        with db.transaction():
            people.set_visibility(person_id, chosen, clock.now(), Signal.BOOKING)


@pytest.fixture
def hall(app) -> Hall:
    return Hall()


@pytest.fixture
def ask(hall, signed_in):
    """`ask(person_id, near_team=True)`: what the API answers them about tomorrow's morning."""

    visitors = {}

    def asking(person_id: int, *, status: int = 200, **wishes):
        term = {"starts_at": hall.nine.isoformat(), "ends_at": hall.noon.isoformat()}
        if person_id not in visitors:
            visitors[person_id] = signed_in(person_id=person_id)
        answer = visitors[person_id].send_json("/api/v1/seats/find", term | wishes)
        assert answer.status_code == status, answer.text
        return answer.json

    return asking


def first(answer) -> int:
    return answer["suggestions"][0]["seat_id"]


def test_ones_own_zone_comes_first_then_its_overflow_order_then_what_is_everybodys(database, hall, ask):
    hall.set_rules(hall.zone_a, overflow=["17A", "18B"])
    assert first(ask(hall.sato)) in hall.a
    with db.transaction():
        outages.take_out(hall.a, hall.nine, hall.noon, "清掃", "施設", clock.now())

    full = ask(hall.sato)

    assert first(full) in hall.c
    assert full["suggestions"][1]["seat_id"] in hall.b
    assert "自課" in full["suggestions"][0]["sentence"] and "満席" in full["suggestions"][0]["sentence"]


def test_a_seat_that_was_just_taken_or_freed_counts_at_once(database, hall, ask):
    for seat_id in hall.a[1:]:
        hall.book(make_somebody(hall), seat_id)
    assert first(ask(hall.sato)) == hall.a[0]
    booking_id = hall.book(hall.suzuki, hall.a[0])
    assert first(ask(hall.sato)) not in hall.a
    with db.transaction():
        service.cancel(booking_id, clock.now())
    assert first(ask(hall.sato)) == hall.a[0]


def test_a_seat_that_is_free_for_a_part_of_the_time_only_is_not_suggested(hall, ask):
    for seat_id in hall.a + hall.b + hall.c[1:]:
        hall.book(make_somebody(hall), seat_id, hall.noon - timedelta(minutes=15), hall.noon)
    hall.book(make_somebody(hall), hall.c[0], hall.noon, hall.noon + timedelta(hours=1))
    found = ask(hall.sato)["suggestions"]
    assert [one["seat_id"] for one in found] == [hall.c[0]] and "12:00まで空き" in found[0]["sentence"]


def test_the_rules_of_a_zone_hold_a_stranger_is_not_sent_where_they_may_not_sit(hall, ask):
    found = ask(hall.stranger)["suggestions"]
    assert {one["seat_id"] for one in found}.isdisjoint(hall.a)


def test_a_seat_sat_on_most_is_never_preferred_and_the_last_three_are_avoided_on_wish(database, hall, ask):
    for day in range(8):
        hall.sat(hall.sato, hall.a[0], day)
    assert first(ask(hall.sato)) in hall.a[1:]
    for day, seat_id in enumerate(hall.a[1:4]):
        hall.sat(hall.sato, seat_id, day)
    told = ask(hall.sato, not_last=True)["suggestions"][0]
    assert told["seat_id"] == hall.a[4] and "直近の3席とは別" in told["sentence"]


def test_another_floor_is_never_said_to_be_a_last_resort_while_the_wished_one_has_free_seats(hall, ask):
    with db.transaction():
        db.session.add(SeatEquipment(seat_id=hall.c[0], equipment="monitor"))
        changes.record(Thing.SEATS, hall.floor, clock.now())
    on_18 = ask(hall.sato, floor="18", equipment=[])["suggestions"]
    assert {one["floor"] for one in on_18} == {"18"}

    better = ask(hall.sato, floor="18", equipment=["monitor"])["suggestions"]
    assert [one["floor"] for one in better] == ["17", "18", "18"]
    assert "希望の階に条件に合う空席がないため17階" in better[0]["sentence"]

    with db.transaction():
        outages.take_out(hall.a[1:] + hall.b, hall.nine, hall.noon, "清掃", "施設", clock.now())
        changes.record(Thing.SEATS, hall.floor, clock.now())
    few = ask(hall.sato, floor="18")["suggestions"]
    assert [one["floor"] for one in few] == ["18", "17", "17"]
    assert "希望とは別の17階" in few[1]["sentence"] and "空きがない" not in few[1]["sentence"]

    with db.transaction():
        outages.take_out(hall.a[:1], hall.nine, hall.noon, "清掃", "施設", clock.now())
        changes.record(Thing.SEATS, hall.floor, clock.now())
    none = ask(hall.sato, floor="18")["suggestions"]
    assert {one["floor"] for one in none} == {"17"} and "希望の階に空きがないため17階" in none[0]["sentence"]


def test_when_a_house_rule_keeps_somebody_from_every_free_seat_it_is_said_and_no_seat_is_missing(hall, ask):
    day = hall.nine + timedelta(days=20)
    while day.weekday() > 4:
        day += timedelta(days=1)
    term = {"starts_at": day.isoformat(), "ends_at": (day + timedelta(hours=3)).isoformat()}
    first_day = (day - timedelta(days=14)).date().isoformat()

    found = ask(hall.sato, **term)
    refused = ask(hall.sato, status=409, take=True, **term)

    (why,) = found["unmet"]
    assert found["suggestions"] == [] and "14日前" in why and first_day in why
    assert (refused["code"], refused["message"]) == ("too_early", why)
    with db.reading():
        assert list(db.session.scalars(select(UnmetSearch))) == []


def test_a_zone_that_is_free_but_not_for_this_person_is_not_said_to_be_full(hall, ask):
    hall.set_rules(hall.zone_a, quota_per_week=1)
    hall.book(hall.sato, hall.a[0], hall.noon, hall.noon + timedelta(hours=1))
    found = ask(hall.sato)["suggestions"]
    assert found[0]["seat_id"] not in hall.a and "満席" not in found[0]["sentence"]


def test_a_zone_that_blocks_repeats_never_gets_its_seat_of_last_time_suggested(hall, ask):
    hall.set_rules(hall.zone_a, repeat="block", lookback_days=1)
    hall.sat(hall.sato, hall.a[0], 0)
    for seat_id in hall.a[1:] + hall.b + hall.c:
        hall.book(make_somebody(hall), seat_id)
    assert ask(hall.sato)["suggestions"] == []


def test_near_a_colleague_means_their_seat_or_their_zone_as_they_show_it_p4(database, hall, ask):
    hall.book(hall.stranger, hall.b[0])
    hall.show_bookings(hall.stranger, everyone=Level.SEAT)
    near = ask(hall.sato, near_person_id=hall.stranger)
    assert first(near) == hall.b[1] and "田中 一の近く" in near["suggestions"][0]["sentence"]
    hall.show_bookings(hall.stranger, everyone=Level.ZONE)
    people_asking = [hall.sato] + [make_somebody(hall) for _ in range(9)]
    chosen = {first(ask(person, near_person_id=hall.stranger)) for person in people_asking}
    assert chosen == set(hall.b[1:])  # their zone, and nowhere in particular within it


@pytest.mark.parametrize("hidden", ["floor", "hidden", "paused", "no booking", "counts only"])
def test_a_colleague_who_shows_no_zone_is_like_one_without_a_seat_p4(hall, ask, hidden):
    seat = hall.b[0]
    if hidden == "counts only":
        with db.transaction():
            seat = make.seat(hall.refresh, "18R-001", x_m=5, y_m=25)
    if hidden != "no booking":
        hall.book(hall.stranger, seat)
    without = ask(hall.sato)["suggestions"]
    if hidden in ("floor", "hidden"):
        hall.show_bookings(hall.stranger, everyone=Level(hidden))
    elif hidden == "paused":
        hall.pause(hall.stranger)

    answer = ask(hall.sato, near_person_id=hall.stranger)

    assert answer["suggestions"] == without
    assert answer["unmet"] == [
        "田中 一さんの席は表示されないか、その日の席がありません。席の近さは考えずに探しました。"
    ]


def test_a_protected_colleague_is_nobody_p13(hall, ask):
    hall.protect(hall.stranger)
    ask(hall.sato, status=404, near_person_id=hall.stranger)


def test_who_was_looked_for_can_read_it_p11(hall, ask):
    ask(hall.sato, near_person_id=hall.stranger)
    with db.reading():
        assert db.session.execute(select(LookUp.subject_id, LookUp.screen)).all() == [(hall.stranger, "seats")]


def test_near_my_team_follows_where_they_sit_as_far_as_they_show_it_p4(hall, ask):
    hall.book(hall.suzuki, hall.c[0])
    assert first(ask(hall.sato, near_team=True)) == hall.c[1]
    hall.hide(hall.suzuki)
    assert first(ask(hall.sato, near_team=True)) in hall.a


def test_take_books_the_best_and_a_retry_with_its_key_books_nothing_more(database, hall, signed_in):
    visitor = signed_in(person_id=hall.sato)
    term = {"starts_at": hall.nine.isoformat(), "ends_at": hall.noon.isoformat(), "take": True}

    def send(document):
        headers = {"Origin": "http://localhost", "X-CSRFToken": visitor.token, "Idempotency-Key": "abc"}
        return visitor.open("/api/v1/seats/find", method="POST", json=document, headers=headers)

    booked, again = send(term), send(term)

    assert booked.status_code == again.status_code == 200 and booked.json == again.json
    assert booked.json["booking"]["seat_id"] == first(booked.json) and booked.json["booking"]["mine"]
    with db.reading():
        (made,) = queries.of_person(hall.sato, clock.now(), hall.noon)
    assert made.id == booked.json["booking"]["id"] and made.how == How.FIND.value
    assert send(term | {"not_last": True}).status_code == 422


def test_many_who_take_at_once_all_get_a_seat_of_their_own(database, hall, app, signed_in):
    people = [make_somebody(hall) for _ in range(6)]
    visitors = [signed_in(person_id=person) for person in people]
    term = {"starts_at": hall.nine.isoformat(), "ends_at": hall.noon.isoformat(), "take": True}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda visitor: visitor.send_json("/api/v1/seats/find", term), visitors))
    assert [answer.status_code for answer in answers] == [200] * 6, [answer.text for answer in answers]
    seats = [answer.json["booking"]["seat_id"] for answer in answers]
    assert len(set(seats)) == 6


def test_a_search_without_a_seat_is_counted_by_zone_and_day_and_never_by_person(database, hall, ask):
    for seat_id in hall.a + hall.b + hall.c:
        hall.book(make_somebody(hall), seat_id)
    assert ask(hall.sato)["suggestions"] == []
    ask(hall.suzuki, status=409, take=True)
    with db.reading():
        rows = db.session.execute(select(UnmetSearch.zone_id, UnmetSearch.day, UnmetSearch.n)).all()
    assert rows == [(hall.zone_a, hall.nine.date(), 2)]
    assert set(UnmetSearch.__table__.columns.keys()) == {"zone_id", "day", "n"}


def test_a_token_takes_only_with_its_scopes(hall, signed_in, app):
    signed = signed_in(person_id=hall.sato).signed
    with db.transaction():
        _id, token = tokens.issue(signed.account_id, "x", [Scope.READ_BOOKINGS], 30, clock.now())
    term = {"starts_at": hall.nine.isoformat(), "ends_at": hall.noon.isoformat()}
    headers = {"Authorization": f"Bearer {token}"}
    call = app.test_client().post
    assert call("/api/v1/seats/find", json=term, headers=headers).status_code == 200
    assert call("/api/v1/seats/find", json=term | {"take": True}, headers=headers).status_code == 403
    assert call("/api/v1/seats/find", json=term | {"near_person_id": hall.suzuki}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "bad",
    [{"starts_at": "x"}, {"minutes": 10**9}, {"equipment": ["throne"]}, {"floor": "99"}, {"near_person_id": 10**8},
     {"minutes": 60}, {"starts_at": "2020-01-01T09:00:00+09:00"}, {"ends_at": "2020-01-01T09:00:00+09:00"}],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(hall, ask, signed_in, bad):
    term = {"starts_at": hall.nine.isoformat(), "ends_at": hall.noon.isoformat()}
    answer = signed_in(person_id=hall.sato).send_json("/api/v1/seats/find", term | bad)
    assert answer.status_code in (404, 422)


def make_somebody(hall: Hall) -> int:
    with db.transaction():
        return hall.somebody("職員", "しょくいん", hall.section)
