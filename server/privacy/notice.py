"""The purpose notice: every version to read, and a new one to publish (P1, P2, P17)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from server import access, audit, clock, db
from server.access import only
from server.errors import Refused
from server.people import proof, queries
from server.people.login import current_account
from server.people.rules import NOTICE_LENGTHS, Role
from server.privacy import service
from server.privacy.service import NewNotice

LARGEST_ID = 2**31 - 1
OFFICER = access.roles(Role.PRIVACY_OFFICER)
FIELDS = ("text_ja", "text_en", "officer", "rules_document", "union_consulted_on")

pages = Blueprint("notice", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Draft:
    """A version as it was typed; `errors` holds a sentence for every field that is not in order."""

    values: Mapping[str, str]
    errors: Mapping[str, str]
    day: date | None


@pages.get("/notice")
def newest() -> ResponseReturnValue:
    """The notice in force, with all versions before it."""
    return _page(queries.newest_notice_version())


@pages.get("/notice/<int:version>")
def one(version: int) -> ResponseReturnValue:
    """One version, as it was in force."""
    if version > LARGEST_ID or queries.notice(version) is None:
        abort(404)
    return _page(version)


@pages.get("/officer/notice")
@only(OFFICER)
def form() -> ResponseReturnValue:
    """A new version, beginning with the one in force."""
    notice = queries.newest_notice()
    values = dict.fromkeys(FIELDS, "")
    if notice is not None:
        values |= {"text_ja": notice.text_ja, "text_en": notice.text_en}
        values |= {"officer": notice.officer, "rules_document": notice.rules_document}
        values["union_consulted_on"] = "" if notice.union_consulted_on is None else str(notice.union_consulted_on)
    return _form(Draft(values, {}, None))


@pages.post("/officer/notice")
@only(OFFICER)
def publish() -> ResponseReturnValue:
    """Show the draft as everybody would read it, or publish it."""
    proof.require()
    draft = _draft()
    if draft.errors:
        return _form(draft), 422
    if request.form.get("step") != "publish":
        return _form(draft, is_preview=True)
    account, now, values = current_account(), clock.now(), draft.values
    notice = NewNotice(values["text_ja"], values["text_en"], values["officer"], values["rules_document"], draft.day)
    with db.transaction():
        version = service.publish_notice(notice, audit.account(account.account_id, account.name), now)
    flash(_("Version %(version)s is in force. Everybody is asked to read it.", version=version))
    return redirect(url_for("notice.newest"))


def _page(version: int | None) -> ResponseReturnValue:
    notice = None if version is None else queries.notice(version)
    person_id = current_account().person_id
    return render_template(
        "privacy/notice.html",
        notice=notice,
        text="" if notice is None else notice.text(str(get_locale())),
        versions=queries.notice_versions(),
        is_newest=version == queries.newest_notice_version(),
        read_at=None if notice is None or person_id is None else queries.notice_read_at(person_id, notice.version),
        may_publish=current_account().role is Role.PRIVACY_OFFICER,
    )


def _form(draft: Draft, *, is_preview: bool = False) -> str:
    today = clock.now().date()
    return render_template(
        "privacy/notice_form.html",
        draft=draft,
        is_preview=is_preview,
        version=(queries.newest_notice_version() or 0) + 1,
        n_people=len(queries.active_ids(today)),
    )


def _draft() -> Draft:
    values = {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in FIELDS}
    errors: dict[str, str] = {}
    day = None
    for name in FIELDS:
        if not values[name]:
            errors[name] = _("Please fill this in.")
    if values["union_consulted_on"]:
        try:
            day = date.fromisoformat(values["union_consulted_on"])
        except ValueError:
            errors["union_consulted_on"] = _("Write the day as 2026-04-01.")
    if "\0" in "".join(values.values()):
        raise Refused("unreadable", "The text contains characters that cannot be kept.", 422)
    for name, longest in NOTICE_LENGTHS.items():
        if len(values[name]) > longest:
            errors[name] = _("At most %(n)s characters.", n=longest)
    return Draft(values, errors, day)
