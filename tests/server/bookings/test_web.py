"""My seats and the list of free ones: booking, changing and giving back with plain forms."""

import re
from datetime import timedelta

import make
import pytest
from watching import TOKYO, Office

from server import clock, db
from server.bookings import queries
from server.bookings.rules import State
from server.people import service as people
from server.people.rules import Role
from server.places import service as places
from server.places.rules import SeatKind

SEAT = re.compile(r'name="seat" value="(\d+)"')


class Floor(Office):
    """Six seats in zone 18A, of which the first two and the last two lie together, and three in 18B."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            self.seats = [
                make.seat(self.zone_a, f"18A-{i:03}", x_m=x, y_m=1) for i, x in enumerate((1, 2.4, 6, 8, 9.9, 11), 1)
            ]
            self.solo = make.seat(self.zone_b, "18S-01", kind=SeatKind.SOLO.value, x_m=21)
            self.others = [make.seat(self.zone_b, f"18B-{i:03}", x_m=22 + 3 * i) for i in (1, 2)]
            places.own_zone(self.zone_a, self.section, make.DAY)
        self.tomorrow = (clock.now().astimezone(TOKYO) + timedelta(days=1)).date()

    def ahead(self, **more: str) -> dict[str, str]:
        """A form for the morning of the day after today."""
        return {"day": self.tomorrow.isoformat(), "from": "09:00", "to": "12:00", **more}


@pytest.fixture
def office(app) -> Floor:
    return Floor()


def bookings_of(person_id: int) -> list[queries.BookingView]:
    with db.reading():
        return queries.of_person(person_id, clock.now(), clock.now() + timedelta(days=30), holding=False)


def test_a_free_seat_is_booked_with_one_click_and_stands_on_my_page(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    listed = visitor.get("/seats/free", query_string=office.ahead(floor="18")).text
    assert str(office.seats[0]) in SEAT.findall(listed)

    answer = visitor.send("/seats/bookings", seat=str(office.seats[0]), **office.ahead())

    assert answer.location == "/seats"
    page = visitor.get("/seats").text
    assert "予約しました。" in page and "18A-001" in page and "9:00～12:00" in page
    (made,) = bookings_of(office.sato)
    assert (made.state, made.starts_at.astimezone(TOKYO).hour) == (State.BOOKED, 9)


def test_a_seat_that_somebody_else_took_is_refused_with_the_nearest_one_as_an_offer(office, signed_in):
    signed_in(person_id=office.suzuki).send("/seats/bookings", seat=str(office.seats[0]), **office.ahead())
    visitor = signed_in(person_id=office.sato)

    refused = visitor.send("/seats/bookings", seat=str(office.seats[0]), **office.ahead(floor="18"))

    assert refused.status_code == 409
    assert "この席は、ほかの人が先に予約しました。別の席を選んでください。" in refused.text
    assert "18A-002" in refused.text and bookings_of(office.sato) == []
    offered = SEAT.search(refused.text)[1]
    assert offered == str(office.seats[1])
    visitor.send("/seats/bookings", seat=offered, **office.ahead())
    assert [one.seat_code for one in bookings_of(office.sato)] == ["18A-002"]


def test_a_refusal_by_a_zones_rule_says_who_answers_for_it(office, signed_in):
    visitor = signed_in(person_id=office.stranger)

    refused = visitor.send("/seats/bookings", seat=str(office.seats[0]), **office.ahead(floor="18"))

    assert refused.status_code == 409
    assert "この決まりの担当：財政課" in refused.text and "18B-001" in refused.text
    assert bookings_of(office.stranger) == []


def test_sitting_down_now_makes_the_seat_mine_at_once_and_leaving_frees_it(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    local = clock.now().astimezone(TOKYO)
    form = {"day": local.date().isoformat(), "from": "now", "to": "23:45"}
    if local.hour == 23 and local.minute >= 45:
        pytest.skip("no quarter of today is left")
    visitor.send("/seats/bookings", seat=str(office.seats[0]), **form)
    (one,) = bookings_of(office.sato)
    assert (one.state, one.is_confirmed) == (State.IN_USE, True)

    visitor.send(f"/seats/bookings/{one.id}/cancel", next="/")

    assert bookings_of(office.sato)[0].state is State.LEFT
    assert "席を空けました。" in visitor.get("/seats").text


def test_a_booking_is_changed_in_place_or_not_at_all(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    visitor.send("/seats/bookings", seat=str(office.seats[0]), **office.ahead())
    signed_in(person_id=office.suzuki).send(
        "/seats/bookings", seat=str(office.seats[0]), **office.ahead() | {"from": "12:00", "to": "13:00"}
    )
    (one,) = bookings_of(office.sato)

    visitor.send(f"/seats/bookings/{one.id}/change", **office.ahead() | {"to": "11:00"})
    assert bookings_of(office.sato)[0].ends_at.astimezone(TOKYO).hour == 11
    refused = visitor.send(f"/seats/bookings/{one.id}/change", **office.ahead() | {"to": "12:30"})

    assert refused.status_code == 409 and "18A-002" in refused.text
    assert bookings_of(office.sato)[0].ends_at.astimezone(TOKYO).hour == 11


@pytest.mark.parametrize("action", ["check-in", "extend", "cancel", "change"])
def test_somebody_elses_booking_answers_as_none_does(office, signed_in, action):
    visitor = signed_in(person_id=office.sato)
    visitor.send("/seats/bookings", seat=str(office.seats[0]), **office.ahead())
    (one,) = bookings_of(office.sato)
    other = signed_in(person_id=office.suzuki)

    theirs = other.send(f"/seats/bookings/{one.id}/{action}", **office.ahead())
    nobodys = other.send(f"/seats/bookings/{one.id + 999}/{action}", **office.ahead())

    assert theirs.status_code == nobodys.status_code == 404
    assert bookings_of(office.sato)[0].state is State.BOOKED


def test_only_a_section_administrator_books_for_somebody_else_and_both_can_read_it(office, signed_in):
    form = office.ahead(seat=str(office.seats[2]), **{"for": str(office.sato)})
    assert signed_in(person_id=office.head).send("/seats/bookings", **form).status_code == 403
    visitor = signed_in(Role.SECTION_ADMIN, person_id=office.suzuki)
    assert visitor.send("/seats/bookings", **form).status_code == 302
    assert "18A-003" in visitor.get("/seats").text
    assert "鈴木 一さんが予約" in signed_in(person_id=office.sato).get("/seats").text
    stranger = visitor.send("/seats/bookings", seat=str(office.seats[3]), **office.ahead(**{"for": str(office.head)}))
    assert stranger.status_code == 302
    refused = visitor.send(
        "/seats/bookings", seat=str(office.others[0]), **office.ahead(**{"for": str(office.stranger)})
    )
    assert refused.status_code == 404, "as by the API: somebody else's people look like nobody"


def test_what_is_done_for_somebody_else_stands_in_the_log_that_they_read(office, signed_in):
    admin = signed_in(Role.SECTION_ADMIN, person_id=office.suzuki)
    times = {"from": "09:00", "to": "12:00", "for": str(office.sato)}
    admin.send("/seats/bookings", seat=str(office.seats[2]), **office.ahead(**times))
    (made,) = bookings_of(office.sato)
    address = f"/seats/bookings/{made.id}"

    assert admin.send(f"{address}/extend").status_code == 302
    assert admin.send(f"{address}/change", **office.ahead(**{"from": "10:00", "to": "11:00"})).status_code == 302
    assert admin.send(f"{address}/cancel").status_code == 302
    signed_in(person_id=office.head).send("/seats/together", **office.ahead(floor="18", **{"with": str(office.sato)}))

    held = signed_in(person_id=office.sato).get("/me/held.json").json
    told = [line["action"] for line in held["audit_entry"]]
    assert told == ["booked_for", "booking_moved_for", "booking_moved_for", "booking_cancelled_for", "booked_for"]


def test_a_section_administrator_changes_what_others_of_the_section_booked_as_by_the_api(office, signed_in):
    signed_in(person_id=office.sato).send("/seats/bookings", seat=str(office.seats[2]), **office.ahead())
    (made,) = bookings_of(office.sato)
    admin = signed_in(Role.SECTION_ADMIN, person_id=office.suzuki)

    assert signed_in(person_id=office.head).send(f"/seats/bookings/{made.id}/cancel").status_code == 404
    office.hide(office.sato)
    assert admin.send(f"/seats/bookings/{made.id}/cancel").status_code == 404


def test_people_side_by_side_get_seats_that_lie_together_all_or_none(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    form = office.ahead(floor="18", **{"with": str(office.suzuki)})

    visitor.send("/seats/together", **form)

    taken = sorted(one.seat_code for who in (office.sato, office.suzuki) for one in bookings_of(who))
    assert taken in (["18A-001", "18A-002"], ["18A-005", "18A-006"])
    refused = visitor.send("/seats/together", **form)
    assert refused.status_code == 409 and "同じ時間に別の席を予約しています" in refused.text
    assert len(bookings_of(office.suzuki)) == 1
    own = next(one for one in bookings_of(office.sato))
    visitor.send(f"/seats/bookings/{own.id}/cancel")
    refused = visitor.send("/seats/together", **form)
    assert refused.status_code == 409 and "鈴木 一さんは、同じ時間に別の席を予約しています。" in refused.text
    assert [one.state for one in bookings_of(office.sato)] == [State.CANCELLED]


def test_a_booking_for_a_colleague_who_has_a_seat_already_says_that_it_is_theirs(office, signed_in):
    signed_in(person_id=office.sato).send("/seats/bookings", seat=str(office.seats[0]), **office.ahead())
    admin = signed_in(Role.SECTION_ADMIN, person_id=office.suzuki)

    refused = admin.send("/seats/bookings", seat=str(office.seats[1]), **office.ahead(**{"for": str(office.sato)}))

    assert refused.status_code == 409 and "さんは、同じ時間に別の席を予約しています。" in refused.text


def test_on_another_day_now_is_the_start_of_work(office, signed_in):
    visitor = signed_in(Role.SECTION_ADMIN, person_id=office.sato)
    form = office.ahead(floor="18") | {"from": "now"}

    listed = visitor.get("/seats/free", query_string=form).text
    visitor.send("/seats/together", **form, **{"with": str(office.suzuki)})
    visitor.send("/seats/bookings", seat=str(office.others[0]), **form, **{"for": str(office.head)})

    assert '<option value="08:30" selected>' in listed and 'name="from" value="08:30"' in listed
    for person_id in (office.sato, office.suzuki, office.head):
        (made,) = bookings_of(person_id)
        assert made.starts_at.astimezone(TOKYO).strftime("%H:%M") == "08:30"
        assert made.starts_at.astimezone(TOKYO).date() == office.tomorrow


def test_the_forms_of_my_seats_begin_with_now_in_working_hours_and_with_the_start_of_work_else(
    office, signed_in, monkeypatch
):
    day = clock.now().astimezone(TOKYO).date()
    visitor = signed_in(Role.SECTION_ADMIN, person_id=office.sato)
    with monkeypatch.context() as patched:
        for at, chosen in (("08:29", "08:30"), ("12:40", "now"), ("17:20", "08:30")):
            patched.setattr(clock, "now", lambda at=at: make.at(at, day))
            page = visitor.get("/seats").text
            for form in ("find", "together", "for", "wait"):
                box = page.split(f'id="{form}-from"')[1].split("</select>")[0]
                assert re.findall(r'value="([^"]+)" selected', box) == [chosen], (form, at)


def test_the_longest_stay_is_told_in_hours_where_a_longer_one_is_refused(office, signed_in):
    refused = signed_in(person_id=office.sato).send(
        "/seats/bookings", seat=str(office.solo), **office.ahead(floor="18") | {"to": "17:00"}
    )

    assert refused.status_code == 409 and "18S-01を使えるのは最長4時間です。" in refused.text


def test_what_a_booking_is_for_is_refused_when_it_is_too_long_and_never_cut(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    asked = office.ahead(seat=str(office.seats[0]))

    refused = visitor.send("/seats/bookings", **asked, subject="あ" * 101)

    assert refused.status_code == 422 and "100文字まで" in refused.text and bookings_of(office.sato) == []
    visitor.send("/seats/bookings", **asked, subject="あ" * 100)
    assert bookings_of(office.sato)[0].subject == "あ" * 100


def test_whoever_shows_no_bookings_cannot_be_booked_beside_by_a_colleague_p4(office, signed_in):
    office.hide(office.suzuki)
    visitor = signed_in(person_id=office.sato)
    assert f'name="with" value="{office.suzuki}"' not in visitor.get("/seats").text

    refused = visitor.send("/seats/together", **office.ahead(floor="18", **{"with": str(office.suzuki)}))

    assert refused.status_code == 422 and bookings_of(office.suzuki) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"day": "いつか"}, {"from": "25:00"}, {"to": "09:00"}, {"to": ""}, {"from": "09:07"}, {"day": "1999-01-04"},
        {"day": "9999-12-31"}, {"seat": "999999999"}, {"seat": "x" * 10_000}, {"from": "09:00+09:00"},
        {"floor": "\x00%_😀"}, {"for": "%"}, {"for": "999"},
    ],
    ids=str,
)  # fmt: skip
def test_nonsense_gets_a_sentence_and_books_nothing(office, signed_in, fields):
    visitor = signed_in(person_id=office.sato)
    given = office.ahead(seat=str(office.seats[0])) | fields

    answer = visitor.send("/seats/bookings", **given)
    listed = visitor.get("/seats/free", query_string=given)

    assert listed.status_code == 200
    if "floor" in fields or fields == {"for": "%"}:
        assert answer.status_code == 302
    else:
        assert answer.status_code in (403, 404, 409, 422)
        assert bookings_of(office.sato) == []


def test_an_account_of_nobody_has_no_seats_and_may_look(office, signed_in):
    visitor = signed_in(Role.FACILITIES)

    assert visitor.get("/seats").status_code == 200
    assert visitor.get("/seats/free").status_code == 200
    assert visitor.send("/seats/bookings", seat=str(office.seats[0]), **office.ahead()).status_code == 404


def test_the_start_page_shows_my_seat_today(office, signed_in):
    visitor = signed_in(person_id=office.sato)
    assert "今日の席はまだありません。" in visitor.get("/").text
    local = clock.now().astimezone(TOKYO)
    if local.hour == 23 and local.minute >= 45:
        pytest.skip("no quarter of today is left")
    visitor.send(
        "/seats/bookings", seat=str(office.seats[0]), day=local.date().isoformat(), **{"from": "now", "to": "23:45"}
    )

    assert "18A-001" in visitor.get("/").text


def test_a_protected_persons_seat_can_still_be_booked_by_themselves(office, signed_in):
    with db.transaction():
        people.pause(office.sato, people.PauseLength.HOUR, clock.now(), TOKYO)
    visitor = signed_in(person_id=office.sato)

    assert visitor.send("/seats/bookings", seat=str(office.seats[0]), **office.ahead()).status_code == 302
