"""What this room holds about a person, for that person (P23)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from server import db
from server.memos.models import Memo
from server.people.personal_data import account_ids

TO_ME = (
    "taken_at", "taken_by_name", "caller", "number", "matter", "wish", "urgency", "handled_at", "handled_by_name",
)  # fmt: skip


def export(person_id: int) -> dict[str, Sequence[Mapping[str, object]]]:
    """Calls for the person in full; of calls the person took for others, only when."""
    mine = account_ids(person_id)
    for_me = db.session.scalars(select(Memo).where(Memo.person_id == person_id).order_by(Memo.taken_at))
    rows: list[Mapping[str, object]] = [{name: getattr(row, name) for name in TO_ME} for row in for_me]
    others = Memo.person_id.is_distinct_from(person_id)
    taken = select(Memo.taken_at).where(Memo.taken_by_id.in_(mine), others).order_by(Memo.taken_at)
    rows += [{"i_took_a_call_at": at} for at in db.session.scalars(taken)]
    return {"memo": rows}
