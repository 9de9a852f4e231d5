"""Extensions and their holders: section administrators look after their own bureau's numbers."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import islice

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from flask_babel import gettext as _

from server import clock, db, paging, telephone
from server.errors import Refused
from server.people import queries as people
from server.phones import holders, queries, report, rules, service
from server.phones.desk import HOLDER_KINDS, Desk, Given, desk_of_caller, named, shown, units_of, words_of_forms
from server.phones.holders import HolderView
from server.phones.queries import HeldNumber
from server.phones.report import Numbers
from server.phones.rules import Holder

ON_A_PAGE = 100
FREE_SHOWN = 12
CHOICES_SHOWN = 20
SUGGESTED = 400  # people a browser's own list takes without stumbling; more are found by typing
LARGEST_ID = 2**31 - 1

pages = Blueprint("numbers", __name__, template_folder="templates")


class WhichOne(Refused):
    """Several people, units or places have that name."""

    def __init__(self, choices: list[HolderView]) -> None:
        super().__init__("which_one", "Several have this name. Choose one.", 422)
        self.choices = tuple(choices)


@pages.get("/numbers")
def numbers() -> ResponseReturnValue:
    """The list with its filter, and the numbers that are free."""
    desk, every = desk_of_caller(), report.numbers(clock.today(get_timezone()))
    units = units_of(desk)
    asked = {name: request.args.get(name, "") for name in ("q", "unit", "kind", "state")}
    unit_id = int(asked["unit"]) if asked["unit"].isdecimal() and int(asked["unit"]) in units else None
    found = [one for one in every.every.values() if _is_wanted(one, every, desk, asked, unit_id)]
    page = paging.page(paging.asked(request.args.get("page", "")), len(found), ON_A_PAGE)
    return render_template(
        "phones/list.html",
        desk=desk,
        rows=[(one, shown(every.holder_of(one.number))) for one in found[page.slice]],
        page=page,
        asked={name: value for name, value in asked.items() if value},
        units=units,
        unit_id=unit_id,
        free=_free(every, desk, unit_id or desk.unit_id),
        wrong=len(report.findings(every, desk.bureau_id)) if desk.minds(desk.bureau_id) else 0,
        **words_of_forms(),
    )


@pages.get("/numbers/new")
def new() -> ResponseReturnValue:
    """The form for a new number."""
    return _new(Given(values={"number": request.args.get("number", "")[:60]}))


@pages.post("/numbers/new")
def add() -> ResponseReturnValue:
    """A new number, given to somebody at once or to nobody yet."""
    desk, form = desk_of_caller(), request.form
    try:
        holder = _holder(desk) if form.get("holder_kind") in HOLDER_KINDS else None
        day = _day("day") if holder is not None else desk.today
        with db.transaction():
            _refuse_other_bureaus(form.get("number", ""), desk)
            extension_id = service.add_extension(
                form.get("number", ""), kind=form.get("kind", ""), outside_number=form.get("outside_number", ""),
                note=form.get("note", ""), actor=desk.actor, now=clock.now(),
            )  # fmt: skip
            if holder is not None:
                service.give(extension_id, holder, day, is_main="is_main" in form, actor=desk.actor, now=clock.now())
    except Refused as refused:
        return _new(_given("new", refused)), refused.status
    flash(_("Saved."))
    return redirect(url_for("numbers.edit", number=telephone.extension_number(form.get("number", ""))))


@pages.get("/numbers/<number>/edit")
def edit(number: str) -> ResponseReturnValue:
    """Everything that can be done with one number."""
    return _edit(number, Given())


@pages.post("/numbers/<number>/details")
def details(number: str) -> ResponseReturnValue:
    """Another kind, outside line or note."""

    def change(desk: Desk, of: HeldNumber) -> None:
        service.change_extension(
            of.extension_id, kind=request.form.get("kind", ""), note=request.form.get("note", ""),
            outside_number=request.form.get("outside_number", ""), actor=desk.actor, now=clock.now(),
        )  # fmt: skip

    return _do("details", number, change)


@pages.post("/numbers/<number>/give")
def give(number: str) -> ResponseReturnValue:
    """To somebody, from a day; whoever has it then has it no more."""

    def change(desk: Desk, of: HeldNumber) -> None:
        holder, day, told = _holder(desk), _day("day"), {"actor": desk.actor, "now": clock.now()}
        is_main, term_id = "is_main" in request.form, request.form.get("term", type=int)
        if term_id is None:
            service.give(of.extension_id, holder, day, is_main=is_main, **told)  # type: ignore[arg-type]
        else:
            service.move(_own_term(of, term_id), holder, day, is_main=is_main, **told)  # type: ignore[arg-type]

    return _do("give", number, change)


@pages.post("/numbers/<number>/end")
def end(number: str) -> ResponseReturnValue:
    """From a day the number is nobody's."""

    def change(desk: Desk, of: HeldNumber) -> None:
        term_id = request.form.get("term", 0, type=int)
        service.end_term(_own_term(of, term_id), _day("day"), actor=desk.actor, now=clock.now())

    return _do("end", number, change)


