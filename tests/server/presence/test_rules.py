"""Where a fix puts somebody, how it ages, and what a viewer sees of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.people.rules import Audience, Choices, Level
from server.presence import rules
from server.presence.rules import AWAY, Barred, Fix, Shown, State, Sure, Track, Whereabouts

NINE = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def fix(seconds: float = 0, zone: int | None = 7, confidence: float = 0.9, *, floor=18, moving=False, at_exit=False):
    return Fix(floor, zone, confidence, moving, at_exit, at(seconds))


def seated(zone: int | None = 7, heard: float = 0) -> Track:
    return Track(Whereabouts(State.PRESENT, 18, zone, 0.9, at(heard)))


def test_somebody_who_has_sat_in_a_zone_for_a_while_is_present_there():
    track = None

    for second in range(20):
        track = rules.decide(track, fix(second))

    assert track.where == Whereabouts(State.PRESENT, 18, 7, 0.9, at(19))


def test_somebody_who_has_just_entered_a_zone_is_passing():
    track = rules.decide(seated(zone=7), fix(1, zone=8))

    assert (track.where.state, track.where.zone_id) == (State.PASSING, 8)


def test_somebody_on_the_move_is_passing_however_long_the_zone():
    track = rules.decide(seated(), fix(60, moving=True))

    assert track.where.state == State.PASSING


@pytest.mark.parametrize(("confidence", "state", "zone"), [(0.59, State.FLOOR, None), (0.6, State.PRESENT, 7)])
def test_below_sixty_per_cent_only_the_floor_is_said(confidence, state, zone):
    track = rules.decide(seated(), fix(60, confidence=confidence))

    assert (track.where.state, track.where.zone_id, track.where.floor_id) == (state, zone, 18)


def test_a_fix_outside_every_zone_says_the_floor():
    track = rules.decide(None, fix(zone=None))

    assert track.where.state == State.FLOOR


def test_an_older_fix_changes_nothing_rp_04():
    now = seated(zone=7, heard=100)

    assert rules.decide(now, fix(99, zone=8)) == now


def test_somebody_unheard_is_silent_with_the_last_place_and_then_away_without_one():
    sitting = seated(heard=0)

    after_44_s = rules.aged(sitting, at(44))
    after_45_s = rules.aged(sitting, at(45))
    after_15_min = rules.aged(after_45_s, at(900))

    assert after_44_s == sitting
    assert (after_45_s.where.state, after_45_s.where.zone_id, after_45_s.where.heard_at) == (State.SILENT, 7, at(0))
    assert after_15_min.where == AWAY


def test_somebody_last_heard_beside_an_exit_is_away_sooner():
    leaving = rules.decide(None, fix(0, at_exit=True))

    assert rules.aged(leaving, at(299)).where.state == State.SILENT
    assert rules.aged(leaving, at(300)).where == AWAY


def test_whoever_is_away_has_no_time_of_leaving_p9():
    assert (AWAY.heard_at, AWAY.floor_id, AWAY.zone_id) == (None, None, None)


def test_a_silent_badge_that_is_heard_again_is_present_at_once():
    silent = rules.aged(seated(), at(60))

    assert rules.decide(silent, fix(61)).where.state == State.PRESENT


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(12)))
def test_fixes_in_any_order_end_where_the_newest_puts_them_rp_04(order):
    fixes = [fix(second, zone=second % 3) for second in range(12)]
    track = None

    for index in order:
        track = rules.decide(track, fixes[index])

    assert (track.where.zone_id, track.where.heard_at) == (11 % 3, at(11))


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.95, Sure.HERE), (0.8, Sure.HERE), (0.7, Sure.PROBABLY), (0.6, Sure.PROBABLY), (0.5, Sure.FLOOR)],
)
def test_confidence_is_said_in_words(confidence, words):
    assert rules.sure_of(Whereabouts(State.PRESENT, 18, 7, confidence, NINE)) == words


def test_another_time_alone_is_not_another_place():
    was = Whereabouts(State.PRESENT, 18, 7, 0.91, at(0))

    assert not rules.differs(was, Whereabouts(State.PRESENT, 18, 7, 0.93, at(10)))
    assert rules.differs(was, Whereabouts(State.PRESENT, 18, 7, 0.7, at(10)))
    assert rules.differs(None, was)


@pytest.mark.parametrize(
    ("heard", "stands"),
    [(-46, False), (-20, False), (-10, True), (0, True), (119, True), (121, False)],
    ids=["stale", "older than known", "as known", "now", "a little ahead", "from the future"],
)
def test_an_observation_from_another_time_does_not_stand_rp_04(heard, stands):
    known = Whereabouts(State.PRESENT, 18, 7, 0.9, at(-10))

    assert rules.stands(known, Whereabouts(State.PRESENT, 18, 8, 0.9, at(heard)), NINE) is stands


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        (None, Barred.NOTICE),
        (Choices(1), Barred.NOTICE),
        (Choices(1, notice_read=True), None),
        (Choices(1, notice_read=True, paused=True), Barred.PAUSED),
        (Choices(1, notice_read=True, paused=True, paused_until=at(-1)), None),
        (Choices(1, notice_read=True, paused=True, paused_until=at(1)), Barred.PAUSED),
        (Choices(1, notice_read=True, levels=dict.fromkeys(Audience, Level.HIDDEN)), Barred.HIDDEN),
        (Choices(1, notice_read=True, levels={Audience.EVERYONE: Level.HIDDEN}), None),
        (Choices(1, notice_read=True, protected=True), Barred.HIDDEN),
    ],
)
def test_nothing_is_kept_about_people_who_did_not_agree_or_hide_p2_p5(choices, reason):
    assert rules.barred(choices, NINE) == reason


@pytest.mark.parametrize(
    ("level", "state", "floor", "zone"),
    [
        (Level.HIDDEN, Shown.HIDDEN, None, None),
        (Level.BUILDING, Shown.BUILDING, None, None),
        (Level.FLOOR, Shown.FLOOR, 18, None),
        (Level.ZONE, Shown.PRESENT, 18, 7),
        (Level.SEAT, Shown.PRESENT, 18, 7),
    ],
)
def test_a_viewer_sees_as_much_as_the_level_allows_p4(level, state, floor, zone):
    seen = rules.seen(seated().where, level)

    assert (seen.state, seen.floor_id, seen.zone_id) == (state, floor, zone)


@pytest.mark.parametrize(
    ("level", "state", "floor"),
    [
        (Level.HIDDEN, Shown.HIDDEN, None),
        (Level.BUILDING, Shown.BUILDING, None),
        (Level.FLOOR, Shown.FLOOR, 18),
        (Level.ZONE, Shown.BUILDING, None),
        (Level.SEAT, Shown.BUILDING, None),
    ],
)
def test_whoever_is_in_the_number_of_a_zone_without_names_is_named_in_the_building_only_p9(level, state, floor):
    """P9: the name on the floor together with the number that rises would be the zone."""
    seen = rules.seen(seated().where, level, zone_is_counts_only=True)

    assert (seen.state, seen.zone_id, seen.floor_id) == (state, None, floor)


def test_the_limit_waits_for_the_oldest_of_its_look_ups_p12():
    limit = rules.Limit(2, timedelta(minutes=10))

    assert rules.wait_s([at(0)], limit, at(1)) is None
    assert rules.wait_s([at(60), at(0)], limit, at(90)) == 510
    assert rules.wait_s([at(60), at(0)], limit, at(599.5)) == 1
    assert rules.wait_s([at(60), at(0)], limit, at(600)) is None
    assert rules.wait_s([at(60), at(30), at(0)], limit, at(600)) == 30


def test_hidden_says_nothing_even_of_those_who_are_away():
    assert rules.seen(AWAY, Level.HIDDEN).state == Shown.HIDDEN
    assert rules.seen(None, Level.ZONE).state == Shown.AWAY
