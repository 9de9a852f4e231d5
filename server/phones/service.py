"""Gives numbers out, moves, ends and retires them; the caller commits.

Every verb takes `actor`, who does it as the audit log names them, and `now`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from server import audit, changes, db, telephone
from server.changes import Thing
from server.errors import Refused
from server.phones import queries, rules
from server.phones.given import NOTE_LENGTH, check_holder, extension_digits, line
from server.phones.holders import NOT_SHOWN, holders
from server.phones.models import Extension, ExtensionTerm
from server.phones.queries import TermView
from server.phones.rules import Holder, Kind

MOVED_FOR_MONTHS = 3


@dataclass(frozen=True, slots=True)
class NewNumber:
    """A number with its holder, for laying out many at once."""

    number: str
    kind: Kind
    holder: Holder | None = None
    outside_number: str = ""
    is_main: bool = False
    retired_on: date | None = None
    moved_to: str | None = None
    moved_until: date | None = None


def add_extension(
    number: str, *, actor: str, now: datetime, kind: str = Kind.SMARTPHONE, outside_number: str = "", note: str = ""
) -> int:
    """A new number, nobody's yet; Refused when it is none or exists. Returns its id."""
    digits, values = extension_digits(number), _details(kind, outside_number, note)
    row = Extension(number=digits, **values)
    db.session.add(row)
    try:
        db.session.flush()  # the unique number decides
    except IntegrityError:
        raise Refused("number_exists", "Extension %(number)s exists already.", number=digits) from None
    _told("number_added", row, values, actor, now)
    return row.id


def change_extension(
    extension_id: int, *, actor: str, now: datetime, kind: str, outside_number: str, note: str
) -> None:
    """Another kind, outside line or note."""
    extension, values = _locked(extension_id), _details(kind, outside_number, note)
    for name, value in values.items():
        setattr(extension, name, value)
    _told("number_changed", extension, values, actor, now)


def give(
    extension_id: int,
    holder: Holder,
    valid_from: date,
    *,
    actor: str,
    now: datetime,
    valid_to: date | None = None,
    is_main: bool = False,
) -> int:
    """The number is the holder's from that day; Refused (409) with whose it is when it is somebody's.

    Returns the term's id.
    """
    extension = _locked(extension_id)
    term_id = _begin(extension, holder, valid_from, valid_to, is_main, now)
    _told("number_given", extension, _whose(holder) | {"from": valid_from, "to": valid_to}, actor, now)
    return term_id


def move(term_id: int, holder: Holder, day: date, *, actor: str, now: datetime, is_main: bool = False) -> int:
    """From that day the rest of a term is another holder's; Refused (409) when somebody else has moved it before.

    Returns the new term's id.
    """
    extension, term = _locked_term(term_id)
    if term is None or (term.valid_to is not None and term.valid_to <= day):
        _refuse_taken(extension, day, None)
        valid_to = None
    else:
        valid_to = term.valid_to
        _cut(term, day)
    new_id = _begin(extension, holder, day, valid_to, is_main, now)
    _told("number_moved", extension, _whose(holder) | {"from": day, "to": valid_to}, actor, now)
    return new_id


def end_term(term_id: int, day: date, *, actor: str, now: datetime) -> None:
    """From that day the number is nobody's; a term that has not begun by then never does."""
    extension, term = _locked_term(term_id)
    if term is None or (term.valid_to is not None and term.valid_to <= day):
        raise Refused("term_ended", "Extension %(number)s has been ended or moved already.", number=extension.number)
    _cut(term, day)
    _told("number_ended", extension, {"on": day}, actor, now)


