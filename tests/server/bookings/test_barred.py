"""What the refusals of free places come down to."""

from datetime import date

import pytest

from server.bookings import barred
from server.bookings.rules import LONGEST_HERE
from server.errors import Refused

DAY = date(2026, 12, 9)
EARLY = [Refused("too_early", "%(seat)s %(n)s", seat="18S-01", n=n) for n in (7, 14)]
LONG = Refused("too_long_here", "%(seat)s %(n)s", seat="18S-01", n=240)
OF_240 = {"n": 240, "h": 4, "m": 0}
FIRST = [Refused("members_first", "%(zone)s %(time)s", zone="18B", time=at) for at in ("10:00", "9:30")]
MEMBERS = Refused("members_only", "%(seat)s", seat="18F-01")
HELD = Refused("held", "%(seat)s", seat="18F-02")


@pytest.mark.parametrize(
    ("refusals", "told"),
    [
        ([], []),
        ([HELD, Refused("priority", "x")], []),
        ([*EARLY, HELD], [("too_early", {"first": "2026-11-25", "n": 14})]),
        ([LONG, *EARLY], [("too_early", {"first": "2026-11-25", "n": 14}), ("too_long_here", OF_240)]),
        ([Refused("walk_up_only", "x"), EARLY[0]], [("too_early", {"first": "2026-12-02", "n": 7})]),
        ([Refused("walk_up_only", "x")], [("walk_up_only", {})]),
        ([Refused("quota", "%(n)s", n=2), *FIRST], [("quota", {"n": 2})]),
        ([Refused("same_seat", "x")], [("same_seat", {})]),
        ([*FIRST, MEMBERS], [("members_first", {"time": "9:30"})]),
        ([MEMBERS, HELD], [("members_only", {})]),
    ],
)  # fmt: skip
def test_the_rules_in_the_way_are_told_once_and_others_places_last(refusals, told):
    assert [(one.code, one.values) for one in barred.reasons(refusals, DAY)] == told


@pytest.mark.parametrize(("minutes", "told"), [(240, "4 h"), (60, "1 h"), (90, "1 h 30 min"), (45, "45 min")])
def test_a_limit_is_told_in_hours_and_only_what_is_less_in_minutes(minutes, told):
    sentence, values = LONGEST_HERE.of(minutes)

    assert sentence % (values | {"seat": "18S-01"}) == f"18S-01 can be had for {told} at most."
