"""Address books read our cards as RFC 6350 says."""

import re

import books
from hypothesis import given
from hypothesis import strategies as st

from server.directory.formats import vcard
from server.directory.formats.book import Number

CONTEXT = "iruka.city.example"


def unfolded(cards: str) -> list[str]:
    assert cards.endswith("\r\n")
    assert "\n" not in cards.replace("\r\n", "")
    return cards.replace("\r\n ", "").split("\r\n")[:-1]


def read(value: str) -> str:
    """A text value as a reader gets it."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def test_a_person_s_card_says_name_reading_unit_title_and_numbers():
    book = books.usual()

    lines = unfolded(vcard.person(book, book.groups[0], book.groups[0].entries[0], CONTEXT))

    assert lines == [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "KIND:individual",
        "FN:髙波 真琴",
        'N;SORT-AS="たかなみ,まこと":髙波;真琴;;;',
        'ORG;SORT-AS="しおかわし,ざいむきょく,ざいせいか":潮川市;財務局;財政課',
        "TITLE:課長",
        'TEL;VALUE=uri;TYPE="work,voice,cell":tel:+817000001234',
        'TEL;VALUE=uri;TYPE="work,voice,cell":tel:24117;phone-context=iruka.city.example',
        "END:VCARD",
    ]


def test_a_list_holds_its_units_and_its_people():
    lines = unfolded(vcard.vcards(books.usual(), CONTEXT))

    assert [line for line in lines if line.startswith("FN:")] == [
        "FN:財務局 財政課",
        "FN:髙波 真琴",
        "FN:入江 岳",
        "FN:林 一",
    ]
    assert [line for line in lines if line.startswith("KIND:")] == ["KIND:org", *["KIND:individual"] * 3]
    assert 'TEL;VALUE=uri;TYPE="work,fax":tel:+81440002499' in lines
    assert 'TEL;VALUE=uri;TYPE="work,voice":tel:01234;phone-context=iruka.city.example' in lines


def test_a_reading_that_is_not_known_is_left_out():
    book = books.book(books.group(books.entry("林", "一", family_kana="", given_kana="")))

    lines = unfolded(vcard.vcards(book, CONTEXT))

    assert "N:林;一;;;" in lines


def test_an_outside_number_is_dialled_from_everywhere():
    assert vcard.telephone_uri(Number("1", "desk", "044-000-2111"), CONTEXT) == "tel:+81440002111"
    assert vcard.telephone_uri(Number("1", "desk", "+1 (555) 0100"), CONTEXT) == "tel:+15550100"


@given(st.text(max_size=200))
def test_no_text_breaks_out_of_its_line(text):
    book = books.book(books.group(books.entry(text, "x", title=text, family_kana=text)))

    lines = unfolded(vcard.vcards(book, CONTEXT))

    assert lines[0] == "BEGIN:VCARD"
    assert lines.count("BEGIN:VCARD") == lines.count("END:VCARD") == 1
    assert all(re.match(r"(BEGIN|VERSION|KIND|FN|N|ORG|TITLE|TEL|END)[:;]", line) for line in lines)
    plain = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
    titles = [line.removeprefix("TITLE:") for line in lines if line.startswith("TITLE:")]
    assert [read(title) for title in titles] == ([plain] if plain else [])


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=300))
def test_lines_are_folded_at_75_octets_and_never_inside_a_character(text):
    folded = vcard.folded(f"FN:{text}")

    assert all(len(line.encode()) <= 75 for line in folded.split("\r\n"))
    assert folded.replace("\r\n ", "") == f"FN:{text}"


@given(st.text(max_size=100))
def test_a_parameter_s_value_stays_between_its_quotes(text):
    value = vcard.parameter(text)

    assert value[0] == value[-1] == '"'
    assert '"' not in value[1:-1]
    assert not re.search(r"[\x00-\x1f]", value)
