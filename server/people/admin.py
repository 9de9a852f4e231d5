"""Accounts and their sessions, for system administrators."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server import audit, clock, db, paging
from server.errors import Refused
from server.people import accounts, login, proof
from server.people.accounts import AccountRow
from server.people.login import current_account
from server.people.rules import Role

PAGE_SIZE = 50
ROLES = {
    Role.STAFF: _l("Staff"),
    Role.SECTION_ADMIN: _l("Section administrator"),
    Role.FACILITIES: _l("Facilities"),
    Role.SYSTEM_ADMIN: _l("System administrator"),
    Role.PRIVACY_OFFICER: _l("Privacy officer"),
    Role.KIOSK: _l("Shared screen"),
}

pages = Blueprint("accounts", __name__, template_folder="templates")


@pages.get("/admin/accounts")
def overview() -> ResponseReturnValue:
    """The accounts by name, filtered and paged."""
    wanted, role = request.args.get("q", "")[:64], request.args.get("role", "")
    number = paging.asked(request.args.get("page", ""))
    found = accounts.listed(wanted, Role(role) if role in set(Role) else None, number, PAGE_SIZE)
    return render_template("people/accounts.html", found=found, q=wanted, role=role, roles=ROLES, address=_address)


@pages.get("/admin/accounts/new")
def new() -> ResponseReturnValue:
    """The form for a local account."""
    proof.require()
    return _new_form()


@pages.post("/admin/accounts")
def create() -> ResponseReturnValue:
    """Make a local account with a first password, which is shown once."""
    proof.require()
    form = request.form
    try:
        role = _role(form.get("role", ""))
        with db.transaction():
            now = clock.now()
            staff_no = form.get("staff_no", "").strip()
            account_id, password = accounts.create(form.get("login", ""), role, staff_no, now)
            _record("account_created", account_id, {"role": role.value}, form.get("login", "").strip().lower())
    except Refused as refused:
        return _new_form(_(refused.sentence, **refused.values)), refused.status
    return render_template("people/account_made.html", login=form["login"].strip().lower(), password=password)


@pages.get("/admin/accounts/<int(max=2147483647):account_id>")
def one(account_id: int) -> ResponseReturnValue:
    """One account and what can be done to it."""
    return _one(_account(account_id))


@pages.post("/admin/accounts/<int(max=2147483647):account_id>/close")
def close(account_id: int) -> ResponseReturnValue:
    """Nobody signs in with it any more."""
    return _change(account_id, "account_closed", accounts.close, _("The account is closed."))


@pages.post("/admin/accounts/<int(max=2147483647):account_id>/reopen")
def reopen(account_id: int) -> ResponseReturnValue:
    """It opens again."""
    return _change(account_id, "account_reopened", accounts.reopen, _("The account opens again."))


@pages.post("/admin/accounts/<int(max=2147483647):account_id>/sessions/end")
def end_sessions(account_id: int) -> ResponseReturnValue:
    """Sign it out everywhere."""
    return _change(account_id, "sessions_ended", accounts.end_sessions, _("The account is logged out everywhere."))


@pages.post("/admin/accounts/<int(max=2147483647):account_id>/factor/reset")
def reset_factor(account_id: int) -> ResponseReturnValue:
    """Take its second factor away, since the app is lost."""
    return _change(account_id, "factor_reset", accounts.reset_factor, _("The second factor is reset."))


@pages.post("/admin/accounts/<int(max=2147483647):account_id>/role")
def set_role(account_id: int) -> ResponseReturnValue:
    """Give it another role; it is signed out everywhere."""
    proof.require()
    row = _changeable(account_id)
    role = _role(request.form.get("role", ""))
    with db.transaction():
        now = clock.now()
        accounts.set_role(row.id, role, now)
        _record("role_set", row.id, {"from": row.role.value, "to": role.value}, row.login)
    login.sessions_in_use().forget_accounts([row.id])
    flash(_("The account has the role now: %(role)s", role=ROLES[role]))
    return redirect(_address(row))


def _change(account_id: int, action: str, do: Callable[..., None], said: str) -> ResponseReturnValue:
    proof.require()
    row = _changeable(account_id)
    with db.transaction():
        do(row.id, clock.now())
        _record(action, row.id, {}, row.login)
    login.sessions_in_use().forget_accounts([row.id])
    flash(said)
    return redirect(_address(row))


def _record(action: str, account_id: int, details: dict[str, object], name: str) -> None:
    me = current_account()
    audit.record(audit.account(me.account_id, me.name), action, audit.account(account_id, name), details, clock.now())


def _account(account_id: int) -> AccountRow:
    row = accounts.one(account_id, request.args.get("staff_no", ""))
    if row is None:
        abort(404)
    return row


def _address(row: AccountRow, view: str = "one") -> str:
    """Where an account is shown or changed; the staff number opens that of a protected person (P13)."""
    return url_for(f"accounts.{view}", account_id=row.id, staff_no=row.staff_no or None)


def _changeable(account_id: int) -> AccountRow:
    """An account that a system administrator may change: not the privacy officer's, and not their own."""
    row = _account(account_id)
    if row.role is Role.PRIVACY_OFFICER:
        raise Refused(
            "officers_account", "The privacy officer’s account is changed on the server’s command line only.", 403
        )
    if row.id == current_account().account_id:
        raise Refused("own_account", "You cannot do this to your own account. Ask another administrator.", 403)
    return row


def _role(text: str) -> Role:
    if text not in set(Role):
        raise Refused("unknown_role", "There is no such role.", 422)
    if text == Role.PRIVACY_OFFICER:
        raise Refused("officers_role", "The privacy officer’s role is given on the server’s command line only.", 403)
    return Role(text)


def _new_form(error: str | None = None) -> str:
    given = request.form
    return render_template("people/new_account.html", error=error, given=given, roles=_given_roles())


def _given_roles() -> dict[Role, str]:
    return {role: str(label) for role, label in ROLES.items() if role is not Role.PRIVACY_OFFICER}


def _one(row: AccountRow) -> str:
    may_change = row.role is not Role.PRIVACY_OFFICER and row.id != current_account().account_id
    return render_template(
        "people/account.html",
        one=row,
        roles=ROLES,
        given_roles=_given_roles(),
        may_change=may_change,
        address=_address,
    )
