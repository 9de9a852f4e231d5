"""Yealink's remote phone book: a menu of units, and a directory of one unit's people."""

from collections.abc import Sequence

from server.directory.formats.book import Entry, Group, Number
from server.directory.formats.xml import Node, document


def menu(title: str, items: Sequence[tuple[str, str]]) -> str:
    """`items` are names and the addresses they lead to."""
    rows: list[Node] = [("MenuItem", [("Name", name), ("URL", address)]) for name, address in items]
    return document(("YealinkIPPhoneMenu", [("Title", title), *rows]))


def directory(title: str, group: Group) -> str:
    """The unit's own numbers, then its people; whoever has no number is left out, as nothing could be dialled."""
    rows: list[Node] = [("Title", title)]
    for name, numbers in names_and_numbers(group):
        telephones: list[Node] = [("Telephone", number) for number in numbers]
        rows.append(("DirectoryEntry", [("Name", name), *telephones]))
    return document(("YealinkIPPhoneDirectory", rows))


def names_and_numbers(group: Group) -> list[tuple[str, tuple[str, ...]]]:
    """What a telephone shows and dials of a unit."""
    rows = [(group.name, diallable(group.numbers))]
    rows += [(shown(entry), diallable(entry.numbers)) for entry in group.entries]
    return [(name, numbers) for name, numbers in rows if numbers]


def shown(entry: Entry) -> str:
    """Name and title in one line, since two may share a name."""
    return f"{entry.name} {entry.title}".strip()


def diallable(numbers: Sequence[Number]) -> tuple[str, ...]:
    """What a telephone of the house dials: extensions that somebody answers."""
    return tuple(one.number for one in numbers if not one.is_fax)
