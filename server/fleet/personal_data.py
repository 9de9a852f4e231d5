"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from server import db
from server.fleet.models import Tag, TagCarrier


def export(person_id: int) -> dict[str, Sequence[Mapping[str, object]]]:
    """Which badges the person carries or carried."""
    rows = db.session.execute(
        select(Tag.wire_id, TagCarrier.valid_from, TagCarrier.valid_to)
        .join(Tag, Tag.id == TagCarrier.tag_id)
        .where(TagCarrier.person_id == person_id)
        .order_by(TagCarrier.valid_from)
    )
    return {"tag_carrier": [{"badge": tag, "valid_from": start, "valid_to": end} for tag, start, end in rows]}
