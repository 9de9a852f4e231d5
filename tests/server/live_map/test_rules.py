"""What a viewer sees of a person at a level, how old the map is, and which lines of the outbox are missing."""

from dataclasses import replace

import make
import pytest

from server.live_map.rules import Age, Closed, Status, Subject, entry, gap, status
from server.people.rules import Audience, Choices, Level, Viewer
from server.presence.rules import Shown, State, Sure, Whereabouts

NOW = make.at("10:00")
HERE = Whereabouts(State.PRESENT, 18, 181, 0.9, NOW)
EVERYONE = Viewer(2, frozenset({9}))


def subject(level: Level = Level.ZONE, where: Whereabouts | None = HERE, **choices) -> Subject:
    return Subject(Choices(1, {Audience.EVERYONE: level}, **choices), frozenset({5}), where)


@pytest.mark.parametrize(
    ("level", "state", "floor", "zone"),
    [
        (Level.ZONE, Shown.PRESENT, 18, 181),
        (Level.FLOOR, Shown.FLOOR, 18, None),
        (Level.BUILDING, Shown.BUILDING, None, None),
        (Level.HIDDEN, Shown.HIDDEN, None, None),
    ],
)
def test_a_level_cuts_the_place_and_the_number_p4(level, state, floor, zone):
    seen = entry(EVERYONE, subject(level), Closed(), NOW)

    assert (seen.state, seen.floor_id, seen.zone_id, seen.counted_zone_id) == (state, floor, zone, zone)


def test_nothing_tells_a_pause_from_hiding_or_protection_p5():
    hidden = entry(EVERYONE, subject(Level.HIDDEN), Closed(), NOW)

    assert entry(EVERYONE, subject(paused=True), Closed(), NOW) == hidden
    assert entry(EVERYONE, subject(protected=True), Closed(), NOW) == hidden
    assert entry(EVERYONE, subject(Level.HIDDEN, where=None), Closed(), NOW) == hidden
    head = Viewer(2, frozenset({4}), frozenset({5}))
    assert entry(head, subject(paused=True), Closed(), NOW) == hidden


@pytest.mark.parametrize(
    "closed", [Closed(excluded_floor_ids=frozenset({18})), Closed(excluded_zone_ids=frozenset({181}))]
)
def test_an_excluded_place_is_no_place_not_even_for_oneself_p8(closed):
    for viewer in (EVERYONE, Viewer(1)):
        seen = entry(viewer, subject(), closed, NOW)
        assert (seen.state, seen.floor_id, seen.counted_zone_id) == (Shown.AWAY, None, None)


def test_where_only_counts_are_shown_others_see_the_building_and_the_numbers_p9():
    closed = Closed(counts_only_zone_ids=frozenset({181}))

    theirs, own = (entry(viewer, subject(), closed, NOW) for viewer in (EVERYONE, Viewer(1)))

    assert (theirs.state, theirs.floor_id, theirs.zone_id) == (Shown.BUILDING, None, None)
    assert (theirs.counted_floor_id, theirs.counted_zone_id) == (18, 181)
    assert (own.state, own.zone_id, own.counted_floor_id) == (Shown.PRESENT, 181, 18)


def test_whoever_shows_the_floor_shows_it_where_only_counts_are_shown_and_is_in_no_zones_number_p4():
    """P4: else the corner would be the one place that tells where on the floor they are."""
    closed = Closed(counts_only_zone_ids=frozenset({181}))

    assert entry(EVERYONE, subject(Level.FLOOR), closed, NOW) == entry(EVERYONE, subject(Level.FLOOR), Closed(), NOW)
    assert entry(EVERYONE, subject(Level.FLOOR), closed, NOW).counted_zone_id is None


def test_an_uncertain_place_is_a_floor():
    seen = entry(EVERYONE, subject(where=replace(HERE, state=State.FLOOR, zone_id=None, confidence=0.4)), Closed(), NOW)

    assert (seen.state, seen.sure, seen.zone_id) == (Shown.FLOOR, Sure.FLOOR, None)


def test_all_is_well_as_of_the_last_reading():
    assert status(Age(NOW, make.at("09:59")), database_answers=True) == Status(NOW)


def test_the_oldest_part_says_as_of_when_rp_10_rp_11():
    """RP-10, RP-11: database, background process and broker each have their own time."""
    heard, beat = make.at("09:58"), make.at("09:57")
    dead = Age(NOW, heard, beat, ("background",))

    assert status(Age(NOW, heard), database_answers=False) == Status(NOW, ("database",))
    assert status(replace(dead, sensor_reasons=("broker",)), database_answers=True) == Status(heard, ("broker",))
    assert status(dead, database_answers=False) == Status(beat, ("database", "background"))


def test_a_floor_is_old_for_its_own_receivers_only():
    old = Status(make.at("09:58"), ("receivers:17",))

    assert old.for_floor("17", NOW) == old
    assert old.for_floor("18", NOW) == Status(NOW)
    assert old.for_floor(None, NOW) == old


def test_gaps_are_waited_for_unless_a_sequence_jumped_rp_21():
    assert gap([5, 6, 9], 3, 100) == [4, 7, 8]
    assert gap([5, 4000], 4, 100) == []
    assert gap([], 4, 100) == []
