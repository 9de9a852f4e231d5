"""A seat that is not as described: said in one tap, seen to by whoever looks after its zone."""

from collections.abc import Callable

import make
import pytest
from visitor import Visitor

from server import db
from server.people.rules import Role
from server.places import reports, service

NOW = make.at("09:00")


class Office:
    """A zone of 財政課 with a seat, a section administrator there, and a zone that nobody owns."""

    def __init__(self) -> None:
        with db.transaction():
            self.floor = make.floor(make.building(**make.ALWAYS), "18")
            self.zone, self.free = make.zone(self.floor, "18A"), make.zone(self.floor, "18S", x_m=20.0)
            self.toilet = make.zone(self.floor, "18W", x_m=20.0, y_m=15.0, excluded=True)
            bureau = make.unit("財務局", kind="bureau")
            finance = make.unit("財政課", parent_id=bureau)
            service.own_zone(self.zone, finance, make.DAY)
            self.seat, self.solo = make.seat(self.zone), make.seat(self.free, "18S-01", x_m=21.0)
            self.hidden = make.seat(self.toilet, "18W-01", x_m=21.0, y_m=16.0)
            self.clerk, self.sato = make.person("庶務", unit_id=finance), make.person("佐藤", unit_id=finance)
            make.account("shomu", role=Role.SECTION_ADMIN, person_id=self.clerk)


@pytest.fixture
def office(database: str) -> Office:
    return Office()


def test_the_section_s_administrator_sees_to_a_report_and_facilities_to_what_nobody_owns(office: Office) -> None:
    with db.transaction():
        mine = reports.report(office.seat, "monitor", "", office.sato, make.DAY, NOW)
        other = reports.report(office.solo, "other", " 椅子が\n低い ", office.sato, make.DAY, NOW)

    assert (mine.owner_id, other.owner_id) == (office.clerk, None)
    with db.reading():
        assert [(one.seat_code, one.what) for one in reports.open_in([office.zone])] == [("18A-012", "monitor")]
        assert [one.note for one in reports.open_in([office.free])] == ["椅子が 低い"]


def test_what_is_known_already_is_not_opened_twice(office: Office) -> None:
    with db.transaction():
        first = reports.report(office.seat, "monitor", "", office.sato, make.DAY, NOW)
        again = reports.report(office.seat, "monitor", "", office.clerk, make.DAY, NOW)
        more = reports.report(office.seat, "dock", "", office.sato, make.DAY, NOW)

    assert again.id == first.id and again.is_known and not more.is_known
    with db.reading():
        assert reports.open_of_seats([office.seat]) == {office.seat: frozenset({"monitor", "dock"})}


def test_a_report_is_answered_once_read_by_who_said_it_and_forgotten_later_p10(office: Office) -> None:
    with db.transaction():
        one = reports.report(office.seat, "monitor", "", office.sato, make.DAY, NOW).id
        reports.settle(one, "交換しました。", make.at("10:00"))

    with pytest.raises(Exception, match="somebody else"), db.transaction():
        reports.settle(one, "again", make.at("10:01"))
    with db.transaction():
        assert [(one.answer, one.done_at) for one in reports.by_person(office.sato, NOW)] == [
            ("交換しました。", make.at("10:00"))
        ]
        assert reports.open_in([office.zone]) == []
        assert [one.answer for one in reports.settled_in([office.zone], NOW)] == ["交換しました。"]
        assert reports.forget(make.at("10:00")) == 0
        assert reports.forget(make.at("10:01")) == 1


def test_the_api_takes_a_report_and_says_who_sees_to_it(office: Office, signed_in: Callable[..., Visitor]) -> None:
    sato = signed_in(person_id=office.sato)

    answer = sato.send_json(f"/api/v1/seats/{office.seat}/reports", {"what": "monitor"})
    again = sato.send_json(f"/api/v1/seats/{office.seat}/reports", {"what": "monitor"})

    assert answer.status_code == 201
    assert (answer.json["seen_to_by"], answer.json["already_known"]) == ("庶務 真琴", False)
    assert again.json == answer.json | {"already_known": True}


@pytest.mark.parametrize("body", [{}, {"what": "sauna"}, {"what": "dock", "note": "x" * 201}, [], {"what": None}])
def test_the_api_refuses_what_it_cannot_read(office: Office, signed_in: Callable[..., Visitor], body: object) -> None:
    answer = signed_in(person_id=office.sato).send_json(f"/api/v1/seats/{office.seat}/reports", body)

    assert answer.status_code == 422
    with db.reading():
        assert reports.open_in([office.zone]) == []


def test_seats_of_excluded_areas_and_seats_that_are_none_answer_alike_p8(
    office: Office, signed_in: Callable[..., Visitor]
) -> None:
    sato = signed_in(person_id=office.sato)

    for seat_id in (office.hidden, 999_999, 10**20):
        assert sato.send_json(f"/api/v1/seats/{seat_id}/reports", {"what": "dock"}).status_code == 404
        assert sato.get(f"/seats/{seat_id}/report").status_code == 404
        assert sato.send(f"/seats/{seat_id}/report", what="dock").status_code == 404


def test_one_button_says_it_and_the_page_thanks(office: Office, signed_in: Callable[..., Visitor]) -> None:
    sato = signed_in(person_id=office.sato)

    assert 'value="monitor"' in sato.get(f"/seats/{office.seat}/report?next=//evil.example").text
    answer = sato.send(f"/seats/{office.seat}/report", what="monitor", next="https://evil.example/")

    assert answer.location == f"/seats/{office.seat}/report"
    assert "所属の庶務担当が対応します" in sato.get(answer.location).text
    with db.reading():
        assert [one.what for one in reports.open_in([office.zone])] == ["monitor"]
