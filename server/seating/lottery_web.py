"""The seat lottery's pages: my results, needs and neighbours; a zone's lottery for a day and on arrival."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import audit, clock, db
from server.bookings import given, lines, walk_up
from server.bookings import queries as bookings
from server.bookings.lines import day_words
from server.bookings.rules import begun_quarter
from server.errors import Refused
from server.people.login import current_account, current_person_id
from server.places.rules import Equipment
from server.places.words import EQUIPMENT
from server.seating import companions, draws, lottery_desk, lottery_round, lottery_words
from server.seating import lottery_queries as queries
from server.seating.draws import TAKEN_MEANWHILE, Drawn
from server.seating.lottery import Together
from server.seating.lottery_desk import Place
from server.seating.lottery_queries import Part
from server.seating.lottery_round import Round, Term

TRIES = 3  # when somebody was quicker
WEEKS = {Together.TOGETHER: (1, 4, 13), Together.MENTOR: (13, 26, 52)}

Made = TypeVar("Made")
pages = Blueprint("lottery", __name__, template_folder="templates")


@pages.get("/lottery")
def mine() -> ResponseReturnValue:
    """My results, what my seat must have, and beside whom I like to sit."""
    return _mine()


@pages.post("/lottery/part")
def part() -> ResponseReturnValue:
    """When I take part."""
    chosen = request.form.get("part", "")
    if chosen not in set(Part):
        raise Refused("bad_part", "Choose when you take part.", 422)
    with db.transaction():
        companions.set_part(current_person_id(), Part(chosen))
    return _done("part")


@pages.post("/lottery/needs")
def needs() -> ResponseReturnValue:
    """What my seat must have."""
    with db.transaction():
        companions.set_needs(current_person_id(), request.form.getlist("has"))
    return _done("needs")


@pages.post("/lottery/pairings")
def ask() -> ResponseReturnValue:
    """Ask a colleague to sit beside me, or to be my mentor."""
    kind, weeks = request.form.get("kind", ""), given.number(request.form.get("weeks"))
    other = given.number(request.form.get("who"))
    try:
        if kind not in set(Together) or other is None or weeks is None:
            raise Refused("nobody_chosen", "Choose a colleague.", 422)
        with db.transaction():
            companions.ask(current_person_id(), other, Together(kind), weeks, _today())
    except Refused as refused:
        return _mine(_(refused.sentence, **refused.values)), refused.status
    flash(_("Asked. It holds once your colleague has agreed."))
    return redirect(url_for("lottery.mine", _anchor="neighbours"))


@pages.post("/lottery/pairings/<int(max=2147483647):pairing_id>/agree")
def agree(pairing_id: int) -> ResponseReturnValue:
    """I agree to what I was asked."""
    with db.transaction():
        companions.agree(current_person_id(), pairing_id, _today())
    return _done("neighbours")


@pages.post("/lottery/pairings/<int(max=2147483647):pairing_id>/end")
def end(pairing_id: int) -> ResponseReturnValue:
    """I decline, take back or end it."""
    with db.transaction():
        companions.end(current_person_id(), pairing_id, _today())
    return _done("neighbours")


@pages.get("/zones/<code>/lottery")
def zone(code: str) -> ResponseReturnValue:
    """A zone's lottery."""
    return _zone(_place(code))


@pages.post("/zones/<code>/lottery")
def draw(code: str) -> ResponseReturnValue:
    """Draw for a day: whoever looks after the zone."""
    at, now, account = _place(code), clock.now(), current_account()
    if not lottery_desk.minds(account, at):
        abort(403)
    try:
        asked = given.term(request.form, now, at.building.zone)
        draw_id = _in_turn(lambda: _draw(at, asked.starts_at, asked.ends_at, now))
    except Refused as refused:
        return _zone(at, _(refused.sentence, **refused.values)), refused.status
    results = queries.results(draw_id)
    n_seats = sum(one.seat_id is not None for one in results)
    flash(_("Drawn: %(seats)s of %(people)s people have a seat now.", seats=n_seats, people=len(results)))
    return redirect(url_for("lottery.zone", code=code, day=asked.day.isoformat(), _anchor="results"))


@pages.post("/zones/<code>/lottery/mine")
def draw_mine(code: str) -> ResponseReturnValue:
    """I have come: draw one seat for me, and it is mine at once."""
    at, now, me = _place(code), clock.now(), current_person_id()
    try:
        drawn = draw_on_arrival(me, at, now)
    except Refused as refused:
        return _zone(at, _(refused.sentence, **refused.values)), refused.status
    flash(_("%(seat)s is yours now.", seat=drawn.seat.code))
    return redirect(url_for("lottery.mine"))


def draw_on_arrival(person_id: int, at: Place, now: datetime) -> Drawn:
    """One seat of the zone by lot, from now on, until the working day's end or for as long as any is free."""
    ends_at = walk_up.free_now(person_id, at.floor, now, at.zone.id).until
    of = draws.arrival(lottery_round.term(at.zone, at.floor, at.building, now, ends_at), now)

    def in_one() -> Drawn:
        with db.transaction():
            return draws.draw_now(person_id, of, now)

    has = walk_up.current(person_id, now)
    if has is not None:
        raise Refused("has_seat", "You have a seat already: %(seat)s.", seat=has.seat_code)
    return _in_turn(in_one)


