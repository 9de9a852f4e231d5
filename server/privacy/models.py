"""What the nightly jobs forgot (P10)."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class RetentionRun(Base):
    """A job that deletes what is too old, or has its hour, ran on a day: when last, and how much it deleted."""

    __tablename__ = "retention_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(80), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    deleted: Mapped[int]
