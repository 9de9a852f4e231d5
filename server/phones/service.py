"""Writes of phones; the caller commits."""

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.phones import rules
from server.phones.models import Extension, ExtensionTerm
from server.phones.rules import Holder, Kind


def add_extension(
    number: str, *, actor: str, now: datetime, kind: str = Kind.SMARTPHONE, outside_number: str = "", note: str = ""
) -> int:
    """A new number, nobody's yet; Refused when it is none or exists. Returns its id."""
    digits, outside = rules.extension_number(number), rules.outside_number(outside_number)
    if digits is None:
        raise Refused("bad_number", "An extension has 2 to 8 digits.", 422)
    if outside is None:
        raise Refused("bad_outside_number", "An outside number begins with 0 or + and has 9 to 15 digits.", 422)
    row = Extension(number=digits, kind=Kind(kind).value, outside_number=outside, note=note)
    db.session.add(row)
    try:
        db.session.flush()  # the unique number decides
    except IntegrityError:
        raise Refused("number_exists", "Extension %(number)s already exists.", number=digits) from None
    changes.record(Thing.PHONES, row.id, now)
    return row.id


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
    """The number is the holder's from that day; Refused (409) when it is somebody's. Returns the term's id."""
    db.session.execute(select(Extension.id).where(Extension.id == extension_id).with_for_update())
    row = ExtensionTerm(
        extension_id=extension_id,
        person_id=holder.person_id,
        unit_id=holder.unit_id,
        zone_id=holder.zone_id,
        device=holder.device,
        is_main=is_main,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    db.session.add(row)
    try:
        db.session.flush()  # one holder at a time, says the database
    except IntegrityError:
        raise Refused("number_taken", "This number is somebody’s already.") from None
    changes.record(Thing.PHONES, extension_id, now)
    return row.id


def end_term(term_id: int, day: date, *, actor: str, now: datetime) -> None:
    """From that day on the number is nobody's."""
    extension_id = db.session.scalar(
        update(ExtensionTerm)
        .where(ExtensionTerm.id == term_id)
        .values(valid_to=day)
        .returning(ExtensionTerm.extension_id)
    )
    if extension_id is not None:
        changes.record(Thing.PHONES, extension_id, now)
