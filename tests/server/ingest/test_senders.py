"""Which message of a receiver is news."""

import random

from server.ingest.counts import Met
from server.ingest.senders import Sender

BOOT, EARLIER = "a" * 16, "b" * 16
NOON_MS = 1_764_000_000_000


def test_messages_in_order_are_all_news():
    sender = Sender()

    assert [sender.refusal(BOOT, seq, seq) for seq in range(100)] == [None] * 100


def test_a_replayed_message_is_known_and_an_overtaken_one_is_late():
    sender = Sender()
    for seq in (1, 2, 5):
        sender.refusal(BOOT, seq, seq)

    assert sender.refusal(BOOT, 2, 6) == Met.DUPLICATE
    assert sender.refusal(BOOT, 3, 6) == Met.OUT_OF_ORDER
    assert sender.refusal(BOOT, 3, 6) == Met.DUPLICATE
    assert sender.refusal(BOOT, 6, 6) is None


def test_each_of_ten_thousand_shuffled_numbers_is_used_at_most_once_and_never_backwards_rp_04():
    numbers = [*range(5000), *range(5000)]
    random.Random(4).shuffle(numbers)
    sender = Sender()

    used = [seq for at_s, seq in enumerate(numbers) if sender.refusal(BOOT, seq, at_s * 1000.0) is None]

    assert used == sorted(set(used))
    assert used[-1] == 4999


def test_a_message_from_before_the_last_restart_is_not_news():
    sender = Sender()
    sender.refusal(EARLIER, 500, 0)
    sender.refusal(BOOT, 0, 10)

    assert sender.refusal(EARLIER, 500, 11) == Met.DUPLICATE
    assert sender.refusal(EARLIER, 501, 11) == Met.OUT_OF_ORDER
    assert sender.refusal(BOOT, 1, 11) is None


def test_one_forged_number_does_not_make_the_true_ones_look_old_sr_33():
    sender = Sender()
    sender.refusal(BOOT, 10, 10)

    assert sender.refusal(BOOT, 2**53, 10.5) == Met.SEQ_JUMP
    assert sender.refusal(BOOT, 11, 11) is None


def test_a_receiver_that_was_cut_off_for_a_day_goes_on_counting():
    sender = Sender()
    sender.refusal(BOOT, 10, 0)

    assert sender.refusal(BOOT, 86_410, 86_400) is None


def test_a_constant_wrong_clock_delays_nothing_and_is_shown_rp_13():
    sender = Sender()

    delays = [sender.delay_ms(NOON_MS + i * 1000 + 40_000, NOON_MS + i * 1000 + 20) for i in range(10)]

    assert delays == [0] * 10
    assert sender.clock_error_ms == 39_980


def test_a_clock_two_minutes_wrong_is_quarantined_until_it_is_right_rp_13():
    sender = Sender()
    sender.delay_ms(NOON_MS, NOON_MS + 10)

    assert sender.delay_ms(NOON_MS + 121_000, NOON_MS) == Met.FUTURE
    assert sender.clock_error_ms == 121_000
    assert sender.delay_ms(0, NOON_MS) == Met.CLOCK_BEHIND
    assert sender.clock_error_ms == -NOON_MS
    assert sender.delay_ms(NOON_MS, NOON_MS + 15) <= 5
    assert sender.clock_error_ms == -15


def test_a_message_that_waited_in_a_broken_connection_is_known_to_be_late_rp_04():
    sender = Sender()
    for second in range(60):
        sender.delay_ms(NOON_MS + second * 1000, NOON_MS + second * 1000 + 20)

    resent = [sender.delay_ms(NOON_MS + (60 + i) * 1000, NOON_MS + 150_000) for i in range(20)]

    assert all(delay >= 69_000 for delay in resent)
    assert sender.delay_ms(NOON_MS + 150_000, NOON_MS + 150_020) == 0


def test_one_message_from_a_wrong_second_does_not_make_the_next_ones_late_rp_13():
    sender = Sender()
    for second in range(10):
        sender.delay_ms(NOON_MS + second * 1000, NOON_MS + second * 1000 + 20)

    sender.delay_ms(NOON_MS + 119_000, NOON_MS + 10_000)

    assert sender.delay_ms(NOON_MS + 11_000, NOON_MS + 11_020) == 0


def test_what_waited_while_we_started_is_late_when_the_clock_was_known():
    sender = Sender()
    sender.expect(0)

    delays = [sender.delay_ms(NOON_MS - 60_000 + i * 1000, NOON_MS + i) for i in range(4)]

    assert all(isinstance(delay, int) and delay >= 56_000 for delay in delays)


def test_a_clock_that_was_set_right_while_we_were_away_is_believed_soon():
    sender = Sender()
    sender.expect(-60_000)

    delays = [sender.delay_ms(NOON_MS + i * 1000, NOON_MS + i * 1000) for i in range(30)]

    assert delays == [0] * 30
    assert sender.clock_error_ms == 0
