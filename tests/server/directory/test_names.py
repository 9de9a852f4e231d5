"""What is typed and what is kept come to the same form, whatever the spelling; a beginning to a beginning."""

import asking
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.demo.names import FAMILIES, GIVENS
from server.directory.names import asked, code, fold, kept, short_code, words

READINGS = [pair.split()[1] for text in (FAMILIES, GIVENS) for pair in text.replace("\n", "").split(",")]
READINGS += [
    "おおの",
    "おおた",
    "しょうじ",
    "ほんま",
    "じゅんいち",
    "はっとり",
    "ほっち",
    "いっしき",
    "なんば",
    "きゅうま",
    "ちゃたに",
]
EVERY_KANA = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわがぎぐげござ"
    "じずぜぞだでどばびぶべぼぱぴぷぺぽ"
)
KANA = st.text(EVERY_KANA, min_size=1, max_size=8)


def fits(typed: str, name: str) -> bool:
    """Whether the typed word is the name."""
    mine, theirs = asked(typed), kept(name)
    return not set(mine.texts).isdisjoint(theirs.texts) or not set(mine.sounds).isdisjoint(theirs.sounds)


def begins(typed: str, name: str) -> bool:
    """Whether the typed word may be the beginning of the name."""
    mine, theirs = asked(typed), kept(name)
    return any(word.startswith(form) for form in mine.texts for word in theirs.texts) or any(
        word.startswith(sound) for sound in mine.sounds for word in theirs.sounds
    )


@pytest.mark.parametrize(
    ("typed", "kana"),
    [("ohno", "おおの"), ("ono", "おおの"), ("oono", "おおの"), ("ōno", "おおの"), ("ôno", "おおの"), ("ŌNO", "おおの"),
     ("ohta", "おおた"), ("ohara", "おおはら"), ("ohara", "おはら"), ("ohishi", "おおいし"), ("ohyama", "おおやま"),
     ("shoji", "しょうじ"), ("syozi", "しょうじ"), ("shohji", "しょうじ"), ("homma", "ほんま"), ("honma", "ほんま"),
     ("jun'ichi", "じゅんいち"), ("jun-ichi", "じゅんいち"), ("zyuniti", "じゅんいち"), ("hattori", "はっとり"),
     ("hotchi", "ほっち"), ("hocchi", "ほっち"), ("hotti", "ほっち"), ("isshiki", "いっしき"), ("tsuji", "つじ"),
     ("tuzi", "つじ"), ("fuji", "ふじ"), ("huzi", "ふじ"), ("kohtaroh", "こうたろう"), ("kōtarō", "こうたろう"),
     ("Inoue", "いのうえ"), ("kennichi", "けんいち"), ("jyun", "じゅん"), ("ren", "れん"), ("len", "れん"),
     ("ﾀｶﾅﾐ", "たかなみ"), ("タカナミ", "たかなみ"), ("ﾜﾀﾅﾍﾞ", "わたなべ"),
     ("オーノ", "おおの"), ("しようじ", "しょうじ"),
     ("ｔａｋａｎａｍｉ", "たかなみ"), ("みづき", "みずき"), ("ゔぃくた", "ゔぃくた")],
)  # fmt: skip
def test_every_way_of_spelling_a_reading_is_found(typed, kana):
    assert fits(typed, kana)


@pytest.mark.parametrize("system", [asking.hepburn, asking.kunrei])
@pytest.mark.parametrize("kana", READINGS)
def test_every_beginning_of_a_name_in_latin_letters_finds_it_while_it_is_typed(kana, system):
    latin = system(kana)

    for spelt in (latin, asking.short(latin), asking.with_h(latin), asking.with_macrons(latin)):
        assert fits(spelt, kana)
        for end in range(1, len(spelt)):
            assert begins(spelt[:end], kana), spelt[:end]


@given(KANA)
def test_any_reading_is_found_by_both_systems_and_while_typing(kana):
    for system in (asking.hepburn, asking.kunrei):
        latin = system(kana)
        assert fits(latin, kana)
        assert all(begins(latin[:end], kana) for end in range(1, len(latin)))
    assert all(begins(kana[:end], kana) for end in range(1, len(kana)))


def test_short_and_long_vowels_are_told_apart_when_they_are_typed():
    assert not set(asked("おの").texts) & set(kept("おおの").texts)
    assert not set(asked("ohno").texts) & set(kept("おの").texts)
    assert "oono" in asked("ohno").texts


@pytest.mark.parametrize(
    ("typed", "written"),
    [("高波", "髙波"), ("髙波", "高波"), ("山崎", "山﨑"), ("渡辺", "渡邉"), ("渡邊", "渡邉"),
     ("斉木", "齋木"), ("齊木", "斎木"),
     ("浜口", "濵口"), ("徳光", "德光"), ("柳瀬", "栁瀬"), ("桑野", "桒野"), ("吉留", "𠮷留"),
     ("神代", "\ufa19代"), ("塚本", "\ufa10本"),
     ("羽田", "\ufa1e田"), ("葛", "葛\U000e0100"), ("佐佐木", "佐々木"), ("茅が崎", "茅ガ﨑"),
     ("桜井", "櫻井"), ("ひかり", "ヒカリ")],
)  # fmt: skip
def test_old_and_private_forms_of_kanji_are_folded(typed, written):
    assert fold(typed) == fold(written)


def test_different_names_stay_different():
    assert fold("齋藤") != fold("佐藤")
    assert fold("東") != fold("林")
    assert not fits("sato", "さいとう")


def test_codes_are_found_without_hyphens_in_any_width_and_without_zeros():
    assert {code("18A-012"), code("１８Ａ－０１２"), code("18a012"), code("18A‐012")} == {"18a012"}
    assert short_code("18A-012") == short_code("18a12") == "18a12"
    assert short_code("24101") == "24101"


def test_words_are_parted_by_any_space_and_dot():
    assert words("マリア・サントス　財政課") == ["マリア", "サントス", "財政課"]


@given(st.text(max_size=120))
def test_nothing_that_is_typed_or_kept_fails(text):
    fold(text), kept(text), asked(text), code(text), short_code(text), words(text)


@given(st.text("aiueohnōmst'cjy", max_size=40))
def test_spellings_of_one_word_stay_few(text):
    assert len(asked(text).sounds) <= 12
