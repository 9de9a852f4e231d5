"""How numbers are read, planned and judged, and who answers."""

from datetime import UTC, date, datetime

import pytest

from server.phones import rules
from server.phones.rules import Fact, Finding, Holder, Range, Reach, Use, Wrong
from server.presence.fusion import Found, StatusSeen
from server.presence.rules import Shown, StatusKind

BUREAU, OTHER_BUREAU = 24, 23
OWN_ZONES = frozenset({1})
ENDS_AT = datetime(2026, 11, 19, 9, tzinfo=UTC)


def bureau_range(
    first: str, last: str, unit_id: int | None = BUREAU, use: Use = Use.ASSIGNABLE, number: int = 1
) -> Range:
    """A range of the plan."""
    return Range(number, first, last, unit_id, use)


PLAN = [
    bureau_range("24000", "24999"),
    bureau_range("24110", "24112", use=Use.RESERVED, number=2),
    bureau_range("23000", "23999", OTHER_BUREAU, number=3),
    bureau_range("29000", "29999", None, Use.RETIRED, number=4),
]


@pytest.mark.parametrize(
    "text", ["2026-04-01", "2026/4/1", "2026年4月1日", "R8.4.1", "令和8年4月1日", "２０２６／４／１"]
)
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert rules.day_of(text) == date(2026, 4, 1)


@pytest.mark.parametrize("text", ["", "2026-02-30", "tomorrow", "R9999.1.1", "0000-01-01", "4/1", "1" * 10_000])
def test_what_is_no_day_is_none(text: str) -> None:
    assert rules.day_of(text) is None


def test_three_months_after_the_last_of_november_is_the_last_of_february() -> None:
    assert rules.months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert rules.months_after(date(2026, 2, 15), -3) == date(2025, 11, 15)


def test_a_number_is_held_by_exactly_one() -> None:
    for given in ({}, {"person_id": 1, "unit_id": 2}):
        with pytest.raises(ValueError, match="one person, unit, zone or device"):
            Holder(**given)


def test_free_numbers_leave_out_what_is_taken_or_reserved() -> None:
    free = rules.free_numbers(PLAN, {"24000", "24002"}, BUREAU)
    assert [next(free) for _ in range(2)] == ["24001", "24003"]
    after = rules.free_numbers(PLAN, {"24113"}, BUREAU, "24110")
    assert next(after) == "24114"


def test_free_numbers_begin_where_they_are_asked_to_and_go_round() -> None:
    small = [bureau_range("10", "13")]
    assert list(rules.free_numbers(small, {"12"}, BUREAU, "12")) == ["13", "10", "11"]


def test_a_bureau_gets_no_number_of_another() -> None:
    assert all(number.startswith("24") for number in rules.free_numbers(PLAN, (), BUREAU))


def test_numbers_of_other_lengths_are_in_no_range() -> None:
    assert rules.range_of("2411", PLAN) is None
    assert rules.range_of("24113", PLAN) == PLAN[0]
    assert rules.range_of("24111", PLAN) == PLAN[1]


def test_two_ranges_that_are_given_out_may_not_meet() -> None:
    assert rules.clashing(bureau_range("24500", "25100", OTHER_BUREAU, number=9), PLAN) == PLAN[0]
    assert rules.clashing(bureau_range("24100", "24110", use=Use.RETIRED, number=9), PLAN) == PLAN[1]
    assert rules.clashing(bureau_range("24200", "24210", use=Use.RESERVED, number=9), PLAN) is None
    assert rules.clashing(PLAN[0], PLAN) is None


def test_a_number_where_everything_is_right_is_not_reported() -> None:
    fact = Fact("24113", "smartphone", holder=Holder(person_id=1), bureau_id=BUREAU)
    free = Fact("24114", "smartphone")
    assert rules.findings([fact, free], PLAN) == []


def wrong(fact: Fact) -> list[Wrong]:
    """What the report says of one number."""
    return [one.wrong for one in rules.findings([fact], PLAN)]


