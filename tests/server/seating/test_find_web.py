"""Find me a seat, with plain forms: one button, three suggestions, another seat instead."""

import re
from datetime import datetime, time, timedelta

import make
import pytest
from sqlalchemy import select
from watching import TOKYO, Office

from server import clock, db
from server.bookings import queries, service
from server.bookings.rules import How, State, Wish
from server.people import service as people
from server.people.models import Person
from server.people.rules import Audience, Level, Signal
from server.places import service as places
from server.places.models import Building
from server.presence.models import LookUp

SEAT = re.compile(r'name="seat" value="(\d+)"')


class Hall(Office):
    """Six seats in zone 18A of 財政課, two in 18B, which is nobody's."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            self.seats = [make.seat(self.zone_a, f"18A-{i:03}", x_m=2 * i, y_m=1) for i in range(1, 6)]
            self.others = [make.seat(self.zone_b, f"18B-{i:03}", x_m=22 + 3 * i) for i in (1, 2)]
            places.own_zone(self.zone_a, self.section, make.DAY)
        self.tomorrow = (clock.now().astimezone(TOKYO) + timedelta(days=1)).date()

    def morning(self, **more: str) -> dict[str, str]:
        return {"day": self.tomorrow.isoformat(), "from": "09:00", "long": "3", **more}


@pytest.fixture
def hall(app) -> Hall:
    return Hall()


def bookings_of(person_id: int) -> list[queries.BookingView]:
    with db.reading():
        return queries.of_person(person_id, clock.now(), clock.now() + timedelta(days=3), holding=False)


def test_one_button_books_a_seat_and_says_why(hall, signed_in):
    visitor = signed_in(person_id=hall.sato)

    answer = visitor.send("/seats/find", **hall.morning(team="1", notlast="1", do="take"))

    (made,) = bookings_of(hall.sato)
    assert made.seat_id in hall.seats and made.how == How.FIND.value and made.state is State.BOOKED
    page = visitor.get(answer.location).text
    assert f"予約しました。{made.seat_code}：" in page and "財政課の近く" in page and "直近の3席とは別" in page


def test_other_choices_are_offered_and_taken_instead_with_one_click(hall, signed_in):
    visitor = signed_in(person_id=hall.sato)
    page = visitor.get(visitor.send("/seats/find", **hall.morning(team="1", do="take")).location).text
    (made,) = bookings_of(hall.sato)
    offered = [int(one) for one in SEAT.findall(page)]
    assert len(set(offered)) == 2 and made.seat_id not in offered

    form = {"seat": str(offered[0]), "day": hall.tomorrow.isoformat(), "from": "09:00", "to": "12:00"}
    visitor.send(f"/seats/bookings/{made.id}/change", **form)

    assert [one.seat_id for one in bookings_of(hall.sato)] == [offered[0]]


def test_three_seats_are_shown_first_when_asked_and_the_wishes_stay_in_the_address(hall, signed_in):
    visitor = signed_in(person_id=hall.sato)
    answer = visitor.send("/seats/find", **hall.morning(do="show", floor="18"))
    assert "csrf" not in answer.location and "floor=18" in answer.location
    page = visitor.get(answer.location).text
    offered = SEAT.findall(page)
    assert len(offered) == 3 and bookings_of(hall.sato) == []

    visitor.send("/seats/find", seat=offered[1], **hall.morning(floor="18"))

    assert [one.seat_id for one in bookings_of(hall.sato)] == [int(offered[1])]


def test_a_day_that_cannot_be_booked_yet_is_said_to_be_one_instead_of_asking_for_fewer_wishes(hall, signed_in):
    visitor, day = signed_in(person_id=hall.sato), hall.tomorrow + timedelta(days=20)
    while day.weekday() > 4:
        day += timedelta(days=1)
    form = {"day": day.isoformat(), "from": "09:00", "long": "3"}

    shown = visitor.get("/seats/find", query_string=form | {"go": "1"}).text
    refused = visitor.send("/seats/find", do="take", **form)

    assert refused.status_code == 409
    for page in (shown, refused.text):
        assert f"予約できるのは14日前の{(day - timedelta(days=14)).isoformat()}からです。" in page
        assert "希望を減らして" not in page


def test_a_closed_day_is_said_to_be_one(hall, signed_in):
    with db.transaction():
        db.session.get(Building, hall.building).open_weekdays = "01234"
    day = hall.tomorrow + timedelta(days=(5 - hall.tomorrow.weekday()) % 7)
    asked = {"day": day.isoformat(), "from": "09:00", "go": "1"}
    shown = signed_in(person_id=hall.sato).get("/seats/find", query_string=asked)
    assert shown.status_code == 422 and f"{day.isoformat()}は休館日です" in shown.text


def test_a_chosen_seat_that_is_gone_is_refused_and_no_other_one_taken(hall, signed_in):
    signed_in(person_id=hall.suzuki).send("/seats/find", seat=str(hall.seats[0]), **hall.morning())
    refused = signed_in(person_id=hall.sato).send("/seats/find", seat=str(hall.seats[0]), **hall.morning())
    assert refused.status_code == 409 and bookings_of(hall.sato) == []


@pytest.mark.parametrize(
    "bad",
    [{"day": "x"}, {"from": "25:99"}, {"from": "09:07"}, {"day": "2020-01-01"}, {"floor": "99"}, {"long": "🐬" * 3000}],
)
def test_a_wish_that_cannot_be_is_answered_with_a_sentence(hall, signed_in, bad):
    visitor = signed_in(person_id=hall.sato)
    answer = visitor.send("/seats/find", **hall.morning() | bad | {"do": "take"})
    assert answer.status_code in (302, 404, 422)
    again = visitor.get("/seats/find", query_string=hall.morning() | bad | {"go": "1"})
    assert again.status_code in (200, 404, 422)


def test_the_form_stands_on_my_seats_and_one_button_on_the_start_page(hall, signed_in):
    visitor = signed_in(person_id=hall.sato)
    assert 'action="/seats/find"' in visitor.get("/seats").text
    assert 'action="/seats/find"' in visitor.get("/").text


def test_an_account_of_nobody_reads_why_there_is_no_seat_for_it(hall, signed_in):
    assert signed_in().get("/seats/find").status_code == 200


class TestColleague:
    """Near anybody, by name or staff number; what cannot be seen of somebody looks like nobody, or like no seat."""

    def ask(self, hall, visitor, who: str, **more: str):
        return visitor.get("/seats/find", query_string=hall.morning(who=who, go="1", **more))

    @pytest.fixture
    def beside(self, hall, signed_in) -> None:
        """The colleague of another section sits on 18B-002 tomorrow and shows it."""
        with db.transaction():
            shown = dict.fromkeys(Audience, Level.SEAT)
            people.set_visibility(hall.stranger, shown, clock.now(), Signal.BOOKING)
            at = datetime.combine(hall.tomorrow, time(9), TOKYO)
            service.book(hall.stranger, Wish(hall.others[1], at, at + timedelta(hours=3)), clock.now())

    @pytest.mark.parametrize("who", ["田中 一", "田中　一", "田中一", " 田中 一 ", "{number}"])
    def test_somebody_of_another_section_is_found_by_what_is_typed_and_can_read_it_p11(
        self, hall, signed_in, beside, who
    ):
        visitor = signed_in(person_id=hall.sato)

        page = self.ask(hall, visitor, who.format(number=staff_no(hall.stranger))).text

        first = page.split('class="found__why"')[1].partition("</p>")[0]
        assert "18B-001" in first and "田中 一の近く" in first
        with db.reading():
            asked = select(LookUp.subject_id, LookUp.screen)
            assert db.session.execute(asked).all() == [(hall.stranger, "seats")]

    @pytest.mark.parametrize("who", ["田中", "%", "x" * 3000, "😀", "999999", "\x00"])
    def test_who_is_not_called_just_so_is_nobody(self, hall, signed_in, who):
        answer = self.ask(hall, signed_in(person_id=hall.sato), who)
        assert answer.status_code == 422 and "という職員は見つかりません" in answer.text

    def test_whoever_is_protected_or_gone_is_nobody_by_name_and_by_number_p13(self, hall, signed_in):
        hall.protect(hall.stranger)
        hall.leave(hall.suzuki)
        visitor = signed_in(person_id=hall.sato)
        for person_id, name in ((hall.stranger, "田中 一"), (hall.suzuki, "鈴木 一")):
            for who in (name, staff_no(person_id)):
                answer = self.ask(hall, visitor, who)
                nobody = self.ask(hall, visitor, "無 名")
                assert answer.status_code == nobody.status_code == 422
                assert sentence(answer.text) == sentence(nobody.text).replace("無 名", who)

    def test_two_of_one_name_are_told_apart_by_their_staff_numbers(self, hall, signed_in):
        with db.transaction():
            twin = hall.somebody("田中", "たなか", hall.section)
        visitor = signed_in(person_id=hall.sato)
        several = self.ask(hall, visitor, "田中 一")
        assert several.status_code == 422 and "「田中 一」という職員が複数います。職員番号を" in several.text
        assert self.ask(hall, visitor, staff_no(twin)).status_code == 200

    def test_whoever_hides_their_seat_looks_like_somebody_without_one_p4(self, hall, signed_in, beside):
        visitor = signed_in(person_id=hall.sato)
        hall.hide(hall.stranger)
        hidden = self.ask(hall, visitor, "田中 一").text
        without = self.ask(hall, visitor, "鈴木 一").text
        told = re.findall(r'notice--info">([^<]*)', hidden)
        assert told and told == [one.replace("鈴木", "田中") for one in re.findall(r'notice--info">([^<]*)', without)]


def staff_no(person_id: int) -> str:
    with db.reading():
        return db.session.get(Person, person_id).staff_no


def sentence(page: str) -> str:
    return re.search(r'notice--error" role="alert">([^<]*)', page)[1]
