"""Saying my status and that I am not there, from a page."""

from datetime import UTC, datetime, timedelta

import pytest
from watching import Office

from server import clock, db
from server.fleet import queries as fleet
from server.people.rules import Role
from server.presence import queries

NOON = datetime(2026, 11, 19, 3, 0, tzinfo=UTC)  # a Thursday, 12:00 in Tokyo


@pytest.fixture
def office(sqlite) -> Office:
    return Office()


@pytest.fixture
def me(office, signed_in):
    return signed_in(person_id=office.suzuki)


@pytest.fixture
def at(monkeypatch):
    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    return set_clock


def said(office, now: datetime) -> list[tuple[str, datetime, datetime]]:
    with db.reading():
        return [(one.kind.value, one.starts_at, one.ends_at) for one in queries.statuses_of(office.suzuki, now)]


@pytest.mark.parametrize(
    ("kind", "until", "now", "minutes"),
    [
        ("meeting", "usual", NOON, 60),
        ("away", "usual", NOON, 15),
        ("counter", "usual", NOON, 30),
        ("telework", "usual", NOON, 12 * 60),
        ("focus", "noon", NOON - timedelta(minutes=20), 20),
        ("away", "30min", NOON, 30),
        ("trip", "1h", NOON, 60),
        ("at_work", "day", NOON, 12 * 60),
    ],
)
def test_a_status_is_said_with_one_button(app, office, signed_in, at, kind, until, now, minutes):
    me = signed_in(person_id=office.suzuki)
    at(now)

    answer = me.send("/me/status", kind=kind, until=until, next="/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert said(office, now) == [(kind, now, now + timedelta(minutes=minutes))]


def test_days_ahead_are_said_from_midnight_to_midnight_of_the_building(office, me):
    today = clock.now().astimezone(UTC).date()
    first, last = today + timedelta(days=3), today + timedelta(days=4)

    me.send("/me/status", kind="leave", first_day=first.isoformat(), last_day=last.isoformat())

    ((kind, starts_at, ends_at),) = said(office, clock.now())
    assert kind == "leave"
    assert starts_at == datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=9)
    assert ends_at - starts_at == timedelta(days=2)


def test_what_was_said_is_on_my_page_and_taken_back_there(office, me):
    me.send("/me/status", kind="meeting")
    day = (clock.now() + timedelta(days=5)).date().isoformat()
    me.send("/me/status", kind="trip", first_day=day, note="県庁")
    text = me.get("/me?lang=en").text
    assert "In a meeting until" in text and "県庁" in text

    _now, ahead = said(office, clock.now())
    assert me.send("/me/status/end", starts_at=ahead[1].isoformat()).status_code == 302
    assert me.send("/me/status/end").status_code == 302

    assert said(office, clock.now()) == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "sick"},
        {"kind": "trip", "until": "forever"},
        {"kind": "trip", "first_day": "tomorrow"},
        {"kind": "trip", "first_day": "9999-12-31"},
        {"kind": "trip", "first_day": "0001-01-01"},
        {"kind": "trip", "first_day": "2026-13-40"},
        {"kind": "trip", "first_day": "2020-01-01"},
        {"kind": "trip", "note": "長" * 10_000},
        {"kind": "trip", "note": "\x00"},
        {"kind": "leave", "note": "入院"},
    ],
)
def test_what_cannot_be_said_is_refused_and_changes_nothing(office, me, data):
    assert me.send("/me/status", **data).status_code == 422
    assert said(office, clock.now()) == []


@pytest.mark.parametrize("starts_at", ["yesterday", "2026-11-19T10:00:00", "0001-01-01T00:00:00+09:00", "\x00"])
def test_what_was_never_said_cannot_be_taken_back(office, me, starts_at):
    assert me.send("/me/status/end", starts_at=starts_at).status_code == 404


@pytest.mark.parametrize("path", ["/me/status", "/me/status/end", "/me/not-there"])
def test_an_account_of_nobody_has_no_day_and_no_place(office, signed_in, path):
    assert signed_in(Role.FACILITIES).send(path, kind="trip").status_code == 404


def test_i_am_not_there_corrects_my_place_and_tells_facilities_where_p19(office, me, signed_in):
    """P19: who it was is on no page of theirs."""
    office.put(office.suzuki, office.zone_a)
    assert "/me/not-there" in me.get("/me?lang=en").text

    assert me.send("/me/not-there", next="/").headers["Location"] == "/"
    office.put(office.suzuki, office.zone_a)

    with db.reading():
        assert queries.whereabouts([office.suzuki])[office.suzuki].zone_id is None
        (ticket,) = fleet.open_tickets(office.building)
    facilities = signed_in(Role.FACILITIES)
    text = facilities.get("/fleet?lang=en").text
    assert "Wrong places reported" in text and "<td>18A" in text
    assert "鈴木" not in text
    assert facilities.send(f"/fleet/tickets/{ticket.id}/done").status_code == 302
    assert "Wrong places reported" not in facilities.get("/fleet?lang=en").text
    assert facilities.send(f"/fleet/tickets/{ticket.id}/done").status_code == 404
    assert facilities.send(f"/fleet/tickets/{10**20}/done").status_code == 404


def test_without_a_place_there_is_nothing_to_deny_p19(office, me):
    answer = me.send("/me/not-there")

    assert answer.status_code == 409
    assert "所在は表示されていません" in answer.text


def test_staff_close_no_tickets(office, me):
    assert me.send("/fleet/tickets/1/done").status_code == 403
