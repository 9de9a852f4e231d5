""" "I am not there" (P19); on both databases."""

from datetime import timedelta

import make
import pytest
from sqlalchemy import func, inspect, select

from server import db
from server.errors import Refused
from server.fleet import queries as fleet
from server.fleet import service as fleet_service
from server.fleet.models import SensorTicket
from server.people.rules import Level
from server.presence import disputes, models, queries, service
from server.presence.rules import Seen, Shown, State, Whereabouts, seen
from server.presence.service import Observation

NOW = make.at("10:00")
LATER = NOW + timedelta(seconds=30)


class Office:
    """Two zones on the 18th floor, one on the 17th, and somebody who is shown in the first."""

    def __init__(self) -> None:
        with db.transaction():
            notice = make.notice()
            self.building = make.building()
            self.floor = make.floor(self.building, "18")
            self.other_floor = make.floor(self.building, "17")
            self.zone = make.zone(self.floor, "18A")
            self.other_zone = make.zone(self.floor, "18B", x_m=20)
            self.zone_17 = make.zone(self.other_floor, "17A")
            self.person = make.person(has_read=notice)

    def hear(self, zone: int | None, *, floor: int | None = None, at=NOW, state: State | None = None) -> None:
        state = state or (State.FLOOR if zone is None else State.PRESENT)
        where = Whereabouts(state, floor or self.floor, zone, 0.9, at)
        with db.transaction():
            service.observe([Observation(self.person, where)], at)

    def deny(self, at=NOW) -> None:
        with db.transaction():
            disputes.deny(self.person, at, make.DAY)

    def where(self) -> Whereabouts | None:
        with db.reading():
            return queries.whereabouts([self.person]).get(self.person)

    def place(self) -> tuple[int | None, int | None] | None:
        where = self.where()
        return None if where is None else (where.floor_id, where.zone_id)


@pytest.fixture
def office(database) -> Office:
    return Office()


def test_i_am_not_there_forgets_the_place_at_once_p19(office):
    office.hear(office.zone)

    office.deny()

    assert office.where() is None


def test_the_denied_zone_is_not_said_again_the_floor_is_p19(office):
    office.hear(office.zone)
    office.deny()

    office.hear(office.zone, at=LATER)

    where = office.where()
    assert where is not None
    assert (where.state, where.floor_id, where.zone_id) == (State.FLOOR, office.floor, None)


def test_of_a_denied_floor_the_building_is_said_p19(office):
    office.hear(None)
    office.deny()

    office.hear(office.zone, at=LATER)

    assert office.place() == (None, None)
    assert seen(office.where(), Level.SEAT) == Seen(Shown.BUILDING)
    with db.reading():
        assert queries.is_shown(office.where(), LATER)
        assert not queries.is_shown(office.where(), make.at("22:00"))


@pytest.mark.parametrize("elsewhere", ["other zone", "other floor"])
def test_another_place_ends_the_denial_p19(office, elsewhere):
    office.hear(office.zone)
    office.deny()
    zone, floor = (
        (office.other_zone, office.floor) if elsewhere == "other zone" else (office.zone_17, office.other_floor)
    )

    office.hear(zone, floor=floor, at=LATER)
    assert office.place() == (floor, zone)

    office.hear(office.zone, at=LATER + timedelta(seconds=30))
    assert office.place() == (office.floor, office.zone)


def test_a_floor_without_a_zone_is_not_another_place_p19(office):
    office.hear(office.zone)
    office.deny()
    office.hear(None, at=LATER)
    office.hear(office.zone, at=LATER + timedelta(seconds=30))

    assert office.place() == (office.floor, None)


def test_after_an_hour_the_zone_is_said_again_p19(office):
    office.hear(office.zone)
    office.deny()

    office.hear(office.zone, at=NOW + disputes.HOLDS - timedelta(seconds=1))
    assert office.place() == (office.floor, None)
    office.hear(office.zone, at=NOW + disputes.HOLDS)
    assert office.place() == (office.floor, office.zone)


def test_a_denied_zone_that_goes_quiet_is_still_only_a_floor_p19(office):
    office.hear(office.zone)
    office.deny()

    office.hear(office.zone, at=LATER, state=State.SILENT)

    where = office.where()
    assert where is not None and (where.state, where.zone_id) == (State.SILENT, None)


def test_only_the_denied_person_is_corrected_p19(office):
    office.hear(office.zone)
    office.deny()
    with db.transaction():
        other = make.person(has_read=1)
        where = Whereabouts(State.PRESENT, office.floor, office.zone, 0.9, LATER)
        service.observe([Observation(other, where)], LATER)
    with db.reading():
        assert queries.whereabouts([other])[other].zone_id == office.zone


def test_without_a_place_there_is_nothing_to_deny_p19(office):
    with pytest.raises(Refused, match="No place is known"):
        office.deny()


def test_a_denial_counts_up_one_ticket_of_that_zone_p19(office):
    for minutes in (0, 1):
        office.hear(office.zone, at=NOW + timedelta(hours=2 * minutes))
        office.deny(NOW + timedelta(hours=2 * minutes))
    office.hear(office.other_zone, at=NOW + timedelta(hours=5))
    office.deny(NOW + timedelta(hours=5))

    with db.reading():
        tickets = fleet.open_tickets(office.building)
    assert [(one.floor_code, one.zone_name, one.count) for one in tickets] == [
        ("18", "18A区画", 2),
        ("18", "18B区画", 1),
    ]


def test_a_closed_ticket_is_not_counted_up_and_not_closed_twice_p19(office):
    office.hear(office.zone)
    office.deny()
    with db.transaction():
        (ticket,) = fleet.open_tickets(office.building)
        fleet_service.close_ticket(ticket.id, "設備担当", make.DAY)
    with pytest.raises(Refused, match="no such ticket"), db.transaction():
        fleet_service.close_ticket(ticket.id, "設備担当", make.DAY)
    with db.transaction():
        fleet_service.raise_ticket(office.floor, office.zone, make.DAY)
        assert [one.count for one in fleet.open_tickets(office.building)] == [1]


def test_no_ticket_can_say_whose_place_was_wrong_p19(office):
    assert not [c["name"] for c in inspect(db.engine()).get_columns("sensor_ticket") if "person" in c["name"]]
    assert {c.name for c in SensorTicket.__table__.columns} >= {"floor_id", "zone_id", "day", "count"}


def test_denials_are_gone_when_their_hour_is_over_p19(office):
    office.hear(office.zone)
    office.deny()
    with db.transaction():
        assert disputes.expire(NOW + disputes.HOLDS) == 1
        assert db.session.scalar(select(func.count()).select_from(models.Dispute)) == 0
