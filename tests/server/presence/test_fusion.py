"""Where somebody is now, of all that is known of them."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import make
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.people.rules import LEVELS, Level
from server.presence.fusion import (
    ELSEWHERE,
    WELL,
    Claim,
    Found,
    Granted,
    Radio,
    Said,
    Source,
    StatusSeen,
    fuse,
)
from server.presence.rules import Shown, State, StatusKind, Whereabouts

NOW = make.at("10:00")
FLOOR, OTHER_FLOOR, ZONE, OTHER_ZONE = 18, 15, 181, 182
ALL = Granted(Level.SEAT, Level.SEAT)
OWN = Granted(Level.SEAT, Level.SEAT, is_self=True)


def beacon(zone: int | None = ZONE, *, floor=FLOOR, state=State.PRESENT, heard="09:59:40") -> Whereabouts:
    return Whereabouts(state, floor, zone, 0.9, make.at(heard))


def said(kind: StatusKind, at: str = "08:00", until: str = "17:15") -> Said:
    return Said(kind, make.at(until), "", make.at(at))


def claim(
    source=Source.BOOKING, zone=OTHER_ZONE, *, floor=FLOOR, since="09:00", until="12:00", place="18B-012"
) -> Claim:
    return Claim(source, floor, zone, make.at(since), make.at(until), place)


def found(where=None, status=None, claims=(), granted=ALL, radio=WELL, **more) -> Found:
    return fuse(where, status, claims, granted, NOW, radio, **more)


# -- a status that says elsewhere


@pytest.mark.parametrize("kind", sorted(ELSEWHERE))
def test_a_status_that_says_elsewhere_goes_before_bookings_and_an_old_beacon(kind):
    shown = found(beacon(state=State.SILENT), said(kind), [claim()])

    assert (shown.state, shown.source, shown.floor_id) == (Shown.AWAY, Source.STATUS, None)
    assert shown.status == StatusSeen(kind, make.at("17:15"), "")
    assert shown.until == make.at("17:15")


@pytest.mark.parametrize("kind", [StatusKind.TELEWORK, StatusKind.TRIP])
def test_a_beacon_heard_in_the_building_since_then_knows_better_and_both_are_said(kind):
    shown = found(beacon(), said(kind))

    assert (shown.state, shown.zone_id, shown.source) == (Shown.PRESENT, ZONE, Source.BEACON)
    assert shown.status is not None and shown.status.kind is kind


def test_no_beacon_goes_before_leave():
    assert found(beacon(), said(StatusKind.LEAVE)).source is Source.STATUS


def test_a_beacon_heard_before_the_status_was_said_or_began_is_old_news():
    assert found(beacon(heard="09:59:40"), said(StatusKind.TRIP, at="09:59:50")).source is Source.STATUS


@pytest.mark.parametrize("state", [State.PASSING, State.SILENT])
def test_only_a_settled_beacon_knows_better_than_a_trip(state):
    assert found(beacon(state=state), said(StatusKind.TRIP)).source is Source.STATUS


@pytest.mark.parametrize("radio", [Radio(is_down=True), Radio(silent_floor_ids=frozenset({FLOOR}))])
def test_a_beacon_that_nobody_could_hear_now_knows_no_better(radio):
    shown = found(beacon(), said(StatusKind.TELEWORK), radio=radio)

    assert shown.source is Source.STATUS
    assert shown.is_deaf


@pytest.mark.parametrize("kind", sorted(set(StatusKind) - ELSEWHERE))
def test_any_other_status_stands_beside_the_place(kind):
    assert found(beacon(), said(kind)) == replace(found(beacon()), status=StatusSeen(kind, make.at("17:15"), ""))
    assert found(None, said(kind)) == Found(Shown.AWAY, status=StatusSeen(kind, make.at("17:15"), ""))


# -- check-ins and bookings


def test_a_check_in_goes_before_a_booking_whichever_is_later():
    shown = found(claims=[claim(since="09:30"), claim(Source.CHECK_IN, ZONE, place="18A-003")], granted=OWN)

    assert (shown.source, shown.zone_id, shown.place) == (Source.CHECK_IN, ZONE, "18A-003")


def test_of_two_check_ins_the_later_counts():
    first = claim(Source.CHECK_IN, ZONE, since="09:00")
    second = claim(Source.CHECK_IN, OTHER_ZONE, since="09:40")

    assert found(claims=[second, first], granted=OWN).zone_id == OTHER_ZONE


@pytest.mark.parametrize("where", [None, beacon(state=State.SILENT, heard="09:50"), beacon(state=State.PASSING)])
def test_a_booking_holds_until_its_end_while_the_beacon_says_nothing_settled(where):
    shown = found(where, claims=[claim()])

    assert (shown.source, shown.zone_id, shown.place) == (Source.BOOKING, OTHER_ZONE, "18B-012")
    assert (shown.until, shown.heard_at) == (make.at("12:00"), None)


@pytest.mark.parametrize(("since", "until"), [("10:01", "12:00"), ("09:00", "10:00")])
def test_a_booking_that_has_not_begun_or_is_over_says_nothing(since, until):
    assert found(claims=[claim(since=since, until=until)]).source is None


@pytest.mark.parametrize("where", [beacon(ZONE), beacon(None, floor=OTHER_FLOOR, state=State.FLOOR)])
@pytest.mark.parametrize("source", [Source.BOOKING, Source.CHECK_IN])
def test_a_settled_beacon_elsewhere_goes_before_a_claim(where, source):
    assert found(where, claims=[claim(source)]).source is Source.BEACON


@pytest.mark.parametrize("where", [beacon(OTHER_ZONE), beacon(None, state=State.FLOOR)])
def test_a_beacon_that_does_not_contradict_leaves_it_to_the_claim_which_is_more_exact(where):
    assert found(where, claims=[claim()]).source is Source.BOOKING


def test_a_check_in_after_the_beacon_was_last_heard_is_newer():
    checked_in = claim(Source.CHECK_IN, since="09:59:50", until="12:00")

    assert found(beacon(ZONE), claims=[checked_in], granted=OWN).source is Source.CHECK_IN


def test_while_the_radio_is_down_the_booking_counts_and_the_answer_says_so():
    shown = found(beacon(ZONE), claims=[claim()], radio=Radio(is_down=True))

    assert (shown.source, shown.is_deaf) == (Source.BOOKING, True)


def test_while_the_radio_is_down_the_last_place_stays_with_its_age_when_nothing_else_is_known():
    shown = found(beacon(), radio=Radio(is_down=True))

    assert (shown.source, shown.heard_at, shown.is_deaf) == (Source.BEACON, make.at("09:59:40"), True)


def test_receivers_of_another_floor_concern_nobody_here():
    assert not found(beacon(), radio=Radio(silent_floor_ids=frozenset({OTHER_FLOOR}))).is_deaf


def test_nothing_known_is_said_as_nothing_known():
    assert found() == Found(Shown.AWAY)


# -- what a viewer may see (P4)


@pytest.mark.parametrize(
    ("level", "state", "floor", "zone", "place"),
    [
        (Level.BUILDING, Shown.BUILDING, None, None, ""),
        (Level.FLOOR, Shown.FLOOR, FLOOR, None, ""),
        (Level.ZONE, Shown.PRESENT, FLOOR, OTHER_ZONE, ""),
        (Level.SEAT, Shown.PRESENT, FLOOR, OTHER_ZONE, "18B-012"),
    ],
)
def test_a_booking_is_shown_as_far_as_bookings_are_p4(level, state, floor, zone, place):
    shown = found(claims=[claim()], granted=Granted(Level.HIDDEN, level))

    assert (shown.state, shown.floor_id, shown.zone_id, shown.place) == (state, floor, zone, place)


def test_a_hidden_signal_says_nothing_and_the_other_one_still_does_p4():
    assert found(beacon(), claims=[claim()], granted=Granted(Level.HIDDEN, Level.ZONE)).source is Source.BOOKING
    assert found(beacon(ZONE), claims=[claim()], granted=Granted(Level.ZONE, Level.HIDDEN)).source is Source.BEACON
    assert found(beacon(), granted=Granted(Level.HIDDEN, Level.ZONE)) == Found(Shown.HIDDEN)


def test_whoever_may_see_nothing_reads_no_status_either_p4():
    nothing = Granted(Level.HIDDEN, Level.HIDDEN)

    assert found(beacon(), said(StatusKind.MEETING), [claim()], nothing, Radio(is_down=True)) == Found(Shown.HIDDEN)


def test_a_zone_that_names_nobody_is_not_named_by_the_beacon_p8():
    assert found(beacon(), zone_is_counts_only=True).state is Shown.BUILDING


# -- whatever comes together

minutes = st.integers(-90, 90).map(lambda n: NOW + timedelta(minutes=n))
zones = st.sampled_from([None, ZONE, OTHER_ZONE])
wheres = st.none() | st.builds(
    Whereabouts,
    st.sampled_from([State.PRESENT, State.FLOOR, State.PASSING, State.SILENT]),
    st.sampled_from([FLOOR, OTHER_FLOOR]),
    zones,
    st.floats(0, 1),
    minutes,
)
statuses = st.none() | st.builds(Said, st.sampled_from(list(StatusKind)), minutes, st.just(""), minutes)
claims_made = st.lists(
    st.builds(
        Claim,
        st.sampled_from([Source.BOOKING, Source.CHECK_IN]),
        st.sampled_from([FLOOR, OTHER_FLOOR]),
        zones,
        minutes,
        st.none() | minutes,
        st.just("seat"),
    ),
    max_size=4,
)
radios = st.builds(Radio, st.booleans(), st.frozensets(st.sampled_from([FLOOR, OTHER_FLOOR])))
levels = st.sampled_from(LEVELS)


@settings(max_examples=400)
@given(wheres, wheres, statuses, claims_made, levels, radios)
def test_nothing_of_a_hidden_beacon_shows_through_p4(where, other, status, claims, booking, radio):
    granted = Granted(Level.HIDDEN, booking)

    assert found(where, status, claims, granted, radio) == found(other, status, claims, granted, radio)


@settings(max_examples=400)
@given(wheres, statuses, claims_made, claims_made, levels, radios)
def test_nothing_of_hidden_bookings_shows_through_p4(where, status, claims, others, level, radio):
    granted = Granted(level, Level.HIDDEN)

    assert found(where, status, claims, granted, radio) == found(where, status, others, granted, radio)


@settings(max_examples=400)
@given(wheres, zones, statuses, claims_made, levels, st.booleans())
def test_the_zone_changes_nothing_for_whoever_may_see_only_the_floor_p4(where, zone, status, claims, booking, is_down):
    if where is None:
        return
    granted, radio = Granted(Level.FLOOR, booking), Radio(is_down=is_down)
    moved = replace(where, zone_id=zone)

    assert found(where, status, claims, granted, radio) == found(moved, status, claims, granted, radio)


@settings(max_examples=400)
@given(wheres, statuses, claims_made, levels, levels, radios, st.booleans())
def test_no_place_is_finer_than_the_level_of_its_source_p4(where, status, claims, beacon_level, booking, radio, counts):
    shown = found(where, status, claims, Granted(beacon_level, booking), radio, zone_is_counts_only=counts)
    allowed = {Source.BEACON: beacon_level, Source.BOOKING: booking, Source.CHECK_IN: booking}

    if shown.floor_id is not None:
        assert shown.source is not None and allowed[shown.source].rank >= Level.FLOOR.rank
    if shown.zone_id is not None:
        assert shown.source is not None and allowed[shown.source].rank >= Level.ZONE.rank
    if shown.place:
        assert booking is Level.SEAT
    if beacon_level is booking is Level.HIDDEN:
        assert shown == Found(Shown.HIDDEN)
    if shown.source is Source.STATUS:
        assert shown.floor_id is None and shown.zone_id is None and not shown.place


@settings(max_examples=400)
@given(wheres, statuses, claims_made, levels, levels, radios)
def test_whether_somebody_has_come_to_what_they_booked_changes_nothing_for_others_p3(
    where, status, claims, level, booking, radio
):
    granted, not_come = Granted(level, booking), [replace(one, source=Source.BOOKING) for one in claims]

    assert found(where, status, claims, granted, radio) == found(where, status, not_come, granted, radio)


@settings(max_examples=200)
@given(wheres, statuses, claims_made, radios)
def test_who_is_on_leave_is_nowhere(where, status, claims, radio):
    if status is None:
        return
    shown = found(where, status._replace(kind=StatusKind.LEAVE), claims, ALL, radio)

    assert (shown.source, shown.floor_id) == (Source.STATUS, None)


def test_the_order_of_the_sources_is_the_documented_one():
    """Every combination of what may be known, against the list in the module."""
    for status, where, checked_in, booked in product(
        [None, *StatusKind], [None, beacon(), beacon(state=State.SILENT)], [False, True], [False, True]
    ):
        claims = [claim(Source.CHECK_IN)] * checked_in + [claim()] * booked
        heard_now = where is not None and where.state is State.PRESENT
        if status is StatusKind.LEAVE or (status in ELSEWHERE and not heard_now):
            expected = Source.STATUS
        elif heard_now:
            expected = Source.BEACON
        elif checked_in:
            expected = Source.CHECK_IN
        elif booked:
            expected = Source.BOOKING
        else:
            expected = None if where is None else Source.BEACON

        assert found(where, status and said(status), claims, OWN).source is expected
