"""A floor with seats on a working Thursday, for tests that turn the clock."""

from datetime import datetime

import make
from watching import TOKYO

from server import changes, clock, db
from server.bookings import queries, service
from server.bookings.queries import BookingView
from server.bookings.rules import State
from server.people import service as people
from server.people.rules import PauseLength
from server.places import service as places
from server.presence import service as presence
from server.presence import statuses
from server.presence.rules import State as Radio
from server.presence.rules import StatusKind, Whereabouts
from server.presence.service import Observation


class Desks:
    """Zone 18A of 財政課 with four seats, zone 18B with two; 髙波, 鈴木 and 佐藤 work at 財政課."""

    def __init__(self) -> None:
        with db.transaction():
            notice = make.notice()
            self.building = make.building()
            self.floor = make.floor(self.building)
            self.zone = make.zone(self.floor)
            self.other_zone = make.zone(self.floor, "18B", x_m=20)
            self.seats = [make.seat(self.zone, f"18A-{i:03}", x_m=1.0 + i) for i in range(1, 5)]
            self.others = [make.seat(self.other_zone, f"18B-{i:03}", x_m=20.0 + i) for i in range(1, 3)]
            self.section = make.unit()
            self.takanami, self.suzuki, self.sato = (
                make.person(family, unit_id=self.section, has_read=notice) for family in ("髙波", "鈴木", "佐藤")
            )
            places.own_zone(self.zone, self.section, make.DAY)
            places.own_zone(self.other_zone, self.section, make.DAY)

    def book(self, person_id: int, seat_id: int, *times: str, **more: object) -> int:
        """A booking made that morning."""
        with db.transaction():
            return make.booking(person_id, seat_id, *times, **more)

    def hear(self, person_id: int, now: datetime, zone_id: int | None = None, state: Radio = Radio.PRESENT) -> None:
        """The badge is heard in a zone, 18A unless another is given."""
        zone_id = zone_id or (None if state is Radio.FLOOR else self.zone)
        where = Whereabouts(state, self.floor, zone_id, 0.9, now)
        with db.transaction():
            presence.observe([Observation(person_id, where)], now)

    def say(self, person_id: int, kind: StatusKind, starts_at: datetime, ends_at: datetime, now: datetime) -> list:
        """The person says this of that time."""
        with db.transaction():
            return statuses.set_status(person_id, kind, starts_at, ends_at, "", now)

    def pause(self, person_id: int, now: datetime) -> None:
        """The person hides their place."""
        with db.transaction():
            people.pause(person_id, PauseLength.TODAY, now, TOKYO)
            presence.clear([person_id], now)

    def one(self, booking_id: int) -> BookingView:
        """A booking as it is now."""
        with db.reading():
            found = queries.booking(booking_id)
        assert found is not None
        return found

    def state(self, booking_id: int) -> State:
        """What has become of a booking."""
        return self.one(booking_id).state

    def cancel(self, booking_id: int, now: datetime) -> None:
        """Give a booking back."""
        with db.transaction():
            service.cancel(booking_id, now)

    def told(self) -> int:
        """The newest line of the outbox."""
        with db.reading():
            return changes.latest_id()


def at_clock(monkeypatch, now: datetime) -> datetime:
    """What the clock says from now on."""
    monkeypatch.setattr(clock, "now", lambda: now)
    return now
