"""A small phone list, with what makes lists break: old kanji, leading zeros, formulas and markup."""

from datetime import UTC, date, datetime

from server.directory.formats.book import Book, Entry, Group, Number

DAY = date(2026, 4, 1)
HEADING = ("局", "所属", "職名", "氏名", "ふりがな", "内線", "外線", "FAX")


def entry(family: str = "髙波", given: str = "真琴", *numbers: Number, **fields: object) -> Entry:
    """A person of the list."""
    texts = {"family_kana": "たかなみ", "given_kana": "まこと", "title": "課長"} | fields
    return Entry(1, family, given, numbers=numbers, **texts)


def group(*entries: Entry, numbers: tuple[Number, ...] = (), name: str = "財政課") -> Group:
    """A section of 財務局."""
    return Group(7, ("財務局", name), ("ざいむきょく", "ざいせいか"), numbers, entries)


def book(*groups: Group) -> Book:
    """A list of 潮川市."""
    as_of = datetime(2026, 4, 1, 8, 30, tzinfo=UTC)
    return Book("潮川市", "潮川市", DAY, as_of, groups, "しおかわし")


def usual() -> Book:
    """財政課 with its main number and fax, 髙波 with an extension and a line, and 入江 whose number begins with 0."""
    section = (Number("24101", "section", "044-000-2410"), Number("24199", "fax", "044-000-2499"))
    people = (
        entry("髙波", "真琴", Number("24117", "smartphone", "070-0000-1234")),
        entry("入江", "岳", Number("01234", "desk"), family_kana="いりえ", given_kana="がく", title="主任"),
        entry("林", "一", family_kana="はやし", given_kana="はじめ", title="職員"),
    )
    return book(group(*people, numbers=section))
