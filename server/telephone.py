"""Telephone numbers as people write them: full-width, with any hyphen, with 内線 before them. Pure."""

import re
import unicodedata

LONGEST = 60  # characters; nobody types a number this long, and what is longer is not looked at
OUTSIDE_LONGEST = 20
_HYPHENS = str.maketrans(
    dict.fromkeys("\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\u301c\u30fc\ufe58\ufe63~", "-")
)
_GAP = re.compile(r"[\s().-]+")
_INSIDE = re.compile(r"^(?:内線|内|ext(?:ension)?)[-:]*", re.IGNORECASE)
_EXTENSION = re.compile(r"[0-9]{2,8}")
_OUTSIDE = re.compile(r"\+?[0-9]+(-[0-9]+)*")
_DIALLED = re.compile(r"\+?[0-9*#]+(?:-[0-9*#]+)*")


def extension_number(text: str) -> str | None:
    """The digits of an extension, None when it is none."""
    plain = _plain(text)
    digits = None if plain is None else _INSIDE.sub("", plain).replace("-", "")
    return digits if digits and _EXTENSION.fullmatch(digits) else None


def outside_number(text: str) -> str | None:
    """A number of the public network with plain hyphens, None when it is none; "" stays ""."""
    plain = _plain(text)
    if not plain:
        return plain
    is_number = _OUTSIDE.fullmatch(plain) and plain[0] in "0+" and 9 <= sum(c.isdigit() for c in plain) <= 15
    return plain if is_number and len(plain) <= OUTSIDE_LONGEST else None


def any_number(text: str) -> str | None:
    """Whatever can be dialled, with plain hyphens, None when it is nothing of the kind; "" stays ""."""
    plain = _plain(text)
    if not plain:
        return plain
    number = _INSIDE.sub("", plain)
    return number if _DIALLED.fullmatch(number) else None


def digits_of(text: str) -> str:
    """The digits of what is a number and nothing else, "" of anything else."""
    plain = (_plain(text) or "").replace("-", "").replace("+", "")
    return plain if re.fullmatch(r"[0-9]+", plain) else ""


def _plain(text: str) -> str | None:
    """Half-width, one plain hyphen for every gap within; None when it is too long to be a number."""
    if len(text.strip()) > LONGEST:
        return None
    return _GAP.sub("-", unicodedata.normalize("NFKC", text.strip()).translate(_HYPHENS)).strip("-")
