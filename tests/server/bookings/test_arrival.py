"""Where a sign leads, a seat from a shared screen, and "sitting at …?"."""

import re

import make
import pytest
from desks import Desks, at_clock
from sqlalchemy import select, update

from server import clock, db
from server.bookings import arrival, own_choices, queries, service, walk_up
from server.bookings.models import Booking
from server.bookings.own_choices import SeatChoices
from server.bookings.queries import BookingView
from server.bookings.rules import State
from server.people import failures
from server.people import service as people
from server.people.models import Person
from server.people.rules import Audience, Level, Role, Signal
from server.places import queries as places
from server.places import service as places_service
from server.places.models import Zone
from server.presence.rules import State as Heard
from server.presence.rules import StatusKind

TEN = make.at("10:02")


@pytest.fixture
def desks(app, monkeypatch) -> Desks:
    made = Desks()
    at_clock(monkeypatch, TEN)
    return made


def code_of(seat_id: int) -> str:
    with db.reading():
        return places.seats_by_id([seat_id])[seat_id].short_code


def entrance_of(desks: Desks) -> str:
    with db.reading():
        return next(zone.short_code for zone in places.zones(desks.floor) if zone.id == desks.zone)


def now_of(person_id: int) -> list[BookingView]:
    with db.reading():
        return queries.of_person(person_id, clock.now(), make.at("23:00"))


def test_a_free_seats_sign_offers_it_until_the_end_of_the_working_day_with_one_tap(desks, signed_in):
    visitor = signed_in(person_id=desks.sato)
    code = code_of(desks.seats[0])
    assert "17:15まで着席する" in visitor.get(f"/s/{code}").text

    visitor.send(f"/s/{code}/sit")

    (one,) = now_of(desks.sato)
    assert (one.seat_code, one.state, one.starts_at, one.ends_at) == (
        "18A-001", State.IN_USE, make.at("10:00"), make.at("17:15"),
    )  # fmt: skip
    assert "席を空ける" in visitor.get(f"/s/{code}").text


def test_whoever_sits_elsewhere_moves_to_the_seat_of_the_sign_with_one_tap(desks, signed_in):
    visitor = signed_in(person_id=desks.sato)
    visitor.send(f"/s/{code_of(desks.seats[0])}/sit")

    page = visitor.get(f"/s/{code_of(desks.seats[1])}").text
    assert "18A-001 からこの席に変更する" in page
    fields = dict(re.findall(r'<input type="hidden" name="(seat|day|from|to)" value="([^"]*)"', page))
    visitor.send(re.search(r'action="(/seats/bookings/\d+/change)"', page)[1], **fields)

    (one,) = now_of(desks.sato)
    assert (one.seat_code, one.state, one.ends_at) == ("18A-002", State.IN_USE, make.at("17:15"))


def test_my_bookings_sign_confirms_it_and_leaves_it(desks, signed_in):
    mine = desks.book(desks.sato, desks.seats[0], "10:15", "12:00")
    visitor, code = signed_in(person_id=desks.sato), code_of(desks.seats[0])

    visitor.send(f"/s/{code}/sit")
    assert desks.state(mine) is State.IN_USE
    visitor.send(f"/s/{code}/leave")

    assert desks.state(mine) is State.LEFT


def test_a_taken_seats_sign_names_only_whoever_shows_it_and_offers_the_nearest_p4(desks, signed_in):
    desks.book(desks.suzuki, desks.seats[0], "10:00", "12:00")
    visitor, code = signed_in(person_id=desks.sato), code_of(desks.seats[0])
    page = visitor.get(f"/s/{code}").text
    assert "鈴木" in page and "18A-002" in page

    with db.transaction():
        people.set_visibility(desks.suzuki, dict.fromkeys(Audience, Level.ZONE), clock.now(), Signal.BOOKING)

    page = visitor.get(f"/s/{code}").text
    assert "鈴木" not in page and "12:00まで" in page
    assert visitor.send(f"/s/{code}/sit").status_code == 409
    assert now_of(desks.sato) == []


def test_in_a_zone_that_only_counts_a_sign_names_nobody_as_the_map_does_not(desks, signed_in):
    visitor, sign = signed_in(person_id=desks.sato), f"/s/{code_of(desks.seats[0])}"
    desks.book(desks.suzuki, desks.seats[0], "10:00", "12:00")
    assert "鈴木" in visitor.get(sign).text

    with db.transaction():
        db.session.execute(update(Zone).where(Zone.id == desks.zone).values(counts_only=True))

    assert "鈴木" not in visitor.get(sign).text


def test_a_taken_seats_sign_does_not_tell_whether_its_person_has_come_p3(desks, signed_in):
    visitor, sign = signed_in(person_id=desks.sato), f"/s/{code_of(desks.seats[0])}"
    made = desks.book(desks.suzuki, desks.seats[0], "09:45", "12:00")

    def told() -> str:
        return body(visitor.get(sign).text)

    before = told()
    with db.transaction():
        service.confirm(made, TEN)

    assert told() == before


