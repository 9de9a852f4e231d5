"""Telephones read our phone books as their makers document them."""

from xml.etree import ElementTree

import books
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.directory.formats import cisco, yealink
from server.directory.formats.book import Number


def parsed(text: str) -> ElementTree.Element:
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    return ElementTree.fromstring(text.encode())  # noqa: S314  our own


def many(n: int):
    return books.group(*(books.entry(f"職員{i}", "", Number(f"24{i:03}", "smartphone")) for i in range(n)))


def test_yealink_gets_each_unit_first_then_its_people_with_their_extensions():
    root = parsed(yealink.directory("財政課", books.usual().groups[0]))

    assert root.tag == "YealinkIPPhoneDirectory"
    assert root.findtext("Title") == "財政課"
    assert [(e.findtext("Name"), e.findtext("Telephone")) for e in root.iter("DirectoryEntry")] == [
        ("財政課", "24101"), ("髙波 真琴 課長", "24117"), ("入江 岳 主任", "01234"),
    ]  # fmt: skip


def test_yealink_s_menu_leads_on():
    root = parsed(yealink.menu("潮川市", [("財務局", "https://iruka.example/a?b=1&c=2")]))

    assert root.tag == "YealinkIPPhoneMenu"
    (item,) = root.iter("MenuItem")
    assert (item.findtext("Name"), item.findtext("URL")) == ("財務局", "https://iruka.example/a?b=1&c=2")


@pytest.mark.parametrize(("n", "pages"), [(0, 1), (1, 1), (32, 1), (33, 2), (64, 2), (65, 3)])
def test_cisco_gets_at_most_32_entries_a_page_and_misses_none(n, pages):
    group = many(n)

    assert cisco.pages(group) == pages
    shown = [parsed(cisco.directory("財政課", "1", group, page, [])) for page in range(1, pages + 1)]
    names = [[e.findtext("Name") for e in root.iter("DirectoryEntry")] for root in shown]
    assert all(len(page) <= 32 for page in names)
    assert len({name for page in names for name in page}) == n


def test_cisco_s_soft_keys_have_their_positions():
    root = parsed(
        cisco.directory("財政課", "1/2", many(40), 1, [("発信", "SoftKey:Dial"), ("次へ", "https://x/?a=1&b=2")])
    )

    keys = [[key.findtext(tag) for tag in ("Name", "URL", "Position")] for key in root.iter("SoftKeyItem")]
    assert keys == [["発信", "SoftKey:Dial", "1"], ["次へ", "https://x/?a=1&b=2", "2"]]
    assert [child.tag for child in root][:3] == ["Title", "Prompt", "DirectoryEntry"]


def test_cisco_s_menu_holds_a_hundred_items_with_names_of_64_characters():
    root = parsed(cisco.menu("潮川市", "選ぶ", [("課" * 70, f"https://x/{i}") for i in range(120)]))

    items = list(root.iter("MenuItem"))
    assert root.tag == "CiscoIPPhoneMenu"
    assert (len(items), len(items[0].findtext("Name"))) == (100, 64)


def test_one_with_two_numbers_is_dialled_under_both():
    group = books.group(books.entry("林", "一", Number("1", "desk"), Number("2", "phs"), Number("3", "fax")))

    (entry,) = parsed(yealink.directory("x", group)).iter("DirectoryEntry")
    assert [one.text for one in entry.iter("Telephone")] == ["1", "2"]
    root = parsed(cisco.directory("x", "1", group, 1, []))
    assert [one.text for one in root.iter("Telephone")] == ["1", "2"]


@given(st.text(max_size=80))
def test_no_text_breaks_out_of_its_element(text):
    group = books.group(books.entry(text, "x", Number("1", "desk")))
    for document in (
        yealink.directory(text, group),
        yealink.menu(text, [(text, text)]),
        cisco.directory(text, text, group, 1, [(text, text)]),
        cisco.menu(text, text, [(text, text)]),
    ):
        root = parsed(document)
        assert {e.tag for e in root.iter()} <= {
            root.tag, "Title", "Prompt", "DirectoryEntry", "Name", "Telephone", "MenuItem", "URL", "SoftKeyItem",
            "Position",
        }  # fmt: skip
