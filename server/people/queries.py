"""Reads of people, their posts and their choices; small frozen views, never live rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from server import db
from server.people.models import Account, Membership, Notice, NoticeRead, Pause, Person, Unit, Visibility
from server.people.rules import Audience, Choices, Level, Role, Signal, Viewer

CHUNK = 900
# SQLite accepts 999 to 32,766 variables in a statement depending on how it was built; longer lists are asked in pieces.


@dataclass(frozen=True, slots=True)
class PostView:
    """A post as it is on a day; `duties` is what the section says they do in it."""

    unit_id: int
    unit_path: tuple[str, ...]  # from the bureau down to the unit
    unit_path_en: tuple[str, ...]
    title: str
    duties: str
    is_primary: bool
    is_head: bool


@dataclass(frozen=True, slots=True)
class PersonCard:
    """What a colleague may read of a person besides the place: name, reading, posts and mail."""

    id: int
    family_name: str
    given_name: str
    family_kana: str
    given_kana: str
    kana_key: str
    unit_id: int | None
    unit_name: str
    unit_name_en: str
    unit_path: tuple[str, ...]  # from the bureau down to the unit
    unit_path_en: tuple[str, ...]
    title: str
    mail: str = ""
    posts: tuple[PostView, ...] = ()  # the primary one first

    @property
    def name(self) -> str:
        """Family and given name, as the person writes them."""
        return f"{self.family_name} {self.given_name}".strip()

    @property
    def kana(self) -> str:
        """The reading of the whole name."""
        return f"{self.family_kana} {self.given_kana}".strip()


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit on a day."""

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    parent_id: int | None
    sort: int
    kana: str = ""


@dataclass(frozen=True, slots=True)
class AccountView:
    """A sign-in without its password."""

    id: int
    login: str
    role: Role
    person_id: int | None
    active: bool
    language: str | None


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One version of the purpose text (P1, P17)."""

    version: int
    text_ja: str
    text_en: str
    officer: str
    rules_document: str
    union_consulted_on: date | None
    published_at: datetime

    def text(self, language: str) -> str:
        """The text in a language, Japanese unless English is asked for."""
        return self.text_en if language == "en" else self.text_ja


def choices_of(person_ids: Collection[int] | None = None) -> dict[int, Choices]:
    """What these people (None: all) have chosen; `notice_read` is about the newest notice."""
    version = newest_notice_version()
    levels: defaultdict[tuple[int, Signal], dict[Audience, Level]] = defaultdict(dict)
    columns = (Visibility.person_id, Visibility.audience, Visibility.signal, Visibility.level)
    for person_id, audience, signal, level in _rows_for(select(*columns), Visibility.person_id, person_ids):
        levels[person_id, Signal(signal)][Audience(audience)] = Level(level)
    pauses = dict(_rows_for(select(Pause.person_id, Pause.until), Pause.person_id, person_ids))
    read = {
        person_id
        for (person_id,) in _rows_for(
            select(NoticeRead.person_id).where(NoticeRead.version == version), NoticeRead.person_id, person_ids
        )
    }
    people = _rows_for(select(Person.id, Person.protected), Person.id, person_ids)
    return {
        i: Choices(
            i,
            levels.get((i, Signal.BEACON), {}),
            i in pauses,
            pauses.get(i),
            protected,
            version is not None and i in read,
            levels.get((i, Signal.BOOKING), {}),
        )
        for i, protected in people
    }


def units_of_people(day: date, person_ids: Collection[int] | None = None) -> dict[int, frozenset[int]]:
    """The units each person has a post in on that day; people without one are missing."""
    units: defaultdict[int, set[int]] = defaultdict(set)
    wanted = select(Membership.person_id, Membership.unit_id).where(_holds(Membership, day))
    for person_id, unit_id in _rows_for(wanted, Membership.person_id, person_ids):
        units[person_id].add(unit_id)
    return {person_id: frozenset(found) for person_id, found in units.items()}


def members_of(unit_ids: Collection[int], day: date) -> frozenset[int]:
    """Who has a post in one of these units on that day."""
    wanted = select(Membership.person_id).where(_holds(Membership, day))
    return frozenset(person_id for (person_id,) in _rows_for(wanted, Membership.unit_id, unit_ids))


def viewer_of(account_id: int, day: date) -> Viewer:
    """Who this account is when it looks at others; `heads_unit_ids` includes all units below."""
    found = db.session.execute(select(Account.person_id, Account.role).where(Account.id == account_id)).first()
    if found is not None and found.role == Role.KIOSK:
        return Viewer(None, kiosk=True)  # whoever it belongs to, anybody may stand before it
    if found is None or found.person_id is None:
        return Viewer(None)
    person_id = found.person_id
    posts = db.session.execute(
        select(Membership.unit_id, Membership.is_head).where(Membership.person_id == person_id, _holds(Membership, day))
    ).all()
    heads = {unit_id for unit_id, is_head in posts if is_head}
    return Viewer(
        person_id,
        frozenset(unit_id for unit_id, _head in posts),
        units_below(heads, units_on(day)) if heads else frozenset(),
    )


def heads_on(day: date) -> dict[int, frozenset[int]]:
    """Who heads units on that day: these units by person, with all below."""
    heads: defaultdict[int, set[int]] = defaultdict(set)
    wanted = select(Membership.person_id, Membership.unit_id).where(Membership.is_head, _holds(Membership, day))
    for person_id, unit_id in db.session.execute(wanted):
        heads[person_id].add(unit_id)
    units = units_on(day) if heads else {}
    return {person_id: units_below(found, units) for person_id, found in heads.items()}


def units_below(unit_ids: Iterable[int], units: Mapping[int, UnitView]) -> frozenset[int]:
    """These units and every unit under them."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for unit in units.values():
        if unit.parent_id is not None:
            children[unit.parent_id].append(unit.id)
    found: set[int] = set()
    waiting = list(unit_ids)
    while waiting:
        unit_id = waiting.pop()
        if unit_id not in found:
            found.add(unit_id)
            waiting.extend(children[unit_id])
    return frozenset(found)


