"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from server import db
from server.calendars.models import CalendarFeed, Letter, MailChoice


def export(person_id: int) -> dict[str, Sequence[Mapping[str, object]]]:
    """Calendar addresses without the key that opens them, the mails they chose, and mails that wait."""
    feeds = select(CalendarFeed).where(CalendarFeed.person_id == person_id).order_by(CalendarFeed.created_at)
    choices = select(MailChoice).where(MailChoice.person_id == person_id)
    letters = select(Letter).where(Letter.person_id == person_id).order_by(Letter.written_at)
    return {
        "calendar_feed": [
            {name: getattr(row, name) for name in ("name", "language", "created_at")}
            for row in db.session.scalars(feeds)
        ],
        "mail_choice": [
            {name: getattr(row, name) for name in ("invitations", "notices")} for row in db.session.scalars(choices)
        ],
        "letter": [
            {name: getattr(row, name) for name in ("subject", "body", "written_at")}
            for row in db.session.scalars(letters)
        ],
    }
