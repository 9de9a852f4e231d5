"""What the fleet's codes are called by people; the English is the msgid of the translation."""

from server.fleet.rules import Health


def N_(message: str) -> str:  # noqa: N802  the name by which the catalogue finds it
    """Mark a message for translation where it is used."""
    return message


STATES = {
    Health.ONLINE: N_("OK"),
    Health.CLOCK: N_("Clock wrong"),
    Health.SLOW: N_("Hears too little"),
    Health.ADAPTER: N_("Radio not working"),
    Health.SILENT: N_("Silent"),
    Health.OFFLINE: N_("Offline"),
    Health.UNKNOWN: N_("Never heard"),
}
MARKS = {
    Health.ONLINE: "ok",
    Health.CLOCK: "problem",
    Health.SLOW: "problem",
    Health.ADAPTER: "problem",
    Health.SILENT: "silent",
    Health.OFFLINE: "silent",
    Health.UNKNOWN: "unknown",
}  # the class of the mark beside the words, mark-ok and so on
ADAPTERS = {
    "missing": N_("No Bluetooth adapter"),
    "off": N_("Bluetooth is switched off"),
    "lost": N_("Bluetooth adapter lost"),
    "refused": N_("Not allowed to use Bluetooth"),
}
KINDS = {
    "topic": N_("Topic that is none of ours"),
    "too_large": N_("Message too large"),
    "not_utf8": N_("Not UTF-8"),
    "not_json": N_("Not JSON"),
    "version": N_("Unknown version"),
    "missing": N_("Field missing"),
    "type": N_("Field of the wrong type"),
    "range": N_("Value out of range"),
    "not_finite": N_("Not a finite number"),
    "foreign": N_("Message in another receiver’s name"),
    "duplicate_tag": N_("Badge named twice in a message"),
    "inbox_full": N_("Dropped because too many came"),
    "retained": N_("Sighting kept by the broker"),
    "unknown_agent": N_("Unknown receiver"),
    "duplicate": N_("Came twice"),
    "out_of_order": N_("Overtaken by a newer one"),
    "seq_jump": N_("Impossible message number"),
    "future": N_("Clock two minutes ahead or more"),
    "clock_behind": N_("Clock two minutes behind or more"),
    "old": N_("Heard more than ten minutes before"),
    "late": N_("Heard too long before to move anybody"),
    "outside_hours": N_("Outside opening hours"),
    "unknown_tag": N_("Badges nobody carries"),
    "withheld": N_("People of whom nothing is kept now"),
    "excluded": N_("Places where nobody is located"),
}  # what ingest counts, without what is in order


def reason(code: str) -> tuple[str, dict[str, str]]:
    """Why places may be old: the sentence of a reason of `rules.stale_reasons`, and what fills its gaps."""
    kind, _, floor = code.partition(":")
    sentences = {
        "background": N_("The background process is not working."),
        "broker": N_("The broker cannot be reached."),
        "receivers": N_("More than half of the receivers of floor %(floor)s are not heard."),
        "database": N_("The database cannot be reached."),
    }
    return sentences[kind], {"floor": floor} if floor else {}
