"""What is wrong with what a program sent, as sentences that name the field, in the reader's language."""

import re
from collections.abc import Iterator

from flask_babel import gettext

NAMED_AT_MOST = 3  # the rest is told after these have been put right
LONGEST_NAME = 60


def N_(message: str) -> str:  # noqa: N802  the name by which the catalogue finds it
    """Mark a message for translation where it is used."""
    return message


SENTENCES = tuple(
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        (r"Missing data for required field\.", N_("The field “%(field)s” is missing.")),
        (r"Unknown field\.", N_("There is no field “%(field)s” here.")),
        (r"Field may not be null\.", N_("The field “%(field)s” may not be empty.")),
        (r"Invalid input type\.|Not a valid mapping type\.", N_("The field “%(field)s” must be a JSON object.")),
        (r"Not a valid list\.", N_("The field “%(field)s” must be a list.")),
        (r"Not a valid (utf-8 )?string\.", N_("The field “%(field)s” must be text.")),
        (r"Not a valid integer\.", N_("The field “%(field)s” must be a whole number.")),
        (r"Not a valid number\.|Special numeric values.*", N_("The field “%(field)s” must be a number.")),
        (r"Not a valid boolean\.", N_("The field “%(field)s” must be true or false.")),
        (r"Not a valid date\.", N_("The field “%(field)s” must be a date such as 2026-11-23.")),
        (r"Not a valid time\.", N_("The field “%(field)s” must be a time such as 08:30.")),
        (
            r"Not a valid (aware |naive )?datetime\.",
            N_("The field “%(field)s” must be an instant such as 2026-11-23T08:30:00+09:00."),
        ),
        (
            r"Length must be between (?P<low>\d+) and (?P<high>\d+)\.",
            N_("The field “%(field)s” must have %(low)s to %(high)s characters."),
        ),
        (r"Length must be (?P<n>\d+)\.", N_("The field “%(field)s” must have %(n)s characters.")),
        (r"Shorter than minimum length (?P<low>\d+)\.", N_("The field “%(field)s” is too short.")),
        (
            r"Longer than maximum length (?P<high>\d+)\.",
            N_("The field “%(field)s” may have %(high)s characters at most."),
        ),
        (
            r"Must be greater than or equal to (?P<low>.+) and less than or equal to (?P<high>.+)\.",
            N_("The field “%(field)s” must be from %(low)s to %(high)s."),
        ),
        (r"Must be greater than or equal to (?P<low>.+)\.", N_("The field “%(field)s” must be at least %(low)s.")),
        (r"Must be less than or equal to (?P<high>.+)\.", N_("The field “%(field)s” must be at most %(high)s.")),
        (r"Must be one of: (?P<choices>.*)\.", N_("The field “%(field)s” must be one of: %(choices)s.")),
        (r"String does not match expected pattern\.", N_("The field “%(field)s” does not have the form it needs.")),
        (r"Number too large\.", N_("The field “%(field)s” is too large a number.")),
        (r"Invalid (type|value)\.", N_("The field “%(field)s” has a value that will not do.")),
    )
)  # what marshmallow says, and what we say


def sentence(detail: object) -> str:
    """One sentence for each of the first things wrong.

    detail   as APIFlask has it: location → field → … → list of what marshmallow says
    """
    found = []
    for path, message in _leaves(detail, ()):
        if (told := _told(path, message)) not in found:
            found.append(told)
        if len(found) == NAMED_AT_MOST:
            break
    return " ".join(found) or str(gettext("This request cannot be answered."))


def _leaves(detail: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _leaves(inner, path)
    else:
        yield path, str(detail)


def _told(path: tuple[str, ...], message: str) -> str:
    _location, *names = path
    field = ".".join(name for name in names if name != "_schema")[:LONGEST_NAME]
    if not field and message == "Invalid input type.":
        return str(gettext("Send a JSON object."))
    for pattern, ours in SENTENCES:
        if match := pattern.fullmatch(message):
            return str(gettext(ours, field=field, **match.groupdict()))
    if not field:
        return str(gettext(message))
    return str(gettext("The field “%(field)s” is not right: %(what)s", field=field, what=gettext(message)))
