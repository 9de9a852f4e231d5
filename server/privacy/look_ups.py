"""Who looked somebody up, as that person reads it: one line a day and viewer, so that nobody crowds others out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from server import paging
from server.paging import Page
from server.presence.queries import LookUpView

PAGE = 50  # lines


@dataclass(frozen=True, slots=True)
class DayOfViewer:
    """All that one viewer asked on one day of the building; `times` newest first, each with its screen."""

    day: date
    viewer_name: str
    times: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class LinesPage:
    """One page of the lines, newest first."""

    lines: Sequence[DayOfViewer]
    page: Page
    look_ups: int  # on all pages


def page(look_ups: Iterable[LookUpView], zone: tzinfo, number: int) -> LinesPage:
    """The page with this number, or the nearest there is.

    look_ups   newest first
    """
    found: dict[tuple[date, int | None, str], list[tuple[datetime, str]]] = {}
    for one in look_ups:
        day = one.at.astimezone(zone).date()
        found.setdefault((day, one.viewer_account_id, one.viewer_name), []).append((one.at, one.screen))
    lines = [DayOfViewer(day, name, tuple(times)) for (day, _account_id, name), times in found.items()]
    here = paging.page(number, len(lines), PAGE)
    return LinesPage(lines[here.slice], here, sum(len(line.times) for line in lines))
