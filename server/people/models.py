"""Units, people and their dated memberships; accounts and sessions; each person's own choices."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.people.rules import Audience, Level, Role


def _one_of(column: str, choices: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(c.value) for c in choices)})"


class Unit(Base):
    """A bureau, department, section or office, for the days it exists."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    kind: Mapped[str] = mapped_column(String(16))  # bureau, department, section, office, subsection
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    sort: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="term"),
    )


class Person(Base):
    """Somebody who works here; names as the person writes them."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_no: Mapped[str] = mapped_column(String(32), unique=True)
    family_name: Mapped[str] = mapped_column(String(60))
    given_name: Mapped[str] = mapped_column(String(60), default="")
    family_kana: Mapped[str] = mapped_column(String(60), default="")
    given_kana: Mapped[str] = mapped_column(String(60), default="")
    kana_key: Mapped[str] = mapped_column(String(160), default="", index=True)  # rules.kana_key, for sorting
    mail: Mapped[str] = mapped_column(String(100), default="")
    employment: Mapped[str] = mapped_column(String(16), default="regular")
    active_from: Mapped[date]
    active_to: Mapped[date | None]
    protected: Mapped[bool] = mapped_column(default=False)  # P13: hidden from everyone else
    opens_at: Mapped[str | None] = mapped_column(String(5))  # own working hours "07:30"; None: the building's
    closes_at: Mapped[str | None] = mapped_column(String(5))

    __table_args__ = (CheckConstraint("active_to IS NULL OR active_to > active_from", name="term"),)


class Membership(Base):
    """A person's post in a unit, dated; exactly one primary post at a time."""

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(60), default="")
    is_primary: Mapped[bool] = mapped_column(default=True)
    is_head: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("person_id", "unit_id", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="term"),
        Index(
            "uq_membership_primary_open",
            "person_id",
            unique=True,
            sqlite_where=text("is_primary = 1 AND valid_to IS NULL"),
            postgresql_where=text("is_primary AND valid_to IS NULL"),
        ),
    )


class Account(Base):
    """A local sign-in; a device or an operator has none of the person's fields."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16), default=Role.STAFF.value)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(String(5))
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint(_one_of("role", Role), name="role"),)


class LoginSession(Base):
    """A browser that is signed in; its cookie holds the key, we hold the key's hash (SR-07)."""

    __tablename__ = "login_session"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    data: Mapped[str] = mapped_column(Text, default="{}")
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    admin_until: Mapped[datetime]  # pages for administrators close here unless the session is used before


class SignInFailure(Base):
    """Counts failed sign-ins by account and by address (SR-11)."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(80), index=True)  # "login:<hash>" or "address:<hash>"
    at: Mapped[datetime] = mapped_column(index=True)


class Visibility(Base):
    """How much of their place a person shows to an audience; a missing row means the default (P4)."""

    __tablename__ = "visibility"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    audience: Mapped[str] = mapped_column(String(16), primary_key=True)
    level: Mapped[str] = mapped_column(String(16))

    __table_args__ = (
        CheckConstraint(_one_of("audience", Audience), name="audience"),
        CheckConstraint(_one_of("level", Level), name="level"),
    )


class Pause(Base):
    """The person has hidden their place; `until` None means until they end it (P5)."""

    __tablename__ = "pause"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Notice(Base):
    """One version of the purpose text, shown in full to everyone (P1, P17)."""

    __tablename__ = "notice"

    version: Mapped[int] = mapped_column(primary_key=True)
    text_ja: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    officer: Mapped[str] = mapped_column(String(200))
    rules_document: Mapped[str] = mapped_column(String(200))
    union_consulted_on: Mapped[date | None]
    published_at: Mapped[datetime]


class NoticeRead(Base):
    """The person read this version; nothing is recorded about them before (P2)."""

    __tablename__ = "notice_read"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("notice.version"), primary_key=True)
    read_at: Mapped[datetime]
