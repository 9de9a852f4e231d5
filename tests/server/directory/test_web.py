"""The box alone, the directory by reading and by unit, and who writes what people do."""

import re
from html import unescape

import make
import pytest
from sqlalchemy import event, update

from server import audit, clock, db
from server.directory import listing
from server.people import service as people
from server.people.models import Membership, Person
from server.people.rules import Role
from server.phones.models import Extension, ExtensionTerm
from server.presence import service as presence
from server.presence.rules import State, Whereabouts
from server.presence.service import Observation

NAMES = re.compile(r'class="entry__name"[^>]*>([^<]+)</a>')


def names(answer) -> list[str]:
    """The people of a list in its order."""
    return [unescape(name) for name in NAMES.findall(answer.text)]


class City:
    """A bureau with two sections, and who works in them."""

    def __init__(self) -> None:
        with db.transaction():
            self.building = make.building(**make.ALWAYS)
            self.notice = make.notice()
            self.bureau = people.add_unit("24", "財務局", "bureau", make.DAY, name_en="Finance Bureau")
            self.section = people.add_unit(
                "24-1", "財政課", "section", make.DAY, name_en="Fiscal Section", parent_id=self.bureau
            )
            self.other = people.add_unit(
                "24-2", "契約課", "section", make.DAY, name_en="Contracts Section", parent_id=self.bureau
            )
            self.chief = self.somebody("東", "ひがし", self.section, title="課長", is_head=True)
            self.suzuki = self.somebody("鈴木", "すずき", self.section, title="主任")
            self.east = self.somebody("東", "あずま", self.section, title="係長")
            self.endo = self.somebody("遠藤", "えんどう", self.other, title="職員")
            self.bureau_chief = self.somebody("渡邉", "わたなべ", self.bureau, title="局長", is_head=True)

    def somebody(self, family: str, kana: str, unit_id: int, **post: object) -> int:
        """A person with a post."""
        person_id = make.person(family, "一", family_kana=kana, given_kana="はじめ", has_read=self.notice)
        people.add_membership(person_id, unit_id, make.DAY, **post)
        return person_id

    def second_post(self, person_id: int, unit_id: int, title: str) -> None:
        """A concurrent post."""
        with db.transaction():
            people.add_membership(person_id, unit_id, make.DAY, title=title, is_primary=False)

    def protect(self, person_id: int) -> None:
        """Hide somebody from everybody else (P13)."""
        with db.transaction():
            db.session.get_one(Person, person_id).protected = True

    def number(self, number: str, outside: str = "", *, is_main: bool = False, **holder: int) -> None:
        """A number and who holds it."""
        with db.transaction():
            row = Extension(number=number, outside_number=outside)
            db.session.add(row)
            db.session.flush()
            db.session.add(ExtensionTerm(extension_id=row.id, valid_from=make.DAY, is_main=is_main, **holder))


@pytest.fixture
def city(request) -> City:
    if "database" not in request.fixturenames:
        request.getfixturevalue("sqlite")
    return City()


@pytest.fixture
def me(city, signed_in):
    """鈴木 of 財政課."""
    return signed_in(person_id=city.suzuki)


# -- by reading


def test_the_index_shows_the_first_tab_that_has_anybody_in_the_order_of_readings(city, me):
    answer = me.get("/directory?lang=ja")

    assert names(answer) == ["東 一", "遠藤 一"]  # あずま, えんどう; the other 東 reads ひがし
    assert '<a href="/directory?row=%E3%81%95"' in answer.text


@pytest.mark.parametrize(("row", "found"), [("は", ["東 一"]), ("わ", ["渡邉 一"]), ("ら", []), ("他", [])])
def test_a_tab_of_the_index_shows_its_row(city, me, row, found):
    assert names(me.get("/directory", query_string={"row": row})) == found


@pytest.mark.parametrize(
    "query", ["row=x", "row=%00", "row=" + "x" * 10_000, "page=-1", "page=9999999999999", "page=x"]
)
def test_an_index_that_is_asked_for_nonsense_shows_its_beginning(city, me, query):
    answer = me.get(f"/directory?{query}")

    assert answer.status_code == 200
    assert names(answer) == ["東 一", "遠藤 一"]


def test_a_long_list_is_shown_in_pages_and_nobody_is_lost(city, me, monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 2)

    pages = [me.get(f"/directory/units/{city.bureau}?page={number}") for number in (1, 2, 3)]

    assert [len(names(page)) for page in pages] == [2, 2, 1]
    assert len({name for page in pages for name in re.findall(r"/people/(\d+)", page.text)}) == 5
    assert 'rel="next"' not in pages[2].text
    assert names(me.get(f"/directory/units/{city.bureau}?page=99")) == names(pages[2])


