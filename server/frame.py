"""What stands around every page: its language and clock, and the tabs of whoever is there."""

from datetime import tzinfo

from flask import g, request
from flask_babel import get_locale, gettext
from sqlalchemy.exc import SQLAlchemyError

from server import db
from server.people import login
from server.people import web as people
from server.people.rules import Role
from server.places import queries as places
from server.places.queries import FloorView
from server.rooms import ACCOUNTS, FLEET, NUMBERS, SEATS

OF_SEATS = ("/lottery", "/zones/", "/reports/fixation")  # pages about seats whose addresses do not say so


def for_every_page() -> dict[str, object]:
    """What every template may use."""
    return {
        "account": login.signed_in(),
        "is_kiosk": _is_kiosk(),
        "language": str(get_locale()),
        "tabs": _tabs,
        "floor_name": _floor_name,
    }


def _is_kiosk() -> bool:
    account = login.signed_in()
    return account is not None and account.role is Role.KIOSK


def _tabs() -> list[tuple[str, str, bool]]:
    """Address, label and whether we are there, of the pages this account may open."""
    account = login.signed_in()
    pages = [("/directory", gettext("Directory"))]
    if _is_kiosk():
        pages.append(("/kiosk/seats", gettext("Seats")))
    else:
        pages = [("/", gettext("Now")), ("/floors", gettext("Floors")), ("/seats", gettext("Seats")), *pages]
    if account is not None and account.role.value in NUMBERS.roles:
        pages.append(("/numbers", gettext("Numbers")))
    if account is not None and account.role.value in SEATS.roles:
        pages.append(("/admin/seats", gettext("Looking after seats")))
    if account is not None and account.role.value in FLEET.roles:
        pages.append(("/fleet", gettext("Sensors")))
    if account is not None and account.role is Role.PRIVACY_OFFICER:
        pages.append(("/officer", gettext("Privacy")))
    if account is not None and account.role.value in ACCOUNTS.roles:
        pages.append(("/admin/accounts", gettext("Accounts")))
    path = request.path
    if path.startswith(OF_SEATS):
        is_report_of_all = path.startswith("/reports/") and any(target == "/admin/seats" for target, _label in pages)
        path = "/admin/seats" if is_report_of_all else "/seats"
    return [(target, label, path == target or (target != "/" and path.startswith(target))) for target, label in pages]


def _floor_name(floor: FloorView) -> str:
    english = str(get_locale()) == "en"
    return str(gettext("%(floor)sF %(name)s", floor=floor.code, name=floor.name_en if english else floor.name))


def language() -> str:
    """Asked for in the address, chosen for the account or this browser, or what the browser prefers."""
    asked = request.args.get("lang")
    if asked in people.LANGUAGES:
        return asked
    session = login.current_session()
    chosen = session.account.language if session.account is not None else session.get("language")
    if chosen in people.LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(people.LANGUAGES, "ja")


def timezone() -> tzinfo | None:
    """The building's clock."""
    if "timezone" not in g:
        try:
            building = places.building(login.settings_in_use().site)
        except SQLAlchemyError:
            db.session.remove()
            building = None
        g.timezone = None if building is None else building.zone
    zone: tzinfo | None = g.timezone
    return zone
