"""Calendar addresses: shown once, private, withdrawn at once; what they show over the life of a booking."""

import re
from datetime import timedelta
from pathlib import Path

import make
import pytest
from desks import Desks, at_clock
from icalendar import Calendar
from sqlalchemy import select, update

from server import db
from server.bookings import service
from server.bookings.models import Series
from server.bookings.rules import How, Wish
from server.calendars import web
from server.calendars.models import CalendarFeed
from server.people.models import Person
from server.people.rules import Role

NOW = make.at("07:00")
TOMORROW = make.THURSDAY + timedelta(days=1)
GOLDEN = Path(__file__).parents[2] / "recordings" / "calendars" / "feed.ics"


@pytest.fixture
def desks(sqlite, monkeypatch) -> Desks:
    at_clock(monkeypatch, NOW)
    return Desks()


@pytest.fixture
def browser(desks, signed_in):
    return signed_in(person_id=desks.takanami)


def new_address(browser, name: str = "Outlook", language: str = "ja") -> str:
    """The path of a new calendar address."""
    page = browser.send("/seats/calendar/feeds", name=name, language=language)
    assert page.status_code == 200
    found = re.search(r"value=\"http://127.0.0.1:8000(/calendar/[^\"]+\.ics)\"", page.text)
    assert found
    return found[1]


