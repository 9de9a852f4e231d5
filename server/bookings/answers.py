"""What is said when a wish is refused: the sentence, who answers for the rule, and the nearest seat that works."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from server.bookings import choice, facts, rules
from server.bookings.choice import Option
from server.bookings.rules import Wish
from server.errors import Refused
from server.places import queries as places

OF_RULES = frozenset(
    {"members_only", "members_first", "too_long_here", "too_early", "walk_up_only", "quota", "same_seat", "held",
     "out_of_service"}
)  # fmt: skip
OF_THE_SEAT = OF_RULES | {"seat_taken"}  # another seat may do


@dataclass(frozen=True, slots=True)
class Explained:
    """More about a refusal.

    responsible   who answers for the rule, "" when no rule of a zone refused
    offer         the nearest seat that the person can have at that time
    """

    responsible: str = ""
    offer: Option | None = None


def explained(person_id: int, wish: Wish, refused: Refused, now: datetime, *, moved_id: int | None = None) -> Explained:
    """Whom to ask about a refusal, and what works instead; asks the database, so roll back what failed before."""
    seat = places.seats_by_id([wish.seat_id]).get(wish.seat_id)
    floor = None if seat is None else places.floor_of_zone(seat.zone_id)
    if seat is None or floor is None or refused.code not in OF_THE_SEAT:
        return Explained()
    responsible = ""
    if refused.code in OF_RULES:
        known = facts.gather(person_id, wish, now, moved_id=moved_id)
        responsible = known.responsible or "・".join(_owners(seat.zone_id, floor.id, wish, known.opening.zone))
    found = choice.options(
        person_id, floor, wish.starts_at, wish.ends_at, now, but=moved_id, may_begin_before_now=wish.has_begun
    )
    return Explained(responsible, choice.nearest(seat, found))


def _owners(zone_id: int, floor_id: int, wish: Wish, clock: tzinfo) -> tuple[str, ...]:
    day = wish.starts_at.astimezone(clock).date()
    return next((zone.units for zone in places.zones(floor_id, day) if zone.id == zone_id), ())


def looked_into(person_id: int, wish: Wish, now: datetime, *, moved_id: int | None = None) -> Explained:
    """The same of a wish that has been refused in another request: what stands in its way now."""
    known = facts.gather(person_id, wish, now, moved_id=moved_id)
    refused = Refused("seat_taken", "")
    try:
        rules.judge(wish, known, now)
    except Refused as by_rule:
        if by_rule.code not in OF_THE_SEAT:
            raise  # no other seat would do either
        refused = by_rule
    return explained(person_id, wish, refused, now, moved_id=moved_id)
