"""Units, people and their dated memberships; accounts and sessions; each person's own choices."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import BIG, Base
from server.people.rules import Audience, Level, Role, Signal


def _one_of(column: str, choices: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(c.value) for c in choices)})"


class Unit(Base):
    """A bureau, department, section or office, for the days it exists."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    kana: Mapped[str] = mapped_column(String(100), default="")  # the name's reading, for searching and sorting
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
    duties: Mapped[str] = mapped_column(String(200), default="")  # what they do in this post; the section keeps it
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
    """A sign-in; one without a password hash signs in elsewhere, one without a person is a device or an operator."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(16), default=Role.STAFF.value)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(String(5))
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint(_one_of("role", Role), name="role"),)


class Identity(Base):
    """Who an account is elsewhere: a directory's or a provider's own name for it, never a mail address (SR-12)."""

    __tablename__ = "identity"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)  # "ldap:<host>…" or an OIDC issuer
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    linked_at: Mapped[datetime]


class SecondFactor(Base):
    """The secret that an account's authenticator app shares with us (RFC 6238), encrypted with our secret key."""

    __tablename__ = "second_factor"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(255))
    confirmed_at: Mapped[datetime | None]  # None: not proven yet, so not asked for
    last_step: Mapped[int] = mapped_column(BIG, default=0)  # the newest time step used: a code opens once


class RecoveryCode(Base):
    """One of the codes that open an account once when the authenticator is lost; hashed."""

    __tablename__ = "recovery_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)


class ApiToken(Base):
    """A script's or a device's key to the API: shown once, hashed here, limited in reach and in time (SR-16)."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    prefix: Mapped[str] = mapped_column(String(16))  # the beginning, to recognise it by
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[str] = mapped_column(String(200))  # separated by spaces
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("expires_at > created_at", name="term"),)


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
    method: Mapped[str] = mapped_column(String(16), default="password")  # password, ldap, oidc, proxy
    browser: Mapped[str] = mapped_column(String(60), default="")  # "Firefox, Windows", to recognise the session by
    proven_at: Mapped[
        datetime | None
    ]  # when who it is was last proven by password or code; sensitive actions ask (SR-19)
    factor_at: Mapped[datetime | None]  # when the second factor was given


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
    signal: Mapped[str] = mapped_column(String(16), primary_key=True, default=Signal.BEACON.value)
    level: Mapped[str] = mapped_column(String(16))

    __table_args__ = (
        CheckConstraint(_one_of("audience", Audience), name="audience"),
        CheckConstraint(_one_of("signal", Signal), name="signal"),
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


class ProtectionRequest(Base):
    """Somebody asks that a person be hidden from everyone, or no longer; another one grants it or not (P13)."""

    __tablename__ = "protection_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    protect: Mapped[bool]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    asked_by_name: Mapped[str] = mapped_column(String(130))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    decided_by_name: Mapped[str] = mapped_column(String(130), default="")
    decided_at: Mapped[datetime | None]
    granted: Mapped[bool | None]

    __table_args__ = (
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="two_people"),
        Index(
            "uq_protection_request_open",
            "person_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )
