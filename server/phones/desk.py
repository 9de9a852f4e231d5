"""Whose numbers an administrator looks after, and what the pages of numbers, plan and report have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from flask_babel import format_date, get_locale, get_timezone
from flask_babel import gettext as _

from server import audit, clock
from server.errors import Refused
from server.people import queries as people
from server.people.login import current_account
from server.people.rules import Role
from server.phones import holders, words
from server.phones.holders import HolderView
from server.phones.rules import Kind, Use

STATES = ("held", "free", "retired")
HOLDER_KINDS = ("person", "unit", "zone", "device")
FIELDS = {
    "bad_number": "number",
    "number_exists": "number",
    "bad_kind": "kind",
    "bad_outside_number": "outside_number",
    "bad_note": "note",
    "no_holder": "holder",
    "no_such_holder": "holder",
    "holder_not_here": "holder",
    "bad_device": "holder",
    "not_found": "holder",
    "which_one": "holder",
    "bad_day": "day",
    "bad_moved_to": "moved_to",
    "notice_too_short": "moved_until",
    "bad_range": "last",
    "ranges_meet": "first",
    "bad_use": "use",
}  # where a refusal belongs; what is not here is said above the form


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose numbers this account looks after: one bureau's, or everybody's."""

    is_everybodys: bool
    bureau_id: int | None
    unit_id: int | None  # where the administrator has their primary post
    actor: str
    today: date

    def minds(self, bureau_id: int | None) -> bool:
        """Whether a bureau's numbers are looked after here; None: numbers of no bureau."""
        return self.is_everybodys or (self.bureau_id is not None and bureau_id in (self.bureau_id, None))


@dataclass(frozen=True, slots=True)
class Given:
    """A form as it was sent, with what is wrong with it; nothing typed is lost."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    refused: Refused | None = None
    choices: tuple[HolderView, ...] = ()

    @property
    def field(self) -> str:
        """Where the error belongs, "" for the whole form."""
        return "" if self.refused is None else FIELDS.get(self.refused.code, "")

    @property
    def sentence(self) -> str:
        """The error in the reader's language."""
        return "" if self.refused is None else _sentence(self.refused)


def desk_of_caller() -> Desk:
    """Whose numbers the account that is calling looks after."""
    account, today = current_account(), clock.today(get_timezone())
    actor = audit.account(account.account_id, account.name)
    if account.role is Role.SYSTEM_ADMIN:
        return Desk(True, None, None, actor, today)
    card = None if account.person_id is None else people.cards(today, [account.person_id]).get(account.person_id)
    unit_id = None if card is None else card.unit_id
    return Desk(False, holders.bureau_of(unit_id, people.units_on(today)), unit_id, actor, today)


def units_of(desk: Desk) -> dict[int, str]:
    """The sections of the desk to choose from, in their order."""
    units, english = people.units_on(desk.today), is_english()
    return {
        unit_id: (english and unit.name_en) or unit.name
        for unit_id, unit in units.items()
        if unit.kind != "city" and (desk.is_everybodys or holders.bureau_of(unit_id, units) == desk.bureau_id)
    }


def shown(holder: HolderView | None) -> HolderView | None:
    """A holder without the name of somebody protected (P13)."""
    return None if holder is None else holders.veiled(holder, current_account().person_id)


def named(holder: HolderView | None) -> tuple[str, str]:
    """A holder and their section in the reader's language, "" for nobody."""
    if holder is None:
        return "", ""
    english = is_english()
    return (english and holder.name_en) or holder.name, (english and holder.unit_name_en) or holder.unit_name


def is_english() -> bool:
    """Whether the reader reads English."""
    return str(get_locale()) == "en"


def _sentence(refused: Refused) -> str:
    values = {n: format_date(v, "medium") if isinstance(v, date) else v for n, v in refused.values.items()}
    return str(_(refused.sentence, **values))


def words_of_forms() -> dict[str, object]:
    """What lists and forms call things."""
    return {
        "kinds": {kind.value: _(words.KINDS[kind]) for kind in Kind},
        "uses": {use.value: _(words.USES[use]) for use in Use},
        "states": dict(zip(STATES, (_("In use"), _("Free"), _("Retired")), strict=True)),
        "holder_kinds": dict(zip(HOLDER_KINDS, (_("Person"), _("Section"), _("Zone"), _("Device")), strict=True)),
        "english": is_english(),
    }
