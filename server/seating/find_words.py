"""Why this seat: the sentence, in the reader's language."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from flask_babel import get_locale, gettext

from server.bookings.lines import clock_words, equipment_words, zone_name
from server.bookings.rules import QUARTER_S
from server.places.queries import ZoneView
from server.seating import find
from server.seating.find import Found, Whose
from server.seating.find_search import Answer


def reasons(one: Found, answer: Answer, colleague: str = "") -> list[str]:
    """What speaks for a seat, and what it lacks; the most telling first.

    colleague   the name of the one to sit near
    """
    seat, asked = one.seat, answer.asked
    said = list(equipment_words(sorted(one.has)))
    said.append(gettext("free until %(time)s", time=_until_words(seat.free_until, answer)))
    if asked.near_id is not None and answer.colleague_shown and find.is_near(one.near_colleague):
        said.append(gettext("near %(whom)s", whom=colleague))
    if asked.wishes.near_team and find.is_near(one.near_team) and (unit := unit_name(answer)):
        said.append(gettext("near %(whom)s", whom=unit))
    elif seat.zone_id in answer.home_zones and (unit := unit_name(answer)):
        said.append(gettext("in the zone of %(unit)s", unit=unit))
    if asked.wishes.not_last:
        if one.is_last:
            said.append(gettext("one of your last seats, as nothing else suits"))
        else:
            said.append(gettext("not one of your last %(n)s seats", n=find.LAST_SEATS))
    said += [gettext("without: %(what)s", what=what) for what in equipment_words(sorted(one.lacks))]
    if asked.wishes.floor_id is not None and seat.floor_id != asked.wishes.floor_id:
        said.append(_another_floor(one, answer))
    elif answer.is_home_full and seat.zone_id not in answer.home_zones:
        if answer.has_musts:
            said.append(gettext("as no free seat of your section’s zone has what you need"))
        else:
            said.append(gettext("as your section’s zone is full"))
    if seat.whose == Whose.OTHERS:
        said.append(gettext("in another section’s zone"))
    return [str(one) for one in said]


def sentence(one: Found, answer: Answer, colleague: str = "") -> str:
    """18A-031: monitor, free until 17:15, near 資金課, not one of your last 3 seats"""
    joined = gettext(", ").join(reasons(one, answer, colleague))
    return str(gettext("%(seat)s: %(reasons)s", seat=one.seat.code, reasons=joined))


def unmet(answer: Answer, colleague: str = "") -> list[str]:
    """Wishes that no seat at all can fulfil, each with why; where nothing was found, the rules in the way."""
    said: list[str] = []
    if answer.asked.near_id is not None and not answer.colleague_shown:
        sentence = "Where %(name)s sits is not shown to you, or they have no seat on that day."
        said.append(str(gettext(sentence, name=colleague)))
    return said + [str(gettext(one.sentence, **one.values)) for one in answer.barred]


def _another_floor(one: Found, answer: Answer) -> str:
    floor, lacks = floor_code(one, answer), answer.floor_lacks
    if lacks is None:
        return str(gettext("on floor %(floor)s, as the floor you wished for has none", floor=floor))
    if lacks > len(one.lacks):
        return str(gettext("on floor %(floor)s, as none on the floor you wished for has as much of it", floor=floor))
    return str(gettext("on floor %(floor)s, not the one you wished for", floor=floor))


def unit_name(answer: Answer) -> str:
    """What the section of whoever asks is called."""
    english = str(get_locale()) == "en"
    return next(((english and unit.name_en) or unit.name for unit in answer.units), "")


def zone_of(one: Found, answer: Answer) -> ZoneView:
    """The zone of a seat."""
    return answer.on.floors[one.seat.floor_id].zones[one.seat.zone_id]


def where(one: Found, answer: Answer) -> str:
    """18F, Zone A"""
    named = zone_name(zone_of(one, answer))
    return str(gettext("%(floor)sF, %(zone)s", floor=floor_code(one, answer), zone=named))


def floor_code(one: Found, answer: Answer) -> str:
    """18"""
    return answer.on.floors[one.seat.floor_id].floor.code


def free_until(one: Found, answer: Answer) -> datetime:
    """Until when it is free, on the building's clock."""
    return _at(one.seat.free_until, answer.on.opening.zone)


def hints(one: Found, answer: Answer) -> Sequence[str]:
    """What the house rules ask of whoever sits there."""
    verdict = answer.hints.get(one.seat.seat_id)
    return [] if verdict is None else [str(gettext(text, **values)) for text, values in verdict.hints]


def _until_words(quarter: int, answer: Answer) -> str:
    """17:15; the end of the day is 24:00."""
    at = _at(quarter, answer.on.opening.zone)
    return clock_words(at) if at.date() == answer.on.day else "24:00"


def _at(quarter: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(quarter * QUARTER_S, zone)
