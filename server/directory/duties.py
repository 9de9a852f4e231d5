"""What people do in their posts: written by themselves and by who administers their section."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from server import audit
from server.directory import listing
from server.errors import Refused
from server.people import queries as people
from server.people import service
from server.people.login import SignedIn
from server.people.rules import Role


@dataclass(frozen=True, slots=True)
class Writer:
    """Whose duties an account may write: those of its own person, and of everybody in the units it administers."""

    person_id: int | None
    unit_ids: frozenset[int]

    def may_write(self, person_id: int, unit_id: int) -> bool:
        """Whether the account may say what somebody does in their post in a unit."""
        return person_id == self.person_id or unit_id in self.unit_ids


def writer_of(account: SignedIn, day: date) -> Writer:
    """A section administrator keeps the duties of their own units and of all below."""
    if account.role is not Role.SECTION_ADMIN:
        return Writer(account.person_id, frozenset())
    own = people.viewer_of(account.account_id, day).unit_ids
    return Writer(account.person_id, people.units_below(own, people.units_on(day)))


def write(account: SignedIn, unit_id: int, duties: Mapping[int, str], day: date, now: datetime) -> int:
    """Set the duties of these people in a unit, all or none; returns how many became others."""
    writer, listed = writer_of(account, day), listing.listed_in(unit_id, account.person_id, day)
    changed = 0
    for person_id, text in duties.items():
        if person_id not in listed:
            raise Refused("no_such_post", "There is no such post in this unit.", 404)
        if not writer.may_write(person_id, unit_id):
            raise Refused("not_your_section", "Only they and their section’s administrator may write this.", 403)
        if service.set_duties(person_id, unit_id, text, day, now):
            actor = audit.account(account.account_id, account.name)
            audit.record(actor, "duties_written", audit.person(person_id), {"unit_id": unit_id}, now)
            changed += 1
    return changed
