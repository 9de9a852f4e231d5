"""Buildings, floors, plans and zones as they are kept and read."""

from datetime import date

import make
import pytest
from sqlalchemy.exc import IntegrityError

from server import changes, clock, db
from server.changes import Thing
from server.errors import Refused
from server.places import queries, service

PLAN = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def floor(database) -> int:
    """Floor 18 of a building."""
    with db.transaction():
        return make.floor(make.building(), "18")


def test_floors_are_listed_from_the_top_and_found_by_what_they_are_called(database):
    with db.transaction():
        building = make.building()
        for code, level in (("B1", -1), ("25", 25), ("1", 1)):
            make.floor(building, code, level=level)

    with db.reading():
        assert [one.code for one in queries.floors(building)] == ["25", "1", "B1"]
        assert queries.floor_by_code(building, "B1").level == -1
        assert queries.floor_by_code(building, "99") is None
        assert queries.building("nowhere") is None


def test_the_hours_of_a_building_may_be_set_and_have_exceptions_p7(database):
    with db.transaction():
        building = make.building()
        service.set_hours(building, "08:30", "17:15", "0123")
        service.set_exceptions(building, {date(2026, 11, 19): ("閉庁", False)})
        service.set_exceptions(building, {date(2026, 11, 20): ("臨時開庁", True)})

    with db.reading():
        opening = queries.opening(queries.building("main"))
    assert opening.is_open(make.at("08:30", date(2026, 11, 19)))  # the first exception was replaced
    assert opening.is_open(make.at("17:00", date(2026, 11, 20)))
    assert not opening.is_open(make.at("17:15", date(2026, 11, 19)))


def test_a_plan_is_kept_as_it_is_under_a_version_and_open_maps_are_told(floor):
    before = changes.latest_id()
    with db.transaction():
        service.set_plan(floor, PLAN, "image/svg+xml", clock.now(), width_m=48.0, height_m=32.0)
    with db.reading():
        first = queries.floor(floor).plan
        assert queries.picture(floor) == PLAN
        assert [(line.thing, line.thing_id) for line in changes.since(before)] == [(Thing.FLOOR, floor)]

    with db.transaction():
        service.set_plan(floor, PLAN + b" ", "image/png", clock.now(), x_m=-1.0, y_m=2.0, width_m=50.0, height_m=30.0)

    with db.reading():
        second = queries.floor(floor).plan
    assert first.etag != second.etag
    assert (second.media, second.x_m, second.y_m, second.width_m, second.height_m) == ("image/png", -1, 2, 50, 30)


def test_a_plan_that_is_no_picture_is_refused(floor):
    with pytest.raises(Refused) as refused, db.transaction():
        service.set_plan(floor, b"<html>", "text/html", clock.now(), width_m=48.0, height_m=32.0)

    assert refused.value.code == "bad_plan"
    with db.reading():
        assert queries.floor(floor).plan is None


def test_a_zone_outside_its_floor_is_refused_and_not_kept(floor):
    with pytest.raises(Refused), db.transaction():
        make.zone(floor, "18A", x_m=40.0, size_m=12.0)

    with db.reading():
        assert queries.zones(floor) == []


def test_two_zones_of_a_floor_cannot_share_a_code(floor):
    with db.transaction():
        make.zone(floor, "18A")

    with pytest.raises(IntegrityError), db.transaction():
        make.zone(floor, "18A", x_m=20.0)


def test_a_zone_is_its_units_for_the_days_they_own_it(floor):
    with db.transaction():
        zone = make.zone(floor, "18A")
        was, joined = make.unit("資金課"), make.unit("財政課")
        service.own_zone(zone, was, make.DAY, date(2026, 10, 1))
        service.own_zone(zone, joined, date(2026, 7, 1))

    def owners(day: date | None) -> tuple[str, ...]:
        return queries.zones(floor, day)[0].units

    with db.reading():
        assert owners(date(2026, 3, 31)) == ()
        assert owners(date(2026, 4, 1)) == ("資金課",)
        assert owners(date(2026, 7, 1)) == ("資金課", "財政課")
        assert owners(date(2026, 10, 1)) == ("財政課",)  # the last day is the day before
        assert owners(None) == ()


def test_a_replayed_walk_is_kept_to_the_millimetre_and_says_when_it_began(floor):
    before = changes.latest_id()
    began = clock.now()
    with db.transaction():
        service.set_true_path(floor, "walk", [(0.0, 1.23456, 2.0)], [(1.0, 1.5, 2.5)])
        service.start_true_path(floor, began, began)

    with db.reading():
        path = queries.true_path(floor)
        told = {(line.thing, line.thing_id) for line in changes.since(before)}
    assert (path.track, path.points, path.estimate) == ("walk", ((0.0, 1.235, 2.0),), ((1.0, 1.5, 2.5),))
    assert path.started_at == began
    assert told == {(Thing.FLOOR, floor)}

    with db.transaction():
        service.start_true_path(floor, None, clock.now())
    with db.reading():
        assert queries.true_path(floor).started_at is None


def test_a_seat_stands_in_its_zone_and_open_maps_are_told(floor):
    with db.transaction():
        zone, since = make.zone(floor, "18A"), changes.latest_id()
        seat = service.add_seat(zone, "18A-012", "group", 1.0, 2.0, clock.now())

    with db.reading():
        building = queries.building_of(floor).id
        (kept,) = queries.seats(building)
        assert kept == queries.SeatView(seat, zone, "18A-012", "group", 1.0, 2.0, short_code=kept.short_code)
        told = {(line.thing, line.thing_id) for line in changes.since(since)}
        assert told == {(Thing.FLOOR, floor), (Thing.SEATS, floor)}


@pytest.mark.parametrize(
    ("code", "kind", "x_m", "status"),
    [("18A 012", "group", 1.0, 422), ("18A-013", "throne", 1.0, 422), ("18A-013", "group", 99.0, 422),
     ("18A-012", "group", 3.0, 409)],
)  # fmt: skip
def test_a_seat_that_will_not_do_or_is_there_already_is_refused(floor, code, kind, x_m, status):
    with db.transaction():
        zone = make.zone(floor, "18A")
        service.add_seat(zone, "18A-012", "group", 1.0, 2.0, clock.now())

    with pytest.raises(Refused) as refused, db.transaction():
        service.add_seat(zone, code, kind, x_m, 2.0, clock.now())

    assert refused.value.status == status