def test_a_zones_entrance_gives_a_free_seat_that_is_not_one_of_the_last(desks, signed_in):
    for seat in desks.seats[:3]:
        day = make.THURSDAY.replace(day=make.THURSDAY.day - 1 - desks.seats.index(seat))
        desks.book(desks.sato, seat, "08:30", "12:00", day=day, state=State.IN_USE.value, is_confirmed=True)

    signed_in(person_id=desks.sato).send(f"/s/{entrance_of(desks)}/sit")

    (one,) = now_of(desks.sato)
    assert one.seat_code == "18A-004"


def test_a_code_is_typed_as_people_type_it_and_an_unknown_one_leads_nowhere(desks, signed_in):
    visitor, code = signed_in(person_id=desks.sato), code_of(desks.seats[0])
    assert visitor.send("/s", code=f" {code[:3].lower()}-{code[3:]} ").location == f"/s/{code}"
    old = visitor.get("/s/ZZZZZZ")
    assert old.status_code == 404
    assert "新しいものに貼り替えられています" in old.text and "「自分の席・予約」に入力" in old.text
    for odd in ("ZZZZZZ", "'; --", "席" * 40, "\x00"):
        assert visitor.send("/s", code=odd).location == "/seats"


def body(page: str) -> str:
    """What a page says, without the tokens of its forms, which differ from second to second."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page.partition("<main")[2].partition("</main")[0])


def asked(page: str) -> str:
    """The part of a page that asks where somebody sits."""
    return page.partition("sitting-title")[2].partition("</form>")[0]


class TestKiosk:
    """A shared screen without anybody's login."""

    def number(self, person_id: int) -> str:
        with db.reading():
            return db.session.scalars(select(Person.staff_no).where(Person.id == person_id)).one()

    def test_it_gives_a_seat_for_a_staff_number_and_shows_no_name(self, desks, signed_in):
        screen = signed_in(Role.KIOSK)
        desks.book(desks.suzuki, desks.seats[0], "10:00", "12:00")
        assert "鈴木" not in screen.get("/kiosk/seats?floor=18").text

        page = screen.send("/kiosk/seats", floor="18", staff_no=self.number(desks.sato)).text

        (one,) = now_of(desks.sato)
        assert one.seat_code in page and one.how == "kiosk" and "佐藤" not in page

    def test_it_answers_alike_for_a_wrong_number_and_for_whoever_switched_it_off(self, desks, signed_in):
        screen = signed_in(Role.KIOSK)
        with db.transaction():
            own_choices.choose(desks.sato, SeatChoices(may_kiosk=False))
        desks.book(desks.suzuki, desks.seats[0], "10:00", "12:00")

        answers = {
            (answer.status_code, "この番号には、ここでは席を案内できません。" in answer.text)
            for number in (self.number(desks.sato), self.number(desks.suzuki), "999999", "", "' OR 1=1", "９" * 20)
            if (answer := screen.send("/kiosk/seats", floor="18", staff_no=number))
        }

        assert answers == {(404, True)}
        assert now_of(desks.sato) == []

    def test_nobody_tries_numbers_there_for_long(self, desks, signed_in):
        screen = signed_in(Role.KIOSK)
        tries = [screen.send("/kiosk/seats", floor="18", staff_no=str(n)).status_code for n in range(12)]
        assert tries == [404] * 10 + [429] * 2

    def test_on_a_full_floor_a_number_that_there_is_is_answered_like_one_that_there_is_not(self, desks, signed_in):
        screen = signed_in(Role.KIOSK)
        with db.transaction():
            others = [make.person(unit_id=desks.section) for _ in (*desks.seats, *desks.others)]
        for one, seat in zip(others, (*desks.seats, *desks.others), strict=True):
            desks.book(one, seat, "10:00", "17:15")

        def told(number: str) -> tuple[int, str]:
            answer = screen.send("/kiosk/seats", floor="18", staff_no=number)
            return answer.status_code, body(answer.text)

        assert told(self.number(desks.sato)) == told("999999")

    def test_it_gives_no_more_seats_than_people_can_step_up_to_it(self, desks, signed_in, monkeypatch):
        """Whoever knows or guesses numbers does not book a whole floor full from one screen."""
        screen = signed_in(Role.KIOSK)
        monkeypatch.setattr(arrival, "MOST_GIVEN", 3)
        with db.transaction():
            people = [make.person(unit_id=desks.section) for _ in range(4)]

        numbers = [self.number(one) for one in people]
        given = [screen.send("/kiosk/seats", floor="18", staff_no=number).status_code for number in numbers]

        assert given == [200, 200, 200, 429]
        at_clock(monkeypatch, clock.now() + failures.WITHIN)
        assert screen.send("/kiosk/seats", floor="18", staff_no=numbers[3]).status_code == 200

    def test_it_opens_nothing_else_of_seats(self, desks, signed_in):
        screen = signed_in(Role.KIOSK)
        code = code_of(desks.seats[0])
        assert screen.get("/seats").status_code == 403
        assert screen.send(f"/s/{code}/sit").status_code == screen.send(f"/s/{code}/leave").status_code == 403

    def test_a_sign_read_by_a_shared_screen_leads_to_the_free_seats_of_its_floor(self, desks, signed_in):
        screen = signed_in(Role.KIOSK)
        for code in (code_of(desks.seats[0]), entrance_of(desks)):
            answer = screen.get(f"/s/{code}")
            assert (answer.status_code, answer.location) == (302, "/kiosk/seats?floor=18#zone-18A")
        assert 'id="zone-18A"' in screen.get("/kiosk/seats?floor=18").text
        assert screen.get("/s/ZZZZZZ").status_code == 404

    def test_a_screen_that_stands_nowhere_yet_asks_for_its_floor_and_remembers_it(self, desks, signed_in):
        with db.transaction():
            building = places.buildings()[0]
            places_service.add_floor(building.id, "25", 25, "展望ロビー", width_m=40, height_m=20)
        screen = signed_in(Role.KIOSK)

        page = body(screen.get("/kiosk/seats").text)
        assert 'href="/kiosk/seats?floor=18"' in page and "25" not in page and "staff_no" not in page
        assert screen.get("/kiosk/seats?floor=99").status_code == 200, "a floor that is gone is asked for again"
        assert "staff_no" in screen.get("/kiosk/seats?floor=18").text

        assert screen.get("/kiosk/seats").location == "/kiosk/seats?floor=18"


