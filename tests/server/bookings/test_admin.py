"""Looking after seats on pages: own zones only, nothing changed on a mistake, the reader told what happened."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta

import make
import pytest
from sqlalchemy import event
from visitor import Visitor
from werkzeug.test import TestResponse

from server import audit, clock, db
from server.bookings import bulk, house, queries
from server.bookings.bulk import NewBooking
from server.bookings.house import Scope
from server.people.rules import Role
from server.places import outages, reports, service
from server.places import queries as places
from server.places.rules import SeatKind

EN = {"Accept-Language": "en"}
RULES = {
    "kind": "group", "who": "members", "repeat": "block", "open_to_all_from": "10:00", "clear_desk_at": "17:15",
    "overflow": "18B", "checklist": "椅子を戻す", "ahead_days": "7", "longest_min": "0", "quota_per_week": "3",
    "grace_min": "60", "lookback_days": "3", "seat_ratio_pct": "90", "away_release_min": "120", "set_by": "庶務担当",
}  # fmt: skip


class Office:
    """18A of 財政課 with its administrator, 18B of 資金課, a bureau's solo place, toilets; 佐藤 has booked 18A-001."""

    def __init__(self) -> None:
        with db.transaction():
            self.building = make.building(**make.ALWAYS)
            self.floor = make.floor(self.building, "18")
            bureau = make.unit("財務局", kind="bureau")
            self.finance = make.unit("財政課", parent_id=bureau)
            self.funds = make.unit("資金課", parent_id=bureau)
            self.a, self.b = make.zone(self.floor, "18A"), make.zone(self.floor, "18B", x_m=14.0)
            self.solo = make.zone(self.floor, "18S", x_m=28.0)
            make.zone(self.floor, "18W", x_m=28.0, y_m=14.0, excluded=True)
            for zone, unit in ((self.a, self.finance), (self.b, self.funds), (self.solo, bureau)):
                service.own_zone(zone, unit, make.DAY)
            self.seat, self.theirs = make.seat(self.a, "18A-001"), make.seat(self.b, "18B-001", x_m=15.0)
            make.seat(self.solo, "18S-01", kind="solo", x_m=29.0)
            self.clerk, self.sato = make.person("庶務", unit_id=self.finance), make.person("佐藤", unit_id=self.finance)
            tomorrow = clock.now().replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=1)
            self.starts_at = tomorrow
            bulk.lay_out([NewBooking(self.seat, self.sato, tomorrow, tomorrow + timedelta(hours=3))], clock.now())

    def kept(self) -> places.SeatView:
        with db.reading():
            return places.seats_by_id([self.seat])[self.seat]


@pytest.fixture
def office(app: object) -> Office:
    return Office()


@pytest.fixture
def clerk(office: Office, signed_in: Callable[..., Visitor]) -> Visitor:
    """The browser of 財政課's administrator."""
    return signed_in(Role.SECTION_ADMIN, person_id=office.clerk)


@pytest.fixture
def facilities(office: Office, signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.FACILITIES)


def saved(answer: TestResponse) -> bool:
    return answer.status_code == 302


