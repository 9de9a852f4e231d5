"""People who leave lose access on the day, by the building's clock (SR-07, T11)."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import make
import pytest
from sqlalchemy import update

from server import clock, db
from server.people import sessions
from server.people.models import Person

LAST_DAY = date(2026, 11, 19)
TOKYO = ZoneInfo("Asia/Tokyo")


def zone() -> ZoneInfo:
    return TOKYO


@pytest.fixture
def leaver(app) -> int:
    """Whose last day is the 19th of November; the account was made before."""
    with db.transaction():
        make.building()
        return make.account("takanami", person_id=make.person(active_to=LAST_DAY + timedelta(days=1)))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (make.at("23:59:59", LAST_DAY), True),
        (make.at("00:00", LAST_DAY + timedelta(days=1)), False),
        (make.at("08:59", LAST_DAY + timedelta(days=1)), False),  # in UTC it is still the day before
        (make.at("09:00", LAST_DAY + timedelta(days=30)), False),
    ],
)
def test_a_session_ends_with_the_last_day_sr_07(database, leaver, now, opens):
    key = b"k" * 32
    with db.transaction():
        sessions.start(key, leaver, {}, now - timedelta(hours=1))

    assert (sessions.find(key, now, zone) is not None) is opens
    with db.reading():
        assert (sessions.alive([key], now, zone) == {key}) is opens


@pytest.mark.parametrize(
    ("now", "opens"),
    [(make.at("23:59:59", LAST_DAY), True), (make.at("00:00", LAST_DAY + timedelta(days=1)), False)],
)
def test_nobody_signs_in_after_their_last_day_sr_07(database, leaver, client, monkeypatch, now, opens):
    """And is told what anybody with a wrong password is told (SR-11)."""
    monkeypatch.setattr(clock, "now", lambda: now)

    answer = client.sign_in("takanami", make.PASSWORD)

    assert answer.status_code == (302 if opens else 401)
    assert (client.get("/me").status_code == 200) is opens
    if not opens:
        assert "ログイン名またはパスワードが正しくありません。" in answer.text


def test_nobody_signs_in_before_their_first_day(database, app, client):
    with db.transaction():
        make.account("early", person_id=make.person(active_to=None))
        tomorrow = clock.now().date() + timedelta(days=2)
        db.session.execute(update(Person).values(active_from=tomorrow))

    assert client.sign_in("early", make.PASSWORD).status_code == 401
