"""How long things are kept, in words: every page and file that names a term asks here (P10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import get_timezone, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server import retention_terms
from server.retention_terms import BOUNDS, DAY, MINUTE, YEAR, Term

NAMES: Mapping[Term, str] = {
    Term.RADIO: _l("Radio signals, in memory"),
    Term.MEMOS_DONE: _l("Call memos that are done"),
    Term.MEMOS_OPEN: _l("Call memos that nobody has handled"),
    Term.NUMBERS: _l("Who held a number, after it ended"),
    Term.BOOKINGS: _l("Whose a booking was, after it ended"),
    Term.LEAVERS: _l("People who left, after their last post"),
    Term.LOOK_UPS: _l("Who looked whom up"),
    Term.ALERTS: _l("Alerts about look-ups"),
    Term.PROTECTION: _l("Requests to protect a person"),
    Term.AUDIT: _l("Audit log"),
    Term.REPORT: _l("Report of what was deleted"),
}


@dataclass(frozen=True, slots=True)
class Longer:
    """Something that is kept for longer than the rule says, as everybody reads it."""

    name: str
    now: str
    rule: str
    reason: str
    decided_on: date


def spoken(length: timedelta) -> str:
    """A term in words, such as "90 days"."""
    if length % YEAR == timedelta(0):
        return str(ngettext("%(num)s year", "%(num)s years", length // YEAR))
    if length % DAY == timedelta(0):
        return str(ngettext("%(num)s day", "%(num)s days", length // DAY))
    return str(ngettext("%(num)s minute", "%(num)s minutes", length // MINUTE))


def words(terms: Mapping[Term, timedelta] | None = None) -> dict[str, str]:
    """Every term as it is now, or of these, by its name: they fill the gaps of sentences."""
    now = retention_terms.terms() if terms is None else terms
    return {term.value: spoken(length) for term, length in now.items()}


def said(sentence: str, filled: Mapping[str, str]) -> str:
    """A sentence with its gaps filled."""
    return str(sentence) % filled


def longer() -> list[Longer]:
    """What is kept for longer than the rule says."""
    zone = get_timezone()
    return [
        Longer(
            str(NAMES[term]),
            spoken(one.keep),
            spoken(BOUNDS[term].default),
            one.reason,
            one.decided_at.astimezone(zone).date(),
        )
        for term, one in retention_terms.decisions().items()
        if one.is_longer
    ]


def unit(term: Term) -> str:
    """What the term is counted in, as the field is called."""
    return str(_("Minutes") if BOUNDS[term].unit == MINUTE else _("Days"))
