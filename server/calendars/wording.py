"""What mails say, in their reader's language."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from server.bookings.news import What
from server.calendars.ical import name_of, place_of
from server.calendars.rules import Entry
from server.calendars.words import N_, said

SUBJECTS = {
    What.MADE: N_("Booked: %(what)s, %(when)s"),
    What.CHANGED: N_("Changed: %(what)s, %(when)s"),
    What.CANCELLED: N_("Cancelled: %(what)s, %(when)s"),
    What.RELEASED: N_("Released: %(what)s, %(when)s"),
    What.WARNED: N_("Please check in: %(what)s, %(when)s"),
    What.OFFERED: N_("Kept for you: %(what)s, %(when)s"),
    What.ASKED: N_("Do you still need %(what)s every week?"),
}
SENTENCES = {
    What.MADE: N_("This seat is booked for you."),
    What.CHANGED: N_("Your booking has been changed."),
    What.CANCELLED: N_("Your booking has been cancelled."),
    What.RELEASED: N_("The seat was not used and is free for others again."),
    What.WARNED: N_("Your booking has begun. Check in soon, or the seat will be free for others."),
    What.OFFERED: N_("The seat you wait for is free. It is kept for you until %(until)s."),
    What.ASKED: N_("You have %(what)s every week. Without an answer within a week what is ahead will be cancelled."),
}
BY = {
    What.MADE: N_("%(name)s has booked it for you."),
    What.CHANGED: N_("%(name)s has changed it."),
    What.CANCELLED: N_("%(name)s has cancelled it."),
}
ADDRESS = N_("Your seats: %(address)s")
WHY = N_("You get this mail because you chose so. You can end it there under “Calendar and mails”.")
WHEN = N_("%(day)s, %(starts)s to %(ends)s")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mail is about.

    entry   the booking; None when it is about a weekly series
    seat    the seat's code
    by      the other person who did it; empty: its person, or the house
    until   of an offer: how long it lasts
    """

    entry: Entry | None
    seat: str
    by: str
    until: datetime | None
    address: str


def text_of(what: What, facts: Facts, language: str) -> tuple[str, str]:
    """Subject and text."""
    entry, values = facts.entry, {"what": facts.seat, "when": "", "until": ""}
    lines = []
    if entry is not None:
        zone = ZoneInfo(entry.timezone)
        values = {"what": name_of(entry, language), "when": _when(entry, language), "until": ""}
        if facts.until is not None:
            values["until"] = _moment(facts.until.astimezone(zone), language)
        lines = ["", values["when"], place_of(entry, language)]
    told = [said(language, SENTENCES[what], **values)]
    if facts.by and what in BY:
        told.append(said(language, BY[what], name=facts.by))
    end = ["", said(language, ADDRESS, address=facts.address), said(language, WHY)]
    return said(language, SUBJECTS[what], **values), "\n".join([*told, *lines, *end]) + "\n"


def _when(entry: Entry, language: str) -> str:
    zone = ZoneInfo(entry.timezone)
    starts, ends = entry.starts_at.astimezone(zone), entry.ends_at.astimezone(zone)
    day = format_skeleton("MMMEd", starts, locale=language)
    return said(language, WHEN, day=day, starts=_clock(starts), ends=_clock(ends))


def _moment(at: datetime, language: str) -> str:
    return f"{format_skeleton('MMMEd', at, locale=language)} {_clock(at)}"


def _clock(at: datetime) -> str:
    return f"{at.hour}:{at.minute:02}"
