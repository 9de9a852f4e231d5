"""What kinds of seats and their equipment are called by people; the English is the msgid of the translation."""

from server.places.rules import Equipment, SeatKind


def N_(message: str) -> str:  # noqa: N802  the name by which the catalogue finds it
    """Mark a message for translation where it is used."""
    return message


KINDS = {
    SeatKind.GROUP: N_("Group-address seat"),
    SeatKind.SOLO: N_("Solo work space"),
    SeatKind.GROUP_DESK: N_("Group desk"),
    SeatKind.BOOTH: N_("Booth seat"),
    SeatKind.ROOM: N_("Meeting room"),
    SeatKind.FIXED: N_("Assigned seat"),
    SeatKind.COUNTER: N_("Counter seat"),
}
EQUIPMENT = {
    Equipment.MONITOR: N_("External monitor"),
    Equipment.STANDING: N_("Standing desk"),
    Equipment.DOCK: N_("Docking station"),
    Equipment.WHEELCHAIR: N_("Wheelchair access"),
    Equipment.QUIET: N_("Quiet"),
    Equipment.NO_CONFIDENTIAL: N_("No confidential material"),
}
WRONG = {
    **{what.value: name for what, name in EQUIPMENT.items()},
    "other": N_("Something else"),
}  # what somebody may say of a seat that is not as described
