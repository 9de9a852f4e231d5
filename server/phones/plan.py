"""Keeps the numbering plan; the caller commits.

Every verb takes `actor`, who does it as the audit log names them, and `now`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import text

from server import audit, changes, db
from server.changes import Thing
from server.errors import Refused
from server.phones import queries, rules
from server.phones.given import NOTE_LENGTH, check_holder, extension_digits, line
from server.phones.models import NumberRange
from server.phones.rules import Holder, Range, Use


def add_range(given: Range, *, today: date, actor: str, now: datetime) -> int:
    """A new range of the numbering plan; Refused when it meets another of its sort. Returns its id."""
    new = _checked(given, today)
    _lock_plan()
    _refuse_clash(new)
    row = NumberRange(first=new.first, last=new.last, unit_id=new.unit_id, use=new.use.value, note=new.note)
    db.session.add(row)
    db.session.flush()  # the caller needs the key
    _told("range_added", new, actor, now)
    return row.id


def change_range(given: Range, *, today: date, actor: str, now: datetime) -> None:
    """The range with this id becomes as given; Refused when numbers in use would fall out of the plan."""
    new = _checked(given, today)
    _lock_plan()
    row = _range_row(new.id)
    _refuse_clash(new)
    _refuse_dropping(_range_view(row), [*_other_ranges(new.id), new], today)
    row.first, row.last, row.unit_id, row.use, row.note = new.first, new.last, new.unit_id, new.use.value, new.note
    _told("range_changed", new, actor, now)


def remove_range(range_id: int, *, today: date, actor: str, now: datetime) -> None:
    """The range is no part of the plan any more; Refused while its numbers are in use and lie in no other."""
    _lock_plan()
    row = _range_row(range_id)
    old = _range_view(row)
    _refuse_dropping(old, _other_ranges(range_id), today)
    db.session.delete(row)
    _told("range_removed", old, actor, now)


def _checked(given: Range, today: date) -> Range:
    first, last = extension_digits(given.first), extension_digits(given.last)
    if len(first) != len(last) or first > last:
        raise Refused(
            "bad_range", "First and last number have the same length, and the first is not above the last.", 422
        )
    if given.unit_id is not None:
        check_holder(Holder(unit_id=given.unit_id), today)
    return replace(given, first=first, last=last, note=line(given.note, NOTE_LENGTH, "bad_note"))


def _told(action: str, one: Range, actor: str, now: datetime) -> None:
    changes.record(Thing.PHONES, 0, now)
    audit.record(actor, action, f"range {one.first}-{one.last}", {"unit": one.unit_id, "use": one.use}, now)


def _range_row(range_id: int) -> NumberRange:
    row = db.session.get(NumberRange, range_id)
    if row is None:
        raise Refused("no_such_range", "There is no such range.", 404)
    return row


def _range_view(row: NumberRange) -> Range:
    return Range(row.id, row.first, row.last, row.unit_id, Use(row.use), row.note)


def _other_ranges(range_id: int) -> list[Range]:
    return [one for one in queries.ranges() if one.id != range_id]


def _lock_plan() -> None:
    """Two ranges that meet must not be added at once; SQLite has one writer."""
    if db.engine().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE number_range IN SHARE ROW EXCLUSIVE MODE"))


def _refuse_clash(new: Range) -> None:
    other = rules.clashing(new, queries.ranges())
    if other is not None:
        raise Refused("ranges_meet", "This range meets %(first)s–%(last)s.", first=other.first, last=other.last)


def _refuse_dropping(old: Range, remaining: Sequence[Range], today: date) -> None:
    """Numbers in use stay in the plan, unless they were never to be used."""
    if old.use is not Use.ASSIGNABLE:
        return
    held = [view.number for view in queries.all_numbers(today) if view.term_id is not None and view.number in old]
    dropped = [one for one in held if rules.range_of(one, remaining) is None]
    if dropped:
        raise Refused(
            "range_in_use",
            "%(n)s numbers of this range are in use, first %(number)s. Move or end them first.",
            n=len(dropped),
            number=dropped[0],
        )