def units_on(day: date) -> dict[int, UnitView]:
    """Every unit that exists on that day."""
    columns = (Unit.id, Unit.code, Unit.name, Unit.name_en, Unit.kind, Unit.parent_id, Unit.sort, Unit.kana)
    rows = db.session.execute(select(*columns).where(_holds(Unit, day)).order_by(Unit.sort, Unit.id))
    return {row[0]: UnitView(*row) for row in rows}


def unit_path(unit_id: int | None, units: Mapping[int, UnitView]) -> tuple[UnitView, ...]:
    """The units from the top down to this one."""
    path: list[UnitView] = []
    while unit_id is not None and unit_id in units and units[unit_id] not in path:
        path.append(units[unit_id])
        unit_id = units[unit_id].parent_id
    return tuple(reversed(path))


def cards(day: date, person_ids: Collection[int] | None = None) -> dict[int, PersonCard]:
    """The cards of these people (None: of all who work here that day) with their posts."""
    units = units_on(day)
    posts = _posts(day, person_ids, units)
    names = select(
        Person.id,
        Person.family_name,
        Person.given_name,
        Person.family_kana,
        Person.given_kana,
        Person.kana_key,
        Person.mail,
    ).where(Person.active_from <= day, or_(Person.active_to.is_(None), Person.active_to > day))
    found = {}
    for row in _rows_for(names, Person.id, person_ids):
        held = posts.get(row[0], ())
        primary = held[0] if held and held[0].is_primary else None
        path = () if primary is None else primary.unit_path
        path_en = () if primary is None else primary.unit_path_en
        person_id, family_name, given_name, family_kana, given_kana, key, mail = row
        found[person_id] = PersonCard(
            id=person_id,
            family_name=family_name,
            given_name=given_name,
            family_kana=family_kana,
            given_kana=given_kana,
            kana_key=key,
            unit_id=None if primary is None else primary.unit_id,
            unit_name=path[-1] if path else "",
            unit_name_en=path_en[-1] if path_en else "",
            unit_path=path,
            unit_path_en=path_en,
            title="" if primary is None else primary.title,
            mail=mail,
            posts=held,
        )
    return found


def _posts(
    day: date, person_ids: Collection[int] | None, units: Mapping[int, UnitView]
) -> dict[int, tuple[PostView, ...]]:
    columns = (
        Membership.person_id,
        Membership.unit_id,
        Membership.title,
        Membership.duties,
        Membership.is_primary,
        Membership.is_head,
    )
    wanted = select(*columns).where(_holds(Membership, day)).order_by(Membership.is_primary.desc(), Membership.id)
    paths: dict[int, tuple[UnitView, ...]] = {}
    posts: defaultdict[int, list[PostView]] = defaultdict(list)
    for person_id, unit_id, title, duties, is_primary, is_head in _rows_for(wanted, Membership.person_id, person_ids):
        if unit_id not in paths:
            paths[unit_id] = unit_path(unit_id, units)
        path = paths[unit_id]
        names, names_en = tuple(unit.name for unit in path), tuple(unit.name_en for unit in path)
        posts[person_id].append(PostView(unit_id, names, names_en, title, duties, is_primary, is_head))
    return {person_id: tuple(held) for person_id, held in posts.items()}


