"""The audit log: who did what that others may ask about later; a chain of hashes, so that no line gets lost.

Each line's digest covers the digest of the line before it (SR-42).
"""

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server import db


class Entry(db.Base):
    """One line of the log; names are kept as they were, since accounts go."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(db.BIG, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(130))
    action: Mapped[str] = mapped_column(String(40), index=True)
    subject: Mapped[str] = mapped_column(String(130), default="")
    details: Mapped[str] = mapped_column(Text, default="{}")  # JSON
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))

    __table_args__ = ({"sqlite_autoincrement": True},)


class Anchor(db.Base):
    """Where the chain begins since older lines were forgotten: the digest of the newest line that is gone."""

    __tablename__ = "audit_anchor"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(db.BIG)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
