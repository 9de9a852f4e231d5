"""The search index: everything that can be found, in memory, and which of it answers a query in which order. Pure.

Words are kept once each, in sorted lists, with the things they name. A typed word is looked for as a whole, as a
beginning (two cuts of the sorted list) and as a part (one search through all words written one after the other).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import nsmallest
from typing import NamedTuple

from server.directory.names import LONGEST, MOST_WORDS, Word, asked, code, fold, kept, plain, short_code, words
from server.places.rules import typed_short_code


class Kind(StrEnum):
    """What can be found."""

    PERSON = "person"
    UNIT = "unit"
    EXTENSION = "extension"
    ZONE = "zone"
    SEAT = "seat"


@dataclass(frozen=True, slots=True)
class Item:
    """A thing and the words it is found by.

    names      its own names: each in parts (family and given name), found in any order and without a space
    codes      its numbers or codes, found from their beginning
    section    the unit it belongs to before any other: a person's primary post's
    others     further units it belongs to: those of concurrent posts (兼務)
    about      what else is said of it: units above, title, duties
               the three are found only together with a name, except for people
    unit_ids   whose it is; the viewer's own come first
    sort       order among equals
    only_for   nobody but this person finds it (P13)
    """

    kind: Kind
    id: int
    names: tuple[tuple[str, ...], ...] = ()
    codes: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    unit_ids: frozenset[int] = frozenset()
    sort: str = ""
    only_for: int | None = None
    mixed: tuple[str, ...] = field(default=())  # further ways to write the whole name without a space
    sign: str = ""  # the short code on its sign: found as a whole only, and then before everything else


class Found(NamedTuple):
    """The best answers, how many there are in all, and how many of them are people."""

    items: Sequence[Item]
    total: int
    people: int


NOTHING = Found((), 0, 0)

# How well a word fits, best first. What is merely said about a thing comes after every name, and how near it is to the
# thing decides only among names that fit equally: eight words differ by less than one step of a name.
EXACT, BEGINNING, SOUNDS, SOUND_BEGINS, PART, SOUND_PART, MERELY_SAID = range(0, 700, 100)
SECTION, SECTION_PART, OTHERS, OTHERS_PART, ABOUT, ABOUT_PART = range(MERELY_SAID, MERELY_SAID + 6)
PLACE_OF: dict[Kind, int] = {Kind.PERSON: 0, Kind.UNIT: 1, Kind.EXTENSION: 2, Kind.ZONE: 3, Kind.SEAT: 4}
PLACE_FOR_CODES: dict[Kind, int] = {Kind.EXTENSION: 0, Kind.SEAT: 1, Kind.ZONE: 2, Kind.PERSON: 3, Kind.UNIT: 4}
PEOPLE_BY_ABOUT = 9
LABELS = ("内線", "ext", "tel", "電話")
LAST = "\U0010ffff"  # sorts after every character there is
POLITE = ("さん", "さま", "様", "氏", "殿")


class _Words:
    """Words in order, known by their place among them.

    things   the numbers of the things each word names; as many lists as there are ways to be named
    """

    def __init__(self, *named: Mapping[str, Sequence[int]], parts: bool) -> None:
        self._words = sorted(set().union(*named))
        self.things = [[of.get(word, ()) for word in self._words] for of in named]
        self._text, self._starts = "", []
        if parts:
            at = 0
            for word in self._words:
                self._starts.append(at)
                at += len(word) + 1
            self._text = "\n".join(self._words)

    def whole(self, word: str) -> range:
        at = bisect_left(self._words, word)
        return range(at, at + (at < len(self._words) and self._words[at] == word))

    def beginning(self, start: str) -> range:
        at = bisect_left(self._words, start)
        return range(at, bisect_left(self._words, start + LAST, at))

    def containing(self, part: str) -> Iterator[int]:
        at = self._text.find(part)
        while at >= 0:
            number = bisect_left(self._starts, at + 1) - 1
            yield number
            following = number + 1
            if following == len(self._starts):
                return
            at = self._text.find(part, self._starts[following])


class Index:
    """Everything that can be found."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = sorted(items, key=lambda item: (item.sort, item.kind, item.id))
        texts: defaultdict[str, list[int]] = defaultdict(list)
        sounds: defaultdict[str, list[int]] = defaultdict(list)
        wholes: defaultdict[str, list[int]] = defaultdict(list)
        section: defaultdict[str, list[int]] = defaultdict(list)
        others: defaultdict[str, list[int]] = defaultdict(list)
        about: defaultdict[str, list[int]] = defaultdict(list)
        for number, item in enumerate(self._items):
            for word in {one for name in item.names for part in name for one in (kept(part),)}:
                _put(texts, word.texts, number)
                _put(sounds, word.sounds, number)
            _put(wholes, _whole_names(item), number)
            _put(wholes, {form for one in item.codes for form in (code(one), short_code(one))}, number)
            said: set[str] = set()
            for where, what in ((section, item.section), (others, item.others), (about, item.about)):
                forms = {form for one in set(what) for word in (kept(one),) for form in (*word.texts, *word.sounds)}
                _put(where, forms - said, number)  # each once, where it is nearest
                said |= forms
        self._texts = _Words(texts, parts=True)
        self._sounds = _Words(sounds, parts=True)
        self._wholes = _Words(wholes, parts=False)
        self._said = _Words(section, others, about, parts=True)
        self._signs = {item.sign: item for item in self._items if item.sign}

    def __len__(self) -> int:
        return len(self._items)

    def find(self, query: str, unit_ids: Collection[int] = frozenset(), me: int | None = None, limit: int = 8) -> Found:
        """The things that every word of the query fits, best first.

        unit_ids   the viewer's own; what is theirs comes first
        me         the viewer's person, who finds themselves even when nobody else may
        """
        typed = read(query)
        if not typed.words:
            return NOTHING
        fits = self._fits(typed.words)
        if typed.as_code and len(typed.words) > 1:
            for number, fit in self._fits([typed.as_code]).items():
                fits.setdefault(number, fit)
        found = self._ranked(fits, unit_ids, me, limit, by_code=typed.as_code is not None)
        sign = self._signs.get(typed_short_code(shown_query(query)))
        return found if sign is None else _with_first(sign, found, limit)

    def _fits(self, typed: Sequence[str]) -> dict[int, tuple[int, int]]:
        """Things that all words fit: by number, the best fit and the sum of all."""
        found: dict[int, tuple[int, int]] | None = None
        for word in sorted(typed, key=len, reverse=True):
            fit = self._fits_of(word)
            if found is None:
                found = {number: (how, how) for number, how in fit.items()}
            else:
                found = {
                    number: (min(best, fit[number]), total + fit[number])
                    for number, (best, total) in found.items()
                    if number in fit
                }
            if not found:
                return {}
        return found or {}

    def _fits_of(self, typed: str) -> dict[int, int]:
        """How well one word fits each thing; worst first, so that a better fit takes its place."""
        forms = _forms(typed)
        texts = {text for form in forms for text in form.texts if text}
        sounds = {sound for form in forms for sound in form.sounds if sound}
        number = code(typed)
        parts = [text for text in texts if _may_be_part(text)]
        sound_parts = [sound for sound in sounds if _may_be_part(sound)]
        wholes = texts | {number} if number else texts
        said_parts = [at for text in parts for at in self._said.containing(text)]
        said = [at for word in texts | sounds for at in self._said.beginning(word)]
        section, others, about = self._said.things
        (by_text,), (by_sound,), (by_whole,) = self._texts.things, self._sounds.things, self._wholes.things
        levels: tuple[tuple[int, Sequence[Sequence[int]], Iterable[int]], ...] = (
            (ABOUT_PART, about, said_parts),
            (ABOUT, about, said),
            (OTHERS_PART, others, said_parts),
            (OTHERS, others, said),
            (SECTION_PART, section, said_parts),
            (SECTION, section, said),
            (SOUND_PART, by_sound, (at for sound in sound_parts for at in self._sounds.containing(sound))),
            (PART, by_text, (at for text in parts for at in self._texts.containing(text))),
            (SOUND_BEGINS, by_sound, (at for sound in sounds for at in self._sounds.beginning(sound))),
            (SOUND_BEGINS, by_whole, (at for sound in sounds for at in self._wholes.beginning(sound))),
            (SOUNDS, by_sound, (at for sound in sounds for at in self._sounds.whole(sound))),
            (SOUNDS, by_whole, (at for sound in sounds for at in self._wholes.whole(sound))),
            (BEGINNING, by_text, (at for text in texts for at in self._texts.beginning(text))),
            (BEGINNING, by_whole, (at for whole in wholes for at in self._wholes.beginning(whole))),
            (EXACT, by_text, (at for text in texts for at in self._texts.whole(text))),
            (EXACT, by_whole, (at for whole in wholes for at in self._wholes.whole(whole))),
        )
        fit: dict[int, int] = {}
        for how, things, found in levels:
            for at in found:
                fit.update(dict.fromkeys(things[at], how))
        return fit

    def _ranked(
        self,
        fits: dict[int, tuple[int, int]],
        unit_ids: Collection[int],
        me: int | None,
        limit: int,
        *,
        by_code: bool,
    ) -> Found:
        own = frozenset(unit_ids)
        places = PLACE_FOR_CODES if by_code else PLACE_OF
        ranks: list[tuple[int, bool, int, int]] = []
        people = 0
        for number, (best, total) in fits.items():
            item = self._items[number]
            if item.only_for is not None and item.only_for != me:
                continue
            place = places[item.kind]
            if best >= MERELY_SAID:
                if item.kind is not Kind.PERSON:
                    continue
                place = PEOPLE_BY_ABOUT
            people += item.kind is Kind.PERSON
            ranks.append((place, own.isdisjoint(item.unit_ids), total, number))
        best_ones = nsmallest(limit, ranks)
        return Found([self._items[number] for *_rank, number in best_ones], len(ranks), people)


