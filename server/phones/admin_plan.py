"""The numbering plan: everybody reads their bureau's ranges, system administrators change them."""

import re
from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from flask_babel import gettext as _

from server import clock, db
from server.errors import Refused
from server.phones import plan as numbering
from server.phones import report
from server.phones.desk import Desk, Given, desk_of_caller, is_english, words_of_forms
from server.phones.rules import Range, Use

NO_UNIT = 0  # what no unit is called: a range is for every bureau only when nothing is chosen

pages = Blueprint("numbering_plan", __name__, template_folder="templates")


@pages.get("/numbers/plan")
def plan() -> ResponseReturnValue:
    """The numbering plan."""
    return _plan(Given())


@pages.post("/numbers/plan")
def add_range() -> ResponseReturnValue:
    """One more range; only system administrators change the plan."""
    return _change_plan(
        lambda desk: numbering.add_range(_range(0), today=desk.today, actor=desk.actor, now=clock.now()), 0
    )


@pages.get("/numbers/plan/<int(max=2147483647):range_id>")
def edit_range(range_id: int) -> ResponseReturnValue:
    """One range, to change or remove it."""
    return _plan(Given(), range_id)


@pages.post("/numbers/plan/<int(max=2147483647):range_id>")
def change_range(range_id: int) -> ResponseReturnValue:
    """Another stretch, bureau, use or note."""
    return _change_plan(
        lambda desk: numbering.change_range(_range(range_id), today=desk.today, actor=desk.actor, now=clock.now()),
        range_id,
    )


@pages.post("/numbers/plan/<int(max=2147483647):range_id>/remove")
def remove_range(range_id: int) -> ResponseReturnValue:
    """The range is no part of the plan any more."""
    return _change_plan(
        lambda desk: numbering.remove_range(range_id, today=desk.today, actor=desk.actor, now=clock.now()), range_id
    )


def _change_plan(change: Callable[[Desk], object], range_id: int) -> ResponseReturnValue:
    desk = desk_of_caller()
    if not desk.is_everybodys:
        abort(403)
    try:
        with db.transaction():
            change(desk)
    except Refused as refused:
        if refused.status == 404:
            raise
        return _plan(Given("range", request.form.to_dict(), refused), range_id), refused.status
    flash(_("Saved."))
    return redirect(url_for("numbering_plan.plan"))


def _plan(given: Given, range_id: int = 0) -> str:
    desk, every = desk_of_caller(), report.numbers(clock.today(get_timezone()))
    edited = next((one for one in every.ranges if one.id == range_id), None)
    if range_id and (edited is None or not desk.is_everybodys):
        abort(404)
    rows = [
        (one, sum(number in one for number, of in every.every.items() if of.term_id is not None))
        for one in every.ranges
        if desk.minds(one.unit_id)
    ]
    bureaus = report.bureaus(desk.today)
    names = {i: (is_english() and unit.name_en) or unit.name for i, unit in bureaus.items()}
    return render_template(
        "phones/plan.html", desk=desk, rows=rows, bureaus=names, edited=edited, given=given, **words_of_forms()
    )


def _range(range_id: int) -> Range:
    form = request.form
    if form.get("use") not in list(Use):
        raise Refused("bad_use", "There is no such use of a range.", 422)
    unit = form.get("unit", "")
    unit_id = None if not unit else int(unit) if re.fullmatch(r"[0-9]{1,9}", unit) else NO_UNIT
    return Range(range_id, form.get("first", ""), form.get("last", ""), unit_id, Use(form["use"]), form.get("note", ""))
