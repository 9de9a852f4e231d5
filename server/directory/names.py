"""How a name is found: by its writing with old forms folded, by its kana, by any way of spelling it in Latin. Pure.

What is kept and what is typed are brought to the same two forms:

text    kanji in their common form, kana as hiragana without small differences, Latin in lower case
sound   the reading in Latin as Kunrei-siki spells it, long vowels and double consonants made single

A prefix of the one is a prefix of the other, also in the middle of typing: "s", "sh" and "sho" all begin しょう.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from server.people.rules import LARGE_KANA, VOWEL_OF

LONGEST = 100  # characters of a query that are looked at
MOST_WORDS = 8
MOST_SPELLINGS = 12  # of one word

# Old and private forms → the form everybody types. For searching only; a name is shown as its owner writes it.
_VARIANTS = """
髙高 﨑崎 嵜崎 邉辺 邊辺 齋斉 齊斉 斎斉 濵浜 濱浜 德徳 栁柳 桒桑 𠮷吉 靍鶴 靏鶴 廣広 澤沢 國国 嶋島 嶌島 眞真
條条 瀧滝 龍竜 櫻桜 惠恵 榮栄 冨富 峯峰 槇槙 淸清 關関 藏蔵 實実 壽寿 與与 圓円 彌弥 萬万 學学 會会 來来 兒児
兩両 劍剣 劔剣 吳呉 嚴厳 團団 增増 寬寛 將将 巖巌 彥彦 戶戸 敎教 晉晋 曾曽 曻昇 檜桧 步歩 每毎 氣気 淺浅 淵渕
瀨瀬 爲為 獨独 瑤瑶 產産 禮礼 祿禄 穗穂 穰穣 絲糸 緖緒 繩縄 總総 縣県 舊旧 莊荘 蔣蒋 藪薮 螢蛍 譽誉 讓譲 豐豊
賴頼 鄕郷 鄉郷 鐵鉄 錄録 鎭鎮 隱隠 靜静 靑青 顯顕 鷗鴎 鷄鶏 黑黒 佛仏 傳伝 壹壱 壯壮 奧奥 姬姫 寶宝 寳宝 專専
尙尚 峽峡 嶽岳 帶帯 應応 恆恒 攝摂 收収 數数 曉暁 樂楽 橫横 權権 樣様 歐欧 歷歴 滿満 澁渋 澀渋 濟済 灣湾 燈灯
狹狭 當当 稅税 稻稲 竝並 經経 續続 聰聡 聲声 肅粛 臺台 萠萌 薰薫 藝芸 衞衛 覺覚 觀観 證証 讀読 賣売 贊賛 轉転
遙遥 醫医 釋釈 鑛鉱 錢銭 閒間 雙双 靈霊 頴穎 驛駅 體体 鹽塩 麥麦 黃黄 龜亀 𣘺橋 槗橋 舘館 埜野 薗園 蘆芦 籠篭
凛凜 祢禰 內内 吕呂 宫宮 兔兎 莵兎 菟兎 枩松 梹浜
"""
VARIANTS = {ord(pair[0]): pair[1] for pair in _VARIANTS.split()}
_SELECTORS = dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
_ALIKE = str.maketrans("ぢづをゐゑゎ", "じずおいえわ") | LARGE_KANA
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_HYPHENS = dict.fromkeys(map(ord, "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500"))
_MARKS = dict.fromkeys(map(ord, "'’‘`´ʼ")) | _HYPHENS  # in "Jun'ichi" and "Jun-ichi"
_BETWEEN = re.compile(r"[\s・·•,、，;；/／=＝。.．（）()「」『』\[\]|&＆+＋:：!！?？\"<>＜＞@＠#＃*＊~〜～_%％]+")


def plain(text: str) -> str:
    """One line of printable characters, whatever came in."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """The text form: NFKC, no variation selectors, common kanji, hiragana with large kana and without ー."""
    hiragana = _hiragana(text).translate(VARIANTS)
    repeated = re.sub("(.)々", r"\1\1", hiragana)
    return _vowels_written_out(repeated.translate(_ALIKE)).replace("ゔ", "ぶ")


def code(text: str) -> str:
    """The form of a number or a seat's code: "18a012" of "１８Ａ－０１２"."""
    return _hiragana(text).translate(_HYPHENS).replace("ー", "").replace(" ", "")


def short_code(text: str) -> str:
    """The same without the zeros before later numbers: "18a12"."""
    hyphened = _hiragana(text).translate(dict.fromkeys(_HYPHENS, "-"))
    return re.sub(r"(?<=[^0-9])0+(?=[0-9])", "", hyphened).replace("-", "")