# -- by unit


def test_the_tree_counts_everybody_below_a_unit_once(city, me):
    city.second_post(city.suzuki, city.other, "職員")

    text = re.sub(r"\s+", " ", me.get("/directory/units?lang=en").text)

    assert 'Finance Bureau</a> <span class="tree__count">5 people' in text
    assert 'Fiscal Section</a> <span class="tree__count">3 people' in text
    assert 'Contracts Section</a> <span class="tree__count">2 people' in text


def test_a_units_people_stand_by_reading_or_by_rank(city, me):
    by_reading = me.get(f"/directory/units/{city.bureau}")
    by_rank = me.get(f"/directory/units/{city.bureau}?by=rank")

    assert names(by_reading) == ["東 一", "遠藤 一", "鈴木 一", "東 一", "渡邉 一"]
    assert names(by_rank) == ["渡邉 一", "東 一", "東 一", "鈴木 一", "遠藤 一"]
    assert by_rank.text.index("課長") < by_rank.text.index("係長")


def test_a_unit_names_its_main_number_first_and_everybodys_numbers(city, me):
    city.number("24109", unit_id=city.section)
    city.number("24101", "044-000-2401", is_main=True, unit_id=city.section)
    city.number("24117", "070-0000-0117", person_id=city.suzuki)

    text = me.get(f"/directory/units/{city.section}?lang=en").text

    assert 0 < text.index('href="tel:24101"') < text.index('href="tel:24109"') < text.index('href="tel:24117"')
    assert 'href="tel:070-0000-0117"' in text
    assert "main number" in text


def test_a_concurrent_post_is_marked_in_both_units(city, me):
    city.second_post(city.suzuki, city.other, "併任書記")

    there = me.get(f"/directory/units/{city.other}?lang=en").text
    here = me.get(f"/directory/units/{city.section}?lang=en").text

    assert "concurrent post" in there
    assert "main post" in there
    assert "併任書記" in here


@pytest.mark.parametrize("unit_id", ["0", "999", "99999999999999999999"])
def test_a_unit_that_is_not_there_is_not_found(city, me, unit_id):
    assert me.get(f"/directory/units/{unit_id}").status_code == 404


@pytest.mark.parametrize("path", ["/directory?row=あ", "/directory/units", "/directory/units/{bureau}"])
def test_a_list_asks_the_database_as_often_for_many_people_as_for_few(database, city, signed_in, path):
    me = signed_in(person_id=city.suzuki)
    path = path.format(bureau=city.bureau)

    def count() -> int:
        asked = []
        listener = lambda *given: asked.append(given[2])  # noqa: E731
        event.listen(db.engine(), "before_cursor_execute", listener)
        assert me.get(path).status_code == 200
        event.remove(db.engine(), "before_cursor_execute", listener)
        return len(asked)

    few = count()
    with db.transaction():
        for _ in range(30):
            city.somebody("阿部", "あべ", city.section)

    assert count() == few


def test_p13_nobody_but_themselves_sees_a_protected_person_in_a_list(city, me, signed_in):
    city.protect(city.endo)
    paths = ["/directory", f"/directory/units/{city.bureau}", f"/directory/units/{city.other}", "/directory/units"]

    for path in paths:
        assert "遠藤" not in me.get(path).text
    assert 'tree__count">4' in me.get("/directory/units").text
    assert "遠藤 一" in names(signed_in(person_id=city.endo).get("/directory"))


def test_a_list_is_a_phone_book_and_says_nothing_of_where_anybody_is(city, me):
    now = clock.now()
    with db.transaction():
        floor = make.floor(city.building)
        zone = make.zone(floor, "18Q")
        here = Whereabouts(State.PRESENT, floor, zone, 0.9, now)
        presence.observe([Observation(i, here) for i in (city.suzuki, city.east, city.endo)], now)

    for path in ("/directory", "/directory/units", f"/directory/units/{city.section}"):
        assert "18Q" not in me.get(path).text


def test_somebody_who_has_left_is_in_no_list(city, me):
    with db.transaction():
        db.session.get_one(Person, city.endo).active_to = clock.now().date()

    assert "遠藤" not in me.get("/directory").text
    assert "遠藤" not in me.get(f"/directory/units/{city.other}").text


# -- kiosk