def text_of(answer: TestResponse) -> str:
    """What a reader sees."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


PAGES = ("/admin/seats", "/admin/seats/rules", "/admin/seats/signs", "/admin/seats/reports", "/admin/seats/zones/18A")


def test_staff_and_shared_screens_have_no_business_here(office: Office, signed_in: Callable[..., Visitor]) -> None:
    for browser in (signed_in(person_id=office.sato), signed_in(Role.KIOSK), signed_in(Role.PRIVACY_OFFICER)):
        for page in (*PAGES, f"/admin/seats/{office.seat}", "/admin/seats/table"):
            assert browser.get(page).status_code == 403
        assert browser.send(f"/admin/seats/{office.seat}/code").status_code == 403


def test_an_administrator_sees_the_own_sections_zones_and_the_bureaus_and_no_others(
    office: Office, clerk: Visitor, facilities: Visitor
) -> None:
    page = clerk.get("/admin/seats").text
    assert "18A" in page and "18S" in page and "18B" not in page
    assert clerk.get("/admin/seats?zone=18S").status_code == 200
    for path in ("/admin/seats?zone=18B", "/admin/seats?zone=18W", f"/admin/seats/{office.theirs}",
                 "/admin/seats/rules?zone=18B", "/admin/seats/signs?zone=18B", "/admin/seats/zones/18B",
                 f"/admin/seats/{10**20}"):  # fmt: skip
        assert clerk.get(path).status_code == 404, path
    assert clerk.send(f"/admin/seats/{office.theirs}/retire", day="2026-12-01").status_code == 404
    assert "18B" in facilities.get("/admin/seats").text


def test_a_seat_is_described_and_it_is_written_down_who_did(office: Office, clerk: Visitor) -> None:
    assert saved(clerk.post(
        f"/admin/seats/{office.seat}/describe",
        data={"csrf_token": clerk.token, "kind": "group", "equipment": ["monitor", "quiet"], "capacity": "1",
              "is_priority": "on"},
        headers={"Origin": "http://localhost"},
    ))  # fmt: skip

    assert (office.kept().equipment, office.kept().is_priority) == (("monitor", "quiet"), True)
    with db.reading():
        assert [line.action for line in audit.lines_of("18A-001", [])] == ["seat_described"]


@pytest.mark.parametrize("fields", [{"kind": "throne", "capacity": "1"}, {"kind": "group", "capacity": "many"},
                                    {"kind": "group", "capacity": "1", "equipment": "sauna"}, {}])  # fmt: skip
def test_a_mistake_is_told_and_changes_nothing(office: Office, clerk: Visitor, fields: dict[str, str]) -> None:
    before = office.kept()

    answer = clerk.send(f"/admin/seats/{office.seat}/describe", **fields)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert office.kept() == before


def test_a_seat_becomes_somebodys_own_and_nobody_elses_at_that_time(office: Office, clerk: Visitor) -> None:
    path = f"/admin/seats/{office.seat}/holder"
    assert saved(clerk.send(path, person=str(office.sato), day="2026-12-01"))
    assert clerk.send(path, person=str(office.clerk), day="2026-12-05").status_code == 409
    assert clerk.send(path, person="999999", day="2026-12-05").status_code == 422
    with db.reading():
        assert places.holders([office.seat], date(2026, 12, 5)) == {office.seat: office.sato}


def test_an_outage_first_shows_whom_it_meets_without_a_name_and_tells_them_on_their_page_p3(
    office: Office, clerk: Visitor, signed_in: Callable[..., Visitor]
) -> None:
    path = f"/admin/seats/{office.seat}/outage"
    fields = {"reason": "モニターの修理", "from": office.starts_at.astimezone().strftime("%Y-%m-%dT00:00"), "to": ""}
    first = clerk.send(path, **fields, step="check")

    assert "1件の予約" in first.text and "佐藤" not in first.text.split("outage-title")[1].split("code-title")[0]
    with db.reading():
        assert outages.of_seats([office.seat], clock.now()) == []
    assert saved(clerk.send(path, **fields, step="do"))
    sato = signed_in(person_id=office.sato)
    page = sato.get("/seats").text
    assert "18A-001は使えません" in page and "モニターの修理" in page
    with db.reading():
        (kept,) = queries.of_person(office.sato, clock.now(), clock.now() + timedelta(days=3))
        (out,) = outages.of_seats([office.seat], clock.now())
    assert kept.seat_id == office.seat
    assert saved(clerk.send(f"{path}/end", outage=str(out.id)))
    assert "使えません" not in sato.get("/seats").text


def test_reports_wait_on_a_page_until_they_are_answered(
    office: Office, clerk: Visitor, facilities: Visitor, signed_in: Callable[..., Visitor]
) -> None:
    with db.transaction():
        mine = reports.report(office.seat, "monitor", "映りません", office.sato, clock.now().date(), clock.now()).id
        other = reports.report(office.theirs, "dock", "", office.sato, clock.now().date(), clock.now()).id

    assert "映りません" in clerk.get("/admin/seats/reports").text
    assert "18B-001" not in clerk.get("/admin/seats/reports").text
    assert "18B-001" in facilities.get("/admin/seats/reports").text
    assert clerk.send(f"/admin/seats/reports/{other}/done").status_code == 404
    assert saved(clerk.send(f"/admin/seats/reports/{mine}/done", answer="交換しました"))
    assert clerk.send(f"/admin/seats/reports/{mine}/done").status_code == 409
    assert "交換しました" in signed_in(person_id=office.sato).get("/seats").text


def rule_of(office: Office, kind: SeatKind = SeatKind.GROUP) -> dict[str, object]:
    """What 18A has of its own."""
    with db.reading():
        zone = next(one for one in places.zones(office.floor, clock.now().date()) if one.id == office.a)
        found = house.rows(Scope(office.building, places.floor(office.floor), zone))
        return dict(found[-1].settings) if found else {}


def test_rules_are_shown_as_sentences_before_they_are_saved_and_only_what_differs_is_kept(
    office: Office, clerk: Visitor
) -> None:
    form = {"zone": "18A", **RULES, "valid_from": clock.now().date().isoformat()}
    shown = clerk.post(
        "/admin/seats/rules", data={"csrf_token": clerk.token, **form, "step": "preview"},
        headers={"Origin": "http://localhost", **EN},
    )  # fmt: skip

    assert "those of your last 3 working days cannot be booked again" in text_of(shown)
    assert "18B" in text_of(shown) and rule_of(office) == {}
    assert saved(clerk.send("/admin/seats/rules", **form, step="save"))
    assert set(rule_of(office)) == {
        "repeat", "lookback_days", "open_to_all_from", "overflow", "checklist", "ahead_days", "quota_per_week",
    }  # fmt: skip
    wall = text_of(clerk.get("/zones/18A/rules", headers=EN))
    assert "From 10:00 on the day" in wall and "Questions: 庶務担当." in wall and "椅子を戻す" in wall


def test_what_was_changed_after_the_preview_is_shown_before_it_is_saved(office: Office, clerk: Visitor) -> None:
    sent = {"zone": "18A", **RULES, "valid_from": clock.now().date().isoformat()}
    seen = re.search(r'name="seen" value="(\w+)"', clerk.send("/admin/seats/rules", **sent, step="preview").text)
    assert seen is not None
    sent["seen"], before = seen[1], rule_of(office)

    changed = clerk.send("/admin/seats/rules", **(sent | {"ahead_days": "3"}), step="save")

    assert changed.status_code == 200 and "確認後に変更があった" in changed.text
    assert rule_of(office) == before
    assert saved(clerk.send("/admin/seats/rules", **sent, step="save")) and rule_of(office) != before


@pytest.mark.parametrize(
    "wrong",
    [{"ahead_days": "999"}, {"ahead_days": ""}, {"grace_min": "１２"}, {"who": ""}, {"clear_desk_at": ""},
     {"overflow": "99Z"}, {"checklist": "x" * 101}, {"valid_from": "yesterday"}, {"valid_from": "2020-01-01"},
     {"set_by": " "}, {"open_to_all_from": "9時半"}, {"checklist": "\ud800"}],
    ids=str,
)  # fmt: skip
def test_a_rule_with_a_mistake_is_told_at_its_field_and_not_kept(
    office: Office, clerk: Visitor, wrong: dict[str, str]
) -> None:
    form = {"zone": "18A", **RULES, "valid_from": clock.now().date().isoformat()} | wrong
    form = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}

    answer = clerk.send("/admin/seats/rules", **form, step="save")
    shown = clerk.send("/admin/seats/rules", **(form | {"zone": "18A"}), step="preview")

    assert answer.status_code in (302, 422)
    if wrong != {"checklist": "\ud800"}:
        assert shown.status_code == (200 if "set_by" in wrong else 422), "nothing is previewed that cannot be saved"
        assert answer.status_code == 422 and rule_of(office) == {}


def test_only_facilities_set_rules_of_a_floor_or_the_building(
    office: Office, clerk: Visitor, facilities: Visitor
) -> None:
    form = {**RULES, "floor": "18", "kind": "", "valid_from": clock.now().date().isoformat()}
    assert clerk.send("/admin/seats/rules", **form, step="save").status_code == 403
    assert saved(facilities.send("/admin/seats/rules", **form, step="save"))
    assert "3" in text_of(clerk.get("/zones/18B/rules", headers=EN))


def test_the_rules_of_a_place_that_nobody_may_know_are_no_page_p8(office: Office, clerk: Visitor) -> None:
    for code in ("18W", "99Z", "%00", "'"):
        assert clerk.get(f"/zones/{code}/rules").status_code == 404


def test_signs_carry_the_whole_address_and_the_code_to_type(office: Office, clerk: Visitor) -> None:
    page = clerk.get("/admin/seats/signs?zone=18A").text
    code = office.kept().short_code

    assert f"/s/{code}" in page and f"{code[:3]} {code[3:]}" in page
    assert (page.count('class="entrance"'), page.count('class="sign"')) == (1, 1)
    assert "entrance" not in text_of(clerk.get("/admin/seats/signs?zone=18A&seat=18A-001"))
    assert saved(clerk.send(f"/admin/seats/{office.seat}/code"))
    assert code not in clerk.get("/admin/seats/signs?zone=18A").text


def test_looking_after_seats_asks_the_database_as_often_for_many_zones_as_for_few(
    office: Office, facilities: Visitor
) -> None:
    pages = [f"/admin/seats{page}?zone=18A" for page in ("", "/rules", "/signs", "/reports")]

    def asked(page: str) -> int:
        statements: list[str] = []
        listener = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(db.engine(), "before_cursor_execute", listener)
        assert facilities.get(page).status_code == 200
        event.remove(db.engine(), "before_cursor_execute", listener)
        return len(statements)

    few = [asked(page) for page in pages]
    with db.transaction():
        for n in range(12):
            make.seat(make.zone(office.floor, f"18X{n}", y_m=20.0), f"18X{n}-001", y_m=21.0)

    assert [asked(page) for page in pages] == few


def test_owners_and_merging_are_for_facilities_and_bookings_stay(
    office: Office, clerk: Visitor, facilities: Visitor
) -> None:
    today = clock.now().date().isoformat()
    assert clerk.send("/admin/seats/zones/18A/merge", to=str(office.solo)).status_code == 403
    assert clerk.send("/admin/seats/zones/18A/owners", unit=str(office.funds), day=today).status_code == 403
    assert saved(facilities.send("/admin/seats/zones/18A/owners", unit=str(office.funds), day=today))
    assert facilities.send("/admin/seats/zones/18A/owners", unit=str(office.funds), day=today).status_code == 409
    asked = facilities.send("/admin/seats/zones/18A/merge", to=str(office.b), lang="en")
    assert asked.status_code == 200 and office.kept().zone_id == office.a
    assert 'name="sure"' in asked.text and f'value="{office.b}" selected' in asked.text
    assert saved(facilities.send("/admin/seats/zones/18A/merge", to=str(office.b), sure="1"))
    assert office.kept().zone_id == office.b
    with db.reading():
        assert len(queries.of_person(office.sato, clock.now(), clock.now() + timedelta(days=3))) == 1


def bring(browser: Visitor, data: bytes) -> TestResponse:
    return browser.post(
        "/admin/seats/table",
        data={"csrf_token": browser.token, "file": (io.BytesIO(data), "seats.csv")},
        headers={"Origin": "http://localhost"},
        content_type="multipart/form-data",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_the_list_goes_out_and_comes_back_changed_in_both_encodings_sr_24(
    office: Office, facilities: Visitor, encoding: str
) -> None:
    data = facilities.get(f"/admin/seats/table.csv?encoding={encoding}").data
    text = data.decode("utf-8-sig" if encoding == "utf-8" else "cp932")
    heads = text.splitlines()[0].split(",")
    lines = [line.split(",") for line in text.splitlines()]
    (line,) = [line for line in lines if "18A-001" in line]
    line[heads.index("外部モニター")], line[heads.index("定員")] = "○", "2"

    changed = "\r\n".join(",".join(one) for one in lines)
    answer = bring(facilities, changed.encode("utf-8-sig" if encoding == "utf-8" else "cp932"))

    assert saved(answer)
    assert (office.kept().equipment, office.kept().capacity) == (("monitor",), 2)


def test_columns_may_be_left_out_and_new_seats_come_with_a_place_to_stand(office: Office, facilities: Visitor) -> None:
    rows = "floor,zone,seat,monitor,x_m,y_m\n18,,18A-001,1,,\n18,18A,18A-099,,3,3.5\n"

    assert saved(bring(facilities, rows.encode()))
    with db.reading():
        new = places.seat_on_floor(office.floor, "18A-099")
    assert (new.zone_id, new.x_m, new.y_m, new.kind) == (office.a, 3.0, 3.5, "group")
    assert office.kept().equipment == ("monitor",)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "空です"),
        (b"floor,zone\n18,18A\n", "「seat」の列がありません"),
        (b"floor,seat,colour\n18,18A-001,red\n", "「colour」という列はありません"),
        (b"floor,seat,monitor\n18,18A-001,maybe\n99,18A-001,1\n", "2行目：外部モニターの値「maybe」"),
        (b"floor,seat,monitor\n18,18A-001,maybe\n99,18A-001,1\n", "3行目：階の値「99」"),
        (b"floor,seat,monitor\n18,18A-001,1\n18,18A-001,1\n", "3行目"),
        (b"floor,seat,monitor\n18,18A-001,1\n18,18A-777,1\n", "3行目：席の値「18A-777」"),
        (b"floor,seat,capacity\n18,18A-001,-1\n", "定員の値「-1」"),
        (b"floor,seat,retired_on\n18,18A-001,soon\n", "廃止日の値「soon」"),
        (b"floor,zone,seat,x_m,y_m\n18,18A,18A-050,999,1\n", "横の位置（m）の値「999」"),
        (b"\xff\xfe\x00\x81", "文字コードを判別できません"),
        (b"floor,seat,monitor\n18,18A-001,=1+1\n", "「=1+1」"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_every_mistake_of_a_file_is_told_with_line_and_column_and_nothing_is_changed(
    office: Office, facilities: Visitor, data: bytes, told: str
) -> None:
    before = office.kept()

    answer = bring(facilities, data)

    assert answer.status_code == 422
    assert told in answer.text.replace("&#34;", '"')
    assert office.kept() == before


def test_the_file_is_for_facilities(office: Office, clerk: Visitor) -> None:
    assert clerk.get("/admin/seats/table.csv").status_code == 403
    assert bring(clerk, b"floor,seat\n").status_code == 403
