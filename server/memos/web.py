"""Taking a memo down, reading and handling mine."""

import logging
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from server import clock, db, retention_terms
from server.access import local_path
from server.errors import Refused
from server.memos import queries, rules, service
from server.memos.queries import MemoView, RecipientView, Waiting
from server.memos.rules import Reader, Recipient, Urgency, Wish
from server.people import login
from server.people import queries as people
from server.people.login import current_account
from server.people.rules import Role
from server.retention_terms import Term

log = logging.getLogger(__name__)

TO = re.compile(r"(person|unit):([0-9]{1,9})")
WISHES = {
    Wish.CALL_BACK: _l("Please call back"),
    Wish.CALLS_AGAIN: _l("Will call again"),
    Wish.INFORMATION: _l("For information"),
}
URGENCIES = {Urgency.NORMAL: _l("Normal"), Urgency.TODAY: _l("Today"), Urgency.URGENT: _l("Urgent")}
FIELDS = {
    "memo_to_missing": "to",
    "no_recipient": "to",
    "memo_caller_missing": "caller",
    "memo_caller": "caller",
    "memo_number": "number",
    "memo_matter": "matter",
    "memo_choice": "wish",
}
TEXTS = ("caller", "number", "matter", "wish", "urgency")
ON_CARD = 5
JUST_SAVED = timedelta(minutes=1)  # so long its taker reads that they are on leave; later that would be a look-up

pages = Blueprint("memos", __name__, template_folder="templates")


@pages.app_context_processor
def _for_every_page() -> dict[str, Callable[..., object]]:
    return {"memos_waiting": _waiting, "memos_for_me": _for_me}


@pages.get("/memos")
def mine() -> ResponseReturnValue:
    """What waits for me, what I took down for others, and what is done."""
    reader = _reader()
    waiting = queries.open_for(reader)
    return render_template(
        "memos/mine.html",
        waiting=waiting,
        handled=queries.handled_for(reader),
        taken=queries.taken_by(reader),
        undo=_asked_for("handled", reader),
        saved=_saved(reader),
        kept=_kept(),
        **_words(),
    )


@pages.get("/memos/card")
def card() -> ResponseReturnValue:
    """The start page's list alone, which the page fetches again when something has come."""
    return render_template("memos/card.html")


@pages.get("/memos/new")
def new() -> ResponseReturnValue:
    """The form; `for` or `unit` says for whom."""
    given = {
        "to": _to_of_address(),
        "wish": request.args.get("wish", Wish.CALL_BACK.value),
        "urgency": request.args.get("urgency", Urgency.NORMAL.value),
    }
    to = _recipient_of(given["to"])
    if to is None and given["to"]:
        abort(404)
    return _form(given, to)


@pages.post("/memos")
def take() -> ResponseReturnValue:
    """Keep the memo; what was written down stays in the form when something is missing."""
    given = {name: request.form.get(name, "") for name in ("to", *TEXTS)}
    account, now, day = current_account(), clock.now(), clock.today(get_timezone())
    try:
        draft = rules.draft(_to(given["to"]), *(given[name] for name in TEXTS))
        with db.transaction():
            memo_id = service.take(draft, account.account_id, account.name, now, day)
    except Refused as refused:
        return _form(given, _recipient_of(given["to"]), refused), refused.status
    return redirect(url_for("memos.mine", saved=memo_id))


@pages.get("/memos/<int(max=2147483647):memo_id>/correct")
def correction(memo_id: int) -> ResponseReturnValue:
    """The form with what I wrote down, while nobody has handled it."""
    memo = _taken(memo_id)
    given = {"caller": memo.caller, "number": memo.number, "matter": memo.matter}
    return _form(given | {"wish": memo.wish.value, "urgency": memo.urgency.value}, memo=memo)


@pages.post("/memos/<int(max=2147483647):memo_id>/correct")
def correct(memo_id: int) -> ResponseReturnValue:
    """It says this instead."""
    memo = _taken(memo_id)
    given = {name: request.form.get(name, "") for name in TEXTS}
    try:
        draft = rules.draft(memo.to, *given.values())
        with db.transaction():
            service.correct(memo_id, _reader(), draft, clock.now())
    except Refused as refused:
        return _form(given, refused=refused, memo=memo), refused.status
    return redirect(url_for("memos.mine", saved=memo_id))


@pages.post("/memos/<int(max=2147483647):memo_id>/withdraw")
def withdraw(memo_id: int) -> ResponseReturnValue:
    """Nobody needs it any more."""
    with db.transaction():
        service.withdraw(memo_id, _reader(), clock.now())
    flash(_("The call memo is withdrawn."))
    return redirect(url_for("memos.mine"))


@pages.post("/memos/<int(max=2147483647):memo_id>/handled")
def handle(memo_id: int) -> ResponseReturnValue:
    """It is done."""
    with db.transaction():
        service.handle(memo_id, _reader(), current_account().name, clock.now())
    is_home = local_path(request.form.get("next")) == "/" and "next" in request.form
    return redirect(f"/?handled={memo_id}#memos" if is_home else url_for("memos.mine", handled=memo_id))


