"""What the lottery says: why somebody got a seat, in one sentence for them and nobody else."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from flask_babel import get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l

from server.places.words import EQUIPMENT
from server.seating import lottery_queries as queries
from server.seating.lottery import Reason, Together, Why
from server.seating.lottery_queries import Part

PARTS = {
    Part.WITHOUT_SEAT: _l("When I have no seat for that day yet"),
    Part.ALWAYS: _l("Always; what I have booked for that day is cancelled"),
    Part.NEVER: _l("Never; I choose my seat myself"),
}
PAIRINGS = {Together.TOGETHER: _l("Sit beside each other"), Together.MENTOR: _l("Be my mentor")}
PLAIN = {
    Why.NEAR_COUNTER: _l("near the counter"),
    Why.BESIDE_MENTOR: _l("beside your mentor"),
    Why.BESIDE_NEWCOMER: _l("beside the newcomer you look after"),
    Why.BESIDE_EACH_OTHER: _l("beside the colleague you asked for"),
    Why.NEEDS: _l("has what you need"),
}
GAVE_WAY = {
    Why.STILL_FAR: _l("There was no seat left near the counter."),
    Why.STILL_NO_MENTOR: _l("There was no seat left beside your mentor."),
    Why.STILL_NO_NEWCOMER: _l("There was no seat left beside the newcomer you look after."),
    Why.STILL_APART: _l("There were no two seats left for you and the colleague you asked for."),
}


def explanation(reasons: Sequence[Reason], units: Mapping[int, tuple[str, str]]) -> str:
    """One sentence: not one of your last 3, near 資金課, has a monitor; and what gave way, if anything did.

    units   names of the units next to seats, in Japanese and English
    """
    held = [words for one in reasons if (words := _held(one, units))]
    broken = [words for one in reasons if (words := _gave_way(one))]
    told = str(gettext("%(said)s.", said=gettext(", ").join(held))) if held else ""
    for sentence in broken:
        told = str(gettext("%(first)s %(then)s", first=told, then=sentence)) if told else sentence
    return told


def near_units(of: Iterable[Sequence[Reason]]) -> dict[int, tuple[str, str]]:
    """The names of the units that these reasons speak of."""
    ids = {one[1] for reasons in of for one in reasons if one[0] == Why.NEAR}
    return queries.unit_names(ids)


def _held(reason: Reason, units: Mapping[int, tuple[str, str]]) -> str:
    why, *values = reason
    match why:
        case Why.NOT_RECENT:
            return str(ngettext("not your last seat", "not one of your last %(num)s", values[0]))
        case Why.FIRST:
            return str(
                ngettext(
                    "you came first, as you went without last time",
                    "you came first, as you went without the last %(num)s times",
                    values[0],
                )
            )
        case Why.NEAR if values[0] in units:
            name, name_en = units[values[0]]
            return str(gettext("near %(unit)s", unit=(str(get_locale()) == "en" and name_en) or name))
        case Why.HAS:
            return str(gettext("has: %(what)s", what=_equipment(values)))
    return str(PLAIN.get(why, ""))


def _gave_way(reason: Reason) -> str:
    why, *values = reason
    match why:
        case Why.STILL_RECENT:
            return str(
                ngettext(
                    "It is your last seat, as no other was left.",
                    "It is one of your last %(num)s seats, as no other was left.",
                    values[0],
                )
            )
        case Why.TOO_FEW:
            n_people, n_seats = values
            sentence = "%(people)s people took part and %(seats)s seats were free. You come first next time."
            return str(gettext(sentence, people=n_people, seats=n_seats))
        case Why.NONE_FITS:
            return str(gettext("No seat was free that has what you need. You come first next time."))
    return str(GAVE_WAY.get(why, ""))


def _equipment(codes: Collection[str]) -> str:
    names = [str(gettext(words)) for one, words in EQUIPMENT.items() if one.value in codes]
    return str(gettext(", ").join(names))
