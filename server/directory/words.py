"""Every sentence the search box's script says, in the reader's language. A value stands as %(name)s."""

from flask_babel import gettext


def N_(sentence: str) -> str:  # noqa: N802  the name that catalogues are gathered by
    """Mark a sentence for the catalogue."""
    return sentence


SENTENCES = (
    N_("Results"),
    N_("Searching …"),
    N_("1 result"),
    N_("%(n)s results"),
    N_("%(n)s results, and %(more)s more"),
    N_("Show all results (%(n)s more)"),
    N_("Nothing was found for “%(query)s”."),
    N_("Another spelling, part of the name, or a section’s name may help."),
    N_("The server cannot be reached. Please try again in a moment."),
    N_("Staff"),
    N_("Units"),
    N_("Extensions"),
    N_("Zones"),
    N_("Seats"),
    N_("Extension"),
    N_("Outside line"),
    N_("beacon, %(age)s"),
    N_("checked in"),
    N_("booked"),
    N_("just now"),
    N_("%(n)s s ago"),
    N_("%(n)s min ago"),
)


def search_words() -> dict[str, str]:
    """English sentence → the reader's."""
    return {sentence: gettext(sentence) for sentence in SENTENCES}