def _draw(at: Place, starts_at: datetime, ends_at: datetime, now: datetime) -> int:
    account = current_account()
    with db.transaction():
        of = lottery_round.term(at.zone, at.floor, at.building, starts_at, ends_at)
        draw_id = draws.draw_day(of, now, account.name)
        actor = audit.account(account.account_id, account.name)
        audit.record(actor, "seats_drawn", f"zone {at.zone.id}", {"day": of.on.day.isoformat()}, now)
        return draw_id


def _in_turn(act: Callable[[], Made]) -> Made:
    """Draw again when somebody took a seat meanwhile."""
    for _again in range(TRIES - 1):
        try:
            return act()
        except Refused as refused:
            if refused.code not in TAKEN_MEANWHILE:
                raise
    return act()


def _mine(error: str = "") -> str:
    now, of = clock.now(), lottery_desk.building()
    today = now.astimezone(of.zone).date()
    me = current_account().person_id
    if me is None:
        return render_template("seating/lottery.html", has_person=False)
    found = lottery_desk.my_results(me, of, date.min, now)
    return render_template(
        "seating/lottery.html",
        has_person=True,
        error=error,
        coming=[one for one in found if one.day >= today],
        past=[one for one in found if one.day < today],
        zones=lottery_desk.my_zones(me, of, today),
        part=queries.parts([me]).get(me, Part.WITHOUT_SEAT),
        parts=lottery_words.PARTS,
        needs=bookings.needs([me]).get(me, frozenset()),
        equipment=[(one, _(EQUIPMENT[one])) for one in Equipment],
        neighbours=lottery_desk.neighbours(me, today),
        colleagues=companions.may_ask(me, today),
        pairings=lottery_words.PAIRINGS,
        weeks=WEEKS,
        day_words=day_words,
        zone_name=lines.zone_name,
    )


def _zone(at: Place, error: str = "") -> str:
    now, account = clock.now(), current_account()
    minds = lottery_desk.minds(account, at)
    is_member = lottery_desk.is_member(account.person_id, at, at.today)
    day = _day(at)
    term = _term(at, day, now)
    made = lottery_desk.preview(term, now) if minds else None
    outcomes = lottery_desk.outcomes(account, at, at.today, now) if minds or is_member else []
    shown = [one for one in outcomes if "day" not in request.args or one.draw.day == day]
    return render_template(
        "seating/lottery_zone.html",
        at=at,
        day=day,
        starts=_form_time(request.form.get("from"), lottery_round.DAY_STARTS.strftime("%H:%M")),
        ends=_form_time(request.form.get("to"), lottery_round.DAY_ENDS.strftime("%H:%M")),
        minds=minds,
        is_member=is_member,
        has_person=account.person_id is not None,
        made=made if isinstance(made, Round) else None,
        cannot=_cannot(made, is_drawn=any(one.draw.day == day for one in outcomes)),
        outcomes=shown or outcomes,
        is_as_drawn={one.draw.id: draws.is_as_drawn(one.draw.id) for one in shown} if "check" in request.args else {},
        house_rules=term.house_rules,
        error=error,
        day_words=day_words,
    )


def _cannot(made: Round | Refused | None, *, is_drawn: bool) -> str:
    """Why nothing can be drawn for the day; once it has been, that this is so."""
    if not isinstance(made, Refused):
        return ""
    if is_drawn and made.code == "no_free_seat":
        return str(_("The seats of this day have been drawn, and none is left. The result is below."))
    if is_drawn and made.code == "nobody_to_draw_for":
        return str(
            _("The seats of this day have been drawn, and everybody who takes part has one. The result is below.")
        )
    return str(_(made.sentence, **made.values))


def _term(at: Place, day: date, now: datetime) -> Term:
    starts_at = datetime.combine(day, lottery_round.DAY_STARTS, at.building.zone)
    ends_at = datetime.combine(day, lottery_round.DAY_ENDS, at.building.zone)
    return lottery_round.term(at.zone, at.floor, at.building, max(starts_at, min(begun_quarter(now), ends_at)), ends_at)


def _day(at: Place) -> date:
    try:
        return given.day(request.values.get("day", ""), lottery_round.next_day(at.opening, at.today))
    except Refused:
        return lottery_round.next_day(at.opening, at.today)


def _form_time(value: str | None, otherwise: str) -> str:
    return value[:5] if value else otherwise


def _place(code: str) -> Place:
    of = lottery_desk.building()
    return lottery_desk.place(code, clock.today(of.zone), of)


def _today() -> date:
    return clock.today(lottery_desk.building().zone)


def _done(anchor: str) -> ResponseReturnValue:
    flash(_("Saved."))
    return redirect(url_for("lottery.mine", _anchor=anchor))
