"""Every sentence the scripts of the seats' map say, in the reader's language, and what its page starts with."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from flask_babel import gettext

from server.bookings.rules import FURTHEST, WITH_SUBJECT
from server.places.rules import Opening
from server.places.words import EQUIPMENT, KINDS, WRONG


def N_(sentence: str) -> str:  # noqa: N802  the name that catalogues are gathered by
    """Mark a sentence for the catalogue."""
    return sentence


SENTENCES = (
    N_("Free seat"),
    N_("Taken"),
    N_("Occupied"),
    N_("My seat"),
    N_("Not available"),
    N_("You sit here"),
    N_("Needs attention: %(what)s"),
    N_("%(what)s (%(note)s)"),
    N_("%(n)s seats need attention"),
    N_("Not available: %(why)s"),
    N_("somebody’s own seat"),
    N_("for the section it belongs to"),
    N_("for its section first, later on the day for everybody"),
    N_("kept for those who need it"),
    N_("cannot be booked so far ahead"),
    N_("cannot be booked ahead"),
    N_("the table is taken in part"),
    N_("Loading"),
    N_("Today"),
    N_("Today, %(day)s"),
    N_("Whole table"),
    N_("Priority seat"),
    N_("%(n)s people"),
    N_(", "),
    N_("Seats on %(day)s, %(from)s to %(to)s"),
    N_("%(n)s free seats"),
    N_("%(free)s of %(total)s free"),
    N_("%(free)s/%(total)s free"),
    N_("%(name)s: %(free)s of %(total)s seats free"),
    N_("free %(times)s"),
    N_("Free %(from)s to %(to)s: choose this time"),
    N_("Choose a seat on the plan or in the list."),
    N_("There are no seats on this floor."),
    N_("Press a zone to see its seats larger, or choose one in the list."),
    N_("Check in"),
    N_("Check in until %(to)s"),
    N_("Book %(day)s, %(from)s–%(to)s"),
    N_("Change to %(from)s–%(to)s"),
    N_("Move here from %(seat)s"),
    N_("Extend to %(time)s"),
    N_("Release the seat"),
    N_("Cancel booking"),
    N_("Add to my calendar"),
    N_("Show %(seat)s close by, which is free"),
    N_("%(seat)s close by is free at that time."),
    N_("Book %(seat)s"),
    N_("%(who)s answers for this rule."),
    N_("Booked."),
    N_("Changed."),
    N_("Extended."),
    N_("The seat is yours now."),
    N_("The seat is free again."),
    N_("Booking cancelled."),
    N_("It could not be sent. Nothing has been booked; please try again in a moment."),
)


def words() -> dict[str, str]:
    """English sentence → the reader's."""
    return {sentence: gettext(sentence) for sentence in SENTENCES}


def facts(asked: Mapping[str, str], opening: Opening, now: datetime) -> dict[str, object]:
    """What the map's page starts with: whether seats are shown, of which day, which one, which booking is moved."""
    move = asked.get("move", "")
    days = open_days(opening, now)
    return {
        "show": asked.get("show") == "seats",
        "day": asked.get("day", "")[:10] or next(iter(days), None),
        "open_days": days,
        "seat": asked.get("seat", "")[:32] or None,
        "move": int(move) if move.isascii() and move.isdigit() and len(move) <= 18 else None,
        "equipment": {one.value: gettext(words) for one, words in EQUIPMENT.items()},
        "with_subject": sorted(WITH_SUBJECT),
        "kinds": {one.value: gettext(words) for one, words in KINDS.items()},
        "wrong": {what: gettext(words) for what, words in WRONG.items()},
    }


def open_days(opening: Opening, now: datetime) -> list[str]:
    """The days ahead on which seats can be had, as far as anything is booked; today until the building closes."""
    local = now.astimezone(opening.zone)
    today = local.date()
    is_over = opening.closes != time(0) and local.time() >= opening.closes
    days = (today + timedelta(days=n) for n in range(is_over, FURTHEST.days + 1))
    return [day.isoformat() for day in days if opening.is_open_on(day)]
