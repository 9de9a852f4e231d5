"""What the codes of phones are called by people; the English is the msgid of the translation."""

from server.phones.rules import Kind, Reach, Use, Wrong


def N_(message: str) -> str:  # noqa: N802  the name by which the catalogue finds it
    """Mark a message for translation where it is used."""
    return message


KINDS = {
    Kind.SMARTPHONE: N_("Smartphone"),
    Kind.SECTION: N_("Section phone"),
    Kind.DESK: N_("Desk phone"),
    Kind.FAX: N_("Fax"),
    Kind.PHS: N_("PHS"),
}
USES = {
    Use.ASSIGNABLE: N_("Given out"),
    Use.RESERVED: N_("Reserved"),
    Use.RETIRED: N_("Not used any more"),
}
REACHES = {
    Reach.AT_SEAT: N_("At their seat"),
    Reach.IN_BUILDING: N_("In the building"),
    Reach.ELSEWHERE: N_("Elsewhere or not known"),
}
LIVE = {
    "live": N_("Live, %(time)s"),
    "old": N_("Cannot reach the server. Shown as of %(time)s."),
    "over": N_("Shown as of %(time)s. Open this page again to see who can answer now."),
    "paused": N_("Updates paused, %(time)s"),
    "call": N_("Call %(name)s, %(number)s"),
}  # what the number's script says; it fills the gaps
PROBLEMS = {
    Wrong.TWO_OF_A_KIND: (
        N_("One person has two numbers of the same kind."),
        N_("End the number that is not used any more."),
    ),
    Wrong.SAME_OUTSIDE: (
        N_("Two extensions have the same outside number."),
        N_("Correct the outside number of the wrong one."),
    ),
    Wrong.PERSON_LEFT: (
        N_("Its holder does not work here any more."),
        N_("Move it to the successor, or end it. It becomes free by itself when people who left are forgotten."),
    ),
    Wrong.UNIT_CLOSED: (
        N_("Its section does not exist any more."),
        N_("Move it to the section that took over, or retire it with a notice where it moved to."),
    ),
    Wrong.NOBODYS: (
        N_("Nobody has it, and it lies in no range."),
        N_("Retire it, or add a range to the numbering plan."),
    ),
    Wrong.NO_RANGE: (
        N_("It is in use and lies in no range of the numbering plan."),
        N_("Add a range to the numbering plan, or give a number of your bureau instead."),
    ),
    Wrong.OTHER_BUREAU: (
        N_("It lies in another bureau’s range."),
        N_("Give a number of the holder’s own bureau instead."),
    ),
    Wrong.RESERVED: (
        N_("It is reserved, but somebody has it."),
        N_("Give another number instead, or change the reserved range."),
    ),
    Wrong.RETIRED: (
        N_("It lies in a range that is not used any more, but somebody has it."),
        N_("Give another number, then end this one."),
    ),
    Wrong.MOVED_NOWHERE: (
        N_("Its notice leads to a number that nobody answers."),
        N_("Retire it again with a notice that names a number in use."),
    ),
}  # what is wrong, and what to do
