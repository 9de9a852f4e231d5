"""The queue between the broker and the pipeline."""

from server.ingest.inbox import LARGEST_PAYLOAD, Inbox


def test_a_full_inbox_drops_the_oldest_and_counts_it():
    inbox = Inbox(max_messages=2)

    for number in (b"1", b"2", b"3"):
        inbox.put("t", number)

    assert [delivery.payload for delivery in inbox.take()] == [b"2", b"3"]
    assert inbox.dropped() == 1
    assert inbox.dropped() == 0


def test_an_inbox_is_also_bounded_in_bytes():
    inbox = Inbox(max_bytes=10)

    for number in range(5):
        inbox.put("t", bytes([number]) * 4)

    assert [delivery.payload[0] for delivery in inbox.take()] == [3, 4]
    assert inbox.dropped() == 3


def test_of_an_oversized_message_only_the_proof_is_kept_rp_09():
    inbox = Inbox()

    inbox.put("t", b"x" * 10_000_000)

    assert len(inbox.take()[0].payload) == LARGEST_PAYLOAD + 1


def test_a_flood_of_a_hundred_thousand_messages_stays_within_its_bounds_rp_09():
    inbox = Inbox(max_messages=1000)

    for _ in range(100_000):
        inbox.put("t", b"{}")

    assert len(inbox) == 1000
    assert inbox.dropped() == 99_000


def test_nothing_waits_for_longer_than_fifteen_minutes_however_long_nobody_takes_it_p10():
    inbox = Inbox()
    for at_s in (0.0, 899.0, 901.0):
        inbox.put("t", str(at_s).encode(), at_s=at_s)

    assert len(inbox) == 2, "also while only the broker is awake"
    assert [delivery.at_s for delivery in inbox.take(now_s=1800.0)] == [901.0]
    assert inbox.dropped() == 2


def test_how_long_something_waits_may_be_shortened_and_never_lengthened_p10():
    inbox = Inbox()
    inbox.keep_for(60.0)
    inbox.put("t", b"", at_s=0.0)
    assert inbox.take(now_s=61.0) == []

    inbox.keep_for(3600.0)
    inbox.put("t", b"", at_s=0.0)
    assert inbox.take(now_s=901.0) == []


def test_waiting_ends_when_something_is_there():
    inbox = Inbox()
    inbox.put("t", b"")

    assert inbox.wait(60)
    inbox.take()
    assert not inbox.wait(0)
