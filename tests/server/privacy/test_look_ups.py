"""The lines of those who looked, on the building's days."""

from datetime import timedelta

import make
from watching import TOKYO

from server.presence.queries import LookUpView
from server.privacy.look_ups import PAGE, page

MIDNIGHT = make.at("00:00")


def asked(seconds: float, account_id: int | None = 1, name: str = "入江 葵") -> LookUpView:
    return LookUpView(MIDNIGHT + timedelta(seconds=seconds), account_id, name, "map")


def test_a_line_is_a_viewer_on_a_day_of_the_building_newest_first_p11():
    given = [asked(90), asked(60, 2, "桐生 葵"), asked(30), asked(-1)]

    shown = page(given, TOKYO, 1)

    assert [(line.viewer_name, line.day.day, [at for at, _screen in line.times]) for line in shown.lines] == [
        ("入江 葵", 19, [given[0].at, given[2].at]),
        ("桐生 葵", 19, [given[1].at]),
        ("入江 葵", 18, [given[3].at]),
    ]
    assert (shown.page.number, shown.page.last, shown.look_ups) == (1, 1, 4)


def test_two_people_of_one_name_are_two_lines_p11():
    assert len(page([asked(2, 1), asked(1, 2), asked(0, None)], TOKYO, 1).lines) == 3


def test_every_line_is_on_one_page_p11():
    given = [asked(-86400 * day) for day in range(2 * PAGE + 1)]

    pages = [page(given, TOKYO, number) for number in (1, 2, 3)]

    assert [len(one.lines) for one in pages] == [PAGE, PAGE, 1]
    assert len({line.day for one in pages for line in one.lines}) == len(given)
    assert page(given, TOKYO, 99) == pages[2]
    assert page(given, TOKYO, -1) == pages[0]
    assert page([], TOKYO, 1).lines == []
