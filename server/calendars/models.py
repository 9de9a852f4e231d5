"""Private calendar addresses, and letters that wait to be sent."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import BIG, Base


class CalendarFeed(Base):
    """A person's secret address for calendar programs; shown once, kept as a hash."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60), default="")
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    language: Mapped[str] = mapped_column(String(5), default="ja")
    created_at: Mapped[datetime]


class MailChoice(Base):
    """Which mails a person wants; nobody's row means none."""

    __tablename__ = "mail_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    invitations: Mapped[bool] = mapped_column(default=False)  # a calendar program enters and strikes out bookings
    notices: Mapped[bool] = mapped_column(default=False)  # what others or the house did, and what waits for an answer


class Letter(Base):
    """A mail that waits to be sent: at least once, with growing pauses, for a day (RP-22)."""

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str] = mapped_column(String(100), unique=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text, default="")  # the .ics that goes with it
    method: Mapped[str] = mapped_column(String(16), default="")  # REQUEST, CANCEL; empty: a notice
    written_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    drop_at: Mapped[datetime]  # from then on it helps nobody any more
    tries: Mapped[int] = mapped_column(default=0)

    __table_args__ = ({"sqlite_autoincrement": True},)
