"""Who may read a memo, and how what was written down in a hurry is cleaned."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make import at

from server.errors import Refused
from server.memos import rules
from server.memos.rules import Reader, Recipient, Urgency, Wish
from server.retention_terms import BOUNDS, Term

ME = Reader(account_id=1, person_id=10, unit_ids=frozenset({100, 101}))


def draft(**fields):
    given = {"caller": "川崎商事", "number": "", "matter": "", "wish": "call_back", "urgency": "normal"} | fields
    return rules.draft(Recipient(person_id=10), **given)


@pytest.mark.parametrize(
    ("to", "taken_by", "readable"),
    [
        (Recipient(person_id=10), 2, True),
        (Recipient(unit_id=100), 2, True),
        (Recipient(unit_id=101), None, True),
        (Recipient(person_id=11), 1, True),
        (Recipient(person_id=11), 2, False),
        (Recipient(person_id=11), None, False),
        (Recipient(unit_id=102), 2, False),
    ],
    ids=["me", "my section", "my other section", "taken by me", "a colleague's", "nobody's any more", "other section"],
)
def test_a_memo_is_for_its_recipient_and_for_who_took_it_down(to, taken_by, readable):
    assert rules.may_read(ME, to, taken_by) is readable


def test_an_account_without_a_person_is_nobody_s_recipient():
    operator = Reader(account_id=3, person_id=None)

    assert not rules.is_recipient(operator, Recipient(person_id=10))
    assert not rules.is_recipient(operator, Recipient(unit_id=100))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("０４４－０００－２１１１", "044-000-2111"),
        ("044(000)2111", "044-000-2111"),
        ("（044）000-2111", "044-000-2111"),
        ("044 000 2111", "044-000-2111"),
        ("044‐000ー2111", "044-000-2111"),
        ("044.000.2111", "044-000-2111"),
        ("内線２４１１７", "24117"),
        ("内）24117", "24117"),
        ("ext. 24117", "24117"),
        ("+81 44-000-2111", "+81-44-000-2111"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_number_is_kept_in_half_width_digits_and_hyphens(written, kept):
    assert rules.normal_number(written) == kept


@pytest.mark.parametrize(
    "written", ["あとで", "044-000-21x1", "-", "1" * 31, "9" * 10_000, "\ud800", "1\x002", "😀", "%"]
)
def test_what_is_no_number_is_refused_with_an_example(written):
    with pytest.raises(Refused) as refused:
        rules.normal_number(written)

    assert (refused.value.code, refused.value.status) == ("memo_number", 422)


@given(st.text(max_size=80))
def test_a_number_once_kept_stays_as_it_is(text):
    try:
        kept = rules.normal_number(text)
    except Refused:
        return
    assert rules.normal_number(kept) == kept


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"caller": " \n "}, "memo_caller_missing"),
        ({"caller": "あ" * 101}, "memo_caller"),
        ({"caller": "x" * 10_000}, "memo_caller"),
        ({"caller": "a\x00b"}, "memo_caller"),
        ({"caller": "\ud83d"}, "memo_caller"),
        ({"matter": "あ" * 501}, "memo_matter"),
        ({"matter": "a\x1bb"}, "memo_matter"),
        ({"number": "x"}, "memo_number"),
        ({"wish": "coffee"}, "memo_choice"),
        ({"urgency": ""}, "memo_choice"),
    ],
)
def test_a_memo_that_will_not_do_is_refused_for_one_field(fields, code):
    with pytest.raises(Refused) as refused:
        draft(**fields)

    assert (refused.value.code, refused.value.status) == (code, 422)


def test_a_memo_keeps_the_lines_of_its_matter_and_one_line_of_its_caller():
    kept = draft(caller="  川崎商事\t山田様 ", matter="見積り\r\n二件 ", wish="calls_again", urgency="urgent")

    assert (kept.caller, kept.matter) == ("川崎商事 山田様", "見積り\n二件")
    assert (kept.wish, kept.urgency) == (Wish.CALLS_AGAIN, Urgency.URGENT)


@pytest.mark.parametrize(
    ("handled_days_ago", "taken_days_ago", "over"),
    [(None, 89, False), (None, 90, True), (29, 200, False), (30, 31, True)],
)
def test_a_memo_goes_30_days_after_it_is_done_and_90_when_nobody_handles_it_p10(handled_days_ago, taken_days_ago, over):
    """P10: calls are not kept for ever."""
    now = at("10:00")
    handled_at = None if handled_days_ago is None else now - timedelta(days=handled_days_ago)

    done, waiting = (BOUNDS[term].default for term in (Term.MEMOS_DONE, Term.MEMOS_OPEN))
    assert rules.is_over(now - timedelta(days=taken_days_ago), handled_at, now, done, waiting) is over
