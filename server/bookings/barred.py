"""Why somebody can have nothing although places are free: the house rules that keep them from all of these. Pure."""

from collections.abc import Collection
from datetime import date, timedelta

from server.bookings.rules import AtLength
from server.errors import Refused

NOT_FREE = frozenset({"held", "priority", "no_seat", "out_of_service"})  # refusals of what is no free place for anybody
OF_OTHERS = ("members_first", "members_only")
TOO_EARLY = "Places are free then, but cannot be booked yet: they can be from %(first)s on, %(n)s days ahead."
WALK_UP_ONLY = "Places are free, but none can be booked ahead. Just sit down on the day."
QUOTA = "Places are free then, but their zone can be booked %(n)s times a week by one person."
SAME_SEAT = (
    "A place is free then, but it is the one you have on other days, and its zone asks for another one each time."
)
TOO_LONG = AtLength(
    "Places are free then, but can be had for %(h)s h at most.",
    "Places are free then, but can be had for %(h)s h %(m)s min at most.",
    "Places are free then, but can be had for %(n)s min at most.",
)
MEMBERS_FIRST = "Other sections’ places are free then; they are open to you on the day itself from %(time)s."
MEMBERS_ONLY = "Only places of other sections are free then."


def reasons(refusals: Collection[Refused], day: date) -> tuple[Refused, ...]:
    """What the refusals of all free places come down to, the most telling first; none where no place is free.

    Others' places tell nothing to whom some of their own or everybody's are refused.
    """
    by_code: dict[str, list[Refused]] = {}
    for one in refusals:
        if one.code not in NOT_FREE:
            by_code.setdefault(one.code, []).append(one)
    found = []
    if early := by_code.get("too_early"):
        n = _most(early)
        found.append(Refused("too_early", TOO_EARLY, first=(day - timedelta(days=n)).isoformat(), n=n))
    elif "walk_up_only" in by_code:
        found.append(Refused("walk_up_only", WALK_UP_ONLY))
    if often := by_code.get("quota"):
        found.append(Refused("quota", QUOTA, n=_most(often)))
    if "same_seat" in by_code:
        found.append(Refused("same_seat", SAME_SEAT))
    if long := by_code.get("too_long_here"):
        sentence, length = TOO_LONG.of(_most(long))
        found.append(Refused("too_long_here", sentence, **length))
    if not found and (first := by_code.get("members_first")):
        opens = min((str(one.values["time"]) for one in first), key=lambda at: at.rjust(5, "0"))
        found.append(Refused("members_first", MEMBERS_FIRST, time=opens))
    elif not found and "members_only" in by_code:
        found.append(Refused("members_only", MEMBERS_ONLY))
    return tuple(found)


def _most(refusals: Collection[Refused]) -> int:
    return max(int(str(one.values["n"])) for one in refusals)