@pages.post("/memos/<int(max=2147483647):memo_id>/reopen")
def reopen(memo_id: int) -> ResponseReturnValue:
    """It is not done after all."""
    with db.transaction():
        service.reopen(memo_id, _reader(), clock.now())
    is_home = local_path(request.form.get("next")) == "/" and "next" in request.form
    return redirect("/#memos" if is_home else url_for("memos.mine") + f"#memo-{memo_id}")


def _taken(memo_id: int) -> MemoView:
    """A memo I took down that still waits; Refused when there is none."""
    reader = _reader()
    memo = queries.memo(memo_id, reader)
    if memo is None or memo.taken_by_id != reader.account_id:
        abort(404)
    if memo.is_handled:
        raise Refused("memo_handled", "The memo has been handled already; it stays as it is.")
    return memo


def _form(
    given: dict[str, str],
    to: RecipientView | None = None,
    refused: Refused | None = None,
    memo: MemoView | None = None,
) -> str:
    """The form for a new memo, or for the one that is corrected, whose recipient stays."""
    reader = _reader()
    return render_template(
        "memos/new.html",
        given=given,
        to=to,
        memo=memo,
        colleagues=[]
        if to is not None or memo is not None
        else queries.colleagues(reader, clock.today(get_timezone())),
        first_empty=_first_empty(given, refused, has_recipient=to is not None or memo is not None),
        error=None if refused is None else _(refused.sentence, **refused.values),
        error_field=None if refused is None else FIELDS.get(refused.code),
        fields=FIELDS,
        to_value=to_value,
        lengths={"caller": rules.CALLER_LENGTH, "number": rules.NUMBER_LENGTH, "matter": rules.MATTER_LENGTH},
        **_words(),
    )


def _first_empty(given: dict[str, str], refused: Refused | None, *, has_recipient: bool) -> str | None:
    if refused is not None:
        return FIELDS.get(refused.code, "caller")
    if not has_recipient:
        return "to"
    return next((name for name in ("caller", "number", "matter") if not given.get(name)), "caller")


def _words() -> dict[str, object]:
    english = str(get_locale()) == "en"
    return {
        "wishes": WISHES,
        "urgencies": URGENCIES,
        "name_of": lambda one: (one.to_name_en if english else one.to_name) if isinstance(one, MemoView) else one,
        "english": english,
        "today": clock.today(get_timezone()),
        "local_day": _local_day,
    }


def to_value(to: Recipient) -> str:
    """A recipient as the form sends it: "person:5" or "unit:7"."""
    return f"person:{to.person_id}" if to.person_id is not None else f"unit:{to.unit_id}"


def _to_of_address() -> str:
    for name, kind in (("for", "person"), ("unit", "unit")):
        if name in request.args:
            return f"{kind}:{request.args[name]}"
    return ""


def _to(value: str) -> Recipient:
    found = TO.fullmatch(value)
    if found is None:
        raise Refused("memo_to_missing", "Choose whom the call was for.", 422)
    number = int(found[2])
    return Recipient(person_id=number) if found[1] == "person" else Recipient(unit_id=number)


def _recipient_of(value: str) -> RecipientView | None:
    try:
        return queries.recipient(_to(value), clock.today(get_timezone()))
    except Refused:
        return None


def _saved(reader: Reader) -> dict[str, object] | None:
    memo = _asked_for("saved", reader)
    if memo is None or memo.taken_by_id != reader.account_id:
        return None
    person_id, on_leave, now = memo.to.person_id, False, clock.now()
    if person_id is not None and not memo.is_mine and now - memo.taken_at < JUST_SAVED:
        viewer = people.viewer_of(reader.account_id, clock.today(get_timezone()))
        on_leave = service.is_on_leave(viewer, person_id, now, clock.today(get_timezone()))
    return {"memo": memo, "on_leave": on_leave}


def _asked_for(argument: str, reader: Reader) -> MemoView | None:
    """The memo that the address names, when it is one of this reader's."""
    value = request.args.get(argument, "")
    return queries.memo(int(value), reader) if re.fullmatch(r"[0-9]{1,9}", value) else None


def _kept() -> dict[str, int]:
    """For how many days memos are kept."""
    terms = {"done": Term.MEMOS_DONE, "waiting": Term.MEMOS_OPEN}
    return {name: retention_terms.keep(term).days for name, term in terms.items()}


def _waiting() -> Waiting | None:
    """What the mark in every page's header says; None for who gets no memos and while the database is away."""
    account = login.signed_in()
    if account is None or account.role is Role.KIOSK or login.current_session().remembered or db.is_silent():
        return None
    try:
        return queries.waiting(_reader())
    except SQLAlchemyError as error:
        db.session.remove()
        log.warning("memos could not be counted: %s", type(error).__name__)
        return None


def _for_me() -> dict[str, object]:
    """What the start page's card shows."""
    reader = _reader()
    waiting = queries.open_for(reader)
    undo = _asked_for("handled", reader)
    return {"waiting": waiting[:ON_CARD], "more": len(waiting) - ON_CARD, "undo": undo, **_words()}


def _reader() -> Reader:
    account = current_account()
    return queries.reader_of(account.account_id, account.person_id, clock.today(get_timezone()))


def _local_day(at: datetime) -> date:
    return at.astimezone(get_timezone()).date()