def schedules(person_ids: Collection[int] | None = None) -> dict[int, tuple[str | None, str | None]]:
    """Own working hours ("07:30", "16:15") of those who have any; None means the building's."""
    wanted = select(Person.id, Person.opens_at, Person.closes_at).where(
        or_(Person.opens_at.is_not(None), Person.closes_at.is_not(None))
    )
    return {i: (opens, closes) for i, opens, closes in _rows_for(wanted, Person.id, person_ids)}


def person_of_staff_no(staff_no: str, day: date) -> int | None:
    """Who has this staff number and works here on that day; None for whoever is protected, as for nobody (P13)."""
    wanted = select(Person.id).where(Person.staff_no == staff_no, ~Person.protected)
    person_id = db.session.scalar(wanted) if staff_no.isascii() and staff_no.isprintable() else None
    return person_id if person_id in active_ids(day) else None


def active_ids(day: date) -> frozenset[int]:
    """Who works here on that day."""
    return frozenset(
        db.session.scalars(
            select(Person.id).where(Person.active_from <= day, or_(Person.active_to.is_(None), Person.active_to > day))
        )
    )


def newest_notice_version() -> int | None:
    """The version everyone must have read, None before the first is published."""
    return db.session.scalar(select(func.max(Notice.version)))


def newest_notice() -> NoticeView | None:
    """The notice in force."""
    version = newest_notice_version()
    return None if version is None else notice(version)


def notice(version: int) -> NoticeView | None:
    """One version of the notice (P1)."""
    row = db.session.get(Notice, version)
    return None if row is None else _notice(row)


def notice_versions() -> list[NoticeView]:
    """Every version, newest first (P1)."""
    return [_notice(row) for row in db.session.scalars(select(Notice).order_by(Notice.version.desc()))]


def notice_read_at(person_id: int, version: int) -> datetime | None:
    """When the person read this version."""
    return db.session.scalar(
        select(NoticeRead.read_at).where(NoticeRead.person_id == person_id, NoticeRead.version == version)
    )


def accounts() -> list[AccountView]:
    """Every sign-in, by name."""
    return [_account(row) for row in db.session.scalars(select(Account).order_by(Account.login))]


def people_with_role(role: Role) -> frozenset[int]:
    """The people whose account has this role."""
    wanted = select(Account.person_id).where(Account.role == role.value, Account.active, Account.person_id.is_not(None))
    return frozenset(i for i in db.session.scalars(wanted) if i is not None)


def account(account_id: int) -> AccountView | None:
    """One sign-in."""
    row = db.session.get(Account, account_id)
    return None if row is None else _account(row)


def account_by_login(login: str) -> AccountView | None:
    """The sign-in with this name, whatever its case."""
    row = db.session.scalar(select(Account).where(Account.login == login.strip().lower()))
    return None if row is None else _account(row)


def password_hash(account_id: int) -> str:
    """The argon2 hash; for `service` and the sign-in only."""
    return db.session.scalars(select(Account.password_hash).where(Account.id == account_id)).one()


def _notice(row: Notice) -> NoticeView:
    return NoticeView(
        row.version,
        row.text_ja,
        row.text_en,
        row.officer,
        row.rules_document,
        row.union_consulted_on,
        row.published_at,
    )


def _account(row: Account) -> AccountView:
    return AccountView(row.id, row.login, Role(row.role), row.person_id, row.active, row.language)


def _holds(table: type[Membership] | type[Unit], day: date) -> ColumnElement[bool]:
    return (table.valid_from <= day) & or_(table.valid_to.is_(None), table.valid_to > day)


def _rows_for(wanted: Any, column: Any, ids: Collection[int] | None) -> Iterable[Any]:
    if ids is None:
        return db.session.execute(wanted).all()
    unique = sorted(set(ids))
    return [
        row
        for start in range(0, len(unique), CHUNK)
        for row in db.session.execute(wanted.where(column.in_(unique[start : start + CHUNK])))
    ]
