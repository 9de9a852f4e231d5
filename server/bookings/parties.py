"""Booking for others: whom somebody may book for, whose bookings they may change, and several people side by side."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from server import audit
from server.bookings import choice, queries, service
from server.bookings.queries import BookingView
from server.bookings.rules import How, Wish
from server.errors import Refused
from server.people import posts
from server.people import queries as people
from server.people.login import SignedIn
from server.people.rules import Level, Role, Signal, visible_level
from server.places.queries import FloorView

MOST_BESIDE = 8
THEY_HAVE_ONE = "%(name)s has another seat at that time. Choose another time, or ask them to cancel it."
BOOKED, MOVED, CANCELLED = "booked_for", "booking_moved_for", "booking_cancelled_for"  # lines of the audit log


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


def check_may_book_for(
    account: SignedIn, others: Collection[int], day: date, now: datetime, *, is_beside: bool
) -> None:
    """Refused unless this account may book for all of these.

    A section administrator may, for one or several. Everybody else books for colleagues beside themselves only.

    is_beside   they themselves have a seat of the same zone in the same request
    """
    if not others:
        return
    if not set(others) <= {one.id for one in colleagues(account, day, now)}:
        raise Refused("no_such_colleague", "There is nobody with this number whom you may book for.", 404)
    if account.role is not Role.SECTION_ADMIN and not is_beside:
        raise Refused("not_your_section", "Only their section’s administrator may book for somebody else.", 403)


def booking(account: SignedIn, booking_id: int, day: date, now: datetime) -> BookingView:
    """A booking that the account may read, change and cancel; Refused (404) for anybody else's, as for none."""
    found = queries.booking(booking_id)
    is_mine = found is not None and found.person_id is not None and found.person_id == account.person_id
    if found is None or (not is_mine and found.ends_at <= now):  # what is over is theirs alone (P3)
        raise Refused("no_booking", service.GONE, 404)
    check_may_change(account, found.person_id, found.booked_by_id, day, now)
    return found


def check_may_change(
    account: SignedIn, person_id: int | None, booked_by_id: int | None, day: date, now: datetime
) -> None:
    """Refused (404) unless it is theirs, they made it, or it is shown to them, who administer its person's section."""
    if person_id is not None and account.person_id is not None:
        if account.person_id in (person_id, booked_by_id):
            return
        if (
            account.role is Role.SECTION_ADMIN
            and is_shown(account, person_id, day, now)
            and person_id in {one.id for one in colleagues(account, day, now)}
        ):
            return
    raise Refused("no_booking", service.GONE, 404)


@contextmanager
def naming(account: SignedIn, person_id: int | None) -> Iterator[None]:
    """A refusal names whoever has a place already, when it is not the one who asks and knows them."""
    names = {} if person_id is None or person_id == account.person_id else posts.names_of([person_id])
    try:
        yield
    except Refused as refused:
        if refused.code != "overlap" or person_id not in names:
            raise
        raise Refused("overlap", THEY_HAVE_ONE, name=names[person_id].name) from None


def write_down(account: SignedIn, action: str, person_id: int | None, booking_id: int, now: datetime) -> None:
    """What somebody does for another person is in the audit log, which that person reads; never where (P3)."""
    if person_id is None or person_id == account.person_id:
        return
    actor = audit.account(account.account_id, account.name)
    audit.record(actor, action, audit.person(person_id), {"booking": booking_id}, now)


def is_shown(account: SignedIn, person_id: int, day: date, now: datetime) -> bool:
    """Whether somebody shows this account what they have booked: nobody sees past a pause or a protection (P5, P13)."""
    choices = people.choices_of([person_id]).get(person_id)
    units = people.units_of_people(day, [person_id]).get(person_id, frozenset())
    viewer = people.viewer_of(account.account_id, day)
    return choices is not None and visible_level(viewer, choices, units, now, Signal.BOOKING) is Level.SEAT


def book_beside(
    person_ids: Sequence[int],
    account: SignedIn,
    floor: FloorView,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
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
    by, party_id = account.person_id, None
    for person_id, one in zip(person_ids, found, strict=True):
        wish = Wish(one.seat.id, starts_at, ends_at, How.MAP if person_id == by else How.BEHALF)
        for_other = None if person_id == by else by
        with naming(account, person_id):
            made = service.book(person_id, wish, now, booked_by_id=for_other, party_id=party_id)
        write_down(account, BOOKED, person_id, made.id, now)
        party_id = party_id or made.id
    return [one.seat.code for one in found]