def retire(
    extension_id: int,
    day: date,
    *,
    actor: str,
    now: datetime,
    moved_to: str = "",
    moved_until: date | None = None,
) -> None:
    """From that day nobody has the number and nobody gets it; until `moved_until` it says where it moved to.

    moved_until   None: three months from that day
    """
    extension = _locked(extension_id)
    later = queries.terms_of(extension_id, day)
    if any(term.valid_from > day for term in later):
        _refuse_taken(extension, next(term for term in later if term.valid_from > day).valid_from, None)
    until = None
    target_id = None
    if moved_to.strip():
        target_id = _moved_to(extension, moved_to, day)
        until = moved_until or rules.months_after(day, MOVED_FOR_MONTHS)
        if until <= day:
            raise Refused("notice_too_short", "The notice ends before the number does. Choose a later day.", 422)
    for term in later:
        _cut(db.session.get_one(ExtensionTerm, term.id), day)
    extension.retired_on, extension.moved_to_id, extension.moved_until = day, target_id, until
    _told("number_retired", extension, {"on": day, "moved_to": moved_to, "until": until}, actor, now)


def restore(extension_id: int, *, actor: str, now: datetime) -> None:
    """A retired number may be given out again."""
    extension = _locked(extension_id)
    extension.retired_on = extension.moved_to_id = extension.moved_until = None
    _told("number_restored", extension, {}, actor, now)


def lay_out(numbers: Sequence[NewNumber], valid_from: date, *, actor: str, now: datetime) -> None:
    """Many new numbers at once, each with its holder from that day; one line in the audit log."""
    rows = [
        {
            "number": extension_digits(one.number),
            "retired_on": one.retired_on,
            "moved_until": one.moved_until,
            **_details(one.kind, one.outside_number, ""),
        }
        for one in numbers
    ]
    if not rows:
        return
    db.session.execute(insert(Extension), rows)
    ids: dict[str, int] = dict(db.session.execute(select(Extension.number, Extension.id)).all())
    terms = [
        {
            "extension_id": ids[row["number"]],
            "person_id": one.holder.person_id,
            "unit_id": one.holder.unit_id,
            "zone_id": one.holder.zone_id,
            "device": one.holder.device,
            "is_main": one.is_main,
            "valid_from": valid_from,
        }
        for one, row in zip(numbers, rows, strict=True)
        if one.holder is not None
    ]
    if terms:
        db.session.execute(insert(ExtensionTerm), terms)
    for one, row in zip(numbers, rows, strict=True):
        if one.moved_to is not None:
            target_id = ids[extension_digits(one.moved_to)]
            db.session.execute(
                update(Extension).where(Extension.id == ids[row["number"]]).values(moved_to_id=target_id)
            )
    changes.record(Thing.PHONES, 0, now)
    audit.record(actor, "numbers_laid_out", "", {"n": len(rows)}, now)


def forget_holders(by: date, *, now: datetime) -> int:
    """Forget terms that had ended by that day; returns how many."""
    return _forget_terms(ExtensionTerm.valid_to <= by, now)


def forget_people(person_ids: Collection[int], now: datetime) -> int:
    """Forget which numbers these people held, which are free from then on; returns how many.

    Until then a leaver's number is nobody else's: the report names it, and callers do not reach a stranger.
    """
    return _forget_terms(ExtensionTerm.person_id.in_(person_ids), now)


def _forget_terms(which: ColumnElement[bool], now: datetime) -> int:
    ids = list(db.session.scalars(delete(ExtensionTerm).where(which).returning(ExtensionTerm.extension_id)))
    changes.record(Thing.PHONES, sorted(set(ids)), now)
    return len(ids)


def _details(kind: str, outside_number: str, note: str) -> dict[str, Any]:
    outside = telephone.outside_number(outside_number)
    if outside is None:
        raise Refused("bad_outside_number", "An outside number begins with 0 or + and has 9 to 15 digits.", 422)
    if kind not in list(Kind):
        raise Refused("bad_kind", "There is no such kind of number.", 422)
    return {"kind": Kind(kind).value, "outside_number": outside, "note": line(note, NOTE_LENGTH, "bad_note")}


def _locked(extension_id: int) -> Extension:
    """The row, which nobody else changes before we commit: SQLite has one writer, PostgreSQL waits here."""
    wanted = select(Extension).where(Extension.id == extension_id)
    row = db.session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise Refused("no_such_number", "There is no such number.", 404)
    return row


