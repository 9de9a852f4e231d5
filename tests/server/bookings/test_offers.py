"""What works in place of a refused seat, and what happens next with a booking."""

from datetime import timedelta

import make
import pytest
from watching import TOKYO, Office

from server import clock, db
from server.bookings import service
from server.bookings.rules import Wish
from server.places import service as places


class Floor(Office):
    """Three seats in a row in zone 18A, which 財政課 owns, and one in 18B, which nobody does."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            places.own_zone(self.zone_a, self.section, make.DAY)
            self.seats = [make.seat(self.zone_a, f"18A-{i:03}", x_m=i) for i in (1, 2, 3)]
            self.free_for_all = make.seat(self.zone_b, "18B-001", x_m=21)
        self.begins = make.at("09:00", (clock.now().astimezone(TOKYO) + timedelta(days=1)).date())

    def book(self, person_id: int, seat_id: int) -> int:
        """Tomorrow from 9 to 12."""
        with db.transaction():
            wish = Wish(seat_id, self.begins, self.begins + timedelta(hours=3))
            return service.book(person_id, wish, clock.now()).id

    def instead(self, visitor):
        """What is offered in place of the first seat."""
        return visitor.get(f"/api/v1/seats/{self.seats[0]}/instead", query_string=self.query())

    def query(self, **more: object) -> dict[str, object]:
        """The same time, as the map asks."""
        return {"day": self.begins.astimezone(TOKYO).date().isoformat(), "starts": "09:00", "ends": "12:00", **more}


@pytest.fixture
def office(app) -> Floor:
    return Floor()


def test_the_nearest_free_seat_of_the_same_zone_is_offered(office, signed_in):
    office.book(office.suzuki, office.seats[0])

    answer = signed_in(person_id=office.sato).get(
        f"/api/v1/seats/{office.seats[0]}/instead", query_string=office.query()
    )

    assert answer.json == {"responsible": "", "seat": {"id": office.seats[1], "code": "18A-002"}}


def test_a_rule_names_who_answers_for_it_and_the_offer_keeps_the_rule(office, signed_in):
    visitor = signed_in(person_id=office.stranger)

    answer = visitor.get(f"/api/v1/seats/{office.seats[0]}/instead", query_string=office.query())

    assert answer.json == {"responsible": "財政課", "seat": {"id": office.free_for_all, "code": "18B-001"}}


def test_there_is_no_offer_when_nothing_is_free(office, signed_in):
    for person_id, seat_id in zip(
        (office.head, office.suzuki, office.sato, office.stranger), [*office.seats, office.free_for_all], strict=True
    ):
        office.book(person_id, seat_id)

    answer = signed_in(person_id=office.sato).get(
        f"/api/v1/seats/{office.seats[0]}/instead", query_string=office.query()
    )

    assert answer.json["seat"] is None


@pytest.mark.parametrize("more", [{"day": "x"}, {"starts": "9:99"}, {"ends": "08:00"}, {"day": "9999-12-31"}], ids=str)
def test_a_time_that_is_none_gets_a_sentence(office, signed_in, more):
    visitor = signed_in(person_id=office.sato)

    answer = visitor.get(f"/api/v1/seats/{office.seats[0]}/instead", query_string=office.query(**more))

    assert answer.status_code == 422 and answer.json["message"]


def test_what_confirms_a_booking_is_told_to_its_person_alone(office, signed_in):
    booking_id = office.book(office.sato, office.seats[0])

    mine = signed_in(person_id=office.sato).get(f"/api/v1/bookings/{booking_id}/next")
    theirs = signed_in(person_id=office.suzuki).get(f"/api/v1/bookings/{booking_id}/next")

    assert mine.json == {"sentence": "10:00までに18A区画に来れば確定します。"}
    assert theirs.status_code == 404
    assert signed_in(person_id=office.head).get("/api/v1/bookings/999999/next").status_code == 404