@pytest.mark.parametrize(("language", "words"), [("ja", "検索だけの画面"), ("en", "Nothing but the search box")])
def test_staff_come_to_the_page_that_is_nothing_but_the_box_from_the_start_page(me, language, words):
    assert f'<a href="/find">{words}</a>' in me.get(f"/?lang={language}").text


@pytest.mark.parametrize("path", ["/find", "/directory", "/directory/units"])
def test_a_kiosk_finds_people_and_numbers(city, signed_in, path):
    assert signed_in(Role.KIOSK).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/me", "/floors", "/fleet", "/password"])
def test_a_kiosk_opens_nothing_else(city, signed_in, path):
    assert signed_in(Role.KIOSK).get(path).status_code == 403


def test_a_kiosk_lands_on_the_box_and_carries_no_name_of_a_page_it_may_not_open(city, signed_in):
    kiosk = signed_in(Role.KIOSK)

    assert kiosk.get("/").headers["Location"] == "/find"
    text = kiosk.get("/find").text
    assert "data-kiosk" in text
    assert 'href="/me"' not in text
    assert 'href="/floors"' not in text


@pytest.mark.parametrize("path", ["/directory?row=さ", "/directory/units/{}", "/api/v1/units/{}", "/api/v1/me"])
def test_a_kiosk_of_a_protected_person_does_not_find_them_p13(city, signed_in, path):
    """P13: they find themselves in their own browser only; anybody may stand before a shared screen."""
    with db.transaction():
        db.session.execute(update(Person).where(Person.id == city.suzuki).values(protected=True))

    answer = signed_in(Role.KIOSK, person_id=city.suzuki).get(path.format(city.section))

    assert answer.status_code == 200
    assert "鈴木" not in answer.text


def test_a_kiosk_writes_nothing(city, signed_in):
    answer = signed_in(Role.KIOSK).send(f"/directory/units/{city.section}/duties", **{f"duties-{city.suzuki}": "x"})

    assert answer.status_code == 403


# -- without a script


def test_the_box_is_a_form_that_works_without_a_script(city, me):
    text = me.get("/me").text

    form = text[text.index('role="search"') - 200 : text.index("</form>", text.index('role="search"'))]
    assert 'action="/directory"' in form
    assert 'name="q"' in form
    assert "<button" in form


@pytest.mark.parametrize("role", [Role.STAFF, Role.KIOSK])
def test_what_a_search_found_is_a_page_with_links_and_without_places(city, signed_in, role):
    city.number("24117", person_id=city.suzuki)

    text = signed_in(role).get("/directory", query_string={"q": "すずき", "lang": "en"}).text

    assert f'href="/people/{city.suzuki}">鈴木 一</a>' in text
    assert 'href="tel:24117"' in text
    assert "Fiscal Section" in text
    assert 'value="すずき"' in text
    assert "finder__place" not in text


@pytest.mark.parametrize(
    "query", ["%", "_", "x" * 10_000, "\0", "a\x1bb", "🐬", "%ED%A0%80", "' OR 1=1 --", "<script>", "　"], ids=ascii
)
def test_whatever_is_searched_for_gets_an_answer(database, city, signed_in, query):
    answer = signed_in(person_id=city.suzuki).get("/directory", query_string={"q": query})

    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_bytes_that_are_no_text_get_an_answer(city, me):
    assert me.get("/directory?q=%ED%A0%80%FF").status_code == 200


def test_p13_a_search_without_a_script_finds_no_protected_person_either(city, me):
    city.protect(city.endo)

    assert "遠藤 一" not in me.get("/directory", query_string={"q": "遠藤"}).text.split("<main")[1]


def test_the_page_that_is_nothing_but_the_box_has_one_box_and_the_focus_in_it(city, me):
    text = me.get("/find").text

    assert text.count('role="search"') == 1
    assert "autofocus" in text


# -- what people do


def duties_of(person_id: int, unit_id: int) -> str:
    with db.reading():
        found = db.session.query(Membership.duties).filter_by(person_id=person_id, unit_id=unit_id)
        return str(found.scalar())


def write(visitor, city, person_id, text, **more):
    return visitor.send(f"/directory/units/{city.section}/duties", **{f"duties-{person_id}": text}, **more)


def test_everybody_writes_their_own_duties(database, city, signed_in):
    answer = write(signed_in(person_id=city.suzuki), city, city.suzuki, "  予算編成　公会計 ")

    assert answer.status_code == 302
    assert duties_of(city.suzuki, city.section) == "予算編成 公会計"
    with db.reading():
        (line,) = audit.entries(10, action="duties_written")
    assert line.subject == audit.person(city.suzuki)