def events(client, address: str) -> dict[str, object]:
    """UID → event, as a calendar program reads them."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return {str(one["uid"]): one for one in Calendar.from_ical(answer.data).events}


def change(verb, *args, **more) -> None:
    with db.transaction():
        verb(*args, **more)


def test_over_its_life_a_booking_keeps_its_uid_and_its_sequence_rises(desks, browser, client):
    address = new_address(browser)
    booking = desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    ((uid, made),) = events(client, address).items()
    assert uid == f"booking-{booking}@127.0.0.1"
    assert (made["sequence"], str(made["status"])) == (0, "CONFIRMED")
    assert made.start == make.at("08:30", TOMORROW)
    assert str(made["dtstart"].params["TZID"]) == "Asia/Tokyo"
    assert str(made["location"]) == "本庁舎 18階 18階 18A-001"

    change(service.move, booking, Wish(desks.seats[1], make.at("09:00", TOMORROW), make.at("12:00", TOMORROW)), NOW)
    (moved,) = events(client, address).values()
    assert (str(moved["uid"]), moved["sequence"]) == (uid, 1)
    assert moved.start == make.at("09:00", TOMORROW)
    assert "18A-002" in str(moved["location"])

    change(service.cancel, booking, NOW)
    (gone,) = events(client, address).values()
    assert (str(gone["uid"]), gone["sequence"], str(gone["status"])) == (uid, 2, "CANCELLED")
    assert str(gone["summary"]).startswith("取消")
    assert str(gone["transp"]) == "TRANSPARENT"


def test_a_released_booking_is_struck_out(desks, browser, client):
    address = new_address(browser)
    booking = desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    change(service.release, booking, make.at("09:00", TOMORROW))
    (event,) = events(client, address).values()
    assert (str(event["status"]), event["sequence"]) == ("CANCELLED", 1)


def test_coming_and_leaving_change_nothing_in_a_calendar_p3(desks, browser, client, monkeypatch):
    address = new_address(browser)
    booking = desks.book(desks.takanami, desks.seats[0], now=NOW)
    before = client.get(address).data
    at_clock(monkeypatch, make.at("08:40"))
    change(service.confirm, booking, make.at("08:40"))
    assert client.get(address).data == before
    change(service.leave, booking, make.at("11:10"))
    assert client.get(address).data == before


def test_a_seat_taken_on_the_spot_is_in_no_calendar_p3(desks, browser, client):
    address = new_address(browser)
    with db.transaction():
        service.sit_down(desks.takanami, desks.seats[0], make.at("12:00"), How.WALK_UP, make.at("08:40"))
        service.sit_down(desks.suzuki, desks.seats[1], make.at("12:00"), How.LOTTERY, make.at("08:40"))
    assert events(client, address) == {}
    assert events(client, new_address(browser)) == {}


def test_a_calendar_holds_nothing_of_other_people_p6(desks, browser, client):
    address = new_address(browser)
    desks.book(desks.suzuki, desks.seats[0], day=TOMORROW, now=NOW, booked_by_id=desks.takanami)
    desks.book(desks.takanami, desks.seats[1], day=TOMORROW, now=NOW, booked_by_id=desks.suzuki)
    text = client.get(address).data.decode()
    assert len(events(client, address)) == 1
    assert "鈴木" not in text
    assert "18A-001" not in text


def test_what_is_over_stays_for_30_days(desks, browser, client, monkeypatch):
    address = new_address(browser)
    desks.book(desks.takanami, desks.seats[0], now=NOW)
    at_clock(monkeypatch, NOW + timedelta(days=29))
    assert len(events(client, address)) == 1
    at_clock(monkeypatch, NOW + timedelta(days=31))
    assert events(client, address) == {}


def test_an_address_opens_without_a_session_and_no_longer_once_withdrawn(desks, browser, client):
    address = new_address(browser)
    assert client.get(address).content_type == "text/calendar; charset=utf-8"
    with db.reading():
        (feed,) = db.session.scalars(select(CalendarFeed))
    browser.send(f"/seats/calendar/feeds/{feed.id}/withdraw")
    assert client.get(address).status_code == 404
    assert "<strong>Outlook</strong>" not in browser.get("/seats/calendar").text


def test_the_key_has_256_bits_is_shown_once_and_kept_as_a_hash(desks, browser):
    address = new_address(browser)
    key = address.removeprefix("/calendar/").removesuffix(".ics")
    assert len(key) == 43
    assert key not in browser.get("/seats/calendar").text
    with db.reading():
        (feed,) = db.session.scalars(select(CalendarFeed))
    assert key.encode() not in feed.key_hash


@pytest.mark.parametrize("key", ["x", "A" * 43, "%00", "é" * 40, "A" * 5000, "%ED%A0%80"])
def test_unknown_keys_all_get_the_same_404(desks, client, key):
    answer = client.get(f"/calendar/{key}.ics")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_the_address_of_somebody_who_left_opens_nothing(desks, browser, client, monkeypatch):
    address = new_address(browser)
    with db.transaction():
        db.session.execute(update(Person).where(Person.id == desks.takanami).values(active_to=TOMORROW))
    assert client.get(address).status_code == 200
    at_clock(monkeypatch, NOW + timedelta(days=2))
    assert client.get(address).status_code == 404


def test_somebody_elses_address_cannot_be_withdrawn(desks, browser, client, signed_in):
    address = new_address(browser)
    with db.reading():
        (feed,) = db.session.scalars(select(CalendarFeed))
    other = signed_in(person_id=desks.suzuki)
    assert other.send(f"/seats/calendar/feeds/{feed.id}/withdraw").status_code == 404
    assert client.get(address).status_code == 200


def test_an_unchanged_calendar_is_not_sent_again(desks, browser, client):
    address = new_address(browser)
    tag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200
    assert client.get(address).headers["Cache-Control"] == "private, no-cache"


def test_one_address_asks_so_often_only_and_does_not_hold_up_others_sr_18(desks, browser, client):
    address, other = new_address(browser), new_address(browser, "Thunderbird")
    answers = [client.get(address).status_code for _ in range(web.PER_KEY + 1)]
    assert answers[:-1] == [200] * web.PER_KEY
    assert answers[-1] == 429
    assert client.get(other).status_code == 200


def test_guessing_ends_in_waiting_sr_18(desks, client):
    answers = [client.get(f"/calendar/{n}.ics").status_code for n in range(web.PER_ADDRESS + 1)]
    assert set(answers[:-1]) == {404}
    assert answers[-1] == 429


def test_lines_are_folded_at_75_octets_with_japanese_and_read_back(desks, browser, client):
    with db.transaction():
        room = make.seat(desks.zone, "18-M1", kind="room")
    booking = desks.book(desks.takanami, room, "10:00", "11:00", day=TOMORROW, now=NOW)
    with db.transaction():
        service.held(booking).subject = "来年度予算の打合せ, " * 6 + "課長"
    data = client.get(new_address(browser)).data
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    (event,) = Calendar.from_ical(data).events
    assert "来年度予算の打合せ, " * 6 + "課長" in str(event["summary"])


def test_a_meeting_makes_busy_and_a_seat_does_not(desks, browser, client):
    with db.transaction():
        room = make.seat(desks.zone, "18-M1", kind="room")
    desks.book(desks.takanami, room, "10:00", "11:00", day=TOMORROW, now=NOW)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    found = events(client, new_address(browser)).values()
    assert {str(one["transp"]) for one in found if "18-M1" in str(one["summary"])} == {"OPAQUE"}
    assert {str(one["transp"]) for one in found if "18A" in str(one["summary"])} == {"TRANSPARENT"}
    assert {str(one["class"]) for one in found} == {"PRIVATE"}


def test_the_calendar_speaks_the_language_chosen_for_it(desks, browser, client):
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    (event,) = events(client, new_address(browser, language="en")).values()
    assert str(event["summary"]) == "Group-address seat 18A-001"
    assert "Main building" in str(event["location"])


def test_the_days_of_a_series_name_it(desks, browser, client):
    booking = desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    with db.transaction():
        made = service.held(booking)
        made.series_id = make_series(desks)
    (event,) = events(client, new_address(browser)).values()
    assert str(event["related-to"]).startswith("series-")


def make_series(desks) -> int:
    """A weekly series of the first seat."""
    row = Series(
        person_id=desks.takanami, booked_by_id=None, seat_id=desks.seats[0], weekdays="4", starts="08:30", ends="17:15",
        first_day=TOMORROW, last_day=TOMORROW, made_until=TOMORROW, answered_on=make.THURSDAY, asked_at=None,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def test_the_calendar_is_the_one_on_record(desks, browser, client):
    """Byte for byte: what programs have subscribed to does not change by accident."""
    address = new_address(browser)
    first = desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    second = desks.book(desks.takanami, desks.seats[1], day=TOMORROW + timedelta(days=4), now=NOW)
    change(service.cancel, second, NOW + timedelta(hours=1))
    text = client.get(address).data.decode()
    text = text.replace(f"booking-{first}@", "booking-1@").replace(f"booking-{second}@", "booking-2@")
    assert text == GOLDEN.read_bytes().decode()


def test_one_booking_is_a_file_for_its_person_only(desks, browser, signed_in):
    booking = desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW, booked_by_id=desks.suzuki)
    answer = browser.get(f"/seats/bookings/{booking}.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.data)
    assert str(calendar["method"]) == "PUBLISH"
    assert [str(one["uid"]) for one in calendar.events] == [f"booking-{booking}@127.0.0.1"]
    for other in (signed_in(person_id=desks.suzuki), signed_in(Role.SYSTEM_ADMIN)):
        assert other.get(f"/seats/bookings/{booking}.ics").status_code == 404
    assert browser.get("/seats/bookings/999999.ics").status_code == 404


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\nb", "a\x00"])
def test_a_bad_name_is_refused_with_a_sentence(desks, browser, name):
    answer = browser.send("/seats/calendar/feeds", name=name, language="ja")
    assert answer.status_code == 422
    assert "notice--error" in answer.text
    assert browser.send("/seats/calendar/feeds", name="x", language="fr").status_code == 422


def test_ten_addresses_are_enough(desks, browser):
    for n in range(10):
        new_address(browser, str(n))
    assert browser.send("/seats/calendar/feeds", name="one more", language="ja").status_code == 409


def test_shared_screens_have_no_calendar(desks, client, signed_in):
    kiosk = signed_in(Role.KIOSK, person_id=desks.takanami)
    assert kiosk.get("/seats/calendar").status_code == 403
    assert client.get("/seats/calendar").status_code == 302


def test_without_a_mail_server_no_mails_are_offered(desks, browser):
    page = browser.get("/seats/calendar?lang=en").text
    assert "This server sends no mails." in page


LINE = re.compile(r"[A-Z][A-Z0-9-]*(;[A-Z-]+=(\"[^\"]*\"|[^;:,\"]*))*:.*")


def test_a_reader_by_the_grammar_alone_understands_it(desks, browser, client):
    """Another reading than the package's own: unfolded lines of RFC 5545, 3.1, and what an event must have."""
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    text = client.get(new_address(browser)).data.decode()
    lines = re.sub("\r\n[ \t]", "", text).split("\r\n")
    assert lines.pop() == ""
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    parts: list[str] = []
    for line in lines:
        if line.startswith("BEGIN:"):
            parts.append(line[6:])
        elif line.startswith("END:"):
            assert parts.pop() == line[4:]
    assert parts == []
    event = lines[lines.index("BEGIN:VEVENT") : lines.index("END:VEVENT")]
    names = [re.split("[;:]", line)[0] for line in event]
    for name in ("UID", "DTSTAMP", "SEQUENCE", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS"):
        assert names.count(name) == 1
