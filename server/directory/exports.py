"""Phone lists to take away: on paper, as CSV, Excel and vCard; each is written down (SR-18, SR-24)."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, format_time, get_locale, get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server import audit, clock, db, retention_terms
from server.directory import lists
from server.directory.formats import csv_file, vcard, xlsx
from server.directory.formats.book import Book
from server.errors import Refused
from server.people.login import current_account
from server.privacy import kept
from server.retention_terms import Term
from server.settings import Settings

ACTION = "phone_list_exported"
AN_HOUR = timedelta(hours=1)
EXPORTS_AN_HOUR = 5  # SR-18
PAPERS = {"a4": "A4 portrait", "a3": "A3 landscape"}
FONT = "'Noto Sans JP', 'Noto Sans CJK JP', 'BIZ UDPGothic', 'Yu Gothic UI', Meiryo, sans-serif"
LARGEST_ID = 2**31 - 1
SHOWN_UNWRITABLE = 10

pages = Blueprint("exports", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file."""

    label: str
    ending: str
    media: str
    write: Callable[[Book], bytes]


def _csv_utf8(book: Book) -> bytes:
    return csv_file.utf8(book, _heading())


def _csv_cp932(book: Book) -> bytes:
    return csv_file.cp932(book, _heading())


def _xlsx(book: Book) -> bytes:
    return xlsx.xlsx(book, _heading(), str(_("Extension list")), _stand(book))


def _vcard(book: Book) -> bytes:
    return vcard.vcards(book, _phone_context()).encode()


FORMATS = {
    "xlsx": Format(
        _l("Excel"), "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx
    ),
    "csv": Format(_l("CSV, UTF-8"), "csv", "text/csv; charset=utf-8", _csv_utf8),
    "csv-cp932": Format(_l("CSV, Shift_JIS (CP932)"), "csv", "text/csv; charset=Shift_JIS", _csv_cp932),
    "vcard": Format(_l("vCard 4.0"), "vcf", "text/vcard; charset=utf-8", _vcard),
}  # fmt: skip


@pages.get("/directory/export")
def choose() -> ResponseReturnValue:
    """What, whom and in which format; and what is written down about it."""
    return _choose()


@pages.get("/directory/export/file")
def take_away() -> ResponseReturnValue:
    """The file, or the printed list when paper was chosen."""
    wanted, unit_id = request.args.get("format", ""), _unit_id()
    if wanted.removeprefix("print-") in PAPERS:
        return redirect(url_for("exports.printed", unit=unit_id, paper=wanted.removeprefix("print-")))
    if wanted not in FORMATS:
        raise Refused("unknown_format", "Choose a format.", 422)
    made, book = FORMATS[wanted], _book(unit_id)
    missing = csv_file.unwritable(book, _heading()) if wanted == "csv-cp932" else []
    if missing and request.args.get("replace") != "1":
        return _choose(missing), 422
    _refuse_too_many()
    data = made.write(book)
    _write_down(wanted, book, unit_id, replaced=sum(len(one.characters) for one in missing))
    name = f"{_('Extension list')}_{book.whom}_{book.day.isoformat()}.{made.ending}"
    return send_file(io.BytesIO(data), made.media, as_attachment=True, download_name=_file_name(name))


@pages.get("/directory/print")
def printed() -> ResponseReturnValue:
    """The list by unit, for paper and for the screen."""
    paper, unit_id = request.args.get("paper", "a4").lower(), _unit_id()
    if paper not in PAPERS:
        raise Refused("unknown_paper", "Choose A4 or A3.", 422)
    _refuse_too_many()
    book = _book(unit_id)
    _write_down(f"print-{paper}", book, unit_id)
    return render_template(
        "exports/printed.html", book=book, paper=paper, papers=PAPERS, unit_id=unit_id, stand=_stand(book)
    )


@pages.get("/directory/print.css")
def paper() -> ResponseReturnValue:
    """Size and margins of the paper, and what stands on top of every page, which only a style sheet can say."""
    paper = request.args.get("paper", "a4").lower()
    at = request.args.get("at", "")
    if paper not in PAPERS or not (at.isascii() and at.isdigit() and len(at) <= 10):
        raise Refused("unknown_paper", "Choose A4 or A3.", 422)
    as_of = datetime.fromtimestamp(int(at), get_timezone())
    head = lists.heading(_settings().site, _unit_id(), as_of, english=_is_english())
    texts = {
        "left": _css_string("　".join(dict.fromkeys((head.city, str(_("Extension list")), head.whom)))),
        "right": _css_string(_stand(head)),
    }
    sheet = render_template("exports/paper.css", size=PAPERS[paper], font=FONT, **texts)
    return Response(sheet, mimetype="text/css")