def test_nobody_writes_anothers_duties(city, me):
    answer = write(me, city, city.east, "雑務")

    assert answer.status_code == 403
    assert duties_of(city.east, city.section) == ""


def test_a_section_administrator_writes_the_duties_of_their_own_section(city, signed_in):
    admin = signed_in(Role.SECTION_ADMIN, person_id=city.suzuki)

    assert write(admin, city, city.east, "契約").status_code == 302
    assert duties_of(city.east, city.section) == "契約"
    other = admin.send(f"/directory/units/{city.other}/duties", **{f"duties-{city.endo}": "契約"})
    assert other.status_code == 403
    assert duties_of(city.endo, city.other) == ""


def test_who_administers_a_bureau_writes_the_duties_of_all_below(city, signed_in):
    assert write(signed_in(Role.SECTION_ADMIN, person_id=city.bureau_chief), city, city.east, "契約").status_code == 302


def test_duties_that_are_too_long_are_refused_and_nothing_typed_is_lost(city, signed_in):
    admin = signed_in(Role.SECTION_ADMIN, person_id=city.suzuki)
    fields = {f"duties-{city.east}": "あ" * 201, f"duties-{city.suzuki}": "予算"}

    answer = admin.send(f"/directory/units/{city.section}/duties?lang=en", **fields)

    assert answer.status_code == 422
    assert "at most 200 characters" in answer.text
    assert "あ" * 201 in answer.text
    assert 'value="予算"' in answer.text
    assert duties_of(city.suzuki, city.section) == ""  # all or none


@pytest.mark.parametrize("text", ["a\0b", "\x1b[1m", "あ" * 10_000])
def test_duties_with_characters_that_cannot_be_shown_are_refused(city, me, text):
    assert write(me, city, city.suzuki, text).status_code == 422
    assert duties_of(city.suzuki, city.section) == ""


@pytest.mark.parametrize("text", ["100 % 確実 _", "🐬 海", "<b>太字</b>", "あ" * 200])
def test_duties_are_shown_as_they_were_written(city, me, text):
    assert write(me, city, city.suzuki, text).status_code == 302

    assert text in unescape(me.get(f"/directory/units/{city.section}").text)


def test_an_old_form_undoes_nothing_that_somebody_else_wrote_meanwhile(city, signed_in):
    admin, me = signed_in(Role.SECTION_ADMIN, person_id=city.east), signed_in(person_id=city.suzuki)
    write(me, city, city.suzuki, "新しい仕事")

    fields = {f"duties-{city.suzuki}": "", f"was-duties-{city.suzuki}": "", f"duties-{city.east}": "契約"}
    admin.send(f"/directory/units/{city.section}/duties", **fields)

    assert duties_of(city.suzuki, city.section) == "新しい仕事"
    assert duties_of(city.east, city.section) == "契約"


@pytest.mark.parametrize("person", ["999", "0", "-1", "x", "99999999999999999999"])
def test_duties_of_nobody_change_nothing(city, signed_in, person):
    admin = signed_in(Role.SECTION_ADMIN, person_id=city.suzuki)

    answer = admin.send(f"/directory/units/{city.section}/duties", **{f"duties-{person}": "x"})

    assert answer.status_code in (302, 404)
    with db.reading():
        assert audit.entries(10, action="duties_written") == []


def test_p13_an_administrator_learns_nothing_of_a_protected_person_by_writing(city, signed_in):
    city.protect(city.east)
    admin = signed_in(Role.SECTION_ADMIN, person_id=city.suzuki)

    protected, nobody = (write(admin, city, person, "x") for person in (city.east, 999))

    assert protected.status_code == nobody.status_code == 404
    assert duties_of(city.east, city.section) == ""


def test_only_who_may_write_is_offered_to(city, me, signed_in):
    path = f"/directory/units/{city.section}?edit=1"

    assert me.get(path).text.count('name="duties-') == 1
    assert signed_in(person_id=city.endo).get(path).text.count('name="duties-') == 0
    assert signed_in(Role.SECTION_ADMIN, person_id=city.east).get(path).text.count('name="duties-') == 3


def test_one_comes_back_to_the_page_one_wrote_from_and_to_no_other_site(city, me):
    assert (
        write(me, city, city.suzuki, "a", next=f"/people/{city.suzuki}").headers["Location"] == f"/people/{city.suzuki}"
    )
    assert write(me, city, city.suzuki, "b", next="https://evil.example").headers["Location"].startswith("/directory")
