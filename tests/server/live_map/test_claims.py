"""Check-ins and bookings on the map, on the card and in the search: as far as each person shows them (P4)."""

from datetime import timedelta

import make
import pytest

from server import clock, db
from server.bookings import service
from server.bookings.rules import How, Wish, begun_quarter
from server.live_map import feed as feeds
from server.people import service as people
from server.people.rules import Audience, Level, Signal

TEAM, FLOOR = "/api/v1/team", "/api/v1/floors/18"


@pytest.fixture
def now(office, monkeypatch):
    """Noon of an open day, so that a booking lies within one day whenever this runs."""
    noon = make.at("12:00", clock.now().date()).replace(minute=2)
    monkeypatch.setattr(clock, "now", lambda: noon)
    office.beat()
    return noon


@pytest.fixture
def seat(office, now) -> int:
    with db.transaction():
        return make.seat(office.zone_a, "18A-012")


def book(person_id: int, seat_id: int, now, hours: int = 2) -> int:
    begun = begun_quarter(now)
    with db.transaction():
        return service.book(person_id, Wish(seat_id, begun, begun + timedelta(hours=hours), How.MAP), now).id


def person(snapshot, person_id):
    return next((one for one in snapshot["people"] if one["id"] == person_id), None)


def show(person_id: int, level: Level) -> None:
    with db.transaction():
        people.set_visibility(person_id, dict.fromkeys(Audience, level), clock.now(), Signal.BOOKING)


def test_a_booking_places_somebody_without_a_beacon_on_the_map_and_in_its_numbers_p6(
    database, office, now, seat, feed, signed_in, watch
):
    colleague = signed_in(person_id=office.sato)
    feed.turn(now)
    reader = watch(colleague)

    mine = book(office.suzuki, seat, now)
    feed.turn(now)

    (told,) = reader.people()
    assert (told["id"], told["zone"], told["source"], told["heard_at"]) == (office.suzuki, "18A", "booking", None)
    floor = colleague.get(FLOOR).json
    assert person(floor, office.suzuki) == told
    assert (floor["count"], next(zone["count"] for zone in floor["zones"] if zone["code"] == "18A")) == (1, 1)

    card = f"/api/v1/people/{office.suzuki}?screen=map"
    before = colleague.get(card).json
    with db.transaction():
        service.confirm(mine, now)
    feed.turn(now)
    assert person(colleague.get(FLOOR).json, office.suzuki) == told, "whether they have come is theirs (P3)"
    assert colleague.get(card).json == before
    assert signed_in(person_id=office.suzuki).get(card).json["person"]["source"] == "check_in"

    with db.transaction():
        service.cancel(mine, now)
    feed.turn(now)
    assert person(colleague.get(FLOOR).json, office.suzuki) is None


def test_a_booking_ends_on_the_map_by_itself(database, office, now, seat, feed, signed_in):
    colleague = signed_in(person_id=office.sato)
    book(office.suzuki, seat, now, hours=1)
    feed.turn(now)
    assert person(colleague.get(FLOOR).json, office.suzuki) is not None

    feed.turn(now + timedelta(minutes=57))
    assert person(colleague.get(FLOOR).json, office.suzuki) is not None
    feed.turn(now + timedelta(minutes=58))

    assert person(colleague.get(FLOOR).json, office.suzuki) is None


def test_a_beacon_settled_elsewhere_beats_a_booking_that_it_was_heard_after(
    database, office, now, seat, feed, signed_in
):
    colleague = signed_in(person_id=office.sato)
    book(office.suzuki, seat, now)
    office.put(office.suzuki, office.zone_b)
    feed.turn(now)
    told = person(colleague.get(FLOOR).json, office.suzuki)
    assert (told["zone"], told["source"]) == ("18B", "beacon")


@pytest.mark.parametrize(
    ("level", "zone", "place"),
    [(Level.SEAT, "18A", "18A-012"), (Level.ZONE, "18A", ""), (Level.FLOOR, None, ""), (Level.HIDDEN, None, "")],
)
def test_each_sees_as_much_of_a_booking_as_is_shown_to_them_p4(
    database, office, now, seat, feed, signed_in, level, zone, place
):
    show(office.suzuki, level)
    book(office.suzuki, seat, now)
    feed.turn(now)

    visitor = signed_in(person_id=office.stranger)
    card = visitor.get(f"/api/v1/people/{office.suzuki}?screen=map").json
    listed = person(visitor.get(FLOOR).json, office.suzuki)

    assert card["seat"] == place
    assert (card["person"]["zone"], card["person"]["floor"]) == (zone, None if level is Level.HIDDEN else "18")
    assert (listed is None) == (level is Level.HIDDEN)
    assert listed is None or listed["zone"] == zone
    assert "18A-012" not in visitor.get(FLOOR).text


def test_a_pause_hides_bookings_too_p5(database, office, now, seat, feed, signed_in):
    book(office.suzuki, seat, now)
    office.pause(office.suzuki)
    feed.turn(now)
    visitor = signed_in(person_id=office.head)
    assert person(visitor.get(FLOOR).json, office.suzuki) is None
    card = visitor.get(f"/api/v1/people/{office.suzuki}?screen=map").json
    assert (card["hidden"], card["seat"], card["floor"]) == (True, "", None)


def test_while_the_radio_is_down_the_card_says_the_booking_and_that_the_sensors_are_away(
    database, office, now, seat, feed, signed_in, monkeypatch
):
    office.put(office.suzuki, office.zone_b)
    book(office.suzuki, seat, now)
    monkeypatch.setattr(feeds, "SENSORS_EVERY_S", 0.0)
    office.beat(broker_connected=False, broker_since=now - timedelta(minutes=10))
    feed.turn(now)

    card = signed_in(person_id=office.sato).get(f"/api/v1/people/{office.suzuki}?screen=map").json

    assert (card["person"]["source"], card["seat"], card["sensors_down"]) == ("booking", "18A-012", True)


def test_excluded_places_are_nobodys_by_booking_either_p8(database, office, now, seat, feed, signed_in):
    book(office.suzuki, seat, now)
    office.exclude_zone(office.zone_a)
    feed.turn(now)
    assert person(signed_in(person_id=office.sato).get(FLOOR).json, office.suzuki) is None
