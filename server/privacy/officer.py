"""What the privacy officer reads: alerts, what the jobs forgot, the audit log (P10, P12, SR-19, SR-42)."""

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo

from babel.dates import format_skeleton
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server import audit, cells, clock, db
from server.audit import EntryView
from server.people import proof, protection, queries
from server.people.login import current_account
from server.presence import alerts, statistics
from server.presence.alerts import AlertView
from server.privacy import retention
from server.privacy.web import SCREENS

PAGE = 50  # lines of the audit log
SHOWN = 10  # alerts that were handled last
LARGEST_ID = 2**63 - 1

pages = Blueprint("officer", __name__, template_folder="templates")

ACTIONS = {
    "account_closed": _l("Account closed"),
    "account_created": _l("Account made"),
    "account_linked": _l("Account linked to a person"),
    "account_reopened": _l("Account opened again"),
    "alert_handled": _l("Alert handled"),
    "audit_log_exported": _l("Audit log exported"),
    "duties_written": _l("Duties written"),
    "factor_removed": _l("Second factor removed"),
    "factor_reset": _l("Second factor reset"),
    "factor_set": _l("Second factor set up"),
    "held_exported": _l("Own data downloaded"),
    "local_login_allowed": _l("Passwords of this server allowed for a while"),
    "local_login_ended": _l("Passwords of this server closed again"),
    "notice_published": _l("Notice published"),
    "number_added": _l("Number added"),
    "number_changed": _l("Number changed"),
    "number_ended": _l("Number taken back"),
    "number_given": _l("Number given out"),
    "number_moved": _l("Number moved"),
    "number_report_exported": _l("Report on numbers exported"),
    "number_restored": _l("Number in use again"),
    "number_retired": _l("Number retired"),
    "numbers_laid_out": _l("Numbers laid out"),
    "phone_list_exported": _l("Phone list exported"),
    "protection_asked": _l("Protection asked for"),
    "protection_declined": _l("Protection request turned down"),
    "protection_granted": _l("Protection request granted"),
    "range_added": _l("Range of numbers added"),
    "range_changed": _l("Range of numbers changed"),
    "range_removed": _l("Range of numbers removed"),
    "role_set": _l("Role given"),
    "sessions_ended": _l("Sessions ended"),
    "term_set": _l("Retention period changed"),
    "token_issued": _l("API token issued"),
    "token_withdrawn": _l("API token withdrawn"),
}  # an action that is missing here is shown by its word in the log


@pages.get("/officer")
def desk() -> ResponseReturnValue:
    """What waits for the privacy officer, and how the rest is doing."""
    now, zone = clock.now(), get_timezone()
    start, end = _last_month(now, zone)
    waiting = alerts.waiting()
    report = retention.report(now)
    return render_template(
        "privacy/officer.html",
        waiting=waiting,
        handled=alerts.handled(SHOWN),
        names=_names(waiting, now, zone),
        requests=protection.waiting(),
        overdue=[line for line in report if line.is_overdue],
        month=format_skeleton("yMMMM", start.date(), locale=get_locale()),
        look_ups=statistics.look_ups_by_screen(start, end),
        screens=SCREENS,
        k=statistics.K,
        newest=audit.entries(SHOWN),
        actions=ACTIONS,
    )


@pages.post("/officer/alerts/<int:alert_id>")
def handle_alert(alert_id: int) -> ResponseReturnValue:
    """The privacy officer has seen to an alert."""
    account, now = current_account(), clock.now()
    with db.transaction():
        alert = alerts.handle(min(alert_id, LARGEST_ID), account.name, now)
        subject = "" if alert.subject_id is None else audit.person(alert.subject_id)
        details = {"alert": alert.id, "kind": alert.kind}
        audit.record(audit.account(account.account_id, account.name), "alert_handled", subject, details, now)
    flash(_("The alert is handled."))
    return redirect(url_for("officer.desk"))


@pages.get("/officer/retention")
def kept() -> ResponseReturnValue:
    """What is kept how long, and what the jobs deleted (P10)."""
    return render_template("privacy/retention.html", lines=retention.report(clock.now()))


@pages.get("/officer/audit")
def log() -> ResponseReturnValue:
    """The audit log, newest first, of one action if wanted."""
    action = request.args.get("action") or None
    before_id = request.args.get("before", type=int)
    found = audit.entries(PAGE + 1, before_id=_within(before_id), action=action)
    return render_template(
        "privacy/audit.html",
        entries=found[:PAGE],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        is_newest=before_id is None,
        action=action,
        known=audit.actions(),
        actions=ACTIONS,
    )


@pages.post("/officer/audit.csv")
def export() -> ResponseReturnValue:
    """The audit log as a file; that it was taken is a line of it."""
    proof.require()
    action = request.form.get("action") or None
    account, now = current_account(), clock.now()
    with db.transaction():
        details = {} if action is None else {"action": action[:40]}
        audit.record(audit.account(account.account_id, account.name), "audit_log_exported", "", details, now)
    heading = [_("Line"), _("Time (UTC)"), _("Done by"), _("Action"), _("About"), _("Details")]
    name = f"audit-{now:%Y-%m-%d}.csv"
    response = Response("\ufeff" + "".join(_csv(heading, action)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv(heading: list[str], action: str | None) -> Iterator[str]:
    yield cells.csv_text([heading])
    for page in audit.everything(action):
        yield cells.csv_text(_row(entry) for entry in page)


def _row(entry: EntryView) -> list[str]:
    details = json.dumps(dict(entry.details), ensure_ascii=False, sort_keys=True) if entry.details else ""
    return [str(entry.id), f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor, entry.action, entry.subject, details]


def _names(waiting: list[AlertView], now: datetime, zone: tzinfo) -> dict[int, str]:
    """The people that alerts are about, with their units."""
    ids = {alert.subject_id for alert in waiting if alert.subject_id is not None}
    cards = queries.cards(now.astimezone(zone).date(), ids)
    return {i: f"{card.name} {card.unit_name}".strip() for i, card in cards.items()}


def _last_month(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The last whole month: numbers that change every day tell what one day added."""
    today = now.astimezone(zone).date()
    this = today.replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    return datetime.combine(last, time(), zone), datetime.combine(this, time(), zone)


def _within(number: int | None) -> int | None:
    return None if number is None else max(0, min(number, LARGEST_ID))
