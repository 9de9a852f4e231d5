"""Scheduled jobs of mails."""

from server import clock, db
from server.calendars import letters
from server.calendars.post import Counter, Outcome
from server.places import queries as places

MOST = 200  # in one run; the next one begins seconds later


def send_letters(site: str) -> None:
    """Send what is due. No transaction is open while the mail server takes its time, so it holds up nobody.

    A process that dies in between sends the letter again, under the same Message-ID.
    """
    office = letters.office()
    if office is None:
        return
    with db.reading():
        building = places.building(site)
    with Counter(office.smtp) as counter:
        for _ in range(MOST):
            now = clock.now()
            with db.transaction():
                letter = letters.take(now, now.astimezone(building.zone if building else None).date())
            if letter is None:
                return
            outcome = counter.send(letter, office.sender)
            if outcome is Outcome.UNREACHABLE:
                return
            if outcome in (Outcome.SENT, Outcome.REFUSED):
                with db.transaction():
                    letters.done(letter.id)


def forget_letters(_site: str) -> int:
    """Delete letters that could not be sent in time (P10); returns how many."""
    with db.transaction():
        return letters.forget(clock.now())
