"""Unusually many look-ups: the privacy officer is told once a day, and the person is told that it happened (P12)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import make
import pytest
from watching import Office

from server import clock, db
from server.errors import Refused
from server.people.rules import Role
from server.presence import alerts, queries
from server.presence.alerts import Crossed
from server.retention_terms import BOUNDS, Term

NOW = make.at("10:00")


@pytest.fixture
def people(database) -> tuple[int, int]:
    """An account, and somebody it looks up."""
    with db.transaction():
        return make.account("irie"), make.person()


def write(crossed: Crossed, now=NOW) -> bool:
    with db.transaction():
        return alerts.write(crossed, now)


def test_one_alert_a_day_and_person_p12(people):
    account, person = people
    with db.transaction():
        other = make.person("桐生")
    often = Crossed("one", account, "入江 葵", person, 20)

    first = [write(often), write(often, NOW + timedelta(hours=23)), write(often, NOW + timedelta(hours=25))]
    others = [
        write(Crossed("one", account, "入江 葵", other, 20)),
        write(Crossed("many", account, "入江 葵", None, 30)),
    ]

    assert first == [True, False, True]
    assert others == [True, True]
    assert not write(Crossed("many", account, "入江 葵", None, 60))
    with db.reading():
        assert [(one.kind, one.subject_id) for one in alerts.waiting()] == [
            ("one", person), ("one", other), ("many", None), ("one", person),
        ]  # fmt: skip
        assert alerts.about(person, NOW) == [NOW + timedelta(hours=25), NOW]
        assert alerts.about(other, NOW + timedelta(seconds=1)) == []


def test_an_alert_is_handled_once_and_by_name_p12(people):
    account, person = people
    write(Crossed("one", account, "入江 葵", person, 20))
    with db.reading():
        (alert,) = alerts.waiting()

    with db.transaction():
        alerts.handle(alert.id, "監査 花", NOW)

    with db.reading():
        assert alerts.waiting() == []
        assert [(one.id, one.handled_by_name) for one in alerts.handled(10)] == [(alert.id, "監査 花")]
    for gone in (alert.id, alert.id + 1):
        with pytest.raises(Refused, match="no such alert"), db.transaction():
            alerts.handle(gone, "監査 花", NOW)


def test_alerts_are_forgotten_after_a_year_p10(people):
    account, person = people
    write(Crossed("one", account, "入江 葵", person, 20), NOW - timedelta(days=366))
    write(Crossed("many", account, "入江 葵", None, 30), NOW)

    with db.transaction():
        assert alerts.expire(NOW - BOUNDS[Term.ALERTS].default) == 1

    with db.reading():
        assert [one.at for one in alerts.waiting()] == [NOW]


def test_workers_that_refuse_at_once_write_one_alert_p12(people):
    account, person = people
    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(lambda _: write(Crossed("one", account, "入江 葵", person, 20)), range(12)))

    assert told.count(True) == 1
    with db.reading():
        assert len(alerts.waiting()) == 1


def test_the_refused_look_up_is_rolled_back_and_the_alert_stays_p12(database, app, signed_in):
    """P12, SR-04: the person and the privacy officer learn of it; whoever asked gets a sentence."""
    office = Office()
    office.put(office.suzuki, office.zone_a)
    stranger = signed_in(person_id=office.stranger)
    address = f"/api/v1/people/{office.suzuki}?screen=map"
    for _ in range(20):
        assert stranger.get(address).status_code == 200

    refused = [stranger.get(address, headers={"Accept-Language": "ja"}) for _ in range(3)]

    assert {answer.status_code for answer in refused} == {429}
    assert int(refused[0].headers["Retry-After"]) > 3600
    assert "zone" not in refused[0].json
    with db.reading():
        assert len(queries.look_ups_of(office.suzuki, clock.now() - timedelta(days=1))) == 20
        assert [(one.kind, one.subject_id, one.viewer_name) for one in alerts.waiting()] == [
            ("one", office.suzuki, "田中 一")
        ]
    assert "個人情報保護担当者に知らせてあります" in signed_in(person_id=office.suzuki).get("/me?lang=ja").text
    assert "個人情報保護担当者に知らせてあります" not in signed_in(person_id=office.sato).get("/me?lang=ja").text
    desk = signed_in(Role.PRIVACY_OFFICER).get("/officer?lang=ja").text
    assert "田中 一" in desk
    assert "鈴木 一" in desk


def test_looking_at_oneself_is_never_too_often_p12(database, app, signed_in):
    office = Office()
    mine = signed_in(person_id=office.suzuki)

    answers = {mine.get(f"/api/v1/people/{office.suzuki}?screen=map").status_code for _ in range(70)}

    assert answers == {200}
    with db.reading():
        assert alerts.waiting() == []
