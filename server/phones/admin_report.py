"""The report on numbers: duplicate, orphaned and out-of-plan ones, as a page and as a file."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from flask_babel import gettext as _

from server import audit, cells, clock, db
from server.phones import report, rules, words
from server.phones.desk import desk_of_caller, named, shown, words_of_forms

pages = Blueprint("number_report", __name__, template_folder="templates")


@pages.get("/numbers/report")
def findings() -> ResponseReturnValue:
    """Duplicate, orphaned and out-of-plan numbers, and what to do."""
    desk, every = desk_of_caller(), report.numbers(clock.today(get_timezone()))
    found = report.findings(every, None if desk.is_everybodys else desk.bureau_id)
    rows = [
        (one, [(every.every[digits], shown(every.holder_of(digits))) for digits in one.numbers])
        for one in (found if desk.minds(desk.bureau_id) else [])
    ]
    groups = [
        (*words.PROBLEMS[wrong], [of_one for one, of_one in rows if one.wrong is wrong])
        for wrong in rules.Wrong
        if any(one.wrong is wrong for one, _of_one in rows)
    ]
    return render_template("phones/report.html", desk=desk, groups=groups, total=len(rows), **words_of_forms())


@pages.get("/numbers/report.csv")
def findings_file() -> ResponseReturnValue:
    """The same for a spreadsheet; who took it is written down."""
    desk, every = desk_of_caller(), report.numbers(clock.today(get_timezone()))
    found = report.findings(every, None if desk.is_everybodys else desk.bureau_id)
    heading = [_("Extension"), _("Holder"), _("Section"), _("What is wrong"), _("What to do")]
    lines = [
        [digits, name, unit, *(_(sentence) for sentence in words.PROBLEMS[one.wrong])]
        for one in (found if desk.minds(desk.bureau_id) else [])
        for digits in one.numbers
        for name, unit in [named(shown(every.holder_of(digits)))]
    ]
    with db.transaction():
        audit.record(desk.actor, "number_report_exported", "", {"lines": len(lines)}, clock.now())
    response = Response("\ufeff" + cells.csv_text([heading, *lines]), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="numbers-{desk.today:%Y%m%d}.csv"'
    return response
