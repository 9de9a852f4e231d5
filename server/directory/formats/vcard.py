"""vCard 4.0 (RFC 6350): people and units for address books."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from server.directory.formats.book import Book, Entry, Group, Number

FOLD_OCTETS = 75
COUNTRY = "81"  # outside numbers begin with a 0 in place of it
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
KINDS = {"smartphone": "work,voice,cell", "fax": "work,fax"}


def vcards(book: Book, context: str) -> str:
    """Every unit with a number and every person; `context` is the domain in which the extensions are valid."""
    return "".join(_cards(book, context))


def person(book: Book, group: Group, entry: Entry, context: str) -> str:
    """One person's card."""
    return _card(
        [
            ("KIND", "individual"),
            ("FN", text(entry.name)),
            (f"N{_sort_as([entry.family_kana, entry.given_kana])}", f"{text(entry.family)};{text(entry.given)};;;"),
            *_organisation(book, group),
            ("TITLE", text(entry.title)),
            *_telephones(entry.numbers, context),
        ]
    )


def text(value: str) -> str:
    """A value whose commas, semicolons, backslashes and line ends are its own (RFC 6350, 3.4)."""
    plain = CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")


def parameter(value: str) -> str:
    """A quoted parameter value (RFC 6350, 5; quotes and line ends as in RFC 6868)."""
    plain = CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return '"' + plain.replace("^", "^^").replace('"', "^'").replace("\n", "^n") + '"'


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets, never inside a character, each after the first behind a space."""
    pieces, piece, octets = [], "", 0
    for c in line:
        size = len(c.encode())
        if octets + size > FOLD_OCTETS:
            pieces.append(piece)
            piece, octets = " ", 1
        piece, octets = piece + c, octets + size
    return "\r\n".join([*pieces, piece])


def telephone_uri(number: Number, context: str) -> str:
    """The number for dialling (RFC 3966): from everywhere where it has an outside line, else within the house."""
    extension = re.sub(r"[^0-9*#]", "", number.number)
    outside = re.sub(r"[^0-9+]", "", number.outside)
    if not outside:
        return f"tel:{extension};phone-context={context}"
    world = outside if outside.startswith("+") else f"+{COUNTRY}{outside.removeprefix('0')}"
    return f"tel:{world}"


def _cards(book: Book, context: str) -> Iterator[str]:
    for group in book.groups:
        if group.numbers:
            yield _unit(book, group, context)
        for entry in group.entries:
            yield person(book, group, entry, context)


def _unit(book: Book, group: Group, context: str) -> str:
    return _card(
        [
            ("KIND", "org"),
            ("FN", text(" ".join(group.path))),
            *_organisation(book, group),
            *_telephones(group.numbers, context),
        ]
    )


def _organisation(book: Book, group: Group) -> list[tuple[str, str]]:
    names = [book.city, *group.path]
    return [(f"ORG{_sort_as([book.city_kana, *group.path_kana])}", ";".join(text(name) for name in names))]


def _telephones(numbers: Sequence[Number], context: str) -> Iterator[tuple[str, str]]:
    for number in numbers:
        kind = KINDS.get(number.kind, "work,voice")
        if number.outside:
            yield f'TEL;VALUE=uri;TYPE="{kind}"', telephone_uri(number, context)
        inside = Number(number.number, number.kind)
        if number.number:
            yield f'TEL;VALUE=uri;TYPE="{kind}"', telephone_uri(inside, context)


def _sort_as(readings: Sequence[str]) -> str:
    """Readings in the order of the parts, up to the first that is not known."""
    known = [reading.replace(",", " ") for reading in takewhile(bool, readings)]
    return f";SORT-AS={parameter(','.join(known))}" if known else ""


def _card(properties: Sequence[tuple[str, str]]) -> str:
    lines = ["BEGIN:VCARD", "VERSION:4.0", *(f"{name}:{value}" for name, value in properties if value), "END:VCARD"]
    return "".join(f"{folded(line)}\r\n" for line in lines)
