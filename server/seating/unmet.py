"""Searches that found no seat, counted by zone and day: what is missing, never who missed it."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from server import db
from server.seating.models import UnmetSearch


def count(zone_ids: Collection[int], day: date) -> None:
    """One more search without a seat; of somebody whose section has several zones it counts for the first."""
    if not zone_ids:
        return
    row = db.upsert(UnmetSearch).values(zone_id=min(zone_ids), day=day, n=1)
    more = {"n": UnmetSearch.n + 1}
    db.session.execute(row.on_conflict_do_update(index_elements=["zone_id", "day"], set_=more))


def by_zone(zone_ids: Collection[int], first: date, stop: date) -> dict[int, int]:
    """How many searches of each zone found none on the days [first, stop)."""
    wanted = (
        select(UnmetSearch.zone_id, func.sum(UnmetSearch.n))
        .where(UnmetSearch.zone_id.in_(zone_ids), UnmetSearch.day >= first, UnmetSearch.day < stop)
        .group_by(UnmetSearch.zone_id)
    )
    return {zone_id: int(n) for zone_id, n in db.session.execute(wanted)}
