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


def test_waiting_ends_when_something_is_there():
    inbox = Inbox()
    inbox.put("t", b"")

    assert inbox.wait(60)
    inbox.take()
    assert not inbox.wait(0)
