"""Phone lists to take away: whom they hold, what is written down, and how many one may take."""

import csv
import io
import json
import re

import make
import pytest
from openpyxl import load_workbook
from watching import TOKYO, Office

from server import audit, clock, db
from server.people import service as people
from server.people.rules import Role
from server.phones import service as phones
from server.phones.rules import Holder

FILE = "/directory/export/file"


@pytest.fixture
def office(app) -> Office:
    office = Office()
    with db.transaction():
        today = clock.now().astimezone(TOKYO).date()
        make.extension("24101", kind="section", unit_id=office.section, is_main=True, outside="044-000-2410")
        make.extension("24117", person_id=office.suzuki)
        make.extension("01234", kind="desk", person_id=office.sato)
        told = {"actor": "operator", "now": clock.now()}
        gone = phones.add_extension("24999", **told)
        phones.give(gone, Holder(person_id=office.head), make.DAY, valid_to=today, **told)
    return office


@pytest.fixture
def visitor(office, signed_in):
    return signed_in(person_id=office.stranger)


def names(answer, encoding="utf-8-sig") -> list[str]:
    rows = list(csv.reader(io.StringIO(answer.data.decode(encoding), newline="")))
    return [row[3] for row in rows[1:] if row[3]]


def written_down() -> list[audit.EntryView]:
    with db.reading():
        return audit.entries(50, action="phone_list_exported")


def test_a_list_holds_everybody_by_unit_with_today_s_numbers(office, visitor):
    answer = visitor.get(f"{FILE}?format=csv")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["局", "所属", "職名", "氏名", "ふりがな", "内線", "外線", "FAX"]
    assert ["財政課", "財政課", "", "", "", "24101", "044-000-2410", ""] in rows
    numbers = {row[3]: row[5] for row in rows[1:]}
    assert numbers["鈴木 一"] == "24117"
    assert numbers["佐藤 一"] == "01234"
    assert numbers["髙波 一"] == ""
    assert sorted(names(answer)) == sorted(["髙波 一", "鈴木 一", "佐藤 一", "田中 一"])


def test_one_unit_alone_can_be_taken_with_the_units_below_it(office, visitor):
    with db.transaction():
        below = people.add_unit("X", "管理係", "subsection", make.DAY, parent_id=office.section)
        make.person("瀬名", "一", unit_id=below)

    assert names(visitor.get(f"{FILE}?format=csv&unit={office.other_section}")) == ["田中 一"]
    assert "瀬名 一" in names(visitor.get(f"{FILE}?format=csv&unit={office.section}"))
    assert names(visitor.get(f"{FILE}?format=csv&unit={below}")) == ["瀬名 一"]


@pytest.mark.parametrize("kind", ["csv", "csv-cp932", "xlsx", "vcard", "print"])
def test_protected_people_and_those_who_left_are_in_no_list_p13(office, visitor, kind):
    """P13: not in search, not in an export."""
    office.protect(office.suzuki)
    office.leave(office.sato)
    path = "/directory/print" if kind == "print" else f"{FILE}?format={kind}"

    data = visitor.get(path).data

    if kind == "xlsx":
        text = " ".join(str(cell.value) for row in load_workbook(io.BytesIO(data)).active for cell in row)
    else:
        text = data.decode("cp932" if kind == "csv-cp932" else "utf-8-sig")
    assert "髙波" in text
    for hidden in ("鈴木", "佐藤", "24117", "01234"):
        assert hidden not in text
    assert visitor.get(f"/people/{office.suzuki}.vcf").status_code == 404
    assert visitor.get(f"/people/{office.sato}.vcf").status_code == 404


@pytest.mark.parametrize("path", [f"{FILE}?format=csv", f"{FILE}?format=vcard", "/directory/print"])
def test_a_list_says_nothing_of_places_and_statuses_p3(office, visitor, path):
    """P3: it is a phone list, the same wherever anybody is."""
    before = re.sub(r"\d+:\d\d|at=\d+|csrf[^>]*", "", visitor.get(path).text)

    office.put(office.suzuki, office.zone_a)
    office.pause(office.head)

    assert re.sub(r"\d+:\d\d|at=\d+|csrf[^>]*", "", visitor.get(path).text) == before


def test_every_list_is_written_down_with_whom_it_is_of(office, visitor):
    visitor.get(f"{FILE}?format=xlsx&unit={office.section}")
    visitor.get("/directory/print?paper=a3")
    visitor.get(f"/people/{office.suzuki}.vcf")

    card, paper, sheet = written_down()

    assert sheet.actor.startswith("田中 一 (account ")
    assert sheet.details == {"format": "xlsx", "whom": "財政課", "unit": office.section, "people": 3}
    assert (paper.details["format"], paper.details["unit"], paper.details["people"]) == ("print-a3", None, 4)
    assert (card.subject, card.details) == (f"person {office.suzuki}", {"format": "vcard", "people": 1})
    assert "鈴木" not in json.dumps([dict(line.details) for line in (card, paper, sheet)], ensure_ascii=False)


