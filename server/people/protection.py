"""Protected people, whom nobody else sees: two people set the flag, and two take it away (P13); the caller commits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.people import queries
from server.people.models import Account, Membership, Person, ProtectionRequest

SHOWN = 20  # people that a search offers; whoever is not among them is found by staff number


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be protected, or is."""

    id: int
    staff_no: str
    name: str
    protected: bool


@dataclass(frozen=True, slots=True)
class RequestView:
    """Somebody asks that a person be protected (`protect`), or no longer."""

    id: int
    person_id: int
    name: str
    staff_no: str
    protect: bool
    asked_by_id: int | None  # None once the account is gone
    asked_by_name: str
    asked_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    granted: bool | None


def find(text: str, day: date, unit_ids: Collection[int] | None = None) -> list[Candidate]:
    """Who works here and has this staff number or such a name or reading; of these units only, if any are given.

    Officers find protected people, who are nowhere else; those who ask within their units do not.
    """
    wanted = "".join(text.split())
    if not wanted or len(wanted) > 100 or not wanted.isprintable():
        return []
    whole = Person.family_name + Person.given_name
    reading = Person.family_kana + Person.given_kana
    found = select(Person).where(
        Person.active_from <= day,
        or_(Person.active_to.is_(None), Person.active_to > day),
        or_(
            Person.staff_no == wanted,
            whole.contains(wanted, autoescape=True),
            reading.contains(wanted, autoescape=True),
        ),
    )
    if unit_ids is not None:
        found = _inside(found, unit_ids, day)
    rows = db.session.scalars(found.order_by(Person.kana_key, Person.id).limit(SHOWN))
    return [Candidate(row.id, row.staff_no, _name(row.family_name, row.given_name), row.protected) for row in rows]


def is_in(person_id: int, unit_ids: Collection[int], day: date) -> bool:
    """Whether somebody who is not protected has their post in one of these units."""
    wanted = _inside(select(Person.id), unit_ids, day).where(Person.id == person_id)
    return db.session.scalar(wanted) is not None


def protected() -> list[Candidate]:
    """Everybody who is protected now, by reading."""
    rows = db.session.scalars(select(Person).where(Person.protected).order_by(Person.kana_key, Person.id))
    return [Candidate(row.id, row.staff_no, _name(row.family_name, row.given_name), True) for row in rows]


def waiting() -> list[RequestView]:
    """Requests nobody has decided, oldest first."""
    return _views(_wanted().where(ProtectionRequest.decided_at.is_(None)).order_by(ProtectionRequest.asked_at))


def decided(n: int) -> list[RequestView]:
    """The requests that were decided last."""
    done = _wanted().where(ProtectionRequest.decided_at.is_not(None))
    return _views(done.order_by(ProtectionRequest.decided_at.desc()).limit(n))


def ask(person_id: int, account_id: int, name: str, now: datetime, *, protect: bool) -> int:
    """Ask that the person be protected, or no longer; returns the request's id."""
    flag = db.session.scalar(select(Person.protected).where(Person.id == person_id).with_for_update())
    if flag is None:
        raise Refused("no_such_person", "There is no such person.", 404)
    if flag == protect:
        if protect:
            raise Refused("protected_already", "This person is protected already.")
        raise Refused("not_protected", "This person is not protected.")
    if _open_request(person_id) is not None:
        raise Refused("asked_already", "A request about this person is waiting already.")
    made = insert(ProtectionRequest).values(
        person_id=person_id, protect=protect, asked_by_id=account_id, asked_by_name=name, asked_at=now,
        decided_by_name="",
    )  # fmt: skip
    return db.session.scalars(made.returning(ProtectionRequest.id)).one()


def ask_unknowing(person_id: int, account_id: int, name: str, now: datetime) -> int:
    """Ask that the person be protected, for somebody who may not know who else is, or for whom a request waits (P13).

    Returns the request that waits then, theirs or another's; to them a protected person is nobody.
    """
    flag = db.session.scalar(select(Person.protected).where(Person.id == person_id).with_for_update())
    if flag is not False:
        raise Refused("no_such_person", "There is no such person.", 404)
    return _open_request(person_id) or ask(person_id, account_id, name, now, protect=True)


