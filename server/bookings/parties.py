"""Booking for others: whom somebody may book for, and several people side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from server.bookings import choice, service
from server.bookings.rules import How, Wish
from server.errors import Refused
from server.people import queries as people
from server.people.login import SignedIn
from server.people.rules import Level, Role, Signal, visible_level
from server.places.queries import FloorView

MOST_BESIDE = 8


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who can be booked for."""

    id: int
    name: str
    unit: str
    unit_en: str


def colleagues(account: SignedIn, day: date, now: datetime) -> list[Colleague]:
    """Whom this account may book for, by reading.

    A section administrator: everybody of the own units and of all below. Others: whoever of their own units shows them
    what they have booked, for whether somebody can be booked for tells whether they have a seat already (P4).
    """
    viewer = people.viewer_of(account.account_id, day)
    units = people.units_below(viewer.unit_ids, people.units_on(day))
    is_administrator = account.role is Role.SECTION_ADMIN
    ids = people.members_of(units if is_administrator else viewer.unit_ids, day) - {account.person_id}
    choices, posts = people.choices_of(ids), people.units_of_people(day, ids)
    cards = people.cards(day, ids)
    found = [
        card
        for i, card in cards.items()
        if is_administrator
        or visible_level(viewer, choices[i], posts.get(i, frozenset()), now, Signal.BOOKING) is Level.SEAT
    ]
    found.sort(key=lambda card: (card.kana_key, card.id))
    return [Colleague(card.id, card.name, card.unit_name, card.unit_name_en) for card in found]


def is_shown(account: SignedIn, person_id: int, day: date, now: datetime) -> bool:
    """Whether somebody shows this account what they have booked: nobody sees past a pause or a protection (P5, P13)."""
    choices = people.choices_of([person_id]).get(person_id)
    units = people.units_of_people(day, [person_id]).get(person_id, frozenset())
    viewer = people.viewer_of(account.account_id, day)
    return choices is not None and visible_level(viewer, choices, units, now, Signal.BOOKING) is Level.SEAT


def book_beside(
    person_ids: Sequence[int], by: int, floor: FloorView, starts_at: datetime, ends_at: datetime, now: datetime
) -> list[str]:
    """Seats of one zone that lie together, one for each of these people, the first of whom asks; returns their codes.

    All are booked or none: the caller's transaction ends with the refusal.
    """
    if len(person_ids) > MOST_BESIDE:
        raise Refused("too_many_beside", "Side by side there is room for %(n)s people at most.", 422, n=MOST_BESIDE)
    found = choice.beside(len(person_ids), choice.options(person_ids[0], floor, starts_at, ends_at, now))
    if not found:
        raise Refused("no_seats_beside", "There are not %(n)s free seats in one zone of this floor then.",
                      n=len(person_ids))  # fmt: skip
    party_id: int | None = None
    for person_id, one in zip(person_ids, found, strict=True):
        wish = Wish(one.seat.id, starts_at, ends_at, How.MAP if person_id == by else How.BEHALF)
        made = service.book(person_id, wish, now, booked_by_id=None if person_id == by else by, party_id=party_id)
        party_id = party_id or made.id
    return [one.seat.code for one in found]
