"""Windows that wait for the broker: their order, their age, and how many there may be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import wire
from edge_agent.outbox import BURST, IN_FLIGHT, KEEP_S, MOST_ROWS, MOST_WINDOWS, PACE_PER_S, Outbox

BOOT = "00000000000000aa"
TOPIC = wire.parse_topic(wire.sightings_topic("main", "RX-1"))


def outbox(**changes) -> Outbox:
    return Outbox("RX-1", BOOT, **changes)


def heard(*tags: str, age_ms: int = 100) -> tuple[wire.Sighting, ...]:
    return tuple(wire.Sighting(tag, 2, -70.0, 1.0, -69.0, age_ms) for tag in tags)


def sent(taken: tuple[int, bytes] | None) -> wire.Sightings:
    """The message that left, as the server reads it."""
    assert taken is not None
    message = wire.decode(TOPIC, taken[1])
    assert isinstance(message, wire.Sightings)
    assert message.seq == taken[0]
    return message


def drained(box: Outbox, from_s: float) -> list[wire.Sightings]:
    """Everything that waits, each confirmed at once, as fast as the pace allows."""
    messages, now_s = [], from_s
    while len(box):
        taken = box.take(now_s, 0)
        if taken is not None:
            messages.append(sent(taken))
            box.done(taken[0])
        now_s += 0.01
    return messages


def test_a_window_leaves_with_its_number_length_and_start():
    box = outbox()
    box.put(heard("s-1-1"), 1000, 50.0)

    message = sent(box.take(50.0, 1_780_272_000_000))

    assert message == wire.Sightings("RX-1", BOOT, 1, 1_780_272_000_000, 1000, heard("s-1-1"))


def test_an_empty_window_is_sent_too_since_nothing_heard_is_not_unknown():
    box = outbox()
    box.put((), 1000, 50.0)

    assert sent(box.take(50.0, 0)).rows == ()


def test_the_age_is_that_of_the_moment_of_sending_rp_04():
    box = outbox()
    box.put(heard("s-1-1", age_ms=400), 1000, 50.0)

    assert sent(box.take(73.5, 0)).rows[0].age_ms == 23_900


def test_what_was_not_confirmed_goes_again_first_with_its_old_number_and_new_age_rp_04():
    box = outbox()
    for second in range(3):
        box.put(heard("s-1-1"), 1000, float(second))
    first = sent(box.take(2.0, 0))
    second = sent(box.take(2.1, 0))
    box.done(second.seq)

    box.take_back()
    again = drained(box, 10.0)

    assert [message.seq for message in again] == [first.seq, 3]
    assert again[0].rows[0].age_ms == 10_100


def test_confirming_twice_or_something_unknown_does_no_harm():
    box = outbox()
    box.put(heard("s-1-1"), 1000, 0.0)
    taken = box.take(0.0, 0)
    for _ in range(2):
        box.done(taken[0])
    box.done(99)

    assert len(box) == 0


def test_after_an_outage_old_windows_leave_in_order_and_at_a_measured_pace():
    box = outbox()
    for second in range(100):
        box.put(heard("s-1-1"), 1000, float(second))
    left: list[tuple[float, int]] = []
    now_s = 100.0
    while len(box):
        taken = box.take(now_s, 0)
        if taken is None:
            now_s += 0.001
        else:
            left.append((now_s, taken[0]))
            box.done(taken[0])

    assert [seq for _at, seq in left] == list(range(1, 101))
    for at_s, _seq in left:
        within_a_second = [one for one, _ in left if at_s <= one < at_s + 1]
        assert len(within_a_second) <= PACE_PER_S + BURST


def test_the_broker_is_given_only_so_many_windows_before_it_confirms():
    box = outbox()
    for second in range(100):
        box.put((), 1000, float(second))

    taken = [box.take(100.0 + second, 0) for second in range(50)]

    assert sum(one is not None for one in taken) == IN_FLIGHT


def test_an_outage_of_a_day_costs_bounded_memory_and_every_lost_window_is_counted():
    box = outbox()
    for second in range(86_400):
        box.put(heard("s-1-1"), 1000, float(second))

    assert len(box) == MOST_WINDOWS
    assert box.dropped == 86_400 - MOST_WINDOWS
    assert [message.seq for message in drained(box, 86_399.0)][-1] == 86_400


def test_crowded_windows_are_bounded_by_their_rows():
    box = outbox()
    crowd = heard(*(f"s-{number}-1" for number in range(2000)))
    for second in range(200):
        box.put(crowd, 1000, float(second))

    assert len(box) * len(crowd) <= MOST_ROWS
    assert box.dropped == 200 - len(box)


def test_windows_older_than_the_server_could_use_are_dropped_and_not_sent_rp_04():
    box = outbox()
    box.put(heard("s-1-1"), 1000, 0.0)
    box.put(heard("s-1-1"), 1000, KEEP_S)

    messages = drained(box, KEEP_S + 1)

    assert [message.seq for message in messages] == [2]
    assert box.dropped == 1


def test_a_message_never_exceeds_what_the_wire_allows_and_the_loudest_stay():
    box = outbox()
    crowd = tuple(
        wire.Sighting(f"{'x' * 50}-{number}", 9, -20.0 - number * 0.04, 99.99, -18.0, 999) for number in range(2000)
    )
    box.put(crowd, 1000, 0.0)

    seq, payload = box.take(0.0, 0)

    rows = sent((seq, payload)).rows
    assert len(payload) <= wire.MAX_BYTES
    assert [row.tag for row in rows] == [row.tag for row in crowd[: len(rows)]]
    assert box.cut == 2000 - len(rows) > 0


STEPS = st.lists(st.sampled_from(["put", "take", "done", "break", "wait"]), max_size=200)


@settings(deadline=None)
@given(STEPS)
def test_whatever_happens_numbers_rise_and_nothing_is_lost_uncounted_rp_04(steps):
    box = outbox(keep_s=20.0)
    now_s, put, confirmed = 0.0, 0, set()
    in_flight: list[int] = []
    for step in steps:
        now_s += 5.0 if step == "wait" else 0.1
        if step == "put":
            put += 1
            box.put(heard("s-1-1"), 1000, now_s)
        elif step == "take" and (taken := box.take(now_s, 0)) is not None:
            assert all(taken[0] > seq for seq in in_flight)
            in_flight.append(taken[0])
        elif step == "done" and in_flight:
            confirmed.add(in_flight[0])
            box.done(in_flight.pop(0))
        elif step == "break":
            box.take_back()
            in_flight.clear()

    assert put == len(box) + box.dropped + len(confirmed)


def test_a_faster_pace_may_be_asked_for():
    box = outbox(pace_per_s=1000.0)
    for _ in range(200):
        box.put((), 1000, 0.0)

    messages = []
    for tick in range(100):
        while (taken := box.take(tick / 100, 0)) is not None:
            messages.append(taken)
            box.done(taken[0])

    assert len(messages) == pytest.approx(200, abs=10)
