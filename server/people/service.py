"""What happens to accounts and to people's choices; the caller commits."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.people import passwords, queries, rules, sessions
from server.people.models import (
    Account,
    Membership,
    Notice,
    NoticeRead,
    Pause,
    Person,
    Unit,
    Visibility,
)
from server.people.rules import NOTICE_LENGTHS, Audience, Level, PauseLength, Role, Signal


def add_unit(
    code: str,
    name: str,
    kind: str,
    valid_from: date,
    *,
    name_en: str = "",
    kana: str = "",
    parent_id: int | None = None,
    sort: int = 0,
    valid_to: date | None = None,
) -> int:
    """A new unit; returns its id."""
    unit = Unit(
        code=code,
        name=name,
        name_en=name_en or name,
        kana=kana,
        kind=kind,
        parent_id=parent_id,
        sort=sort,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    db.session.add(unit)
    db.session.flush()  # the caller needs the key
    return unit.id


def add_person(staff_no: str, family_name: str, given_name: str, active_from: date, **fields: Any) -> int:
    """A new person; `fields` are further columns of Person. The kana key is made here. Returns the id."""
    kana = f"{fields.get('family_kana', '')} {fields.get('given_kana', '')}".strip()
    person = Person(
        staff_no=staff_no,
        family_name=family_name,
        given_name=given_name,
        active_from=active_from,
        kana_key=rules.kana_key(kana),
        **fields,
    )
    db.session.add(person)
    db.session.flush()  # the caller needs the key
    return person.id


def add_membership(
    person_id: int,
    unit_id: int,
    valid_from: date,
    *,
    title: str = "",
    is_primary: bool = True,
    is_head: bool = False,
    duties: str = "",
    valid_to: date | None = None,
) -> None:
    """A post in a unit; a second open primary post is refused by the database."""
    db.session.execute(
        insert(Membership).values(
            person_id=person_id,
            unit_id=unit_id,
            title=title,
            is_primary=is_primary,
            is_head=is_head,
            duties=duties,
            valid_from=valid_from,
            valid_to=valid_to,
        )
    )


def set_duties(person_id: int, unit_id: int, duties: str, day: date, now: datetime) -> bool:
    """What somebody does in the post they hold in a unit that day; returns whether it became another text."""
    text = " ".join(duties.split())
    if len(text) > rules.DUTIES_LENGTH or any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise Refused("bad_duties", "Duties are one line of at most 200 characters.", 422)
    post = (
        (Membership.person_id == person_id)
        & (Membership.unit_id == unit_id)
        & (Membership.valid_from <= day)
        & or_(Membership.valid_to.is_(None), Membership.valid_to > day)
    )
    written = update(Membership).where(post, Membership.duties != text).values(duties=text).returning(Membership.id)
    if not list(db.session.scalars(written)):
        return False
    changes.record(Thing.CHOICES, person_id, now)
    return True


def create_account(login: str, password: str, role: Role, now: datetime, person_id: int | None = None) -> int:
    """A new sign-in, or Refused when the name or the password will not do."""
    name = login.strip().lower()
    if not 1 <= len(name) <= 64 or any(c.isspace() or not c.isprintable() for c in name):
        raise Refused("bad_login", "A sign-in name has 1 to 64 characters and no spaces.", 422)
    passwords.check_new(password)
    account = Account(
        login=name, password_hash=passwords.hashed(password), role=role.value, person_id=person_id, created_at=now
    )
    db.session.add(account)
    try:
        db.session.flush()  # the unique sign-in name decides
    except IntegrityError as error:
        if "login" not in str(error.orig):  # the person has got an account meanwhile
            raise
        raise Refused("login_taken", "This sign-in name is taken.") from None
    return account.id


def verify(login: str, password: str) -> int | None:
    """The account that this name and password open, or None; takes as long either way (SR-11)."""
    found = matched(login, password)
    return None if found is None else found[0]


def matched(login: str, password: str) -> tuple[int, str] | None:
    """The same with the hash that the password fits, which `hold` wants to see again."""
    found = db.session.execute(
        select(Account.id, Account.password_hash).where(Account.login == login.strip().lower(), Account.active)
    ).first()
    db.session.remove()  # a hash takes its time; nobody needs to wait for our connection meanwhile
    stored = found.password_hash or None if found is not None else None  # "": no password here, like nobody's
    right = passwords.is_right(stored, password)
    return (found.id, found.password_hash) if found is not None and right else None


def hold(account_id: int, password_hash: str | None) -> None:
    """Let no session of the account end or begin elsewhere until the caller commits (SR-07).

    Refused when the account was closed since its login was checked, or its password changed; None: it was no password.
    """
    sessions.lock(account_id)
    row = db.session.execute(select(Account.active, Account.password_hash).where(Account.id == account_id)).first()
    if row is None or not row.active or password_hash not in (None, row.password_hash):
        raise Refused("account_changed", "This account has just been changed. Please log in again.")


def renew_hash(account_id: int, password: str) -> None:
    """Hash again when the parameters have become stronger since."""
    if passwords.is_outdated(queries.password_hash(account_id)):
        _set_hash(account_id, password)


def set_password(account_id: int, password: str, now: datetime) -> None:
    """A new password; every session of the account ends (SR-07)."""
    passwords.check_new(password)
    _set_hash(account_id, password)
    sessions.end_all(account_id, now)


def set_role(account_id: int, role: Role, now: datetime) -> None:
    """Another role; every session of the account ends (SR-07)."""
    db.session.execute(update(Account).where(Account.id == account_id).values(role=role.value))
    sessions.end_all(account_id, now)


def deactivate(account_id: int, now: datetime) -> None:
    """Nobody signs in with this account any more; its sessions end (SR-07)."""
    db.session.execute(update(Account).where(Account.id == account_id).values(active=False))
    sessions.end_all(account_id, now)


def set_language(account_id: int, language: str) -> None:
    """The language the account reads."""
    db.session.execute(update(Account).where(Account.id == account_id).values(language=language))


def set_visibility(
    person_id: int, levels: Mapping[Audience, Level], now: datetime, signal: Signal = Signal.BEACON
) -> None:
    """What each audience may see from now on of a place that this signal tells (P4)."""
    for audience, level in levels.items():
        row = db.upsert(Visibility).values(
            person_id=person_id, audience=audience.value, signal=signal.value, level=level.value
        )
        db.session.execute(
            row.on_conflict_do_update(index_elements=["person_id", "audience", "signal"], set_={"level": level.value})
        )
    changes.record(Thing.CHOICES, person_id, now)


def pause(person_id: int, length: PauseLength, now: datetime, zone: tzinfo) -> datetime | None:
    """Hide the person's place from everyone (P5); returns when it ends by itself, None: never."""
    until = rules.pause_until(length, now, zone)
    row = db.upsert(Pause).values(person_id=person_id, since=now, until=until)
    db.session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_={"since": now, "until": until}))
    changes.record(Thing.CHOICES, person_id, now)
    return until