def test_the_sixth_list_within_an_hour_is_refused_and_not_written_down_sr_18(office, visitor, signed_in):
    """SR-18: five exports an hour, whatever their kind."""
    paths = [f"{FILE}?format=csv", f"{FILE}?format=xlsx", f"{FILE}?format=vcard", "/directory/print"]
    for path in (*paths, f"/people/{office.suzuki}.vcf"):
        assert visitor.get(path).status_code == 200

    for path in (*paths, f"/people/{office.suzuki}.vcf"):
        refused = visitor.get(path)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 3600
        assert "1時間に5回、内線番号表を出力しました。" in refused.text
    assert len(written_down()) == 5
    assert "5回まで、うち5回済み" in visitor.get("/directory/export").text
    assert signed_in(person_id=office.suzuki).get(paths[0]).status_code == 200


def test_what_is_refused_counts_for_nothing(office, visitor):
    for path in (
        f"{FILE}?format=pdf",
        f"{FILE}?format=csv&unit=99999",
        "/directory/print?paper=b5",
        "/people/99999.vcf",
    ):
        assert visitor.get(path).status_code in (404, 422)

    assert written_down() == []


def test_cp932_names_whom_it_cannot_write_and_offers_ways_out(office, visitor):
    with db.transaction():
        office.somebody("𠮷留", "よしとめ", office.section)

    refused = visitor.get(f"{FILE}?format=csv-cp932")

    assert refused.status_code == 422
    assert "𠮷留 一 の「𠮷」" in refused.text
    assert "format=csv&amp;" in refused.text or 'format=csv"' in refused.text
    assert written_down() == []

    replaced = visitor.get(f"{FILE}?format=csv-cp932&replace=1")

    assert "〓留 一" in names(replaced, "cp932")
    assert written_down()[0].details["replaced"] == 1


@pytest.mark.parametrize("unit", ["x", "99999", "-1", "9" * 5000, "😀", "1;DROP", "1.0", "２"])
@pytest.mark.parametrize("path", [f"{FILE}?format=csv", "/directory/print?paper=a4", "/directory/export?x=1"])
def test_a_unit_that_is_none_is_not_found(office, visitor, path, unit):
    answer = visitor.get(f"{path}&unit={unit}")

    assert answer.status_code == 404 or (answer.status_code == 200 and unit == "99999" and "export?" in path)


def test_one_person_s_card_is_a_file_for_an_address_book(office, visitor):
    answer = visitor.get(f"/people/{office.suzuki}.vcf")

    assert answer.mimetype == "text/vcard"
    assert "FN:鈴木 一\r\n" in answer.text
    assert "tel:24117;phone-context=127.0.0.1\r\n" in answer.text


def test_the_printed_list_says_city_day_minute_and_every_number(office, visitor):
    page = visitor.get(f"/directory/print?unit={office.section}&paper=a3").text

    assert "内線番号表" in page
    assert re.search(r"\d{4}年\d+月\d+日\([月火水木金土日]\) \d+:\d\d現在", page)
    for shown in ("財政課", "鈴木 一", "24117", "24101", "044-000-2410"):
        assert shown in page
    sheet = visitor.get(re.search(r'href="(/directory/print\.css[^"]+)"', page)[1].replace("&amp;", "&"))
    assert sheet.mimetype == "text/css"
    assert "size: A3 landscape;" in sheet.text
    assert "counter(page)" in sheet.text


def test_the_paper_s_style_sheet_takes_no_text_from_its_address(office, visitor):
    for query in ("paper=a4&at=x", "paper=a4}body{&at=1", "paper=a4&at=" + "9" * 40, "paper=a4", "at=1&paper="):
        assert visitor.get(f"/directory/print.css?{query}").status_code == 422
    assert visitor.get("/directory/print.css?paper=a4&at=9999999999").status_code == 200


def test_names_cannot_leave_the_string_of_the_style_sheet(office, visitor):
    with db.transaction():
        unit = people.add_unit("Q", 'x"; } body { display: none } \\', "section", make.DAY)
        make.person("林", "一", unit_id=unit)

    sheet = visitor.get(f"/directory/print.css?paper=a4&at=1775000000&unit={unit}").text

    left = re.search(r'@top-left \{ content: "([^"]*)"', sheet)[1]
    assert re.sub(r"\\([0-9a-f]+) ", lambda c: chr(int(c[1], 16)), left).endswith('x"; } body { display: none } \\')


def test_headings_speak_the_reader_s_language(office, visitor):
    english = visitor.get(f"{FILE}?format=csv&lang=en").data.decode("utf-8-sig")

    assert english.splitlines()[0] == "Bureau,Unit,Title,Name,Reading,Extension,Outside line,Fax"
    assert "Take a phone list away" in visitor.get("/directory/export?lang=en").text
    assert re.search(r"As of \d+ \w+ \d{4} \(\w{3}\), \d+:\d\d", visitor.get("/directory/print?lang=en").text)


def test_a_shared_screen_takes_no_list_away(office, signed_in):
    kiosk = signed_in(Role.KIOSK)

    for path in ("/directory/export", f"{FILE}?format=csv", "/directory/print", f"/people/{office.suzuki}.vcf"):
        assert kiosk.get(path).status_code == 403
