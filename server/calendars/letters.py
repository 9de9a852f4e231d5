"""Mails about one's own bookings: written with the change itself, sent later, for those who chose them (RP-22)."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, select

from server import db
from server.bookings import news
from server.bookings.news import News, What
from server.calendars import ical, queries
from server.calendars.ical import Mailbox, Site
from server.calendars.models import Letter, MailChoice
from server.calendars.rules import Entry, is_ahead
from server.calendars.wording import Facts, text_of
from server.people import queries as people
from server.settings import MAIL, Settings, Smtp

NAME = "Iruka"
KEEP_TRYING = timedelta(hours=24)
WARNING_LASTS = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
ENTERED = frozenset({What.MADE, What.CHANGED, What.CANCELLED, What.RELEASED})  # what a calendar takes notice of
BY_OTHERS = frozenset({What.MADE, What.CHANGED, What.CANCELLED})  # news to its person when somebody else did it
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Office:
    """Where letters go out, and what they say about where they come from."""

    smtp: Smtp
    site: Site

    @property
    def sender(self) -> Mailbox:
        """Whom letters are from."""
        return Mailbox(NAME, self.smtp.sender)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter on its way; sent again it has the same `message_id`, by which whoever gets it tells the copies."""

    id: int
    message_id: str
    to: Mailbox
    subject: str
    body: str
    calendar: str
    method: str
    written_at: datetime


_office: Office | None = None


def site_of(config: Settings) -> Site:
    """Where our calendars come from."""
    return Site(urlsplit(config.base_url).hostname or "localhost", config.base_url)


def use(config: Settings) -> None:
    """Write letters from now on if there is a mail server, else none."""
    global _office
    _office = None if config.smtp is None else Office(config.smtp, site_of(config))


def office() -> Office | None:
    """Where letters go out; None: nowhere."""
    return _office


def choose(person_id: int, *, invitations: bool, notices: bool) -> None:
    """The person wants these mails from now on; what waits of the others is not sent any more."""
    chosen = {"invitations": invitations, "notices": notices}
    row = db.upsert(MailChoice).values(person_id=person_id, **chosen)
    db.session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=chosen))
    if not invitations:
        db.session.execute(delete(Letter).where(Letter.person_id == person_id, Letter.method != ""))
    if not notices:
        db.session.execute(delete(Letter).where(Letter.person_id == person_id, Letter.method == ""))


@news.when_told
def write(told: News) -> None:
    """Write the letter that its person chose, if any, in the transaction of the change."""
    if _office is None:
        return
    wants_invitations, wants_notices = queries.wants(told.person_id)
    if not (wants_invitations or wants_notices) or not _is_address(queries.address(told.person_id)):
        return
    db.session.flush()  # what has just been changed is read
    entry = None if told.what is What.ASKED else queries.entry(told.thing_id)
    if entry is None and told.what is not What.ASKED:
        return
    is_notice = wants_notices and (told.what not in BY_OTHERS or told.by_id is not None)
    is_entered = wants_invitations and told.what in ENTERED and entry is not None and is_ahead(entry)
    if is_notice or is_entered:
        _write(_office, told, entry, is_entered=is_entered)


def take(now: datetime, today: date) -> Outgoing | None:
    """The next letter that is due, in the caller's transaction; if it is not sent, it is due again after a pause.

    One that helps nobody any more is dropped: its time is over, its person has left, changed their mind or their
    address.
    """
    wanted = select(Letter).where(Letter.due_at <= now).order_by(Letter.due_at, Letter.id).limit(1)
    while (row := db.session.scalars(wanted.with_for_update(skip_locked=True)).first()) is not None:
        name, address = _whose(row.person_id, today)
        wants_invitations, wants_notices = queries.wants(row.person_id)
        is_wanted = wants_invitations if row.method else wants_notices
        if row.drop_at > now and is_wanted and _is_address(address):
            row.tries += 1
            row.due_at = now + pause(row.tries)
            return Outgoing(row.id, row.message_id, Mailbox(name, address), row.subject, row.body, row.calendar,
                            row.method, row.written_at)  # fmt: skip
        db.session.delete(row)
        db.session.flush()
    return None


def done(letter_id: int) -> None:
    """A letter is sent, or will never be taken."""
    db.session.execute(delete(Letter).where(Letter.id == letter_id))


def forget(now: datetime) -> int:
    """Delete letters whose time is over; returns how many."""
    return len(list(db.session.scalars(delete(Letter).where(Letter.drop_at <= now).returning(Letter.id))))


def pause(tries: int) -> timedelta:
    """How long until the next try: a minute, then twice as long each time, at most an hour."""
    doublings: int = min(tries - 1, 10)
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))


def waiting(person_id: int) -> Sequence[str]:
    """The subjects of what waits for a person."""
    return list(db.session.scalars(select(Letter.subject).where(Letter.person_id == person_id).order_by(Letter.id)))


def _write(office: Office, told: News, entry: Entry | None, *, is_entered: bool) -> None:
    day = told.now.date()
    name, address = _whose(told.person_id, day)
    language = queries.language(told.person_id)
    until = queries.offered_until(told.thing_id) if told.what is What.OFFERED else None
    by = "" if told.by_id is None else _whose(told.by_id, day)[0]
    seat = queries.series_seat(told.thing_id) if entry is None else entry.seat
    subject, body = text_of(told.what, Facts(entry, seat, by, until, f"{office.site.url}/seats"), language)
    calendar = ""
    if is_entered and entry is not None:
        to = Mailbox(name, address)
        calendar = ical.invitation(entry, language, office.site, office.sender, to, told.now).decode()
    drop_at = told.now + KEEP_TRYING
    if told.what is What.WARNED and entry is not None:
        drop_at = min(entry.ends_at, told.now + WARNING_LASTS)
    elif until is not None:
        drop_at = until
    db.session.add(
        Letter(
            person_id=told.person_id,
            message_id=f"<{secrets.token_hex(16)}@{office.site.host}>",
            subject=UNPRINTABLE.sub(" ", subject)[:200].strip(),
            body=body,
            calendar=calendar,
            method="" if entry is None or not is_entered else "CANCEL" if entry.is_gone else "REQUEST",
            written_at=told.now,
            due_at=told.now,
            drop_at=drop_at,
        )
    )


def _whose(person_id: int, day: date) -> tuple[str, str]:
    """The name and mail address of somebody who works here on that day; both empty otherwise."""
    card = people.cards(day, [person_id]).get(person_id)
    return ("", "") if card is None else (f"{card.family_name} {card.given_name}".strip(), card.mail)


def _is_address(text: str) -> bool:
    return MAIL.fullmatch(text) is not None and len(text) <= 100
