"""The further sections of My seats: being away, every week, waiting, own choices; and what every page says of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import cast

import flask
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import clock, db
from server.access import local_path
from server.bookings import absence, given, lines, own_choices, queries, series, service, waits, walk_up
from server.bookings.own_choices import SeatChoices
from server.bookings.queries import BookingView
from server.bookings.rules import FURTHEST, WITH_SUBJECT
from server.bookings.series import Day, Plan, SeriesView
from server.bookings.waits import WaitView
from server.bookings.walk_up import Suggestion
from server.errors import Refused
from server.people import login
from server.people import queries as people
from server.people.login import current_person_id
from server.places import queries as places
from server.places.queries import BuildingView, FloorView, SeatView, ZoneView
from server.places.rules import Equipment, SeatKind
from server.presence import lengths, statuses
from server.presence.rules import StatusKind
from server.presence.words import KINDS, status_words

AWAY = (StatusKind.LEAVE, StatusKind.TRIP, StatusKind.TELEWORK)
NOT_SITTING = "not_sitting"  # in the session: the zone and day somebody did not want to be asked about again

pages = Blueprint("my_seats", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Away:
    """An absence of mine, in words."""

    words: str
    first_day: date
    starts_at: str  # ISO 8601, to name it by


@dataclass(frozen=True, slots=True)
class News:
    """What waits for an answer about my seats."""

    n: int
    words: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait of mine, in words."""

    wait: WaitView
    where: str
    day: date
    starts: str
    ends: str
    until: str


@dataclass(frozen=True, slots=True)
class Weekly:
    """A series of mine, in words."""

    series: SeriesView
    days: str
    next: Sequence[BookingView]
    answer_by: date | None
    is_for_other: bool


@pages.app_context_processor
def _for_every_page() -> dict[str, Callable[..., object]]:
    return {
        "seat_news": _news,
        "sitting_at": _sitting_at,
        "my_absences": _absences,
        "given_back": _given_back,
        "my_waits": _waits,
        "my_series": _series,
        "seat_choices": lambda: own_choices.of(current_person_id()),
        "away_kinds": lambda: [(kind.value, KINDS[kind]) for kind in AWAY],
    }


@pages.post("/seats/absences")
def be_away() -> ResponseReturnValue:
    """I am away on these days; what I have booked then is free at once."""

    def act(person_id: int, now: datetime) -> None:
        try:
            kind = StatusKind(request.form.get("kind", ""))
        except ValueError:
            raise Refused("unknown_status", "Choose what your status is.", 422) from None
        if kind not in AWAY:
            raise Refused("unknown_status", "Choose what your status is.", 422)
        today = now.astimezone(_building().zone).date()
        first = given.day(request.form.get("first_day", ""), today)
        last = given.day(request.form.get("last_day", ""), first)
        starts_at, ends_at = lengths.days(first, last, _building().zone)
        for sentence, values in statuses.set_status(person_id, kind, starts_at, ends_at, "", now):
            flash(_(sentence, **values))

    return _do(act, _("Saved."), "absences")


@pages.post("/seats/absences/end")
def be_back() -> ResponseReturnValue:
    """I am not away after all."""

    def act(person_id: int, now: datetime) -> None:
        try:
            starts_at = datetime.fromisoformat(request.form.get("starts_at", ""))
        except ValueError:
            raise Refused("no_status", "There is no such status any more.", 404) from None
        begun = starts_at.tzinfo is not None and starts_at <= now
        for sentence, values in statuses.end_status(person_id, now, None if begun else starts_at):
            flash(_(sentence, **values))

    return _do(act, _("The status is taken back."), "absences")


@pages.post("/seats/bookings/<int(max=999999999):booking_id>/take-back")
def take_back(booking_id: int) -> ResponseReturnValue:
    """What I gave back for an absence is mine again."""

    def act(person_id: int, now: datetime) -> None:
        one = queries.booking(booking_id)
        if one is None or one.person_id != person_id:
            raise Refused("no_booking", service.GONE, 404)
        service.take_back(booking_id, now)

    return _do(act, _("Booked."), "ahead")


