"""Fixation by zone and month: worked out before names go, told for five people or more, replaced by a second run."""

from datetime import date, datetime, time, timedelta

import make
import pytest
from sqlalchemy import insert, select, update
from watching import TOKYO, Office

from server import audit, clock, db
from server.bookings import own_choices, queries, service
from server.bookings.models import Booking, HouseRule
from server.bookings.rules import Wish
from server.people.rules import Role
from server.places import queries as places_read
from server.places import service as places
from server.seating import fixation_jobs, fixation_months
from server.seating.models import FixationMonth


class Hall(Office):
    """Ten seats in 18A of 財政課, and last month's bookings of its people."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            self.seats = [make.seat(self.zone_a, f"18A-{i:03}", x_m=i, y_m=1) for i in range(1, 11)]
            places.own_zone(self.zone_a, self.section, make.DAY)
            self.crew = [self.somebody("職員", "しょくいん", self.section) for _ in range(4)] + [self.sato]
        self.today = clock.now().astimezone(TOKYO).date()
        self.month = (self.today.replace(day=1) - timedelta(days=1)).replace(day=1)

    def sat(self, person_id: int, seats: list[int], first: date | None = None, **more) -> None:
        """They had one of these seats a day, from the first of last month on."""
        rows = []
        for i, seat_id in enumerate(seats):
            at = datetime.combine((first or self.month) + timedelta(days=i), time(9), TOKYO)
            rows.append(
                {
                    "seat_id": seat_id, "person_id": person_id, "starts_at": at, "ends_at": at + timedelta(hours=8),
                    "state": "left", "how": "map", "is_confirmed": True, "is_warned": False, "is_for_absence": False,
                    "subject": "", "sequence": 0, "changed_at": at, **more,
                }
            )  # fmt: skip
        with db.transaction():
            db.session.execute(insert(Booking), rows)

    def kept(self) -> list[FixationMonth]:
        with db.reading():
            return list(db.session.scalars(select(FixationMonth).order_by(FixationMonth.month)))


@pytest.fixture
def hall(app) -> Hall:
    return Hall()


def test_five_people_who_always_sat_on_the_same_seat_make_an_index_of_one(database, hall):
    for person_id, seat_id in zip(hall.crew, hall.seats, strict=False):
        hall.sat(person_id, [seat_id] * 10)
    fixation_jobs.keep_months("main")
    (row,) = hall.kept()
    assert (row.zone_id, row.month, row.n_people, row.n_days) == (hall.zone_a, hall.month, 5, 50)
    assert row.index == pytest.approx(1) and row.used == pytest.approx(1) and row.expected > 5


def test_a_second_run_replaces_the_first_and_changes_nothing_when_nothing_changed(database, hall):
    for person_id, seat_id in zip(hall.crew, hall.seats, strict=False):
        hall.sat(person_id, [seat_id] * 10)
    fixation_jobs.keep_months("main")
    fixation_jobs.keep_months("main")
    assert len(hall.kept()) == 1
    for person_id in hall.crew:
        hall.sat(person_id, hall.seats, hall.month + timedelta(days=10))
    fixation_jobs.keep_months("main")
    (row,) = hall.kept()
    assert row.index < 0.7 and row.n_days == 100


def test_of_four_people_no_figure_is_even_kept(database, hall):
    for person_id, seat_id in zip(hall.crew[:4], hall.seats, strict=False):
        hall.sat(person_id, [seat_id] * 10)
    fixation_jobs.keep_months("main")
    (row,) = hall.kept()
    assert (row.n_people, row.used, row.expected, row.index) == (4, None, None, None)


def test_the_month_that_runs_and_bookings_nobody_came_to_do_not_count(hall):
    for person_id, seat_id in zip(hall.crew, hall.seats, strict=False):
        hall.sat(person_id, [seat_id] * 10, is_confirmed=False, state="released")
        hall.sat(person_id, [seat_id], hall.today)
    fixation_jobs.keep_months("main")
    assert hall.kept() == []


def test_the_month_is_kept_when_its_bookings_have_lost_their_people_p10(database, hall):
    for person_id, seat_id in zip(hall.crew, hall.seats, strict=False):
        hall.sat(person_id, [seat_id] * 10)
    fixation_jobs.keep_months("main")
    with db.transaction():
        db.session.execute(update(Booking).values(person_id=None))
    fixation_jobs.keep_months("main")
    assert hall.kept()[0].index == pytest.approx(1)


@pytest.mark.parametrize("today", [date(2026, m, d) for m in range(1, 13) for d in (1, 15, 28)])
def test_every_month_is_worked_out_while_all_its_bookings_know_their_people_p10(today):
    found = fixation_months.whole_months(today)
    assert found and all((today - first).days < queries.LOOKBACK_DAYS - 1 for first in found)
    assert found[-1] == (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def test_only_managers_of_the_owning_unit_and_facilities_read_the_report(hall, signed_in):
    for person_id, seat_id in zip(hall.crew, hall.seats, strict=False):
        hall.sat(person_id, [seat_id] * 10)
    fixation_jobs.keep_months("main")
    for visitor in (signed_in(person_id=hall.head), signed_in(Role.FACILITIES)):
        page = visitor.get("/reports/fixation")
        assert page.status_code == 200 and "18A" in page.text and "1.00" in page.text
        assert visitor.get(f"/reports/fixation/{hall.zone_a}").status_code == 200
    for visitor in (
        signed_in(person_id=hall.sato), signed_in(person_id=hall.stranger), signed_in(Role.SYSTEM_ADMIN),
        signed_in(Role.PRIVACY_OFFICER),
    ):  # fmt: skip
        for path in ("/reports/fixation", "/reports/fixation.csv", f"/reports/fixation/{hall.zone_a}"):
            assert visitor.get(path).status_code in (302, 403, 404)


def test_a_zone_of_few_people_is_not_shown_in_any_form(hall, signed_in):
    for person_id, seat_id in zip(hall.crew[:4], hall.seats, strict=False):
        hall.sat(person_id, [seat_id] * 10)
    fixation_jobs.keep_months("main")
    visitor = signed_in(Role.FACILITIES)
    assert "少人数のため表示しません" in visitor.get("/reports/fixation").text
    assert "少人数のため表示しません" in visitor.get(f"/reports/fixation/{hall.zone_a}").text
    assert "1.00" not in visitor.get("/reports/fixation.csv").text


def test_who_takes_the_file_is_written_down(hall, signed_in):
    for person_id, seat_id in zip(hall.crew, hall.seats, strict=False):
        hall.sat(person_id, [seat_id] * 10)
    fixation_jobs.keep_months("main")
    text = signed_in(Role.FACILITIES).get("/reports/fixation.csv").text
    assert text.startswith("\ufeff") and f"18A,18,{hall.month:%Y-%m},5,1.0," in text
    with db.reading():
        (_line,) = db.session.scalars(select(audit.Entry.action).where(audit.Entry.action == "fixation_exported"))


def test_before_and_after_a_change_of_rules_are_compared_without_the_month_of_the_change(hall, signed_in):
    changed = date(hall.today.year - 1, hall.today.month, 1)
    changed = (changed + timedelta(days=160)).replace(day=10)
    first = changed.replace(day=1)
    with db.transaction():
        db.session.add(
            HouseRule(scope=f"zone:{hall.zone_a}", kind="", valid_from=changed, settings={"repeat": "block"})
        )
        for back, index in ((1, 0.8), (2, 0.6), (0, 0.5), (-1, 0.2)):
            month = (first - timedelta(days=28 * back - (4 if back < 0 else 0))).replace(day=1)
            db.session.add(
                FixationMonth(
                    zone_id=hall.zone_a, month=month, n_people=9, n_days=90, used=2.0, expected=5.0, index=index
                )
            )
    page = signed_in(Role.FACILITIES).get(f"/reports/fixation/{hall.zone_a}").text
    assert "0.70" in page and "0.20" in page and "0.50 分散" in page


def test_a_rule_of_a_kind_of_place_that_the_zone_does_not_have_is_no_change_of_it(hall, signed_in):
    day = hall.today - timedelta(days=20)
    with db.transaction():
        for scope, kind in ((f"zone:{hall.zone_a}", "group"), (f"building:{hall.building}", "solo")):
            db.session.add(HouseRule(scope=scope, kind=kind, valid_from=day, settings={"repeat": "block"}))
        db.session.add(
            FixationMonth(zone_id=hall.zone_a, month=day.replace(day=1), n_people=9, n_days=90, used=2.0, expected=5.0,
                          index=0.5)
        )  # fmt: skip
    page = signed_in(Role.FACILITIES).get(f"/reports/fixation/{hall.zone_a}").text
    assert "グループアドレス席" in page and "ソロワークスペース" not in page


def test_only_i_read_how_i_choose_my_seats_and_i_can_switch_it_off(database, hall, signed_in):
    hall.sat(hall.sato, [hall.seats[0]] * 5 + [hall.seats[1]], hall.today - timedelta(days=20))
    mine, others = signed_in(person_id=hall.sato), signed_in(person_id=hall.head)
    page = mine.get("/seats/habits").text
    assert "18A-001" in page and "5日" in page and "固定化指数" in page
    assert "18A-001" not in others.get("/seats/habits").text

    mine.send("/seats/habits", nudge="off")

    assert "18A-001" not in mine.get("/seats/habits").text
    mine.send("/seats/habits", nudge="on")
    assert "18A-001" in mine.get("/seats/habits").text


def test_the_seat_of_last_time_is_told_with_another_close_by_and_taken_with_one_click(database, hall, signed_in):
    yesterday, tomorrow = hall.today - timedelta(days=1), hall.today + timedelta(days=1)
    hall.sat(hall.sato, [hall.seats[0]], yesterday)
    at = datetime.combine(tomorrow, time(9), TOKYO)
    with db.transaction():
        wish = Wish(hall.seats[0], at, at + timedelta(hours=3))
        booked = service.book(hall.sato, wish, clock.now())
    assert booked.verdict.hints
    visitor = signed_in(person_id=hall.sato)
    page = visitor.get("/seats").text
    assert "18A-001：前回と同じ席です。別の席も選べます。" in page and "近くの18A-002に変える" in page

    form = {"seat": str(hall.seats[1]), "day": tomorrow.isoformat(), "from": "09:00", "to": "12:00"}
    visitor.send(f"/seats/bookings/{booked.id}/change", **form)

    assert "前回と同じ席" not in visitor.get("/seats").text


def test_who_does_not_want_the_nudge_gets_none_anywhere(database, hall, signed_in):
    hall.sat(hall.sato, [hall.seats[0]], hall.today - timedelta(days=1))
    with db.transaction():
        own_choices.be_nudged(hall.sato, nudged=False)
    at = datetime.combine(hall.today + timedelta(days=1), time(9), TOKYO)
    with db.transaction():
        booked = service.book(hall.sato, Wish(hall.seats[0], at, at + timedelta(hours=3)), clock.now())
    assert booked.verdict.hints == ()
    assert "前回と同じ席" not in signed_in(person_id=hall.sato).get("/seats").text


def test_a_building_without_bookings_has_nothing_to_work_out(hall):
    with db.reading():
        building = places_read.building("main")
    with db.transaction():
        assert fixation_months.compute(building, clock.now()) == 0


@pytest.mark.parametrize("n_days", [1, 30, 45, 62, 90])
def test_a_month_is_never_worked_out_from_what_is_left_of_it_when_names_are_kept_for_less_p10(n_days):
    for day in range(365):
        today = date(2026, 1, 1) + timedelta(days=day)
        for first in fixation_months.whole_months(today, timedelta(days=n_days)):
            assert first > today - timedelta(days=n_days)
