"""The numbering plan, extensions, and who holds them when."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, forbid_overlap


class NumberRange(Base):
    """Part of the numbering plan: whose numbers these are, or that nobody gets them."""

    __tablename__ = "number_range"

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str] = mapped_column(String(8))
    last: Mapped[str] = mapped_column(String(8))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)  # None: anybody's
    use: Mapped[str] = mapped_column(String(16), default="assignable")
    note: Mapped[str] = mapped_column(String(100), default="")

    __table_args__ = (
        CheckConstraint("length(first) = length(last) AND first <= last", name="order"),
        CheckConstraint("use IN ('assignable', 'reserved', 'retired')", name="use"),
    )


class Extension(Base):
    """A number inside the house, with its outside line where it has one."""

    __tablename__ = "extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(8), unique=True)
    kind: Mapped[str] = mapped_column(String(16), default="smartphone")
    outside_number: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(String(100), default="")
    retired_on: Mapped[date | None]
    moved_to_id: Mapped[int | None] = mapped_column(ForeignKey("extension.id", ondelete="SET NULL"))
    moved_until: Mapped[date | None]  # until then the number says where it moved to

    __table_args__ = (
        CheckConstraint("kind IN ('smartphone', 'section', 'desk', 'fax', 'phs')", name="kind"),
        CheckConstraint("moved_to_id IS NULL OR moved_to_id <> id", name="moved"),
    )


class ExtensionTerm(Base):
    """Who holds a number: a person, a section, a place or a device; one holder at a time, by constraint."""

    __tablename__ = "extension_term"

    id: Mapped[int] = mapped_column(primary_key=True)
    extension_id: Mapped[int] = mapped_column(ForeignKey("extension.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), index=True)
    device: Mapped[str | None] = mapped_column(String(60))
    is_main: Mapped[bool] = mapped_column(default=False)  # the number under which the section is called
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="term"),
        CheckConstraint(
            "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN unit_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN zone_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN device IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_holder",
        ),
    )


forbid_overlap(ExtensionTerm, "extension_id")