@pages.post("/seats/waits")
def wait() -> ResponseReturnValue:
    """I wait for a place."""

    def act(person_id: int, now: datetime) -> None:
        building = _building()
        floor = places.floor_by_code(building.id, request.form.get("floor", "")[:16])
        if floor is None:
            raise Refused("no_floor", "There is no such floor.", 404)
        term = given.term(request.form, now, building.zone)
        kind = request.form.get("kind", "")
        has = frozenset(request.form.getlist("has")) & {one.value for one in Equipment}
        zone_id = given.number(request.form.get("zone"))
        waits.ask(
            person_id, floor, term.starts_at, term.ends_at, now, zone_id=zone_id,
            kind=kind if kind in {one.value for one in SeatKind} else "", equipment=has,
        )  # fmt: skip

    return _do(act, _("You are on the waiting list. A place that becomes free is kept for you for a while."), "waits")


@pages.post("/seats/waits/<int(max=999999999):wait_id>/accept")
def accept(wait_id: int) -> ResponseReturnValue:
    """I take what is offered."""
    return _do(lambda person_id, now: waits.accept(wait_id, person_id, now), _("Booked."), "waits")


@pages.post("/seats/waits/<int(max=999999999):wait_id>/give-up")
def give_up(wait_id: int) -> ResponseReturnValue:
    """I do not wait any longer."""
    return _do(lambda person_id, now: waits.give_up(wait_id, person_id, now), _("You no longer wait."), "waits")


@pages.post("/seats/choices")
def choose() -> ResponseReturnValue:
    """What may happen to my seat by itself."""
    chosen = SeatChoices(*(name in request.form for name in ("leaves_by_itself", "is_asked", "may_kiosk")))
    return _do(lambda person_id, _now: own_choices.choose(person_id, chosen), _("Saved."), "choices")


@pages.post("/seats/not-sitting")
def not_sitting() -> ResponseReturnValue:
    """I do not sit there: not asked again about this zone today."""
    flask.session[NOT_SITTING] = request.form.get("zone", "")[:40]
    return redirect(local_path(request.form.get("next"), url_for("bookings.mine")))


@pages.get("/seats/series")
def new_series() -> ResponseReturnValue:
    """Every week: which place, which days, from when to when; then what is in the way, then one confirm."""
    return _series_page()


@pages.post("/seats/series/plan")
def plan_series() -> ResponseReturnValue:
    """What is in the way, before anything is made."""
    now, person_id = clock.now(), current_person_id()
    try:
        seat, wanted = _wanted(now)
        days = series.plan(person_id, wanted, now, but=given.number(request.form.get("change")))
    except Refused as refused:
        return _series_page(error=_(refused.sentence, **refused.values)), refused.status
    return _series_page(seat=seat, wanted=wanted, days=days)


@pages.post("/seats/series")
def make_series() -> ResponseReturnValue:
    """Make it: the chosen days, each with its seat."""
    now, person_id = clock.now(), current_person_id()
    try:
        seat, wanted = _wanted(now)
        chosen = _chosen(now.astimezone(_building().zone).date())
        changed = given.number(request.form.get("change"))
        with db.transaction():
            if changed is None:
                series.make(person_id, wanted, now, chosen=chosen)
            else:
                series.change(changed, person_id, wanted, now, chosen)
    except Refused as refused:
        return _series_page(error=_(refused.sentence, **refused.values)), refused.status
    flash(_("%(seat)s is booked every week.", seat=seat.code))
    return redirect(url_for("bookings.mine") + "#series")


@pages.post("/seats/series/<int(max=999999999):series_id>/answer")
def answer_series(series_id: int) -> ResponseReturnValue:
    """It is still needed, or not."""
    is_needed = request.form.get("needed") == "1"
    done = _("Thank you. It goes on.") if is_needed else _("The series has ended.")
    return _do(lambda person_id, now: series.answer(series_id, person_id, is_needed=is_needed, now=now), done, "series")


@pages.post("/seats/series/<int(max=999999999):series_id>/end")
def end_series(series_id: int) -> ResponseReturnValue:
    """End it from a day on, or altogether."""

    def act(person_id: int, now: datetime) -> None:
        today = now.astimezone(_building().zone).date()
        series.end(series_id, person_id, given.day(request.form.get("from_day", ""), today), now)

    return _do(act, _("The series has ended."), "series")


