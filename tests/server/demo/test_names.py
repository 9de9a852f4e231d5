"""The invented names: every case that troubles a directory is among the first of them."""

from collections import Counter
from itertools import islice

import pytest

from server.demo.build import SEED
from server.demo.city import PEOPLE
from server.demo.names import FIRST, names

DRAWN = list(islice(names(SEED), PEOPLE))
WRITTEN = Counter((one.family, one.given) for one in DRAWN)
READ = Counter((one.family_kana, one.given_kana) for one in DRAWN)


def test_the_same_seed_gives_the_same_people():
    assert list(islice(names(SEED), PEOPLE)) == DRAWN
    assert DRAWN[0] == FIRST


def test_one_writing_with_two_readings_occurs():
    assert {(one.family_kana, one.given_kana) for one in DRAWN if (one.family, one.given) == ("東", "樹")} >= {
        ("あずま", "いつき"),
        ("ひがし", "たつき"),
    }


def test_one_reading_with_two_writings_occurs():
    assert {one.family for one in DRAWN if (one.family_kana, one.given) == ("さいき", "葵")} == {"齋木", "斉木"}


def test_a_name_that_two_people_share_occurs():
    assert WRITTEN["菊川", "結衣"] >= 2


@pytest.mark.parametrize(
    ("family", "given"), [("林", "一"), ("グエン・ティ・ラン", ""), ("マリア・サントス", ""), ("𠮷留", "光太郎")]
)
def test_short_long_and_foreign_names_occur(family, given):
    assert WRITTEN[family, given] >= 1


def test_a_name_occurs_that_cp932_cannot_hold():
    with pytest.raises(UnicodeEncodeError):
        next(one.family for one in DRAWN if one.family.startswith("𠮷")).encode("cp932")


def test_the_compatibility_ideograph_is_kept_as_it_is():
    assert any(one.family == "\ufa19代" for one in DRAWN)
    assert not any(one.family == "\u795e代" for one in DRAWN)


def test_every_name_has_a_reading_in_hiragana():
    assert [one for one in DRAWN if not one.family_kana or (one.given and not one.given_kana)] == []
    assert not [kana for pair in READ for text in pair for kana in text if not ("ぁ" <= kana <= "ゖ" or kana in "・ー")]
