"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from server import db
from server.phones.models import Extension, ExtensionTerm


def export(person_id: int) -> dict[str, Sequence[Mapping[str, object]]]:
    """Which numbers the person holds or held."""
    rows = db.session.execute(
        select(
            Extension.number, Extension.outside_number, Extension.kind, ExtensionTerm.valid_from, ExtensionTerm.valid_to
        )
        .join(ExtensionTerm, ExtensionTerm.extension_id == Extension.id)
        .where(ExtensionTerm.person_id == person_id)
        .order_by(ExtensionTerm.valid_from)
    )
    names = ("number", "outside_number", "kind", "valid_from", "valid_to")
    return {"extension_term": [dict(zip(names, row, strict=True)) for row in rows]}