def _series_page(
    *,
    seat: SeatView | None = None,
    wanted: Plan | None = None,
    days: Sequence[Day] = (),
    error: str = "",
) -> str:
    building = _building()
    today = clock.today(building.zone)
    return render_template(
        "bookings/series_new.html",
        seat=seat,
        wanted=wanted,
        days=days,
        later=[day for day in days if day.is_later],
        my_codes=_my_codes(building, today),
        asks_what_for=seat is not None and seat.kind in WITH_SUBJECT,
        subject=request.form.get("subject") or _subject_of(given.number(request.form.get("change"))),
        error=error,
        form=request.form or request.args,
        today=today,
        weekdays=[(n, _weekday(n)) for n in range(7) if str(n) in building.open_weekdays],
        clock_words=lines.clock_words,
        day_quarters=lambda value: lines.day_quarters(places.opening(building), value),
        zone=building.zone,
    )


def _my_codes(building: BuildingView, today: date) -> list[str]:
    """The seats of my own sections' zones, to be suggested."""
    person_id = _me()
    mine = frozenset() if person_id is None else people.units_of_people(today, [person_id]).get(person_id, frozenset())
    zones = {zone.id for zone in places.zones_of_building(building.id, today) if not mine.isdisjoint(zone.unit_ids)}
    here = [one for one in places.seats(building.id) if one.zone_id in zones]
    return sorted(one.code for one in here if one.retired_on is None or today < one.retired_on)


def _subject_of(series_id: int | None) -> str:
    """What a series of mine is for."""
    person_id = _me()
    mine = [] if person_id is None or series_id is None else series.of_person(person_id, clock.now())
    return next((one.subject for one in mine if one.id == series_id), "")


def _wanted(now: datetime) -> tuple[SeatView, Plan]:
    form, building = request.form, _building()
    today = now.astimezone(building.zone).date()
    code = form.get("seat", "").strip()[:32]
    found = [one for one in places.seats(building.id) if one.code == code] if code.isprintable() else []
    if not found:
        raise Refused("no_seat", "There is no such seat.", 404)
    weekdays = frozenset(int(one) for one in form.getlist("weekday") if one in "0123456" and len(one) == 1)
    starts, ends = _time(form.get("from", "")), _time(form.get("to", ""))
    first, last = given.day(form.get("first_day", ""), today), given.day(form.get("last_day", ""), today)
    if last - first > FURTHEST:
        raise Refused("too_far", "You can book a year ahead at most.", 422)
    subject = given.subject(form.get("subject", "")) if found[0].kind in WITH_SUBJECT else ""
    return found[0], Plan(found[0].id, weekdays, starts, ends, first, last, subject)


def _chosen(today: date) -> dict[date, int]:
    """Which seat on which day, as the page's check boxes say it: 2026-11-24=123."""
    chosen = {}
    for text in request.form.getlist("on"):
        day, _equals, seat = text.partition("=")
        seat_id = given.number(seat)
        if seat_id is not None:
            chosen[given.day(day, today)] = seat_id
    return chosen


def _time(text: str) -> time:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise Refused("bad_time", "Give the time as hours and minutes, such as 8:30.", 422) from None
    if at.tzinfo is not None:
        raise Refused("bad_time", "Give the time as hours and minutes, such as 8:30.", 422)
    return at


def _do(act: Callable[[int, datetime], object], done: str, section: str) -> ResponseReturnValue:
    """Carry it out, say what came of it, and go back to where it was asked."""
    person_id, now = current_person_id(), clock.now()
    try:
        with db.transaction():
            act(person_id, now)
    except Refused as refused:
        if refused.status == 404:
            raise
        flash(_(refused.sentence, **refused.values))
    else:
        flash(done)
    return redirect(local_path(request.form.get("next"), url_for("bookings.mine") + f"#{section}"))


def _me() -> int | None:
    account = login.signed_in()
    return None if account is None or db.is_silent() else account.person_id


