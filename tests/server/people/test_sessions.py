"""How long a browser stays signed in: a working day, and a shared screen for half a year."""

from datetime import timedelta

import make
import pytest
from desks import at_clock

from server import clock, db
from server.people import sessions
from server.people.cookies import hash_of
from server.people.rules import Role

NOW = make.at("10:00")


@pytest.fixture(autouse=True)
def at_ten(monkeypatch) -> None:
    """Nothing here depends on the real clock."""
    at_clock(monkeypatch, NOW)


def test_a_shared_screen_that_rested_for_a_week_is_still_signed_in_and_nobody_else_is_sr_07(
    database, signed_in, monkeypatch
):
    screen, person = signed_in(Role.KIOSK), signed_in()
    at_clock(monkeypatch, NOW + timedelta(days=7))
    with db.transaction():
        sessions.expire(clock.now())

    assert screen.get("/find").status_code == 200
    assert person.get("/password").status_code == 302


def test_after_half_a_year_a_shared_screen_is_signed_in_anew(database, signed_in, monkeypatch):
    screen = signed_in(Role.KIOSK)
    for days in (100, 179):
        at_clock(monkeypatch, NOW + timedelta(days=days))
        assert screen.get("/find").status_code == 200

    at_clock(monkeypatch, NOW + sessions.SCREEN)
    assert screen.get("/find").status_code == 302


def test_only_a_shared_screen_keeps_its_key_when_the_browser_is_closed_sr_07(app, client):
    with db.transaction():
        make.account("screen", role=Role.KIOSK)
        make.account("takanami")

    kept = {
        login: "".join(one for one in app.test_client().sign_in(login, make.PASSWORD).headers.getlist("Set-Cookie")
                       if one.startswith("iruka="))
        for login in ("screen", "takanami")
    }  # fmt: skip

    assert f"Max-Age={180 * 24 * 3600}" in kept["screen"] and "HttpOnly" in kept["screen"]
    assert "Max-Age" not in kept["takanami"] and "Expires" not in kept["takanami"]


def test_a_screen_that_was_stolen_is_signed_out_by_ending_its_sessions_sr_07(database, signed_in):
    screen = signed_in(Role.KIOSK)
    with db.transaction():
        sessions.end_all(screen.signed.account_id, NOW)

    assert screen.get("/find").status_code == 302


def test_a_resting_screen_is_listed_and_its_open_pages_stay_sr_15(database, signed_in):
    screen, person = signed_in(Role.KIOSK), signed_in()
    later = NOW + timedelta(days=2)
    of_screen, of_person = (hash_of(one.signed.key) for one in (screen, person))

    with db.reading():
        assert len(sessions.listed(screen.signed.account_id, None, later)) == 1
        assert sessions.alive([of_screen, of_person], later, lambda: None) == {of_screen}
