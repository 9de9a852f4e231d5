"""The morning peak as it is served: many sign in and book at the same moment."""

import threading
from datetime import datetime, time, timedelta

import make
import pytest
from gunicorns import Site
from mornings import Browser
from watching import TOKYO

from server import clock, db
from server.people import passwords
from server.people.models import Account
from server.people.rules import Role
from server.places import service as places

PEOPLE, BOOKING = 60, 30


@pytest.fixture
def people(database) -> list[int]:
    """The people of a section, each with a password."""
    password = passwords.hashed(make.PASSWORD)
    with db.transaction() as session:
        notice, section = make.notice(), make.unit()
        found = [make.person(unit_id=section, has_read=notice) for _ in range(PEOPLE)]
        for person in found:
            session.add(
                Account(
                    login=f"p{person}", password_hash=password, role=Role.STAFF, person_id=person,
                    created_at=clock.now(),
                )
            )  # fmt: skip
        zone = make.zone(make.floor(make.building(**make.ALWAYS)))
        places.own_zone(zone, section, make.DAY)
        for number in range(BOOKING):
            make.seat(zone, f"18A-{number:03}")
    return found


def test_sixty_sign_in_and_thirty_book_at_once_without_an_error_rp_16(people, database, tmp_path, monkeypatch):
    """RP-16: the morning in small; `benchmarks/morning.py` has 3,000 people and their times."""
    monkeypatch.setenv("IRUKA_TRUSTED_PROXIES", "1")
    with db.reading():
        seats = [row.id for row in db.session.execute(db.Base.metadata.tables["seat"].select())]
    site = Site(database, tmp_path)
    tomorrow = clock.now().astimezone(TOKYO).date() + timedelta(days=1)
    starts, ends = (datetime.combine(tomorrow, one, TOKYO).isoformat() for one in (time(8, 30), time(17, 15)))
    errors: list[Exception] = []
    booked: list[int] = []
    start = threading.Barrier(PEOPLE)

    def come(number: int) -> None:
        browser = Browser(site.port, f"10.1.0.{number}", lambda _what, _took_s: None)
        try:
            start.wait()
            browser.sign_in(f"p{people[number]}", make.PASSWORD)
            if number < BOOKING:
                booked.append(browser.book({"seat_id": seats[number], "starts_at": starts, "ends_at": ends}))
        except Exception as error:
            errors.append(error)
        finally:
            browser.close()

    try:
        threads = [threading.Thread(target=come, args=(number,)) for number in range(PEOPLE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        site.stop()

    assert [str(error) for error in errors] == []
    assert len(set(booked)) == BOOKING
