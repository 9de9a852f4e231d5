"""The report on numbers, as a page and as a file."""

import csv
import io

import make
from exchange import Exchange
from visitor import Visitor

from server import audit, clock, db
from server.phones import service
from server.phones.rules import Holder


def test_the_report_says_what_is_wrong_and_what_to_do(exchange: Exchange, clerk: Visitor, operator: Visitor) -> None:
    exchange.leave(exchange.suzuki)
    with db.transaction():
        make.extension("24115", person_id=exchange.sato)
        make.extension("77001", "desk", person_id=exchange.stranger)
    mine, whole = clerk.get("/numbers/report?lang=en").text, operator.get("/numbers/report?lang=en").text
    assert "Its holder does not work here any more." in mine
    assert "One person has two numbers of the same kind." in mine
    assert "77001" not in mine
    assert "77001" in whole


def test_the_report_is_a_file_without_formulas_and_taking_it_is_written_down_sr_42(
    exchange: Exchange, operator: Visitor
) -> None:
    with db.transaction():
        extension = make.extension("77001", "desk")
        told = {"actor": "operator", "now": clock.now()}
        service.give(extension, Holder(device='=HYPERLINK("x")'), make.DAY, **told)
    answer = operator.get("/numbers/report.csv?lang=en")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert lines[0] == ["Extension", "Holder", "Section", "What is wrong", "What to do"]
    assert lines[1][:2] == ["77001", '\'=HYPERLINK("x")']
    assert b"\r\n" in answer.data
    assert [line.action for line in audit.entries(1)] == ["number_report_exported"]
