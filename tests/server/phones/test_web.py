"""A number's page."""

from collections.abc import Callable

from exchange import Exchange
from visitor import Visitor

from server import clock, db
from server.people.rules import Role
from server.phones import service


def test_the_page_of_a_section_s_number_says_who_can_answer_and_rings_them(exchange: Exchange, sato: Visitor) -> None:
    exchange.put(exchange.suzuki, exchange.zone_a)
    page = sato.get("/numbers/24101?lang=en").text
    assert "Who can answer now" in page
    assert page.index("At their seat") < page.index("鈴木 一") < page.index("Elsewhere or not known")
    assert 'href="tel:24112"' in page
    assert 'href="tel:0440002410"' in page
    assert "A区画" not in page


def test_every_way_of_writing_a_number_leads_to_one_page(exchange: Exchange, sato: Visitor) -> None:
    answer = sato.get("/numbers/２４-101")
    assert (answer.status_code, answer.location) == (302, "/numbers/24101")


def test_a_retired_number_leads_on(exchange: Exchange, sato: Visitor) -> None:
    with db.transaction():
        service.retire(exchange.main, exchange.today, moved_to="24111", actor="operator", now=clock.now())
    page = sato.get("/numbers/24101?lang=en").text
    assert "has moved to 24111" in page
    assert 'href="/numbers/24111"' in page
    assert "Nobody has this number now." in page


def test_a_number_there_is_not_is_no_page(exchange: Exchange, sato: Visitor) -> None:
    for number in ("77777", "words", "2" * 10_000, "%", "😀"):
        assert sato.get(f"/numbers/{number}").status_code == 404


def test_a_protected_person_s_number_is_no_page_to_others_p13(exchange: Exchange, sato: Visitor) -> None:
    exchange.protect(exchange.suzuki)
    assert sato.get("/numbers/24112").status_code == 404


def test_a_shared_screen_reads_the_page_and_leaves_no_memos(
    exchange: Exchange, signed_in: Callable[..., Visitor]
) -> None:
    page = signed_in(Role.KIOSK).get("/numbers/24101")
    assert page.status_code == 200
    assert "/memos/new" not in page.text
    assert "/memos/new?unit=" in signed_in(person_id=exchange.sato).get("/numbers/24101").text
