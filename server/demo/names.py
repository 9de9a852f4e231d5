"""Invented names that combine at random, with every case that troubles a Japanese directory among them."""

import random
from collections.abc import Iterator
from typing import NamedTuple


class Name(NamedTuple):
    """A name as its owner writes it, with its reading."""

    family: str
    given: str
    family_kana: str
    given_kana: str


FAMILIES = """
髙波 たかなみ,﨑浜 さきはま,渡邉 わたなべ,濵口 はまぐち,齋木 さいき,斉木 さいき,𠮷留 よしとめ,栁瀬 やなせ,桒野 くわの,
德光 とくみつ,\ufa19代 くましろ,石動 いするぎ,小鳥遊 たかなし,帯刀 たてわき,雲類鷲 うるわし,入江 いりえ,榎並 えなみ,
大砂 おおすな,柏倉 かしわくら,菊川 きくかわ,楠瀬 くすせ,潮見 しおみ,菅波 すがなみ,瀬名 せな,汐留 しおどめ,
月岡 つきおか,苗場 なえば,灘岡 なだおか,沼尾 ぬまお,鳩山下 はとやました,日向野 ひがの,藤並 ふじなみ,帆足 ほあし,
真砂 まさご,港崎 みなとざき,最上谷 もがみや,八重樫 やえがし,夕凪 ゆうなぎ,六車 むぐるま,若汐 わかしお,林 はやし,
東 あずま,東 ひがし,辻 つじ,乙 おつ
"""
GIVENS = """
真琴 まこと,葵 あおい,陽翔 はると,凪 なぎ,千潮 ちしお,晴海 はるみ,結衣 ゆい,悠真 ゆうま,紬 つむぎ,航 わたる,美帆 みほ,
岳 がく,蓮 れん,汐里 しおり,大河 たいが,七海 ななみ,光太郎 こうたろう,文乃 ふみの,直 なお,恵理子 えりこ,樹 いつき,
樹 たつき,ひかり ひかり,さくら さくら,一 はじめ,一二三 ひふみ
"""
FIRST = Name("髙波", "真琴", "たかなみ", "まこと")
SURE_TO_OCCUR = (
    Name("東", "樹", "あずま", "いつき"),  # one writing, two readings
    Name("東", "樹", "ひがし", "たつき"),
    Name("齋木", "葵", "さいき", "あおい"),  # one reading, two writings
    Name("斉木", "葵", "さいき", "あおい"),
    Name("菊川", "結衣", "きくかわ", "ゆい"),  # the same name twice, in two bureaus
    Name("林", "一", "はやし", "はじめ"),
    Name("グエン・ティ・ラン", "", "ぐえん・てぃ・らん", ""),
    Name("マリア・サントス", "", "まりあ・さんとす", ""),
    Name("𠮷留", "光太郎", "よしとめ", "こうたろう"),  # CP932 cannot hold it
    Name("\ufa19代", "凪", "くましろ", "なぎ"),  # the compatibility ideograph U+FA19 where a database must not fold it
    Name("菊川", "結衣", "きくかわ", "ゆい"),
)


def names(seed: int) -> Iterator[Name]:
    """Names without end; the ones that must occur come early, spread over the bureaus."""
    rng = random.Random(seed)
    families, givens = _pairs(FAMILIES), _pairs(GIVENS)
    waiting = list(SURE_TO_OCCUR)
    yield FIRST
    taken = {FIRST, *SURE_TO_OCCUR}
    count = 0
    while True:
        count += 1
        if waiting and count % 90 == 0:
            yield waiting.pop(0)
            continue
        (family, family_kana), (given, given_kana) = rng.choice(families), rng.choice(givens)
        name = Name(family, given, family_kana, given_kana)
        if name in taken and rng.random() < 0.9 and len(taken) < len(families) * len(givens):
            continue  # twins are rare while there are names left
        taken.add(name)
        yield name


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(writing, reading) for writing, reading in (pair.split() for pair in text.replace("\n", "").split(","))]