def _with_first(item: Item, found: Found, limit: int) -> Found:
    others = [one for one in found.items if one is not item]
    is_new = len(others) == len(found.items)
    return found._replace(items=[item, *others][:limit], total=found.total + is_new)


class Typed(NamedTuple):
    """A query, read."""

    words: tuple[str, ...]
    as_code: str | None  # when it looks like a number or a seat's code


def shown_query(query: str) -> str:
    """What is looked for: one line, at most 100 characters, nothing that cannot be printed."""
    return plain(query[: 4 * LONGEST])[:LONGEST]


def read(query: str) -> Typed:
    """The words of a query, whatever was typed: cut at 100 characters, without the label of a number."""
    text = shown_query(query)
    found = [_unlabelled(word) for word in words(text)[:MOST_WORDS]]
    kept_words = tuple(word for word in found if word and fold(word))
    together = code("".join(kept_words))
    is_code = together.isascii() and together.isalnum() and together[:1].isdigit()
    return Typed(kept_words, together if is_code else None)


def _unlabelled(word: str) -> str:
    lower = fold(word)
    for label in LABELS:
        if lower.startswith(label):
            rest = lower.removeprefix(label)
            if not rest or rest[:1].isdigit():
                return rest
    return word


def _forms(typed: str) -> list[Word]:
    """The word, and without 〇〇さん's さん."""
    forms = [asked(typed)]
    for ending in POLITE:
        if typed.endswith(ending) and len(typed) > len(ending):
            forms.append(asked(typed.removesuffix(ending)))
    return forms


def _whole_names(item: Item) -> set[str]:
    """The names without a space, in both orders, as writing and as sound."""
    found: set[str] = set()
    for name in item.names:
        if len(name) > 1:
            for order in (name, name[::-1]):
                word = kept("".join(order))
                found.update(word.texts, word.sounds)
    return found | {fold(one) for one in item.mixed}


def _may_be_part(text: str) -> bool:
    """One letter or kana is part of nearly everything; one kanji is not."""
    return len(text) > 1 or (len(text) == 1 and text > "ヿ")


def _put(into: defaultdict[str, list[int]], found: Iterable[str], number: int) -> None:
    for word in found:
        if word:
            into[word].append(number)
