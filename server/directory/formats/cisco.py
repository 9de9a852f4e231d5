"""Cisco's phone services: a menu, and a directory in pages, since a telephone takes 32 entries at a time."""

from collections.abc import Sequence

from server.directory.formats.book import Group
from server.directory.formats.xml import Node, document
from server.directory.formats.yealink import names_and_numbers

ENTRIES_A_PAGE = 32
ITEMS_A_MENU = 100
NAME_LENGTH = 64  # of a menu's item


def menu(title: str, prompt: str, items: Sequence[tuple[str, str]]) -> str:
    """`items` are names and the addresses they lead to; a telephone shows the first hundred."""
    rows: list[Node] = [
        ("MenuItem", [("Name", name[:NAME_LENGTH]), ("URL", address)]) for name, address in items[:ITEMS_A_MENU]
    ]
    return document(("CiscoIPPhoneMenu", [("Title", title), ("Prompt", prompt), *rows]))


def pages(group: Group) -> int:
    """How many pages the unit's directory has, at least one."""
    return max(1, -(-len(_entries(group)) // ENTRIES_A_PAGE))


def directory(title: str, prompt: str, group: Group, page: int, keys: Sequence[tuple[str, str]]) -> str:
    """One page of a unit, counted from 1; `keys` are the soft keys' names and what they do, left to right."""
    shown = _entries(group)[(page - 1) * ENTRIES_A_PAGE : page * ENTRIES_A_PAGE]
    rows: list[Node] = [("DirectoryEntry", [("Name", name), ("Telephone", number)]) for name, number in shown]
    soft: list[Node] = [
        ("SoftKeyItem", [("Name", name), ("URL", does), ("Position", str(position))])
        for position, (name, does) in enumerate(keys, 1)
    ]
    return document(("CiscoIPPhoneDirectory", [("Title", title), ("Prompt", prompt), *rows, *soft]))


def _entries(group: Group) -> list[tuple[str, str]]:
    return [(name, number) for name, numbers in names_and_numbers(group) for number in numbers]
