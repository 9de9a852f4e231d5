"""How fixed the seats of zones are, month by month: for those who manage the units that own them, and facilities."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_date, get_locale
from flask_babel import gettext as _

from server import audit, cells, clock, db
from server.bookings.lines import kind_words, zone_name
from server.errors import Refused
from server.people import queries as people
from server.people.login import current_account
from server.people.rules import Role
from server.places import queries as places
from server.places.queries import FloorView, ZoneView
from server.seating import find_desk, fixation, fixation_months, unmet
from server.seating.fixation_months import Month, RuleChange

MONTHS = 13  # a year, and the same month of the year before
AROUND = 3  # months before and after a change of rules
WIDTH, HEIGHT, EDGE = 640, 200, 28  # of the drawn line
SMALL_WIDTH, SMALL_HEIGHT = 120, 28

pages = Blueprint("fixation", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Change:
    """A rule that changed, with the mean index of the months before and after; None: no month can be told."""

    day: date
    where: str
    kind: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class OfZone:
    """A zone with its months, the earliest first; months nothing is known of are missing."""

    zone: ZoneView
    floor: FloorView
    name: str
    months: tuple[Month, ...]
    n_unmet: int

    @property
    def latest(self) -> Month | None:
        """The newest month."""
        return self.months[-1] if self.months else None

    @property
    def step(self) -> float | None:
        """How much the index rose against the month before."""
        told = [one.of_all.index for one in self.months[-2:] if one.of_all is not None]
        return told[1] - told[0] if len(told) == 2 else None


@pages.get("/reports/fixation")
def zones() -> ResponseReturnValue:
    """Every zone I manage, with its latest month."""
    found = _zones()
    return render_template(
        "seating/fixation.html", zones=found, line=_small_line, least=fixation.LEAST_PEOPLE, month=_month_words
    )


@pages.get("/reports/fixation/<int(max=999999999):zone_id>")
def zone(zone_id: int) -> ResponseReturnValue:
    """One zone: its months as a line and as a table, and what a change of rules made of it."""
    one = next((one for one in _zones() if one.zone.id == zone_id), None)
    if one is None:
        raise Refused("no_zone", "There is no such zone.", 404)
    return render_template(
        "seating/fixation_zone.html",
        one=one,
        points=_points(one.months, WIDTH, HEIGHT, EDGE),
        line=_line(one.months, WIDTH, HEIGHT, EDGE),
        changes=_changes(one),
        width=WIDTH,
        height=HEIGHT,
        edge=EDGE,
        least=fixation.LEAST_PEOPLE,
        month=_month_words,
    )


@pages.get("/reports/fixation.csv")
def file() -> ResponseReturnValue:
    """The same for a spreadsheet; who took it is written down."""
    account, now = current_account(), clock.now()
    heading = [_("Zone"), _("Floor"), _("Month"), _("People")]
    heading += [_("Effective seats"), _("By chance"), _("Fixation index")]
    rows = [
        [one.zone.code, one.floor.code, f"{month.first:%Y-%m}", *_cells(month)]
        for one in _zones()
        for month in one.months
    ]
    with db.transaction():
        actor = audit.account(account.account_id, account.name)
        audit.record(actor, "fixation_exported", "", {"lines": len(rows)}, now)
    response = Response("\ufeff" + cells.csv_text([heading, *rows]), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="fixation-{_today():%Y%m%d}.csv"'
    return response


def _zones() -> list[OfZone]:
    """The zones whose owning units the caller heads, or all for facilities; Refused (404) for anybody else."""
    account, today, building = current_account(), _today(), find_desk.building()
    heads = people.viewer_of(account.account_id, today).heads_unit_ids
    mine = [
        one
        for one in places.zones_of_building(building.id, today)
        if not one.excluded and (account.role is Role.FACILITIES or not heads.isdisjoint(one.unit_ids))
    ]
    if not mine:
        raise Refused("not_manager", "This report is for managers of a section with a zone, and for facilities.", 404)
    floors = {floor.id: floor for floor in places.floors(building.id)}
    since = _months_back(today, MONTHS)
    ids = [one.id for one in mine]
    missing = unmet.by_zone(ids, _months_back(today, 1), today.replace(day=1))
    months: dict[int, list[Month]] = {}
    for month in fixation_months.of_zones(ids, since):
        months.setdefault(month.zone_id, []).append(month)
    return [
        OfZone(one, floors[one.floor_id], zone_name(one), tuple(months.get(one.id, ())), missing.get(one.id, 0))
        for one in mine
        if one.id in months or one.id in missing
    ]


def _changes(one: OfZone) -> list[Change]:
    today, building = _today(), find_desk.building()
    found = fixation_months.rule_changes(
        building.id, {one.zone.id: one.zone.floor_id}, _months_back(today, MONTHS), today
    )
    return [_change(one.months, change) for change in found[one.zone.id]]


def _change(months: tuple[Month, ...], change: RuleChange) -> Change:
    before = [m for m in months if (m.first + timedelta(days=32)).replace(day=1) <= change.day][-AROUND:]
    after = [m for m in months if m.first >= change.day][:AROUND]
    where = {"zone": _("this zone"), "floor": _("the floor"), "building": _("the building")}
    return Change(
        change.day, where[change.scope.partition(":")[0]], kind_words(change.kind) if change.kind else _("all kinds"),
        _mean(before), _mean(after),
    )  # fmt: skip


def _mean(months: list[Month]) -> float | None:
    told = [one.of_all.index for one in months if one.of_all is not None]
    return sum(told) / len(told) if told else None


def _cells(month: Month) -> list[str]:
    told = month.of_all
    if told is None:
        return [_("fewer than %(n)s", n=fixation.LEAST_PEOPLE), "", "", ""]
    return [str(month.n_people), f"{told.used:.1f}", f"{told.expected:.1f}", f"{told.index:.2f}"]


def _small_line(one: OfZone) -> str:
    return _line(one.months, SMALL_WIDTH, SMALL_HEIGHT, 3)


def _line(months: tuple[Month, ...], width: int, height: int, edge: int) -> str:
    """The points of an SVG polyline."""
    return " ".join(f"{x:.0f},{y:.0f}" for x, y, _month in _points(months, width, height, edge))


def _points(months: tuple[Month, ...], width: int, height: int, edge: int) -> list[tuple[float, float, Month]]:
    """Where the months that can be told lie; 1 is at the top, 0 at the bottom, and nothing lies outside."""
    told = [one for one in months if one.of_all is not None]
    if not told:
        return []
    first, last = _ordinal(months[0].first), _ordinal(months[-1].first)
    span = max(1, last - first)
    return [
        (
            edge + (width - 2 * edge) * (_ordinal(one.first) - first) / span,
            edge + (height - 2 * edge) * (1 - min(1.0, max(0.0, one.of_all.index))),
            one,
        )
        for one in told
        if one.of_all is not None
    ]


def _ordinal(first: date) -> int:
    return first.year * 12 + first.month


def _months_back(today: date, n: int) -> date:
    ordinal = _ordinal(today) - 1 - n
    return date(ordinal // 12, ordinal % 12 + 1, 1)


def _month_words(first: date) -> str:
    return str(format_date(first, "MMM yyyy" if str(get_locale()) == "en" else "yyyy年M月"))


def _today() -> date:
    return clock.today(find_desk.building().zone)
