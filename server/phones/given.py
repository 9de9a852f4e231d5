"""What a form or a program gives for a number or a range, checked."""

import unicodedata
from datetime import date

from server import telephone
from server.errors import Refused
from server.phones.holders import NOT_SHOWN, holders
from server.phones.rules import Holder

NOTE_LENGTH, DEVICE_LENGTH = 100, 60
UNWRITABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # categories of characters that are no text on one line


def extension_digits(number: str) -> str:
    """The digits of an extension; Refused when it is none."""
    digits = telephone.extension_number(number)
    if digits is None:
        raise Refused("bad_number", "An extension has 2 to 8 digits.", 422)
    return digits


def line(given: str, longest: int, code: str) -> str:
    """One line of text without blanks around it; Refused when it is longer or no text."""
    text = given.strip()
    if len(text) > longest or any(unicodedata.category(c) in UNWRITABLE for c in text):
        raise Refused(code, "Write one line of at most %(n)s characters.", 422, n=longest)
    return text


def check_holder(holder: Holder, day: date) -> None:
    """Refused when there is nobody and nothing like that on that day."""
    if holder.device is not None:
        if not holder.device.strip():
            raise Refused("no_holder", "Say who or what gets the number.", 422)
        line(holder.device, DEVICE_LENGTH, "bad_device")
        return
    found = holders([holder], day).get(holder)
    if found is None:
        raise Refused("no_such_holder", "There is nobody and nothing of that name.", 422)
    if not found.is_here:
        sentence = (
            "%(name)s does not work here on that day."
            if holder.person_id is not None
            else "%(name)s does not exist on that day."
        )
        raise Refused("holder_not_here", sentence, 422, name=NOT_SHOWN if found.protected else found.name)