@pages.post("/numbers/<number>/retire")
def retire(number: str) -> ResponseReturnValue:
    """From a day nobody gets the number; for a while it says where it moved to."""

    def change(desk: Desk, of: HeldNumber) -> None:
        until = _day("moved_until") if request.form.get("moved_until", "").strip() else None
        service.retire(
            of.extension_id, _day("day"), moved_to=request.form.get("moved_to", ""), moved_until=until,
            actor=desk.actor, now=clock.now(),
        )  # fmt: skip

    return _do("retire", number, change)


@pages.post("/numbers/<number>/restore")
def restore(number: str) -> ResponseReturnValue:
    """A retired number may be given out again."""
    return _do("restore", number, lambda desk, of: service.restore(of.extension_id, actor=desk.actor, now=clock.now()))


def _is_wanted(one: HeldNumber, every: Numbers, desk: Desk, asked: Mapping[str, str], unit_id: int | None) -> bool:
    if not desk.minds(every.bureau_of(one.number)):
        return False
    holder = shown(every.holder_of(one.number))
    if asked["unit"] and (holder is None or unit_id is None or holder.unit_id != unit_id):
        return False
    if asked["kind"] and one.kind != asked["kind"]:
        return False
    state = "retired" if one.retired else "free" if one.term_id is None else "held"
    if asked["state"] and state != asked["state"]:
        return False
    text = asked["q"].strip()
    digits = telephone.digits_of(text)
    if digits:
        return rules.is_dialled(digits, one.number, one.outside_number)
    return not text or holders.is_named(text, f"{named(holder)[0]} {one.note}")


def _free(every: Numbers, desk: Desk, unit_id: int | None) -> list[tuple[str, bool]]:
    """The next free numbers and whether each exists already: beside those of the section, if one is chosen."""
    bureau_id = desk.bureau_id
    start = ""
    if unit_id is not None:
        bureau_id = holders.bureau_of(unit_id, people.units_on(desk.today))
        of_unit = [
            (found.holder.person_id is None, digits)
            for digits in every.every
            if (found := every.holder_of(digits)) is not None and found.unit_id == unit_id
        ]
        start = min(of_unit, default=(False, ""))[1]
    if bureau_id is None:
        return []
    free = rules.free_numbers(every.ranges, queries.taken(desk.today), bureau_id, start)
    return [(digits, digits in every.every) for digits in islice(free, FREE_SHOWN)]


def _mine(number: str, desk: Desk) -> tuple[HeldNumber, Numbers]:
    digits = telephone.extension_number(number)
    every = report.numbers(desk.today)
    found = every.every.get(digits or "") or abort(404)
    _refuse_other_bureaus(found.number, desk, every)
    return found, every


def _refuse_other_bureaus(number: str, desk: Desk, every: Numbers | None = None) -> None:
    """A section administrator keeps to the own bureau: its holders, and numbers of its ranges."""
    if desk.is_everybodys:
        return
    digits = telephone.extension_number(number)
    if digits is None:
        return  # no number at all: the service says so
    known = every if every is not None else report.numbers(desk.today)
    if known.holder_of(digits) is None and rules.range_of(digits, known.ranges) is None:
        raise Refused("not_your_bureau", "This number lies in no range of your bureau.", 403)
    if not desk.minds(known.bureau_of(digits)):
        raise Refused("not_your_bureau", "Another bureau looks after this number.", 403)