def _news() -> News | None:
    """For the header: how much waits for my answer, in words."""
    person_id = _me()
    if person_id is None or places.building(login.settings_in_use().site) is None:
        return None
    now = clock.now()
    n_offered, n_series = waits.n_offered(person_id, now), series.n_to_answer(person_id)
    n_warned = queries.n_warned(person_id, now)
    if n_offered:
        return News(n_offered + n_series + n_warned, _("A seat you wait for is free"))
    if n_warned:
        return News(n_series + n_warned, _("Your seat will be released soon"))
    return News(n_series, _("Is your weekly seat still needed?")) if n_series else None


def _sitting_at() -> Suggestion | None:
    person_id = _me()
    if person_id is None:
        return None
    now = clock.now()
    found = walk_up.sitting_at(person_id, now)
    if found is None or flask.session.get(NOT_SITTING) == not_sitting_key(found.zone.id, now):
        return None
    return found


def not_sitting_key(zone_id: int, now: datetime) -> str:
    """The zone and day that somebody said they do not sit in."""
    return f"{zone_id}:{now.astimezone(_building().zone).date().isoformat()}"


@pages.app_template_filter("local_clock")
def _local_clock(at: datetime, for_form: bool = False) -> str:
    """A time of the building's clock: 9:05, or 09:05 as a form sends it."""
    local = at.astimezone(_building().zone)
    return local.strftime("%H:%M") if for_form else lines.clock_words(local)


@pages.app_template_filter("not_sitting_key")
def _not_sitting_key(zone_id: int) -> str:
    return not_sitting_key(zone_id, clock.now())


def _absences() -> list[Away]:
    person_id, now, building = _me(), clock.now(), _building()
    if person_id is None:
        return []
    return [
        Away(
            status_words(one.kind, one.ends_at, max(now, one.starts_at), building.zone),
            one.starts_at.astimezone(building.zone).date(),
            one.starts_at.isoformat(),
        )
        for one in absence.absences(person_id, now)
    ]


def _given_back() -> list[lines.Line]:
    person_id, now = _me(), clock.now()
    if person_id is None:
        return []
    away = absence.absences(person_id, now)
    found = [one for one in absence.given_back(person_id, now) if not absence.is_away(away, one.starts_at, one.ends_at)]
    return lines.lines(found, {}, now, _building(), person_id)


def _waits() -> list[Waiting]:
    person_id, now, zone = _me(), clock.now(), _building().zone
    if person_id is None:
        return []
    found = []
    for one in waits.of_person(person_id, now):
        starts, ends = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
        until = "" if one.offered_until is None else _when(one.offered_until.astimezone(zone), now.astimezone(zone))
        found.append(
            Waiting(one, _where(one), starts.date(), lines.clock_words(starts), lines.clock_words(ends), until)
        )
    return found


def _when(at: datetime, now: datetime) -> str:
    """A time; with its day when that is another."""
    said = lines.clock_words(at)
    return said if at.date() == now.date() else f"{lines.day_words(at.date())} {said}"


def _where(one: WaitView) -> str:
    floor = cast(FloorView, places.floor(one.floor_id))
    zone: ZoneView | None = next((zone for zone in places.zones(one.floor_id) if zone.id == one.zone_id), None)
    words = [
        _("%(floor)sF", floor=floor.code),
        "" if zone is None else lines.zone_name(zone),
        lines.kind_words(one.kind) if one.kind else "",
        *lines.equipment_words(one.equipment),
    ]
    return " · ".join(word for word in words if word)


def _series() -> list[Weekly]:
    person_id, now = _me(), clock.now()
    if person_id is None:
        return []
    zone = _building().zone
    return [
        Weekly(
            one,
            _(", ").join(_weekday(n) for n in sorted(one.weekdays)),
            series.bookings_of(one.id, now),
            None if one.answer_by is None else one.answer_by.astimezone(zone).date(),
            one.person_id != person_id,
        )
        for one in series.of_person(person_id, now)
    ]


def _weekday(n: int) -> str:
    return str(lines.weekday_words(n))


def _building() -> BuildingView:
    found = places.building(login.settings_in_use().site)
    if found is None:
        raise Refused("no_building", "There is no building yet.", 404)
    return found
