"""What rooms, booths and group desks are booked for: where it is asked, who reads it, and who does not."""

import re
from datetime import timedelta

import make
import pytest
from watching import TOKYO, Office

from server import clock, db
from server.bookings import personal_data, queries
from server.bookings.rules import QUARTER, begun_quarter
from server.people.rules import Role
from server.places import service as places
from server.places.rules import SeatKind

WHAT = "予算査定の打合せ"


class Rooms(Office):
    """A seat, a meeting room, a booth and a group desk of zone 18A, which is 財政課's."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            self.seat = make.seat(self.zone_a, "18A-001")
            self.room = make.seat(self.zone_a, "18R-01", kind=SeatKind.ROOM.value, x_m=4)
            self.booth = make.seat(self.zone_a, "18A-B1", kind=SeatKind.BOOTH.value, x_m=6)
            self.table = make.seat(self.zone_a, "18A-T1", kind=SeatKind.GROUP_DESK.value, x_m=8)
            places.own_zone(self.zone_a, self.section, make.DAY)
        self.tomorrow = (clock.now().astimezone(TOKYO) + timedelta(days=1)).date()

    def form(self, **more: str) -> dict[str, str]:
        return {"day": self.tomorrow.isoformat(), "from": "09:00", "to": "10:00", **more}


@pytest.fixture
def office(app) -> Rooms:
    return Rooms()


def bookings_of(person_id: int) -> list[queries.BookingView]:
    with db.reading():
        return queries.of_person(person_id, clock.now(), clock.now() + timedelta(days=60))


def test_the_list_of_free_seats_asks_it_of_places_to_meet_at_and_of_no_seat_and_says_who_reads_it(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    page = visitor.get("/seats/free", query_string=office.form(floor="18")).text

    asked = re.findall(r'<input name="subject" form="book-(\d+)"', page)
    assert sorted(map(int, asked)) == sorted((office.room, office.booth, office.table))
    assert "用件を読めるのは、予約した本人" in page
    for one in asked:  # the field and its button belong to a form of their own
        assert f'id="book-{one}"' in page and f'name="seat" value="{one}" form="book-{one}"' in page
    assert f'name="seat" value="{office.seat}">' in page

    visitor.send("/seats/bookings", seat=str(office.room), subject=WHAT, **office.form())
    assert f"用件：{WHAT}" in visitor.get("/seats").text


def test_a_calendar_shows_it_of_a_booth_and_of_no_seat(office, signed_in):
    shown = {}
    for place, person_id in ((office.booth, office.sato), (office.seat, office.suzuki)):
        visitor = signed_in(person_id=person_id)
        visitor.send("/seats/bookings", seat=str(place), subject=WHAT, **office.form())
        (one,) = bookings_of(person_id)
        shown[place] = WHAT in visitor.get(f"/seats/bookings/{one.id}.ics").text
    assert shown == {office.booth: True, office.seat: False}


def test_it_is_changed_and_cleared_with_the_booking(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    visitor.send("/seats/bookings", seat=str(office.room), **office.form())
    (one,) = bookings_of(office.sato)
    change = f"/seats/bookings/{one.id}/change"
    assert f'id="what-for-{one.id}"' in visitor.get("/seats").text

    for subject, to in ((WHAT, "10:00"), (WHAT, "10:30"), ("", "10:30")):
        visitor.send(change, **office.form(to=to), subject=subject)
        assert [one.subject for one in bookings_of(office.sato)] == [subject]
    visitor.send(change, **office.form(to="10:00"), subject=WHAT)
    visitor.send(change, **office.form(to="10:30"))  # a form without the field
    assert [one.subject for one in bookings_of(office.sato)] == [WHAT]
    assert visitor.send(change, **office.form(), subject="あ" * 101).status_code == 422


def test_a_change_of_a_seat_asks_for_nothing(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    visitor.send("/seats/bookings", seat=str(office.seat), **office.form())
    assert 'name="subject"' not in visitor.get("/seats").text


def test_others_read_it_neither_on_the_map_nor_by_its_number_and_whoever_may_change_it_does(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    visitor.send("/seats/bookings", seat=str(office.room), subject=WHAT, **office.form())
    (one,) = bookings_of(office.sato)

    colleague = signed_in(person_id=office.suzuki)
    told = colleague.get(f"/api/v1/floors/18/seats?day={office.tomorrow.isoformat()}")
    assert told.status_code == 200 and WHAT not in told.text
    assert colleague.get(f"/api/v1/bookings/{one.id}").status_code == 404
    administrator = signed_in(Role.SECTION_ADMIN, person_id=office.head)
    assert administrator.get(f"/api/v1/bookings/{one.id}").json["subject"] == WHAT


def test_sitting_down_at_once_keeps_what_it_is_for(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    now = clock.now()
    ends = begun_quarter(now) + QUARTER
    wish = {"seat_id": office.room, "starts_at": now.isoformat(), "ends_at": ends.isoformat(), "sit_down": True}

    assert visitor.send_json("/api/v1/bookings", wish | {"subject": WHAT}).json["subject"] == WHAT
    assert [one.subject for one in bookings_of(office.sato)] == [WHAT]


def test_a_weekly_room_keeps_what_it_is_for_also_when_it_is_changed_and_in_what_its_person_takes_along(
    office, signed_in
):
    visitor = signed_in(person_id=office.sato)
    weekly = {
        "seat": "18R-01", "from": "09:00", "to": "10:00", "weekday": str(office.tomorrow.weekday()),
        "first_day": office.tomorrow.isoformat(), "last_day": (office.tomorrow + timedelta(weeks=4)).isoformat(),
    }  # fmt: skip
    planned = visitor.send("/seats/series/plan", **weekly).text
    assert 'id="s-subject"' in planned
    on = re.findall(r'name="on" value="([^"]+)"', planned)
    visitor.send("/seats/series", **weekly, on=on, subject=WHAT)

    made = bookings_of(office.sato)
    assert len(made) == len(on) and {one.subject for one in made} == {WHAT}
    with db.reading():
        (kept,) = personal_data.export(office.sato)["booking_series"]
    assert kept["subject"] == WHAT
    changed = visitor.send("/seats/series/plan", **weekly, change=str(made[0].series_id)).text
    assert f'value="{WHAT}"' in changed
    assert 'id="s-subject"' not in visitor.send("/seats/series/plan", **weekly | {"seat": "18A-001"}).text