def _own_term(of: HeldNumber, term_id: int) -> int:
    """A term of this number: a form cannot end another number's."""
    found = queries.term(term_id) if 0 < term_id <= LARGEST_ID else None
    if found is None or found.extension_id != of.extension_id:
        raise Refused("term_gone", "This has been changed by somebody else meanwhile. Look again.")
    return term_id


def _do(form: str, number: str, change: Callable[[Desk, HeldNumber], None]) -> ResponseReturnValue:
    desk = desk_of_caller()
    of, _every = _mine(number, desk)
    try:
        with db.transaction():
            change(desk, of)
    except Refused as refused:
        return _edit(number, _given(form, refused)), refused.status
    flash(_("Saved."))
    return redirect(url_for("numbers.edit", number=of.number))


def _given(form: str, refused: Refused) -> Given:
    choices = refused.choices if isinstance(refused, WhichOne) else ()
    return Given(form, request.form.to_dict(), refused, choices)


def _edit(number: str, given: Given) -> str:
    desk = desk_of_caller()
    of, every = _mine(number, desk)
    terms = queries.terms_of(of.extension_id, desk.today)
    whose = holders.holders([term.holder for term in terms], desk.today)
    return render_template(
        "phones/edit.html",
        desk=desk,
        of=of,
        holder=shown(every.holder_of(of.number)),
        terms=[(term, shown(whose.get(term.holder))) for term in terms],
        given=given,
        until=rules.months_after(desk.today, service.MOVED_FOR_MONTHS),
        suggestions=_suggestions(desk),
        choice_of=_choice_of,
        **words_of_forms(),
    )


def _new(given: Given) -> str:
    desk = desk_of_caller()
    return render_template(
        "phones/new.html",
        desk=desk,
        given=given,
        suggestions=_suggestions(desk),
        choice_of=_choice_of,
        **words_of_forms(),
    )


def _suggestions(desk: Desk) -> list[str]:
    """Names for the browser's own list under the field: people and sections of the bureau."""
    if desk.is_everybodys or desk.bureau_id is None:
        return list(units_of(desk).values())
    units = people.units_on(desk.today)
    below = people.units_below([desk.bureau_id], units)
    ids = people.members_of(below, desk.today)
    cards = [one for one in people.cards(desk.today, ids).values() if one.unit_id in below]
    open_ids = {i for i, of in people.choices_of(ids).items() if not of.protected}
    found = [f"{card.name} {card.unit_name}" for card in cards if card.id in open_ids]
    return [*units_of(desk).values(), *found][:SUGGESTED]


def _holder(desk: Desk) -> Holder:
    """Who or what is meant by the form; WhichOne when several are."""
    form = request.form
    kind, text = form.get("holder_kind", ""), form.get("holder", "").strip()
    bureau_id = None if desk.is_everybodys else desk.bureau_id
    if not text or kind not in HOLDER_KINDS:
        raise Refused("no_holder", "Say who or what gets the number.", 422)
    if kind == "device":
        return Holder(device=text)
    find = {"person": holders.find_people, "unit": holders.find_units, "zone": holders.find_zones}[kind]
    found = find(text, desk.today, bureau_id)
    chosen = [one for one in found if _choice_of(one.holder) == form.get("choice")]
    if len(chosen) == 1 or len(found) == 1:
        return (chosen or found)[0].holder
    if not found:
        raise Refused("not_found", "Nobody and nothing here has this name. Check it, or write the staff number.", 422)
    if len(found) > CHOICES_SHOWN:
        raise Refused("which_one", "%(n)s have this name. Write the section, too.", 422, n=len(found))
    raise WhichOne(found)


def _choice_of(holder: Holder) -> str:
    """How a radio button names a holder."""
    return next(
        f"{name}:{i}"
        for name, i in (("person", holder.person_id), ("unit", holder.unit_id), ("zone", holder.zone_id))
        if i
    )


def _day(name: str) -> date:
    found = rules.day_of(request.form.get(name, ""))
    if found is None:
        raise Refused("bad_day", "Enter a date such as 2026-04-01.", 422)
    return found
