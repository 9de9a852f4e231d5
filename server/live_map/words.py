"""Every sentence the map's scripts say, in the reader's language. A value stands as %(name)s and is filled in there."""

from flask_babel import gettext


def N_(sentence: str) -> str:  # noqa: N802  the name that catalogues are gathered by
    """Mark a sentence for the catalogue."""
    return sentence


SENTENCES = (
    N_("probably here"),
    N_("on the move"),
    N_("somewhere on %(floor)s"),
    N_("last known: %(place)s"),
    N_("In the building"),
    N_("Location not shown"),
    N_("No information"),
    N_("asked for"),
    N_("seat %(seat)s"),
    N_("%(floor)sF"),
    N_("%(floor)s, %(zone)s"),
    N_("just now"),
    N_("%(n)s s ago"),
    N_("%(n)s min ago"),
    N_("at %(time)s"),
    N_("beacon, %(age)s"),
    N_("no recent signal"),
    N_("%(n)s here"),
    N_("%(n)s here, room for %(capacity)s"),
    N_("%(n)s in the building"),
    N_("%(name)s: %(n)s here, room for %(capacity)s"),
    N_("%(name)s: %(n)s here"),
    N_("%(name)s: nothing is recorded here"),
    N_("Nothing is recorded here"),
    N_("people are counted here, not named"),
    N_("%(n)s more in %(zone)s"),
    N_("Live, %(time)s"),
    N_("Shown as of %(time)s"),
    N_("Cannot reach the server. Shown as of %(time)s."),
    N_("The database cannot be reached. Shown as of %(time)s."),
    N_("The sensors cannot be reached. Shown as of %(time)s."),
    N_("Receivers on this floor are silent. Locations may be old."),
    N_("Some receivers are silent. Locations may be old."),
    N_("Updates paused, %(time)s"),
    N_("Pause updates"),
    N_("Resume updates"),
    N_("Nobody is shown on this floor."),
    N_("Nobody matches."),
    N_("Nobody of my team is known to be here."),
    N_("%(n)s more without a place"),
    N_("Beacons are not used on this floor."),
    N_("Zoom in"),
    N_("Zoom out"),
    N_("Show on the map"),
    N_("Close"),
    N_("Take the lift to %(floor)s; on the plan, %(zone)s is %(direction)s the lift."),
    N_("above"),
    N_("to the upper right of"),
    N_("to the right of"),
    N_("to the lower right of"),
    N_("below"),
    N_("to the lower left of"),
    N_("to the left of"),
    N_("to the upper left of"),
    N_("This person’s location is not shown. That can have any reason."),
    N_("This look-up is visible to them."),
    N_("My place is not known at the moment."),
    N_("It could not be loaded. Please try again in a moment."),
    N_("True path"),
    N_("Estimate"),
    N_("Recorded walk %(track)s, %(t)s s of %(total)s s"),
    N_("The recording begins again in a moment."),
)


def words() -> dict[str, str]:
    """English sentence → the reader's."""
    return {sentence: gettext(sentence) for sentence in SENTENCES}