class TestSuggestion:
    """A badge that sits in a zone is asked about; nothing is claimed by itself."""

    def test_a_settled_badge_is_asked_with_the_zones_free_seats_and_answered_by_one_tap(self, desks, signed_in):
        desks.hear(desks.sato, TEN)
        desks.book(desks.suzuki, desks.seats[1], "10:00", "12:00")
        visitor = signed_in(person_id=desks.sato)
        page = asked(visitor.get("/seats").text)
        assert "18A区画に座っていますか" in page
        assert [code in page for code in ("18A-001", "18A-002", "18A-003", "18B-001")] == [True, False, True, False]
        assert now_of(desks.sato) == []

        visitor.send("/seats/bookings", seat=str(desks.seats[2]), **{"from": "now", "to": "17:15"})

        assert [one.seat_code for one in now_of(desks.sato)] == ["18A-003"]
        assert "座っていますか" not in visitor.get("/seats").text

    @pytest.mark.parametrize("path", ["/", "/seats"])
    def test_every_free_seat_of_a_large_zone_can_be_answered_with(self, desks, signed_in, path):
        with db.transaction():
            more = [make.seat(desks.zone, f"18A-{i:03}", x_m=1.0 + i) for i in range(5, 41)]
        desks.hear(desks.sato, TEN)
        visitor = signed_in(person_id=desks.sato)

        page = visitor.get(path).text.partition("sitting-title")[2].partition("この中にない")[0]

        offered = re.findall(r'value="(\d+)">18A-\d{3}</(button|option)>', page)
        assert sorted(int(seat) for seat, _ in offered) == sorted(desks.seats + more)
        assert [what for _, what in offered].count("button") == walk_up.MOST_BUTTONS
        answer = visitor.send("/seats/bookings", seat=str(more[-1]), **{"from": "now", "to": "17:15", "next": path})
        assert answer.location == path and [one.seat_code for one in now_of(desks.sato)] == ["18A-040"]

    @pytest.mark.parametrize("state", [Heard.PASSING, Heard.SILENT, Heard.FLOOR])
    def test_whoever_walks_by_is_not_asked_and_nothing_finer_than_a_zone_is_known_p9(self, desks, signed_in, state):
        desks.hear(desks.sato, TEN, None if state is Heard.FLOOR else desks.zone, state)
        assert "座っていますか" not in signed_in(person_id=desks.sato).get("/seats").text
        assert not {"x_m", "y_m"} & set(Booking.__table__.columns.keys())

    def test_it_can_be_switched_off_and_is_not_asked_while_hidden_or_away_p5(self, desks, signed_in):
        desks.hear(desks.sato, TEN)
        visitor = signed_in(person_id=desks.sato)
        visitor.send("/seats/choices", may_kiosk="on")
        assert "座っていますか" not in visitor.get("/seats").text
        visitor.send("/seats/choices", may_kiosk="on", is_asked="on")
        assert "座っていますか" in visitor.get("/seats").text
        desks.say(desks.sato, StatusKind.TELEWORK, TEN, make.at("12:00"), TEN)
        assert "座っていますか" not in visitor.get("/seats").text

    def test_no_is_remembered_for_the_day(self, desks, signed_in):
        desks.hear(desks.sato, TEN)
        visitor = signed_in(person_id=desks.sato)
        visitor.send("/seats/not-sitting", zone=f"{desks.zone}:{make.THURSDAY.isoformat()}")
        assert "座っていますか" not in visitor.get("/seats").text