@pages.get("/people/<int(max=2147483647):person_id>.vcf")
def one_card(person_id: int) -> ResponseReturnValue:
    """One person for an address book."""
    now = clock.now()
    found = lists.person(_settings().site, person_id, now.astimezone(get_timezone()), english=_is_english())
    if found is None:
        raise Refused("no_person", "There is no such person.", 404)
    _refuse_too_many()
    data = vcard.person(*found, _phone_context()).encode()
    account = current_account()
    with db.transaction():
        actor = audit.account(account.account_id, account.name)
        audit.record(actor, ACTION, audit.person(person_id), {"format": "vcard", "people": 1}, now)
        _refuse_above_limit(actor, now, EXPORTS_AN_HOUR)
    name = _file_name(f"{found[2].name}.vcf")
    return send_file(io.BytesIO(data), FORMATS["vcard"].media, as_attachment=True, download_name=name)


def _choose(missing: list[csv_file.Unwritable] | None = None) -> str:
    now = clock.now().astimezone(get_timezone())
    account = current_account()
    actor = audit.account(account.account_id, account.name)
    return render_template(
        "exports/choose.html",
        formats=FORMATS,
        papers=PAPERS,
        units=lists.units_to_choose(now, english=_is_english()),
        chosen={"unit": _unit_id(), "format": request.args.get("format", "print-a4")},
        taken=audit.count(actor, ACTION, clock.now() - AN_HOUR),
        limit=EXPORTS_AN_HOUR,
        missing=(missing or [])[:SHOWN_UNWRITABLE],
        more_missing=max(0, len(missing or []) - SHOWN_UNWRITABLE),
        base_url=_settings().base_url,
        log_kept=kept.spoken(retention_terms.keep(Term.AUDIT)),
    )


def _refuse_too_many() -> None:
    """Before the work; the transaction that writes it down counts again."""
    account = current_account()
    _refuse_above_limit(audit.account(account.account_id, account.name), clock.now(), EXPORTS_AN_HOUR - 1)


def _write_down(wanted: str, book: Book, unit_id: int | None, *, replaced: int = 0) -> None:
    account, now = current_account(), clock.now()
    details = {"format": wanted, "whom": book.whom, "unit": unit_id, "people": book.people}
    with db.transaction():
        actor = audit.account(account.account_id, account.name)
        audit.record(actor, ACTION, "", details | ({"replaced": replaced} if replaced else {}), now)
        _refuse_above_limit(actor, now, EXPORTS_AN_HOUR)


def _refuse_above_limit(actor: str, now: datetime, most: int) -> None:
    if audit.count(actor, ACTION, now - AN_HOUR) <= most:
        return
    recent = audit.entries(EXPORTS_AN_HOUR, action=ACTION, actor=actor)
    wait = (recent[-1].at if recent else now) + AN_HOUR - now
    raise Refused(
        "too_many_exports",
        "You have taken %(n)s phone lists within an hour. Please wait %(minutes)s minutes.",
        429,
        retry_after_s=max(1, ceil(wait.total_seconds())),
        n=EXPORTS_AN_HOUR,
        minutes=max(1, ceil(wait.total_seconds() / 60)),
    )


def _book(unit_id: int | None) -> Book:
    return lists.book(_settings().site, unit_id, clock.now().astimezone(get_timezone()), english=_is_english())


def _unit_id() -> int | None:
    """The unit of the address, None for everybody; 404 for what is no unit's number."""
    value = request.args.get("unit", "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= LARGEST_ID):
        raise Refused("no_unit", "There is no such unit.", 404)
    return int(value)


def _heading() -> list[str]:
    return [
        str(word)
        for word in (
            _("Bureau"), _("Unit"), _("Title"), _("Name"), _("Reading"), _("Extension"), _("Outside line"), _("Fax")
        )
    ]  # fmt: skip


def _stand(book: Book) -> str:
    """Of which day and minute the list is: 2026年4月1日(水) 10:42現在."""
    day = format_date(book.day, "d MMMM y (EEE)" if _is_english() else "y年M月d日(EEE)")
    return str(_("As of %(day)s, %(time)s", day=day, time=format_time(book.as_of, "H:mm")))


def _css_string(text: str) -> str:
    """The text inside a string of a style sheet: everything but letters as its number."""
    return "".join(c if c.isalnum() else f"\\{ord(c):x} " for c in text)


def _file_name(name: str) -> str:
    return "".join("_" if c in '\\/:*?"<>|' or not c.isprintable() else c for c in name)


def _phone_context() -> str:
    return urlsplit(_settings().base_url).hostname or "localhost"


def _is_english() -> bool:
    return str(get_locale()) == "en"


def _settings() -> Settings:
    settings: Settings = current_app.extensions["iruka"]
    return settings
