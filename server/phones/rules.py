"""Which number comes next, who answers, and what is wrong with the numbers. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What rings."""

    SMARTPHONE = "smartphone"
    SECTION = "section"
    DESK = "desk"
    FAX = "fax"
    PHS = "phs"


class Use(StrEnum):
    """What a range of the numbering plan is for."""

    ASSIGNABLE = "assignable"
    RESERVED = "reserved"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose number it is: exactly one of a person, a unit, a zone or a device."""

    person_id: int | None = None
    unit_id: int | None = None
    zone_id: int | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.person_id, self.unit_id, self.zone_id, self.device)) != 1:
            raise ValueError("a number is held by one person, unit, zone or device")


HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u30fc\ufe58\ufe63\uff0d\uff70"
_HYPHENS = str.maketrans(dict.fromkeys(HYPHENS, "-"))
LONGEST_INPUT = 60  # nobody types a number this long; what is longer is not looked at
EXTENSION = re.compile(r"[0-9]{2,8}")
OUTSIDE = re.compile(r"\+?[0-9]+(-[0-9]+)*")
OUTSIDE_LONGEST = 20


def extension_number(text: str) -> str | None:
    """The digits of an extension as people type it (full-width, 内線, any hyphen), None when it is none."""
    if len(text) > LONGEST_INPUT:
        return None
    plain = unicodedata.normalize("NFKC", text).translate(_HYPHENS)
    plain = re.sub(r"^\s*(内線|内\)|内|ext\.?)", "", plain, flags=re.IGNORECASE)
    digits = re.sub(r"[\s-]", "", plain)
    return digits if EXTENSION.fullmatch(digits) else None


def outside_number(text: str) -> str | None:
    """A number of the public network with plain hyphens, None when it is none; "" stays ""."""
    if len(text) > LONGEST_INPUT:
        return None
    plain = unicodedata.normalize("NFKC", text).translate(_HYPHENS).strip()
    plain = re.sub(r"\s*[()\s-]\s*", "-", plain)
    plain = re.sub(r"-+", "-", plain).strip("-")
    if not plain:
        return ""
    is_number = OUTSIDE.fullmatch(plain) and plain[0] in "0+" and 9 <= sum(c.isdigit() for c in plain) <= 15
    return plain if is_number and len(plain) <= OUTSIDE_LONGEST else None
