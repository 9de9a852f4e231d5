"""House rules as plain sentences, as a section chief would pin them to the wall."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import time

from flask_babel import gettext, ngettext

from server.bookings.rules import PRIORITY_UNTIL, HouseRules, Repeat, Who
from server.places.rules import SeatKind


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and the settings it states."""

    text: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences under a heading; `points` are things to do."""

    heading: str
    sentences: Sequence[Sentence]
    points: Sequence[str] = ()
    name: str = ""  # the setting that `points` are

    def has_changed(self, names: Collection[str]) -> bool:
        """Whether its points are among the settings that changed."""
        return self.name in names


@dataclass(frozen=True, slots=True)
class Here:
    """What a zone is like, as far as its rules speak of it.

    owners         its units by name
    n_seats        seats of the kind
    n_people       who has a post in one of its units
    has_priority   some of the seats are priority seats
    """

    owners: Sequence[str] = ()
    n_seats: int = 0
    n_people: int = 0
    has_priority: bool = False


def paragraphs(of: HouseRules, kind: SeatKind, here: Here) -> list[Paragraph]:
    """Everything that holds for a kind of place in a zone."""
    found = [
        Paragraph(gettext("Who may sit here"), list(_who(of, kind, here))),
        Paragraph(gettext("Booking"), list(_booking(of))),
        Paragraph(gettext("Choosing a seat"), list(_choosing(of, kind, here))),
        end_of_day(of),
    ]
    return [one for one in found if one.sentences or one.points]


def end_of_day(of: HouseRules) -> Paragraph:
    """What is to be done before one goes, and by when."""
    return Paragraph(gettext("At the end of the day"), list(_clearing(of)), of.checklist, "checklist")


def clock(at: time) -> str:
    """8:30, as people write it."""
    return at.strftime("%-H:%M")


def length(minutes: int) -> str:
    """45 minutes, 2 hours, 1 hour 30 minutes."""
    hours, rest = divmod(minutes, 60)
    told = ngettext("%(num)s hour", "%(num)s hours", hours)
    if not rest:
        return str(told)
    over = ngettext("%(num)s minute", "%(num)s minutes", rest)
    return str(gettext("%(hours)s %(minutes)s", hours=told, minutes=over) if hours else over)


def _who(of: HouseRules, kind: SeatKind, here: Here) -> Iterator[Sentence]:
    if here.has_priority:
        until = clock(of.open_to_all_from or PRIORITY_UNTIL)
        yield _says(
            gettext("Priority seats are kept until %(time)s for those who need what they have.", time=until),
            "open_to_all_from",
        )
    yield from _whose(of, kind, here.owners)


def _whose(of: HouseRules, kind: SeatKind, owners: Sequence[str]) -> Iterator[Sentence]:
    units = gettext(", ").join(owners)
    if kind is SeatKind.FIXED and owners:
        yield _says(gettext("The seats of %(units)s. Most of them are somebody’s own.", units=units), "who")
    elif kind is SeatKind.COUNTER and owners:
        yield _says(gettext("The counter seats of %(units)s.", units=units), "who")
    elif of.who is Who.EVERYONE or not owners:
        yield _says(gettext("Everybody who works in this building may sit here."), "who")
        return
    elif of.who is Who.BUREAU:
        yield _says(
            gettext("The seats of %(units)s. Everybody of the same bureau may sit on any that is free.", units=units),
            "who",
        )
    else:
        yield _says(gettext("The seats of %(units)s. Their staff may sit on any that is free.", units=units), "who")
    if of.is_soft:
        yield _says(
            gettext("Other sections are welcome, too. Please make room when somebody of this zone needs the seat."),
            "is_soft",
        )
    elif of.open_to_all_from is not None:
        yield _says(
            gettext("From %(time)s on the day, other sections may take what is still free.",
                    time=clock(of.open_to_all_from)),
            "open_to_all_from", "is_soft",
        )  # fmt: skip
    else:
        yield _says(gettext("Other sections please sit elsewhere."), "open_to_all_from", "is_soft")


def _booking(of: HouseRules) -> Iterator[Sentence]:
    if of.ahead_days == 0:
        yield _says(gettext("Nothing is booked ahead: come, and sit down where it is free."), "ahead_days")
    elif of.ahead_days % 7 == 0:
        weeks = of.ahead_days // 7
        yield _says(
            ngettext("You can book %(num)s week ahead.", "You can book up to %(num)s weeks ahead.", weeks), "ahead_days"
        )
    else:
        yield _says(
            ngettext("You can book %(num)s day ahead.", "You can book up to %(num)s days ahead.", of.ahead_days),
            "ahead_days",
        )
    if of.longest_min:
        yield _says(gettext("You may stay %(time)s at a time.", time=length(of.longest_min)), "longest_min")
    else:
        yield _says(gettext("You may stay all day."), "longest_min")
    if of.quota_per_week:
        yield _says(
            ngettext(
                "One person may book %(num)s time a week.",
                "One person may book %(num)s times a week.",
                of.quota_per_week,
            ),
            "quota_per_week",
        )
    if of.grace_min:
        yield _says(
            gettext("A seat that nobody has come to %(time)s after it was booked for is free again.",
                    time=length(of.grace_min)),
            "grace_min",
        )  # fmt: skip
    else:
        yield _says(gettext("A booked seat is kept until its end, also when somebody comes late."), "grace_min")


def _choosing(of: HouseRules, kind: SeatKind, here: Here) -> Iterator[Sentence]:
    names, n = ("repeat", "lookback_days"), of.lookback_days
    if of.repeat is Repeat.HINT and n == 1:
        yield _says(gettext("Please choose another seat than last time. The screen reminds you."), *names)
    elif of.repeat is Repeat.HINT:
        yield _says(
            gettext(
                "Please choose another seat than on your last %(n)s working days. The screen reminds you.",
                n=n,
            ),
            *names,
        )
    elif of.repeat is Repeat.LOTTERY_ONLY and n == 1:
        yield _says(gettext("The seat lottery gives you another seat than last time."), *names)
    elif of.repeat is Repeat.LOTTERY_ONLY:
        yield _says(
            gettext("The seat lottery gives you another seat than on your last %(n)s working days.", n=n), *names
        )
    elif of.repeat is Repeat.BLOCK and n == 1:
        yield _says(gettext("Everybody changes seats: the one of last time cannot be booked again."), *names)
    elif of.repeat is Repeat.BLOCK:
        yield _says(
            gettext(
                "Everybody changes seats: those of your last %(n)s working days cannot be booked again.",
                n=n,
            ),
            *names,
        )
    elif kind is SeatKind.GROUP:
        yield _says(gettext("You may take the same seat again."), *names)
    if of.draws_at is not None and kind in (SeatKind.GROUP, SeatKind.COUNTER):
        yield _says(
            gettext("Every working day at %(time)s the seat lottery gives out the seats of the next one.",
                    time=clock(of.draws_at)),
            "draws_at",
        )  # fmt: skip
    if of.overflow:
        zones = " → ".join(of.overflow)
        yield _says(gettext("When it is full here, look in this order: %(zones)s.", zones=zones), "overflow")
    if kind is SeatKind.GROUP and here.n_people:
        yield _says(
            gettext(
                "There are %(seats)s seats for the %(people)s people here; %(n)s for every 100 are planned.",
                seats=here.n_seats,
                people=here.n_people,
                n=of.seat_ratio_pct,
            ),
            "seat_ratio_pct",
        )
    elif kind is SeatKind.GROUP:
        yield _says(
            gettext("There are %(n)s seats for every 100 people of the section.", n=of.seat_ratio_pct), "seat_ratio_pct"
        )


def _clearing(of: HouseRules) -> Iterator[Sentence]:
    yield _says(
        gettext("By %(time)s nothing is left on the desk; put everything into your locker.",
                time=clock(of.clear_desk_at)),
        "clear_desk_at",
    )  # fmt: skip
    yield _says(
        gettext(
            "If you leave early, please give the seat back. Whoever has chosen so need not: it is free %(time)s later.",
            time=length(of.away_release_min),
        ),
        "away_release_min",
    )


def _says(text: str, *names: str) -> Sentence:
    return Sentence(str(text), frozenset(names))