def resume(person_id: int, now: datetime) -> None:
    """End a pause."""
    db.session.execute(delete(Pause).where(Pause.person_id == person_id))
    changes.record(Thing.CHOICES, person_id, now)


def expire_pauses(now: datetime) -> int:
    """Forget pauses that are over and tell those who watch; returns how many."""
    over = list(
        db.session.scalars(delete(Pause).where(Pause.until.is_not(None), Pause.until <= now).returning(Pause.person_id))
    )
    changes.record(Thing.CHOICES, over, now)
    return len(over)


def publish_notice(
    text_ja: str,
    text_en: str,
    officer: str,
    rules_document: str,
    now: datetime,
    union_consulted_on: date | None = None,
) -> int:
    """A new version of the purpose text; until people have read it nothing is recorded of them (P2).

    Both texts, the responsible officer and the rules document must be there (P17).
    """
    if not all(text.strip() for text in (text_ja, text_en, officer, rules_document)):
        raise Refused("incomplete_notice", "A notice needs both texts, the officer and the rules document.", 422)
    for text, (name, longest) in zip((text_ja, text_en, officer, rules_document), NOTICE_LENGTHS.items(), strict=True):
        if len(text) > longest:
            raise Refused("notice_too_long", "%(name)s has at most %(n)s characters.", 422, name=name, n=longest)
        if any(unicodedata.category(c) == "Cs" or c == "\0" for c in text):
            raise Refused("unreadable", "The text contains characters that cannot be kept.", 422)
    version = (db.session.scalar(select(func.max(Notice.version))) or 0) + 1
    row = db.upsert(Notice).values(
        version=version,
        text_ja=text_ja,
        text_en=text_en,
        officer=officer,
        rules_document=rules_document,
        union_consulted_on=union_consulted_on,
        published_at=now,
    )
    if db.session.scalar(row.on_conflict_do_nothing().returning(Notice.version)) is None:
        raise Refused("published_meanwhile", "Somebody else has just published a version. Read that one first.")
    changes.record(Thing.CHOICES, 0, now)
    return version


def read_notice(person_id: int, version: int, now: datetime) -> None:
    """The person has read this version; reading twice changes nothing."""
    if version != queries.newest_notice_version():
        raise Refused("notice_changed", "The notice has changed. Read the new version first.")
    row = db.upsert(NoticeRead).values(person_id=person_id, version=version, read_at=now)
    db.session.execute(row.on_conflict_do_nothing())
    changes.record(Thing.CHOICES, person_id, now)


def _set_hash(account_id: int, password: str) -> None:
    db.session.execute(update(Account).where(Account.id == account_id).values(password_hash=passwords.hashed(password)))
