"""Giving numbers out on pages: own bureau only, errors at the field, nothing lost."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import make
import pytest
from exchange import Exchange
from visitor import Visitor
from werkzeug.test import TestResponse

from server import clock, db
from server.people import service as people
from server.people.rules import Role
from server.phones import admin, queries, service
from server.phones.rules import Holder


def holder_of(number: str, day: date) -> Holder | None:
    """Whose a number is."""
    found = queries.number(number, day)
    assert found is not None
    return found.holder


def term_of(number: str, day: date) -> int:
    """The term that holds."""
    found = queries.number(number, day)
    assert found is not None
    assert found.term_id is not None
    return found.term_id


def to_person(name: str, day: date | str, **fields: object) -> dict[str, object]:
    """The form that gives a number to a person."""
    return {"holder_kind": "person", "holder": name, "day": str(day)} | fields


def saved(answer: TestResponse) -> bool:
    """Whether the page said so."""
    return answer.status_code == 302


def test_staff_have_no_business_here(exchange: Exchange, sato: Visitor) -> None:
    for page in ("/numbers", "/numbers/new", "/numbers/plan", "/numbers/report", "/numbers/24111/edit"):
        assert sato.get(page).status_code == 403
    assert sato.send("/numbers/24111/retire", day="2026-04-01").status_code == 403


def test_a_section_administrator_sees_the_own_bureau_s_numbers(clerk: Visitor, operator: Visitor) -> None:
    mine, all_of_them = clerk.get("/numbers").text, operator.get("/numbers").text
    assert "24111" in mine
    assert "23111" not in mine
    assert "24111" in all_of_them
    assert "23111" in all_of_them


def test_the_list_is_filtered(clerk: Visitor) -> None:
    for query, there, not_there in (
        ("q=鈴木", "24112", "24111"),
        ("q=２４１１", "24112", "24101"),
        ("kind=section", "24101", "24111"),
        ("state=retired", "No number fits", "24111<"),
        ("q=%25", "No number fits", "24111<"),
        ("unit=9999999999999999999999&page=99999999999999999999", "", "24111<"),
    ):
        page = clerk.get(f"/numbers?lang=en&{query}")
        assert page.status_code == 200
        assert there in page.text
        assert not_there not in page.text


def test_a_long_list_is_shown_in_pages_that_keep_the_filter(clerk: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "ON_A_PAGE", 1)

    first = clerk.get("/numbers?q=241").text
    address = re.search(r'rel="next" href="([^"]+)"', first)
    assert address is not None
    assert "q=241" in address[1]
    assert "page=2" in address[1]
    second = clerk.get(address[1].replace("&amp;", "&")).text
    assert 'rel="prev"' in second
    assert re.findall(r"/numbers/([0-9]+)/edit", first) != re.findall(r"/numbers/([0-9]+)/edit", second)


def test_the_next_free_numbers_lie_beside_those_of_the_section(exchange: Exchange, clerk: Visitor) -> None:
    page = clerk.get(f"/numbers?lang=en&unit={exchange.section}").text
    assert "/numbers/new?number=24114" in page
    assert "/numbers/new?number=24112" not in page


def test_a_new_number_is_given_at_once(exchange: Exchange, clerk: Visitor) -> None:
    data = to_person(
        "鈴木 財政課", exchange.today, number="２４ー114", kind="desk", outside_number="０４４（０００）２４１４"
    )
    assert saved(clerk.send("/numbers/new", **data))
    assert holder_of("24114", exchange.today) == Holder(person_id=exchange.suzuki)
    made = queries.number("24114", exchange.today)
    assert made is not None
    assert (made.kind, made.outside_number) == ("desk", "044-000-2414")


@pytest.mark.parametrize("day", ["R8.12.1", "2026年12月1日", "2026/12/1"])
def test_a_number_is_promised_for_a_day_to_come(exchange: Exchange, clerk: Visitor, day: str) -> None:
    term = term_of("24111", exchange.today)
    assert saved(clerk.send("/numbers/24111/give", **to_person("鈴木", day, term=term)))
    assert holder_of("24111", exchange.today) == Holder(person_id=exchange.head)
    assert holder_of("24111", date(2026, 12, 1)) == Holder(person_id=exchange.suzuki)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"number": "24%14"}, "number", "An extension has 2 to 8 digits."),
        ({"number": "24111"}, "number", "Extension 24111 exists already."),
        ({"outside_number": "call me"}, "outside_number", "An outside number begins with"),
        ({"note": "x" * 10_000}, "note", "Write one line of at most"),
        ({"holder": "nobody at all"}, "holder", "Nobody and nothing here has this name."),
        ({"holder": "😀\x00%"}, "holder", "Nobody and nothing here has this name."),
        ({"holder": ""}, "holder", "Say who or what gets the number."),
        ({"day": "2026-02-30"}, "day", "Enter a date such as"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(
    exchange: Exchange, clerk: Visitor, fields: dict[str, str], field: str, sentence: str
) -> None:
    data = to_person("鈴木", exchange.today, number="24114", kind="phs", outside_number="044-000-2414", note="窓際")
    answer = clerk.send("/numbers/new?lang=en", **(data | fields))
    assert answer.status_code in (409, 422)
    assert f'id="new-{field}-wrong">{sentence}' in answer.text.replace("\n", "")
    assert '<option value="phs" selected>' in answer.text
    if field != "note":
        assert 'value="窓際"' in answer.text
    assert queries.number("24114", exchange.today) is None


def test_of_several_people_with_a_name_one_is_chosen(exchange: Exchange, clerk: Visitor) -> None:
    with db.transaction():
        other = make.person("鈴木", "一", unit_id=exchange.section)
    answer = clerk.send("/numbers/24114/give", **to_person("鈴木", exchange.today))
    assert answer.status_code == 404
    data = to_person("鈴木", exchange.today, number="24114", kind="desk")
    answer = clerk.send("/numbers/new?lang=en", **data)
    assert answer.status_code == 422
    assert f'value="person:{other}"' in answer.text
    assert saved(clerk.send("/numbers/new", **(data | {"choice": f"person:{other}"})))
    assert holder_of("24114", exchange.today) == Holder(person_id=other)


def test_a_section_a_place_and_a_device_get_numbers_too(exchange: Exchange, clerk: Visitor) -> None:
    for number, kind, text, holder in (
        ("24102", "unit", "財政課", Holder(unit_id=exchange.section)),
        ("24103", "zone", "18a", Holder(zone_id=exchange.zone_a)),
        ("24104", "device", "FAX 18-1", Holder(device="FAX 18-1")),
    ):
        data = {"number": number, "kind": "desk", "holder_kind": kind, "holder": text, "day": str(exchange.today)}
        assert saved(clerk.send("/numbers/new", **data))
        assert holder_of(number, exchange.today) == holder


def test_who_comes_second_reads_who_has_the_number(exchange: Exchange, clerk: Visitor) -> None:
    term = term_of("24111", exchange.today)
    with db.transaction():
        told = {"actor": "operator", "now": clock.now()}
        service.move(term, Holder(person_id=exchange.suzuki), exchange.today - timedelta(days=1), **told)
    answer = clerk.send("/numbers/24111/give?lang=en", **to_person("佐藤", exchange.today, term=term))
    assert answer.status_code == 409
    assert "Extension 24111 has been given to 鈴木 一" in answer.text
    assert holder_of("24111", exchange.today) == Holder(person_id=exchange.suzuki)


def test_a_form_ends_no_term_of_another_number(exchange: Exchange, clerk: Visitor) -> None:
    foreign = term_of("23111", exchange.today)
    for term in (foreign, 0, -1, 10**30, "x"):
        answer = clerk.send("/numbers/24111/end", term=term, day=str(exchange.today))
        assert answer.status_code == 409
    assert holder_of("23111", exchange.today) == Holder(person_id=exchange.stranger)


def test_a_number_is_ended_retired_and_taken_back(exchange: Exchange, clerk: Visitor) -> None:
    day = str(exchange.today)
    assert saved(clerk.send("/numbers/24111/end", term=term_of("24111", exchange.today), day=day))
    assert holder_of("24111", exchange.today) is None
    assert saved(clerk.send("/numbers/24111/retire", day=day, moved_to="24112", moved_until=""))
    retired = queries.number("24111", exchange.today)
    assert retired is not None
    assert (retired.retired, retired.moved_to) == (True, "24112")
    assert "24111" in clerk.get("/numbers?state=retired").text
    assert saved(clerk.send("/numbers/24111/restore"))
    taken_back = queries.number("24111", exchange.today)
    assert taken_back is not None
    assert not taken_back.retired


def test_details_are_changed(exchange: Exchange, clerk: Visitor) -> None:
    data = {"kind": "phs", "outside_number": "070-0000-0001", "note": "予備"}
    assert saved(clerk.send("/numbers/24111/details", **data))
    found = queries.number("24111", exchange.today)
    assert found is not None
    assert (found.kind, found.outside_number, found.note) == ("phs", "070-0000-0001", "予備")


def test_another_bureau_s_numbers_and_people_are_out_of_reach(exchange: Exchange, clerk: Visitor) -> None:
    assert clerk.get("/numbers/23111/edit").status_code == 403
    data = {"day": str(exchange.today)}
    for verb in ("details", "give", "end", "retire", "restore"):
        assert clerk.send(f"/numbers/23111/{verb}", **data).status_code == 403
    data = to_person("鈴木", exchange.today, number="23112", kind="desk")
    assert clerk.send("/numbers/new", **data).status_code == 403
    answer = clerk.send("/numbers/24111/give", **to_person("田中", exchange.today))
    assert answer.status_code == 422
    assert queries.number("23112", exchange.today) is None
    assert holder_of("23111", exchange.today) == Holder(person_id=exchange.stranger)


def test_an_administrator_without_a_bureau_looks_after_nothing(
    exchange: Exchange, signed_in: Callable[..., Visitor]
) -> None:
    nobody = signed_in(Role.SECTION_ADMIN)
    page = nobody.get("/numbers?lang=en")
    assert page.status_code == 200
    assert "24111" not in page.text
    assert nobody.get("/numbers/24111/edit").status_code == 403
    assert "24111" not in nobody.get("/numbers/report").text


def test_a_protected_person_is_named_nowhere_here_p13(exchange: Exchange, clerk: Visitor, operator: Visitor) -> None:
    exchange.protect(exchange.suzuki)
    for page in ("/numbers", "/numbers/24112/edit", "/numbers/new", "/numbers/report"):
        for visitor in (clerk, operator):
            text = visitor.get(page).text
            assert "鈴木" not in text
            assert f"/people/{exchange.suzuki}" not in text
    assert "24112" not in clerk.get("/numbers?q=鈴木").text
    answer = clerk.send(
        "/numbers/24111/give", **to_person("鈴木", exchange.today, term=term_of("24111", exchange.today))
    )
    assert answer.status_code == 422


def test_everything_works_on_either_database(database: str, app: object, signed_in: Callable[..., Visitor]) -> None:
    office = Exchange()
    clerk = signed_in(Role.SECTION_ADMIN, person_id=office.sato)
    assert saved(clerk.send("/numbers/new", **to_person("鈴木", office.today, number="24114", kind="desk")))
    assert clerk.get("/numbers").status_code == clerk.get("/numbers/report").status_code == 200
    assert clerk.send("/numbers/new", **to_person("鈴木", office.today, number="24114", kind="desk")).status_code == 409


def test_a_protected_person_gets_a_number_by_staff_number_p13(exchange: Exchange, clerk: Visitor) -> None:
    with db.transaction():
        unit = exchange.section
        other = people.add_person("A12-7", "潮見", "凪", make.DAY, protected=True)
        people.add_membership(other, unit, make.DAY)
    given = to_person("ａ12-7", exchange.today, number="24114", kind="desk")
    assert saved(clerk.send("/numbers/new", **given))
    assert holder_of("24114", exchange.today) == Holder(person_id=other)
    assert "潮見" not in clerk.get("/numbers/24114/edit").text