def test_numbers_out_of_the_plan_are_reported() -> None:
    person = Holder(person_id=1)
    assert wrong(Fact("77001", "desk", holder=person, bureau_id=BUREAU)) == [Wrong.NO_RANGE]
    assert wrong(Fact("23001", "desk", holder=person, bureau_id=BUREAU)) == [Wrong.OTHER_BUREAU]
    assert wrong(Fact("24111", "desk", holder=person, bureau_id=BUREAU)) == [Wrong.RESERVED]
    assert wrong(Fact("29001", "desk", holder=person, bureau_id=BUREAU)) == [Wrong.RETIRED]


def test_a_device_belongs_to_no_bureau_so_it_has_no_wrong_one() -> None:
    assert wrong(Fact("23001", "fax", holder=Holder(device="FAX 1"))) == []


def test_orphaned_numbers_are_reported() -> None:
    left, closed = Holder(person_id=1), Holder(unit_id=2)
    assert wrong(Fact("24113", "desk", holder=left, is_here=False)) == [Wrong.PERSON_LEFT]
    assert wrong(Fact("24113", "section", holder=closed, is_here=False)) == [Wrong.UNIT_CLOSED]
    assert wrong(Fact("77001", "desk")) == [Wrong.NOBODYS]
    assert wrong(Fact("77001", "desk", retired=True)) == []


def test_two_numbers_of_a_kind_for_one_person_are_reported_once() -> None:
    person = Holder(person_id=1)
    facts = [
        Fact("24114", "smartphone", holder=person, bureau_id=BUREAU),
        Fact("24113", "smartphone", holder=person, bureau_id=BUREAU),
        Fact("24115", "desk", holder=person, bureau_id=BUREAU),
    ]
    assert rules.findings(facts, PLAN) == [Finding(Wrong.TWO_OF_A_KIND, ("24113", "24114"))]


def test_an_outside_number_on_two_extensions_is_reported_however_it_is_written() -> None:
    facts = [Fact("24113", "desk", "044-000-2111"), Fact("24114", "desk", "0440002111")]
    assert rules.findings(facts, PLAN) == [Finding(Wrong.SAME_OUTSIDE, ("24113", "24114"))]


def test_a_notice_that_leads_to_a_number_nobody_answers_is_reported() -> None:
    assert wrong(Fact("24113", "desk", retired=True, moved_to="24114")) == [Wrong.MOVED_NOWHERE]


def status(kind: StatusKind) -> StatusSeen:
    """A status as others read it."""
    return StatusSeen(kind, ENDS_AT, "")


@pytest.mark.parametrize("kind", [StatusKind.LEAVE, StatusKind.FOCUS, StatusKind.COUNTER])
def test_nobody_on_leave_in_focus_or_at_a_counter_is_rung(kind: StatusKind) -> None:
    assert rules.reach(Found(Shown.PRESENT, 1, 1, status=status(kind)), OWN_ZONES) is None


@pytest.mark.parametrize("kind", [StatusKind.TELEWORK, StatusKind.TRIP])
def test_people_who_work_elsewhere_can_be_reached_last(kind: StatusKind) -> None:
    assert rules.reach(Found(Shown.AWAY, status=status(kind)), OWN_ZONES) is Reach.ELSEWHERE


def test_in_a_zone_of_the_section_is_at_the_seat_and_anywhere_else_in_the_building() -> None:
    assert rules.reach(Found(Shown.PRESENT, 1, 1), OWN_ZONES) is Reach.AT_SEAT
    assert rules.reach(Found(Shown.PRESENT, 1, 2), OWN_ZONES) is Reach.IN_BUILDING
    for state in (Shown.FLOOR, Shown.BUILDING, Shown.SILENT):
        assert rules.reach(Found(state, 1), OWN_ZONES) is Reach.IN_BUILDING


def test_who_hides_stands_with_those_of_whom_nothing_is_known() -> None:
    assert rules.reach(Found(Shown.HIDDEN), OWN_ZONES) is rules.reach(Found(Shown.AWAY), OWN_ZONES) is Reach.ELSEWHERE
