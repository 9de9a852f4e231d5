"""iCalendar documents (RFC 5545, RFC 7986) of bookings, as Outlook and Thunderbird take them; pure.

A weekly series is written as single events that name their series: its days are moved and cancelled one by one, and
both programs follow single events by UID and SEQUENCE, while their reading of exceptions to a rule differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress

from server.bookings.rules import WITH_SUBJECT
from server.calendars.rules import Entry, is_in_calendar, revision, takes_time
from server.calendars.words import N_, said
from server.places.words import KINDS

PRODUCT = "-//Iruka//Seats//EN"
READ_AGAIN = timedelta(minutes=30)  # how often calendar programs are asked to look; most have a pace of their own
NAME = N_("My seats")
CANCELLED = N_("Cancelled: %(what)s")
WHERE = N_("%(seat)s, %(floor)s, %(building)s")
FLOOR = N_("%(floor)sF %(name)s")
HOW_TO = N_("Change or cancel it here: %(address)s")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the calendar comes from.

    host   ends every UID, so that two servers never name the same event
    url    the pages' address
    """

    host: str
    url: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and a mail address."""

    name: str
    address: str


def feed(entries: Sequence[Entry], language: str, timezone: str, site: Site) -> bytes:
    """A person's calendar. Without METHOD: it is read again and again, and nobody is invited."""
    calendar = _calendar(language, timezone)
    calendar.calendar_name = said(language, NAME)
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT30M")
    calendar.add("x-wr-timezone", timezone)
    for entry in entries:
        if is_in_calendar(entry):
            calendar.add_component(_event(entry, language, site, entry.changed_at))
    return _written(calendar)


def single(entry: Entry, language: str, site: Site) -> bytes:
    """One booking, to be opened with a calendar program."""
    calendar = _calendar(language, entry.timezone)
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(entry, language, site, entry.changed_at))
    return _written(calendar)


def invitation(entry: Entry, language: str, site: Site, sender: Mailbox, to: Mailbox, now: datetime) -> bytes:
    """What a mail carries (RFC 5546): a request, or the cancellation of one that was sent before."""
    calendar = _calendar(language, entry.timezone)
    calendar.add("method", "CANCEL" if entry.is_gone else "REQUEST")
    event = _event(entry, language, site, now)
    event.add("organizer", _mailbox(sender))
    attendee = _mailbox(to)
    attendee.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    event.add("attendee", attendee)
    calendar.add_component(event)
    return _written(calendar)


def name_of(entry: Entry, language: str) -> str:
    """What a calendar shows: "グループアドレス席 18A-012"."""
    kind = said(language, KINDS[entry.kind])
    what = f"{kind} {entry.seat}"
    subject = "".join(letter for letter in entry.subject if letter.isprintable())
    return f"{subject} ({what})" if entry.kind in WITH_SUBJECT and subject else what


def place_of(entry: Entry, language: str) -> str:
    """Seat, floor and building."""
    english = language == "en"
    floor_name = (english and entry.floor_name_en) or entry.floor_name
    floor = said(language, FLOOR, floor=entry.floor, name=floor_name)
    return said(language, WHERE, seat=entry.seat, floor=floor,
                building=(english and entry.building_en) or entry.building)  # fmt: skip


def uid(entry: Entry, site: Site) -> str:
    """The booking's name for ever, whatever becomes of it."""
    return f"booking-{entry.booking_id}@{site.host}"


def _calendar(language: str, timezone: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT.replace("EN", language.upper()))
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add_component(_zone(timezone))
    return calendar


@cache
def _zone(timezone: str) -> Timezone:
    """Looking for a zone's changes takes longer than writing a person's bookings."""
    return Timezone.from_tzinfo(ZoneInfo(timezone))


def _event(entry: Entry, language: str, site: Site, stamp: datetime) -> Event:
    event, zone = Event(), ZoneInfo(entry.timezone)
    name = name_of(entry, language)
    address = f"{site.url}/seats"
    event.add("uid", uid(entry, site))
    event.add("dtstamp", stamp)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", revision(entry))
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    # Outlook shows what it has subscribed to whatever its status says, hence the words.
    event.add("summary", said(language, CANCELLED, what=name) if entry.is_gone else name)
    event.add("location", place_of(entry, language))
    event.add("description", said(language, HOW_TO, address=address))
    event.add("url", address)
    event.add("status", "CANCELLED" if entry.is_gone else "CONFIRMED")
    event.add("class", "PRIVATE")  # who shares a calendar does not share by it where they sit
    is_busy = takes_time(entry)
    event.add("transp", "OPAQUE" if is_busy else "TRANSPARENT")
    event.add("x-microsoft-cdo-busystatus", "BUSY" if is_busy else "FREE")
    if entry.series_id is not None:
        event.add("related-to", f"series-{entry.series_id}@{site.host}", parameters={"RELTYPE": "PARENT"})
    return event


def _mailbox(of: Mailbox) -> vCalAddress:
    address = vCalAddress(f"mailto:{of.address}")
    address.params["CN"] = of.name
    return address


def _written(calendar: Calendar) -> bytes:
    return bytes(calendar.to_ical())
