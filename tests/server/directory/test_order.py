"""The index's tabs, and who stands before whom."""

import pytest

from server.directory.order import index_row, title_rank
from server.people.rules import kana_key


@pytest.mark.parametrize(
    ("kana", "row"),
    [
        ("あずま", "あ"),
        ("ヴァン", "あ"),
        ("がとう", "か"),
        ("ぱく", "は"),
        ("ﾊﾔｼ", "は"),
        ("ゃま", "や"),
        ("んだ", "わ"),
        ("ゐのうえ", "わ"),
        ("", "他"),
        ("Smith", "他"),
        ("東", "他"),
    ],
)
def test_a_reading_stands_under_the_row_of_its_first_kana(kana, row):
    assert index_row(kana_key(kana)) == row


def test_titles_stand_by_rank_and_what_is_no_title_stands_last():
    titles = ["職員", "", "課長補佐", "財政課長", "主任", "局長", "専門員", "係長"]

    assert sorted(titles, key=title_rank)[:6] == ["局長", "財政課長", "課長補佐", "係長", "主任", "職員"]


def test_an_assistant_head_is_no_head():
    assert title_rank("課長補佐") > title_rank("課長")
