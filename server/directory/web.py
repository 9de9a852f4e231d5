"""The pages that find somebody: the box alone, the directory by reading and by unit, a person."""

from collections.abc import Mapping
from typing import cast

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone, gettext
from flask_babel import lazy_gettext as _l

from server import clock, db, paging
from server.access import SIGNED_IN, local_path, only
from server.directory import duties, listing, results
from server.directory.index import Kind, shown_query
from server.directory.order import INDEX
from server.directory.schemas import MOST_RESULTS
from server.directory.search import Search
from server.directory.words import search_words
from server.errors import Refused
from server.people.login import current_account
from server.people.rules import DUTIES_LENGTH

LARGEST_ID = 2**31 - 1
FIELD = "duties-"  # and the person's id: the field of a form that says what they do
KINDS = {
    Kind.PERSON: _l("Staff"),
    Kind.UNIT: _l("Units"),
    Kind.EXTENSION: _l("Extensions"),
    Kind.ZONE: _l("Zones"),
    Kind.SEAT: _l("Seats"),
}

pages = Blueprint("directory", __name__, template_folder="templates")
pages.app_context_processor(lambda: {"search_words": search_words})


@pages.get("/find")
def find() -> ResponseReturnValue:
    """Nothing but the box, for a shared PC or a kiosk."""
    return render_template("directory/find.html")


@pages.get("/directory")
def index() -> ResponseReturnValue:
    """Everybody by their reading; or what a search found, for browsers without a script."""
    query = shown_query(request.args.get("q", ""))
    if query:
        search = cast(Search, current_app.extensions["iruka.search"])
        found = results.answer(search, query, MOST_RESULTS, with_places=False)
        return render_template("directory/results.html", found=found, searched=query, kinds=KINDS)
    row = request.args.get("row")
    page = listing.index_page(row, _page(), current_account().person_id, clock.today(get_timezone()))
    return render_template("directory/index.html", index=page, rows=INDEX)


@pages.get("/directory/units")
def units() -> ResponseReturnValue:
    """Every unit under its parent."""
    branches = listing.tree(current_account().person_id, clock.today(get_timezone()))
    return render_template("directory/units.html", branches=branches)


@pages.get("/directory/units/<int:unit_id>")
def unit(unit_id: int) -> ResponseReturnValue:
    """A unit and its people."""
    return _unit_page(unit_id, is_editing=request.args.get("edit") == "1")


@pages.post("/directory/units/<int:unit_id>/duties")
@only(SIGNED_IN)
def write_duties(unit_id: int) -> ResponseReturnValue:
    """Say what people do in a unit: their own duties, or those of the section that the account administers."""
    wished = {
        int(name.removeprefix(FIELD)): text
        for name, text in request.form.items()
        if name.startswith(FIELD) and _is_id(name.removeprefix(FIELD))
        if text != request.form.get(f"was-{name}")  # else an old page would undo what somebody else wrote meanwhile
    }
    try:
        with db.transaction():
            duties.write(current_account(), _known(unit_id), wished, clock.today(get_timezone()), clock.now())
    except Refused as refused:
        if refused.status != 422:
            raise
        sentence = gettext(refused.sentence)
        return _unit_page(unit_id, is_editing=True, wished=wished, error=sentence), refused.status
    flash(gettext("Saved."))
    return redirect(local_path(request.form.get("next"), url_for("directory.unit", unit_id=unit_id)))


def _unit_page(
    unit_id: int, *, is_editing: bool, wished: Mapping[int, str] | None = None, error: str | None = None
) -> str:
    account, day = current_account(), clock.today(get_timezone())
    by_rank = request.args.get("by") == "rank"
    page = listing.unit_page(_known(unit_id), by_rank, _page(), account.person_id, day)
    if page is None:
        abort(404)
    writer = duties.writer_of(account, day)
    writable = {
        entry.person_id
        for entry in page.entries
        if entry.post is not None and entry.post.unit_id == unit_id and writer.may_write(entry.person_id, unit_id)
    }
    return render_template(
        "directory/unit.html",
        of=page,
        by_rank=by_rank,
        writable=writable,
        is_editing=is_editing and bool(writable),
        wished=wished or {},
        error=error,
        longest=DUTIES_LENGTH,
        asked={"by": "rank" if by_rank else None, "edit": 1 if is_editing else None},
    )


def _known(unit_id: int) -> int:
    """An id that the database can be asked for."""
    return unit_id if unit_id <= LARGEST_ID else abort(404)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST_ID


def _page() -> int:
    return paging.asked(request.args.get("page", ""))
