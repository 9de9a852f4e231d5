"""Call-back memos (取次ぎ): who called for whom while they were away."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Memo(Base):
    """Somebody called for a person or a section while they were away (取次ぎ)."""

    __tablename__ = "memo"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    caller: Mapped[str] = mapped_column(String(100))
    number: Mapped[str] = mapped_column(String(30), default="")
    matter: Mapped[str] = mapped_column(String(500), default="")
    wish: Mapped[str] = mapped_column(String(16), default="call_back")
    urgency: Mapped[str] = mapped_column(String(16), default="normal")
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    taken_by_name: Mapped[str] = mapped_column(String(130))
    taken_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    handled_by_name: Mapped[str] = mapped_column(String(130), default="")

    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (unit_id IS NULL)", name="one_reader"),
        CheckConstraint("wish IN ('call_back', 'calls_again', 'information')", name="wish"),
        CheckConstraint("urgency IN ('normal', 'today', 'urgent')", name="urgency"),
        Index("ix_memo_handled_at", "handled_at"),
    )
