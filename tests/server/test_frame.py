"""What stands around every page: the tab that says where one is."""

import re

import make
import pytest
from floor_with_seats import FloorWithSeats

from server.people.rules import Role

CURRENT = re.compile(r'<a[^>]* href="([^"]*)"[^>]*aria-current="page"')


@pytest.mark.parametrize(
    ("path", "role", "tab"),
    [
        ("/seats", Role.STAFF, "/seats"),
        ("/lottery", Role.STAFF, "/seats"),
        ("/zones/18A/rules", Role.STAFF, "/seats"),
        ("/zones/18A/lottery", Role.STAFF, "/seats"),
        ("/seats/habits", Role.STAFF, "/seats"),
        ("/reports/fixation", Role.STAFF, "/seats"),
        ("/reports/fixation", Role.FACILITIES, "/admin/seats"),
        ("/admin/seats/rules", Role.FACILITIES, "/admin/seats"),
    ],
    ids=str,
)
def test_every_page_about_seats_says_under_which_tab_it_is(app, signed_in, path, role, tab):
    office = FloorWithSeats(**make.ALWAYS)
    me = signed_in(role, person_id=office.suzuki if role is Role.STAFF else None)

    frame, _page = me.get(path).text.split("<main", 1)

    assert CURRENT.findall(frame) == [tab]
