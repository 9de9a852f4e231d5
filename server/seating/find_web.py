"""Find me a seat: the form with its wishes in the address, three suggestions, and the one that was taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from server import clock
from server.bookings import given, parties, queries
from server.bookings.lines import day_words, equipment_words
from server.bookings.queries import BookingView
from server.errors import Refused
from server.people.login import current_account, current_person_id
from server.places import queries as places
from server.places.rules import Equipment
from server.places.words import EQUIPMENT
from server.seating import find, find_desk, find_words
from server.seating.find import Found
from server.seating.find_desk import Colleague
from server.seating.find_search import Answer, Asked

WISHES = (Equipment.MONITOR, Equipment.DOCK, Equipment.STANDING, Equipment.QUIET, Equipment.WHEELCHAIR)
HOURS = (1, 2, 3, 4, 6, 8)
LONGEST_NAME = 60  # as somebody is looked for by
FIELDS = ("day", "from", "long", "floor", "near", "who", "with", "team", "notlast")
AT_FIRST = MultiDict([("team", "1"), ("notlast", "1")])  # what is ticked before anybody has chosen

pages = Blueprint("find", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Shown:
    """A suggestion in words."""

    seat_id: int
    seat: str
    floor: str
    where: str
    sentence: str
    has: tuple[str, ...]
    hints: list[str]


@pages.app_context_processor
def _for_every_page() -> dict[str, Callable[..., object]]:
    return {"find_form": _form}


@pages.get("/seats/find")
def ask() -> ResponseReturnValue:
    """The form; with wishes in the address, what they find; with a booking, other choices for it."""
    try:
        return _page(request.args)
    except Refused as refused:
        if refused.status == 404:
            raise
        return _page(MultiDict(), refused, request.args), refused.status


@pages.post("/seats/find")
def take() -> ResponseReturnValue:
    """Take the best seat at once, or show three."""
    wished = _kept(request.form)
    if request.form.get("do") == "show":
        return redirect(url_for("find.ask", go="1", **wished))
    now = clock.now()
    try:
        asked, near = _asked(request.form, now)
        answer, is_chosen = find_desk.look(asked, now), "seat" in request.form
        if is_chosen:
            answer = answer.only(given.number(request.form["seat"]) or 0)
        taken = find_desk.take(asked, answer, now, is_chosen=is_chosen)
    except Refused as refused:
        if refused.status == 404 and refused.code != "no_floor":
            raise
        return _page(MultiDict(), refused, request.form), refused.status
    flash(_("Booked: %(why)s", why=find_words.sentence(taken.one, taken.answer, "" if near is None else near.name)))
    for sentence, values in taken.booked.verdict.hints:
        flash(_(sentence, **values))
    return redirect(url_for("find.ask", booking=taken.booked.id, **wished))


def _page(args: MultiDict[str, str], refused: Refused | None = None, form: MultiDict[str, str] | None = None) -> str:
    now, me = clock.now(), current_account().person_id
    booking, others, near, answer = None, [], None, None
    if me is not None and "booking" in args:
        booking, answer, near = _other_choices(args, now)
    elif me is not None and "go" in args:
        asked, near = _asked(args, now)
        answer = find_desk.look(asked, now)
    name = "" if near is None else near.name
    starts = ends = now
    if booking is not None or answer is not None:
        zone = find_desk.building().zone
        term: BookingView | Asked = booking if booking is not None else answer.asked  # type: ignore[union-attr]
        starts, ends = term.starts_at.astimezone(zone), term.ends_at.astimezone(zone)
    if answer is not None:
        at = booking.seat_id if booking is not None else 0
        own = answer.of(at)
        ranked = [one for one in answer.found if one.seat.seat_id != at]
        floor_id = answer.asked.wishes.floor_id
        shown = find.suggestions(ranked if own is None else [own, *ranked], floor_id=floor_id)
        chosen = shown if own is None else shown[1:]
        others = [_shown(one, answer, name) for one in chosen]
    return render_template(
        "seating/found.html",
        has_person=me is not None,
        booking=booking,
        answer=answer,
        others=others,
        unmet=[] if answer is None else find_words.unmet(answer, name),
        refused=None if refused is None else _(refused.sentence, **refused.values),
        starts=starts,
        ends=ends,
        wished=_kept(args if form is None else form),
        given=args if form is None else form,
        day_words=day_words,
    )


def _other_choices(args: MultiDict[str, str], now: datetime) -> tuple[BookingView, Answer | None, Colleague | None]:
    """What else there is for somebody who has just booked."""
    number = given.number(args.get("booking"))
    own = None if number is None else queries.booking(number)
    if own is None or own.person_id != current_person_id() or not own.holds:
        raise Refused("no_booking", "There is no such booking.", 404)
    asked, near = _asked(args, now)
    try:
        return own, find_desk.look(find_desk.instead_of(asked, own), now), near
    except Refused:  # its time is over, or no other time can be had now
        return own, None, near


def _asked(form: Mapping[str, str], now: datetime) -> tuple[Asked, Colleague | None]:
    values = form if isinstance(form, MultiDict) else MultiDict(form)
    opening = places.opening(find_desk.building())
    day = given.day(values.get("day", ""), now.astimezone(opening.zone).date())
    starts = values.get("from", "") or given.NOW
    starts_at = None
    if starts != given.NOW or day != now.astimezone(opening.zone).date():
        at = "08:30" if starts == given.NOW else starts
        starts_at = given.term({"day": day.isoformat(), "from": at, "to": "23:45"}, now, opening.zone).starts_at
    hours = given.number(values.get("long", ""))
    minutes = hours * 60 if hours in HOURS else None
    begins, ends = find_desk.term(now, opening, starts_at, None, minutes)
    equipment = frozenset(values.getlist("with")) & {one.value for one in WISHES}
    wishes = find_desk.wishes(
        equipment, values.get("floor", "")[:16], near_team="team" in values, not_last="notlast" in values
    )
    near = find_desk.colleague_called(values.get("who", "")[:LONGEST_NAME], now)
    near = near or find_desk.colleague(given.number(values.get("near", "")))
    return Asked(begins, ends, wishes, None if near is None else near.id), near


def _kept(form: MultiDict[str, str]) -> dict[str, Any]:
    """The wishes for the next address."""
    found = {name: [one[:LONGEST_NAME] for one in form.getlist(name) if one] for name in FIELDS}
    return {name: values for name, values in found.items() if values}


def _shown(one: Found, answer: Answer, near: str) -> Shown:
    return Shown(
        one.seat.seat_id,
        one.seat.code,
        find_words.floor_code(one, answer),
        find_words.where(one, answer),
        find_words.sentence(one, answer, near),
        equipment_words(sorted(one.seat.equipment)),
        list(find_words.hints(one, answer)),
    )


def _form(form: MultiDict[str, str] | None = None) -> dict[str, object]:
    """What the form needs, wherever it stands; wishes are in the address and nowhere else."""
    account, now, building = current_account(), clock.now(), find_desk.building()
    today: date = now.astimezone(building.zone).date()
    asked = form if form is not None and any(name in form for name in FIELDS) else None
    values = AT_FIRST if asked is None else asked
    people = [] if account.person_id is None else parties.colleagues(account, today, now)
    near = given.number(values.get("near", ""))
    named = None if near is None or any(one.id == near for one in people) else find_desk.colleague(near)
    return {
        "with": [(one.value, _(EQUIPMENT[one]), one.value in values.getlist("with")) for one in WISHES],
        "team": "team" in values,
        "notlast": "notlast" in values,
        "hours": [(one, str(one) == values.get("long")) for one in HOURS],
        "floors": [
            (floor, floor.code == values.get("floor")) for floor in places.floors(building.id) if not floor.excluded
        ],
        "people": [(one.id, one.name, one.id == near) for one in people]
        + ([] if named is None else [(named.id, named.name, True)]),
        "day": values.get("day") or today.isoformat(),
        "from": values.get("from", ""),
        "who": values.get("who", "")[:LONGEST_NAME],
        "is_later": any(values.get(name) for name in ("from", "near", "who")),
    }