@lru_cache(maxsize=20_000)
def _hiragana(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text).translate(_SELECTORS)
    return unicodedata.normalize("NFKC", normal.casefold()).translate(_HIRAGANA)


def _vowels_written_out(hiragana: str) -> str:
    if "ー" not in hiragana:
        return hiragana
    written = ""
    for c in hiragana:
        written += VOWEL_OF.get(_bare(written[-1:]), "") if c == "ー" else c
    return written


def _bare(kana: str) -> str:
    """Without ゛゜."""
    return unicodedata.normalize("NFD", kana)[:1].translate(LARGE_KANA)


# -- kana in Latin

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ",
    "m": "まみむめも", "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}  # fmt: skip
_LATIN = {kana: consonant + vowel for consonant, row in _ROWS.items() for kana, vowel in zip(row, "aiueo", strict=True)}
_LATIN |= {"や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o", "ん": "n"}
_LATIN |= {"ぢ": "zi", "づ": "zu", "ゔ": "bu", "ゎ": "wa", "ゕ": "ka", "ゖ": "ke"}
_SMALL_Y = {"ゃ": "ya", "ゅ": "yu", "ょ": "yo"}
_SMALL_VOWELS = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o"}
_VOWELS = frozenset("aiueo")


def _latin(hiragana: str) -> str:
    """Kunrei-siki, letter by letter: した "sita", しょう "syou", はっとり "hattori"; Latin in between stays."""
    written, double = "", False
    for c in hiragana:
        if c == "っ":
            double = True
            continue
        if c in _SMALL_Y and written.endswith("i"):
            written = written[:-1] + _SMALL_Y[c]
        elif c in _SMALL_Y:
            written += _SMALL_Y[c]
        elif c in _SMALL_VOWELS:
            after = written[-2:]
            written = (written[:-1] if after in ("te", "de", "ti", "zi", "si") else written) + (
                _SMALL_VOWELS[c] if after not in ("ti", "zi", "si") else "y" + _SMALL_VOWELS[c]
            )
        elif c == "ー":
            written += written[-1:] if written[-1:] in _VOWELS else ""
        else:
            latin = _LATIN.get(c, c)
            written += latin[:1] + latin if double and latin[:1] not in _VOWELS else latin
            double = False
    return written


# -- Latin as people type it

_MACRONS = str.maketrans("âîûêô", "āīūēō")
_PIECE = re.compile("([^aeiouāīūēō]*)([aeiouāīūēō]?)")
_ONSET = re.compile("(?:shy?|chy?|ts|dz|[^aeiou]y|[^aeiou])$")
_WRITTEN = {"l": "r", "v": "b", "q": "k", "dz": "z", "x": "k"}
_BEFORE_I = {"sh": "s", "ch": "t", "j": "z", "ts": "tu", "f": "hu", "c": "s"}
_BEFORE_U = {"sh": "sy", "ch": "ty", "j": "zy", "ts": "t", "f": "h", "c": "k"}
_BEFORE_OTHERS = {"sh": "sy", "ch": "ty", "j": "zy", "ts": "tu", "f": "hu", "c": "k"}
_ALWAYS = {"shy": "sy", "chy": "ty", "jy": "zy", "cy": "ty", "ly": "ry", "vy": "by", "fy": "hy"}
_UNFINISHED = {
    "sh": ("si", "sy"), "shy": ("sy",), "ch": ("ti", "ty"), "chy": ("ty",), "c": ("ti", "ty", "k"), "ts": ("tu",),
    "f": ("hu",), "j": ("zi", "zy"), "m": ("m", "nb", "nm", "np"),
}  # fmt: skip
_SINGLE = re.compile(r"(.)\1+")
_LONG_O = re.compile("o[ou]+")


def _spellings(latin: str) -> tuple[str, ...]:
    """What typed Latin may mean in Kunrei-siki, ō and ū still as such; the end may be unfinished."""
    found = [""]
    pieces = [(run, vowel) for run, vowel in _PIECE.findall(latin) if run or vowel]
    for run, vowel in pieces:
        parts: list[tuple[str, ...]] = []
        for before in found:
            parts.append(tuple(before + after for after in _piece(before[-1:], run, vowel)))
        found = list(dict.fromkeys(islice((one for part in parts for one in part), MOST_SPELLINGS)))
        found = [_lengthened(one) for one in found]
    return tuple(found)