def _locked_term(term_id: int) -> tuple[Extension, ExtensionTerm | None]:
    extension_id = db.session.scalar(select(ExtensionTerm.extension_id).where(ExtensionTerm.id == term_id))
    if extension_id is None:
        raise Refused("term_gone", "This has been changed by somebody else meanwhile. Look again.")
    extension = _locked(extension_id)
    wanted = select(ExtensionTerm).where(ExtensionTerm.id == term_id)
    return extension, db.session.scalar(wanted.execution_options(populate_existing=True))


def _begin(
    extension: Extension, holder: Holder, valid_from: date, valid_to: date | None, is_main: bool, now: datetime
) -> int:
    if valid_to is not None and valid_to <= valid_from:
        raise Refused("bad_term", "The end lies before the first day.", 422)
    if extension.retired_on is not None and (valid_to is None or valid_to > extension.retired_on):
        raise Refused(
            "number_retired",
            "Extension %(number)s is retired from %(day)s on. Take it into use again first.",
            number=extension.number,
            day=extension.retired_on,
        )
    check_holder(holder, valid_from)
    number, extension_id = extension.number, extension.id
    row = ExtensionTerm(
        extension_id=extension_id,
        person_id=holder.person_id,
        unit_id=holder.unit_id,
        zone_id=holder.zone_id,
        device=holder.device,
        is_main=is_main and holder.unit_id is not None,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    db.session.add(row)
    try:
        db.session.flush()  # one holder at a time, says the database
    except IntegrityError:
        db.session.rollback()  # the work is lost in any case; a new transaction reads who came first
        met = queries.term_within(extension_id, valid_from, valid_to)
        raise _taken(number, met) from None
    if row.is_main:
        _be_the_only_main(row, now)
    return row.id


def _be_the_only_main(new: ExtensionTerm, now: datetime) -> None:
    """A section is called under one number at a time."""
    others = update(ExtensionTerm).where(
        ExtensionTerm.unit_id == new.unit_id,
        ExtensionTerm.id != new.id,
        ExtensionTerm.is_main,
        (ExtensionTerm.valid_to.is_(None)) | (ExtensionTerm.valid_to > new.valid_from),
    )
    ids = db.session.scalars(others.values(is_main=False).returning(ExtensionTerm.extension_id))
    changes.record(Thing.PHONES, sorted(set(ids)), now)


def _cut(term: ExtensionTerm, day: date) -> None:
    """End a term that day; one that would not last a day is taken away."""
    if day <= term.valid_from:
        db.session.delete(term)
    else:
        term.valid_to = day
    db.session.flush()  # before another term takes its days


def _refuse_taken(extension: Extension, first: date, end: date | None) -> None:
    met = queries.term_within(extension.id, first, end)
    if met is not None:
        raise _taken(extension.number, met)


def _taken(number: str, met: TermView | None) -> Refused:
    """The refusal that says whose a number is."""
    if met is None:
        return Refused("no_such_holder", "There is nobody and nothing of that name.", 422)
    found = holders([met.holder], met.valid_from).get(met.holder)
    name = NOT_SHOWN if found is None or found.protected else found.name
    return Refused(
        "number_taken",
        "Extension %(number)s has been given to %(name)s from %(day)s on. Choose another number, or end that first.",
        number=number,
        name=name,
        day=met.valid_from,
    )


def _moved_to(extension: Extension, moved_to: str, day: date) -> int:
    target = queries.number(extension_digits(moved_to), day)
    if target is None or target.retired or target.extension_id == extension.id:
        raise Refused("bad_moved_to", "Name another number that is in use.", 422)
    return target.extension_id


def _whose(holder: Holder) -> dict[str, object]:
    """A holder for the audit log, which names nobody."""
    if holder.person_id is not None:
        return {"holder": audit.person(holder.person_id)}
    if holder.unit_id is not None:
        return {"holder": f"unit {holder.unit_id}"}
    return {"holder": f"zone {holder.zone_id}" if holder.zone_id is not None else f"device {holder.device}"}


def _told(action: str, extension: Extension, details: dict[str, object], actor: str, now: datetime) -> None:
    changes.record(Thing.PHONES, extension.id, now)
    audit.record(actor, action, f"extension {extension.number}", details, now)