def refuse_absent(person_id: int, day: date) -> None:
    """Refused when it is somebody who has left by that day or has not started: nobody finds them anyhow."""
    here = (Person.active_from <= day) & or_(Person.active_to.is_(None), Person.active_to > day)
    if db.session.scalar(select(here).where(Person.id == person_id)) is False:
        raise Refused("not_here", "This person does not work here today, so nobody finds them. Nothing was asked.", 422)


def decide(request_id: int, account_id: int, name: str, now: datetime, *, granted: bool) -> RequestView:
    """Grant the request, which takes effect at once, or turn it down; returns it as it is then.

    Whoever asked may take it back, but granting needs somebody else (P13).
    """
    row = db.session.scalar(
        select(ProtectionRequest)
        .where(ProtectionRequest.id == request_id, ProtectionRequest.decided_at.is_(None))
        .with_for_update()
    )
    if row is None:
        raise Refused("no_such_request", "There is no such request, or somebody has decided it already.", 404)
    own = row.asked_by_id is not None and _is_same_human(row.asked_by_id, account_id)
    if granted and row.asked_by_id is None:
        raise Refused("asker_gone", "The account that asked is gone. Turn this request down, and ask again.")
    if granted and own:
        raise Refused("two_people", "You asked for this yourself. Somebody else has to grant it.", 403)
    row.decided_by_id = None if own else account_id
    row.decided_by_name, row.decided_at, row.granted = name, now, granted
    db.session.flush()
    if granted:
        db.session.execute(update(Person).where(Person.id == row.person_id).values(protected=row.protect))
        changes.record(Thing.CHOICES, row.person_id, now)
    return _views(_wanted().where(ProtectionRequest.id == request_id))[0]


def bureau_units(person_id: int, day: date) -> frozenset[int]:
    """Every unit of the bureaus in which the person has a post; without bureaus, of the topmost units."""
    units = queries.units_on(day)
    tops: set[int] = set()
    for unit_id in queries.units_of_people(day, [person_id]).get(person_id, frozenset()):
        path = queries.unit_path(unit_id, units)
        if path:
            tops.add(next((unit.id for unit in path if unit.kind == "bureau"), path[0].id))
    return queries.units_below(tops, units)


def expire(before: datetime) -> int:
    """Delete requests from before then, decided or not; returns how many."""
    last = func.coalesce(ProtectionRequest.decided_at, ProtectionRequest.asked_at)
    old = delete(ProtectionRequest).where(last < before).returning(ProtectionRequest.id)
    return len(list(db.session.scalars(old)))


def _open_request(person_id: int) -> int | None:
    wanted = select(ProtectionRequest.id).where(
        ProtectionRequest.person_id == person_id, ProtectionRequest.decided_at.is_(None)
    )
    return db.session.scalar(wanted)


def _inside(people: Any, unit_ids: Collection[int], day: date) -> Any:
    holds = (Membership.valid_from <= day) & or_(Membership.valid_to.is_(None), Membership.valid_to > day)
    inside = select(Membership.person_id).where(Membership.unit_id.in_(unit_ids), Membership.is_primary, holds)
    return people.where(Person.id.in_(inside), Person.protected.is_(False))


def _is_same_human(one_id: int, other_id: int) -> bool:
    """Whether both are one account, or accounts of one person."""
    if one_id == other_id:
        return True
    wanted = select(Account.person_id).where(Account.id.in_((one_id, other_id)), Account.person_id.is_not(None))
    people = list(db.session.scalars(wanted))
    return len(people) == 2 and people[0] == people[1]


def _name(family_name: str, given_name: str) -> str:
    return f"{family_name} {given_name}".strip()


def _wanted() -> Any:
    return select(ProtectionRequest, Person.family_name, Person.given_name, Person.staff_no).join(
        Person, Person.id == ProtectionRequest.person_id
    )


def _views(wanted: Any) -> list[RequestView]:
    return [
        RequestView(
            row.id,
            row.person_id,
            _name(family_name, given_name),
            staff_no,
            row.protect,
            row.asked_by_id,
            row.asked_by_name,
            row.asked_at,
            row.decided_by_name,
            row.decided_at,
            row.granted,
        )
        for row, family_name, given_name, staff_no in db.session.execute(wanted)
    ]