def _lengthened(text: str) -> str:
    """A mark for "the vowel before is long" put onto the vowel."""
    return re.sub("([aeiou])\u0304", lambda m: unicodedata.normalize("NFC", m[0]), text).replace("\u0304", "")


def _piece(previous: str, run: str, vowel: str) -> tuple[str, ...]:
    """Consonants and their vowel; `previous` is the letter before, after which h may only say that it is long."""
    if run[:1] == "h" and previous in ("o", "u", "a", "ō", "ū"):
        rest = run[1:]
        if rest and rest != "y":
            return tuple("\u0304" + one for one in _onset(rest, vowel))  # ohno
        if previous in ("o", "ō") or not vowel:  # ohara or ohishi; ohyama
            return (*_onset(run, vowel), *("\u0304" + one for one in (_onset(rest, vowel) if rest else (vowel,))))
    return _onset(run, vowel) if run else (vowel,)


def _onset(run: str, vowel: str) -> tuple[str, ...]:
    match = _ONSET.search(run)
    onset = match[0] if match else ""
    coda = run[: len(run) - len(onset)]
    short = vowel.translate(str.maketrans("āīūēō", "aiueo"))
    if not vowel:
        begun = _UNFINISHED.get(onset, (_WRITTEN.get(onset, onset),))
    elif onset in _ALWAYS:
        begun = (_ALWAYS[onset],)
    elif onset == "w" and short == "o":
        begun = ("",)
    else:
        table = _BEFORE_I if short == "i" else _BEFORE_U if short == "u" else _BEFORE_OTHERS
        begun = (table.get(onset, _WRITTEN.get(onset, onset)),)
    return tuple(_coda(coda, one) + one + vowel for one in begun)


def _coda(coda: str, onset: str) -> str:
    """What stands before the consonant: ん, or the first half of a double one."""
    if not coda:
        return ""
    if coda[-1] == "m" and onset[:1] in "bmpn":
        return coda[:-1] + "n"
    if coda[-1] in "tc" and onset[:1] == "t":
        return coda[:-1] + "t"  # hotchi, hocchi
    return coda[:-1] + _WRITTEN.get(coda[-1], coda[-1])


def _sound_of(spelling: str) -> str:
    """The spelling with everything long made short and everything double single."""
    short = spelling.translate(str.maketrans("āīūēō", "aiueo"))
    return _SINGLE.sub(r"\1", _LONG_O.sub("o", short))


_READABLE = re.compile("[ぁ-ゖーa-zāīūēōâîûêô]+")


def _is_readable(hiragana: str) -> bool:
    """Whether it consists of kana and Latin letters, so that it has a sound."""
    return _READABLE.fullmatch(hiragana) is not None


class Word(NamedTuple):
    """A word, ready to be kept or looked for.

    texts    its text form, then its spellings in full; the exact ones
    sounds   its sound, or what it may sound like while it is being typed
    """

    texts: tuple[str, ...]
    sounds: tuple[str, ...] = ()


@lru_cache(maxsize=20_000)
def kept(text: str) -> Word:
    """A word of a name, of a reading or of a unit, to be found later."""
    hiragana = _hiragana(text).translate(_MARKS)
    if not _is_readable(hiragana):
        return Word((fold(text),))
    spelling = _latin(hiragana)
    return Word(tuple(dict.fromkeys((fold(text), spelling))), (_sound_of(spelling),))


@lru_cache(maxsize=5_000)
def asked(text: str) -> Word:
    """A word somebody types, perhaps unfinished."""
    hiragana = _hiragana(text).translate(_MARKS).translate(_MACRONS)
    if not _is_readable(hiragana):
        return Word((fold(text),))
    if not re.search("[a-zāīūēō]", hiragana):
        spelling = _latin(hiragana)
        return Word(tuple(dict.fromkeys((fold(text), spelling))), (_sound_of(spelling),))
    spellings = _spellings(_latin(hiragana))
    exact = [long for one in spellings for long in _written_in_full(one)]
    texts = tuple(dict.fromkeys(islice((fold(text), *exact), MOST_SPELLINGS)))
    return Word(texts, tuple(dict.fromkeys(_sound_of(one) for one in spellings)))


def _written_in_full(spelling: str) -> tuple[str, ...]:
    """Both kana spellings of ō: おお and おう."""
    double = spelling.replace("ā", "aa").replace("ī", "ii").replace("ū", "uu").replace("ē", "ee")
    return (double.replace("ō", "oo"), double.replace("ō", "ou")) if "ō" in double else (double,)


def words(text: str) -> list[str]:
    """The words of a name or a query, as they stand."""
    return [word for word in _BETWEEN.split(text) if word]
