"""Questions as people type them when they look for somebody, made from names and posts, with who is meant.

The spelling here is written down independently of the search, from the tables of Hepburn and Kunrei-siki.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Wanted(NamedTuple):
    """Somebody to look for."""

    id: int
    family: str
    given: str
    family_kana: str
    given_kana: str
    unit: str
    unit_kana: str


class Question(NamedTuple):
    """What is typed, in which manner, and whoever it fits exactly."""

    text: str
    manner: str
    meant: frozenset[int]


_KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん"
_KANA += "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ"
_HEPBURN = (
    "a i u e o ka ki ku ke ko sa shi su se so ta chi tsu te to na ni nu ne no ha hi fu he ho ma mi mu me mo"
    " ya yu yo ra ri ru re ro wa o n ga gi gu ge go za ji zu ze zo da ji zu de do ba bi bu be bo pa pi pu pe po"
)
_KUNREI = (
    "a i u e o ka ki ku ke ko sa si su se so ta ti tu te to na ni nu ne no ha hi hu he ho ma mi mu me mo"
    " ya yu yo ra ri ru re ro wa o n ga gi gu ge go za zi zu ze zo da zi zu de do ba bi bu be bo pa pi pu pe po"
)
_SMALL = {"ゃ": "a", "ゅ": "u", "ょ": "o"}
_OLD = {
    "高": "髙",
    "崎": "﨑",
    "辺": "邊",
    "浜": "濱",
    "斉": "齊",
    "徳": "德",
    "柳": "栁",
    "桑": "桒",
    "真": "眞",
    "沢": "澤",
}
_COMMON = {
    "髙": "高", "﨑": "崎", "邉": "辺", "濵": "浜", "齋": "斉", "𠮷": "吉",
    "栁": "柳", "桒": "桑", "德": "徳", "\ufa19": "神",
}  # fmt: skip


def hepburn(kana: str) -> str:
    """しょうじ → shouji, なんば → namba, ほっち → hotchi."""
    latin = _latin(kana, _HEPBURN.split(), lambda c, v: c[:-1] + v if c in ("shi", "chi", "ji") else f"{c[:-1]}y{v}")
    return re.sub("n(?=[bmp])", "m", latin.replace("cch", "tch"))


def kunrei(kana: str) -> str:
    """しょうじ → syouzi, なんば → nanba."""
    return _latin(kana, _KUNREI.split(), lambda c, v: f"{c[:-1]}y{v}")


def _latin(kana: str, table: list[str], small: Callable[[str, str], str]) -> str:
    syllables: list[str] = []
    double = False
    for c in kana:
        if c == "っ":
            double = True
        elif c in _SMALL:
            syllables[-1] = small(syllables[-1], _SMALL[c])
        elif c in "ぇぃ" and syllables and syllables[-1] in ("te", "de"):
            syllables[-1] = syllables[-1][0] + {"ぃ": "i", "ぇ": "e"}[c]
        else:
            at = _KANA.find(c)
            syllable = table[at] if at >= 0 else ""
            syllables.append(syllable[:1] + syllable if double else syllable)
            double = False
    return "".join(syllables)


def short(latin: str) -> str:
    """Without the second vowel: Kotaro, Yuma."""
    return re.sub("uu", "u", re.sub("o[ou]", "o", latin))


def with_h(latin: str) -> str:
    """Kohtaroh."""
    return re.sub("o[ou](?![aiueo])", "oh", latin)


def with_macrons(latin: str) -> str:
    """Kōtarō."""
    return re.sub("uu", "ū", re.sub("o[ou]", "ō", latin))


def katakana(kana: str) -> str:
    """In katakana."""
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in kana)


_HALF_OF = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}


def half_width(kana: str) -> str:
    """In half-width katakana, voiced marks apart."""
    apart = unicodedata.normalize("NFD", katakana(kana)).replace("\u3099", "ﾞ").replace("\u309a", "ﾟ")
    return "".join(_HALF_OF.get(c, c) for c in apart)


def common(writing: str) -> str:
    """With the kanji everybody types."""
    return "".join(_COMMON.get(c, c) for c in writing)


def old(writing: str) -> str:
    """With the old forms somebody copied from a letter."""
    return "".join(_OLD.get(c, c) for c in common(writing))


MANNERS: dict[str, Callable[[str, str], tuple[str, bool]]] = {
    # of writing and reading: what is typed, and whether it is the reading
    "kana": lambda _w, kana: (kana, True),
    "katakana": lambda _w, kana: (katakana(kana), True),
    "half-width": lambda _w, kana: (half_width(kana), True),
    "Hepburn": lambda _w, kana: (hepburn(kana), True),
    "Hepburn, short": lambda _w, kana: (short(hepburn(kana)), True),
    "Hepburn, h": lambda _w, kana: (with_h(hepburn(kana)), True),
    "Hepburn, macrons": lambda _w, kana: (with_macrons(hepburn(kana)), True),
    "Kunrei": lambda _w, kana: (kunrei(kana), True),
    "Kunrei, short": lambda _w, kana: (short(kunrei(kana)), True),
    "as written": lambda writing, _k: (writing, False),
    "common kanji": lambda writing, _k: (common(writing), False),
    "old kanji": lambda writing, _k: (old(writing), False),
}
LONGEST_LIST = 3  # in which the right person must be


def questions(people: Iterable[Wanted], n: int, seed: int) -> list[Question]:
    """So many questions in all manners, evenly; every one fits three people at most, as nobody could choose of more.

    A full name where it is rare enough, else with the unit; a third ask for the surname and the unit.
    """
    rng = random.Random(seed)
    everybody = list(people)
    found: list[Question] = []
    while len(found) < n:
        manner = list(MANNERS)[len(found) % len(MANNERS)]
        question = _question(rng.choice(everybody), manner, everybody, rng)
        if question is not None:
            found.append(question)
    return found


def _question(of: Wanted, manner: str, everybody: list[Wanted], rng: random.Random) -> Question | None:
    family, is_reading = MANNERS[manner](of.family, of.family_kana)
    given, _ = MANNERS[manner](of.given, of.given_kana)
    unit = rng.choice((of.unit, of.unit_kana)) if is_reading else of.unit

    def like(one: Wanted) -> tuple[str, str]:
        return (one.family_kana, one.given_kana) if is_reading else (common(one.family), common(one.given))

    fits = [one for one in everybody if like(one)[0] == like(of)[0]]
    fully = [one for one in fits if like(one)[1] == like(of)[1]]
    in_unit = [one for one in fits if one.unit == of.unit]
    if rng.random() < 1 / 3 and of.unit and len(in_unit) <= LONGEST_LIST:
        return Question(f"{family} {unit}", f"{manner}, surname and unit", frozenset(one.id for one in in_unit))
    names = [family, given] if given else [family]
    if rng.random() < 0.3:
        names.reverse()
    text = rng.choice(("", " ", "　")).join(names)
    if rng.random() < 0.3 and is_reading and text.isascii():
        text = text.upper() if rng.random() < 0.5 else text.title()
    if len(fully) <= LONGEST_LIST:
        return Question(text, manner, frozenset(one.id for one in fully))
    here = [one for one in fully if one.unit == of.unit]
    if of.unit and len(here) <= LONGEST_LIST:
        return Question(f"{text} {unit}", f"{manner} and unit", frozenset(one.id for one in here))
    return None
